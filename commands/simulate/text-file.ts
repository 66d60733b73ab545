import { once } from 'node:events'
import { closeSync, createWriteStream, openSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { asError, GridvigilError } from '../../src/errors.ts'

const CHUNK = 1 << 20

/** A text file that is written as it is made, packed when its name ends in .gz; `-` is standard output. */
export class TextFile {
  readonly #file: number
  /** Where it does not go into a file at once. */
  readonly #stream: Writable | undefined
  /** Resolves when what was packed is written. */
  readonly #done: Promise<void>
  #pending = ''

  constructor(path: string, flags = 'w') {
    this.#file = path === '-' || path.endsWith('.gz') ? -1 : open(path, flags)
    this.#done = Promise.resolve()
    if (path === '-') this.#stream = process.stdout
    else if (path.endsWith('.gz')) {
      closeSync(open(path, flags))
      const packer = createGzip({ level: 1 })
      this.#stream = packer
      this.#done = finished(packer.pipe(createWriteStream(path, { flags })))
    }
  }

  async write(text: string): Promise<void> {
    this.#pending += text
    if (this.#pending.length >= CHUNK) await this.#flush()
  }

  async close(): Promise<void> {
    await this.#flush()
    if (this.#file >= 0) closeSync(this.#file)
    else if (this.#stream !== process.stdout) this.#stream?.end()
    await this.#done
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#pending)
    this.#pending = ''
    if (this.#stream !== undefined) {
      if (!this.#stream.write(bytes)) await once(this.#stream, 'drain')
      return
    }
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written)
  }
}

/** @throws CLI_USAGE when there is no such folder, or one may not write there */
function open(path: string, flags: string): number {
  try {
    return openSync(path, flags)
  } catch (thrown) {
    throw new GridvigilError('CLI_USAGE', `${path} cannot be written: ${asError(thrown).message}`)
  }
}
