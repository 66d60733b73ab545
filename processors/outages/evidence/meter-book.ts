import type { ByteReader, ByteWriter } from '../../../src/records/bytes.ts'
import { figure } from '../likelihoods.ts'

/** How a claim of lost supply was made: the row of the table of likelihoods that judges it. */
export const CLAIM = { none: 0, gasp: 1, collected: 2, record: 3, zero: 4, filled: 5, risen: 6 } as const

/** In place of phases: the meter found a voltage too high, which no open phase makes. */
export const TOO_HIGH = 8

/** Proofs of life that are remembered of each meter by their time: an hour of quarters, and what came in between. */
const PROOFS = 4
/** Further back it is remembered in which quarters of an hour there were any: eight hours of them. */
const QUARTER_MS = 900_000
const QUARTERS = 32
/** Weight of a round in a meter's own rate of misses. */
const LEARN = 0.02

/**
 * What is known of each meter, in columns by dense number. Times are epoch ms of the event, corrected by what its arrival allows;
 * NaN where there is none.
 */
export class MeterBook {
  #size = 0
  /** The latest times at which each meter was proven to have supply, newest first. */
  #proofs = new Float64Array(0)
  /** The latest quarter of an hour, since the epoch, in which there was one; and bit by bit that and those before it. */
  #provenQuarter = new Uint32Array(0)
  #provenIn = new Uint32Array(0)
  /** Latest claim that it lost its supply, and how it was made. */
  lostAt = new Float64Array(0)
  lostBy = new Uint8Array(0)
  /** The same by the meter's own clock, to compare with what it says later; NaN where the clock cannot be trusted. */
  lostByClock = new Float64Array(0)
  /** When it had supply again after that, as far as it or others proved it. */
  backAt = new Float64Array(0)
  /** Latest record of its own. */
  recordStart = new Float64Array(0)
  recordEnd = new Float64Array(0)
  /** Phases that it found low or gone (network phases; 0 where it does not know which), in which case; and when it was read well last. */
  oddPhases = new Uint8Array(0)
  oddCase = new Int32Array(0)
  goodAt = new Float64Array(0)
  /** Cases to which its claim and its record belong, -1 for none. */
  lostCase = new Int32Array(0)
  recordCase = new Int32Array(0)
  /** Rounds of its terminal in a row in which it was missed, since when, and -ln of how likely that is by chance. */
  missed = new Uint16Array(0)
  missedSince = new Float64Array(0)
  missedWeight = new Float32Array(0)
  /** Its own rate of misses. */
  missRate = new Float32Array(0)
  /** Log time at which it was asked last without an answer. */
  unansweredAt = new Float64Array(0)
  /** Log time at which it was heard last. */
  heardAt = new Float64Array(0)
  /** Incident that holds it without supply, -1 for none. */
  incident = new Int32Array(0)
  /** While it is held, and until that incident is closed: since when, and its first proof of life after that. NaN otherwise. */
  heldSince = new Float64Array(0)
  firstBack = new Float64Array(0)
  /** The one that held it last. */
  lastIncident = new Int32Array(0)

  get size(): number {
    return this.#size
  }

  /** Makes room for so many meters. */
  grow(size: number): void {
    if (size <= this.#size) return
    const longer = <
      T extends Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array
    >(
      old: T,
      into: T,
      fill: number,
      each = 1
    ): T => {
      into.fill(fill, this.#size * each)
      into.set(old)
      return into
    }
    const times = (old: Float64Array<ArrayBuffer>, each = 1): Float64Array<ArrayBuffer> =>
      longer(old, new Float64Array(size * each), Number.NaN, each)
    this.#proofs = times(this.#proofs, PROOFS)
    this.#provenQuarter = longer(this.#provenQuarter, new Uint32Array(size), 0)
    this.#provenIn = longer(this.#provenIn, new Uint32Array(size), 0)
    this.lostAt = times(this.lostAt)
    this.lostBy = longer(this.lostBy, new Uint8Array(size), CLAIM.none)
    this.lostByClock = times(this.lostByClock)
    this.backAt = times(this.backAt)
    this.recordStart = times(this.recordStart)
    this.recordEnd = times(this.recordEnd)
    this.oddPhases = longer(this.oddPhases, new Uint8Array(size), 0)
    this.oddCase = longer(this.oddCase, new Int32Array(size), -1)
    this.goodAt = times(this.goodAt)
    this.lostCase = longer(this.lostCase, new Int32Array(size), -1)
    this.recordCase = longer(this.recordCase, new Int32Array(size), -1)
    this.missed = longer(this.missed, new Uint16Array(size), 0)
    this.missedSince = times(this.missedSince)
    this.missedWeight = longer(this.missedWeight, new Float32Array(size), 0)
    this.missRate = longer(this.missRate, new Float32Array(size), figure('missedRound'))
    this.unansweredAt = times(this.unansweredAt)
    this.heardAt = times(this.heardAt)
    this.heldSince = times(this.heldSince)
    this.firstBack = times(this.firstBack)
    this.incident = longer(this.incident, new Int32Array(size), -1)
    this.lastIncident = longer(this.lastIncident, new Int32Array(size), -1)
    this.#size = size
  }

  /** Latest time at which a meter was proven to have supply, NaN for never. */
  aliveAt(meter: number): number {
    return this.#proofs[meter * PROOFS]
  }

  /** Notes that a meter had supply at a time. */
  prove(meter: number, time: number): void {
    if (time > this.heldSince[meter] && !(this.firstBack[meter] <= time)) this.firstBack[meter] = time
    this.#markQuarter(meter, Math.floor(time / QUARTER_MS))
    const first = meter * PROOFS
    const proofs = this.#proofs
    let place = 0
    while (place < PROOFS && proofs[first + place] > time) place++
    if (place === PROOFS || proofs[first + place] === time) return
    for (let at = PROOFS - 1; at > place; at--) proofs[first + at] = proofs[first + at - 1]
    proofs[first + place] = time
  }

  #markQuarter(meter: number, quarter: number): void {
    const ahead = quarter - this.#provenQuarter[meter]
    if (ahead > 0) {
      this.#provenIn[meter] = ahead >= QUARTERS ? 1 : (this.#provenIn[meter] << ahead) | 1
      this.#provenQuarter[meter] = quarter
    } else if (ahead > -QUARTERS) this.#provenIn[meter] |= 1 << -ahead
  }

  /** An incident holds a meter: proofs of life after its beginning are noted, those that are remembered first. */
  hold(meter: number, incident: number, since: number): void {
    this.incident[meter] = incident
    this.lastIncident[meter] = incident
    this.heldSince[meter] = since
    this.firstBack[meter] = this.firstProofAfter(meter, since)
  }

  /** An incident holds none of these any more. */
  letGo(meters: readonly number[], incident: number): void {
    for (const meter of meters) if (this.incident[meter] === incident) this.incident[meter] = -1
  }

  /** Whether a meter was proven to have supply after `from` and before `to`: of long ago as far as whole quarters of an hour say. */
  wasAlive(meter: number, from: number, to: number): boolean {
    const first = meter * PROOFS
    for (let at = first; at < first + PROOFS; at++) {
      const time = this.#proofs[at]
      if (time > from && time < to) return true
    }
    const latest = Math.min(this.#provenQuarter[meter], Math.floor(to / QUARTER_MS) - 1)
    for (let quarter = latest; quarter * QUARTER_MS > from; quarter--) {
      const ago = this.#provenQuarter[meter] - quarter
      if (ago >= QUARTERS) return false
      if (((this.#provenIn[meter] >>> ago) & 1) === 1) return true
    }
    return false
  }

  /** The earliest remembered proof of life after a time; NaN when there is none. */
  firstProofAfter(meter: number, time: number): number {
    const first = meter * PROOFS
    let found = Number.NaN
    for (let at = first; at < first + PROOFS && this.#proofs[at] > time; at++) found = this.#proofs[at]
    return found
  }

  /** Notes a claim that a meter lost its supply. @param byClock the same by its own clock; NaN where that says nothing */
  lose(meter: number, time: number, by: number, byClock = Number.NaN): void {
    this.lostAt[meter] = time
    this.lostBy[meter] = by
    this.lostByClock[meter] = byClock
    this.backAt[meter] = Number.NaN
  }

  /** Whether a meter claims, or has recorded, that it lost its supply in a case. */
  claimsIn(meter: number, caseId: number): boolean {
    return this.lostCase[meter] === caseId || this.recordCase[meter] === caseId
  }

  /** The latest proof of life before a time, of those that are remembered; -Infinity without any. */
  lastProofBefore(meter: number, time: number): number {
    const first = meter * PROOFS
    for (let at = first; at < first + PROOFS; at++) if (this.#proofs[at] < time) return this.#proofs[at]
    return Number.NEGATIVE_INFINITY
  }

  /** Rounds missed so far have their reason: the next ones are counted anew. */
  forgiveMisses(meter: number): void {
    this.missed[meter] = 0
    this.missedWeight[meter] = 0
    this.missedSince[meter] = Number.NaN
  }

  /** Counts a round of its terminal in which it was heard. */
  heardRound(meter: number): void {
    this.forgiveMisses(meter)
    this.missRate[meter] *= 1 - LEARN
  }

  /** Counts one in which it was not. @param weight -ln of how likely that is by chance @param due when it should have been read */
  missRound(meter: number, weight: number, due: number, learns: boolean): void {
    if (this.missed[meter] === 0) this.missedSince[meter] = due
    if (this.missed[meter] < 65_535) this.missed[meter]++
    this.missedWeight[meter] += weight
    if (learns) this.missRate[meter] = (1 - LEARN) * this.missRate[meter] + LEARN
  }

  save(writer: ByteWriter): void {
    writer.u32(this.#size, 0)
    writer.f64s(this.#proofs, this.#size * PROOFS)
    for (const column of this.#times()) writer.f64s(column, this.#size)
    for (const column of this.#words()) writer.u32s(new Uint32Array(column.buffer), this.#size)
    writer
      .u32s(Uint32Array.from(this.missed), this.#size)
      .u8s(this.lostBy, this.#size)
      .u8s(this.oddPhases, this.#size)
  }

  load(reader: ByteReader): void {
    this.#size = 0
    const size = reader.u32()
    reader.u32()
    this.grow(size)
    this.#proofs.set(reader.f64s(size * PROOFS))
    for (const column of this.#times()) column.set(reader.f64s(size))
    for (const column of this.#words()) new Uint32Array(column.buffer).set(reader.u32s(size))
    this.missed.set(reader.u32s(size))
    this.lostBy.set(reader.u8s(size))
    this.oddPhases.set(reader.u8s(size))
  }

  #times(): Float64Array[] {
    return [
      this.lostAt,
      this.lostByClock,
      this.backAt,
      this.recordStart,
      this.recordEnd,
      this.missedSince,
      this.heldSince,
      this.firstBack,
      this.heardAt,
      this.goodAt,
      this.unansweredAt
    ]
  }

  /** Columns of four bytes, whatever they mean. */
  #words(): (Float32Array | Int32Array | Uint32Array)[] {
    return [
      this.#provenQuarter,
      this.#provenIn,
      this.missedWeight,
      this.missRate,
      this.incident,
      this.lastIncident,
      this.lostCase,
      this.recordCase,
      this.oddCase
    ]
  }
}
