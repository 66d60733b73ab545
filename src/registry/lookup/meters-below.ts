import { inTurns } from './in-turns.ts'
import type { Registry } from './registry.ts'
import { type SupplyIndex, supplyIndexOf } from './supply-index.ts'

/** Customers' meters at or below a device by the tree of normal feeding, its parts in turns: the first ones are spread over it. */
export function metersBelow(registry: Registry, device: number): Generator<number> {
  return below(registry, supplyIndexOf(registry), device)
}

function* below(registry: Registry, index: SupplyIndex, device: number): Generator<number> {
  const parts = index.children(device).map(child => below(registry, index, child))
  yield* inTurns([ownMeters(registry, index, device), ...parts])
}

function* ownMeters(registry: Registry, index: SupplyIndex, device: number): Generator<number> {
  for (const point of index.usagePoints(device)) yield* metersAt(registry, index, point)
}

/** Meters of a usage point that were not removed. */
export function metersAt({ meters }: Registry, index: SupplyIndex, usagePoint: string): number[] {
  const bindings = index.bindingsOf(usagePoint).filter(({ row }) => meters.removedAt[row] === Infinity)
  return bindings.map(({ meter }) => meter)
}
