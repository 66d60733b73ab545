import type { KeyCustomer, SupplySource } from '../../src/registry/lookup/customers.ts'
import type { Rhythm } from './track.ts'

/** A source with what the registry says of who tells of it. */
export interface IndexedSource {
  readonly source: SupplySource
  /** Its own meter by dense number, -1 for none. */
  readonly meter: number
  /** Device that its usage point hangs on, -1 where nobody knows. */
  readonly place: number
  /** Of its meter, or of the terminal that watches it. */
  readonly rhythm: Rhythm
}

/** A feed that has a meter, and of which customer it is. */
export interface IndexedFeed {
  readonly place: number
  readonly indexed: IndexedSource
}

export interface IndexedCustomer {
  readonly customer: KeyCustomer
  readonly sources: readonly IndexedSource[]
  /** Of the terminal which watches its plant. */
  readonly plantRhythm: Rhythm
}
