import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { PROJECT } from './server.ts'

/** Runs a command of the front door. @throws Error when it fails */
export function gridvigil(args: readonly string[]): void {
  const { status, stderr } = spawnSync(join(PROJECT, 'bin', 'gridvigil'), args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr.slice(-600)}`)
}
