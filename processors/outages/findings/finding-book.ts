import type { DecodedFrame } from '../../../src/codecs/decoded-frame.ts'
import type { ReadingColumns } from '../../../src/model/columns.ts'
import { FIELD } from '../../../src/model/fields.ts'
import type { ReportedEvent } from '../../../src/model/events.ts'
import type { PlantReport } from '../../../src/model/plant.ts'
import type { ByteReader, ByteWriter } from '../../../src/records/bytes.ts'
import type { AlarmBook } from '../alarms/alarm-book.ts'
import { momentOf } from '../evidence/moments.ts'
import type { ClosedRound } from '../evidence/rounds.ts'
import { CURRENTS, phasesBelow, shownBy, type ShownRanges, type Values, VOLTAGES } from '../evidence/shown.ts'
import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import { BackFeed } from './back-feed.ts'
import { Clocks } from './clocks.ts'
import { Doubts } from './doubts.ts'
import { FedBack } from './fed-back.ts'
import { Floods } from './floods.ts'
import { Gone } from './gone.ts'
import { Idle } from './idle.ts'
import { MARK, MeterMarks } from './meter-marks.ts'
import { Metering } from './metering.ts'
import { Neutrals } from './neutrals.ts'
import { Parallel } from './parallel.ts'
import { boundMeter, type Round, Teller } from './teller.ts'

/** A phase below this share of the rated voltage has none. */
const NONE_BELOW = 0.1
/** A current above this is no noise, A as shown. */
const FLOWS_A = 0.05
/** Between these a rated voltage is that of a phase of the public network, V: limits in volts are meant for it. */
const USUAL_V = 220
const [PUBLIC_LEAST, PUBLIC_MOST] = [200, 250]

/**
 * What is true and no outage: findings, and the alarm of a broken neutral. Each rule has a file of its own; here they are given
 * what has come. Rows are looked at once, in columns, and nearly all of them end there.
 */
export class FindingBook {
  readonly #marks = new MeterMarks()
  readonly #teller = new Teller(this.#marks)
  readonly #clocks = new Clocks(this.#marks, this.#teller)
  readonly #idle = new Idle(this.#marks, this.#teller)
  readonly #metering = new Metering(this.#marks, this.#teller)
  readonly #gone = new Gone(this.#marks, this.#teller)
  readonly #floods = new Floods(this.#marks, this.#teller)
  readonly #doubts = new Doubts(this.#marks, this.#teller)
  readonly #backFeed: BackFeed
  readonly #fedBack: FedBack
  readonly #neutrals: Neutrals
  readonly #parallel: Parallel
  #version: string | undefined

  constructor(alarms: AlarmBook) {
    this.#backFeed = new BackFeed(this.#teller, alarms)
    this.#fedBack = new FedBack(this.#teller, alarms)
    this.#neutrals = new Neutrals(alarms)
    this.#parallel = new Parallel(this.#teller, alarms)
  }

  setRegistry(books: Books): void {
    const { registry } = books.grid
    this.#marks.grow(registry.meters.count)
    this.#doubts.setRegistry(books)
    this.#parallel.setRegistry(registry)
    // After a load the same registry comes once more.
    const version = `${registry.version} ${registry.hash}`
    if (this.#version !== undefined && this.#version !== version) {
      this.#metering.forgetAreas()
      this.#backFeed.forgetAreas()
      this.#gone.forgetKnown(id => registry.meterNumbers.get(id) !== undefined)
    }
    this.#version = version
  }

  /** @returns what the intake is to believe of it: without the gasps that a terminal sends beyond any rate, undefined for nothing */
  event(round: Round, terminal: string, event: ReportedEvent, arrivedAt: number): ReportedEvent | undefined {
    if (event.isTest) return event
    const isOwn = event.origin === 'meter' || event.origin === 'module'
    const moment = isOwn ? momentOf(event, arrivedAt) : undefined
    if (isOwn) {
      for (const id of event.meters) {
        const meter = id === 'self' ? -1 : boundMeter(round.books, terminal, id)
        if (meter >= 0) this.#ofMeter(round, meter, event, moment, arrivedAt)
      }
    }
    return this.#floods.event(round, terminal, event, arrivedAt)
  }

  #ofMeter(
    round: Round,
    meter: number,
    event: ReportedEvent,
    moment: number | undefined,
    arrivedAt: number
  ): void {
    this.#clocks.event(round, meter, event, arrivedAt)
    if (moment === undefined) return
    this.#idle.event(round, meter, event, moment)
    this.#metering.event(round, meter, event, moment)
    this.#gone.event(meter, event, moment)
    this.#neutrals.event(round, meter, event, moment)
  }

  /** A `backup` message. */
  plant(round: Round, terminal: string, plant: PlantReport, arrivedAt: number): void {
    this.#parallel.plant(round, terminal, plant, arrivedAt)
  }

  /** A frame of readings, of which the rows from `firstRow` on were accepted. */
  readings(
    round: Round,
    terminal: string,
    decoded: DecodedFrame,
    columns: ReadingColumns,
    shown: ShownRanges,
    firstRow: number,
    arrivedAt: number
  ): void {
    const { rows, values, meter } = columns
    if (decoded.rows > rows - firstRow) {
      this.#clocks.frame(round, terminal, decoded, arrivedAt)
      this.#gone.frame(round, terminal, decoded)
    }
    this.#clocks.offsets(round, meter, values, firstRow, rows)
    if (!shown.hasVolts) return
    this.#rows(round, columns, shown, firstRow, decoded.collectedAt, arrivedAt)
    if (this.#neutrals.isWatching) this.#lows(round, columns, shown, firstRow, decoded.collectedAt)
  }

  /** Low phases of the rows that are the newest of their meters. Few of them matter, so they are looked for only then. */
  #lows(
    round: Round,
    { meter: meters, time, values, rows, pt }: ReadingColumns,
    shown: ShownRanges,
    firstRow: number,
    collectedAt: number
  ): void {
    const { grid } = round.books
    for (let row = firstRow; row < rows; row++) {
      const meter = meters[row]
      const at = time[row]
      if (!(shown.lowest(row) < figure('neutralLow')) || at !== this.#marks.lastAt[meter]) continue
      if (!(grid.placeOf[meter] >= 0) || !isPublic(ratedOf(grid, meter), pt[row])) continue
      let least = Number.POSITIVE_INFINITY
      for (const field of VOLTAGES) {
        const value = shownBy(values, field, row)
        if (value >= NONE_BELOW * USUAL_V && value < least) least = value
      }
      if (least < figure('neutralLow'))
        this.#neutrals.low(round, meter, at, least, Number.isNaN(collectedAt) ? at : collectedAt)
    }
  }

  /** What the rows show that are the newest of their meters. */
  #rows(
    round: Round,
    { meter: meters, time, values, rows, pt }: ReadingColumns,
    shown: ShownRanges,
    firstRow: number,
    collectedAt: number,
    arrivedAt: number
  ): void {
    const { grid, meters: book } = round.books
    const { placeOf } = grid
    const { lastAt, marks, idleRows } = this.#marks
    const kw = values[FIELD.activePowerKw]
    const currents = values[CURRENTS[0]]
    const [clear, freshness] = [figure('neutralClear'), figure('rowFreshness')]
    for (let row = firstRow; row < rows; row++) {
      const meter = meters[row]
      const at = time[row]
      if (!(placeOf[meter] >= 0)) continue
      const power = kw === undefined ? Number.NaN : kw[row]
      const hasNone = power === 0 && shown.current(row) === 0
      if (at <= lastAt[meter]) {
        if (hasNone && idleRows[meter] > 0) this.#idle.idledBefore(round, meter, at)
        continue
      }
      const most = shown.highest(row)
      if (most < 0) continue
      lastAt[meter] = at
      const rated = ratedOf(grid, meter)
      const none = NONE_BELOW * rated
      if (shown.lowest(row) < none) this.#lacks(round, meter, at, values, shown, row)
      else if ((marks[meter] & MARK.watched) !== 0) this.#metering.isWhole(meter, at)
      if (most < none) continue
      if (book.incident[meter] >= 0) this.#backFeed.lives(round.books, meter, at, power)
      if (!isPublic(rated, pt[row])) continue
      // A row that shows no current says nothing of it, whatever other frames of the step show.
      if (hasNone && !Number.isNaN(currents?.[row] ?? Number.NaN)) this.#idle.idles(round, meter, at)
      else this.#idle.draws(meter, at)
      if (most > clear && arrivedAt - at <= freshness)
        this.#neutrals.high(round, meter, at, most, Number.isNaN(collectedAt) ? at : collectedAt)
    }
  }

  /** A row in which a phase has no voltage. */
  #lacks(round: Round, meter: number, at: number, values: Values, shown: ShownRanges, row: number): void {
    const none = NONE_BELOW * ratedOf(round.books.grid, meter)
    const dead = phasesBelow(values, row, none)
    let fed = 0
    for (const [phase, field] of CURRENTS.entries())
      if (Math.abs(shownBy(values, field, row)) > FLOWS_A) fed |= dead & (1 << phase)
    const lack = { dead, fed, isAll: shown.highest(row) < none, amperes: shown.current(row) }
    this.#metering.lacks(round, meter, at, { ...lack, kwh: shownBy(values, FIELD.importKwh, row) })
  }

  round(round: Round, closed: ClosedRound): void {
    this.#gone.round(round, closed)
    this.#doubts.round(round, closed)
    this.#backFeed.round(round, closed)
    this.#neutrals.round(round, closed)
  }

  tick(round: Round): void {
    this.#metering.tick(round)
    this.#doubts.tick(round)
    this.#neutrals.tick(round)
    this.#backFeed.tick(round)
    this.#fedBack.tick(round)
  }

  /** A terminal has spoken, of its own supply too perhaps. */
  terminal(round: Round, terminal: string): void {
    this.#floods.self(round, terminal)
  }

  hasWrongClock(meter: number): boolean {
    return this.#marks.has(meter, 'clock')
  }

  /** Whether it is known why a meter is not read, so that no communication was lost. */
  explains(meter: number): boolean {
    return (this.#marks.marks[meter] & (MARK['meter-removed'] | MARK.exchange | MARK.clock)) !== 0
  }

  save(writer: ByteWriter): void {
    const json = {
      version: this.#version,
      clocks: this.#clocks.save(),
      metering: this.#metering.save(),
      gone: this.#gone.save(),
      floods: this.#floods.save(),
      doubts: this.#doubts.save(),
      backFeed: this.#backFeed.save(),
      fedBack: this.#fedBack.save(),
      neutrals: this.#neutrals.save(),
      parallel: this.#parallel.save()
    }
    writer.text(JSON.stringify(json))
    this.#marks.save(writer)
  }

  load(reader: ByteReader): void {
    const json = JSON.parse(reader.text()) as Record<
      'clocks' | 'metering' | 'gone' | 'floods' | 'doubts' | 'backFeed' | 'fedBack' | 'neutrals' | 'parallel',
      object
    > & { version?: string }
    this.#version = json.version
    this.#clocks.load(json.clocks)
    this.#metering.load(json.metering)
    this.#gone.load(json.gone)
    this.#floods.load(json.floods)
    this.#doubts.load(json.doubts)
    this.#backFeed.load(json.backFeed)
    this.#fedBack.load(json.fedBack)
    this.#neutrals.load(json.neutrals)
    // Checkpoints of before know of none.
    this.#parallel.load(json.parallel ?? [])
    this.#marks.load(reader)
  }
}

/** Rated voltage of a meter's phase as it shows it, V. */
function ratedOf({ registry }: Books['grid'], meter: number): number {
  const known = registry.meters.ratedV[meter]
  return known > 0 ? known : USUAL_V
}

/** Whether a meter of a rated voltage measures the public low voltage without transformers. */
const isPublic = (rated: number, pt: number): boolean =>
  pt === 1 && rated >= PUBLIC_LEAST && rated <= PUBLIC_MOST
