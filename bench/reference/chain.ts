import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Clock } from '../../src/clock.ts'
import { withLimit } from '../limit.ts'
import { type Row, startInflux } from './influx.ts'

/** The reference chain, running: its broker process and InfluxDB. */
export interface Chain {
  readonly mqttPort: number
  readonly pids: readonly number[]
  /** Resolves when InfluxDB has confirmed the expected number of points; rejects when the chain ends before. */
  readonly stored: Promise<void>
  /** Points that a query over all series counts. */
  count(): Promise<number>
  /** Rows of an InfluxQL query. */
  query(text: string): Promise<readonly Row[]>
  stop(): Promise<void>
}

const DATABASE = 'bench'
const LISTEN_LIMIT_MS = 20_000

interface Line {
  readonly event: 'listening' | 'stored'
  readonly mqttPort?: number
  readonly rejected?: number
}

/** Starts InfluxDB in `folder` and the chain in front of it. @param expected points after which `stored` resolves */
export async function startChain(folder: string, expected: number, clock: Clock): Promise<Chain> {
  const influx = await startInflux(join(folder, 'influx'), DATABASE, clock)
  const log = openSync(join(folder, 'chain.log'), 'a')
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'chain-process.ts'), influx.url, DATABASE, String(expected)],
    { stdio: ['ignore', 'pipe', log] }
  )
  closeSync(log)
  const exit = new Promise<void>(resolve => child.on('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await exit
    await influx.stop()
  }
  const events = readEvents(child)
  try {
    const mqttPort = await withLimit(events.listening, LISTEN_LIMIT_MS, clock, 'starting the chain')
    return {
      mqttPort,
      pids: [child.pid ?? 0, influx.pid],
      stored: events.stored,
      count: () => influx.count(DATABASE, 'reading', 'importKwh'),
      query: text => influx.rows(DATABASE, text),
      stop
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function readEvents(child: ChildProcess): { listening: Promise<number>; stored: Promise<void> } {
  const listening = Promise.withResolvers<number>()
  const stored = Promise.withResolvers<void>()
  stored.promise.catch(() => {})
  listening.promise.catch(() => {})
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', text => {
    const line = JSON.parse(text) as Line
    if (line.event === 'listening') listening.resolve(line.mqttPort ?? 0)
    if (line.event === 'stored') stored.resolve()
  })
  child.on('exit', code => {
    const error = new Error(`the reference chain ended with code ${code}`)
    listening.reject(error)
    stored.reject(error)
  })
  return { listening: listening.promise, stored: stored.promise }
}
