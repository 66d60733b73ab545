import { asError, GridvigilError, isError } from '../../errors.ts'
import type { SentFile } from '../context.ts'

/** Longest part of an odd name that an answer repeats. */
const SHOWN_NAME = 80

/** Which files of an upload are asked for, and what becomes of each. */
export interface Reception {
  /** What they are, for whoever sends another one. */
  readonly what: string
  readonly isName: (name: string) => boolean
  /** Reads the stream to its end. */
  readonly keep: (name: string, stream: SentFile['stream']) => Promise<void>
}

/**
 * Takes the files of an upload, one after the other.
 * @throws API_BAD_REQUEST for odd or repeated names, forms without an end and without a file, API_TOO_LARGE for a file that was
 * cut off, and what `keep` throws of our own
 */
export async function receiveFiles(
  files: AsyncIterable<SentFile>,
  { what, isName, keep }: Reception
): Promise<void> {
  const names = new Set<string>()
  for await (const { name, stream } of files) {
    if (!isName(name) || names.has(name)) {
      stream.resume()
      const shown = JSON.stringify(name.slice(0, SHOWN_NAME))
      throw new GridvigilError('API_BAD_REQUEST', `${shown} is no name of ${what}`)
    }
    names.add(name)
    await keep(name, stream).catch(thrown => {
      // What the disk refuses names its system call; the rest is a form that ended too early.
      if (isError(thrown) || (thrown instanceof Error && 'syscall' in thrown)) throw thrown
      throw new GridvigilError('API_BAD_REQUEST', `${name}: ${asError(thrown).message}`)
    })
    if (stream.truncated === true) throw new GridvigilError('API_TOO_LARGE', name)
  }
  if (names.size === 0) throw new GridvigilError('API_BAD_REQUEST', 'no file was sent')
}
