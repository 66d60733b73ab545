import type { Books } from '../books.ts'
import { CLAIM, type MeterBook } from '../evidence/meter-book.ts'
import { NOTICED_HEARTBEATS, type TerminalState } from '../evidence/terminal-book.ts'
import type { GridTerminal } from '../grid/present-grid.ts'
import { figure } from '../likelihoods.ts'

// Looked up once: they are asked for with every meter.
const [CLOCK_TOLERANCE, MOMENT_TOLERANCE, FALSE_WORD, WRONG_POWERED_BY, WORD_MISSING, LN_WRONG_RECORD] = [
  figure('clockTolerance'),
  figure('momentTolerance'),
  figure('falseWord'),
  figure('wrongPoweredBy'),
  figure('wordMissing'),
  Math.log(figure('wrongRecord'))
]

/** One moment at which something failed, as far as meters are asked about it. */
export interface Moment {
  /** Number of the case. */
  readonly id: number
  readonly start: number
  /** Whether somebody told of a voltage that is odd, so that single phases are asked about. */
  readonly hasOdd: boolean
  /** Whether only records tell of it, by the clocks of meters. */
  readonly isPast: boolean
  /** When the first of them had supply again; NaN while nobody has. */
  readonly backAt: number
  /** Incidents of this moment: meters that another one holds without supply have no say. */
  readonly incidents: ReadonlySet<number>
}

/** What meters say of a moment, all of one place or area together. */
export interface Tally {
  /** Who could have lost supply just then: all but those held by others and those proven to live. */
  n: number
  gasps: number
  collected: number
  /** Meters with a supply of their own that show no voltage and no current. */
  zeros: number
  records: number
  /** Of these: points that a meter filled with zeros for a time without supply. */
  filled: number
  /** And who only said afterwards that it is back. */
  risen: number
  live: number
  /** Of these: who tells of a low or missing phase. */
  odd: number
  /** Sum of ln of the chances that records of the living are wrong. */
  doubt: number
  /** Of those who are silent since: how many, and -ln of how likely that is by chance. */
  silent: number
  silentWeight: number
  /** Of those who could have lost supply: who did not answer when asked. */
  unanswered: number
  /** ln of how much likelier what terminals that hang here say of their own supply is, were it gone. */
  words: number
}

export interface AreaTally {
  readonly area: number
  readonly all: Tally
  /** By the device that meters hang on. */
  readonly places: ReadonlyMap<number, Tally>
  readonly claimed: readonly number[]
  /** The terminal that reads most of its meters; undefined for none. */
  readonly reader: GridTerminal | undefined
  readonly told: { readonly down: number; readonly mains: number; readonly unlinked: number }
}

export const noTally = (): Tally => ({
  n: 0,
  gasps: 0,
  collected: 0,
  zeros: 0,
  records: 0,
  filled: 0,
  risen: 0,
  live: 0,
  odd: 0,
  doubt: 0,
  silent: 0,
  silentWeight: 0,
  unanswered: 0,
  words: 0
})

/** A terminal's supply is noticed to be gone within so long. */
const WORD_MS = 10_000
/** ln of how much a lost session, or one that goes on, says of a terminal without backup. */
const LINK_WEIGHT = 4

/** Asks all meters and terminals of an area about a moment. @param now log time */
export function tallyArea(
  { grid, meters, terminals }: Books,
  area: number,
  moment: Moment,
  now: number
): AreaTally {
  const all = noTally()
  const places = new Map<number, Tally>()
  const claimed: number[] = []
  const readers = new Map<number, number>()
  for (const meter of grid.metersIn.of(area)) {
    const holder = meters.incident[meter]
    if (holder >= 0 && !moment.incidents.has(holder)) continue
    const place = grid.placeOf[meter]
    const own = tallyAt(places, place)
    const reader = grid.terminalOf[meter]
    if (reader >= 0) readers.set(reader, (readers.get(reader) ?? 0) + 1)
    if (ask(meters, meter, moment, now, own)) claimed.push(meter)
  }
  const [reader = -1] = [...readers].reduce((best, each) => (each[1] > best[1] ? each : best), [-1, 0])
  const told = { down: 0, mains: 0, unlinked: 0 }
  for (const number of grid.terminalsAt.of(area)) {
    const terminal = grid.terminals[number]
    const own = tallyAt(places, terminal.poweredBy)
    own.words += wordOf(terminal, terminals.of(terminal.id), moment, now, told)
  }
  for (const own of places.values()) addTally(all, own)
  return { area, all, places, claimed, reader: grid.terminals[reader], told }
}

function tallyAt(places: Map<number, Tally>, place: number): Tally {
  let own = places.get(place)
  if (own === undefined) {
    own = noTally()
    places.set(place, own)
  }
  return own
}

/** Adds what one meter says. @returns whether it claims to have lost its supply then */
function ask(meters: MeterBook, meter: number, moment: Moment, now: number, into: Tally): boolean {
  const claim = claimIn(meters, meter, moment.id)
  const isRecorded = meters.recordCase[meter] === moment.id
  const isLiving = meters.oddCase[meter] === moment.id || meters.wasAlive(meter, ...livingSpan(moment, now))
  if (claim === CLAIM.none && !isRecorded && isLiving) {
    into.live++
    if (meters.oddCase[meter] === moment.id) into.odd++
    into.doubt += LN_WRONG_RECORD
    return false
  }
  return addClaims(meters, meter, moment, claim, isRecorded, into)
}

/** What a single meter says that claims to have lost its supply. */
export function tallyMeter(meters: MeterBook, meter: number, moment: Moment): Tally {
  const own = noTally()
  const isRecorded = meters.recordCase[meter] === moment.id
  addClaims(meters, meter, moment, claimIn(meters, meter, moment.id), isRecorded, own)
  return own
}

/**
 * When proofs of life speak against a loss at a moment: after it, and before the first of those who lost their supply had it again.
 * Clocks of meters are off both times.
 */
export const livingSpan = (
  { start, backAt }: Pick<Moment, 'start' | 'backAt'>,
  now: number
): [from: number, to: number] => [
  start + CLOCK_TOLERANCE,
  Number.isNaN(backAt) ? now + 1 : backAt - MOMENT_TOLERANCE
]

/**
 * When silence speaks for a loss. Who is missed in the very round in which the first others are back is dark still; but where records alone say
 * when that was, the others need not have been dark in a round so near to it, and who was missed says nothing.
 */
function silentSpan(moment: Moment): readonly [from: number, to: number] {
  const [from, to] = livingSpan(moment, Number.POSITIVE_INFINITY)
  if (moment.isPast) return [from, to]
  return [moment.start, Number.isNaN(moment.backAt) ? Number.POSITIVE_INFINITY : moment.backAt]
}

/** When a meter that claims so lost its supply in a case: by its gasp, else by its record; NaN where it only shows that it had none. */
export function lossIn(meters: MeterBook, meter: number, id: number): number {
  const claim = claimIn(meters, meter, id)
  if (claim !== CLAIM.none && !isShownLater(claim)) return meters.lostAt[meter]
  return meters.recordCase[meter] === id ? meters.recordStart[meter] : Number.NaN
}

/** Whether a meter proves by itself that it lost its supply in a case: by its record, or a feed that shows no voltage. */
export const isProvenIn = (meters: MeterBook, meter: number, id: number): boolean =>
  meters.recordCase[meter] === id || claimIn(meters, meter, id) === CLAIM.zero

const claimIn = (meters: MeterBook, meter: number, id: number): number =>
  meters.lostCase[meter] === id ? meters.lostBy[meter] : CLAIM.none

/** Whether a claim only shows afterwards that supply was gone, not when. */
const isShownLater = (claim: number): boolean => claim === CLAIM.filled || claim === CLAIM.risen

/** Whether all that a meter says of a case is shown afterwards: one that is recorded elsewhere does so too. */
export const isShownOnly = (meters: MeterBook, meter: number, id: number): boolean =>
  meters.recordCase[meter] !== id && isShownLater(claimIn(meters, meter, id))

function addClaims(
  meters: MeterBook,
  meter: number,
  moment: Moment,
  claim: number,
  isRecorded: boolean,
  into: Tally
): boolean {
  into.n++
  if (claim === CLAIM.gasp) into.gasps++
  else if (claim === CLAIM.collected) into.collected++
  else if (claim === CLAIM.zero) into.zeros++
  if (isRecorded || isShownLater(claim)) into.records++
  if (!isRecorded && claim === CLAIM.filled) into.filled++
  if (!isRecorded && claim === CLAIM.risen) into.risen++
  // Most are not silent: nothing more is looked at of them.
  if (meters.missed[meter] > 0 || meters.unansweredAt[meter] > moment.start)
    addSilence(meters, meter, moment, into)
  return claim !== CLAIM.none || isRecorded
}

function addSilence(meters: MeterBook, meter: number, moment: Moment, into: Tally): void {
  const [from, to] = silentSpan(moment)
  const since = meters.missedSince[meter]
  if (meters.missed[meter] > 0 && since > from && since <= to) {
    into.silent++
    into.silentWeight += meters.missedWeight[meter]
  }
  const asked = meters.unansweredAt[meter]
  if (asked > from && asked <= to && !(meters.aliveAt(meter) >= asked)) into.unanswered++
}

/** What a terminal says of its own supply, as ln of how much likelier that is without it. */
function wordOf(
  { backup, heartbeatMs }: GridTerminal,
  state: TerminalState,
  { id, start }: Moment,
  now: number,
  told: { down: number; mains: number; unlinked: number }
): number {
  const clock = CLOCK_TOLERANCE
  if (state.downCase === id) {
    told.down++
    return -Math.log(FALSE_WORD)
  }
  // Who was proven to have supply since, and did not come back from somewhere, had it all the time.
  if (state.mainsAt > start + clock && !(state.backAt > start)) {
    told.mains++
    return Math.log(WRONG_POWERED_BY)
  }
  // Asked about afterwards it may be there again.
  const hasReturned = state.unlinkedAt > start && state.linkedAt > state.unlinkedAt
  if (state.isLinked === undefined || !(state.linkedAt < start || hasReturned)) return 0
  if (backup === 'supercap' || backup === 'battery') return now > start + WORD_MS ? Math.log(WORD_MISSING) : 0
  const latest = NOTICED_HEARTBEATS * heartbeatMs + WORD_MS
  if (state.unlinkedAt > start && state.unlinkedAt < start + latest) {
    told.unlinked++
    return LINK_WEIGHT
  }
  return state.isLinked && now > start + latest ? -LINK_WEIGHT : 0
}

export function addTally(into: Tally, own: Tally): void {
  into.n += own.n
  into.gasps += own.gasps
  into.collected += own.collected
  into.zeros += own.zeros
  into.records += own.records
  into.filled += own.filled
  into.risen += own.risen
  into.live += own.live
  into.odd += own.odd
  into.doubt += own.doubt
  into.silent += own.silent
  into.silentWeight += own.silentWeight
  into.unanswered += own.unanswered
  into.words += own.words
}
