import { Worker } from 'node:worker_threads'
import type { Clock } from '../../src/clock.ts'
import { asError, isError } from '../../src/errors.ts'
import type { Logger } from '../../src/logger.ts'
import { unpackError } from './thrown.ts'

export interface ThreadOptions<Out> {
  readonly name: string
  readonly entry: URL
  /** Asked for at every start. */
  readonly data: () => unknown
  readonly clock: Clock
  readonly logger: Pick<Logger, 'error'>
  readonly onMessage: (message: Out) => void
  /** It died and is started again: what it was asked is forgotten. */
  readonly onRestart?: (why: Error) => void
}

const FIRST_RESTART_MS = 1000
/** Longest wait before it is started again; one that lived as long as this has recovered. */
const LAST_RESTART_MS = 30_000
const STOP_MS = 20_000

/**
 * What threads make is short-lived: a large young generation frees it without copying. The broker's own stays small, because its
 * collections hold up acknowledgements: with 64 MB a half it took 70 ms at the 99th percentile of 10,000 terminals, with 16 MB 17 ms.
 */
const YOUNG_MB = 192

/**
 * A worker that is started again when it dies: everything it holds is in logs, checkpoint or store. A worker that
 * cannot work reports it and is tried again after 1 s, 2 s, ... 30 s; the gateway goes on meanwhile.
 */
export class Thread<In, Out> {
  readonly #options: ThreadOptions<Out>
  /** Undefined while none runs: before the start, between two lives, after the stop. */
  #worker: Worker | undefined
  #stopping = false
  #restartMs = FIRST_RESTART_MS
  #startedAt = 0
  #cancelRestart: (() => void) | undefined
  /** Why it last died; undefined while it lives. */
  #failure: Error | undefined

  constructor(options: ThreadOptions<Out>) {
    this.#options = options
  }

  /** Why it last died, an error of the table when it named one; undefined while it lives. */
  get failure(): Error | undefined {
    return this.#failure
  }

  start(): void {
    const { name, entry, data, clock, onMessage } = this.#options
    const worker = new Worker(entry, {
      name,
      workerData: data(),
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB }
    })
    let why: Error | undefined
    this.#worker = worker
    this.#startedAt = clock.monotonic()
    worker.on('message', (message: Out) => {
      this.#failure = undefined
      onMessage(message)
    })
    worker.on('error', thrown => {
      const error = asError(thrown)
      why = unpackError(error, error)
    })
    worker.on('exit', code => {
      this.#worker = undefined
      if (!this.#stopping) this.#startLater(why ?? new Error(`exit code ${code}`))
    })
  }

  send(message: In): void {
    this.#worker?.postMessage(message)
  }

  /** Asks it to stop and waits; ends it when it does not. One that is dead already is not waited for. */
  async stop(message: In): Promise<void> {
    this.#stopping = true
    this.#cancelRestart?.()
    const worker = this.#worker
    if (worker === undefined) return
    const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    worker.postMessage(message)
    const cancel = this.#options.clock.after(STOP_MS, () => void worker.terminate())
    await ended
    cancel()
  }

  #startLater(why: Error): void {
    const { name, clock, logger, onRestart } = this.#options
    this.#failure = why
    if (clock.monotonic() - this.#startedAt >= LAST_RESTART_MS) this.#restartMs = FIRST_RESTART_MS
    const retryMs = this.#restartMs
    this.#restartMs = Math.min(LAST_RESTART_MS, retryMs * 2)
    // Where an error of the table came from says nothing: its code and its remedy do.
    const told = isError(why) ? { code: why.code, remedy: why.remedy } : { detail: why.stack }
    logger.error({ thread: name, ...told, retryMs }, `thread failed: ${why.message}`)
    onRestart?.(why)
    this.#cancelRestart = clock.after(retryMs, () => this.start())
  }
}
