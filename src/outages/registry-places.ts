import type { OutagePlaces } from '../ledger/outage-port.ts'
import type { Registry } from '../registry/lookup/registry.ts'
import { supplyPath } from '../registry/lookup/supply-path.ts'

/** Places by the registry of now. */
export const placesOf = (registry: () => Registry): OutagePlaces => ({
  path: id => supplyPath(registry(), id),
  account: usagePoint => registry().usagePoints.get(usagePoint)?.account ?? ''
})
