import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { asError } from '../../errors.ts'
import { type CurveShape, unpackCurve } from '../curves/curve-bytes.ts'
import { CurveFile, CurveFileWriter } from '../curves/curve-file.ts'
import type { ReadingRow } from '../port.ts'
import type { DayRows } from './append.ts'
import type { WriteTurns } from './copy.ts'
import { makeCurves } from './curve-making.ts'
import { DAY_MS, nameOfDay } from './days.ts'
import { type DuckdbEngine, syncFolder } from './engine.ts'
import type { StoreFiles } from './files.ts'
import type { QuickLane } from './quick-lane.ts'
import { integer, numberOf } from './rows.ts'

const CURVES_FILE = /^(\d{4}-\d\d-\d\d)\.sqlite$/
/** Meters with rows that their curve does not have, as a share of all readings: from here on the file is made anew. */
const TOUCHED_SHARE = 1 / 1000
const RETRY_MS = 600_000

export interface DayCurvesOptions {
  readonly folder: string
  /** Newest closed days that have a file of curves. */
  readonly days: number
  readonly clock: Clock
  readonly lane: Pick<QuickLane, 'yield'>
  readonly turns: WriteTurns
  /** Told what is wrong with a file; it is made anew then. */
  readonly onDamage: (path: string, detail: string) => void
}

/** What is known of one day's file of curves. */
interface Entry {
  readonly path: string
  /** Meters that have rows, or may have, which their curve does not know. */
  readonly touched: Set<number>
  /** Opened at the first use; undefined inside when it cannot be used. */
  file: Promise<CurveFile | undefined> | undefined
}

/**
 * Files of curves beside the files of closed days: all readings of a meter on a day as one value, so that a meter's week is
 * read without a statement. They say nothing that the days' files do not; a meter that gets rows afterwards is asked of the
 * day's file again, and a file of curves that is lost, damaged or behind is made anew.
 *
 *   closed day in order ── ranges of meters ──> 2026-11-20.sqlite.new ── sync, rename ──> in use, but for touched meters
 */
export class DayCurves {
  readonly #engine: DuckdbEngine
  readonly #files: StoreFiles
  readonly #options: DayCurvesOptions
  readonly #entries = new Map<number, Entry>()
  readonly #retryAt = new Map<number, number>()
  /** Meters that are touched while the day's file is made. */
  #making: { readonly day: number; readonly touched: Set<number> } | undefined
  #isStopping = false

  constructor(engine: DuckdbEngine, files: StoreFiles, options: DayCurvesOptions) {
    this.#engine = engine
    this.#files = files
    this.#options = options
  }

  /** Before the first commit: what is written from here on is noted. */
  async start(): Promise<void> {
    const { folder } = this.#options
    await mkdir(folder, { recursive: true })
    for (const name of await readdir(folder)) {
      const day = Date.parse(CURVES_FILE.exec(name)?.[1] ?? '') / DAY_MS
      const isLeft = Number.isNaN(day) || this.#files.days.marked.has(day)
      if (isLeft) await rm(join(folder, name), { force: true })
      else this.#entries.set(day, { path: this.#pathOf(day), touched: new Set(), file: undefined })
    }
  }

  /** Rows are about to be written to a day. To be called in the turn of the write: a file in the making notes or reads them. */
  touch(day: number, { readings, intervals }: DayRows): void {
    const sets = [this.#entries.get(day), this.#making?.day === day ? this.#making : undefined]
    for (const { touched } of sets.filter(set => set !== undefined)) {
      for (const { columns, from, to } of [...readings, ...intervals]) {
        for (let row = from; row < to; row++) touched.add(columns.meter[row] ?? 0)
      }
    }
  }

  /**
   * The readings of a meter on a day, all versions, in order, as of any position that the store told since the last commit of
   * that meter. @returns undefined where the day's own file has to be asked
   */
  async read(day: number, meter: number, shape: CurveShape): Promise<ReadingRow[] | undefined> {
    const entry = this.#entries.get(day)
    if (entry === undefined || !this.#isFit(entry, day, meter)) return undefined
    const file = await this.#opened(entry, day)
    // What was written while it was opened is noted by now, and it may have been replaced.
    const isStill = this.#entries.get(day) === entry && this.#isFit(entry, day, meter)
    if (file === undefined || !isStill) return undefined
    try {
      const bytes = file.find(meter)
      return bytes === undefined ? [] : unpackCurve(bytes, meter, shape)
    } catch (thrown) {
      this.#options.onDamage(entry.path, asError(thrown).message)
      await this.#remove(day, entry)
      return undefined
    }
  }

  /**
   * Makes the file of one day that has none or one that is behind, newest first, and removes those of days that are too old.
   * One at a time. @param isOrdered whether the day's rows stand in order of meter and nobody writes to it
   * @param toSeq position of the store @returns the day, undefined when none was due @throws Error when it could not
   */
  async next(isOrdered: (day: number) => boolean, toSeq: number): Promise<number | undefined> {
    const { days, clock } = this.#options
    const closed = this.#files.days.all.slice(0, -1)
    const kept = days === 0 ? [] : closed.slice(-days).reverse()
    for (const [day, entry] of [...this.#entries]) if (!kept.includes(day)) await this.#remove(day, entry)
    const now = clock.monotonic()
    for (const day of kept) {
      const isPossible = isOrdered(day) && !this.#files.days.isTroubled(day) && !this.#isStopping
      if (!isPossible || now < (this.#retryAt.get(day) ?? now) || !(await this.#isDue(day))) continue
      try {
        return (await this.#make(day, toSeq)) ? day : undefined
      } catch (error) {
        this.#retryAt.set(day, clock.monotonic() + RETRY_MS)
        throw error
      }
    }
    return undefined
  }

  /** A file in the making is given up soon. */
  stop(): void {
    this.#isStopping = true
  }

  /** Nothing may be reading. */
  async close(): Promise<void> {
    for (const { file } of this.#entries.values()) (await file)?.close()
    this.#entries.clear()
  }

  #isFit(entry: Entry, day: number, meter: number): boolean {
    const { days } = this.#files
    return !entry.touched.has(meter) && !days.isTroubled(day) && !days.marked.has(day)
  }

  async #isDue(day: number): Promise<boolean> {
    const entry = this.#entries.get(day)
    if (entry === undefined) return true
    const file = await this.#opened(entry, day)
    return file === undefined || entry.touched.size > file.facts.readings * TOUCHED_SHARE
  }

  /** @returns whether it was made; not when the store closes meanwhile */
  async #make(day: number, toSeq: number): Promise<boolean> {
    const { clock, lane, turns, folder } = this.#options
    const making = { day, touched: new Set<number>() }
    // Behind a write that is under way: its rows are in the day's file then, those of the next one are noted.
    await turns.run(async () => {
      this.#making = making
    })
    const path = this.#pathOf(day)
    const writer = new CurveFileWriter(`${path}.new`)
    try {
      const isStopping = (): boolean => this.#isStopping
      const isWhole = await this.#engine.apart(connection =>
        this.#files.readDay(day, file =>
          makeCurves({ connection, file, toSeq, writer, clock, lane, isStopping })
        )
      )
      if (!isWhole) return false
      const old = this.#entries.get(day)
      if (old !== undefined) await this.#remove(day, old)
      await rename(`${path}.new`, path)
      await syncFolder(folder)
      const entry: Entry = { path, touched: making.touched, file: undefined }
      if ((await this.#opened(entry, day)) === undefined) throw new Error(`${path} does not fit its day`)
      this.#entries.set(day, entry)
      return true
    } finally {
      this.#making = undefined
      writer.abandon()
    }
  }

  #opened(entry: Entry, day: number): Promise<CurveFile | undefined> {
    entry.file ??= this.#open(entry, day)
    return entry.file
  }

  /** The file, when it belongs to the day's file as it is; what came to that since is noted. */
  async #open(entry: Entry, day: number): Promise<CurveFile | undefined> {
    let curves: CurveFile | undefined
    try {
      curves = new CurveFile(entry.path)
      const { madeTo, readings } = curves.facts
      const touched = await this.#touchedSince(day, madeTo, readings)
      for (const meter of touched) entry.touched.add(meter)
      return curves
    } catch (thrown) {
      curves?.close()
      // A day that cannot be read says nothing about its curves: they are looked at again.
      if (this.#files.days.isTroubled(day)) entry.file = undefined
      else this.#options.onDamage(entry.path, asError(thrown).message)
      return undefined
    }
  }

  /** Meters with rows after `madeTo`. @throws Error when the day's file has not so many rows up to it as it had */
  #touchedSince(day: number, madeTo: number, readings: number): Promise<number[]> {
    return this.#engine.apart(connection =>
      this.#files.readDay(day, async ({ alias }) => {
        const rows = async (sql: string): Promise<number[]> =>
          (await connection.runAndReadAll(sql)).getRows().map(([cell]) => numberOf(cell))
        const [has = 0] = await rows(
          `SELECT count(*)::DOUBLE FROM ${alias}.readings WHERE seq <= ${integer(madeTo)}`
        )
        if (has !== readings) throw new Error(`has ${readings} readings of a day that has ${has}`)
        const tables = ['readings', 'intervals'].map(
          name => `SELECT meter FROM ${alias}.${name} WHERE seq > ${integer(madeTo)}`
        )
        return rows(`SELECT DISTINCT meter FROM (${tables.join(' UNION ALL ')})`)
      })
    )
  }

  async #remove(day: number, entry: Entry): Promise<void> {
    if (this.#entries.get(day) === entry) this.#entries.delete(day)
    const file = await entry.file
    entry.file = undefined
    file?.close()
    await rm(entry.path, { force: true })
  }

  #pathOf(day: number): string {
    return join(this.#options.folder, `${nameOfDay(day)}.sqlite`)
  }
}
