import type { AccessDesk } from '../access/desk.ts'
import type { Clock } from '../clock.ts'
import type { GridvigilError } from '../errors.ts'
import type { Actor, LedgerCalls, TerminalSecret } from '../ledger/port.ts'
import type { Role } from '../model/roles.ts'
import type { Registry } from '../registry/registry.ts'
import type { SeriesStore } from '../series/port.ts'
import type { Live } from '../stream/port.ts'

/**
 * What the API needs from the rest of the house. `serve` implements it; tests do too. Synchronous methods
 * answer from memory and never block; what asks the store goes through the query gate.
 */
export interface ApiContext {
  /** The registry valid now. */
  registry(): Registry
  readonly series: ApiSeries
  readonly live: ApiLive
  readonly access: AccessDesk
  readonly ledger: LedgerCalls
  readonly terminals: ApiTerminals
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
  /** What callers may do who have not said who they are; undefined nothing. */
  readonly anonymousRole: Role | undefined
  readonly maxRequestsPerSecond: number
  /** Largest file of an upload. */
  readonly maxUploadBytes: number
  /** Whether the meters are made up; shown wherever data is shown. */
  readonly simulated: boolean
  /** IANA zone of the site. */
  readonly timezone: string
  readonly clock: Clock
  /** When this process started, epoch ms. */
  readonly startedAt: number
}

/** Terminals' secrets, where the gateway knows them. */
export interface ApiTerminals {
  /** Where its secret comes from; undefined when it has none and cannot log in. */
  secretOf(terminal: string): 'file' | 'ledger' | undefined
  isConnected(terminal: string): boolean
  /** Terminals that have a secret, whether the registry knows them or not. */
  known(): Iterable<string>
  /** The new secrets hold from now on; sessions opened with older ones are closed. */
  setSecrets(secrets: readonly TerminalSecret[], by: Actor): Promise<void>
  /** @returns false when the ledger had none */
  removeSecret(terminal: string, by: Actor): Promise<boolean>
}

/** What happens now, from the results log. */
export interface ApiLive extends Live {
  /** Cursor of now: the last step that the store has. */
  newest(): number
}

/** Queries of the series port that the API asks. */
export const SERIES_QUERIES = [
  'readings',
  'intervals',
  'latest',
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
