import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runGridvigil } from './front-command.ts'

/** How long it took is the only thing that may differ. */
const NOT_COMPARED = 'timing.json'

export interface PlayedAgain {
  /** By file: whether what backtest says of the export is what the server wrote, byte for byte. */
  readonly identical: Readonly<Record<string, boolean>>
  /** Folder of what backtest said. */
  readonly out: string
}

/** Exports a data folder with its results, and plays the export by `backtest`: what a server says that nobody disturbed. */
export async function playAgain(data: string, folder: string): Promise<PlayedAgain> {
  const [frames, results, out] = ['frames.ndjson.gz', 'results', 'out'].map(name => join(folder, name)) as [
    string,
    string,
    string
  ]
  await runGridvigil(['export', '--data', data, '--out', frames, '--results', results])
  const registry = `${join(folder, 'frames')}-registry`
  await runGridvigil(['backtest', '--registry', registry, '--frames', frames, '--out', out, '--readings'])
  const identical = Object.fromEntries(
    filesOf(results, out).map(name => [name, digest(join(results, name)) === digest(join(out, name))])
  )
  return { identical, out }
}

/** Names in either folder. */
const filesOf = (...folders: readonly string[]): string[] =>
  [...new Set(folders.flatMap(folder => readdirSync(folder)))].filter(name => name !== NOT_COMPARED).sort()

const digest = (path: string): string =>
  existsSync(path) ? createHash('sha256').update(readFileSync(path)).digest('hex') : `no ${path}`
