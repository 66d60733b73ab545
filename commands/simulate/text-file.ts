import { once } from 'node:events'
import { closeSync, createWriteStream, openSync, type WriteStream, writeSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'

const CHUNK = 1 << 20

/** A text file that is written as it is made, packed when its name ends in .gz. */
export class TextFile {
  readonly #file: number
  readonly #gzip: Gzip | undefined
  readonly #packed: WriteStream | undefined
  #pending = ''

  constructor(path: string, flags = 'w') {
    if (path.endsWith('.gz')) {
      this.#gzip = createGzip({ level: 1 })
      this.#packed = this.#gzip.pipe(createWriteStream(path, { flags }))
      this.#file = -1
    } else this.#file = openSync(path, flags)
  }

  async write(text: string): Promise<void> {
    this.#pending += text
    if (this.#pending.length >= CHUNK) await this.#flush()
  }

  async close(): Promise<void> {
    await this.#flush()
    if (this.#packed === undefined) {
      closeSync(this.#file)
      return
    }
    this.#gzip?.end()
    await finished(this.#packed)
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#pending)
    this.#pending = ''
    if (this.#gzip === undefined) {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written)
    } else if (!this.#gzip.write(bytes)) await once(this.#gzip, 'drain')
  }
}
