import type { ReportedEvent, TerminalStatus } from '../../../src/model/events.ts'
import type { SessionRecord } from '../../../src/records/gateway-record.ts'
import { bindingAt } from '../../../src/registry/lookup/registry.ts'
import type { Books } from '../books.ts'
import type { Beginning } from './filled-points.ts'
import { figure } from '../likelihoods.ts'
import { momentByTerminal, momentOf, spanOf, timeOf } from './moments.ts'
import { CLAIM, TOO_HIGH } from './meter-book.ts'
import { criesWolf } from './terminal-book.ts'

/** Who is told that somebody claims to have lost his supply. */
export interface Claims {
  /**
   * @param holder incident that holds a meter, or held it last: its claim may be of it, whatever its clock says, or its supply went again
   * @returns the case that it belongs to
   */
  claim(
    area: number,
    time: number,
    holder: number,
    record?: { readonly start: number; readonly end: number }
  ): number
  /**
   * Somebody shows that it has no supply, and knows only between which times it lost it. @param holder as above
   * @returns the case that it belongs to, and when that began
   */
  between(area: number, beginning: Beginning, holder: number): { readonly id: number; readonly start: number }
  /** Whether a finding says that the clock of a meter is wrong. */
  hasWrongClock(meter: number): boolean
  /** Whether parts of an incident have supply again, so that others may have it too of which nothing was heard. */
  isPartlyBack(incident: number): boolean
  /** A meter has supply again that never said that it lost it. */
  risen(meter: number, at: number): void
  /** A terminal is on its backup, and nobody knows since when between two times. @returns the case that it belongs to */
  down(area: number, since: number, time: number): number
  /** Somebody in an area finds a voltage odd. @returns the case that it belongs to */
  odd(area: number, time: number): number
  /**
   * When that began of which a record tells by a clock that is off: the incident that held its meter last, or what its area knows of
   * and lasted as long. NaN when there is none.
   */
  momentOfRecord(
    incident: number,
    area: number,
    span: { readonly start: number; readonly end: number }
  ): number
}

const SELF = 'self'
/** A transformer is read by three terminals at most; fewer meters read none of its devices' terminals. */
const [SPEAKS_SHARE, SPEAKS_LEAST] = [0.3, 5]
const HOUR_MS = 3_600_000
/** Two times of one clock so near to each other are one. */
const SAME_MS = 1000
/** A time that there is none of lies before all others. */
const orNever = (time: number): number => (Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time)

/**
 * What events, status and sessions say, entered into the books. Claims of lost supply are passed on; everything else waits until
 * somebody asks.
 */
export class Intake {
  readonly #books: Books
  readonly #claims: Claims

  constructor(books: Books, claims: Claims) {
    this.#books = books
    this.#claims = claims
  }

  /** @param arrivedAt by our clock */
  event(terminalId: string, event: ReportedEvent, arrivedAt: number): void {
    if (event.isTest || event.origin === 'inferred') return
    if (event.about !== '')
      this.#books.others.event(terminalId, event, arrivedAt, device => this.#speaksOf(terminalId, device))
    for (const id of event.meters) {
      if (id === SELF) this.#ofTerminal(terminalId, event, arrivedAt)
      else this.#ofMeter(terminalId, id, event, arrivedAt)
    }
  }

  /**
   * Whether a terminal may speak of a device: it reads a good part of it, or hangs there and reads for many, or is a truck's own, which reads
   * nobody. The modem of one household may not.
   */
  #speaksOf(terminalId: string, device: string): boolean {
    const { grid } = this.#books
    const number = grid.terminalNumbers.get(terminalId)
    const area = grid.areaOf[grid.registry.network.numbers.get(device) ?? -1] ?? -1
    if (number === undefined || area < 0) return false
    const read = grid.metersRead.of(number)
    if (read.length === 0) return true
    const there = read.filter(meter => grid.areaOf[grid.placeOf[meter]] === area).length
    const isItsReader = there >= SPEAKS_SHARE * grid.metersIn.of(area).length
    return (
      isItsReader || (grid.areaOf[grid.terminals[number].poweredBy] === area && read.length >= SPEAKS_LEAST)
    )
  }

  /** @returns number of the meter when it is bound to the terminal that speaks for it */
  #meterOf(terminalId: string, id: string, at: number): number {
    const { registry } = this.#books.grid
    const meter = registry.meterNumbers.get(id)
    if (meter === undefined || meter >= registry.meters.count) return -1
    const row = bindingAt(registry.meters, meter, at)
    return registry.meters.terminal.get(row) === terminalId && this.#books.grid.placeOf[meter] >= 0
      ? meter
      : -1
  }

  #ofMeter(terminalId: string, id: string, event: ReportedEvent, arrivedAt: number): void {
    const meter = this.#meterOf(terminalId, id, arrivedAt)
    if (meter < 0) return
    switch (event.type) {
      case 'last-gasp':
      case 'power-down':
        this.#lose(meter, event, arrivedAt)
        return
      case 'power-up':
        this.#return(meter, event, arrivedAt)
        return
      case 'power-outage-record':
        this.#record(meter, event, arrivedAt)
        return
      case 'phase-open':
      case 'under-voltage':
      case 'over-voltage':
        this.#odd(meter, event, arrivedAt)
        return
      default:
        this.#speaks(meter, event, arrivedAt)
    }
  }

  #lose(meter: number, event: ReportedEvent, arrivedAt: number): void {
    const { meters } = this.#books
    const time = momentOf(event, arrivedAt)
    if (time === undefined) return
    // Proven to live since: the claim is old. By its own time too, unless its clock is known to be wrong: old gasps are sent again as new ones.
    const said = event.time < time && !this.#claims.hasWrongClock(meter) ? event.time : time
    if (meters.aliveAt(meter) > said + figure('clockTolerance')) return
    // The same word again, whenever it says that it was sent; or it is known to be without supply.
    if (Math.abs(event.time - meters.lostByClock[meter]) < SAME_MS) return
    const isDark = meters.lostAt[meter] > orNever(meters.aliveAt(meter)) - figure('clockTolerance')
    if (isDark && !(meters.backAt[meter] > meters.lostAt[meter]) && !this.#dies(meter, time)) return
    const isBundle = event.origin === 'collector' || event.origin === 'terminal'
    this.#claim(meter, time, isBundle ? CLAIM.collected : CLAIM.gasp, event.time)
  }

  /** Whether a meter that nobody heard of since it lost its supply had it again meanwhile: others of its incident had, and it gasps anew. */
  #dies(meter: number, time: number): boolean {
    const { meters } = this.#books
    const isLater = time - meters.lostAt[meter] > figure('momentarySustained')
    return isLater && this.#claims.isPartlyBack(meters.incident[meter])
  }

  #return(meter: number, event: ReportedEvent, arrivedAt: number): void {
    const { meters } = this.#books
    const lost = meters.lostAt[meter]
    const lasted = event.time - meters.lostByClock[meter]
    const isOpen = !Number.isNaN(lost) && !(meters.backAt[meter] >= lost)
    const time = momentOf(event, arrivedAt)
    if (time === undefined) return
    const at = isOpen && lasted >= 0 && lost + lasted <= arrivedAt ? lost + lasted : time
    if (isOpen && at >= lost) meters.backAt[meter] = at
    else if (!isOpen) this.#claims.risen(meter, at)
    meters.prove(meter, at)
    meters.heardAt[meter] = arrivedAt
  }

  #record(meter: number, event: ReportedEvent, arrivedAt: number): void {
    const { meters, grid } = this.#books
    // A gasp of the same loss says how far its clock is off.
    const ahead = meters.lostByClock[meter] - meters.lostAt[meter]
    const isOfIt = Math.abs(event.start - meters.lostByClock[meter]) < SAME_MS
    const span = spanOf(event, arrivedAt, isOfIt && !Number.isNaN(ahead) ? ahead : 0)
    if (span === undefined) return
    const isOld = arrivedAt - span.end > figure('recordFreshness')
    meters.heardAt[meter] = arrivedAt
    if (isOld) {
      meters.prove(meter, Math.min(span.end, arrivedAt))
      return
    }
    const area = grid.areaOf[grid.placeOf[meter]]
    const began = this.#claims.momentOfRecord(meters.lastIncident[meter], area, span)
    const off = Math.abs(span.start - began) <= figure('clockTrust') ? span.start - began : 0
    const moved = Math.abs(off) > figure('clockTolerance') ? off : 0
    // What it tells of is over: a clock that says otherwise is ahead by that much at least.
    const shift = Math.max(moved, span.end - arrivedAt)
    const record = { start: span.start - shift, end: span.end - shift }
    const isImpossible = this.#isImpossible(meter, record)
    meters.prove(meter, Math.min(span.end, arrivedAt))
    if (isImpossible) return
    meters.recordStart[meter] = record.start
    meters.recordEnd[meter] = record.end
    if (isOfIt) meters.backAt[meter] = Math.max(span.end, meters.lostAt[meter])
    meters.recordCase[meter] = this.#claims.claim(area, record.start, meters.incident[meter], record)
  }

  /** Whether a record is of a clock that was wrong when the loss began: it was proven to live meanwhile, or nothing lasts so long. */
  #isImpossible(meter: number, { start, end }: { start: number; end: number }): boolean {
    const trust = figure('clockTrust')
    const lived = this.#books.meters.wasAlive(meter, start + trust, end - trust)
    return lived || end - start > figure('recordLongest')
  }

  /** A live reading without voltage, current and power, of a meter that has a supply of its own: its feed went after the last proof of it. */
  zero(meter: number, at: number): void {
    const { meters, grid } = this.#books
    const aliveAt = meters.aliveAt(meter)
    if (aliveAt >= at || grid.placeOf[meter] < 0 || meters.incident[meter] >= 0) return
    const isDark = meters.lostAt[meter] > orNever(aliveAt) && !(meters.backAt[meter] > meters.lostAt[meter])
    if (isDark) {
      // It gasped, and now it shows it.
      if (meters.lostBy[meter] !== CLAIM.zero)
        this.#claim(meter, meters.lostAt[meter], CLAIM.zero, meters.lostByClock[meter])
      return
    }
    // A feed that nobody saw live, such as one that is switched off normally, lost nothing.
    if (Number.isNaN(aliveAt)) return
    const area = grid.areaOf[grid.placeOf[meter]]
    const beginning = { since: Math.max(aliveAt, at - figure('freshness')), until: at }
    const found = this.#claims.between(area, beginning, meters.lastIncident[meter])
    meters.lose(meter, found.start, CLAIM.zero)
    meters.lostCase[meter] = found.id
  }

  #claim(meter: number, time: number, by: number, byClock: number): void {
    const { meters, grid } = this.#books
    meters.lose(meter, time, by, byClock)
    const area = grid.areaOf[grid.placeOf[meter]]
    const holder = meters.incident[meter] >= 0 ? meters.incident[meter] : meters.lastIncident[meter]
    meters.lostCase[meter] = this.#claims.claim(area, time, holder)
  }

  /** A phase is gone or low, or too high, and the meter lives on. */
  #odd(meter: number, event: ReportedEvent, arrivedAt: number): void {
    const { meters, grid } = this.#books
    const time = momentOf(event, arrivedAt)
    if (time === undefined || (event.origin !== 'meter' && event.origin !== 'module')) return
    meters.prove(meter, time)
    if (meters.goodAt[meter] > time + figure('clockTolerance')) return
    const phases = event.phases === 0 ? grid.phases[meter] : event.phases
    meters.oddPhases[meter] = event.type === 'over-voltage' ? TOO_HIGH : phases
    meters.oddCase[meter] = this.#claims.odd(grid.areaOf[grid.placeOf[meter]], time)
  }

  /** Any other event of its own proves that it had supply. */
  #speaks(meter: number, event: ReportedEvent, arrivedAt: number): void {
    if (event.origin !== 'meter' && event.origin !== 'module') return
    const time = momentOf(event, arrivedAt)
    if (time !== undefined) this.#books.meters.prove(meter, time)
  }

  #ofTerminal(id: string, event: ReportedEvent, arrivedAt: number): void {
    const isDown = event.type === 'power-down' || event.type === 'last-gasp'
    const time = momentByTerminal(event, arrivedAt)
    if (time === undefined) return
    const { downAt, linkedAt } = this.#books.terminals.of(id)
    // Who says in another session once more when his supply went had it in between, and could not tell so.
    const hadIt =
      event.type === 'power-down' && linkedAt > downAt && time > downAt + figure('momentTolerance')
    if (hadIt) this.#mains(id, time - SAME_MS)
    if (isDown) this.#down(id, time, true)
    else if (event.type === 'power-up') this.#mains(id, time)
  }

  status(id: string, status: TerminalStatus, arrivedAt: number): void {
    if (status.state !== 'online') return
    const state = this.#books.terminals.of(id)
    const time = timeOf(status.time, arrivedAt)
    if (arrivedAt - time > figure('freshness')) return
    if (status.supply === 'battery') {
      state.batteryAt = time
      this.#down(id, time, false)
    }
    const hasRestarted = status.bootCount > state.boots
    if (!Number.isNaN(status.bootCount)) state.boots = status.bootCount
    // It was without supply, or it was started again: it is back from something either way. On its backup it was so before, nobody knows when.
    if (hasRestarted && status.supply !== 'battery') state.backAt = time
    if (status.supply === 'mains') this.#mains(id, time)
  }

  /** @param isExact it says when its supply went; otherwise it is only known to be gone by then */
  #down(id: string, time: number, isExact: boolean): void {
    const { terminals, grid } = this.#books
    const state = terminals.of(id)
    const mainsAt = orNever(state.mainsAt)
    if (mainsAt > time) return
    const isKnown = state.downAt > mainsAt
    if (isKnown && !(isExact && !state.isDownExact)) return
    if (!isKnown) state.downs = time - state.downAt < HOUR_MS ? state.downs + 1 : 1
    state.downAt = time
    state.isDownExact = isExact
    state.downCase = Number.NaN
    if (criesWolf(state)) return
    const terminal = grid.terminals[grid.terminalNumbers.get(id) ?? -1]
    if (terminal === undefined || terminal.poweredBy < 0) return
    const area = grid.areaOf[terminal.poweredBy]
    // With its link whole a terminal says at once what changes.
    const wasAway = state.linkedAt > mainsAt
    state.downCase =
      isExact || !wasAway ? this.#claims.claim(area, time, -1) : this.#claims.down(area, mainsAt, time)
  }

  #mains(id: string, time: number): void {
    const state = this.#books.terminals.of(id)
    if (state.downAt > state.backAt || (!Number.isNaN(state.downAt) && Number.isNaN(state.backAt)))
      if (time > state.downAt) state.backAt = time
    if (!(state.mainsAt > time)) state.mainsAt = time
  }

  /** @returns whether the session that ended was the last one, and not by our own doing */
  session(
    { terminal, state: what, generation, cause }: SessionRecord,
    now: number
  ): 'began' | 'lost' | 'closed' | undefined {
    const state = this.#books.terminals.of(terminal)
    if (what === 'connected') {
      state.isLinked = true
      state.generation = generation
      state.linkedAt = now
      return 'began'
    }
    if (generation < state.generation || cause === 'takeover' || state.isLinked !== true) return undefined
    state.isLinked = cause === 'shutdown' ? undefined : false
    if (cause === 'shutdown') return 'closed'
    state.unlinkedAt = now
    return 'lost'
  }
}
