import type { Registry } from './registry.ts'
import { type SupplyIndex, supplyIndexOf } from './supply-index.ts'

/** Customers' meters at or below a device by the tree of normal feeding, its parts in turns: the first ones are spread over it. */
export function metersBelow(registry: Registry, device: number): Generator<number> {
  return below(registry, supplyIndexOf(registry), device)
}

function below(registry: Registry, index: SupplyIndex, device: number): Generator<number> {
  const parts = index.children(device).map(child => below(registry, index, child))
  return inTurns([ownMeters(registry, index, device), ...parts])
}

function* ownMeters(registry: Registry, index: SupplyIndex, device: number): Generator<number> {
  for (const point of index.usagePoints(device)) yield* metersAt(registry, index, point)
}

/** Meters of a usage point that were not removed. */
export function metersAt({ meters }: Registry, index: SupplyIndex, usagePoint: string): number[] {
  const bindings = index.bindingsOf(usagePoint).filter(({ row }) => meters.removedAt[row] === Infinity)
  return bindings.map(({ meter }) => meter)
}

/** One of each, then the next of each, until all are through. */
export function* inTurns<T>(parts: readonly Iterator<T>[]): Generator<T> {
  let left = parts
  while (left.length > 0) {
    const more: Iterator<T>[] = []
    for (const part of left) {
      const { done, value } = part.next()
      if (done === true) continue
      yield value
      more.push(part)
    }
    left = more
  }
}
