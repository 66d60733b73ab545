import type { KeyCustomer } from './customers.ts'
import type { Registry } from './registry.ts'
import { supplyIndexOf } from './supply-index.ts'

/**
 * A device or usage point, and the devices that feed it in normal operation up to the top; alone what the registry does not
 * know. An id of both is taken for the device.
 */
export function supplyPath(registry: Registry, id: string): string[] {
  const device = registry.network.numbers.get(id)
  if (device !== undefined) return devicePath(registry, device)
  const at = placeOfPoint(registry, id)
  return at < 0 ? [id] : [id, ...devicePath(registry, at)]
}

/** Number of the device that a usage point hangs on, -1 where nobody knows. */
export const placeOfPoint = (
  { network, usagePoints }: Pick<Registry, 'network' | 'usagePoints'>,
  usagePoint: string
): number => network.numbers.get(usagePoints.get(usagePoint)?.device ?? '') ?? -1

/** Numbers of the meters of a key customer's feeds, as far as they have one. */
export const feedMeters = (
  { meterNumbers }: Pick<Registry, 'meterNumbers'>,
  { sources }: Pick<KeyCustomer, 'sources'>
): number[] => sources.flatMap(({ kind, meter }) => (kind === 'grid' ? (meterNumbers.get(meter) ?? []) : []))

const devicePath = (registry: Registry, device: number): string[] =>
  supplyIndexOf(registry)
    .path(device)
    .map(at => registry.network.ids.get(at))
