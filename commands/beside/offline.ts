import { systemClock } from '../../src/clock.ts'
import type { Config } from '../../src/config.ts'
import { GridvigilError } from '../../src/errors.ts'
import { type ApiContext, type ApiSeries, SERIES_QUERIES } from '../../src/api/context.ts'
import { latestSnapshot, loadSnapshot } from '../../src/registry/version/snapshot.ts'
import { emptyRegistry, type Registry } from '../../src/registry/lookup/registry.ts'
import { EMPTY_POSITION } from '../../src/series/port.ts'
import type { SiteContext } from '../site/site.ts'

/**
 * What the API is given of the data where no server runs: the registry, and nothing that gateway, processor and store
 * would have to answer.
 */
export function offlineContext(
  config: Config
): SiteContext & Pick<ApiContext, 'backups' | 'switchingDesk' | 'decisionDesk' | 'pingDesk'> {
  const startedAt = systemClock.now()
  let registry: Registry | undefined
  const { audit } = EMPTY_POSITION
  const refuse = (): Promise<never> => Promise.reject(new GridvigilError('API_NOT_READY', 'no server runs'))
  return {
    registry() {
      const latest = latestSnapshot(config.data)
      registry ??= latest === undefined ? emptyRegistry() : loadSnapshot(config.data, latest.hash)
      return registry
    },
    series: Object.fromEntries(SERIES_QUERIES.map(method => [method, refuse])) as unknown as ApiSeries,
    remembers: () => false,
    live: { newest: () => 0, open: refuse, next: refuse, close: refuse },
    audit: () => ({ frames: { acknowledged: 0, ...audit.frames, pending: 0 }, readings: audit.readings }),
    health: () => [],
    ready: () => false,
    failure: () => undefined,
    replay: refuse,
    rates: () => ({ framesPerSecond: 0, readingsPerSecond: 0 }),
    gateway: () => ({ connections: 0, connects: 0, refusedLogins: 0, refusedPublishes: 0, failedAppends: 0 }),
    backups: {
      state: { state: 'none', folder: '', startedAt, endedAt: null, files: 0, bytes: 0, problem: null },
      begin: () => {
        throw new GridvigilError('API_NOT_READY', 'no server runs')
      }
    },
    switchingDesk: { switchStates: refuse, plannedOutages: refuse, tellSwitch: refuse, announce: refuse },
    decisionDesk: { decide: refuse, observe: refuse, truck: refuse },
    pingDesk: { ask: refuse, find: () => undefined, newest: () => [] },
    simulated: false,
    timezone: config.timezone,
    clock: systemClock,
    startedAt
  }
}
