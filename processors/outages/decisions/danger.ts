import { placeOfPoint } from '../../../src/registry/lookup/supply-path.ts'
import type { PresentGrid } from '../grid/present-grid.ts'

/**
 * Whether what an alarm is about lies at or below a device, as it is fed now or normally: a device, a usage point, or a load section by the feeds that
 * could be closed onto it.
 */
export function liesBelow(grid: PresentGrid, subject: string, device: number): boolean {
  return placesOf(grid, subject).some(
    place => grid.isAtOrBelow(place, device) || grid.wasAtOrBelow(place, device)
  )
}

function placesOf({ registry }: PresentGrid, subject: string): number[] {
  const { network, usagePoints, keyCustomers } = registry
  const device = network.numbers.get(subject)
  if (device !== undefined) return [device]
  const places = (ids: readonly string[]): number[] =>
    ids.map(id => placeOfPoint(registry, id)).filter(place => place >= 0)
  if (usagePoints.get(subject) !== undefined) return places([subject])
  for (const { sections, sources } of keyCustomers.values()) {
    const section = sections.find(({ id }) => id === subject)
    if (section === undefined) continue
    return places(
      sources.filter(({ id }) => section.sources.includes(id)).map(({ usagePoint }) => usagePoint)
    )
  }
  return []
}
