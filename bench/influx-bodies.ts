import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { systemClock } from '../src/clock.ts'
import { type InfluxAddress, InfluxLink } from '../src/series/influxdb/link.ts'
import { Lines } from '../src/series/influxdb/lines.ts'
import { type LineSink, type MeterNames, PointMaker } from '../src/series/influxdb/points.ts'
import type { Policy } from '../src/series/influxdb/schema.ts'
import { setUp } from '../src/series/influxdb/setup.ts'
import type { SeriesBatch } from '../src/series/port.ts'

/** As the store sends them. */
const REQUEST_LINES = 5000
const REQUESTS_AT_ONCE = 4
export const FOR_EVER = { kept: 0, raw: 0, final: 0 }

interface Body {
  readonly policy: Policy
  readonly from: number
  readonly bytes: number
}

/** Makes the points of batches into bodies of requests ahead of time, in a file: they are as many as the machine's memory may not hold. */
export class Bodies implements LineSink {
  readings = 0
  readonly #file: number
  #size = 0
  readonly #bodies: Body[] = []
  readonly #open = new Map<Policy, Lines>()

  constructor(path: string) {
    this.#file = openSync(path, 'w+')
  }

  async add(batch: SeriesBatch, names: MeterNames): Promise<void> {
    for (const { columns } of batch.readings) this.readings += columns.rows
    await new PointMaker(names, this).take(batch)
  }

  lines(policy: Policy): Lines {
    const lines = this.#open.get(policy) ?? new Lines()
    this.#open.set(policy, lines)
    return lines
  }

  wrote(policy: Policy): void {
    const lines = this.lines(policy)
    if (lines.count >= REQUEST_LINES) this.#close(policy, lines)
  }

  again(policy: Policy, line: string): void {
    this.lines(policy).add(line)
    this.wrote(policy)
  }

  room(): undefined {
    return undefined
  }

  /** @returns how many readings a second InfluxDB takes of itself, into a new database */
  async send(address: InfluxAddress): Promise<number> {
    for (const [policy, lines] of this.#open) this.#close(policy, lines)
    const link = new InfluxLink(address)
    await setUp(link, FOR_EVER)
    const begun = systemClock.monotonic()
    let next = 0
    const work = async (): Promise<void> => {
      for (let body = this.#bodies[next++]; body !== undefined; body = this.#bodies[next++]) {
        const bytes = Buffer.allocUnsafe(body.bytes)
        readSync(this.#file, bytes, 0, body.bytes, body.from)
        await link.write(body.policy, bytes.toString('utf8'))
      }
    }
    await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, work))
    const perSecond = Math.round((this.readings * 1000) / (systemClock.monotonic() - begun))
    link.close()
    closeSync(this.#file)
    return perSecond
  }

  #close(policy: Policy, lines: Lines): void {
    if (lines.count > 0) {
      const bytes = Buffer.from(lines.read())
      writeSync(this.#file, bytes)
      this.#bodies.push({ policy, from: this.#size, bytes: bytes.length })
      this.#size += bytes.length
    }
    lines.clear()
  }
}

/** A database of an influxd that asks nobody who he is. */
export function addressIn(url: string, database: string): InfluxAddress {
  const none = { token: '', username: '', password: '', organization: '' }
  return { url, database, timeoutMs: 120_000, ...none }
}
