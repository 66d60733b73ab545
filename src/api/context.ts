import type { AccessDesk } from '../access/desk.ts'
import type { CommandGate } from './http/command-gate.ts'
import type { Clock } from '../clock.ts'
import type { GridvigilError } from '../errors.ts'
import type { OutageCalls, OutageFigures } from '../ledger/outage-port.ts'
import type { Actor, LedgerCalls, TerminalSecret } from '../ledger/port.ts'
import type { ReadingCounters } from '../model/audit.ts'
import type { AnnouncedOutage, SwitchState } from '../model/decisions.ts'
import type { Observation } from '../model/observation.ts'
import type { Truck } from '../model/truck.ts'
import type { SupplyCalls } from '../ledger/supply-port.ts'
import type { Ping } from '../model/pings.ts'
import type { Role } from '../model/roles.ts'
import type { FileDiff } from '../registry/version/diff.ts'
import type { ImportIssue } from '../registry/read/issues.ts'
import type { Decision } from '../model/decisions.ts'
import type { Registry } from '../registry/lookup/registry.ts'
import type { ReliabilityCalls } from '../reliability/question.ts'
import type { QuarantineFilter, SeriesStore } from '../series/port.ts'
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
  /** What is said about outages, where the ledger keeps it. */
  readonly outages: OutageCalls
  outageFigures(): ApiOutages
  /** How key customers are supplied, from what the ledger keeps. */
  readonly supply: SupplyCalls
  /** Indices of reliability, from what the ledger keeps. */
  readonly reliability: ReliabilityCalls
  readonly terminals: ApiTerminals
  readonly registryDesk: ApiRegistryDesk
  readonly backups: ApiBackups
  readonly switchingDesk: ApiSwitchingDesk
  readonly decisionDesk: ApiDecisionDesk
  readonly pingDesk: ApiPingDesk
  /** Every command passes it. */
  readonly commandGate: CommandGate
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
  /**
   * Has open entries of the quarantine judged again, from a record of the log on. @param by who asks
   * @throws API_NOT_READY, or why the log did not take it
   */
  replay(filter: QuarantineFilter, by: string): Promise<ReplayRequested>
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

/** What is known of outages without asking, as of the last line that the ledger took. */
export interface ApiOutages extends OutageFigures {
  /** Records of the results log that the ledger has not read yet. */
  readonly recordsBehind: number
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

/** Backups of the running site. */
export interface ApiBackups {
  readonly state: BackupState
  /** Begins one; `state` says how far it is. @throws BACKUP_BUSY */
  begin(folder: string, by: Actor): BackupState
}

export interface BackupState {
  readonly state: 'none' | 'running' | 'done' | 'failed'
  readonly folder: string
  readonly startedAt: number
  readonly endedAt: number | null
  /** Copied so far; in the end what the backup holds. */
  readonly files: number
  readonly bytes: number
  readonly problem: string | null
}

/**
 * What dispatchers and automation tell of switches and planned work. It becomes a record of the events log, which the
 * stages read, and is known again after a restart.
 */
export interface ApiSwitchingDesk {
  /** As each switch was told last, by its id. */
  switchStates(): Promise<ReadonlyMap<string, ToldSwitch>>
  /** As each planned outage was announced last, by its id; cancelled ones too. */
  plannedOutages(): Promise<ReadonlyMap<string, AnnouncedOutage>>
  /** Resolves once it is durable. @throws API_NOT_READY, or why the log did not take it */
  tellSwitch(told: Omit<ToldSwitch, 'toldAt'>, by: Actor): Promise<ToldSwitch>
  /** Resolves once it is durable; it takes the place of what was said under this id. @throws as `tellSwitch` */
  announce(outage: AnnouncedOutage, by: Actor): Promise<void>
}

/** What people decide, and what they saw. */
export interface ApiDecisionDesk {
  /**
   * About an incident or alarm, named by its id. The outage stage takes it, or refuses it. Resolves once it is durable.
   * @throws API_NOT_READY, or why the log did not take it
   */
  decide(record: Decision, by: Actor): Promise<void>
  /** At a key customer's; the supply stage takes it as long as it holds. @throws as `decide` */
  observe(record: Observation, by: Actor): Promise<void>
  /** A generator truck came to a key customer's, is there still, or left. @throws as `decide` */
  truck(record: Truck, by: Actor): Promise<void>
}

export interface ToldSwitch {
  /** A device, or a tie. */
  readonly device: string
  readonly state: SwitchState
  /** When it was operated, epoch ms. */
  readonly time: number
  /** Who says so; '' when unknown. */
  readonly origin: string
  /** When this server was told, epoch ms. */
  readonly toldAt: number
}

/** Meters that are asked whether they have supply, and what they say. */
export interface ApiPingDesk {
  /**
   * Resolves once the ask is durable and sent; those whose terminal is not there or is asked for too much are named in it.
   * @throws API_PING_UNREACHABLE, API_PING_LIMIT when nobody can be asked; API_NOT_READY, or why the log did not take it
   */
  ask(wanted: WantedPing, by: Actor): Promise<Ping>
  /** How one stands; undefined when it is not known, or no longer. */
  find(id: string): Ping | undefined
  /** All that are known, the newest first. */
  newest(): readonly Ping[]
}

export interface WantedPing {
  readonly meters: Iterable<{ readonly meter: string; readonly terminal: string }>
  /** So many of them, the first that can be asked; undefined: all. */
  readonly most: number | undefined
  /** What they are asked about, '' for nothing but themselves. */
  readonly device: string
  readonly incident: string
}

export interface ReplayRequested {
  /** Entries that are judged again from here on. */
  readonly entries: number
  /** Whether more of them fit: ask again. */
  readonly more: boolean
}

/** A file of a multipart body, to be read once. */
export interface SentFile {
  readonly name: string
  readonly stream: NodeJS.ReadableStream & { readonly truncated?: boolean }
}

/** Imports of registry files beside live data. */
export interface ApiRegistryDesk {
  /**
   * @throws ImportRefused (REGISTRY_FATAL, REGISTRY_REJECTS) with the rows that were rejected; REGISTRY_BUSY while another
   * import runs; API_BAD_REQUEST, API_TOO_LARGE for odd files
   */
  importFiles(files: AsyncIterable<SentFile>, wish: ImportWish, by: Actor): Promise<ImportReport>
}

export interface ImportWish {
  /** Tells what would happen and changes nothing. */
  readonly dryRun: boolean
  /** Share of rejected rows, 0..1; the setting when absent. */
  readonly maxRejects?: number
}

/** Rows that were not taken: how many of each code, and the first of them. */
export interface RejectedRows {
  readonly total: number
  readonly byCode: Readonly<Record<string, number>>
  readonly items: readonly ImportIssue[]
}

export interface ImportReport {
  readonly version: number
  readonly hash: string
  readonly changed: boolean
  readonly restored: string
  readonly files: readonly { readonly file: string; readonly rows: number; readonly rejected: number }[]
  readonly rejected: RejectedRows
  readonly notes: readonly string[]
  readonly diff: readonly FileDiff[]
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
  'load',
  'storedSlots',
  'quarantine',
  'replayable',
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
  readonly readings: Readonly<ReadingCounters>
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
