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

/**
 * Whom an incident leaves without supply that has named nobody yet, by the registry of now: all below its device, of single phases those
 * that hang on one of them.
 *
 * @param phases letters, '' for all
 */
export function locatedPoints(registry: Registry, device: string, phases: string): InterruptedPoint[] {
  const { numbers, columns } = registry.usagePoints
  const gone = phasesOf(phases) ?? 0
  return pointsBelow(registry, device)
    .map(id => ({ id, number: numbers.get(id) ?? -1 }))
    .filter(({ number }) => number >= 0 && isDark(phasesOf(columns.phase.get(number)) ?? 0, gone))
    .map(({ id, number }) => ({ usagePoint: id, account: columns.account.get(number), end: null }))
}

/** Bits of phases: who has none but those that are gone. */
const isDark = (own: number, gone: number): boolean => gone === 0 || (own !== 0 && (own & ~gone) === 0)
