import { type GridvigilError, isError } from '../../errors.ts'
import { buildRegistry } from './build.ts'
import { diffRegistries, type FileDiff } from './diff.ts'
import { type ImportOptions, type ImportResult, importRegistry } from '../read/import.ts'
import type { NumberBook } from '../numbers.ts'
import type { Registry } from '../lookup/registry.ts'
import {
  hashOfImport,
  type LatestSnapshot,
  latestSnapshot,
  openIntact,
  openSnapshot,
  replaceSnapshot,
  type SnapshotName,
  saveSnapshot,
  snapshotHashes,
  writeSnapshot
} from './snapshot.ts'
import type { SnapshotColumns } from './snapshot-columns.ts'
import { type RegistrySource, sourceOf } from '../source.ts'

export interface FolderImportOptions extends ImportOptions {
  /** Tells what an import would do and writes nothing. */
  readonly dryRun?: boolean
  /** Compare with the version before and list so many rows of each kind per file; not compared when absent. */
  readonly listedRows?: number
}

export interface FolderImport {
  readonly result: ImportResult
  /** Of a dry run the name it would get. */
  readonly name: SnapshotName
  readonly changed: boolean
  /** What was lost of the snapshot before and how it was made good, for operators; '' when nothing was. */
  readonly restored: string
  /** Against the version before; undefined when it was not asked for or is lost. */
  readonly diff: readonly FileDiff[] | undefined
}

export interface Imported extends FolderImport {
  readonly registry: Registry
}

/** As importFolder; loads what was imported. */
export function importInto(
  dataFolder: string,
  registryFolder: string,
  options: ImportOptions = {}
): Imported {
  const imported = importFolder(dataFolder, registryFolder, options)
  const { result, name } = imported
  return {
    ...imported,
    registry: buildRegistry(sourceOf(result.tables, result.book), name.version, name.hash)
  }
}

/**
 * Imports a folder with the numbers known so far and makes it durable. Nothing of it is kept in memory but what is returned:
 * half a minute and some gigabytes for a million meters, so run it in a thread or process of its own beside a server.
 * @throws as importRegistry; REGISTRY_SNAPSHOT when the numbers given so far are lost
 */
export function importFolder(
  dataFolder: string,
  registryFolder: string,
  options: FolderImportOptions = {}
): FolderImport {
  const { dryRun = false, listedRows, onProgress } = options
  const latest = latestSnapshot(dataFolder)
  let before: SnapshotColumns | undefined
  try {
    before = latest && openSnapshot(dataFolder, latest.hash)
  } catch (thrown) {
    if (latest === undefined || dryRun || !isError(thrown, 'REGISTRY_SNAPSHOT')) throw thrown
    return restore(dataFolder, latest, thrown, book => importRegistry(registryFolder, book, options))
  }
  const result = importRegistry(registryFolder, before && { ids: [...before.book()] }, {
    ...options,
    ...(before !== undefined && { rowsBefore: before.rows.bind(before) })
  })
  if (!dryRun) onProgress?.('writing')
  const name = dryRun ? nameOf(result, latest) : saveSnapshot(dataFolder, result)
  if (listedRows !== undefined) onProgress?.('comparing')
  const after = sourceOf(result.tables, result.book)
  const diff = listedRows === undefined ? undefined : diffRegistries(before ?? NO_ROWS, after, listedRows)
  before?.close()
  return { result, name, changed: name.hash !== latest?.hash, restored: '', diff }
}

const NO_ROWS: RegistrySource = sourceOf({})

function nameOf(result: ImportResult, latest: LatestSnapshot | undefined): SnapshotName {
  const isSame = latest !== undefined && hashOfImport(result, latest.version) === latest.hash
  if (isSame) return { version: latest.version, hash: latest.hash }
  const version = (latest?.version ?? 0) + 1
  return { version, hash: hashOfImport(result, version) }
}

/**
 * The newest snapshot is lost. Its numbers stand in logs and store, so its book has to be known for certain:
 *
 *   - the folder imported over some older book, or over none, gives the lost one's hash: it is the same again;
 *   - an older intact snapshot has a book of the same length, so the lost one added no number: the folder is imported
 *     over it as the next version, which from now on stands for the lost one in a replay.
 *
 * @throws REGISTRY_SNAPSHOT when neither is so
 */
function restore(
  dataFolder: string,
  lost: LatestSnapshot,
  why: GridvigilError,
  importOver: (book: NumberBook | undefined) => ImportResult
): FolderImport {
  const books = intactBooks(dataFolder)
  for (const book of [...books, undefined]) {
    const result = importOver(book)
    if (hashOfImport(result, lost.version) !== lost.hash) continue
    const name = writeSnapshot(dataFolder, result, lost.version)
    const restored = `${why.detail}; made again from the same files`
    return { result, name, changed: false, restored, diff: undefined }
  }
  const book = books.find(({ ids }) => ids.length === lost.numbers)
  if (book === undefined) throw why
  const result = importOver(book)
  const version = lost.version + 1
  // First who stands for it: once another is the newest, nobody looks for the lost one here again.
  replaceSnapshot(dataFolder, lost.hash, hashOfImport(result, version))
  const name = writeSnapshot(dataFolder, result, version)
  const restored = `${why.detail}; version ${name.version}, imported now, stands for it`
  return { result, name, changed: true, restored, diff: undefined }
}

/** Books only grow: of equal length is equal. The longest first. */
function intactBooks(dataFolder: string): NumberBook[] {
  const byLength = new Map<number, NumberBook>()
  for (const hash of snapshotHashes(dataFolder)) {
    try {
      const ids = [...openIntact(dataFolder, hash).book()]
      byLength.set(ids.length, { ids })
    } catch (thrown) {
      if (!isError(thrown)) throw thrown
    }
  }
  return [...byLength.values()].sort((a, b) => b.ids.length - a.ids.length)
}
