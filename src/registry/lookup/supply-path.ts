import type { Registry } from './registry.ts'
import { supplyIndexOf } from './supply-index.ts'

/**
 * A device or usage point, and the devices that feed it in normal operation up to the top; alone what the registry does not
 * know. An id of both is taken for the device.
 */
export function supplyPath(registry: Registry, id: string): string[] {
  const { network, usagePoints } = registry
  const device = network.numbers.get(id)
  if (device !== undefined) return devicePath(registry, device)
  const at = network.numbers.get(usagePoints.get(id)?.device ?? '')
  return at === undefined ? [id] : [id, ...devicePath(registry, at)]
}

const devicePath = (registry: Registry, device: number): string[] =>
  supplyIndexOf(registry)
    .path(device)
    .map(at => registry.network.ids.get(at))
