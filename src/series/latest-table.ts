import { FIELD_COUNT } from '../model/fields.ts'
import type { ReadingColumns } from '../model/columns.ts'
import type { ReadingRow, SeriesBatch } from './port.ts'

/**
 * The newest reading of each meter in shared memory: the store's thread writes what it has committed, the API's thread
 * reads without asking anybody. A row is a slot of fixed size by dense meter number:
 *
 *   i32 lock, state | f64 time, at, ct, pt, values[fields] | u32 version, kind + 256 x primary, qualities low, high, reasons[fields]
 *
 * The lock is odd while the row is written; a reader that meets an odd or a changed one reads again. A row that was seen
 * is the newest only when the store has said what it had before: until then it is a candidate and the store is asked.
 * Rows with fields that have no column are not kept here; the store is asked for them too.
 */
const AT = { time: 1, at: 2, ct: 3, pt: 4, values: 5 } as const
const NUMBERS_F64 = AT.values + FIELD_COUNT
/** In 32-bit words from the slot's begin. */
const NUMBERS = {
  version: NUMBERS_F64 * 2,
  kind: NUMBERS_F64 * 2 + 1,
  low: NUMBERS_F64 * 2 + 2,
  high: NUMBERS_F64 * 2 + 3
} as const
const REASONS = NUMBERS.high + 1
const SLOT_F64 = NUMBERS_F64 + 2 + FIELD_COUNT / 2
const SLOT_WORDS = SLOT_F64 * 2

/** States, as bits. */
const HAS_ROW = 1
const IS_NEWEST = 2
const HAS_EXTRAS = 4
const HAS_REASONS = 8
const READ_TRIES = 16
/** Rows after which `observe` lets others have a turn. */
const TURN_ROWS = 4000

/**
 * Memory for `meters` meters at most; the system gives only what is written. One that can grow would need less address space
 * and makes every access several times slower. The first slot is that of the table itself: how many meters it has.
 */
export const latestBuffer = (meters: number): SharedArrayBuffer =>
  new SharedArrayBuffer((meters + 1) * SLOT_F64 * 8)

export class LatestTable {
  #numbers: Float64Array
  #words: Int32Array

  constructor(buffer: SharedArrayBuffer) {
    this.#numbers = new Float64Array(buffer)
    this.#words = new Int32Array(buffer)
  }

  /** Meters that have room. */
  get capacity(): number {
    return this.#words.length / SLOT_WORDS - 1
  }

  /** The reader's table is that of other memory from now on. */
  follow(buffer: SharedArrayBuffer): void {
    this.#numbers = new Float64Array(buffer)
    this.#words = new Int32Array(buffer)
  }

  /**
   * The writer's table moves to wider memory. Readers see no change until they follow: what stands in the old memory is not
   * written to any more, so none reads a torn row.
   */
  moveTo(buffer: SharedArrayBuffer): void {
    const words = new Int32Array(buffer)
    const count = this.#words[0] ?? 0
    words[0] = count
    for (let meter = 0; meter < count; meter++) {
      const base = baseOf(meter)
      if (this.#isUntouched(meter)) continue
      words.set(this.#words.subarray(base, base + SLOT_WORDS), base)
    }
    this.follow(buffer)
  }

  /** The newest reading; null when the meter has none; undefined when the store has to be asked. */
  read(meter: number): ReadingRow | null | undefined {
    const base = baseOf(meter)
    if (base >= this.#words.length) return undefined
    for (let tries = 0; tries < READ_TRIES; tries++) {
      const lock = Atomics.load(this.#words, base)
      if (lock % 2 !== 0) continue
      const state = this.#words[base + 1] ?? 0
      const row = state & HAS_ROW ? this.#copy(meter, state) : null
      // Exchanging it for itself orders the reads above before this look at it.
      if (Atomics.compareExchange(this.#words, base, lock, lock) !== lock) continue
      return (state & IS_NEWEST) === 0 || state & HAS_EXTRAS ? undefined : row
    }
    return undefined
  }

  /** Rows of a commit that is durable and seen. @param turn lets others have a turn of the event loop */
  async observe(batch: SeriesBatch, turn: () => Promise<void>): Promise<void> {
    let rows = 0
    for (const { columns } of batch.readings) {
      const withExtras = new Set(columns.extras.map(({ row }) => row))
      const reasons = reasonsByRow(columns)
      for (let row = 0; row < columns.rows; row++) {
        const meter = columns.meter[row] ?? 0
        if (this.#isNewer(meter, columns.time[row] ?? 0, columns.kind[row] ?? 0, columns.version[row] ?? 0)) {
          this.#keep(meter, columns, row, reasons.get(row), withExtras.has(row))
        }
      }
      rows += columns.rows
      if (rows < TURN_ROWS) continue
      rows = 0
      await turn()
    }
  }

  /**
   * What the store has, as of any moment since `reset`: rows of meters, and those asked for that have none. What was
   * observed meanwhile counts too.
   */
  confirm(asked: readonly number[], rows: ReadonlyMap<number, ReadingRow>): void {
    for (const meter of asked) {
      if (!this.#reserve(meter)) continue
      const row = rows.get(meter)
      const base = baseOf(meter)
      Atomics.add(this.#words, base, 1)
      if (row !== undefined && this.#isNewer(meter, row.time, row.kind, row.version)) this.#put(base, row)
      this.#words[base + 1] = (this.#words[base + 1] ?? 0) | IS_NEWEST
      Atomics.add(this.#words, base, 1)
    }
  }

  /** Forgets everything: the store begins anew, or nobody knows whether a commit happened. */
  reset(): void {
    const count = this.#words[0] ?? 0
    for (let meter = 0; meter < count; meter++) {
      // Writing would make the system give memory for it.
      if (this.#isUntouched(meter)) continue
      const base = baseOf(meter)
      // A thread that died while it wrote left the lock odd.
      const lock = Atomics.load(this.#words, base)
      if (lock % 2 === 0) Atomics.add(this.#words, base, 1)
      this.#words[base + 1] = 0
      Atomics.add(this.#words, base, 1)
    }
  }

  /** Whether its slot was never written; each write moves the lock. */
  #isUntouched(meter: number): boolean {
    return Atomics.load(this.#words, baseOf(meter)) === 0
  }

  /** Whether a row speaks for the meter instead of the one that is kept. */
  #isNewer(meter: number, time: number, kind: number, version: number): boolean {
    const base = baseOf(meter)
    if (base >= this.#words.length || ((this.#words[base + 1] ?? 0) & HAS_ROW) === 0) return true
    const keptTime = this.#numbers[base / 2 + AT.time] ?? 0
    const keptKind = (this.#words[base + NUMBERS.kind] ?? 0) & 255
    return speaksBefore(
      time,
      kind,
      version,
      keptTime,
      keptKind,
      (this.#words[base + NUMBERS.version] ?? 0) >>> 0
    )
  }

  /** Whether the table has room for the meter. */
  #reserve(meter: number): boolean {
    if (baseOf(meter) >= this.#words.length) return false
    if (meter >= (this.#words[0] ?? 0)) this.#words[0] = meter + 1
    return true
  }

  /** The hot path: a row out of the columns of a commit. */
  #keep(
    meter: number,
    columns: ReadingColumns,
    row: number,
    reasons: ReadonlyMap<number, number> | undefined,
    hasExtras: boolean
  ): void {
    if (!this.#reserve(meter)) return
    const base = baseOf(meter)
    const numbers = base / 2
    const { values } = columns
    Atomics.add(this.#words, base, 1)
    for (let field = 0; field < FIELD_COUNT; field++) {
      const column = values[field]
      this.#numbers[numbers + AT.values + field] =
        column === undefined ? Number.NaN : (column[row] ?? Number.NaN)
    }
    this.#putHead(base, {
      time: columns.time[row] ?? 0,
      at: columns.at[row] ?? 0,
      version: columns.version[row] ?? 0,
      kind: columns.kind[row] ?? 0,
      qualityLow: columns.qualityLow[row] ?? 0,
      qualityHigh: columns.qualityHigh[row] ?? 0,
      ct: columns.ct[row] ?? 1,
      pt: columns.pt[row] ?? 1,
      isPrimary: columns.primary[row] === 1
    })
    this.#putState(base, reasons, hasExtras)
    Atomics.add(this.#words, base, 1)
  }

  #put(base: number, row: ReadingRow): void {
    this.#numbers.set(row.values, base / 2 + AT.values)
    this.#putHead(base, row)
    this.#putState(base, row.reasons, row.extras !== '')
  }

  #putHead(base: number, row: Head): void {
    const numbers = base / 2
    this.#numbers[numbers + AT.time] = row.time
    this.#numbers[numbers + AT.at] = row.at
    this.#numbers[numbers + AT.ct] = row.ct
    this.#numbers[numbers + AT.pt] = row.pt
    this.#words[base + NUMBERS.version] = row.version
    this.#words[base + NUMBERS.kind] = row.kind + (row.isPrimary ? 256 : 0)
    this.#words[base + NUMBERS.low] = row.qualityLow
    this.#words[base + NUMBERS.high] = row.qualityHigh
  }

  #putState(base: number, reasons: ReadonlyMap<number, number> | undefined, hasExtras: boolean): void {
    const hasReasons = reasons !== undefined && reasons.size > 0
    if (hasReasons) {
      for (let field = 0; field < FIELD_COUNT; field++)
        this.#words[base + REASONS + field] = reasons.get(field) ?? 0
    }
    const state = (this.#words[base + 1] ?? 0) & IS_NEWEST
    this.#words[base + 1] = state | HAS_ROW | (hasExtras ? HAS_EXTRAS : 0) | (hasReasons ? HAS_REASONS : 0)
  }

  #copy(meter: number, state: number): ReadingRow {
    const base = baseOf(meter)
    const numbers = base / 2
    const word = (at: number): number => (this.#words[base + at] ?? 0) >>> 0
    const number = (at: number): number => this.#numbers[numbers + at] ?? Number.NaN
    const kind = word(NUMBERS.kind)
    const reasons = new Map<number, number>()
    for (let field = 0; state & HAS_REASONS && field < FIELD_COUNT; field++) {
      const mask = word(REASONS + field)
      if (mask !== 0) reasons.set(field, mask)
    }
    return {
      meter,
      time: number(AT.time),
      at: number(AT.at),
      version: word(NUMBERS.version),
      kind: kind & 255,
      values: this.#numbers.slice(numbers + AT.values, numbers + AT.values + FIELD_COUNT),
      qualityLow: word(NUMBERS.low),
      qualityHigh: word(NUMBERS.high),
      ct: number(AT.ct),
      pt: number(AT.pt),
      isPrimary: kind >= 256,
      reasons,
      extras: ''
    }
  }
}

type Head = Omit<ReadingRow, 'meter' | 'values' | 'reasons' | 'extras'>

const baseOf = (meter: number): number => (meter + 1) * SLOT_WORDS

function reasonsByRow({ reasons }: ReadingColumns): Map<number, Map<number, number>> {
  const byRow = new Map<number, Map<number, number>>()
  for (const { row, field, mask } of reasons) {
    const known = byRow.get(row) ?? new Map<number, number>()
    byRow.set(row, known.set(field, mask))
  }
  return byRow
}

/** As `latest` of the port says: the later time, of one time the lowest kind, of one kind the highest version. */
function speaksBefore(
  time: number,
  kind: number,
  version: number,
  keptTime: number,
  keptKind: number,
  keptVersion: number
): boolean {
  if (time !== keptTime) return time > keptTime
  return kind === keptKind ? version > keptVersion : kind < keptKind
}
