import type { Clock } from '../clock.ts'
import type { GridvigilError } from '../errors.ts'
import type { Registry } from '../registry/registry.ts'
import type { SeriesStore } from '../series/port.ts'

/**
 * What the API needs from the rest of the house. `serve` implements it; tests do too. Synchronous methods
 * answer from memory and never block; what asks the store goes through the query gate.
 */
export interface ApiContext {
  /** The registry valid now. */
  registry(): Registry
  readonly series: ApiSeries
  /** Whether `series.latest` of a meter is answered from memory, without the store. */
  remembers(meter: number): boolean
  /** Both audit equations, counted since the data folder was made. */
  audit(): ApiAudit
  /** Every room that can fail, in the order data passes them. */
  health(): readonly RoomHealth[]
  /** Whether logs and store are open and the processor has its state; a backlog shows as pending. */
  ready(): boolean
  /** Why it is not ready, when that is more than that it starts. */
  failure(): GridvigilError | undefined
  rates(): ApiRates
  gateway(): ApiGateway
  /** Whether the meters are made up; shown wherever data is shown. */
  readonly simulated: boolean
  /** IANA zone of the site. */
  readonly timezone: string
  readonly clock: Clock
  /** When this process started, epoch ms. */
  readonly startedAt: number
}

/** Queries of the series port that the API asks. */
export const SERIES_QUERIES = [
  'readings',
  'intervals',
  'latest',
  'load',
  'storedSlots',
  'quarantine',
  'terminals',
  'statistics'
] as const satisfies readonly (keyof SeriesStore)[]

export type ApiSeries = Pick<SeriesStore, (typeof SERIES_QUERIES)[number]>

export interface ApiAudit {
  readonly frames: {
    readonly acknowledged: number
    readonly decoded: number
    readonly quarantined: number
    readonly pending: number
  }
  readonly readings: {
    readonly decoded: number
    readonly stored: number
    readonly corrections: number
    readonly duplicates: number
    readonly quarantined: number
    readonly held: number
  }
}

export interface RoomHealth {
  readonly room: string
  readonly ok: boolean
  readonly detail: string
}

export interface ApiRates {
  readonly framesPerSecond: number
  readonly readingsPerSecond: number
}

/** What the gateway counts. All but `connections` since this process started. */
export interface ApiGateway {
  /** Terminals connected now. */
  readonly connections: number
  readonly connects: number
  readonly refusedLogins: number
  readonly refusedPublishes: number
  /** Publishes that were not acknowledged because the log could not store them. */
  readonly failedAppends: number
}
