import type { ApiContext } from '../../src/api/context.ts'
import type { Clock } from '../../src/clock.ts'
import type { Config } from '../../src/config.ts'
import type { Logger } from '../../src/logger.ts'
import type { PingLines } from '../../src/model/pings.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { BackupDesk } from '../backup/desk.ts'
import { recordFacts } from '../registry/import-facts.ts'
import { Office } from './office.ts'
import { PingDesk } from './ping-desk.ts'
import { openRegistry } from '../registry/start.ts'
import { Site } from './site.ts'
import { DecisionDesk } from './decision-desk.ts'
import { SwitchingDesk } from './switching-desk.ts'
import { VERSION } from '../version.ts'

/** A whole server without its HTTP port: data, people and backups, wired to each other. */
export interface Assembly {
  readonly site: Site
  readonly office: Office
  readonly backups: BackupDesk
  /** For the API. */
  readonly context: ApiContext
  /** @throws what keeps the server from starting */
  start(): Promise<void>
  /** Ends what requests may wait for; called before the API is closed. */
  interrupt(): void
  stop(): Promise<void>
}

/** Imports or loads the registry and wires the parts; nothing runs before `start`. */
export async function assemble(
  config: Config,
  clock: Clock,
  logger: Logger,
  simulated: boolean
): Promise<Assembly> {
  const { registry, facts } = await openRegistry(config, logger)
  const connections = {
    isConnected: (terminal: string) => site.isConnected(terminal),
    disconnect: (terminal: string) => site.disconnect(terminal)
  }
  const changeRegistry = (version: Registry): void => site.changeRegistry(version)
  const onFollowed = (cursor: number): void => site.tellFollowed(cursor)
  const office = new Office({ config, clock, logger, connections, changeRegistry, onFollowed })
  const { ledger, commandGate } = office
  const { credentials } = office.keys
  const onPings = (pings: PingLines): void => pingDesk.take(pings)
  const site = new Site({ config, registry, credentials, clock, logger, simulated, onPings })
  const data = site.context()
  const held = site.backupSource()
  const source = {
    ...held,
    // First of all: the ledger is copied after the results, and must not know more than they say.
    hold: async (isHeld: boolean) => {
      if (isHeld) await office.holdOutages(true)
      await held.hold(isHeld).finally(() => (isHeld ? undefined : office.holdOutages(false)))
    },
    atPoint: (work: () => Promise<void>) => commandGate.alone(work),
    copyLedger: (path: string) => ledger.copyTo(path)
  }
  const backups = new BackupDesk({ data: config.data, version: VERSION, source, ledger, clock, logger })
  const switchingDesk = new SwitchingDesk(site, ledger)
  const decisionDesk = new DecisionDesk(site, ledger)
  const pingDesk = new PingDesk(site.pingWay, ledger, clock, config['pings.metersPerMinute'])
  const health = () => [...data.health(), office.health()]
  return {
    ...{ site, office, backups },
    context: { ...data, ...office.context(), backups, switchingDesk, decisionDesk, pingDesk, health },
    async start() {
      await office.start()
      const by = { name: 'system', at: clock.now(), request: '' }
      if (facts !== undefined) await recordFacts(ledger, facts, by)
      else await office.completeImport(registry, by)
      if (credentials.size === 0) {
        logger.warn(
          'no terminal has a secret, so none can connect: gridvigil terminals add ID, or --credentials FILE'
        )
      }
      await site.start(await office.outages.cursor())
      office.follow(site.resultsLog, registry)
    },
    interrupt: () => office.registryDesk.stop(),
    async stop() {
      await backups.stop()
      await site.stop()
      await office.stop()
    }
  }
}
