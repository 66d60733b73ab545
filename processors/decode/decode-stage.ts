import { DecodedFrame, type RefusedReading } from '../../src/codecs/decoded-frame.ts'
import { decodeJsonBackup, refusalOfBackup } from '../../src/codecs/json-backup.ts'
import { decodeJsonEvents, refusalOfEvent } from '../../src/codecs/json-events.ts'
import { decodeJsonReadings } from '../../src/codecs/json-readings.ts'
import { decodeJsonReply } from '../../src/codecs/json-reply.ts'
import { decodeJsonStatus } from '../../src/codecs/json-status.ts'
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
import { setAside } from '../validate/set-aside.ts'

/**
 * The first stage: bytes to columns, events, states and replies of terminals. A frame is decoded or quarantined whole with a
 * reason, never lost and never fatal; of a frame of events the bad ones are quarantined alone. Other topics are checked
 * to be readable.
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

  #takeFrame(input: StageInput, frame: FrameHead, out: StepOutput): void {
    const { terminal, payload, arrivedAt } = frame
    const name = topicOf(frame)
    const refusal = this.#decode(name, frame, input, out)
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
    const name = topicOf(frame)
    const refusal =
      index < 0 ? this.#decode(name, frame, input, out) : this.#decodePart(name, payload, index, input)
    if (refusal !== undefined) {
      out.marks.push(markOf(replayed, input.at, 'quarantined', refusal))
      return
    }
    // What becomes of one reading is judged by the next stage.
    if (index >= 0 && name !== 'events' && name !== 'backup') return
    if (index < 0) {
      this.#audit.frame(terminal, 'quarantined', -1)
      this.#audit.frame(terminal, 'decoded')
    }
    out.marks.push(markOf(replayed, input.at, 'decoded'))
  }

  save(): readonly Uint8Array[] {
    return [new TextEncoder().encode(JSON.stringify(this.#settings))]
  }

  load(saved: Uint8Array): void {
    this.#settings = JSON.parse(new TextDecoder().decode(saved)) as StageSettings
  }

  #decode(name: TopicName, frame: FrameHead, input: StageInput, out: StepOutput): QuarantineCode | undefined {
    const { payload } = frame
    switch (name) {
      case 'readings':
        return this.#decodeReadings(payload, input)
      case 'events':
        return this.#decodeEvents(frame, input, out)
      case 'status':
        return decodeStatus(payload, input)
      case 'replies':
        return this.#decodeReply(payload, input)
      case 'backup':
        return this.#decodeBackup(frame, input, out)
      case 'frames':
        return 'NO_CODEC'
    }
  }

  /** One reading or event of the quarantine. @param index its position in its frame */
  #decodePart(
    name: TopicName,
    payload: Uint8Array,
    index: number,
    input: StageInput
  ): QuarantineCode | undefined {
    if (name === 'events') return refusalOfEvent(payload)
    if (name === 'backup') return refusalOfBackup(payload)
    const refusal = decodeQuarantinedReading(payload, index, this.#decoded)
    if (refusal === undefined) input.decoded = this.#decoded
    return refusal
  }

  #decodeReadings(payload: Uint8Array, input: StageInput): QuarantineCode | undefined {
    const { maxReadings } = this.#settings
    const scanned = this.#scanner.scan(payload, maxReadings, this.#decoded)
    const refusal = scanned ? undefined : decodeJsonReadings(payload, maxReadings, this.#decoded)
    if (refusal === undefined) input.decoded = this.#decoded
    return refusal
  }

  /** Its readings go the way of all readings. */
  #decodeReply(payload: Uint8Array, input: StageInput): QuarantineCode | undefined {
    const reply = decodeJsonReply(payload, this.#settings.maxReadings, this.#decoded)
    if (typeof reply === 'string') return reply
    input.decoded = this.#decoded
    if (input.replayed === undefined) input.reply = reply
    return undefined
  }

  #decodeEvents(frame: FrameHead, input: StageInput, out: StepOutput): QuarantineCode | undefined {
    const decoded = decodeJsonEvents(frame.payload, this.#settings.maxReadings)
    if (typeof decoded === 'string') return decoded
    setAllAside(frame, input, decoded.refused, out)
    if (input.replayed === undefined) input.events = decoded.events
    return undefined
  }

  #decodeBackup(frame: FrameHead, input: StageInput, out: StepOutput): QuarantineCode | undefined {
    const decoded = decodeJsonBackup(frame.payload, this.#settings.maxReadings)
    if (typeof decoded === 'string') return decoded
    setAllAside(frame, input, decoded.refused, out)
    if (input.replayed === undefined) input.plant = decoded.plant
    return undefined
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

const topicOf = ({ topic }: FrameHead): TopicName => TOPICS[topic]?.name ?? 'readings'

/** Of a frame that can be read what cannot. */
function setAllAside(
  frame: FrameHead,
  { log, seq }: StageInput,
  refused: readonly RefusedReading[],
  out: StepOutput
): void {
  const { terminal, arrivedAt } = frame
  const origin = { log, seq, at: arrivedAt, terminal, topic: topicOf(frame) }
  for (const { index, code, meter, text } of refused) setAside(origin, index, code, meter, text, out)
}

function decodeStatus(payload: Uint8Array, input: StageInput): QuarantineCode | undefined {
  const status = decodeJsonStatus(payload)
  if (typeof status === 'string') return status
  if (input.replayed === undefined) input.status = status
  return undefined
}
