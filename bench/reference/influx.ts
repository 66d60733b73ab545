import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../../src/clock.ts'
import { withLimit } from '../limit.ts'

/**
 * InfluxDB 1.6.7 as Debian packages it, on loopback, in a folder of its own. Settings are its defaults (the write-ahead
 * log is synced for every request) except: no report to its makers, no log line per request, no statistics about itself.
 * The last two only help it.
 */
export interface Influx {
  readonly url: string
  readonly pid: number
  /** Points of a measurement that a query sees, counted over all series by a field that every point has. */
  count(database: string, measurement: string, field: string): Promise<number>
  /** Rows of the first series of an answer: time and value. */
  rows(database: string, text: string): Promise<readonly Row[]>
  stop(): Promise<void>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** For the next start with what it has. */
  readonly folder: string
  readonly ports: InfluxPorts
}

export interface InfluxPorts {
  readonly http: number
  readonly rpc: number
}

const READY_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 30_000
const QUERY_LIMIT_MS = 120_000

/**
 * Starts influxd with a database, with what its folder holds already.
 * @param given ports of an earlier start; free ones where absent
 * @throws Error when the program is missing or does not answer
 */
export async function startInflux(
  folder: string,
  database: string,
  clock: Clock,
  given?: InfluxPorts
): Promise<Influx> {
  mkdirSync(folder, { recursive: true })
  const ports = given ?? (await freePorts())
  const config = join(folder, 'influxdb.conf')
  writeFileSync(config, influxConfig(folder, ports))
  const log = openSync(join(folder, 'influxd.log'), 'a')
  const child = spawn('influxd', ['-config', config], { stdio: ['ignore', log, log] })
  closeSync(log)
  const url = `http://127.0.0.1:${ports.http}`
  const influx = {
    ...{ url, folder, ports, count, rows, pid: child.pid ?? 0 },
    stop: () => stopInflux(child, clock),
    kill: () => endInflux(child, 'SIGKILL', clock)
  }
  try {
    await withLimit(waitForPing(child, url, clock), READY_LIMIT_MS, clock, 'starting influxd')
    await query(url, '', `CREATE DATABASE "${database}"`)
  } catch (error) {
    await influx.stop()
    throw error
  }
  return influx

  async function count(from: string, measurement: string, field: string): Promise<number> {
    const answer = await rows(from, `SELECT COUNT("${field}") FROM "${measurement}"`)
    return answer[0]?.[1] ?? 0
  }

  async function rows(from: string, text: string): Promise<readonly Row[]> {
    const answer = await query(url, from, text)
    return answer.results[0]?.series?.[0]?.values ?? []
  }
}

function influxConfig(folder: string, { http, rpc }: InfluxPorts): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${join(folder, 'meta')}"
[data]
  dir = "${join(folder, 'data')}"
  wal-dir = "${join(folder, 'wal')}"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${http}"
  log-enabled = false
`
}

/** Time (ISO 8601) and value. */
export type Row = readonly [string, number]

interface QueryAnswer {
  readonly results: readonly {
    readonly series?: readonly { readonly values: readonly Row[] }[]
    readonly error?: string
  }[]
}

async function query(url: string, database: string, text: string): Promise<QueryAnswer> {
  const response = await fetch(`${url}/query?db=${encodeURIComponent(database)}`, {
    method: 'POST',
    body: new URLSearchParams({ q: text }),
    signal: AbortSignal.timeout(QUERY_LIMIT_MS)
  })
  const answer = (await response.json()) as QueryAnswer
  // Version 1 answers 200 with the error inside.
  const failure = answer.results[0]?.error
  if (!response.ok || failure !== undefined) throw new Error(`InfluxDB: ${failure ?? response.status}`)
  return answer
}

async function waitForPing(child: ChildProcess, url: string, clock: Clock): Promise<void> {
  const failed = Promise.withResolvers<never>()
  child.on('error', failed.reject)
  child.on('exit', code => failed.reject(new Error(`influxd ended with code ${code}`)))
  failed.promise.catch(() => {})
  for (;;) {
    const isUp = fetch(`${url}/ping`).then(
      response => response.status === 204,
      () => false
    )
    if (await Promise.race([isUp, failed.promise])) return
    await clock.delay(50)
  }
}

const stopInflux = (child: ChildProcess, clock: Clock): Promise<void> =>
  endInflux(child, 'SIGTERM', clock).catch(() => endInflux(child, 'SIGKILL', clock))

async function endInflux(child: ChildProcess, signal: NodeJS.Signals, clock: Clock): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exit = new Promise<void>(resolve => child.on('exit', () => resolve()))
  child.kill(signal)
  await withLimit(exit, STOP_LIMIT_MS, clock, 'stopping influxd')
}

/** Two ports that were free a moment ago: influxd does not tell the ports it takes for 0. */
async function freePorts(): Promise<InfluxPorts> {
  const servers = [createServer(), createServer()]
  const ports = await Promise.all(
    servers.map(
      server =>
        new Promise<number>((resolve, reject) => {
          server.on('error', reject)
          server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            resolve(typeof address === 'object' && address !== null ? address.port : 0)
          })
        })
    )
  )
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return { http: ports[0] ?? 0, rpc: ports[1] ?? 0 }
}
