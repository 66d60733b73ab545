import type { Clock } from '../../src/clock.ts'
import type { Logger } from '../../src/logger.ts'
import type { RegistryParts } from '../../src/registry/lookup/registry-parts.ts'
import type { FromSeriesCopy, SeriesCopyData, ToSeriesCopy } from '../threads/messages.ts'
import { Thread } from '../threads/thread.ts'

/** InfluxDB beside the store that answers, as the rest of the site sees it: nobody waits for it. */
export class SeriesCopyPart {
  readonly #thread: Thread<ToSeriesCopy, FromSeriesCopy>
  /** For its next start. */
  #registry: RegistryParts | undefined
  #isOpen = false
  #trouble = ''

  constructor(data: SeriesCopyData, clock: Clock, logger: Logger) {
    this.#registry = data.registry
    this.#thread = new Thread<ToSeriesCopy, FromSeriesCopy>({
      name: 'influxdb',
      entry: new URL('../threads/series-copy.ts', import.meta.url),
      data: () => ({ ...data, registry: this.#registry }) satisfies SeriesCopyData,
      ...{ clock, logger },
      onMessage: message => this.#take(message),
      onRestart: () => {
        this.#isOpen = false
        this.#trouble = ''
      }
    })
  }

  /** What is wrong with it, '' when nothing is. */
  describe(): string {
    return (this.#thread.failure?.message ?? '') || this.#trouble || (this.#isOpen ? '' : 'opening')
  }

  start(): void {
    this.#thread.start()
  }

  handRegistry(parts: RegistryParts): void {
    this.#registry = parts
    this.#thread.send({ type: 'registry', parts })
  }

  stop(): Promise<void> {
    return this.#thread.stop({ type: 'stop' })
  }

  #take(message: FromSeriesCopy): void {
    if (message.type === 'open') this.#isOpen = true
    if (message.type === 'trouble') this.#trouble = message.detail
  }
}
