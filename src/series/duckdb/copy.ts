import { constants } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isError } from '../../errors.ts'
import type { DuckdbEngine } from './engine.ts'
import { exists, type StoreFiles } from './files.ts'

/** Keeps writers of the store's files and the copy of a file apart: one at a time, in order. */
export class WriteTurns {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}

/**
 * Copies the store as a crash could have left it: the catalog first, so that no day's file is behind it. Queries go on;
 * a commit waits while one file is copied. A day that cannot be used is left out and so missing in the copy.
 * @returns days that were left out
 */
export async function copyStore(
  engine: DuckdbEngine,
  files: StoreFiles,
  turns: WriteTurns,
  from: string,
  to: string
): Promise<number[]> {
  const days = join(to, basename(files.days.folder))
  await mkdir(days, { recursive: true })
  await files.useCatalog(({ alias }) =>
    turns.run(() => copyFolded(engine, alias, join(from, CATALOG_FILE), to))
  )
  const leftOut: number[] = []
  for (const day of files.days.all) {
    try {
      await files.useDay(day, ({ alias }) =>
        turns.run(() => copyFolded(engine, alias, files.days.pathOf(day), days))
      )
    } catch (thrown) {
      if (!isError(thrown, 'SERIES_DAY_UNREADABLE')) throw thrown
      leftOut.push(day)
    }
  }
  return leftOut
}

const CATALOG_FILE = 'catalog.duckdb'

/** The file with its log folded in where that can be done, else both: nobody writes to either meanwhile. */
async function copyFolded(engine: DuckdbEngine, alias: string, path: string, folder: string): Promise<void> {
  await engine.fold(alias, 1).catch(() => undefined)
  for (const part of [path, `${path}.wal`]) {
    if (await exists(part)) await copyFile(part, join(folder, basename(part)), constants.COPYFILE_FICLONE)
  }
}
