import { mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { asError } from '../../errors.ts'
import { nodeFiles } from '../../files.ts'
import { type CurveShape, unpackCurve, type Whose } from '../curves/curve-bytes.ts'
import { CurveFile, CurveFileWriter, isDamage, WrongCurves } from '../curves/curve-file.ts'
import { Touched } from '../curves/touched-meters.ts'
import type { ReadingRow } from '../port.ts'
import type { DayRows } from './append.ts'
import { readColumns } from './columns.ts'
import type { WriteTurns } from './copy.ts'
import { makeCurves } from './curve-making.ts'
import { DAY_MS, nameOfDay } from './days.ts'
import type { DuckdbEngine } from './engine.ts'
import type { StoreFiles } from './files.ts'
import type { QuickLane } from './quick-lane.ts'
import { integer, readNumber } from './rows.ts'

const CURVES_FILE = /^(\d{4}-\d\d-\d\d)\.sqlite$/
/** Left by a making that a crash ended, with what SQLite put beside it. */
const UNFINISHED = /^\d{4}-\d\d-\d\d\.sqlite(\.new)?(-journal|-wal|-shm)?$/
/** Meters with rows that their curve does not have, as a share of all readings: from here on the file is made anew. */
const TOUCHED_SHARE = 1 / 1000
/** After a failure nothing is made for a while, and the same day for longer. */
const PAUSE_MS = 60_000
const RETRY_MS = 600_000

export interface DayCurvesOptions {
  readonly folder: string
  /** Newest closed days that have a file of curves. */
  readonly days: number
  readonly clock: Clock
  readonly lane: Pick<QuickLane, 'yield'>
  readonly turns: WriteTurns
  /** Told what is wrong with a file or the folder; the store goes on without. */
  readonly onDamage: (path: string, detail: string) => void
}

/** A day's file of curves. */
interface Entry {
  readonly path: string
  readonly file: CurveFile
  readonly touched: Touched
  /** Whether it was held against the day's file: before that nothing is read from it. */
  isChecked: boolean
  /** Found to be no good: closed, and made anew. */
  isBad: boolean
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
  #pausedUntil = Number.NEGATIVE_INFINITY
  /** Meters that are touched while the day's file is made. */
  #making: { readonly day: number; readonly touched: Touched } | undefined
  #isStopping = false

  constructor(engine: DuckdbEngine, files: StoreFiles, options: DayCurvesOptions) {
    this.#engine = engine
    this.#files = files
    this.#options = options
  }

  /** Before the first commit: what is written from here on is noted. @param toSeq position of the store */
  async start(toSeq: number): Promise<void> {
    const { folder, onDamage } = this.#options
    try {
      await mkdir(folder, { recursive: true })
      for (const name of await readdir(folder)) {
        const day = Date.parse(CURVES_FILE.exec(name)?.[1] ?? '') / DAY_MS
        const isKept = !Number.isNaN(day) && !this.#files.days.marked.has(day) && this.#enter(day, toSeq)
        if (!isKept && UNFINISHED.test(name)) await rm(join(folder, name), { force: true })
      }
    } catch (thrown) {
      onDamage(folder, asError(thrown).message)
    }
  }

  /** Rows are about to be written to a day. To be called in the turn of the write: a file in the making notes or reads them. */
  touch(day: number, { readings, intervals }: DayRows): void {
    const sets = [this.#entries.get(day), this.#making?.day === day ? this.#making : undefined]
    for (const { touched } of sets.filter(set => set !== undefined)) {
      for (const { columns, from, to } of [...readings, ...intervals]) {
        touched.add(columns.meter.subarray(from, to))
      }
    }
  }

  /**
   * The readings of a meter on a day, all versions, in order, as of the position `toSeq`.
   * @returns undefined where the day's own file has to be asked
   */
  read(whose: Whose, shape: CurveShape, toSeq: number): ReadingRow[] | undefined {
    const { day, meter } = whose
    const entry = this.#entries.get(day)
    if (entry === undefined || entry.isBad || !entry.isChecked || entry.touched.has(meter)) return undefined
    if (entry.file.facts.madeTo > toSeq || this.#files.days.isTroubled(day)) return undefined
    try {
      // One that is not there may be lost: few meters have no reading all day.
      const bytes = entry.file.find(meter)
      return bytes === undefined ? undefined : unpackCurve(bytes, whose, shape)
    } catch (thrown) {
      if (isDamage(thrown)) this.#giveUp(entry, thrown)
      return undefined
    }
  }

  /**
   * Makes the file of one day that has none or one that is behind, newest first, and removes those of days that are too old.
   * Holds files against their days at their first sight. One at a time.
   * @param isOrdered whether the day's rows stand in order of meter and nobody writes to it
   * @param toSeq position of the store @returns the day, undefined when none was due @throws Error when it could not
   */
  async next(isOrdered: (day: number) => boolean, toSeq: number): Promise<number | undefined> {
    const { days, clock } = this.#options
    const closed = this.#files.days.all.slice(0, -1)
    const kept = days === 0 ? [] : closed.slice(-days).reverse()
    for (const [day, entry] of [...this.#entries]) {
      if (!kept.includes(day)) await this.#remove(day, entry)
      else await this.#check(day, entry)
    }
    const now = clock.monotonic()
    if (now < this.#pausedUntil) return undefined
    for (const day of kept) {
      const isPossible = isOrdered(day) && !this.#files.days.isTroubled(day) && !this.#isStopping
      if (!isPossible || now < (this.#retryAt.get(day) ?? now) || !this.#isDue(day)) continue
      try {
        return (await this.#make(day, toSeq)) ? day : undefined
      } catch (error) {
        this.#pausedUntil = clock.monotonic() + PAUSE_MS
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
  close(): void {
    for (const { file } of this.#entries.values()) file.close()
    this.#entries.clear()
  }

  /** Opens the file of a day that has one. @returns whether it is one, of that day and not of a later life of the store */
  #enter(day: number, toSeq: number): boolean {
    const path = this.#pathOf(day)
    let file: CurveFile | undefined
    try {
      file = new CurveFile(path)
      const { facts } = file
      if (facts.day !== day) throw new WrongCurves(`is that of ${nameOfDay(facts.day)}`)
      if (facts.madeTo > toSeq) throw new WrongCurves(`knows records up to ${facts.madeTo} of ${toSeq}`)
      this.#entries.set(day, { path, file, touched: new Touched(), isChecked: false, isBad: false })
      return true
    } catch (thrown) {
      file?.close()
      this.#options.onDamage(path, asError(thrown).message)
      return !isDamage(thrown)
    }
  }

  #isDue(day: number): boolean {
    const entry = this.#entries.get(day)
    if (entry === undefined || entry.isBad) return true
    return entry.touched.size > entry.file.facts.readings * TOUCHED_SHARE
  }

  /** @returns whether it was made; not when the store closes meanwhile */
  async #make(day: number, toSeq: number): Promise<boolean> {
    const { clock, lane, turns, folder } = this.#options
    const making = { day, touched: new Touched() }
    // Behind a write that is under way: its rows are in the day's file then, those of the next one are noted.
    await turns.run(async () => {
      this.#making = making
    })
    const path = this.#pathOf(day)
    let writer: CurveFileWriter | undefined
    try {
      await this.#checkRoom(day)
      const into = new CurveFileWriter(`${path}.new`)
      writer = into
      const isStopping = (): boolean => this.#isStopping
      const isWhole = await this.#engine.apart(connection =>
        this.#files.readDay(day, file =>
          makeCurves({ connection, file, toSeq, writer: into, clock, lane, isStopping })
        )
      )
      if (!isWhole) return false
      await rename(`${path}.new`, path)
      await nodeFiles.syncFolder(folder)
      const file = new CurveFile(path)
      const entry: Entry = { path, file, touched: making.touched, isChecked: false, isBad: false }
      await this.#check(day, entry)
      if (entry.isBad) throw new Error(`${path} does not fit its day`)
      this.#entries.get(day)?.file.close()
      this.#entries.set(day, entry)
      return true
    } finally {
      this.#making = undefined
      writer?.abandon()
    }
  }

  /** A disk that is nearly full is left to the logs. @throws Error when the file may not fit beside the day's own */
  async #checkRoom(day: number): Promise<void> {
    const { folder } = this.#options
    await mkdir(folder, { recursive: true })
    const { bavail, bsize } = await statfs(folder)
    const { size } = await stat(this.#files.days.pathOf(day))
    if (bavail * bsize < size) throw new Error(`too little disk for the curves of ${nameOfDay(day)}`)
  }

  /** Holds a file against its day, once; what came to the day since the file was made is noted. */
  async #check(day: number, entry: Entry): Promise<void> {
    if (entry.isChecked || entry.isBad || this.#files.days.isTroubled(day) || this.#isStopping) return
    try {
      await this.#engine.apart(connection =>
        this.#files.readDay(day, async ({ alias }) => {
          const { madeTo, readings, intervals } = entry.file.facts
          for (const [name, had] of [['readings', readings] as const, ['intervals', intervals] as const]) {
            const known = `SELECT count(*)::DOUBLE FROM ${alias}.${name} WHERE seq <= ${integer(madeTo)}`
            const has = await readNumber(connection, known)
            if (has !== had) throw new WrongCurves(`knows ${had} ${name} of a day that has ${has}`)
            const since = `SELECT DISTINCT meter FROM ${alias}.${name} WHERE seq > ${integer(madeTo)}`
            entry.touched.add((await readColumns(connection, since)).numbers(0))
          }
        })
      )
      entry.isChecked = true
    } catch (thrown) {
      // What does not say that the file is no good is tried again.
      if (isDamage(thrown)) this.#giveUp(entry, thrown)
    }
  }

  /** Its file stays where it is until another takes its place. */
  #giveUp(entry: Entry, thrown: unknown): void {
    entry.isBad = true
    entry.file.close()
    this.#options.onDamage(entry.path, asError(thrown).message)
  }

  async #remove(day: number, { path, file }: Entry): Promise<void> {
    this.#entries.delete(day)
    file.close()
    await rm(path, { force: true }).catch(thrown => this.#options.onDamage(path, asError(thrown).message))
  }

  #pathOf(day: number): string {
    return join(this.#options.folder, `${nameOfDay(day)}.sqlite`)
  }
}
