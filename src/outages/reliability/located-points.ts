import { phasesOf } from '../../model/phases.ts'
import type { InterruptedPoint } from '../../reliability/incident-rows.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { supplyIndexOf } from '../../registry/lookup/supply-index.ts'

/** Usage points at or below a device in normal operation; a usage point alone is itself. Empty for what the registry does not know. */
export function pointsBelow(registry: Registry, id: string): string[] {
  const { network, usagePoints } = registry
  const device = network.numbers.get(id)
  if (device === undefined) return usagePoints.numbers.get(id) === undefined ? [] : [id]
  const index = supplyIndexOf(registry)
  const points: string[] = []
  const open = [device]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const point of index.usagePoints(at)) points.push(point)
    open.push(...index.children(at))
  }
  return points
}

/** Where an incident is that has named nobody yet. */
export interface Located {
  /** Id of the device, or of the usage point whose service line it is. */
  readonly device: string
  /** Letters of the phases that are gone, '' for all. */
  readonly phases: string
  /** Accounts that it leaves without supply, as its line says. */
  readonly affected: number
}

/**
 * Whom an incident leaves without supply that has named nobody yet, by the registry of now: all below its device, of single phases those
 * that hang on one of them. Who only lives at a low voltage by it has supply: with a phase open above a transformer of group Dyn that is
 * everybody below it, and everybody where nobody is affected.
 */
export function locatedPoints(registry: Registry, { device, phases, affected }: Located): InterruptedPoint[] {
  const { numbers, columns } = registry.usagePoints
  const gone = phasesOf(phases) ?? 0
  if (gone !== 0 && affected === 0) return []
  const place = registry.network.numbers.get(device) ?? -1
  const isLeftDark = (point: number): boolean =>
    gone === 0 ||
    (isDark(phasesOf(columns.phase.get(point)) ?? 0, gone) &&
      !isFedOnTwoPhases(registry, columns.device.get(point), place))
  return pointsBelow(registry, device)
    .map(id => ({ id, number: numbers.get(id) ?? -1 }))
    .filter(({ number }) => number >= 0 && isLeftDark(number))
    .map(({ id, number }) => ({ usagePoint: id, account: columns.account.get(number), end: null }))
}

/** Bits of phases: who has none but those that are gone. */
const isDark = (own: number, gone: number): boolean => own !== 0 && (own & ~gone) === 0

/** Whether a transformer stands between a device and one above it that makes a low voltage of an open phase: any but star-star. */
function isFedOnTwoPhases({ network, devices }: Registry, id: string, above: number): boolean {
  const { normalParent, numbers } = network
  for (let at = numbers.get(id) ?? -1; at >= 0 && at !== above; at = normalParent[at])
    if (devices.kind.get(at) === 'transformer' && !devices.vectorGroup.get(at).startsWith('Y')) return true
  return false
}
