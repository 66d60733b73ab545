import { createHash } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync
} from 'node:fs'
import { dirname, join } from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { asError, GridvigilError } from '../../errors.ts'
import { buildRegistry } from './build.ts'
import type { ImportResult } from '../read/import.ts'
import type { Registry } from '../lookup/registry.ts'
import { isNumeric, isPerson, type Schema, type Table } from '../schema.ts'
import { SnapshotColumns } from './snapshot-columns.ts'
import { SCHEMAS, TABLE_NAMES, type Tables } from '../tables.ts'

/**
 * Imported registries in a data folder, one immutable file each, named by the SHA-256 of its content:
 *
 *   registry/<hash>.ndjson.zst   line 1 {"format","version","rows":{file: n}}, then one line per column
 *                                {"file","column","values":[…]}, or "same": v where all cells are
 *                                equal (blank numbers are null); last {"book":[…]}
 *   registry/latest.json         {"version","hash","numbers"} of the newest; replaced by renaming
 *   registry/<hash>.replaced     hash of the one that stands for a lost one: see import-into.ts
 *
 * Log records name a registry by version and hash, so no snapshot is ever changed or removed here. One line per
 * column keeps every string far below the runtime's limit with a million meters.
 */
const FORMAT = 1
/**
 * Pieces in which a snapshot is decompressed: so large that the C library gives each back to the system when it is freed,
 * and what is not written to costs nothing.
 */
const CHUNK_BYTES = 64 * 1024 * 1024

export interface SnapshotName {
  readonly version: number
  readonly hash: string
}

/** What latest.json says. `numbers`: how long its book of numbers is; absent in older data folders. */
export interface LatestSnapshot extends SnapshotName {
  readonly numbers?: number
}

/**
 * Makes an import durable. Content equal to the newest snapshot gives that one's name again.
 * When it returns, the file and its name have been synced. Blocks: run it where nobody waits.
 */
export function saveSnapshot(dataFolder: string, result: ImportResult): SnapshotName {
  const folder = join(dataFolder, 'registry')
  if (mkdirSync(folder, { recursive: true }) !== undefined) syncFolder(dataFolder)
  const latest = latestSnapshot(dataFolder)
  if (latest !== undefined && hashOfImport(result, latest.version) === latest.hash) {
    return { version: latest.version, hash: latest.hash }
  }
  return writeSnapshot(dataFolder, result, (latest?.version ?? 0) + 1)
}

/** The name that an import would have as this version. */
export const hashOfImport = (result: ImportResult, version: number): string =>
  hashOf(headLine(version, result.tables), columnLines(result))

/** Writes an import as this version, and as the newest. */
export function writeSnapshot(dataFolder: string, result: ImportResult, version: number): SnapshotName {
  const head = headLine(version, result.tables)
  const body = columnLines(result)
  const hash = hashOf(head, body)
  const latest: LatestSnapshot = { version, hash, numbers: result.book.ids.length }
  writeDurably(snapshotPath(dataFolder, hash), zstdCompressSync(Buffer.concat([head, ...body])))
  writeDurably(latestPath(dataFolder), Buffer.from(`${JSON.stringify(latest)}\n`))
  return { version, hash }
}

/** Name of the newest snapshot, undefined before the first import. @throws REGISTRY_SNAPSHOT */
export function latestSnapshot(dataFolder: string): LatestSnapshot | undefined {
  const path = latestPath(dataFolder)
  if (!existsSync(path)) {
    // Without it the numbers of the snapshots would be given again, with another meaning.
    if (snapshotHashes(dataFolder).length > 0)
      throw new GridvigilError('REGISTRY_SNAPSHOT', `${path} is missing; only a backup has it`)
    return undefined
  }
  let latest: Partial<LatestSnapshot>
  try {
    latest = JSON.parse(readFileSync(path, 'utf8'))
  } catch (thrown) {
    throw new GridvigilError('REGISTRY_SNAPSHOT', `${path}: ${asError(thrown).message}; only a backup has it`)
  }
  const { version, hash, numbers } = latest
  if (typeof version !== 'number' || typeof hash !== 'string') {
    throw new GridvigilError('REGISTRY_SNAPSHOT', `${path} does not name a snapshot; only a backup has it`)
  }
  return { version, hash, ...(numbers !== undefined && { numbers }) }
}

/** Hashes of the snapshots that have a file. */
export function snapshotHashes(dataFolder: string): string[] {
  const folder = join(dataFolder, 'registry')
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap(name => SNAPSHOT_FILE.exec(name)?.[1] ?? [])
}

/** Also one that stands for a lost one. @throws REGISTRY_SNAPSHOT when it is missing or does not match its name. */
export function loadSnapshot(dataFolder: string, hash: string): Registry {
  const columns = openSnapshot(dataFolder, hash)
  const registry = buildRegistry(columns, columns.head.version, columns.hash)
  columns.close()
  return registry
}

/** The columns of a snapshot, or of the one that stands for it. @throws as loadSnapshot */
export function openSnapshot(dataFolder: string, hash: string): SnapshotColumns {
  try {
    return openIntact(dataFolder, hash)
  } catch (thrown) {
    const replaced = replacedPath(dataFolder, hash)
    if (!existsSync(replaced)) throw thrown
    return openIntact(dataFolder, readFileSync(replaced, 'utf8').trim())
  }
}

/** @throws REGISTRY_SNAPSHOT */
export function openIntact(dataFolder: string, hash: string): SnapshotColumns {
  const path = snapshotPath(dataFolder, hash)
  let bytes: Buffer
  try {
    bytes = zstdDecompressSync(readFileSync(path), { chunkSize: CHUNK_BYTES })
  } catch (thrown) {
    throw new GridvigilError('REGISTRY_SNAPSHOT', `${path}: ${asError(thrown).message}`)
  }
  if (hashOf(bytes, []) !== hash) throw new GridvigilError('REGISTRY_SNAPSHOT', `${path} is damaged`)
  const columns = new SnapshotColumns(bytes, path, hash)
  const { format } = columns.head
  if (format !== FORMAT)
    throw new GridvigilError('REGISTRY_FATAL', `${path} has format ${format}, this version reads ${FORMAT}`)
  return columns
}

/** From now on the one snapshot is loaded where a record names the other, which is lost. */
export function replaceSnapshot(dataFolder: string, lost: string, by: string): void {
  writeDurably(replacedPath(dataFolder, lost), Buffer.from(`${by}\n`))
}

const SNAPSHOT_FILE = /^([0-9a-f]{64})\.ndjson\.zst$/

const latestPath = (dataFolder: string): string => join(dataFolder, 'registry', 'latest.json')

const snapshotPath = (dataFolder: string, hash: string): string =>
  join(dataFolder, 'registry', `${hash}.ndjson.zst`)

const replacedPath = (dataFolder: string, hash: string): string =>
  join(dataFolder, 'registry', `${hash}.replaced`)

const toLine = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`)

function headLine(version: number, tables: Tables): Buffer {
  const rows = Object.fromEntries(TABLE_NAMES.map(name => [SCHEMAS[name].file, tables[name].rows]))
  return toLine({ format: FORMAT, version, rows })
}

function columnLines({ tables, book }: ImportResult): Buffer[] {
  const lines: Buffer[] = []
  for (const name of TABLE_NAMES) {
    const { schema, text, number } = tables[name] as unknown as Table<Schema>
    for (const column of keptColumns(schema)) {
      const values = (isNumeric(column) ? number : text)[column.name as never]
      lines.push(toLine({ file: schema.file, column: column.name, ...packColumn(values) }))
    }
  }
  lines.push(toLine({ book: book.ids }))
  return lines
}

/** What is said of persons stays out: a snapshot is read by many and kept for good. */
const keptColumns = (schema: Schema): Schema['columns'] => schema.columns.filter(column => !isPerson(column))

type Cell = string | number | null

/** Most columns of most registries are blank or hold one word: those are written once. */
function packColumn(values: readonly Cell[]): { same: Cell } | { values: readonly Cell[] } {
  const [first] = values
  const allSame = first !== undefined && values.every(value => Object.is(value, first))
  return allSame ? { same: first } : { values }
}

function hashOf(head: Buffer, body: readonly Buffer[]): string {
  const hash = createHash('sha256').update(head)
  for (const line of body) hash.update(line)
  return hash.digest('hex')
}

/** Temporary file, sync, rename, sync of the folder: after a power cut the old or the new content stands there. */
function writeDurably(path: string, content: Buffer): void {
  const temporary = `${path}.tmp`
  const file = openSync(temporary, 'w')
  try {
    for (let written = 0; written < content.length; ) written += writeSync(file, content, written)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
  syncFolder(dirname(path))
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
