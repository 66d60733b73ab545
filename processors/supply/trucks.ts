import type { SupplySource } from '../../src/registry/lookup/customers.ts'
import type { Truck } from '../../src/model/truck.ts'
import type { IndexedCustomer, IndexedSource } from './customer-index.ts'

/** A customer with the trucks that stand there at a moment, as sources of its own. */
export interface PresentCustomer extends IndexedCustomer {
  /** By source. */
  readonly trucks: ReadonlyMap<string, Truck>
}

const NO_TRUCKS: ReadonlyMap<string, Truck> = new Map()

/** Trucks that stand or stood at key customers in the last days, as told last. */
export class Trucks {
  /** By customer, then by source. */
  readonly #stays = new Map<string, Map<string, Truck>>()

  /** Enters what was told of one. @returns from when on its customer may be seen otherwise, epoch ms */
  take(truck: Truck): number {
    const { keyCustomer, source, attachedAt } = truck
    const stays = this.#stays.get(keyCustomer) ?? new Map<string, Truck>()
    const before = stays.get(source)
    this.#stays.set(keyCustomer, stays.set(source, truck))
    return Math.min(attachedAt, before?.attachedAt ?? attachedAt)
  }

  /** What was told last of one that stands at a customer's, or did. */
  find(keyCustomer: string, source: string): Truck | undefined {
    return this.#stays.get(keyCustomer)?.get(source)
  }

  *all(): Generator<Truck> {
    for (const stays of this.#stays.values()) yield* stays.values()
  }

  /** A customer with those that stood there at a moment. */
  joined(indexed: IndexedCustomer, moment: number): PresentCustomer {
    const { customer } = indexed
    const stays = this.#stays.get(customer.id)
    if (stays === undefined) return { ...indexed, trucks: NO_TRUCKS }
    const trucks = new Map([...stays].filter(([, truck]) => isThere(truck, moment)))
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
    for (const { source, attachedAt, detachedAt, validUntil } of this.#stays.get(keyCustomer)?.values() ?? [])
      yield { source, moments: [attachedAt, validUntil + 1, detachedAt ?? validUntil + 1] }
  }

  /** Forgets those that went before a time. */
  forget(before: number): void {
    for (const [customer, stays] of this.#stays) {
      for (const [source, { detachedAt, validUntil }] of stays)
        if ((detachedAt ?? validUntil) < before) stays.delete(source)
      if (stays.size === 0) this.#stays.delete(customer)
    }
  }

  save(): readonly Truck[] {
    return [...this.all()]
  }

  load(saved: readonly Truck[]): void {
    this.#stays.clear()
    for (const truck of saved) this.take(truck)
  }
}

const isThere = ({ attachedAt, detachedAt = Number.POSITIVE_INFINITY }: Truck, moment: number): boolean =>
  attachedAt <= moment && moment < detachedAt

/** A truck as a source; the terminal that watches the plant may tell of it. */
export function indexTruck(
  { source: id, capacityKw, fuelLitres, litresPerKwh, attachedAt }: Truck,
  { plantRhythm }: Pick<IndexedCustomer, 'plantRhythm'>
): IndexedSource {
  const unknown = Number.NaN
  const source: SupplySource = {
    ...{ id, kind: 'truck', usagePoint: '', meter: '', measuredAt: '', terminal: '', mode: 'standby' },
    ...{ routeGroup: '', voltageKv: unknown, capacityKw: capacityKw ?? unknown, startClassS: unknown },
    ...{ fuelLitres: fuelLitres ?? unknown, fuelDeclaredOn: attachedAt },
    ...{ litresPerKwh: litresPerKwh ?? unknown, reserveLitres: unknown },
    ...{ batteryKwh: unknown, batteryMinutes: unknown }
  }
  return { source, meter: -1, place: -1, rhythm: plantRhythm }
}
