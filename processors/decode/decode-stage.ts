import { DecodedFrame } from '../../src/codecs/decoded-frame.ts'
import { decodeJsonReadings, parseObject } from '../../src/codecs/json-readings.ts'
import { decodeQuarantinedReading } from '../../src/codecs/quarantined-reading.ts'
import { ReadingsScanner } from '../../src/codecs/scan-readings.ts'
import type { QuarantineCode } from '../../src/model/quarantine.ts'
import { quarantineNumber } from '../../src/model/quarantine.ts'
import {
  type FrameHead,
  SETTINGS_CHANGED,
  type SettingsRecord,
  TOPICS,
  type TopicName
} from '../../src/records/gateway-record.ts'
import type { AuditBook } from '../audit-book.ts'
import type { StepOutput } from '../output.ts'
import { markOf, type Replayed, type Stage, type StageInput, type StageSettings } from '../stage.ts'

/**
 * The first stage: bytes to columns. A frame is decoded or quarantined whole with a reason, never lost and never
 * fatal. What the terminals publish beside readings is checked to be readable; later stages use it.
 */
export class DecodeStage implements Stage {
  readonly name = 'decode'
  readonly #audit: AuditBook
  readonly #decoded = new DecodedFrame()
  readonly #scanner = new ReadingsScanner()
  #settings: StageSettings

  constructor(audit: AuditBook, settings: StageSettings) {
    this.#audit = audit
    this.#settings = settings
  }

  take(input: StageInput, out: StepOutput): void {
    if (input.lostFrames > 0) this.#reportLost(input, out)
    if (input.kind === SETTINGS_CHANGED) this.#settings = input.control as SettingsRecord
    if (input.frame === undefined) return
    if (input.replayed === undefined) this.#takeFrame(input, input.frame, out)
    else this.#replay(input, input.frame, input.replayed, out)
  }

  #takeFrame(input: StageInput, { terminal, topic, payload, arrivedAt }: FrameHead, out: StepOutput): void {
    const name = TOPICS[topic]?.name ?? 'readings'
    const refusal = this.#decode(name, payload, input)
    if (refusal === undefined) {
      this.#audit.frame(terminal, 'decoded')
      return
    }
    this.#audit.frame(terminal, 'quarantined')
    out.quarantine.push({
      log: input.log,
      seq: input.seq,
      at: arrivedAt,
      terminal,
      topic: name,
      reason: quarantineNumber(refusal),
      index: -1,
      meter: '',
      bytes: payload.slice()
    })
  }

  /** Bytes of the quarantine, decoded by what is known now: a frame that can be read now is counted as decoded. */
  #replay(input: StageInput, frame: FrameHead, replayed: Replayed, out: StepOutput): void {
    const { terminal, payload } = frame
    const { index } = replayed
    const name = TOPICS[frame.topic]?.name ?? 'readings'
    const refusal =
      index < 0 ? this.#decode(name, payload, input) : decodeQuarantinedReading(payload, index, this.#decoded)
    if (refusal !== undefined) {
      out.marks.push(markOf(replayed, input.at, 'quarantined', refusal))
      return
    }
    input.decoded = name === 'readings' ? this.#decoded : undefined
    if (index >= 0) return
    this.#audit.frame(terminal, 'quarantined', -1)
    this.#audit.frame(terminal, 'decoded')
    out.marks.push(markOf(replayed, input.at, 'decoded'))
  }

  save(): readonly Uint8Array[] {
    return [new TextEncoder().encode(JSON.stringify(this.#settings))]
  }

  load(saved: Uint8Array): void {
    this.#settings = JSON.parse(new TextDecoder().decode(saved)) as StageSettings
  }

  #decode(name: TopicName, payload: Uint8Array, input: StageInput): QuarantineCode | undefined {
    if (name === 'frames') return 'NO_CODEC'
    if (name !== 'readings') {
      const parsed = parseObject(payload)
      return typeof parsed === 'string' ? parsed : undefined
    }
    const { maxReadings } = this.#settings
    const scanned = this.#scanner.scan(payload, maxReadings, this.#decoded)
    const refusal = scanned ? undefined : decodeJsonReadings(payload, maxReadings, this.#decoded)
    if (refusal === undefined) input.decoded = this.#decoded
    return refusal
  }

  /** The bytes are gone, but that they were acknowledged is known from the numbers around the hole. */
  #reportLost({ log, seq, at, lostFrames }: StageInput, out: StepOutput): void {
    this.#audit.frame('', 'quarantined', lostFrames)
    const reason = quarantineNumber('LOG_DAMAGED')
    for (let lost = 0; lost < lostFrames; lost++) {
      const place = { log, seq: seq - lostFrames + lost, at, terminal: '', topic: '' }
      out.quarantine.push({ ...place, reason, index: -1, meter: '', bytes: new Uint8Array() })
    }
  }
}
