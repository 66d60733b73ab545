import { Worker } from 'node:worker_threads'
import type { Clock } from '../../src/clock.ts'
import { asError } from '../../src/errors.ts'
import type { Logger } from '../../src/logger.ts'

export interface ThreadOptions<Out> {
  readonly name: string
  readonly entry: URL
  readonly data: unknown
  readonly clock: Clock
  readonly logger: Logger
  readonly onMessage: (message: Out) => void
  /** It died and is started again: what it was asked is forgotten. */
  readonly onRestart?: () => void
}

const RESTART_MS = 1000
const STOP_MS = 20_000

/**
 * A worker that is started again when it dies: everything it holds is in logs, checkpoint or store. A worker that
 * cannot work reports it and is tried again; the gateway goes on meanwhile.
 */
export class Thread<In, Out> {
  readonly #options: ThreadOptions<Out>
  #worker: Worker | undefined
  #stopping = false
  /** Why it last died; '' while it lives. */
  failure = ''

  constructor(options: ThreadOptions<Out>) {
    this.#options = options
  }

  start(): void {
    const { name, entry, data, clock, logger, onMessage } = this.#options
    const worker = new Worker(entry, { name, workerData: data })
    this.#worker = worker
    worker.on('message', (message: Out) => {
      this.failure = ''
      onMessage(message)
    })
    worker.on('error', thrown => {
      const error = asError(thrown)
      this.failure = error.message
      logger.error({ thread: name, detail: error.stack }, 'thread failed')
    })
    worker.on('exit', code => {
      if (this.#stopping) return
      this.failure ||= `exit code ${code}`
      this.#options.onRestart?.()
      clock.after(RESTART_MS, () => {
        if (!this.#stopping) this.start()
      })
    })
  }

  send(message: In): void {
    this.#worker?.postMessage(message)
  }

  /** Asks it to stop and waits; ends it when it does not. */
  async stop(message: In): Promise<void> {
    this.#stopping = true
    const worker = this.#worker
    if (worker === undefined) return
    const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()))
    worker.postMessage(message)
    const cancel = this.#options.clock.after(STOP_MS, () => void worker.terminate())
    await ended
    cancel()
  }
}
