import type { DecodedFrame } from '../../src/codecs/decoded-frame.ts'
import { FIELD_COUNT, FIELDS, REGISTER_COUNT, REGISTER_FIELDS } from '../../src/model/fields.ts'
import type { HistoryAnswer } from '../../src/model/history.ts'
import { type QuarantineCode, quarantineNumber, REASON, SUSPECT } from '../../src/model/quality.ts'
import type { SettingsRecord } from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/registry.ts'
import type { AuditBook } from '../audit-book.ts'
import type { StepOutput } from '../output.ts'
import type { FrameOrigin } from '../stage.ts'
import { type Candidate, emptyCandidate, hashReading } from './candidate.ts'
import { identify } from './identity.ts'
import { resolveRound } from './late-rules.ts'
import { INSTANT, MeterRulesBook } from './meter-rules.ts'
import { type Judgement, judgeValue } from './plausibility.ts'
import { stateNewest, stateRestated } from './window-intervals.ts'
import type { RegisterJudgements, ValidationState } from './validation-state.ts'

const FIELD_NAMES = FIELDS.map(field => field.name)
const encoder = new TextEncoder()

/**
 * The validation core: identity, time window, duplicate or correction, register arithmetic, plausibility.
 *
 *   reading ─> identify ─> seen before? ─> judge values ─> readings, intervals
 *                 │             │ older than the window: held, the store is asked
 *                 └ quarantine  └ duplicate, correction (next version)
 *
 * Pure: the same readings in the same order give the same output; time comes with the frame.
 */
export class Validation {
  readonly #state: ValidationState
  readonly #audit: AuditBook
  readonly #candidate = emptyCandidate()
  readonly #judgement: Judgement = { quality: 0, reasons: 0 }
  #registry: Registry | undefined
  #settings: SettingsRecord
  #rules: MeterRulesBook | undefined

  constructor(state: ValidationState, audit: AuditBook, settings: SettingsRecord) {
    this.#state = state
    this.#audit = audit
    this.#settings = settings
  }

  get settings(): SettingsRecord {
    return this.#settings
  }

  setRegistry(registry: Registry): void {
    this.#registry = registry
    this.#rules = new MeterRulesBook(registry, this.#settings)
  }

  setSettings(settings: SettingsRecord): void {
    this.#settings = settings
    if (this.#registry !== undefined) this.#rules = new MeterRulesBook(this.#registry, settings)
  }

  /** Takes the readings of a decoded frame. */
  takeFrame(origin: FrameOrigin, frame: DecodedFrame, out: StepOutput): void {
    this.#audit.reading(origin.terminal, 'decoded', frame.found)
    for (const { index, code, meter, text } of frame.refused)
      this.#quarantine(origin, index, code, meter, text, out)
    for (let row = 0; row < frame.rows; row++) this.#takeRow(origin, frame, row, out)
  }

  /** Takes an answer about a held reading; a round that it completes is judged. */
  takeAnswer(id: number, answer: HistoryAnswer, at: number, out: StepOutput): void {
    const round = this.#state.late.answer(id, answer)
    if (round === undefined || this.#rules === undefined) return
    const rules = this.#rules.of(answer.meter)
    for (const { terminal, outcome } of resolveRound(
      round,
      rules,
      this.#state,
      at,
      (c, version, registers) => this.#addRow(c, version, registers, rules.limits, out),
      out
    )) {
      this.#audit.reading(terminal, 'held', -1)
      this.#audit.reading(terminal, outcome)
    }
    out.requests.push(...this.#state.late.nextRound(answer.meter))
  }

  #takeRow(origin: FrameOrigin, frame: DecodedFrame, row: number, out: StepOutput): void {
    const id = frame.meter[row] ?? ''
    const time = frame.time[row] ?? Number.NaN
    const { at, terminal } = origin
    if (this.#registry === undefined || this.#rules === undefined) {
      this.#quarantineRow(origin, frame, row, 'UNKNOWN_METER', out)
      return
    }
    const identity = identify(this.#registry, this.#settings, terminal, id, time, at)
    if (identity.kind === 'refused') {
      this.#quarantineRow(origin, frame, row, identity.code, out)
      return
    }
    const candidate = this.#fill(identity.meter, frame, row, at, terminal)
    this.#audit.reading(terminal, this.#accept(candidate, out))
  }

  #accept(candidate: Candidate, out: StepOutput): 'stored' | 'corrections' | 'duplicates' | 'held' {
    const { window, late } = this.#state
    const { meter, time, kind, hash } = candidate
    const position = window.find(meter, time, kind)
    if (position >= 0) {
      if (window.hash(meter, position) === hash) return 'duplicates'
      this.#correct(candidate, position, out)
      return 'corrections'
    }
    if (window.isBeyond(meter, time)) {
      const request = late.hold({ ...candidate, values: [...candidate.values] })
      if (request !== undefined) out.requests.push(request)
      return 'held'
    }
    this.#store(candidate, out)
    return 'stored'
  }

  #store(candidate: Candidate, out: StepOutput): void {
    const { window } = this.#state
    const { meter, time, kind, hash, ct, pt } = candidate
    const rules = this.#rulesOf(candidate)
    const position = window.insert(meter, time, kind, 1, hash, ct * pt)
    this.#setRegisters(candidate, position)
    const newest = position === window.count(meter) - 1
    const registers = newest
      ? stateNewest(this.#state, rules.register, candidate, position, out)
      : stateRestated(this.#state, rules.register, candidate, position, REASON.LATE_INSERT, out)
    this.#addRow(candidate, 1, registers, rules.limits, out)
  }

  #correct(candidate: Candidate, position: number, out: StepOutput): void {
    const { window } = this.#state
    const version = window.version(candidate.meter, position) + 1
    const rules = this.#rulesOf(candidate)
    window.restate(candidate.meter, position, version, candidate.hash)
    this.#setRegisters(candidate, position)
    const registers = stateRestated(this.#state, rules.register, candidate, position, REASON.CORRECTED, out)
    this.#addRow(candidate, version, registers, rules.limits, out)
  }

  #addRow(
    candidate: Candidate,
    version: number,
    registers: RegisterJudgements,
    limits: Parameters<typeof judgeValue>[2],
    out: StepOutput
  ): void {
    const { meter, time, at, kind, ct, pt, values } = candidate
    const row = out.readings.add(meter, time, at, version, kind, ct, pt)
    for (let field = 0; field < FIELD_COUNT; field++) {
      const value = values[field] ?? Number.NaN
      if (Number.isNaN(value)) continue
      if (field < REGISTER_COUNT) {
        const judged = registers[field]
        out.readings.set(row, field, value, judged?.quality ?? SUSPECT, judged?.reasons ?? 0)
        continue
      }
      judgeValue(field, values, limits, kind === INSTANT, this.#judgement)
      out.readings.set(row, field, value, this.#judgement.quality, this.#judgement.reasons)
    }
    out.readings.setExtras(row, candidate.extras)
  }

  #fill(meter: number, frame: DecodedFrame, row: number, at: number, terminal: string): Candidate {
    const candidate = this.#candidate
    const primary = frame.primary[row] === 1
    const rules = this.#rules?.of(meter)
    candidate.meter = meter
    candidate.time = frame.time[row] ?? 0
    candidate.at = at
    candidate.kind = frame.kind[row] ?? 0
    candidate.primary = primary
    candidate.ct = primary ? 1 : (rules?.ct ?? 1)
    candidate.pt = primary ? 1 : (rules?.pt ?? 1)
    for (let field = 0; field < FIELD_COUNT; field++)
      candidate.values[field] = frame.values[field]?.[row] ?? Number.NaN
    candidate.extras = frame.extras[row] ?? ''
    candidate.hash = hashReading(candidate.values, candidate.extras)
    candidate.terminal = terminal
    return candidate
  }

  #rulesOf(candidate: Candidate) {
    if (this.#rules === undefined) throw new Error('a reading was accepted without a registry')
    const rules = this.#rules.of(candidate.meter)
    return { register: candidate.primary ? rules.primary : rules.register, limits: rules.limits }
  }

  #setRegisters(candidate: Candidate, position: number): void {
    for (let register = 0; register < REGISTER_COUNT; register++) {
      const value = candidate.values[REGISTER_FIELDS[register] ?? register] ?? Number.NaN
      this.#state.window.setRegister(candidate.meter, position, register, value)
    }
  }

  #quarantineRow(
    origin: FrameOrigin,
    frame: DecodedFrame,
    row: number,
    code: QuarantineCode,
    out: StepOutput
  ): void {
    const text = frame.describe(row, FIELD_NAMES)
    this.#quarantine(origin, frame.index[row] ?? -1, code, frame.meter[row] ?? '', text, out)
  }

  #quarantine(
    origin: FrameOrigin,
    index: number,
    code: QuarantineCode,
    meter: string,
    text: string,
    out: StepOutput
  ): void {
    const { log, seq, at, terminal, topic } = origin
    const reason = quarantineNumber(code)
    out.quarantine.push({ log, seq, at, terminal, topic, reason, index, meter, bytes: encoder.encode(text) })
    this.#audit.reading(terminal, 'quarantined')
  }
}
