/**
 * A generator truck (发电车) that stands at a key customer's, as a person or its terminal told: a source that comes and goes. Told anew under its id while
 * it is there; `detachedAt` takes it away.
 */
export interface Truck {
  readonly keyCustomer: string
  /** Id of the source: that of this stay, or of a truck in supply_sources.csv. */
  readonly source: string
  /** Sections that it is plugged into, behind their switches; none where a section's switch has a place for it. */
  readonly sections: readonly string[]
  /** Absent: not said. */
  readonly capacityKw?: number
  /** What its tank held when it came. */
  readonly fuelLitres?: number
  readonly litresPerKwh?: number
  /** Epoch ms. */
  readonly attachedAt: number
  /** Absent while it is there. */
  readonly detachedAt?: number
  /** Until when it is believed to be there and to run, epoch ms: then somebody has to say so again. */
  readonly validUntil: number
  /** Who wrote it down; '' in an export, and where its terminal told. */
  readonly by: string
}

/** What a diesel set takes where nobody says, at part load. [M] */
export const TRUCK_LITRES_PER_KWH = 0.27

/** So long it is believed to be there where nobody says otherwise; as the outage stage believes one at a transformer. [M] */
export const TRUCK_MS = 24 * 3_600_000
