import type { DecodedFrame } from '../../../src/codecs/decoded-frame.ts'
import { FIELD } from '../../../src/model/fields.ts'
import type { ReportedEvent } from '../../../src/model/events.ts'
import type { ClosedRound } from '../evidence/rounds.ts'
import { figure } from '../likelihoods.ts'
import type { MeterMarks } from './meter-marks.ts'
import { clockText, type Round, type Teller } from './teller.ts'

/** A meter that a terminal reads and the registry does not know. */
interface Stranger {
  readonly id: string
  /** Data time of its first reading. */
  readonly firstAt: number
  /** Rounds in which it was heard, and when the latest was collected. */
  rounds: number
  roundAt: number
  /** One or three voltages: an exchange keeps the wiring. */
  elements: number
  /** Whether it has been said for whom it stands. */
  isSettled: boolean
}

/** Rounds in a row that one has to be missed and the other heard. */
const LEAST_ROUNDS = 3
/** More strangers at once are another network, or a wrong registry. */
const [MOST_OF_TERMINAL, MOST_TERMINALS] = [16, 2000]
const MOST_OPENED = 10_000

/**
 * Meters that are there no more though supply is: taken away (`meter-removed`: its cover was opened, and then nothing), or exchanged
 * (`exchange`: a meter nobody knows is read by the terminal that reads the old one no more). Silence alone is neither of them.
 */
export class Gone {
  readonly #marks: MeterMarks
  readonly #teller: Teller
  /** When a meter's cover was opened, by number. */
  readonly #opened = new Map<number, number>()
  readonly #strangers = new Map<string, Stranger[]>()

  constructor(marks: MeterMarks, teller: Teller) {
    this.#marks = marks
    this.#teller = teller
  }

  /** @param time when it happened, by our clock */
  event(meter: number, { type }: ReportedEvent, time: number): void {
    if (type !== 'cover-open' && type !== 'terminal-cover-open') return
    if (this.#opened.size < MOST_OPENED) this.#opened.set(meter, time)
  }

  /** Rows of meters that the registry does not know. Called for frames of which rows were not accepted. */
  frame({ books }: Round, terminal: string, decoded: DecodedFrame): void {
    const { registry } = books.grid
    if (!books.grid.terminalNumbers.has(terminal)) return
    for (let row = 0; row < decoded.rows; row++) {
      const id = decoded.meter[row]
      if (id !== 'self' && registry.meterNumbers.get(id) === undefined) this.#meet(terminal, id, row, decoded)
    }
  }

  #meet(terminal: string, id: string, row: number, decoded: DecodedFrame): void {
    let strangers = this.#strangers.get(terminal)
    if (strangers === undefined) {
      if (this.#strangers.size >= MOST_TERMINALS) return
      strangers = []
      this.#strangers.set(terminal, strangers)
    }
    const roundAt = Number.isNaN(decoded.collectedAt) ? decoded.time[row] : decoded.collectedAt
    let stranger = strangers.find(each => each.id === id)
    if (stranger === undefined) {
      if (strangers.length >= MOST_OF_TERMINAL) return
      stranger = {
        id,
        firstAt: decoded.time[row],
        rounds: 0,
        roundAt: Number.NaN,
        elements: 0,
        isSettled: false
      }
      strangers.push(stranger)
    }
    if (!(roundAt <= stranger.roundAt)) {
      stranger.rounds++
      stranger.roundAt = roundAt
    }
    const has = (field: number): number => (Number.isNaN(decoded.value(row, field)) ? 0 : 1)
    stranger.elements = Math.max(
      stranger.elements,
      has(FIELD.voltageVA) + has(FIELD.voltageVB) + has(FIELD.voltageVC)
    )
  }

  /** Who was missed in a round of a terminal that reads others. */
  round(round: Round, closed: ClosedRound): void {
    this.#back(round, closed)
    if (this.#opened.size > 0) this.#removed(round, closed)
    const strangers = this.#strangers.get(round.books.grid.terminals[closed.terminal].id)
    for (const stranger of strangers ?? [])
      if (!stranger.isSettled && stranger.rounds >= LEAST_ROUNDS) this.#exchanged(round, closed, stranger)
  }

  /** Who is read again has not gone. */
  #back({ books: { grid, meters } }: Round, { terminal }: ClosedRound): void {
    const { marks } = this.#marks
    for (const meter of grid.metersRead.of(terminal)) {
      if (marks[meter] === 0 || meters.missed[meter] > 0) continue
      this.#marks.clear(meter, 'meter-removed')
      this.#marks.clear(meter, 'exchange')
    }
  }

  #removed(round: Round, { terminal, missed, asked }: ClosedRound): void {
    const { grid, meters } = round.books
    for (const [meter, openedAt] of this.#opened) {
      if (grid.terminalOf[meter] !== terminal) continue
      const aliveAt = meters.aliveAt(meter)
      if (aliveAt > openedAt + figure('clockTrust')) this.#opened.delete(meter)
      if (aliveAt > openedAt + figure('clockTolerance') || meters.missed[meter] < LEAST_ROUNDS) continue
      const place = grid.placeOf[meter]
      const isAlone = (asked.get(place) ?? 0) < 2
      const among = isAlone ? [...asked.values()].reduce((sum, count) => sum + count, 0) : asked.get(place)
      const lost = isAlone ? [...missed.values()].flat().length : missed.get(place)?.length
      const [others, gone] = [(among ?? 0) - 1, (lost ?? 0) - 1]
      // Where its neighbours are missed too something else is the matter.
      if (meters.incident[meter] >= 0 || others < 1 || gone * 2 > others) continue
      this.#opened.delete(meter)
      this.#teller.sayOfMeter(
        round,
        'meter-removed',
        meter,
        `A cover of it was opened at ${clockText(openedAt)}, and it was missed in the ${meters.missed[meter]} rounds since, while ${others - gone} of ${others} others ${isAlone ? 'of its terminal' : 'of its box'} were read.`
      )
    }
  }

  #exchanged(round: Round, { terminal }: ClosedRound, stranger: Stranger): void {
    const { grid, meters } = round.books
    const candidates = [...grid.metersRead.of(terminal)].filter(meter => this.#fits(round, meter, stranger))
    if (candidates.length !== 1) return
    const [meter] = candidates
    stranger.isSettled = true
    this.#teller.sayOfMeter(
      round,
      'exchange',
      meter,
      `Meter ${stranger.id}, which the registry does not know, is read since ${clockText(stranger.firstAt)} by ${grid.terminals[terminal].id}, which has missed this one in the ${meters.missed[meter]} rounds since ${clockText(meters.aliveAt(meter))}.`
    )
  }

  #fits({ books: { grid, meters } }: Round, meter: number, { firstAt, elements }: Stranger): boolean {
    const aliveAt = meters.aliveAt(meter)
    if (meters.missed[meter] < LEAST_ROUNDS || meters.incident[meter] >= 0) return false
    if (!(aliveAt <= firstAt) || firstAt - aliveAt > figure('exchangeWithin')) return false
    const isExplained = (['meter-removed', 'exchange', 'clock'] as const).some(kind =>
      this.#marks.has(meter, kind)
    )
    if (isExplained || this.#opened.has(meter)) return false
    const wiring = grid.registry.meters.wiring.get(meter)
    return elements === 0 || wiring === '' || (wiring === '1p2w') === (elements === 1)
  }

  /** Under another registry those are strangers no more whom it names. */
  forgetKnown(knows: (id: string) => boolean): void {
    for (const [terminal, strangers] of this.#strangers) {
      const left = strangers.filter(({ id }) => !knows(id))
      if (left.length === 0) this.#strangers.delete(terminal)
      else this.#strangers.set(terminal, left)
    }
  }

  save(): object {
    return { opened: [...this.#opened], strangers: [...this.#strangers] }
  }

  load(saved: object): void {
    const { opened, strangers } = saved as {
      opened: [number, number][]
      strangers: [string, (Omit<Stranger, 'roundAt'> & { roundAt: number | null })[]][]
    }
    this.#opened.clear()
    for (const [meter, at] of opened) this.#opened.set(meter, at)
    this.#strangers.clear()
    for (const [terminal, list] of strangers)
      this.#strangers.set(
        terminal,
        list.map(each => ({ ...each, roundAt: each.roundAt ?? Number.NaN }))
      )
  }
}
