import { Pipeline } from '../../processors/pipeline.ts'
import { type IncidentLine, noOutageLines, OUTAGE_TABLES, type OutageLines } from '../../src/model/outages.ts'
import { joined } from '../../src/records/bytes.ts'
import type { AlarmDecision, IncidentDecision } from '../../src/model/decisions.ts'
import { type Observation, OBSERVATION_MS } from '../../src/model/observation.ts'
import { type Truck, TRUCK_MS } from '../../src/model/truck.ts'
import {
  DECISION,
  encodeControl,
  FRAME,
  GATEWAY,
  type GatewayRecord,
  type LogName,
  OBSERVATION,
  TRUCK,
  PING,
  REGISTRY,
  SESSION,
  type SessionRecord,
  TICK,
  type TopicName,
  TOPICS,
  writeFrameHead,
  writeOrdinal
} from '../../src/records/gateway-record.ts'
import type { PingFailure } from '../../src/model/pings.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { SETTINGS } from './meter-line.ts'
import type { Input } from './replay-outputs.ts'

export const T0 = Date.UTC(2026, 10, 20, 8)
export const [SECOND, MINUTE] = [1000, 60_000]

const encode = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** Records as the gateway logs them, in order: what terminals publish, their sessions, and a tick each second. */
export class OutageTape {
  readonly inputs: Input[] = []
  readonly #ordinals: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #seqs: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #generations = new Map<string, number>()
  now: number

  constructor(now = T0, hash = 'drawn') {
    this.now = now
    this.registry(hash)
  }

  /** Goes on to a time, in ticks. */
  until(time: number): this {
    while (this.now + SECOND <= time) {
      this.now += SECOND
      this.control(TICK, { framesSeq: this.#seqs.frames })
    }
    this.now = Math.max(this.now, time)
    return this
  }

  pass(ms: number): this {
    return this.until(this.now + ms)
  }

  registry(hash: string, version = 1): this {
    return this.control(REGISTRY, { version, hash })
  }

  publish(terminal: string, topic: TopicName, payload: object | Uint8Array): this {
    const number = TOPICS.findIndex(({ name }) => name === topic)
    const { log } = TOPICS[number]!
    const frame = {
      ...{ ordinal: ++this.#ordinals[log], generation: 1, arrivedAt: this.now, qos: 1, flags: 0 },
      ...{ topic: number, terminal }
    }
    const head = writeFrameHead(new Uint8Array(96), frame)
    const bytes = payload instanceof Uint8Array ? payload : encode(payload)
    return this.#add(log, FRAME, Uint8Array.from([...head, ...bytes]))
  }

  events(terminal: string, ...events: object[]): this {
    return this.publish(terminal, 'events', { events })
  }

  /** Meters or their modules say that their supply is gone. @param ago how long before now, by their clocks */
  gasp(terminal: string, meters: readonly string[], ago = 2000, more: object = {}): this {
    return this.events(
      terminal,
      ...meters.map(meter => ({
        ...{ type: 'last-gasp', origin: 'module', meter, time: this.now - ago, reportedAt: this.now },
        ...more
      }))
    )
  }

  powerUp(terminal: string, meters: readonly string[], time = this.now): this {
    return this.events(
      terminal,
      ...meters.map(meter => ({ type: 'power-up', origin: 'meter', meter, time, reportedAt: this.now }))
    )
  }

  /** Meters' own records of an outage. */
  record(terminal: string, meters: readonly string[], start: number, end: number): this {
    return this.events(
      terminal,
      ...meters.map(meter => ({
        ...{ type: 'power-outage-record', origin: 'meter', meter, start, end, reportedAt: this.now }
      }))
    )
  }

  status(terminal: string, more: object = {}): this {
    return this.publish(terminal, 'status', { state: 'online', supply: 'mains', time: this.now, ...more })
  }

  /** A terminal has read these meters just now. */
  read(
    terminal: string,
    meters: readonly string[],
    time = this.now,
    collectedAt: number | null = time
  ): this {
    return this.publish(terminal, 'readings', {
      ...{ kind: 'instant', time, ...(collectedAt !== null && { collectedAt }) },
      readings: meters.map(meter => ({ meter, voltageV: 229 }))
    })
  }

  /** A terminal is asked for these meters. */
  ask(id: string, terminal: string, meters: readonly string[]): this {
    return this.control(PING, { id, deadline: this.now + 30 * SECOND, asked: [{ terminal, meters }] })
  }

  /** It answers: these were read just now, those failed. */
  reply(
    id: string,
    terminal: string,
    read: readonly string[],
    failed: readonly string[] = [],
    more: { reason?: PingFailure; collectedAt?: number | null; voltageV?: number | number[] } = {}
  ): this {
    const { reason = 'no-answer', collectedAt = this.now, voltageV = 229 } = more
    return this.publish(terminal, 'replies', {
      ...{ id, ...(collectedAt !== null && { collectedAt }), time: collectedAt ?? this.now },
      readings: read.map(meter => ({ meter, voltageV, currentA: 0, activePowerKw: 0 })),
      failures: failed.map(meter => ({ meter, reason }))
    })
  }

  connect(terminal: string): this {
    const generation = (this.#generations.get(terminal) ?? 0) + 1
    this.#generations.set(terminal, generation)
    return this.session({ terminal, state: 'connected', generation, cause: '' })
  }

  /** The session under way ends. */
  disconnect(terminal: string, cause: SessionRecord['cause'] = 'lost'): this {
    const generation = this.#generations.get(terminal) ?? 0
    return this.session({ terminal, state: 'disconnected', generation, cause })
  }

  session(record: SessionRecord): this {
    return this.control(SESSION, record)
  }

  gateway(state: GatewayRecord['state']): this {
    return this.control(GATEWAY, { state })
  }

  /** A person saw something at a key customer's, now. */
  observe(record: Partial<Observation> & Pick<Observation, 'keyCustomer' | 'fact'>): this {
    const times = { observedAt: this.now, validUntil: (record.observedAt ?? this.now) + OBSERVATION_MS }
    return this.control(OBSERVATION, { by: 'li', heardFrom: 'zhang', ...times, ...record })
  }

  /** A truck came to a key customer's, is there still, or left. */
  truck(record: Partial<Truck> & Pick<Truck, 'keyCustomer' | 'source' | 'attachedAt'>): this {
    return this.control(TRUCK, { sections: [], by: 'li', validUntil: this.now + TRUCK_MS, ...record })
  }

  /** A person decides. */
  decide(record: Omit<IncidentDecision, 'by'> | Omit<AlarmDecision, 'by'>): this {
    return this.control(DECISION, { by: 'li', ...record })
  }

  control(kind: number, content: object): this {
    const head = writeOrdinal(new Uint8Array(8), this.#ordinals.events)
    return this.#add('events', kind, Uint8Array.from([...head, ...encodeControl(content)]))
  }

  #add(log: LogName, kind: number, body: Uint8Array): this {
    this.inputs.push({ log, record: { seq: ++this.#seqs[log], at: this.now, kind, body } })
    return this
  }
}

export const newPipeline = (...registries: Registry[]): Pipeline =>
  new Pipeline({
    settings: SETTINGS,
    windowReadings: 4,
    growWindow: false,
    loadRegistry: ({ hash }) => registries.find(registry => registry.hash === hash)!
  })

/**
 * What is said of a tape.
 * @param isSaved whether the pipeline gives way to a fresh one, loaded from what it saves, before a record
 */
export function play(
  { inputs }: Pick<OutageTape, 'inputs'>,
  registries: readonly Registry[],
  isSaved: (place: number) => boolean = () => false
): OutageLines {
  let pipeline = newPipeline(...registries)
  const said = noOutageLines()
  inputs.forEach(({ log, record }, place) => {
    if (isSaved(place)) {
      const saved = joined(pipeline.save())
      pipeline = newPipeline(...registries)
      pipeline.load(saved)
    }
    pipeline.take(log, record)
    for (const table of OUTAGE_TABLES) (said[table] as unknown[]).push(...pipeline.out.outages[table])
    pipeline.out.reset()
  })
  return said
}

/** A line as a timeline shows it: state, device, seconds since a time. */
export const shortly = ({ state, device, at }: IncidentLine, since: number): string =>
  `${state} ${device} ${Math.round((at - since) / SECOND)}s`

/** The last line of each incident that was opened. */
export function opened({ incidents }: Pick<OutageLines, 'incidents'>): IncidentLine[] {
  const ids = [...new Set(incidents.filter(({ state }) => state === 'open').map(({ id }) => id))]
  return ids.map(id => incidents.findLast(line => line.id === id)!)
}
