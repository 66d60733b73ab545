import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { asError, GridvigilError, isError } from '../../errors.ts'
import { nodeFiles } from '../../files.ts'

export const DAY_MS = 86_400_000

/** UTC day number of a data time, epoch ms. */
export const dayOf = (time: number): number => Math.floor(time / DAY_MS)

/** `2026-11-20`: what the file of a day is called. */
export const nameOfDay = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

const DAY_FILE = /^(\d{4}-\d\d-\d\d)\.duckdb$/
const REBUILD_FILE = /^(\d{4}-\d\d-\d\d)\.rebuild$/

/** How DuckDB says that bytes of a file are not what it wrote. */
const DAMAGE = /corrupt|checksum|serializ|could not read enough|invalidated/i

interface Trouble {
  readonly reason: string
  /** Found inside the file: one query that meets only intact parts proves nothing. Stays until the restart. */
  readonly inside: boolean
}

/**
 * What is known of the days beside their files: which have rows by the catalog, which files cannot be used, and which
 * a person has marked to be made anew from the results log (`2026-11-20.rebuild`).
 */
export class Days {
  readonly folder: string
  /** Days that have a file or should have one, ascending. */
  #all: readonly number[] = []
  #known: ReadonlyMap<number, number> = new Map()
  readonly #marked = new Set<number>()
  readonly #troubles = new Map<number, Trouble>()

  constructor(folder: string) {
    this.folder = folder
  }

  get all(): readonly number[] {
    return this.#all
  }

  get marked(): ReadonlySet<number> {
    return this.#marked
  }

  pathOf(day: number): string {
    return join(this.folder, `${nameOfDay(day)}.duckdb`)
  }

  /** Reads which files there are. */
  async start(): Promise<void> {
    this.#troubles.clear()
    this.#marked.clear()
    const names = await readdir(this.folder)
    const found = (pattern: RegExp): number[] =>
      names.flatMap(name => pattern.exec(name)?.[1] ?? []).map(name => Date.parse(name) / DAY_MS)
    for (const day of found(REBUILD_FILE)) this.#marked.add(day)
    this.#all = found(DAY_FILE).sort((a, b) => a - b)
  }

  /** What the catalog says has rows, with the cursors; at the open a file that is not there is noted. */
  expect(known: ReadonlyMap<number, number>): void {
    const present = new Set(this.#all)
    for (const day of known.keys()) {
      if (present.has(day)) continue
      if (!this.#known.has(day) && !this.#marked.has(day)) this.note(day, 'is missing')
      this.add(day)
    }
    this.#known = known
  }

  add(day: number): void {
    if (!this.#all.includes(day)) this.#all = [...this.#all, day].sort((a, b) => a - b)
  }

  /** Whether a file may be made for the day. @throws Error when it had one */
  checkMayCreate(day: number): void {
    if (this.#known.has(day) && !this.#marked.has(day)) throw new Error('is missing')
  }

  /** @throws Error when the file is older than the catalog: it came from a backup. */
  checkCursor(day: number, cursor: number): void {
    const known = this.#known.get(day) ?? 0
    if (cursor >= known || this.#marked.has(day)) return
    throw new Error(`is older than the catalog: it has rows up to ${cursor}, not ${known}`)
  }

  /** @throws SERIES_DAY_UNREADABLE while the day is made anew: it would show a part of its rows. */
  checkMayRead(day: number): void {
    if (this.#marked.has(day)) throw this.#error(day, 'is being rebuilt')
  }

  /** Whether the file could not be used last time, or was found to be damaged. */
  isTroubled(day: number): boolean {
    return this.#troubles.has(day)
  }

  note(day: number, reason: string, inside = false): void {
    if (this.#troubles.get(day)?.inside !== true) this.#troubles.set(day, { reason, inside })
  }

  /** The day's file could be attached. */
  clear(day: number): void {
    if (this.#troubles.get(day)?.inside !== true) this.#troubles.delete(day)
  }

  /** The error to throw for a file that could not be attached. */
  attachError(day: number, thrown: unknown): GridvigilError {
    const reason = isError(thrown) ? thrown.detail : asError(thrown).message
    this.note(day, reason)
    return this.#error(day, reason, thrown)
  }

  /** What to throw for an error met while the file was used: that of the day when the file is damaged. */
  useError(day: number, thrown: unknown): unknown {
    if (isError(thrown)) return thrown
    const reason = asError(thrown).message
    if (!DAMAGE.test(reason)) return thrown
    this.note(day, reason, true)
    return this.#error(day, reason, thrown)
  }

  /** The marked days have all that the log had. */
  async endRebuild(): Promise<void> {
    for (const day of this.#marked) await rm(join(this.folder, `${nameOfDay(day)}.rebuild`), { force: true })
    await nodeFiles.syncFolder(this.folder)
    this.#marked.clear()
  }

  describe(): string {
    const troubles = [...this.#troubles].map(
      ([day, { reason }]) => `${this.pathOf(day)}: ${firstLine(reason)}`
    )
    const rebuilt = [...this.#marked].map(day => `${this.pathOf(day)}: is being rebuilt`)
    return [...rebuilt, ...troubles].join('; ')
  }

  #error(day: number, reason: string, cause?: unknown): GridvigilError {
    return new GridvigilError('SERIES_DAY_UNREADABLE', `${this.pathOf(day)}: ${firstLine(reason)}`, { cause })
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
