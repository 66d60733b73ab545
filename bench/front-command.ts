import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { withLimit } from './limit.ts'
import { processTree, signalAll } from './processes.ts'
import { PROJECT } from './server.ts'

/** Runs a command of the front door. @throws Error when it fails */
export function gridvigil(args: readonly string[]): void {
  const { status, stderr } = spawnSync(join(PROJECT, 'bin', 'gridvigil'), args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr.slice(-600)}`)
}

/** Runs a command of the front door to its end. @returns its result line @throws Error with its words when it fails */
export async function runGridvigil(
  args: readonly (string | number)[],
  limitMinutes = 6
): Promise<Record<string, number>> {
  const child = spawn(join(PROJECT, 'bin', 'gridvigil'), args.map(String), {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let [output, words] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2000)
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve(code ?? -1))
  })
  const code = await withLimit(ended, limitMinutes * 60_000, systemClock, String(args[0])).catch(error => {
    signalAll(processTree(child.pid ?? 0), 'SIGKILL')
    throw error
  })
  if (code !== 0) throw new Error(`gridvigil ${args.join(' ')} ended with code ${code}: ${words}`)
  const last = output.trimEnd().split('\n').at(-1) ?? ''
  return last.startsWith('{') ? JSON.parse(last) : {}
}
