import type { TruckEntry } from '../../model/dossier.ts'
import { type KeyCustomer, truckAsSource } from '../../registry/lookup/customers.ts'

/** Stays of trucks that are looked at: who had more has them in the audit trail. */
export const MOST_STAYS = 100

/** Those that have not ended. */
export const trucksHere = (stays: readonly TruckEntry[]): TruckEntry[] =>
  stays.filter(({ body }) => body.detachedAt === undefined)

/** A customer with the trucks that are there, as sources of its own beside those on file. */
export function withTrucks(customer: KeyCustomer, stays: readonly TruckEntry[]): KeyCustomer {
  const brought = trucksHere(stays).filter(({ id }) => !customer.sources.some(source => source.id === id))
  if (brought.length === 0) return customer
  const sources = brought.map(({ id, at, body }) => truckAsSource({ ...body, source: id, attachedAt: at }))
  return { ...customer, sources: [...customer.sources, ...sources] }
}
