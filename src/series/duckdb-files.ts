import { access, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asError, GridvigilError, isError } from '../errors.ts'
import { type DuckdbEngine, syncFolder } from './duckdb-engine.ts'
import { catalogSchema, checkSchema, daySchema } from './duckdb-schema.ts'

export const CATALOG = 'catalog'
export const DAY_MS = 86_400_000

/** UTC day number of a data time, epoch ms. */
export const dayOf = (time: number): number => Math.floor(time / DAY_MS)

const nameOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
const DAY_FILE = /^(\d{4}-\d\d-\d\d)\.duckdb$/
const NEW_FILE = /\.new(\.|$)/

/** A file that is attached and pinned, so that it stays attached while it is used. */
export interface AttachedFile {
  readonly alias: string
  /** Results seq up to which a day's file has its rows; undefined until it was read. Kept by who commits. */
  cursor: number | undefined
}

interface Entry {
  readonly file: AttachedFile
  readonly ready: Promise<void>
  attached: boolean
  pins: number
  /** Rises with use; the lowest is let go first. */
  used: number
  discarded: boolean
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
  readonly #entries = new Map<string, Entry>()
  #days: number[] = []
  #uses = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(engine: DuckdbEngine, folder: string, maxOpen: number) {
    this.#engine = engine
    this.#folder = folder
    this.#maxOpen = maxOpen
  }

  get daysFolder(): string {
    return join(this.#folder, 'days')
  }

  /** Days that have a file, ascending. */
  get days(): readonly number[] {
    return this.#days
  }

  /** Reads which files there are and removes what a crash left half made. */
  async start(): Promise<void> {
    for (const folder of [this.#folder, this.daysFolder]) {
      for (const name of await readdir(folder)) {
        if (NEW_FILE.test(name)) await rm(join(folder, name))
      }
    }
    const names = (await readdir(this.daysFolder)).flatMap(name => DAY_FILE.exec(name)?.[1] ?? [])
    this.#days = names.map(name => Date.parse(name) / DAY_MS).sort((a, b) => a - b)
  }

  /** Runs `work` with the day's file attached; makes the file when there is none. @throws SERIES_OPEN_FAILED */
  useDay<T>(day: number, work: (file: AttachedFile) => Promise<T>): Promise<T> {
    return this.#use(`d${nameOf(day).replaceAll('-', '')}`, day, work)
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
    const entry = this.#entries.get(alias) ?? this.#enter(alias, day)
    entry.pins++
    entry.used = ++this.#uses
    try {
      await entry.ready
      return await work(entry.file)
    } finally {
      entry.pins--
      if (entry.pins === 0 && entry.discarded) await this.#inOrder(() => this.#letGoDiscarded(entry))
    }
  }

  #enter(alias: string, day: number | undefined): Entry {
    const file: AttachedFile = { alias, cursor: undefined }
    const ready = this.#inOrder(() => this.#attach(entry, day))
    const entry: Entry = { file, ready, attached: false, pins: 0, used: 0, discarded: false }
    this.#entries.set(alias, entry)
    return entry
  }

  async #attach(entry: Entry, day: number | undefined): Promise<void> {
    const { alias } = entry.file
    const path =
      day === undefined
        ? join(this.#folder, 'catalog.duckdb')
        : join(this.daysFolder, `${nameOf(day)}.duckdb`)
    try {
      await this.#makeRoom()
      if (!(await exists(path))) await this.#create(path, day === undefined ? catalogSchema : daySchema)
      await this.#engine.attach(path, alias)
      entry.attached = true
      await checkSchema(this.#engine.admin, `${alias}.${day === undefined ? 'store' : 'day'}_state`, path)
      if (day !== undefined) this.#addDay(day)
    } catch (error) {
      await this.#letGo(entry)
      if (isError(error)) throw error
      throw new GridvigilError('SERIES_OPEN_FAILED', `${path}: ${asError(error).message}`, { cause: error })
    }
  }

  /** Under another name first: a file has its name only when it is whole, whatever stops us. */
  async #create(path: string, schema: (alias: string) => string[]): Promise<void> {
    const making = `${path}.new`
    await rm(making, { force: true })
    await this.#engine.attach(making, 'making')
    try {
      for (const statement of schema('making')) await this.#engine.admin.run(statement)
    } finally {
      await this.#engine.detach('making')
    }
    await rename(making, path)
    await syncFolder(dirname(path))
  }

  #addDay(day: number): void {
    if (this.#days.includes(day)) return
    this.#days = [...this.#days, day].sort((a, b) => a - b)
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

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
