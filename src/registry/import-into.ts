import { type GridvigilError, isError } from '../errors.ts'
import { bookOf, buildRegistry } from './build.ts'
import { type ImportOptions, type ImportResult, importRegistry } from './import.ts'
import type { NumberBook } from './numbers.ts'
import type { Registry } from './registry.ts'
import {
  hashOfImport,
  type LatestSnapshot,
  latestSnapshot,
  loadIntact,
  loadSnapshot,
  replaceSnapshot,
  type SnapshotName,
  saveSnapshot,
  snapshotHashes,
  writeSnapshot
} from './snapshot.ts'
import { sourceOf } from './source.ts'

export interface Imported {
  readonly result: ImportResult
  readonly name: SnapshotName
  readonly registry: Registry
  readonly changed: boolean
  /** What was lost of the snapshot before and how it was made good, for operators; '' when nothing was. */
  readonly restored: string
}

/**
 * Imports a folder with the numbers known so far, makes it durable and loads it.
 * @throws as importRegistry; REGISTRY_SNAPSHOT when the numbers given so far are lost
 */
export function importInto(
  dataFolder: string,
  registryFolder: string,
  options: ImportOptions = {}
): Imported {
  const before = latestSnapshot(dataFolder)
  let previous: NumberBook | undefined
  try {
    previous = before && bookOf(loadSnapshot(dataFolder, before.hash))
  } catch (thrown) {
    if (before === undefined || !isError(thrown, 'REGISTRY_SNAPSHOT')) throw thrown
    return restore(dataFolder, before, thrown, book => importRegistry(registryFolder, book, options))
  }
  const result = importRegistry(registryFolder, previous, options)
  const name = saveSnapshot(dataFolder, result)
  return { ...built(result, name), changed: name.hash !== before?.hash, restored: '' }
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
): Imported {
  const books = intactBooks(dataFolder)
  for (const book of [...books, undefined]) {
    const result = importOver(book)
    if (hashOfImport(result, lost.version) !== lost.hash) continue
    const name = writeSnapshot(dataFolder, result, lost.version)
    return {
      ...built(result, name),
      changed: false,
      restored: `${why.detail}; made again from the same files`
    }
  }
  const book = books.find(({ ids }) => ids.length === lost.numbers)
  if (book === undefined) throw why
  const result = importOver(book)
  const version = lost.version + 1
  // First who stands for it: once another is the newest, nobody looks for the lost one here again.
  replaceSnapshot(dataFolder, lost.hash, hashOfImport(result, version))
  const name = writeSnapshot(dataFolder, result, version)
  const restored = `${why.detail}; version ${name.version}, imported now, stands for it`
  return { ...built(result, name), changed: true, restored }
}

/** Books only grow: of equal length is equal. The longest first. */
function intactBooks(dataFolder: string): NumberBook[] {
  const byLength = new Map<number, NumberBook>()
  for (const hash of snapshotHashes(dataFolder)) {
    try {
      const book = bookOf(loadIntact(dataFolder, hash))
      byLength.set(book.ids.length, book)
    } catch (thrown) {
      if (!isError(thrown)) throw thrown
    }
  }
  return [...byLength.values()].sort((a, b) => b.ids.length - a.ids.length)
}

const built = (result: ImportResult, name: SnapshotName) => ({
  result,
  name,
  registry: buildRegistry(sourceOf(result.tables, result.book), name.version, name.hash)
})
