import { closeSync, openSync, writeSync } from 'node:fs'

/** Opens a registry file by its name and header. */
export type OpenFile = (name: string, header: string) => CsvWriter

const FLUSH_CHARACTERS = 1 << 20

/** A CSV file that is written as it is made. Cells must need no quotes: ids and numbers do not. */
export class CsvWriter {
  readonly #file: number
  #text: string

  constructor(path: string, header: string) {
    this.#file = openSync(path, 'w')
    this.#text = `${header}\n`
  }

  row(...cells: readonly (string | number)[]): void {
    this.#text += `${cells.join(',')}\n`
    if (this.#text.length > FLUSH_CHARACTERS) this.#flush()
  }

  close(): void {
    this.#flush()
    closeSync(this.#file)
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text)
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written)
    this.#text = ''
  }
}
