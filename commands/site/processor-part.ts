import type { Clock } from '../../src/clock.ts'
import { GridvigilError } from '../../src/errors.ts'
import type { Logger } from '../../src/logger.ts'
import type { PingLines } from '../../src/model/pings.ts'
import type { RegistryParts } from '../../src/registry/lookup/registry-parts.ts'
import type { FromProcessor, ProcessorData, ToProcessor } from '../threads/messages.ts'
import { Thread } from '../threads/thread.ts'

export interface ProcessorPartOptions {
  readonly data: ProcessorData
  readonly clock: Clock
  readonly logger: Logger
  /** What lies before these positions is needed by no checkpoint any more. */
  readonly onReleased: (framesSeq: number, eventsSeq: number) => void
  readonly onPings: (pings: PingLines) => void
}

/** A checkpoint of a large window takes seconds. */
const HOLD_WAIT_MS = 60_000

/** The processor in its thread, as the rest of the site sees it. */
export class ProcessorPart {
  readonly #thread: Thread<ToProcessor, FromProcessor>
  readonly #onReleased: ProcessorPartOptions['onReleased']
  readonly #onPings: ProcessorPartOptions['onPings']
  readonly #clock: Clock
  #onHeld = (): void => {}
  /** For its next start. */
  #registry: RegistryParts | undefined
  #isHeld = false
  #isStarted = false
  #trouble = ''

  constructor({ data, clock, logger, onReleased, onPings }: ProcessorPartOptions) {
    this.#onReleased = onReleased
    this.#onPings = onPings
    this.#clock = clock
    this.#registry = data.registry
    this.#thread = new Thread<ToProcessor, FromProcessor>({
      name: 'processor',
      entry: new URL('../threads/processor.ts', import.meta.url),
      data: () => ({ ...data, registry: this.#registry, isHeld: this.#isHeld }) satisfies ProcessorData,
      clock,
      logger,
      onMessage: message => this.#take(message)
    })
  }

  get isStarted(): boolean {
    return this.#isStarted
  }

  /** Why its thread died last, undefined while it lives. */
  get failure(): Error | undefined {
    return this.#thread.failure
  }

  /** What is wrong with it, '' when nothing is. */
  describe(): string {
    return (this.failure?.message ?? '') || this.#trouble || (this.#isStarted ? '' : 'starting')
  }

  start(): void {
    this.#thread.start()
  }

  /** Holds checkpoints and trims, or lets them go on; resolves when it is so. @throws API_NOT_READY */
  async hold(isHeld: boolean): Promise<void> {
    // A thread that dies and starts again is held from its start on.
    this.#isHeld = isHeld
    const answered = Promise.withResolvers<void>()
    this.#onHeld = answered.resolve
    this.#thread.send({ type: 'hold', isHeld })
    const why = new GridvigilError('API_NOT_READY', 'the processor does not answer')
    const cancel = this.#clock.after(HOLD_WAIT_MS, () => answered.reject(why))
    await answered.promise.finally(cancel)
  }

  /** How far the store has taken the results log. */
  tellStored(resultsSeq: number): void {
    this.#thread.send({ type: 'stored', resultsSeq })
  }

  /** A registry that becomes valid by a record that follows: what is not handed over is read from its snapshot. */
  handRegistry(parts: RegistryParts): void {
    this.#registry = parts
    this.#thread.send({ type: 'registry', parts })
  }

  async stop(): Promise<void> {
    await this.#thread.stop({ type: 'stop' })
  }

  #take(message: FromProcessor): void {
    switch (message.type) {
      case 'started':
        this.#isStarted = true
        this.#trouble = ''
        return
      case 'released':
        this.#onReleased(message.framesSeq, message.eventsSeq)
        return
      case 'pings':
        this.#onPings(message.pings)
        return
      case 'trouble':
        this.#trouble = message.detail
        return
      case 'held':
        this.#onHeld()
        return
      case 'stopped':
        return
      default:
        message satisfies never
    }
  }
}
