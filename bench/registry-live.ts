import { connect, type Socket } from 'node:net'
import type { Clock } from '../src/clock.ts'
import { connectAs } from './payload.ts'
import type { Server } from './server.ts'

/** What a server's main thread does beside its work: how long others waited for it. */
export interface Waits {
  /** Longest time in which its event loop turned not once, as its own metric says, ms. */
  readonly longestBlockMs: number
  readonly seconds: number
}

const LAG = /^nodejs_eventloop_lag_max_seconds (\S+)$/m

/** Runs `work` and says how long the server's main thread was blocked at most meanwhile. */
export async function watchLoop<T>(
  server: Server,
  clock: Clock,
  work: () => Promise<T>
): Promise<[T, Waits]> {
  // A scrape begins the measuring anew.
  await scrapeLag(server)
  const begun = clock.monotonic()
  const result = await work()
  const seconds = round((clock.monotonic() - begun) / 1000, 2)
  return [result, { seconds, longestBlockMs: round((await scrapeLag(server)) * 1000, 1) }]
}

async function scrapeLag(server: Server): Promise<number> {
  const headers = { authorization: `Bearer ${server.secret}` }
  const answer = await fetch(`http://127.0.0.1:${server.httpPort}/metrics`, { headers })
  return Number(LAG.exec(await answer.text())?.[1] ?? Number.NaN)
}

/** The requests that look at all of a registry, each for the first and for the second time. */
export async function timeScans(server: Server, clock: Clock): Promise<Record<string, readonly Waits[]>> {
  const paths = ['meters?q=zzzz', 'meters?q=BOX', 'devices?q=zzzz', 'terminals?q=T049', 'collection?limit=20']
  const waits: Record<string, Waits[]> = {}
  for (const path of paths) {
    const times: Waits[] = []
    for (let i = 0; i < 2; i++) {
      const [, waited] = await watchLoop(server, clock, () => server.get(`/v1/${path}`))
      times.push(waited)
    }
    waits[path] = times
  }
  return waits
}

export interface PubackTimes {
  readonly published: number
  readonly acknowledged: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** A terminal that publishes at a steady rate, whether or not what it sent was acknowledged. */
export class SteadyTerminal {
  readonly #clock: Clock
  readonly #socket: Socket
  readonly #topic: string
  readonly #meters: readonly string[]
  readonly #sentAt = new Map<number, number>()
  readonly #times: number[] = []
  #rest = Buffer.alloc(0)
  #count = 0
  #stop = (): void => {}

  constructor(port: number, terminal: string, meters: readonly string[], clock: Clock) {
    this.#clock = clock
    this.#meters = meters
    this.#topic = `gv1/${terminal}/readings`
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true })
    this.#socket.write(connectAs(terminal, 'secret'))
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  start(everyMs: number): void {
    this.#stop = this.#clock.every(everyMs, () => this.#publish())
  }

  /** Waits for what is under way. */
  async stop(): Promise<PubackTimes> {
    this.#stop()
    for (let tries = 0; this.#sentAt.size > 0 && tries < 100; tries++) await this.#clock.delay(50)
    this.#socket.destroy()
    const times = this.#times.toSorted((a, b) => a - b)
    const at = (share: number): number => round(times[Math.ceil(times.length * share) - 1] ?? Number.NaN, 1)
    return {
      published: this.#count,
      acknowledged: times.length,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1)
    }
  }

  #publish(): void {
    const id = (this.#count++ % 65_535) + 1
    const meter = this.#meters[this.#count % this.#meters.length]
    const reading = { meter, time: this.#clock.now(), importKwh: this.#count / 100 }
    this.#sentAt.set(id, this.#clock.monotonic())
    this.#socket.write(publishPacket(this.#topic, id, JSON.stringify({ readings: [reading] })))
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    // CONNACK and PUBACK both have four bytes.
    for (; this.#rest.length >= 4; this.#rest = this.#rest.subarray(4)) {
      if (this.#rest[0] !== PUBACK) continue
      const id = this.#rest.readUInt16BE(2)
      this.#times.push(this.#clock.monotonic() - (this.#sentAt.get(id) ?? Number.NaN))
      this.#sentAt.delete(id)
    }
  }
}

const PUBACK = 0x40
const PUBLISH_QOS1 = 0x32

function publishPacket(topic: string, id: number, payload: string): Buffer {
  const [name, body] = [Buffer.from(topic), Buffer.from(payload)]
  const length = 2 + name.length + 2 + body.length
  const head = length < 128 ? [PUBLISH_QOS1, length] : [PUBLISH_QOS1, (length & 127) | 128, length >> 7]
  return Buffer.concat([Buffer.from([...head, 0, name.length]), name, Buffer.from([id >> 8, id & 255]), body])
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}
