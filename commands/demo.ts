import { join } from 'node:path'
import type { Clock } from '../src/clock.ts'
import type { Config, Layer } from '../src/config.ts'
import type { Logger } from '../src/logger.ts'
import { readSecrets } from '../src/registry/read/secrets-file.ts'
import { cityFolders } from '../src/simulator/city/write-city.ts'
import { writeDemoCity } from '../src/simulator/demo/demo-city.ts'
import type { Site } from './site/site.ts'
import type { DemoThreadData, DemoThreadMessage } from './threads/demo.ts'
import { Thread } from './threads/thread.ts'

const SEED = 'gridvigil-demo'

/** What happens in the demo, again and again. */
const SCENARIO = join(import.meta.dirname, '..', 'scenarios', 'demo.yaml')

/** Writes the city's registries and credentials into the data folder; returns the settings that use them. */
export function prepareDemo(config: Config): Layer {
  const folder = join(config.data, 'demo')
  writeDemoCity(folder, SEED, config['demo.meters'])
  const { registry, credentials } = cityFolders(folder)
  // Nobody's data is shown: everybody may look.
  return { registry, credentials, 'http.anonymousRole': 'viewer' }
}

/** The made-up city beside the server: it publishes over real MQTT like any terminals. */
export class Demo {
  readonly #config: Config
  readonly #clock: Clock
  readonly #logger: Logger
  #thread: Thread<'stop', DemoThreadMessage> | undefined

  constructor(config: Config, clock: Clock, logger: Logger) {
    this.#config = config
    this.#clock = clock
    this.#logger = logger
  }

  /** Starts once the store can tell what it has already: history goes on from there. */
  async start(site: Site): Promise<void> {
    while (!site.context().ready()) await this.#clock.delay(20)
    const since = await site.newestTime()
    const data: DemoThreadData = {
      url: `mqtt://${this.#config['mqtt.host']}:${site.mqttPort}`,
      credentials: readSecrets(this.#config.credentials),
      seed: SEED,
      truth: cityFolders(join(this.#config.data, 'demo')).truth,
      scenario: SCENARIO,
      historyDays: this.#config['demo.historyDays'],
      ...(since !== undefined && { since })
    }
    this.#thread = new Thread({
      name: 'demo-city',
      entry: new URL('./threads/demo.ts', import.meta.url),
      data: () => data,
      clock: this.#clock,
      logger: this.#logger,
      onMessage: message => this.#logger.info(message, 'demo city')
    })
    this.#thread.start()
  }

  async stop(): Promise<void> {
    await this.#thread?.stop('stop')
  }
}
