import { DecodedFrame } from '../../src/codecs/decoded-frame.ts'
import { decodeQuarantinedReading } from '../../src/codecs/quarantined-reading.ts'
import { emptyAudit, type ReadingCounters } from '../../src/model/audit.ts'
import { REGISTER_COUNT } from '../../src/model/fields.ts'
import type { HistoryAnswer } from '../../src/model/history.ts'
import { REASON } from '../../src/model/quality.ts'
import type { SettingsRecord } from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import type { AuditBook } from '../audit-book.ts'
import type { StepOutput } from '../output.ts'
import { type FrameOrigin, markOf, type Replayed } from '../stage.ts'
import { type Candidate, emptyCandidate, fillCandidate } from './candidate.ts'
import { Exchanges } from './exchange/exchanges.ts'
import type { UnboundReading } from './exchange/unknown-meters.ts'
import { Identification, type Identity } from './identity.ts'
import { MeterBindings } from './intervals/bindings.ts'
import { stateChangedEnds } from './intervals/changed-ends.ts'
import { SteadyWay } from './intervals/steady.ts'
import { stateReading } from './intervals/window-intervals.ts'
import { resolveRound } from './late/late-rules.ts'
import { JudgedRows } from './judged-rows.ts'
import { type MeterRules, MeterRulesBook } from './meter-rules.ts'
import { setAside } from './set-aside.ts'
import type { ValidationState } from './validation-state.ts'
import { enter, pointOf } from './window/window-points.ts'

const encoder = new TextEncoder()

/** What becomes of a reading. */
type Outcome = Exclude<keyof ReadingCounters, 'decoded'>
/** The same of one whose meter is known. */
type Accepted = Exclude<Outcome, 'quarantined' | 'unbound'>

const NO_REGISTRY = 'a reading was accepted without a registry'
const EMPTY = new Float64Array(0)
const NO_READINGS: Readonly<ReadingCounters> = emptyAudit().readings

/**
 * The validation core: identity, time window, duplicate or correction, register arithmetic, plausibility.
 *
 *   reading ─> identify ─> seen before? ─> judge values ─> readings, intervals
 *                 │             │ the window cannot tell, or not what came before: held, the store is asked
 *                 │             └ duplicate, correction (next version)
 *                 └ quarantine; where its meter may have come by an exchange: unbound, until an import names it
 *
 * Pure: the same readings in the same order give the same output; time comes with the frame.
 */
export class Validation {
  readonly #state: ValidationState
  readonly #audit: AuditBook
  readonly #candidate = emptyCandidate()
  readonly #rows = new JudgedRows()
  readonly #steady: Pick<SteadyWay, 'take'>
  /** What waited, decoded again one by one. */
  readonly #unbound = new DecodedFrame()
  #registry: Registry | undefined
  #identification: Identification | undefined
  #settings: SettingsRecord
  #rules: MeterRulesBook | undefined
  #exchanges: Exchanges | undefined

  /** @param steady the short way; a test takes it away to see that nothing changes */
  constructor(
    state: ValidationState,
    audit: AuditBook,
    settings: SettingsRecord,
    steady: Pick<SteadyWay, 'take'> = new SteadyWay()
  ) {
    this.#steady = steady
    this.#state = state
    this.#audit = audit
    this.#settings = settings
  }

  get settings(): SettingsRecord {
    return this.#settings
  }

  /** What waited for this registry is judged under it, as late data. @param now log time */
  setRegistry(registry: Registry, now: number, out: StepOutput): void {
    const [before, rulesBefore] = [this.#registry, this.#rules]
    this.#registry = registry
    const rules = this.#apply(registry)
    if (before !== undefined && rulesBefore !== undefined && before.hash !== registry.hash) {
      const was = { meters: before.meters, rules: rulesBefore }
      stateChangedEnds(this.#state, was, { meters: registry.meters, rules }, now, out)
    }
    for (const reading of this.#exchanges?.release() ?? []) {
      const { origin, index, text } = reading
      const { log, seq } = origin
      // It was read before, but a time of 1970 is refused as a number: it may be taken for seconds.
      if (decodeQuarantinedReading(encoder.encode(text), index, this.#unbound) !== undefined)
        this.#setAside([reading], now, out)
      else this.#judgeAgain(origin, this.#unbound, { log, seq, index, by: '' }, 'unbound', now, out)
    }
  }

  /** Sets aside what has waited too long for its meter. @param now log time */
  sweep(now: number, out: StepOutput): void {
    if (!this.#state.unknown.isEmpty) this.#setAside(this.#exchanges?.sweep(now) ?? [], now, out)
  }

  #setAside(readings: readonly UnboundReading[], now: number, out: StepOutput): void {
    for (const { origin, index } of readings) {
      const { log, seq, terminal } = origin
      this.#audit.readings(terminal, { ...NO_READINGS, unbound: -1, quarantined: 1 })
      out.marks.push(markOf({ log, seq, index, by: '' }, now, 'quarantined', 'UNKNOWN_METER'))
    }
  }

  setSettings(settings: SettingsRecord): void {
    this.#settings = settings
    if (this.#registry !== undefined) this.#apply(this.#registry)
  }

  /**
   * Takes the readings of a decoded frame.
   * @param liveAt log time of a frame that has just come; undefined when it is judged again
   */
  takeFrame(origin: FrameOrigin, frame: DecodedFrame, out: StepOutput, liveAt?: number): void {
    const terminal = this.#identification?.terminal(origin.terminal) ?? origin.terminal
    const counts = { ...NO_READINGS, decoded: frame.found }
    for (const { index, code, meter, text } of frame.refused) setAside(origin, index, code, meter, text, out)
    counts.quarantined += frame.refused.length
    for (let row = 0; row < frame.rows; row++) {
      const outcome = this.#takeRow(origin, terminal, frame, row, out, liveAt)
      // Named, because nearly all are: a name made at run time costs more than all the rest of the line.
      if (outcome === 'stored') counts.stored++
      else counts[outcome]++
    }
    this.#audit.readings(terminal, counts)
    if (liveAt === undefined || this.#state.unknown.isEmpty) return
    this.#setAside(this.#exchanges?.judge(terminal, liveAt) ?? [], liveAt, out)
  }

  /** Judges a reading of the quarantine again. @param now log time */
  takeReplayed(
    origin: FrameOrigin,
    frame: DecodedFrame,
    replayed: Replayed,
    now: number,
    out: StepOutput
  ): void {
    this.#judgeAgain(origin, frame, replayed, 'quarantined', now, out)
  }

  /** The reading was counted when it arrived: only what it is counted as changes. @param was counted so until now */
  #judgeAgain(
    origin: FrameOrigin,
    frame: DecodedFrame,
    replayed: Replayed,
    was: 'quarantined' | 'unbound',
    now: number,
    out: StepOutput
  ): void {
    const terminal = this.#identification?.terminal(origin.terminal) ?? origin.terminal
    const identity = this.#identify(origin, terminal, frame, 0)
    const counts = { ...NO_READINGS }
    counts[was]--
    if (typeof identity === 'number') {
      const candidate = this.#fill(identity, frame, 0, origin.at, terminal)
      candidate.replayed = replayed
      const outcome = this.#accept(candidate, out)
      counts[outcome]++
      out.marks.push(markOf(replayed, now, outcome))
    } else {
      counts.quarantined++
      out.marks.push(markOf(replayed, now, 'quarantined', identity))
    }
    this.#audit.readings(terminal, counts)
  }

  /** Takes an answer about a held reading; a round that it completes is judged. */
  takeAnswer(id: number, answer: HistoryAnswer, at: number, logAt: number, out: StepOutput): void {
    const round = this.#state.late.answer(id, answer)
    if (round === undefined || this.#rules === undefined) return
    for (const { candidate, outcome, version, registers } of resolveRound(
      round,
      this.#bindingsOf(answer.meter),
      this.#state,
      at,
      out
    )) {
      if (outcome !== 'duplicates')
        this.#rows.add(candidate, version, registers, this.#rulesOf(candidate), out)
      const counts = { ...NO_READINGS, held: -1 }
      counts[outcome]++
      this.#audit.readings(candidate.terminal, counts)
      if (candidate.replayed !== undefined) out.marks.push(markOf(candidate.replayed, logAt, outcome))
    }
    out.requests.push(...this.#state.late.nextRound(answer.meter))
  }

  #apply(registry: Registry): MeterRulesBook {
    const rules = new MeterRulesBook(registry, this.#settings)
    this.#rules = rules
    this.#identification = new Identification(registry, this.#settings)
    const { unknown, window } = this.#state
    this.#exchanges = new Exchanges(registry, this.#settings, unknown, window)
    return rules
  }

  #takeRow(
    origin: FrameOrigin,
    terminal: string,
    frame: DecodedFrame,
    row: number,
    out: StepOutput,
    liveAt: number | undefined
  ): Outcome {
    const id = frame.meter[row] ?? ''
    const identity = this.#identify(origin, terminal, frame, row)
    if (typeof identity === 'number') {
      return this.#accept(this.#fill(identity, frame, row, origin.at, terminal), out)
    }
    const index = frame.index[row] ?? -1
    const text = frame.describe(row)
    setAside(origin, index, identity, id, text, out)
    if (liveAt === undefined || identity !== 'UNKNOWN_METER') return 'quarantined'
    const time = frame.time[row] ?? Number.NaN
    if (this.#exchanges?.hold(id, { origin, index, time, heldAt: liveAt, text }) !== true)
      return 'quarantined'
    const { log, seq } = origin
    out.marks.push(markOf({ log, seq, index, by: '' }, liveAt, 'unbound', identity))
    return 'unbound'
  }

  #identify(origin: FrameOrigin, terminal: string, frame: DecodedFrame, row: number): Identity {
    if (this.#identification === undefined) return 'UNKNOWN_METER'
    const time = frame.time[row] ?? Number.NaN
    const id = frame.meter[row] ?? ''
    return this.#identification.identify(terminal, id, frame.place[row] ?? -1, time, origin.at)
  }

  #accept(candidate: Candidate, out: StepOutput): Accepted {
    const { window, late } = this.#state
    const { meter, time, kind, hash } = candidate
    const rules = this.#rulesOf(candidate)
    const steady = this.#isInsideBinding(candidate)
      ? this.#steady.take(this.#state, candidate.primary ? rules.primary : rules.register, candidate, out)
      : undefined
    if (steady !== undefined) {
      this.#rows.add(candidate, 1, steady, rules, out)
      return 'stored'
    }
    const heldUntil = late.heldUntil(meter)
    // What waits may be this reading, or come between it and what the window shows before it.
    if (time <= heldUntil) return this.#hold(candidate, out)
    const position = window.find(meter, time, kind)
    if (position >= 0 && window.hash(meter, position) === hash) return 'duplicates'
    const knownAfter = Math.max(heldUntil, window.knownAfter(meter))
    if (position < 0 && time <= knownAfter) return this.#hold(candidate, out)
    if (!this.#knowsBefore(candidate, position, knownAfter)) return this.#hold(candidate, out)
    this.#store(candidate, position, out)
    return position < 0 ? 'stored' : 'corrections'
  }

  /** Whether nothing ends or begins between the meter's last reading and what may come after this one. */
  #isInsideBinding({ meter }: Candidate): boolean {
    const { window } = this.#state
    const { installedAt = EMPTY, removedAt = EMPTY } = this.#registry?.meters ?? {}
    if (removedAt[meter] !== Infinity) return false
    const begun = installedAt[meter] ?? -Infinity
    return begun === -Infinity || window.time(meter, window.count(meter) - 1) >= begun
  }

  #hold(candidate: Candidate, out: StepOutput): 'held' {
    const request = this.#state.late.hold({ ...candidate, values: [...candidate.values] })
    if (request !== undefined) out.requests.push(request)
    return 'held'
  }

  /** Whether the window holds all that the reading's registers are compared with. */
  #knowsBefore({ meter, time, values }: Candidate, position: number, knownAfter: number): boolean {
    if (knownAfter === -Infinity) return true
    const { window } = this.#state
    let speaks = position >= 0 && window.hasRegisters(meter, position)
    for (let register = 0; register < REGISTER_COUNT; register++)
      speaks ||= !Number.isNaN(values[register] ?? Number.NaN)
    return !speaks || window.hasPointBetween(meter, knownAfter, time)
  }

  #store(candidate: Candidate, position: number, out: StepOutput): void {
    const { window } = this.#state
    const { meter, time } = candidate
    const rules = this.#rulesOf(candidate)
    const version = position < 0 ? 1 : window.version(meter, position) + 1
    const cause = position < 0 ? REASON.LATE_INSERT : REASON.CORRECTED
    const stood = pointOf(window, meter, time)
    enter(window, candidate, position, version)
    const registers = stateReading(this.#state, this.#bindingsOf(meter), candidate, stood, cause, out)
    this.#rows.add(candidate, version, registers, rules, out)
  }

  #fill(meter: number, frame: DecodedFrame, row: number, at: number, terminal: string): Candidate {
    const candidate = this.#candidate
    const rules = this.#rules?.of(meter, frame.time[row] ?? 0)
    candidate.meter = meter
    candidate.at = at
    candidate.terminal = terminal
    candidate.ct = rules?.ct ?? 1
    candidate.pt = rules?.pt ?? 1
    fillCandidate(candidate, frame, row)
    return candidate
  }

  #bindingsOf(meter: number): MeterBindings {
    if (this.#rules === undefined || this.#registry === undefined) throw new Error(NO_REGISTRY)
    return new MeterBindings(this.#registry.meters, meter, this.#rules)
  }

  #rulesOf({ meter, time }: Pick<Candidate, 'meter' | 'time'>): MeterRules {
    if (this.#rules === undefined) throw new Error(NO_REGISTRY)
    return this.#rules.of(meter, time)
  }
}
