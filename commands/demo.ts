import { join } from 'node:path'
import type { Clock } from '../src/clock.ts'
import type { Config, Layer } from '../src/config.ts'
import type { Logger } from '../src/logger.ts'
import { readSecrets } from '../src/registry/read/secrets-file.ts'
import { writeDistrict } from '../src/simulator/district-registry.ts'
import type { Site } from './site/site.ts'
import type { DistrictThreadData, DistrictThreadMessage } from './threads/district.ts'
import { Thread } from './threads/thread.ts'

const SEED = 'gridvigil-demo'

/** Writes the district's registry and credentials into the data folder; returns the settings that use them. */
export function prepareDemo(config: Config): Layer {
  const folder = join(config.data, 'demo')
  writeDistrict(folder, SEED, config['demo.households'])
  // Nobody's data is shown: everybody may look.
  return { registry: folder, credentials: join(folder, 'credentials.csv'), 'http.anonymousRole': 'viewer' }
}

/** The simulated district beside the server: it publishes over real MQTT like any terminal. */
export class Demo {
  readonly #config: Config
  readonly #clock: Clock
  readonly #logger: Logger
  #thread: Thread<'stop', DistrictThreadMessage> | undefined

  constructor(config: Config, clock: Clock, logger: Logger) {
    this.#config = config
    this.#clock = clock
    this.#logger = logger
  }

  /** Starts once the store can tell what it has already: history goes on from there. */
  async start(site: Site): Promise<void> {
    while (!site.context().ready()) await this.#clock.delay(20)
    const since = await site.newestTime()
    const data: DistrictThreadData = {
      url: `mqtt://${this.#config['mqtt.host']}:${site.mqttPort}`,
      credentials: readSecrets(this.#config.credentials),
      seed: SEED,
      households: this.#config['demo.households'],
      historyDays: this.#config['demo.historyDays'],
      ...(since !== undefined && { since })
    }
    this.#thread = new Thread({
      name: 'district',
      entry: new URL('./threads/district.ts', import.meta.url),
      data: () => data,
      clock: this.#clock,
      logger: this.#logger,
      onMessage: message => this.#logger.info(message, 'simulated district')
    })
    this.#thread.start()
  }

  async stop(): Promise<void> {
    await this.#thread?.stop('stop')
  }
}
