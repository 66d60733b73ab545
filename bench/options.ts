import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** Options of a workload: `--name value`, all numbers but those whose default is text. */
export type Options<T extends Readonly<Record<string, number | string>>> = {
  -readonly [K in keyof T]: T[K] extends number ? number : string
}

/** Defaults overridden by the command line. @throws Error on an unknown or malformed option */
export function readOptions<T extends Readonly<Record<string, number | string>>>(
  defaults: T,
  args: readonly string[]
): Options<T> {
  const options = Object.fromEntries(Object.keys(defaults).map(name => [name, { type: 'string' as const }]))
  const { values } = parseArgs({ args: [...args], options, strict: true })
  const result: Record<string, number | string> = { ...defaults }
  for (const [name, given] of Object.entries(values)) {
    if (typeof given !== 'string') continue
    const isNumber = typeof defaults[name] === 'number'
    if (isNumber && !Number.isFinite(Number(given))) throw new Error(`--${name} takes a number, got ${given}`)
    result[name] = isNumber ? Number(given) : given
  }
  return result as Options<T>
}

/** Where workloads put data folders: below the checkout, on its disk (a temporary folder may be in memory). */
export const DEFAULT_WORK = join(import.meta.dirname, '..', 'data', 'bench')

/** A new folder below `work`, and how to remove it. */
export function workFolder(work: string, name: string): { path: string; remove: () => void } {
  const parent = resolve(work)
  mkdirSync(parent, { recursive: true })
  const path = mkdtempSync(join(parent, `${name}-`))
  return {
    path,
    remove() {
      if (existsSync(path)) rmSync(path, { recursive: true, force: true })
    }
  }
}

/** The program under test from `--server`: words separated by blanks, empty for the project's own. */
export const serverWords = (server: string): readonly string[] | undefined =>
  server === '' ? undefined : server.split(' ')

/** Progress for people on standard error; results go to standard output. */
export const tell = (text: string): boolean => process.stderr.write(`${text}\n`)

/** The result of a workload: one JSON line, the last on standard output. */
export const printResult = (result: object): boolean => process.stdout.write(`${JSON.stringify(result)}\n`)
