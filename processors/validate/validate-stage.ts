import type { HistoryAnswer } from '../../src/model/history.ts'
import type { QuarantineMark } from '../../src/model/quarantine.ts'
import { HISTORY, SETTINGS_CHANGED, type SettingsRecord, TOPICS } from '../../src/records/gateway-record.ts'
import { ByteReader, ByteWriter, lengthOf } from '../../src/records/bytes.ts'
import {
  decodeIntervals,
  decodeJson,
  decodeQuarantine,
  HISTORY_REQUESTS,
  type HeldRequest,
  INTERVALS,
  QUARANTINE,
  QUARANTINE_MARKS
} from '../../src/records/results-record.ts'
import type { AuditBook } from '../audit-book.ts'
import type { StepOutput } from '../output.ts'
import type { Stage, StageInput, StageSettings } from '../stage.ts'
import { entryKey, UnknownMeters } from './exchange/unknown-meters.ts'
import { LateReadings } from './late/late-readings.ts'
import { Validation } from './validation.ts'
import type { FallenFrom, ValidationState } from './validation-state.ts'
import { ReadingWindow } from './window/window.ts'

/** Answers of a history job, as recorded in the events log. */
export interface HistoryRecord {
  /** By the clock of the machine, like the arrival of a frame; absent where log time is the only one. */
  readonly answeredAt?: number
  readonly answers: readonly { readonly id: number; readonly answer: HistoryAnswer }[]
}

/** The second stage: readings are identified, judged and given their intervals. */
export class ValidateStage implements Stage {
  readonly name = 'validate'
  readonly #state: ValidationState
  readonly #validation: Validation

  /** @param grow remember all readings instead of the newest `windowReadings` of each meter */
  constructor(audit: AuditBook, settings: StageSettings, windowReadings: number, grow: boolean) {
    this.#state = {
      window: new ReadingWindow(windowReadings, grow),
      late: new LateReadings(),
      unknown: new UnknownMeters(),
      falls: new Map(),
      revision: 0
    }
    this.#validation = new Validation(this.#state, audit, settings)
  }

  take(input: StageInput, out: StepOutput): void {
    this.#validation.sweep(input.at, out)
    if (input.registry !== undefined) this.#validation.setRegistry(input.registry, input.at, out)
    if (input.kind === SETTINGS_CHANGED) this.#change(input.control as SettingsRecord)
    if (input.kind === HISTORY) {
      const { answers, answeredAt = input.at } = input.control as HistoryRecord
      for (const { id, answer } of answers) this.#validation.takeAnswer(id, answer, answeredAt, input.at, out)
    }
    if (input.decoded === undefined || input.frame === undefined) return
    const { log, seq } = input
    const { terminal, topic, arrivedAt } = input.frame
    const origin = { log, seq, at: arrivedAt, terminal, topic: TOPICS[topic]?.name ?? '' }
    const { replayed } = input
    if (replayed === undefined) this.#validation.takeFrame(origin, input.decoded, out, input.at)
    else if (replayed.index < 0) this.#validation.takeFrame(origin, input.decoded, out)
    else this.#validation.takeReplayed(origin, input.decoded, replayed, input.at, out)
  }

  #change(settings: SettingsRecord): void {
    this.#validation.setSettings(settings)
    if (settings.windowReadings !== undefined) this.#state.window.setCapacity(settings.windowReadings)
  }

  waiting(): Iterable<number> {
    return this.#state.late.waiting()
  }

  adopt(records: Iterable<{ readonly kind: number; readonly body: Uint8Array }>): void {
    const setAside = new Set<string>()
    for (const { kind, body } of records) {
      if (kind === QUARANTINE) for (const entry of decodeQuarantine(body)) setAside.add(entryKey(entry))
      if (kind === QUARANTINE_MARKS) {
        for (const mark of decodeJson<QuarantineMark[]>(body)) {
          if (mark.outcome === 'unbound') setAside.delete(entryKey(mark))
          else setAside.add(entryKey(mark))
        }
      }
      if (kind === INTERVALS) {
        const { revision, rows } = decodeIntervals(body)
        for (let row = 0; row < rows; row++)
          this.#state.revision = Math.max(this.#state.revision, revision[row] ?? 0)
      }
      if (kind === HISTORY_REQUESTS)
        for (const { id } of decodeJson<HeldRequest[]>(body)) this.#state.late.passOver(id)
    }
    this.#state.unknown.drop(setAside)
  }

  save(): readonly Uint8Array[] {
    const { window, late, unknown, falls, revision } = this.#state
    const { settings } = this.#validation
    const json = { late: late.save(), unknown: unknown.save(), falls: [...falls], revision, settings }
    const parts = window.save()
    const writer = new ByteWriter(1024).text(JSON.stringify(json)).u32(lengthOf(parts))
    return [writer.finish(), ...parts]
  }

  load(saved: Uint8Array): void {
    const reader = new ByteReader(saved, 'in place')
    const json = JSON.parse(reader.text()) as {
      late: object
      unknown?: object
      falls: [number, FallenFrom][]
      revision: number
      settings: SettingsRecord
    }
    this.#state.late.load(json.late)
    // In checkpoints of format 2 nothing waited.
    if (json.unknown !== undefined) this.#state.unknown.load(json.unknown)
    this.#state.falls.clear()
    for (const [meter, fall] of json.falls) {
      const registers = fall.registers.map(value => value ?? Number.NaN)
      this.#state.falls.set(meter, { ...fall, registers })
    }
    this.#state.revision = json.revision
    this.#validation.setSettings(json.settings)
    this.#state.window.load(new ByteReader(reader.view()))
  }
}
