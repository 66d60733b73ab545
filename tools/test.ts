import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECT } from './house/check.ts'

/**
 * Runs tests and ends with the line `N passed, N failed[, N skipped]`.
 *
 *   node tools/test.ts             every test/**\/*.test.ts
 *   node tools/test.ts --fast      without *.slow.test.ts and *.server.test.ts
 *   node tools/test.ts PART ...    files whose path contains one of the parts
 *   --verbose                      shows the tests of every file, not only of failed ones
 *
 * Each file runs in a process group of its own: one that hangs, even in a busy loop, is killed with all that it
 * started and counts as failed. Fast files share the cores; slow ones run one after another, because they
 * measure, kill or fill disks. Exit code 1 when a test failed or when none ran.
 */
const FAST = { concurrency: 2, timeoutMs: 120_000 }
/** A process that left its group may keep the pipes open; its words are not waited for. */
const PIPE_GRACE_MS = 2000
/** Stripping the types of a hundred files in a hundred processes takes ten seconds; of what has not changed it is kept here. */
const COMPILED = join(tmpdir(), 'gridvigil-compiled')
const SLOW = { concurrency: 1, timeoutMs: 1_200_000 }

interface Totals {
  passed: number
  failed: number
  skipped: number
}

const options = process.argv.slice(2)
const counts = mkdtempSync(join(tmpdir(), 'gridvigil-test-'))
const totals: Totals = { passed: 0, failed: 0, skipped: 0 }

const isSlow = (path: string): boolean => /\.(slow|server)\.test\.ts$/.test(path)

function findTests(): string[] {
  const parts = options.filter(option => !option.startsWith('--'))
  return readdirSync(join(PROJECT, 'test'), { recursive: true, encoding: 'utf8' })
    .map(name => `test/${name.replaceAll('\\', '/')}`)
    .filter(path => path.endsWith('.test.ts'))
    .filter(path => !options.includes('--fast') || !isSlow(path))
    .filter(path => parts.length === 0 || parts.some(part => path.includes(part)))
    .sort()
}

/** Runs one file, adds it to the totals and prints its line, with everything it said when it failed. */
async function runFile(path: string, timeoutMs: number): Promise<void> {
  const begun = performance.now()
  const countFile = join(counts, path.replaceAll('/', '_'))
  const { said, code, killed } = await spawnTest(path, countFile, timeoutMs)
  const result = readCounts(countFile)
  if (killed) said.push(`did not end within ${timeoutMs / 1000} s and was killed\n`)
  // A file that dies outside of its tests, or has an error beside them, is a failure of its own.
  if (result.failed === 0 && (killed || code !== 0)) result.failed = 1
  totals.passed += result.passed
  totals.failed += result.failed
  totals.skipped += result.skipped
  const isFine = result.failed === 0
  if (!isFine || options.includes('--verbose')) process.stdout.write(said.join(''))
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : ''
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const numbers = `${result.passed} passed${isFine ? '' : `, ${result.failed} failed`}${skipped}`
  process.stdout.write(`${isFine ? 'ok    ' : 'FAILED'} ${path}: ${numbers} (${seconds} s)\n`)
  if (result.skipped > 0 && isFine) process.stdout.write(skipsOf(said.join('')))
}

/** The lines in which tests say why they were skipped. */
function skipsOf(said: string): string {
  const lines = said.split('\n').filter(line => /^\s*﹣ .*#/.test(line))
  return lines.map(line => `       ${line.trim()}\n`).join('')
}

function spawnTest(path: string, countFile: string, timeoutMs: number) {
  const said: string[] = []
  let killed = false
  const { promise, resolve, reject } = Promise.withResolvers<{
    said: string[]
    code: number
    killed: boolean
  }>()
  const reporters = ['spec', './tools/count-reporter.ts'].map(name => `--test-reporter=${name}`)
  const destinations = ['stdout', countFile].map(name => `--test-reporter-destination=${name}`)
  const child = spawn(process.execPath, [...reporters, ...destinations, path], {
    cwd: PROJECT,
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true
  })
  const timer = setTimeout(() => {
    killed = true
    killGroup(child.pid)
  }, timeoutMs)
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text))
  }
  running.add(child.pid)
  child.on('error', reject)
  child.on('exit', code => {
    clearTimeout(timer)
    running.delete(child.pid)
    // What the test left behind would hold its pipes, ports and folders.
    killGroup(child.pid)
    setTimeout(() => [child.stdout, child.stderr].map(stream => stream.destroy()), PIPE_GRACE_MS).unref()
    child.on('close', () => resolve({ said, code: code ?? 1, killed }))
  })
  return promise
}

const running = new Set<number | undefined>()

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left.
  }
}

function readCounts(path: string): Totals {
  try {
    const lines = readFileSync(path, 'utf8').trim().split('\n')
    return JSON.parse(lines.at(-1) ?? '') as Totals
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  }
}

async function runGroup(paths: readonly string[], { concurrency, timeoutMs }: typeof FAST): Promise<void> {
  const queue = [...paths]
  const work = async (): Promise<void> => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) await runFile(path, timeoutMs)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const pid of running) killGroup(pid)
    process.exit(1)
  })
}

const paths = findTests()
const slow = paths.filter(isSlow)
await runGroup(
  paths.filter(path => !isSlow(path)),
  FAST
)
await runGroup(slow, SLOW)
rmSync(counts, { recursive: true, force: true })
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed${skipped}\n`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0
