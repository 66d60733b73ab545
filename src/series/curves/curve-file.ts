import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

/**
 * The curves of a day in one SQLite file, found by meter in a few page reads. It is made once, whole, and never changed:
 *
 *   curves   meter INTEGER PRIMARY KEY, rows BLOB (curve-bytes.ts)
 *   about    format, made_to: results seq up to which it has all rows, readings: how many these are
 */
const FORMAT = 1
/** A handful of curves a page, so that the tree above them is shallow. */
const PAGE_BYTES = 16_384
/** Pages that an open file keeps, KB: the operating system keeps the rest. */
const CACHE_KB = 512

export interface CurveFileFacts {
  /** Results seq up to which all rows of the day are inside. */
  readonly madeTo: number
  readonly readings: number
}

/** Writes a new file. Nobody may read it before `finish` has returned. */
export class CurveFileWriter {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #insert: StatementSync

  constructor(path: string) {
    rmSync(path, { force: true })
    this.#path = path
    this.#database = new DatabaseSync(path)
    // A crash leaves a file without its name, and the end syncs it whole: no journal on the disk is needed.
    this.#database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
      PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -${CACHE_KB};
      CREATE TABLE curves (meter INTEGER PRIMARY KEY, rows BLOB NOT NULL);
      CREATE TABLE about (format INTEGER, made_to INTEGER, readings INTEGER)`)
    this.#insert = this.#database.prepare('INSERT INTO curves VALUES (?, ?)')
  }

  /** In ascending order of meter, some at a time. */
  add(curves: readonly (readonly [meter: number, bytes: Uint8Array])[]): void {
    this.#database.exec('BEGIN')
    for (const [meter, bytes] of curves) this.#insert.run(meter, bytes)
    this.#database.exec('COMMIT')
  }

  /** Everything is on the disk then, but for the name of the file. */
  finish({ madeTo, readings }: CurveFileFacts): void {
    this.#database.prepare('INSERT INTO about VALUES (?, ?, ?)').run(FORMAT, madeTo, readings)
    this.#database.close()
    const file = openSync(this.#path, 'r+')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  }

  /** Gives the file up. */
  abandon(): void {
    if (this.#database.isOpen) this.#database.close()
    rmSync(this.#path, { force: true })
  }
}

/** An open file of curves. */
export class CurveFile {
  readonly facts: CurveFileFacts
  readonly #database: DatabaseSync
  readonly #find: StatementSync

  /** @throws Error when it is not one, or of another format */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { readOnly: true })
    try {
      this.#database.exec(`PRAGMA cache_size = -${CACHE_KB}`)
      const about = this.#database.prepare('SELECT format, made_to, readings FROM about').get()
      if (about?.format !== FORMAT) throw new Error(`has format ${String(about?.format)}, not ${FORMAT}`)
      this.facts = { madeTo: Number(about.made_to), readings: Number(about.readings) }
      this.#find = this.#database.prepare('SELECT rows FROM curves WHERE meter = ?')
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  /** Bytes of a meter's curve, undefined when it has none. Reads from the disk in this thread: some 20 us. */
  find(meter: number): Uint8Array | undefined {
    return this.#find.get(meter)?.rows as Uint8Array | undefined
  }

  close(): void {
    this.#database.close()
  }
}
