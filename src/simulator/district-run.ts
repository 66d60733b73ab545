import type { Clock } from '../clock.ts'
import { type Random, seededRandom } from '../random.ts'
import { type Credentials, secretOf } from './credentials.ts'
import { type District, makeDistrict } from './district.ts'
import {
  readDistrict,
  readTransformer,
  rowMessages,
  type ShownReading,
  shownColumns,
  shownRow
} from './district-readings.ts'
import { Publisher, topicOf } from './publisher.ts'

/**
 * The district at work, over real MQTT:
 *
 *   connect, status online ──> quarter-hour curves of the past ──> every 5-15 s per terminal: curves that have
 *                              (all terminals in step)              become due, then a live reading of each meter
 *
 * Readings are a function of time: what is sent again after a restart is equal and counts as a duplicate.
 */
export interface DistrictOptions {
  readonly url: string
  readonly credentials: Credentials
  readonly seed: string
  readonly households: number
  /** Days of curves to send before going live. */
  readonly historyDays: number
  /** Newest data time the server has, epoch ms: history starts after it. */
  readonly since?: number
  readonly onEvent?: (event: DistrictEvent) => void
}

export type DistrictEvent =
  | {
      readonly event: 'history'
      readonly readings: number
      readonly messages: number
      readonly seconds: number
    }
  | { readonly event: 'trouble'; readonly message: string }

const QUARTER_MS = 900000
const DAY_MS = 86400000
const BATCH_READINGS = 100
const WINDOW = 8
const KEEPALIVE_S = 30
const STATUS_MS = 60000
const STOP_GRACE_MS = 2000
const UPLOAD_LEAST_MS = 5000
const UPLOAD_MOST_MS = 15000
/** Live values are averages over the minute before, as the model has no finer grain. */
const LIVE_SPAN_MS = 60000

/** Runs until `signal` aborts, then ends its sessions. @throws SENDER_CONNECT, GATEWAY_CREDENTIALS */
export async function runDistrict(
  options: DistrictOptions,
  clock: Clock,
  signal: AbortSignal
): Promise<void> {
  const district = makeDistrict(options.seed, options.households)
  const half = district.terminals.length / 2
  const terminals = district.terminals.map(
    ({ id }, i) => new SimulatedTerminal(id, i < half ? 'columns' : 'rows', district, options, clock)
  )
  const stopAll = async (): Promise<void> => {
    await Promise.all(terminals.map(terminal => terminal.stop()))
  }
  // Work ends by itself after an abort, unless it waits for a broker that does not answer.
  let cancelForce = (): void => {}
  const force = (): void => {
    cancelForce = clock.after(STOP_GRACE_MS, () => void stopAll())
  }
  signal.addEventListener('abort', force)
  try {
    for (const terminal of terminals) if (!signal.aborted) await terminal.connect()
    await sendHistory(district, terminals, options, clock, signal)
    await Promise.all(terminals.map(terminal => terminal.live(signal)))
  } catch (thrown) {
    if (!signal.aborted) throw thrown
  } finally {
    signal.removeEventListener('abort', force)
    cancelForce()
    await stopAll()
  }
}

async function sendHistory(
  district: District,
  terminals: readonly SimulatedTerminal[],
  options: DistrictOptions,
  clock: Clock,
  signal: AbortSignal
): Promise<void> {
  const begin = clock.monotonic()
  const earliest = clock.now() - options.historyDays * DAY_MS
  const after = Math.max(options.since ?? -Infinity, earliest)
  let readings = 0
  // All terminals move through time together, so that the load of a quarter is worked out once.
  for (let time = nextQuarter(after); time <= clock.now() && !signal.aborted; time += QUARTER_MS) {
    const shown = readDistrict(district, time, QUARTER_MS)
    for (const terminal of terminals) readings += await terminal.sendCurve(time, shown.get(terminal.id) ?? [])
  }
  for (const terminal of terminals) await terminal.flush()
  if (signal.aborted) return
  const messages = terminals.reduce((sum, terminal) => sum + terminal.acked, 0)
  const seconds = (clock.monotonic() - begin) / 1000
  options.onEvent?.({ event: 'history', readings, messages, seconds })
}

/** The first full quarter of an hour after `time`. */
const nextQuarter = (time: number): number => (Math.floor(time / QUARTER_MS) + 1) * QUARTER_MS

class SimulatedTerminal {
  readonly id: string
  readonly #form: 'columns' | 'rows'
  readonly #district: District
  readonly #publisher: Publisher
  readonly #clock: Clock
  readonly #random: Random
  readonly #meters: number
  readonly #signalDbm: number
  #rows: string[] = []
  #lastCurve = 0
  #lastLive = 0
  #lastStatus = 0

  constructor(
    id: string,
    form: 'columns' | 'rows',
    district: District,
    options: DistrictOptions,
    clock: Clock
  ) {
    this.id = id
    this.#form = form
    this.#district = district
    this.#clock = clock
    this.#random = seededRandom(`${options.seed}/${id}`)
    this.#signalDbm = -80 - this.#random.integer(25)
    this.#meters = readDistrict(district, 0, QUARTER_MS).get(id)?.length ?? 0
    this.#publisher = new Publisher(
      {
        url: options.url,
        terminal: id,
        secret: secretOf(options.credentials, id),
        window: WINDOW,
        keepaliveS: KEEPALIVE_S,
        will: true,
        onTrouble: message => options.onEvent?.({ event: 'trouble', message }),
        // The will has said offline meanwhile, so the next upload says online first.
        onReconnect: () => {
          this.#lastStatus = 0
        }
      },
      clock
    )
  }

  get acked(): number {
    return this.#publisher.acked
  }

  async connect(): Promise<void> {
    await this.#publisher.start()
    await this.#sendStatus(this.#clock.now())
  }

  /** Sends or gathers the curve point of all meters. @returns how many readings it had */
  async sendCurve(time: number, shown: readonly ShownReading[]): Promise<number> {
    if (this.#form === 'columns') {
      for (let first = 0; first < shown.length; first += BATCH_READINGS) {
        await this.#send(shownColumns('curve', time, shown.slice(first, first + BATCH_READINGS)))
      }
    } else {
      for (const reading of shown) this.#rows.push(shownRow(reading, time))
      if (this.#rows.length >= BATCH_READINGS) await this.#sendRows(BATCH_READINGS)
    }
    this.#lastCurve = time
    return shown.length
  }

  /** Sends what is gathered and waits for the acknowledgements. */
  async flush(): Promise<void> {
    await this.#sendRows(1)
    await this.#publisher.drain()
  }

  /** Uploads every 5 to 15 s until `signal` aborts. */
  async live(signal: AbortSignal): Promise<void> {
    if (this.#lastCurve === 0) this.#lastCurve = nextQuarter(this.#clock.now()) - QUARTER_MS
    while (!signal.aborted) {
      const span = UPLOAD_MOST_MS - UPLOAD_LEAST_MS
      await pause(this.#clock, UPLOAD_LEAST_MS + this.#random.integer(span), signal)
      if (!signal.aborted) await this.#upload(this.#clock.now())
    }
  }

  async stop(): Promise<void> {
    await this.#publisher.stop()
  }

  async #upload(now: number): Promise<void> {
    const time = Math.floor(now / 1000) * 1000
    // A clock that was set back must not make the registers run backwards.
    if (time <= this.#lastLive) return
    if (now - this.#lastStatus >= STATUS_MS) await this.#sendStatus(now)
    for (let due = this.#lastCurve + QUARTER_MS; due <= time; due += QUARTER_MS) {
      await this.sendCurve(due, this.#shownAt(due, QUARTER_MS))
    }
    await this.#sendRows(1)
    const rows = this.#shownAt(time, LIVE_SPAN_MS).map(reading => shownRow(reading, time))
    for (const message of rowMessages('instant', rows, BATCH_READINGS)) await this.#send(message)
    this.#lastLive = time
  }

  #shownAt(time: number, spanMs: number): ShownReading[] {
    const place = this.#district.terminals.find(terminal => terminal.id === this.id)
    const transformer = this.#district.transformers[place?.transformer ?? -1]
    if (transformer === undefined) return []
    return readTransformer(transformer, time, spanMs).filter(reading => reading.terminal === this.id)
  }

  /** Sends gathered rows in full batches, and the rest too when it has at least `least`. */
  async #sendRows(least: number): Promise<void> {
    while (this.#rows.length >= least && this.#rows.length > 0) {
      const [message = ''] = rowMessages('curve', this.#rows.splice(0, BATCH_READINGS), BATCH_READINGS)
      await this.#send(message)
    }
  }

  async #send(payload: string): Promise<void> {
    await this.#publisher.publish(topicOf(this.id, 'readings'), payload)
  }

  async #sendStatus(now: number): Promise<void> {
    this.#lastStatus = now
    const status = {
      state: 'online',
      supply: 'mains',
      rsrpDbm: this.#signalDbm,
      metersKnown: this.#meters,
      metersOnline: this.#meters,
      bootCount: 1,
      firmware: 'simulated'
    }
    await this.#publisher.publish(topicOf(this.id, 'status'), JSON.stringify(status), { retain: true })
  }
}

/** Resolves after `ms` or as soon as `signal` aborts. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const wake = (): void => {
      cancel()
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const cancel = clock.after(ms, wake)
    signal.addEventListener('abort', wake)
    if (signal.aborted) wake()
  })
}
