import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { systemClock } from '../src/clock.ts'

/**
 * One kind of request at a fixed rate, in a process of its own: `node bench/api-load.ts JOB_FILE`. Prints the result as
 * one JSON line.
 *
 * autocannon's `overallRate` gives each connection its share at the begin of each second, all at once, and its correction
 * for coordinated omission takes 1 ms for the interval between requests whatever the rate: one answer of 500 ms counts as
 * 500 answers. So its clients start one after the other over a second, each connection sends one request a second
 * whether others are slow or not, and the answers' own times are counted. A second that a connection missed shows in
 * `requests`.
 */
export interface ApiLoadJob {
  readonly url: string
  /** Of the data folder: what may be read is read with it. */
  readonly secret: string
  /** Taken in turn by every connection. */
  readonly paths: readonly string[]
  readonly perSecond: number
  readonly seconds: number
  /** When the first request is sent, epoch ms: all kinds begin together, with their programs loaded. */
  readonly startAt: number
  /** Before the seconds that count: the first requests of a process measure how its own code is compiled. */
  readonly warmUpSeconds: number
}

export interface ApiLoadResult {
  readonly requests: number
  readonly wanted: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly errors: number
  readonly non2xx: number
  readonly bytesPerRequest: number
}

interface Run
  extends PromiseLike<{ readonly errors: number; readonly timeouts: number; readonly non2xx: number }> {
  on(
    event: 'response',
    listener: (client: unknown, status: number, bytes: number, milliseconds: number) => void
  ): void
}

/** Starts within a second; a client has as many connections as requests a second. */
const MAX_CLIENTS = 40

if (import.meta.main) {
  const autocannon = createRequire(import.meta.url)('autocannon') as (options: object) => Run
  const job = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ApiLoadJob
  const clients = Math.min(MAX_CLIENTS, job.perSecond)
  const times: number[] = []
  const countFrom = job.startAt + job.warmUpSeconds * 1000
  let received = 0
  const shoot = async (client: number) => {
    await systemClock.delay((client * 1000) / clients)
    const rate = job.perSecond / clients
    const run = autocannon({
      url: job.url,
      headers: { authorization: `Bearer ${job.secret}` },
      connections: rate,
      overallRate: rate,
      duration: job.warmUpSeconds + job.seconds,
      ignoreCoordinatedOmission: true,
      requests: job.paths.filter((_, i) => i % clients === client).map(path => ({ path }))
    })
    run.on('response', (_client, _status, bytes, milliseconds) => {
      if (systemClock.now() - milliseconds < countFrom) return
      times.push(milliseconds)
      received += bytes
    })
    return await run
  }
  await systemClock.delay(Math.max(0, job.startAt - systemClock.now()))
  const ended = await Promise.all(Array.from({ length: clients }, (_, client) => shoot(client)))
  times.sort((a, b) => a - b)
  const at = (share: number): number =>
    Math.round((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN) * 100) /
    100
  const result: ApiLoadResult = {
    requests: times.length,
    wanted: job.perSecond * job.seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    errors: ended.reduce((sum, { errors, timeouts }) => sum + errors + timeouts, 0),
    non2xx: ended.reduce((sum, { non2xx }) => sum + non2xx, 0),
    bytesPerRequest: Math.round(received / Math.max(1, times.length))
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
