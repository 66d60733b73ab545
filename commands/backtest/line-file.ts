import { closeSync, openSync, writeSync } from 'node:fs'

const CHUNK = 1 << 20

/** Appends lines to a file through a buffer, one JSON object each. */
export class LineFile {
  readonly #path: string
  #fd = -1
  #pending = ''

  constructor(path: string) {
    this.#path = path
  }

  open(): void {
    this.#fd = openSync(this.#path, 'w', 0o600)
  }

  write(line: object): void {
    this.#pending += `${JSON.stringify(line)}\n`
    if (this.#pending.length >= CHUNK) this.#flush()
  }

  close(): void {
    this.#flush()
    closeSync(this.#fd)
  }

  #flush(): void {
    writeSync(this.#fd, this.#pending)
    this.#pending = ''
  }
}
