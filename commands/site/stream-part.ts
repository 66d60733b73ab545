import type { Clock } from '../../src/clock.ts'
import type { Logger } from '../../src/logger.ts'
import { LIVE_METHODS, type Live } from '../../src/stream/port.ts'
import { PortClient } from './port-client.ts'
import type { FromStream, StreamData, ToStream } from '../threads/messages.ts'
import { Thread } from '../threads/thread.ts'

/** The live port in its thread. Listeners of a thread that died are told so, and come again with their cursors. */
export class StreamPart {
  readonly #thread: Thread<ToStream, FromStream>
  readonly #client: PortClient<Live>

  constructor(data: StreamData, clock: Clock, logger: Logger) {
    this.#client = new PortClient<Live>(
      LIVE_METHODS,
      message => this.#thread.send(message),
      () => this.#thread.failure
    )
    this.#thread = new Thread<ToStream, FromStream>({
      name: 'stream',
      entry: new URL('../threads/stream.ts', import.meta.url),
      data: () => data,
      clock,
      logger,
      onMessage: message => {
        if (message.type === 'answer') this.#client.settle(message)
      },
      onRestart: why => this.#client.abandon(why)
    })
  }

  get live(): Live {
    return this.#client.port
  }

  start(): void {
    this.#thread.start()
  }

  async stop(): Promise<void> {
    this.#client.abandon(undefined)
    await this.#thread.stop({ type: 'stop' })
  }
}
