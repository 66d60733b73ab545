import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline } from '../../processors/pipeline.ts'
import { readingsBalance } from '../../src/model/audit.ts'
import { FIELDS } from '../../src/model/fields.ts'
import { QUARANTINE_REASONS } from '../../src/model/quarantine.ts'
import { type Random, seededRandom } from '../../src/random.ts'
import {
  encodeControl,
  FRAME,
  HISTORY,
  type LogName,
  REGISTRY,
  SETTINGS_CHANGED,
  TICK,
  TOPICS,
  writeFrameHead,
  writeOrdinal
} from '../../src/records/gateway-record.ts'
import {
  decodeIntervals,
  decodeJson,
  decodeQuarantine,
  decodeReadings,
  type HeldRequest,
  HISTORY_REQUESTS,
  INTERVALS,
  QUARANTINE,
  READINGS
} from '../../src/records/results-record.ts'
import { hostileFrames, pick } from '../support/hostile-frames.ts'
import { smallRegistry, type TrafficFrame } from '../support/traffic.ts'
import { joined } from '../../src/records/bytes.ts'

/** FUZZ_SEED=17 runs one seed alone. */
const ONE = process.env.FUZZ_SEED
const SEEDS = ONE === undefined ? [1, 2, 3, 4, 5, 6] : [Number(ONE)]
const METERS = 8
const TERMINALS = 3
const SLOTS = 150
const START = Date.UTC(2026, 10, 18)
/** When the frames arrive: behind all their data times, but for mutated ones. */
const NOW = START + 3 * 86_400_000
const settings = { pastDays: 45, futureMinutes: 5, maxReadings: 40, limitFactor: 1.2, minimumSteps: 5 }
const registry = smallRegistry(METERS, TERMINALS)

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** What a store might say: nothing known, or a version with neighbours. */
function answer(random: Random, { id, meter, time, kind }: HeldRequest): object {
  const version = random.integer(3)
  const neighbour = (at: number): object | undefined =>
    random.next() < 0.5
      ? { time: at, registers: [random.integer(500) / 100, null, null, null], ratio: random.integer(2) }
      : undefined
  const values =
    version === 0 ? undefined : FIELDS.map((_, field) => (field === 0 ? random.integer(500) / 100 : null))
  const ratio = version === 0 ? undefined : random.integer(2)
  const sides = { before: neighbour(time - 900_000), after: neighbour(time + 900_000) }
  return { id, answer: { meter, time, kind, version, values, ratio, extras: '', ...sides } }
}

/** Feeds the pipeline records as the logs hold them, and checks its books after each. */
class Feed {
  readonly pipeline = new Pipeline({
    settings,
    windowReadings: 6,
    growWindow: false,
    loadRegistry: () => registry
  })
  readonly ordinals: Record<LogName, number> = { frames: 0, events: 0 }
  readonly #seqs: Record<LogName, number> = { frames: 0, events: 0 }
  /** Publishes up to the last record that the pipeline has seen of each log. */
  readonly #taken: Record<LogName, number> = { frames: 0, events: 0 }
  #at = NOW
  /** Questions to the store that wait for an answer. */
  readonly asked: HeldRequest[] = []
  questions = 0
  wholeFrames = 0
  readings = 0
  quarantined = 0
  refusedEvents = 0

  publish({ terminal, topic, payload }: TrafficFrame): void {
    const log = TOPICS[topic]!.log
    const ordinal = ++this.ordinals[log]
    const head = writeFrameHead(new Uint8Array(96), {
      ordinal,
      generation: 1,
      arrivedAt: this.#at + 1000,
      qos: 1,
      flags: 0,
      topic,
      terminal
    })
    this.#take(log, FRAME, Uint8Array.from([...head, ...payload]))
  }

  control(kind: number, record: object): void {
    const head = writeOrdinal(new Uint8Array(8), this.ordinals.events)
    this.#take('events', kind, Uint8Array.from([...head, ...encodeControl(record)]))
  }

  /** `count` publishes and their records are lost on the disk. */
  lose(log: LogName, count: number): void {
    this.ordinals[log] += count
    this.#seqs[log] += count
  }

  #take(log: LogName, kind: number, body: Uint8Array): void {
    this.#at += 1000
    this.#taken[log] = this.ordinals[log]
    this.pipeline.take(log, { seq: ++this.#seqs[log], at: this.#at, kind, body })
    this.drain()
    this.#checkBooks()
  }

  drain(): void {
    for (const { kind, body } of this.pipeline.drain()) {
      if (kind === READINGS) this.readings += decodeReadings(body).rows
      if (kind === INTERVALS) decodeIntervals(body)
      if (kind === HISTORY_REQUESTS) this.#ask(decodeJson<HeldRequest[]>(body))
      if (kind !== QUARANTINE) continue
      for (const { reason, index, topic } of decodeQuarantine(body)) {
        assert.ok(reason < QUARANTINE_REASONS.length)
        assert.equal(QUARANTINE_REASONS[reason]!.level, index < 0 ? 'frame' : 'reading')
        if (index < 0) this.wholeFrames++
        else if (topic === 'events') this.refusedEvents++
        else this.quarantined++
      }
    }
  }

  #ask(requests: readonly HeldRequest[]): void {
    this.asked.push(...requests)
    this.questions += requests.length
  }

  #checkBooks(): void {
    const { frames, readings } = this.pipeline.audit.total
    assert.equal(this.pipeline.framesConsumed, this.#taken.frames + this.#taken.events)
    assert.equal(frames.decoded + frames.quarantined, this.pipeline.framesConsumed, 'each frame once')
    assert.equal(frames.quarantined, this.wholeFrames, 'quarantined frames are there')
    assert.ok(readingsBalance(readings), JSON.stringify(readings))
    assert.equal(readings.stored + readings.corrections, this.readings, 'stored readings are there')
    assert.equal(readings.quarantined, this.quarantined, 'quarantined readings are there')
  }
}

for (const seed of SEEDS) {
  test(`fuzz: valid, mutated and garbage frames keep both audit equations after every record (seed ${seed})`, () => {
    const random = seededRandom(`fuzz/${seed}`)
    const feed = new Feed()
    feed.publish({
      terminal: 'T0',
      topic: 0,
      payload: encode('{"readings":[{"meter":"M0","time":1795133700000,"importKwh":1}]}')
    })
    feed.control(SETTINGS_CHANGED, settings)
    feed.control(REGISTRY, { version: 1, hash: 'small' })
    for (const frame of hostileFrames(random, METERS, TERMINALS, START, SLOTS)) {
      feed.publish(frame)
      if (random.next() < 0.02) feed.lose(pick(random, ['frames', 'events']), 1 + random.integer(3))
      if (random.next() < 0.1) feed.control(TICK, { framesSeq: 0 })
      if (random.next() < 0.05)
        feed.control(HISTORY, { answers: feed.asked.splice(0).map(request => answer(random, request)) })
      if (random.next() < 0.01) feed.control(REGISTRY, { version: 1, hash: 'small' })
    }
    // A hole shows at the record behind it.
    for (const log of ['frames', 'events'] as const)
      feed.publish({ terminal: 'T0', topic: log === 'frames' ? 0 : 2, payload: encode('{}') })
    const { frames: counted, readings } = feed.pipeline.audit.total
    const said = JSON.stringify({ counted, readings, refusedEvents: feed.refusedEvents })
    assert.ok(counted.decoded > 300 && counted.quarantined > 50 && feed.refusedEvents > 10, said)
    assert.ok(
      readings.stored > 300 &&
        readings.corrections > 0 &&
        readings.duplicates > 10 &&
        readings.quarantined > 100 &&
        feed.questions > 5,
      said
    )
  })
}

test('fuzz: the same records give the same results, also through save and load at any record', () => {
  const run = (restart: (random: Random) => boolean): string[] => {
    const random = seededRandom('fuzz/restart')
    const chance = seededRandom('fuzz/restarts')
    const fresh = (): Pipeline =>
      new Pipeline({ settings, windowReadings: 6, growWindow: false, loadRegistry: () => registry })
    let pipeline = fresh()
    let seq = 1
    const results: string[] = []
    const control = Uint8Array.from([
      ...writeOrdinal(new Uint8Array(8), 0),
      ...encodeControl({ version: 1, hash: 'small' })
    ])
    pipeline.take('events', { seq: 1, at: NOW, kind: REGISTRY, body: control })
    const ordinals = { frames: 0, events: 0 }
    for (const { terminal, topic, payload } of hostileFrames(random, METERS, TERMINALS, START, SLOTS)) {
      const log = TOPICS[topic]!.log
      const head = writeFrameHead(new Uint8Array(96), {
        ordinal: ++ordinals[log],
        generation: 1,
        arrivedAt: NOW + (seq + 1) * 1000,
        qos: 1,
        flags: 0,
        topic,
        terminal
      })
      pipeline.take(log, {
        seq: ++seq,
        at: NOW + seq * 1000,
        kind: FRAME,
        body: Uint8Array.from([...head, ...payload])
      })
      for (const { kind, body } of pipeline.drain())
        results.push(`${kind} ${Buffer.from(body).toString('base64')}`)
      if (!restart(chance)) continue
      const saved = joined(pipeline.save())
      pipeline = fresh()
      pipeline.load(saved)
    }
    return [...results, JSON.stringify(pipeline.audit.total)]
  }
  const truth = run(() => false)
  assert.deepEqual(
    run(random => random.next() < 0.05),
    truth
  )
})
