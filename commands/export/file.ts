import { createWriteStream, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { asError, GridvigilError } from '../../src/errors.ts'

/** Only its owner reads what it holds: readings of households. */
const MODE = 0o600
/** Characters written at once. */
const CHUNK = 1 << 18

/**
 * Writes lines to a file, packed when its name ends in .gz. It has its name once it is whole.
 * @returns its bytes @throws EXPORT_TARGET when it cannot be written, and what `lines` throws
 */
export async function writeLines(path: string, lines: Iterable<string>): Promise<number> {
  const part = `${path}.part`
  let failure: unknown
  const source = chunksOf(lines, thrown => {
    failure = thrown
  })
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = createWriteStream(part, { flush: true, mode: MODE })
    if (path.endsWith('.gz')) await pipeline(source, createGzip(), file)
    else await pipeline(source, file)
    renameSync(part, path)
    return statSync(path).size
  } catch (thrown) {
    rmSync(part, { force: true })
    if (failure !== undefined) throw failure
    throw new GridvigilError('EXPORT_TARGET', `${path}: ${asError(thrown).message}`)
  }
}

/** @throws EXPORT_TARGET when there is something in the folder already: it would be mixed with what is written */
export function refuseFilled(folder: string): void {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new GridvigilError('EXPORT_TARGET', `${folder}: ${asError(thrown).message}`)
  }
  if (names.length > 0) throw new GridvigilError('EXPORT_TARGET', `${folder} is not empty`)
}

function* chunksOf(lines: Iterable<string>, onFailure: (thrown: unknown) => void): Generator<string> {
  let chunk = ''
  try {
    for (const line of lines) {
      chunk += line
      if (chunk.length < CHUNK) continue
      yield chunk
      chunk = ''
    }
  } catch (thrown) {
    onFailure(thrown)
    throw thrown
  }
  if (chunk !== '') yield chunk
}
