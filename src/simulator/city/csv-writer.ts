import { closeSync, openSync, writeSync } from 'node:fs'

/** Opens a registry file by its name and header. */
export type OpenFile = (name: string, header: string) => CsvWriter

const FLUSH_CHARACTERS = 1 << 20

/** How the bytes of a file stand on the disk; UTF-8 with line feeds when nothing is said. */
export interface FileBytes {
  /** Before the header. */
  readonly mark?: string
  readonly lineEnd?: string
  readonly encode?: (text: string) => Uint8Array
}

/** A CSV file that is written as it is made. Cells must need no quotes: ids and numbers do not. */
export class CsvWriter {
  readonly #file: number
  readonly #lineEnd: string
  readonly #encode: (text: string) => Uint8Array
  #text: string

  constructor(
    path: string,
    header: string,
    { mark = '', lineEnd = '\n', encode = text => Buffer.from(text) }: FileBytes = {}
  ) {
    this.#file = openSync(path, 'w')
    this.#lineEnd = lineEnd
    this.#encode = encode
    this.#text = mark
    this.line(header)
  }

  row(...cells: readonly (string | number)[]): void {
    this.line(cells.join(','))
  }

  /** A row as it stands. */
  line(text: string): void {
    this.#text += text + this.#lineEnd
    if (this.#text.length > FLUSH_CHARACTERS) this.#flush()
  }

  close(): void {
    this.#flush()
    closeSync(this.#file)
  }

  #flush(): void {
    const bytes = this.#encode(this.#text)
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#file, bytes, written)
    this.#text = ''
  }
}
