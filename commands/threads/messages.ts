import type { Stored } from '../../processors/runner.ts'
import type { ImportReport, RejectedRows } from '../../src/api/context.ts'
import type { FolderImportOptions } from '../../src/registry/version/import-into.ts'
import type { RegistryParts } from '../../src/registry/lookup/registry-parts.ts'
import type { PingLines } from '../../src/model/pings.ts'
import type { HistoryAnswer } from '../../src/model/history.ts'
import type { OutageFigures } from '../../src/ledger/outage-port.ts'
import type { SettingsRecord } from '../../src/records/gateway-record.ts'
import type { InfluxAddress } from '../../src/series/influxdb/link.ts'
import type { Retention } from '../../src/series/influxdb/schema.ts'
import type { SeriesPosition } from '../../src/series/port.ts'
import type { Answered, Ask } from '../site/port-client.ts'
import type { ImportFacts } from '../registry/import-facts.ts'
import type { PackedError } from './thrown.ts'

/** What the threads of `serve` are given and say to each other. Everything here crosses a thread border. */

/** A log as another thread sees it: its folder, and how far it is durable. */
export interface SharedLog {
  readonly folder: string
  readonly mark: SharedArrayBuffer
}

export interface LogSettings {
  readonly segmentBytes: number
  readonly commitDelayMs: number
  readonly commitBytes: number
  readonly retryMs: number
  readonly retentionMs: number
  readonly retentionBytes: number
}

export interface ProcessorData {
  /** Whether it begins held: see ToProcessor. */
  readonly isHeld: boolean
  readonly dataFolder: string
  readonly bell: SharedArrayBuffer
  readonly frames: SharedLog
  readonly events: SharedLog
  readonly results: SharedLog
  readonly log: LogSettings
  /** Where the store stood at the start: the results log goes on above it. */
  readonly stored: Stored
  /** Where who follows the results log beside the store stood at the start; undefined when nobody does. */
  readonly followedSeq: number | undefined
  readonly settings: SettingsRecord
  /** The registry of now; undefined when it is to be read from its snapshot. */
  readonly registry: RegistryParts | undefined
  readonly batchRecords: number
  readonly batchBytes: number
  readonly windowReadings: number
  readonly checkpointMs: number
  readonly logLevel: string
}

export type ToProcessor =
  | { readonly type: 'stop' }
  | { readonly type: 'stored'; readonly resultsSeq: number }
  /** While held, no checkpoint is written and nothing is trimmed: somebody copies the folder. */
  | { readonly type: 'hold'; readonly isHeld: boolean }
  /** Sent before the record that makes it valid. */
  | { readonly type: 'registry'; readonly parts: RegistryParts }

export type FromProcessor =
  | { readonly type: 'started' }
  /** From now on it is held, or no longer. */
  | { readonly type: 'held'; readonly isHeld: boolean }
  /** What steps said of pings, once they are durable. */
  | { readonly type: 'pings'; readonly pings: PingLines }
  /** What lies before these positions is needed by no checkpoint any more. */
  | { readonly type: 'released'; readonly framesSeq: number; readonly eventsSeq: number }
  | { readonly type: 'trouble'; readonly detail: string }
  | { readonly type: 'stopped' }

/** InfluxDB as a thread is to reach it. Crosses no border but that of the process's own threads. */
export interface InfluxSettings {
  readonly address: InfluxAddress
  readonly retention: Retention
}

export interface SeriesData {
  readonly dataFolder: string
  /** Undefined: DuckDB in the data folder. */
  readonly influx: InfluxSettings | undefined
  /** Names the meters for InfluxDB; undefined before the first import. */
  readonly registry: RegistryParts | undefined
  readonly bell: SharedArrayBuffer
  readonly results: SharedLog
  readonly memoryMb: number
  readonly threads: number
  readonly flushRows: number
  readonly flushMs: number
  readonly clusterQuietMs: number
  readonly curveDays: number
  /** Memory of the table of newest readings (src/series/latest-table.ts). */
  readonly latest: SharedArrayBuffer
  /** Meters of the registry at the start. */
  readonly meters: number
  readonly logLevel: string
}

export type ToSeries =
  | { readonly type: 'stop' }
  /** Newest readings stand in this memory from now on, those of before too. */
  | { readonly type: 'latest'; readonly memory: SharedArrayBuffer }
  /** Sent before the record that makes it valid. */
  | { readonly type: 'registry'; readonly parts: RegistryParts }
  | Ask

export type FromSeries =
  | { readonly type: 'position'; readonly position: SeriesPosition }
  /** Which parts of the store cannot be used; '' when all can again. */
  | { readonly type: 'trouble'; readonly detail: string }
  /** Newest readings are written to this memory. */
  | { readonly type: 'latest'; readonly memory: SharedArrayBuffer }
  | { readonly type: 'history'; readonly answers: readonly { id: number; answer: HistoryAnswer }[] }
  | Answered
  | { readonly type: 'stopped' }

/** A second store, filled beside the one that answers. */
export interface SeriesCopyData {
  readonly bell: SharedArrayBuffer
  readonly results: SharedLog
  readonly influx: InfluxSettings
  readonly registry: RegistryParts | undefined
  readonly flushRows: number
  readonly flushMs: number
  readonly logLevel: string
}

export type ToSeriesCopy =
  | { readonly type: 'stop' }
  /** Sent before the record that makes it valid. */
  | { readonly type: 'registry'; readonly parts: RegistryParts }

export type FromSeriesCopy =
  | { readonly type: 'open' }
  /** Why it cannot go on at present, '' when it can. */
  | { readonly type: 'trouble'; readonly detail: string }
  | { readonly type: 'stopped' }

export interface LedgerData {
  readonly dataFolder: string
  /** What it follows from its start on; undefined when nothing, or not yet. */
  readonly follow: FollowData | undefined
}

/** The results log that the ledger is to follow. */
export interface FollowData {
  readonly bell: SharedArrayBuffer
  readonly results: SharedLog
  /** The registry of now; undefined before the first import. */
  readonly registry: RegistryParts | undefined
  /** While held, nothing is taken: somebody copies the folder. */
  readonly isHeld: boolean
  readonly logLevel: string
  /** IANA zone of the site: months of reliability are its months. */
  readonly timezone: string
}

/** How far the ledger has followed, and what there is to see by now. */
export interface Followed {
  /** Stored up to here; read up to here. */
  readonly cursor: number
  readonly seq: number
  readonly figures: OutageFigures
  /** Why it cannot go on at present, '' when it can. */
  readonly trouble: string
}

export type ToLedger =
  | { readonly type: 'stop' }
  | { readonly type: 'follow'; readonly follow: FollowData }
  | { readonly type: 'registry'; readonly parts: RegistryParts }
  | Ask

export type FromLedger =
  | { readonly type: 'open' }
  | { readonly type: 'followed'; readonly followed: Followed }
  | Answered
  | { readonly type: 'stopped' }

export interface StreamData {
  readonly bell: SharedArrayBuffer
  readonly results: SharedLog
  readonly maxListeners: number
}

export type ToStream = { readonly type: 'stop' } | Ask

export type FromStream = Answered | { readonly type: 'stopped' }

/** What the process of an import is to do. */
export interface ImportTask {
  readonly dataFolder: string
  readonly folder: string
  readonly options: FolderImportOptions
  /** Nobody is served yet: it gives way to nobody, and rows that refuse the import go into the file of rejects too. */
  readonly isStart: boolean
}

export type FromImport =
  | { readonly type: 'imported'; readonly report: ImportReport; readonly facts: ImportFacts }
  | { readonly type: 'refused'; readonly error: PackedError; readonly rejected: RejectedRows }

/** The snapshot that a registry worker is to load. */
export interface RegistryTask {
  readonly dataFolder: string
  readonly hash: string
}

export type FromRegistry =
  | { readonly type: 'loaded'; readonly parts: RegistryParts }
  | { readonly type: 'failed'; readonly error: PackedError }
