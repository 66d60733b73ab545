import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

/**
 * The curves of a day in one SQLite file, found by meter in a few page reads. It is made once, whole, and never changed:
 *
 *   curves   meter INTEGER PRIMARY KEY, rows BLOB (curve-bytes.ts)
 *   about    format, day, made_to: results seq up to which it has all rows, readings and intervals: how many these are
 */
const FORMAT = 2
/** A handful of curves a page, so that the tree above them is shallow. */
const PAGE_BYTES = 16_384
/** Pages that an open file keeps, KB: the operating system keeps the rest. */
const CACHE_KB = 512
/** How SQLite says that a file is not what it wrote, or not there: CORRUPT, CANTOPEN, NOTADB, and a table that is missing. */
const DAMAGE_CODES = [11, 14, 26, 1]

export interface CurveFileFacts {
  /** UTC day number. */
  readonly day: number
  /** Results seq up to which all rows of the day are inside. */
  readonly madeTo: number
  /** Rows of the day's file up to there. */
  readonly readings: number
  readonly intervals: number
}

/** What a file says of itself is not true of the day it should be of. */
export class WrongCurves extends Error {}

/** Whether an error says that the file is no good, rather than that it could not be read just now. */
export function isDamage(thrown: unknown): boolean {
  if (thrown instanceof WrongCurves || thrown instanceof RangeError) return true
  const code = (thrown as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' && DAMAGE_CODES.includes(code & 0xff)
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
    try {
      // A crash leaves a file without its name, and the end syncs it whole: no journal on the disk is needed.
      this.#database.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
        PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -${CACHE_KB};
        CREATE TABLE curves (meter INTEGER PRIMARY KEY, rows BLOB NOT NULL);
        CREATE TABLE about (format INTEGER, day INTEGER, made_to INTEGER, readings INTEGER, intervals INTEGER)`)
      this.#insert = this.#database.prepare('INSERT INTO curves VALUES (?, ?)')
    } catch (error) {
      this.abandon()
      throw error
    }
  }

  /** In ascending order of meter, some at a time. */
  add(curves: readonly (readonly [meter: number, bytes: Uint8Array])[]): void {
    this.#database.exec('BEGIN')
    for (const [meter, bytes] of curves) this.#insert.run(meter, bytes)
    this.#database.exec('COMMIT')
  }

  /** What was added so far is on the disk then: a little at a time, so that nobody else's sync waits for all of it. */
  async sync(): Promise<void> {
    const file = await open(this.#path, 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
  }

  /** Everything is on the disk then, but for the name of the file. */
  async finish({ day, madeTo, readings, intervals }: CurveFileFacts): Promise<void> {
    const insert = this.#database.prepare('INSERT INTO about VALUES (?, ?, ?, ?, ?)')
    insert.run(FORMAT, day, madeTo, readings, intervals)
    this.#database.close()
    await this.sync()
  }

  /** Gives the file up, unless it has another name already. */
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

  /** @throws Error when it is not one, or of another format (see `isDamage`) */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { readOnly: true })
    try {
      this.#database.exec(`PRAGMA cache_size = -${CACHE_KB}`)
      const about = this.#database.prepare('SELECT * FROM about').get()
      if (about?.format !== FORMAT)
        throw new WrongCurves(`has format ${String(about?.format)}, not ${FORMAT}`)
      this.facts = {
        day: Number(about.day),
        madeTo: Number(about.made_to),
        readings: Number(about.readings),
        intervals: Number(about.intervals)
      }
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
    if (this.#database.isOpen) this.#database.close()
  }
}
