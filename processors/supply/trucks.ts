import { truckAsSource } from '../../src/registry/lookup/customers.ts'
import type { Truck } from '../../src/model/truck.ts'
import type { IndexedCustomer, IndexedSource } from './indexed.ts'

/** A customer with the trucks that stand there at a moment, as sources of its own. */
export interface PresentCustomer extends IndexedCustomer {
  /** By source. */
  readonly trucks: ReadonlyMap<string, Truck>
}

/** More trucks in a week come to nobody: the first are forgotten. */
const MOST_STAYS = 100

const NO_TRUCKS: ReadonlyMap<string, Truck> = new Map()

/** Trucks that stand or stood at key customers in the last days, as told last. */
export class Trucks {
  /** By customer; those of one truck in the order in which they were. */
  readonly #stays = new Map<string, Truck[]>()

  /**
   * Enters what was told of one: it takes the place of what was told of the same stay, which has not ended when this one began.
   * @returns from when on its customer may be seen otherwise, epoch ms
   */
  take(truck: Truck): number {
    const { keyCustomer, source, attachedAt } = truck
    const stays = this.#stays.get(keyCustomer) ?? []
    this.#stays.set(keyCustomer, stays)
    const place = stays.findLastIndex(stay => stay.source === source && !(endOf(stay) <= attachedAt))
    if (place < 0) {
      stays.push(truck)
      if (stays.length > MOST_STAYS) stays.shift()
      return attachedAt
    }
    const before = stays[place] as Truck
    stays[place] = truck
    return Math.min(attachedAt, before.attachedAt)
  }

  /** What was told last of one that stands at a customer's, or did. */
  find(keyCustomer: string, source: string): Truck | undefined {
    return this.#stays.get(keyCustomer)?.findLast(stay => stay.source === source)
  }

  *all(): Generator<Truck> {
    for (const stays of this.#stays.values()) yield* stays
  }

  /** A customer with those that stood there at a moment. */
  joined(indexed: IndexedCustomer, moment: number): PresentCustomer {
    const { customer } = indexed
    const stays = this.#stays.get(customer.id)
    if (stays === undefined) return { ...indexed, trucks: NO_TRUCKS }
    const there = stays.filter(stay => stay.attachedAt <= moment && moment < endOf(stay))
    const trucks = new Map(there.map(stay => [stay.source, stay]))
    const isOnFile = ({ source }: Truck): boolean => customer.sources.some(({ id }) => id === source)
    const brought = [...trucks.values()].filter(truck => !isOnFile(truck))
    const sources = brought.map(truck => indexTruck(truck, indexed))
    return {
      customer: { ...customer, sources: [...customer.sources, ...sources.map(({ source }) => source)] },
      sources: [...indexed.sources, ...sources],
      plantRhythm: indexed.plantRhythm,
      trucks
    }
  }

  /** Sources that a customer had for a time, and when that changed. */
  *changes(keyCustomer: string): Generator<{ readonly source: string; readonly moments: readonly number[] }> {
    for (const { source, attachedAt, detachedAt, validUntil } of this.#stays.get(keyCustomer) ?? [])
      yield { source, moments: [attachedAt, validUntil + 1, detachedAt ?? validUntil + 1] }
  }

  /** Forgets those that went before a time. */
  forget(before: number): void {
    for (const [customer, stays] of this.#stays) {
      const kept = stays.filter(({ detachedAt, validUntil }) => (detachedAt ?? validUntil) >= before)
      if (kept.length > 0) this.#stays.set(customer, kept)
      else this.#stays.delete(customer)
    }
  }

  save(): readonly Truck[] {
    return [...this.all()]
  }

  load(saved: readonly Truck[]): void {
    this.#stays.clear()
    for (const truck of saved)
      this.#stays.set(truck.keyCustomer, [...(this.#stays.get(truck.keyCustomer) ?? []), truck])
  }
}

const endOf = ({ detachedAt = Number.POSITIVE_INFINITY }: Truck): number => detachedAt

/** A truck as a source; the terminal that watches the plant may tell of it. */
export function indexTruck(
  truck: Truck,
  { plantRhythm }: Pick<IndexedCustomer, 'plantRhythm'>
): IndexedSource {
  return { source: truckAsSource(truck), meter: -1, place: -1, rhythm: plantRhythm }
}
