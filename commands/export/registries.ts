import { join } from 'node:path'
import { asError } from '../../src/errors.ts'
import type { RegistryRecord } from '../../src/records/gateway-record.ts'
import { extendBook, type NumberBook } from '../../src/registry/numbers.ts'
import { importRegistry } from '../../src/registry/read/import.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { writeNumbers, writeRegistryFiles } from '../../src/registry/version/registry-files.ts'
import { firstDifference } from '../../src/registry/version/same-registry.ts'
import { hashOfImport, openSnapshot } from '../../src/registry/version/snapshot.ts'
import type { SnapshotColumns } from '../../src/registry/version/snapshot-columns.ts'
import { type ExportedRegistry, laterFolder } from '../backtest/line.ts'

/**
 * Writes the registries that records name as CSV files: the first into the folder itself, later ones into folders of it.
 * Each is read again and compared with what the data folder has; what cannot be given as it was is told of in `notes`.
 */
export class RegistryExport {
  readonly #data: string
  readonly #folder: string
  readonly notes: string[] = []
  #book: NumberBook | undefined

  constructor(data: string, folder: string) {
    this.#data = data
    this.#folder = folder
  }

  /** @param records each version once, in the order in which they came into force */
  write(records: readonly RegistryRecord[]): ExportedRegistry[] {
    // A backtest needs a folder, also where there was no registry.
    if (records.length === 0) writeRegistryFiles(sourceOf({}), this.#folder)
    return records.map((record, place) => {
      const folder = place === 0 ? this.#folder : join(this.#folder, laterFolder(record))
      const { version, hash } = record
      try {
        return { version, hash, files: this.#writeOne(record, folder) }
      } catch (thrown) {
        this.notes.push(`registry version ${version} is not in ${folder}: ${asError(thrown).message}`)
        return { version, hash }
      }
    })
  }

  /** @returns hash of what its files give @throws when they do not give the same */
  #writeOne({ version, hash }: RegistryRecord, folder: string): string {
    const columns = openSnapshot(this.#data, hash)
    try {
      writeRegistryFiles(columns, folder)
      return this.#readAgain(columns, folder, version)
    } finally {
      columns.close()
    }
  }

  #readAgain(columns: SnapshotColumns, folder: string, version: number): string {
    // Its times carry offsets: the zone plays no part. Rejected rows show as a difference.
    const read = importRegistry(folder, this.#book, { maxRejects: 1 })
    const ids = [...columns.book()]
    const isNumberedAlike =
      ids.length === read.book.ids.length && ids.every((id, n) => id === read.book.ids[n])
    if (!isNumberedAlike) writeNumbers(ids, folder)
    const result = isNumberedAlike ? read : { ...read, book: extendBook({ ids }, read.tables) }
    const difference = firstDifference(columns, sourceOf(result.tables, result.book))
    if (difference !== '') throw new Error(`its files would give other ${difference}`)
    this.#book = result.book
    return hashOfImport(result, version)
  }
}
