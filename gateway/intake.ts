import type { Clock } from '../src/clock.ts'
import { asError, isError } from '../src/errors.ts'
import type { LogWriter } from '../src/log/port.ts'
import {
  DECISION,
  type DecisionRecord,
  encodeControl,
  FRAME,
  GATEWAY,
  type GatewayRecord,
  HISTORY,
  type LogName,
  OBSERVATION,
  TRUCK,
  type ObservationRecord,
  type TruckRecord,
  PING,
  type PingRecord,
  PLANNED_OUTAGE,
  type PlannedOutageRecord,
  REGISTRY,
  type RegistryRecord,
  REPLAY,
  type ReplayRecord,
  SESSION,
  SETTINGS_CHANGED,
  type SessionRecord,
  type SettingsRecord,
  SWITCH_STATE,
  type SwitchStateRecord,
  TICK,
  TOPICS,
  writeFrameHead,
  writeOrdinal
} from '../src/records/gateway-record.ts'

/** A publish that may be stored: who sent it, under which topic class. */
export interface IntakeFrame {
  readonly terminal: string
  readonly generation: number
  readonly topic: number
  readonly qos: number
  readonly flags: number
  readonly payload: Uint8Array
}

export type OnStored = (error: Error | undefined) => void

/** One of the two logs with the number of publishes in it, open and durable. */
interface Lane {
  readonly log: LogWriter
  ordinal: number
  durableOrdinal: number
  /** Failures so far. One failure takes back all appends before it, however many of them it tells. */
  failures: number
}

/** A record that the log did not take, to be stated again. */
interface Owed {
  readonly kind: number
  readonly record: object
  readonly rank: number
}

/**
 * The only way into the logs. A publish is called back once its record is durable: without that callback no PUBACK is
 * released (AckOrder then keeps them in the order of publishing).
 */
export class Intake {
  readonly #lanes: Readonly<Record<LogName, Lane>>
  readonly #clock: Clock
  readonly #onUnrecorded: (error: Error) => void
  readonly #head = new Uint8Array(96)
  /** By subject, so that a long failure holds one record per terminal and not one per attempt to connect. */
  readonly #owed = new Map<string, Owed>()
  #histories = 0

  /**
   * @param ordinals publishes already in each log: what its last record says
   * @param onUnrecorded a record that must not be missing can never be stored: told once, it is not tried again
   */
  constructor(
    logs: Readonly<Record<LogName, LogWriter>>,
    ordinals: Readonly<Record<LogName, number>>,
    clock: Clock,
    onUnrecorded: (error: Error) => void = () => {}
  ) {
    const lane = (name: LogName): Lane => ({
      log: logs[name],
      ordinal: ordinals[name],
      durableOrdinal: ordinals[name],
      failures: 0
    })
    this.#lanes = { frames: lane('frames'), events: lane('events') }
    this.#clock = clock
    this.#onUnrecorded = onUnrecorded
  }

  /** Publishes that are durable in both logs since the data folder was made: `acknowledged` of the audit. */
  get acknowledged(): number {
    return this.#lanes.frames.durableOrdinal + this.#lanes.events.durableOrdinal
  }

  /** The next seq of the events log: unique and rising over restarts, so it serves as a session's generation. */
  get nextGeneration(): number {
    return this.#lanes.events.log.nextSeq
  }

  /** Stores a publish. Errors of the log reach `onStored`; nothing is thrown. */
  storeFrame(frame: IntakeFrame, onStored: OnStored): void {
    const lane = this.#lanes[TOPICS[frame.topic]?.log ?? 'frames']
    const ordinal = lane.ordinal + 1
    const { failures } = lane
    const arrivedAt = this.#clock.now()
    const head = writeFrameHead(this.#head, { ...frame, arrivedAt, ordinal })
    try {
      lane.log.append(FRAME, arrivedAt, head, frame.payload, error => {
        if (error === undefined) lane.durableOrdinal = ordinal
        else if (failures === lane.failures) {
          lane.failures++
          lane.ordinal = lane.durableOrdinal
        }
        onStored(error)
      })
      lane.ordinal = ordinal
    } catch (thrown) {
      onStored(asError(thrown))
    }
  }

  /** An older generation never takes the place of a newer one. */
  storeSession(record: SessionRecord): void {
    this.#storeOwed(SESSION, record, `session/${record.terminal}`, record.generation)
  }

  storeGateway(record: GatewayRecord): void {
    this.#storeOwed(GATEWAY, record, 'gateway')
  }

  /** Once a second: also states again what the log did not take since. */
  storeTick(): void {
    const owed = [...this.#owed]
    this.#owed.clear()
    for (const [subject, { kind, record, rank }] of owed) this.#storeOwed(kind, record, subject, rank)
    // A tick that is lost is not owed: the gap in ticks is what it is.
    this.#append(TICK, { framesSeq: this.#lanes.frames.log.durableSeq }, () => {})
  }

  storeRegistry(record: RegistryRecord): void {
    this.#storeOwed(REGISTRY, record, 'registry')
  }

  storeSettings(record: SettingsRecord): void {
    this.#storeOwed(SETTINGS_CHANGED, record, 'settings')
  }

  /** Answers of a history job: input like everything else, so that a replay uses what was answered then. */
  storeHistory(answers: object): void {
    const answeredAt = this.#clock.now()
    this.#storeOwed(HISTORY, { ...answers, answeredAt }, `history/${++this.#histories}`)
  }

  /** Entries of the quarantine to judge again. Whoever asked is told when the log did not take it, and asks again. */
  storeReplay(record: ReplayRecord, onStored: OnStored): void {
    this.#append(REPLAY, record, onStored)
  }

  /** How a switch stands, as it was told. Whoever told it learns when the log did not take it, and tells it again. */
  storeSwitchState(record: SwitchStateRecord, onStored: OnStored): void {
    this.#append(SWITCH_STATE, record, onStored)
  }

  /** Work that was announced, changed or cancelled; as with a switch, whoever told it learns of a failure. */
  storePlannedOutage(record: PlannedOutageRecord, onStored: OnStored): void {
    this.#append(PLANNED_OUTAGE, record, onStored)
  }

  /** Who is asked, before anything is sent. Whoever asks learns when the log did not take it, and nobody is asked then. */
  storePing(record: PingRecord, onStored: OnStored): void {
    this.#append(PING, record, onStored)
  }

  /** What a person decided; as with a switch, whoever decided learns of a failure. */
  storeDecision(record: DecisionRecord, onStored: OnStored): void {
    this.#append(DECISION, record, onStored)
  }

  /** What a person saw at a key customer's; whoever wrote it down learns of a failure. */
  storeObservation(record: ObservationRecord, onStored: OnStored): void {
    this.#append(OBSERVATION, record, onStored)
  }

  /** A truck came or left; whoever tells of it learns of a failure. */
  storeTruck(record: TruckRecord, onStored: OnStored): void {
    this.#append(TRUCK, record, onStored)
  }

  /** Appends a record that must not be missing. While the log fails, the newest of each subject is owed. */
  #storeOwed(kind: number, record: object, subject: string, rank = 0): void {
    const older = this.#owed.get(subject)
    if (older !== undefined && older.rank <= rank) this.#owed.delete(subject)
    this.#append(kind, record, error => {
      // To try again what is too large would only hide that somebody waits for it in vain.
      if (isError(error, 'LOG_RECORD_TOO_LARGE')) return this.#onUnrecorded(error)
      if (error === undefined || (this.#owed.get(subject)?.rank ?? rank) > rank) return
      this.#owed.set(subject, { kind, record, rank })
    })
  }

  #append(kind: number, record: object, onStored: OnStored): void {
    const lane = this.#lanes.events
    const head = writeOrdinal(this.#head, lane.ordinal)
    try {
      lane.log.append(kind, this.#clock.now(), head, encodeControl(record), onStored)
    } catch (thrown) {
      onStored(asError(thrown))
    }
  }
}
