import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { addressOf } from '../commands/beside/data-lock.ts'
import type { Clock } from '../src/clock.ts'
import { withLimit } from './limit.ts'
import { isAlive, processTree, signalAll } from './processes.ts'

/** How the server under test is started: through its own front door, as an operator would. */
export interface ServerOptions {
  /** Program and leading arguments; `bin/gridvigil serve` when absent. */
  readonly command?: readonly string[]
  readonly data: string
  readonly registry: string
  readonly credentials: string
  /** 0 = a free port; later starts of the same data folder take the ports of the first. */
  readonly mqttPort: number
  readonly httpPort: number
  /** Further flags, for example ['--validation-past-days', '800']. */
  readonly flags?: readonly string[]
  /** Standard error of the server is appended here. */
  readonly logFile: string
  readonly clock: Clock
}

export interface FramesAudit {
  readonly acknowledged: number
  readonly decoded: number
  readonly quarantined: number
  readonly pending: number
}

export interface ReadingsAudit {
  readonly decoded: number
  readonly stored: number
  readonly corrections: number
  readonly duplicates: number
  readonly quarantined: number
  readonly held: number
  readonly unbound: number
}

/** Answer of GET /v1/ingest/audit, as far as the workloads read it. */
export interface Audit {
  readonly frames: FramesAudit
  readonly readings: ReadingsAudit
}

/** One raw reading as the API gives it. */
export interface ApiReading {
  readonly time: number
  readonly importKwh: number | undefined
}

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 30_000
const NOT_READY_MS = 100
const NOT_READY_TRIES = 300
const REQUEST_LIMIT_MS = 30_000
/** The API's largest page. */
const PAGE = 5000

export const PROJECT = join(import.meta.dirname, '..')
export const SERVE = [join(PROJECT, 'bin', 'gridvigil'), 'serve'] as const

export class Server {
  readonly mqttPort: number
  readonly httpPort: number
  /** From spawning the process to its `listening` line. */
  readonly startMs: number
  readonly #child: ChildProcess
  readonly #exit: Promise<number>
  readonly #clock: Clock
  /** Of this start, for those who may read its data folder; '' before there was one. */
  readonly secret: string

  private constructor(
    child: ChildProcess,
    exit: Promise<number>,
    line: Listening,
    ms: number,
    { clock, data }: ServerOptions
  ) {
    this.secret = addressOf(data)?.secret ?? ''
    this.#child = child
    this.#exit = exit
    this.mqttPort = line.mqttPort
    this.httpPort = line.httpPort
    this.startMs = ms
    this.#clock = clock
  }

  /** Starts the server and waits for its `listening` line. @throws Error when it ends or takes too long */
  static async start(options: ServerOptions): Promise<Server> {
    const started = options.clock.monotonic()
    const child = spawnServer(options)
    const exit = new Promise<number>(resolve => child.on('exit', code => resolve(code ?? -1)))
    const ended = exit.then(code =>
      Promise.reject(new Error(`the server ended with code ${code} (${options.logFile})`))
    )
    const listening = Promise.race([listeningLine(child), ended])
    const line = await withLimit(listening, START_LIMIT_MS, options.clock, 'start').catch(error => {
      signalAll(processTree(child.pid ?? 0), 'SIGKILL')
      throw error
    })
    ended.catch(() => {})
    return new Server(child, exit, line, options.clock.monotonic() - started, options)
  }

  /** The server and what it started. */
  get pids(): number[] {
    return processTree(this.#child.pid ?? 0)
  }

  audit(): Promise<Audit> {
    return this.get<Audit>('/v1/ingest/audit')
  }

  async get<T>(path: string): Promise<T> {
    const ask = () =>
      fetch(`http://127.0.0.1:${this.httpPort}${path}`, {
        headers: { authorization: `Bearer ${this.secret}` },
        signal: AbortSignal.timeout(REQUEST_LIMIT_MS)
      })
    let response = await ask()
    // A server that has just started says so until its store is open.
    for (let tries = 0; response.status === 503 && tries < NOT_READY_TRIES; tries++) {
      await this.#clock.delay(NOT_READY_MS)
      response = await ask()
    }
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
    return (await response.json()) as T
  }

  /** All versions of the raw readings of a meter in [from, to), all pages, in the order the API gives them. */
  async readings(meter: string, from: number, to: number): Promise<ApiReading[]> {
    const found: ApiReading[] = []
    const span = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`
    const form = `fields=importKwh&versions=all&limit=${PAGE}`
    let cursor: string | undefined
    do {
      const after: string = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page = await this.get<ReadingsPage>(`/v1/meters/${meter}/readings?${span}&${form}${after}`)
      for (const item of page.items) {
        const time = typeof item.time === 'number' ? item.time : Date.parse(item.time)
        found.push({ time, importKwh: item.values.importKwh?.v })
      }
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    return found
  }

  /** Polls the audit until it satisfies `isDone`. @throws Error after `limitMs`, with the last audit */
  async waitForAudit(isDone: (audit: Audit) => boolean, limitMs: number, pollMs = 50): Promise<Audit> {
    const end = this.#clock.monotonic() + limitMs
    for (;;) {
      const audit = await this.audit()
      if (isDone(audit)) return audit
      if (this.#clock.monotonic() > end) {
        throw new Error(`the audit is not there after ${limitMs} ms: ${JSON.stringify(audit)}`)
      }
      await this.#clock.delay(pollMs)
    }
  }

  /** SIGKILL to the server and everything it started, at once; resolves when all are gone. */
  async kill(): Promise<void> {
    const pids = this.pids
    signalAll(pids, 'SIGKILL')
    await this.#exit
    while (pids.some(isAlive)) await this.#clock.delay(1)
  }

  /** SIGTERM, then waits. @returns the exit code @throws Error when it had to be killed */
  async stop(): Promise<number> {
    const pids = this.pids
    // Of a wrapper (strace, a launcher) the last descendant is the server; the wrapper ends with it.
    signalAll(pids.slice(-1), 'SIGTERM')
    return await withLimit(this.#exit, STOP_LIMIT_MS, this.#clock, 'stopping').catch(async error => {
      signalAll(pids, 'SIGKILL')
      await this.#exit
      throw error
    })
  }
}

export interface Listening {
  readonly mqttPort: number
  readonly httpPort: number
}

interface ReadingsPage {
  readonly items: readonly {
    readonly time: string | number
    readonly values: { readonly importKwh?: { readonly v: number } }
  }[]
  readonly next?: string | null
}

/** Whether both audit equations (src/model/audit.ts) hold exactly. */
export function equationsHold({ frames, readings }: Audit): boolean {
  return (
    frames.acknowledged === frames.decoded + frames.quarantined + frames.pending &&
    readings.decoded ===
      readings.stored +
        readings.corrections +
        readings.duplicates +
        readings.quarantined +
        readings.held +
        readings.unbound
  )
}

/** The command line of the server. */
export function serverCommand(options: ServerOptions): string[] {
  return [
    ...(options.command ?? SERVE),
    ...['--data', options.data, '--registry', options.registry, '--credentials', options.credentials],
    ...['--mqtt-port', String(options.mqttPort), '--http-port', String(options.httpPort)],
    ...(options.flags ?? [])
  ]
}

function spawnServer(options: ServerOptions): ChildProcess {
  const [program = '', ...args] = serverCommand(options)
  const log = openSync(options.logFile, 'a')
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', log] })
  closeSync(log)
  return child
}

/** The `listening` line on the child's standard output; other lines are passed over. */
export function listeningLine(child: ChildProcess): Promise<Listening> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', text => {
      if (!text.startsWith('{')) return
      const line = JSON.parse(text) as Listening & { event?: string }
      if (line.event === 'listening') resolve(line)
    })
  })
}
