import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { FleetShape } from './fleet.ts'

/** What a generator process is to send. Everything is bounded: frames by count, the run by `limitMs`. */
export interface GeneratorJob {
  readonly host: string
  readonly port: number
  readonly fleet: FleetShape
  /** Unacknowledged messages per terminal at most. */
  readonly window: number
  /** Each terminal sends frames [firstFrame, firstFrame + frames). */
  readonly firstFrame: number
  readonly frames: number
  /** All terminals together; 0 = as fast as acknowledgements come. */
  readonly framesPerSecond: number
  /** Where acknowledged frames are appended, as u32 `frame * terminals + terminal`. */
  readonly ackFile?: string
  /** Interval of progress lines, 0 = none. */
  readonly progressMs: number
  readonly limitMs: number
}

export interface GeneratorResult {
  readonly complete: boolean
  readonly acknowledgedFrames: number
  readonly acknowledgedReadings: number
  /** From `go` to the last acknowledgement. */
  readonly wallMs: number
  /** From the first sending of a frame to its acknowledgement, over reconnections. */
  readonly ackMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly resent: number
  readonly reconnects: number
  readonly error?: string
}

interface Line {
  readonly event: 'ready' | 'progress' | 'done'
  readonly acknowledged?: number
  readonly result?: GeneratorResult
}

/** A running generator process: connected when `start` resolves, silent until `go`. */
export class Generator {
  /** Frames acknowledged, as of the last progress line. */
  acknowledged = 0
  readonly done: Promise<GeneratorResult>
  readonly #child: ChildProcess

  /** Starts the process and waits until all terminals are connected. */
  static async start(job: GeneratorJob): Promise<Generator> {
    // A job names every terminal and may be longer than an argument can be.
    const folder = mkdtempSync(join(tmpdir(), 'gridvigil-job-'))
    try {
      const path = join(folder, 'job.json')
      writeFileSync(path, JSON.stringify(job))
      const entry = join(import.meta.dirname, 'generator-process.ts')
      const child = spawn(process.execPath, [entry, path], { stdio: ['pipe', 'pipe', 'inherit'] })
      const generator = new Generator(child)
      await generator.#ready
      return generator
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  readonly #ready: Promise<void>

  private constructor(child: ChildProcess) {
    this.#child = child
    const ready = Promise.withResolvers<void>()
    const done = Promise.withResolvers<GeneratorResult>()
    this.#ready = ready.promise
    this.done = done.promise
    // A failure before `ready` is reported there; without this it would count as unhandled as well.
    this.done.catch(() => {})
    child.stdin?.on('error', () => {})
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', text => {
      const line = JSON.parse(text) as Line
      if (line.event === 'ready') ready.resolve()
      if (line.event === 'progress') this.acknowledged = line.acknowledged ?? 0
      if (line.event === 'done' && line.result !== undefined) {
        this.acknowledged = line.result.acknowledgedFrames
        done.resolve(line.result)
        if (!line.result.complete) ready.reject(new Error(line.result.error))
      }
    })
    child.on('error', error => ready.reject(error))
    child.on('exit', code => {
      const error = new Error(`the generator ended with code ${code} before its result`)
      ready.reject(error)
      done.reject(error)
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  go(): void {
    this.#child.stdin?.write('go\n')
  }

  /** No new frames; `done` resolves when everything in flight is acknowledged. */
  stop(): void {
    this.#child.stdin?.write('stop\n')
  }

  /** Ends it now. For cleaning up after a failure. */
  kill(): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
  }
}
