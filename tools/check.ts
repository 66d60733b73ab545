import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { PROJECT } from './house/check.ts'

/**
 * `npm run check`: what every commit must pass, in under a minute. Each step prints its own findings; all
 * steps run even when one fails, so one run shows everything.
 */
const bin = (name: string): string => join(PROJECT, 'node_modules', '.bin', name)

type Step = readonly [name: string, command: string, ...args: string[]]

/** At the same time; then the tests, which use all cores themselves. */
const LOOKS: readonly Step[] = [
  ['format', bin('biome'), 'format', '.'],
  ['lint', bin('biome'), 'lint', '--error-on-warnings', '.'],
  ['types', bin('tsc'), '-p', '.']
]
const TESTS: Step = ['house rules and fast tests', process.execPath, 'tools/test.ts', '--fast']
const BUDGET_S = 60

function runStep(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: PROJECT, stdio: 'inherit' })
    child.on('error', reject)
    child.on('close', code => resolve(code ?? 1))
  })
}

const lines: string[] = []
let failed = 0
const begun = performance.now()
await Promise.all(LOOKS.map(look))
await look(TESTS)

async function look([name, command, ...args]: Step): Promise<void> {
  const start = performance.now()
  const code = await runStep(command, args)
  if (code !== 0) failed++
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  lines.push(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
}

const total = (performance.now() - begun) / 1000
process.stdout.write(`${lines.join('\n')}\n`)
if (total > BUDGET_S)
  process.stdout.write(`note: ${total.toFixed(0)} s is over the budget of ${BUDGET_S} s\n`)
process.exitCode = failed === 0 ? 0 : 1
