import { access, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asError, GridvigilError, isError } from '../../errors.ts'
import { nodeFiles } from '../../files.ts'
import { Days, nameOfDay } from './days.ts'
import type { DuckdbEngine } from './engine.ts'
import {
  CATALOG_VERSION,
  catalogSchema,
  checkSchema,
  daySchema,
  SCHEMA_VERSION,
  upgradeCatalog,
  upgradeDay
} from './schema.ts'

export const CATALOG = 'catalog'
const CATALOG_STATE = 'store_state'
const NEW_FILE = /\.new(\.|$)/

/** A file that is attached and pinned, so that it stays attached while it is used. */
export interface AttachedFile {
  readonly alias: string
  /** UTC day number, NaN for the catalog. */
  readonly day: number
  /** Results seq up to which a day's file has its rows; undefined while unknown. Kept by who commits. */
  cursor: number | undefined
  /**
   * Results seq up to which the readings of the day's file know how long their intervals were; what is beyond it may have
   * restated some.
   */
  lengthsTo: number | undefined
  /** Whether any value of the day's file has reasons; undefined while unknown. Set by who commits some. */
  hasReasons: boolean | undefined
}

interface Entry {
  readonly file: AttachedFile
  readonly ready: Promise<void>
  attached: boolean
  pins: number
  /** Rises with use; the lowest is let go first. */
  used: number
  discarded: boolean
  /** Told when a use ends. */
  onUnpin: (() => void) | undefined
}

/**
 * The files of the store, attached when used and let go when too many are: attaching takes a millisecond, an
 * attached file about one MB. One is never let go while it is in use.
 *
 *   use(20778) -> attach or create -> pin -> work -> unpin -> (too many? DETACH the longest unused)
 */
export class StoreFiles {
  readonly #engine: DuckdbEngine
  readonly #folder: string
  readonly #maxOpen: number
  readonly days: Days
  readonly #entries = new Map<string, Entry>()
  /** Files that nobody may use for a moment, each with the moment's end. */
  readonly #closed = new Map<string, Promise<void>>()
  #uses = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(engine: DuckdbEngine, folder: string, maxOpen: number) {
    this.#engine = engine
    this.#folder = folder
    this.#maxOpen = maxOpen
    this.days = new Days(join(folder, 'days'))
  }

  /** Reads which files there are and removes what a crash left half made. */
  async start(): Promise<void> {
    for (const folder of [this.#folder, this.days.folder]) {
      for (const name of await readdir(folder)) {
        if (NEW_FILE.test(name)) await rm(join(folder, name))
      }
    }
    await this.days.start()
  }

  /** Reads with the day's file attached. @throws SERIES_DAY_UNREADABLE, also while the file is made anew */
  async readDay<T>(day: number, work: (file: AttachedFile) => Promise<T>): Promise<T> {
    this.days.checkMayRead(day)
    return this.useDay(day, work)
  }

  /**
   * Reads with the files of several days attached. An error of `work` does not say which of them is damaged: read them one
   * by one then. @throws SERIES_DAY_UNREADABLE as `readDay` does
   */
  async readDays<T>(
    days: readonly number[],
    work: (files: readonly AttachedFile[]) => Promise<T>
  ): Promise<T> {
    for (const day of days) this.days.checkMayRead(day)
    const useFrom = (at: number, files: readonly AttachedFile[]): Promise<T> => {
      const day = days[at]
      if (day === undefined) return work(files)
      return this.#use(aliasOf(day), day, file => useFrom(at + 1, [...files, file]))
    }
    return useFrom(0, [])
  }

  /** Runs `work` with the day's file attached; makes the file when the day never had one. @throws SERIES_DAY_UNREADABLE */
  useDay<T>(day: number, work: (file: AttachedFile) => Promise<T>): Promise<T> {
    return this.#use(aliasOf(day), day, async file => {
      try {
        return await work(file)
      } catch (thrown) {
        throw this.days.useError(day, thrown)
      }
    })
  }

  /** Runs `work` with the catalog attached. @throws SERIES_OPEN_FAILED */
  useCatalog<T>(work: (file: AttachedFile) => Promise<T>): Promise<T> {
    return this.#use(CATALOG, undefined, work)
  }

  /** Lets a file go as soon as nobody uses it: after a failed commit only the disk says what it holds. */
  discard(file: AttachedFile): void {
    const entry = this.#entries.get(file.alias)
    if (entry?.file === file) entry.discarded = true
  }

  /**
   * Replaces a day's file. Whoever wants the day waits; when its present users are done, `work` has it alone, then it is let
   * go and `replace` moves the new file to its path. Both may throw: the file that is at the path stands.
   */
  async replaceDay(
    day: number,
    work: (file: AttachedFile) => Promise<void>,
    replace: (path: string) => Promise<void>
  ): Promise<void> {
    const alias = aliasOf(day)
    const open = Promise.withResolvers<void>()
    this.#closed.set(alias, open.promise)
    try {
      const entry = this.#entries.get(alias) ?? this.#enter(alias, day)
      await this.#useEntry(entry, async file => {
        await onlyUse(entry)
        await work(file)
      })
      await this.#inOrder(() => this.#letGo(entry))
      await replace(this.days.pathOf(day))
      await nodeFiles.syncFolder(this.days.folder)
    } finally {
      this.#closed.delete(alias)
      open.resolve()
    }
  }

  /** Runs `work` with a new empty file attached, which has the name of the day's file with `.new` behind it. */
  async withNewDay<T>(day: number, work: (alias: string, path: string) => Promise<T>): Promise<T> {
    const path = `${this.days.pathOf(day)}.new`
    const alias = `n${aliasOf(day)}`
    await this.#inOrder(async () => {
      await removeFile(path)
      await this.#engine.attach(path, alias)
    })
    try {
      for (const statement of daySchema(alias)) await this.#engine.admin.run(statement)
      return await work(alias, path)
    } finally {
      // Detached already when it took the day's place; its name is gone then.
      await this.detachNew(day).catch(() => undefined)
      await removeFile(path)
    }
  }

  /** Lets the new file go: all of it is in the file then. */
  detachNew(day: number): Promise<void> {
    return this.#inOrder(() => this.#engine.detach(`n${aliasOf(day)}`))
  }

  /** Waits for nothing: the caller knows that nothing is in use. Folds all logs in. */
  async stop(): Promise<void> {
    await this.#inOrder(async () => {
      for (const entry of [...this.#entries.values()]) await this.#letGo(entry)
    })
  }

  async #use<T>(
    alias: string,
    day: number | undefined,
    work: (file: AttachedFile) => Promise<T>
  ): Promise<T> {
    for (let closed = this.#closed.get(alias); closed !== undefined; closed = this.#closed.get(alias)) {
      await closed
    }
    return this.#useEntry(this.#entries.get(alias) ?? this.#enter(alias, day), work)
  }

  async #useEntry<T>(entry: Entry, work: (file: AttachedFile) => Promise<T>): Promise<T> {
    entry.pins++
    entry.used = ++this.#uses
    try {
      await entry.ready
      return await work(entry.file)
    } finally {
      entry.pins--
      entry.onUnpin?.()
      if (entry.pins === 0 && entry.discarded) await this.#inOrder(() => this.#letGoDiscarded(entry))
    }
  }

  #enter(alias: string, day: number | undefined): Entry {
    const file: AttachedFile = {
      alias,
      day: day ?? Number.NaN,
      cursor: undefined,
      lengthsTo: undefined,
      hasReasons: undefined
    }
    const ready = this.#inOrder(() => this.#attach(entry, day))
    const entry: Entry = {
      file,
      ready,
      attached: false,
      pins: 0,
      used: 0,
      discarded: false,
      onUnpin: undefined
    }
    this.#entries.set(alias, entry)
    return entry
  }

  async #attach(entry: Entry, day: number | undefined): Promise<void> {
    const path = day === undefined ? join(this.#folder, 'catalog.duckdb') : this.days.pathOf(day)
    try {
      await this.#makeRoom()
      if (day === undefined) await this.#attachFile(entry, path, CATALOG_STATE, catalogSchema)
      else await this.#attachDay(entry, path, day)
    } catch (error) {
      await this.#letGo(entry)
      if (day !== undefined) throw this.days.attachError(day, error)
      if (isError(error)) throw error
      throw new GridvigilError('SERIES_OPEN_FAILED', `${path}: ${asError(error).message}`, { cause: error })
    }
  }

  async #attachDay(entry: Entry, path: string, day: number): Promise<void> {
    const { file } = entry
    await this.#attachFile(entry, path, 'day_state', alias => {
      this.days.checkMayCreate(day)
      return daySchema(alias)
    })
    const state = await this.#engine.admin.runAndReadAll(
      `SELECT cursor, lengths_to FROM ${file.alias}.day_state`
    )
    const [[cursor, lengthsTo] = []] = state.getRows()
    this.days.checkCursor(day, Number(cursor))
    file.cursor = Number(cursor)
    file.lengthsTo = lengthsTo === null ? undefined : Number(lengthsTo)
    this.days.add(day)
    this.days.clear(day)
  }

  async #attachFile(
    entry: Entry,
    path: string,
    stateTable: string,
    schema: (alias: string) => string[]
  ): Promise<void> {
    const { alias } = entry.file
    if (!(await exists(path))) await this.#create(path, schema)
    await this.#engine.attach(path, alias)
    entry.attached = true
    const { admin } = this.#engine
    const isCatalog = stateTable === CATALOG_STATE
    await (isCatalog ? upgradeCatalog : upgradeDay)(admin, alias)
    const readable = isCatalog ? CATALOG_VERSION : SCHEMA_VERSION
    await checkSchema(admin, `${alias}.${stateTable}`, path, readable)
  }

  /** Under another name first: a file has its name only when it is whole, whatever stops us. */
  async #create(path: string, schema: (alias: string) => string[]): Promise<void> {
    const making = `${path}.new`
    const statements = schema('making')
    await removeFile(making)
    await this.#engine.attach(making, 'making')
    try {
      for (const statement of statements) await this.#engine.admin.run(statement)
    } finally {
      await this.#engine.detach('making')
    }
    await rename(making, path)
    await nodeFiles.syncFolder(dirname(path))
  }

  async #makeRoom(): Promise<void> {
    const idle = [...this.#entries.values()].filter(entry => entry.attached && entry.pins === 0)
    idle.sort((a, b) => b.used - a.used)
    while (this.#entries.size > this.#maxOpen && idle.length > 0) {
      const entry = idle.pop()
      if (entry !== undefined && entry.pins === 0) await this.#letGo(entry)
    }
  }

  async #letGoDiscarded(entry: Entry): Promise<void> {
    if (entry.pins === 0 && this.#entries.get(entry.file.alias) === entry) await this.#letGo(entry)
  }

  /** Leaves the map first: a use that begins meanwhile makes a new entry, which waits for its turn behind us. */
  async #letGo(entry: Entry): Promise<void> {
    if (this.#entries.get(entry.file.alias) === entry) this.#entries.delete(entry.file.alias)
    if (!entry.attached) return
    entry.attached = false
    await this.#engine.detach(entry.file.alias)
  }

  /** Attaching and detaching happen one after the other, on one connection. */
  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}

/** Resolves when nobody but the caller uses the file. */
async function onlyUse(entry: Entry): Promise<void> {
  while (entry.pins > 1) {
    await new Promise<void>(resolve => {
      entry.onUnpin = resolve
    })
  }
  entry.onUnpin = undefined
}

const aliasOf = (day: number): string => `d${nameOfDay(day).replaceAll('-', '')}`

async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true })
  await rm(`${path}.wal`, { force: true })
  await rm(`${path}.undo`, { force: true })
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
