import { rename } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Clock } from '../../clock.ts'
import type { DuckdbEngine } from './engine.ts'
import { exists, type StoreFiles } from './files.ts'
import { integer, readNumber } from './rows.ts'
import { CLUSTERED_TABLE, DAY_TABLES } from './schema.ts'

/** Rows that one statement orders: bounds its memory to about 200 MB. */
const RANGE_ROWS = 500_000
/** Meters that are counted together when ranges are made. */
const BUCKET_METERS = 64
/** Rows behind the ordered ones from which on a day is ordered again, if they are a sixteenth of it too. */
const TAIL_ROWS = 24_576
const TAIL_SHARE = 1 / 16
/** A commit that brings a day more rows than this keeps it from being quiet. */
const BUSY_ROWS = 2000
/** Rounds of carrying over what came during the round before. */
const MAX_ROUNDS = 4
const RETRY_MS = 600_000

/** Where a clustering stands: tests stop it there. */
export type ClusterStep = 'begun' | 'range copied' | 'carried' | 'let go' | 'renamed'

export interface ClusterOptions {
  readonly clock: Clock
  /** How long a day must have been quiet, ms. */
  readonly quietMs: number
  readonly onStep?: (step: ClusterStep) => Promise<void>
}

/** Thrown to end a copy when the store closes. */
class Stopped extends Error {}

/**
 * Puts the rows of closed days in order of meter and time, a day after the other, in a new file that takes the place of
 * the old one. What a crash leaves is told in docs/decisions/0009-clustered-days.md.
 *
 *   copy ranges of meters (commits go on) -> close the day -> carry over the rest -> rename -> open
 */
export class DayClusters {
  readonly #engine: DuckdbEngine
  readonly #files: StoreFiles
  readonly #options: ClusterOptions
  /** Days in order, as long as nothing is written to them. */
  readonly #ordered = new Set<number>()
  /** When a day was busy last, and when it may be tried again after a failure; monotonic ms. */
  readonly #busyAt = new Map<number, number>()
  readonly #retryAt = new Map<number, number>()
  #isStopping = false

  constructor(engine: DuckdbEngine, files: StoreFiles, options: ClusterOptions) {
    this.#engine = engine
    this.#files = files
    this.#options = options
  }

  /** Rows were committed to a day. */
  noteWrite(day: number, rows: number): void {
    this.#ordered.delete(day)
    if (rows > BUSY_ROWS) this.#busyAt.set(day, this.#options.clock.monotonic())
  }

  /** Whether the day's rows stand in order as far as is known: it was looked at, and nothing has come since. */
  isOrdered(day: number): boolean {
    return this.#ordered.has(day)
  }

  /** A copy under way ends soon. */
  stop(): void {
    this.#isStopping = true
  }

  /** Clusters the newest day that is due. @returns the day, undefined when none is */
  async next(): Promise<number | undefined> {
    const { clock, quietMs } = this.#options
    const now = clock.monotonic()
    const { all, marked } = this.#files.days
    const newest = all.at(-1)
    for (const day of all.toReversed()) {
      const isQuiet = now - (this.#busyAt.get(day) ?? Number.NEGATIVE_INFINITY) >= quietMs
      const isLeft = day === newest || marked.has(day) || this.#files.days.isTroubled(day)
      if (isLeft || !isQuiet || this.#ordered.has(day) || now < (this.#retryAt.get(day) ?? now)) continue
      try {
        if (!(await this.#isDue(day))) {
          this.#ordered.add(day)
          continue
        }
        await this.#cluster(day)
        // Rows carried over at the end are few: the next look decides.
        this.#ordered.add(day)
        return day
      } catch (error) {
        if (error instanceof Stopped) return undefined
        this.#retryAt.set(day, clock.monotonic() + RETRY_MS)
        throw error
      }
    }
    return undefined
  }

  #isDue(day: number): Promise<boolean> {
    return this.#engine.apart(connection =>
      this.#files.readDay(day, async ({ alias }) => {
        const cursor = await clusteredTo(connection, alias)
        const rows = await readNumber(connection, `SELECT count(*)::DOUBLE FROM ${alias}.readings`)
        if (cursor === undefined) return rows > 0
        const tail = await readNumber(
          connection,
          `SELECT count(*)::DOUBLE FROM ${alias}.readings WHERE seq > ${cursor}`
        )
        return tail >= TAIL_ROWS && tail >= rows * TAIL_SHARE
      })
    )
  }

  async #cluster(day: number): Promise<void> {
    await this.#engine.apart(connection =>
      this.#files.withNewDay(day, async (copy, newPath) => {
        await this.#step('begun')
        let from = 0
        let carried = Number.POSITIVE_INFINITY
        for (let round = 0; round < MAX_ROUNDS && carried > TAIL_ROWS; round++) {
          const before = from
          from = await this.#files.readDay(day, async ({ alias }) => {
            const to = await readNumber(connection, `SELECT cursor::DOUBLE FROM ${alias}.day_state`)
            carried = await this.#copy(connection, alias, copy, before, to, round > 0)
            return to
          })
          if (round === 0) {
            await connection.run(
              `CREATE TABLE ${copy}.${CLUSTERED_TABLE} AS SELECT ${integer(from)}::BIGINT AS cursor`
            )
            // Rows of later rounds may restate the intervals of these.
            await connection.run(`UPDATE ${copy}.day_state SET lengths_to = ${integer(from)}`)
          }
        }
        await connection.run(`CHECKPOINT ${copy}`)
        await this.#replace(connection, day, copy, newPath, from)
      })
    )
  }

  /** The end, for which the day is closed. */
  async #replace(
    connection: DuckDBConnection,
    day: number,
    copy: string,
    newPath: string,
    from: number
  ): Promise<void> {
    await this.#files.replaceDay(
      day,
      async ({ alias }) => {
        const to = await readNumber(connection, `SELECT cursor::DOUBLE FROM ${alias}.day_state`)
        if (to > from) await this.#copyRange(connection, alias, copy, span(from, to), '')
        await connection.run(`UPDATE ${copy}.day_state SET cursor = ${integer(to)}`)
        await checkCounts(connection, alias, copy)
        await this.#step('carried')
      },
      async path => {
        await this.#files.detachNew(day)
        await this.#step('let go')
        // A log that was not folded in would belong to a file that is gone, or to one that never had it.
        for (const each of [path, newPath]) {
          if (await exists(`${each}.wal`)) throw new Error(`${each} could not be let go of`)
        }
        await rename(newPath, path)
        await this.#step('renamed')
      }
    )
  }

  /** Rows with seq in (from, to], a range of meters at a time. @returns readings copied */
  async #copy(
    connection: DuckDBConnection,
    alias: string,
    copy: string,
    from: number,
    to: number,
    isFollowing: boolean
  ): Promise<number> {
    const { clock } = this.#options
    const seqs = span(from, to)
    const { ranges, rows } = await rangesOf(connection, alias, seqs)
    for (const range of isFollowing ? [''] : ranges) {
      if (this.#isStopping) throw new Stopped()
      const begun = clock.monotonic()
      await this.#copyRange(connection, alias, copy, seqs, range)
      await this.#step('range copied')
      await clock.delay(clock.monotonic() - begun)
    }
    return rows
  }

  async #copyRange(
    connection: DuckDBConnection,
    alias: string,
    copy: string,
    seqs: string,
    range: string
  ): Promise<void> {
    for (const { name, order } of DAY_TABLES) {
      const rows = rowsOf(alias, name, `${seqs} ${range}`)
      await connection.run(`INSERT INTO ${copy}.${name} SELECT * FROM (${rows}) ORDER BY ${order}`)
    }
  }

  async #step(step: ClusterStep): Promise<void> {
    await this.#options.onStep?.(step)
  }
}

/** Rows of a table; a reading with how long the interval was that ended at it, by the highest revision. */
export function rowsOf(alias: string, name: string, condition: string): string {
  const rows = `SELECT * FROM ${alias}.${name} WHERE ${condition}`
  if (name !== 'readings') return rows
  return `SELECT r.* REPLACE (r.time - i.start_time AS interval_ms) FROM (${rows}) AS r LEFT JOIN (
      SELECT meter, end_time, arg_max(start_time, revision) AS start_time
      FROM ${alias}.intervals WHERE ${condition} GROUP BY meter, end_time
    ) AS i ON i.meter = r.meter AND i.end_time = r.time`
}

const span = (from: number, to: number): string => `seq > ${integer(from)} AND seq <= ${integer(to)}`

/** Seq up to which a file is in order; undefined when it never was. */
export async function clusteredTo(connection: DuckDBConnection, alias: string): Promise<number | undefined> {
  const tables = await readNumber(
    connection,
    `SELECT count(*)::DOUBLE FROM duckdb_tables() WHERE database_name = '${alias}' AND table_name = '${CLUSTERED_TABLE}'`
  )
  return tables === 0
    ? undefined
    : readNumber(connection, `SELECT cursor::DOUBLE FROM ${alias}.${CLUSTERED_TABLE}`)
}

/** Conditions that part all meters into ranges of about RANGE_ROWS readings. */
async function rangesOf(
  connection: DuckDBConnection,
  alias: string,
  seqs: string
): Promise<{ ranges: string[]; rows: number }> {
  const result = await connection.runAndReadAll(
    `SELECT (meter // ${BUCKET_METERS})::DOUBLE AS bucket, count(*)::DOUBLE FROM ${alias}.readings
     WHERE ${seqs} GROUP BY bucket ORDER BY bucket`
  )
  const bounds: number[] = []
  let rows = 0
  let inRange = 0
  for (const [bucket, count] of result.getRows() as [number, number][]) {
    if (inRange > 0 && inRange + count > RANGE_ROWS) {
      bounds.push(bucket * BUCKET_METERS)
      inRange = 0
    }
    inRange += count
    rows += count
  }
  const ranges = [0, ...bounds].map((low, i) => {
    const high = bounds[i]
    return `AND meter >= ${low}${high === undefined ? '' : ` AND meter < ${high}`}`
  })
  return { ranges, rows }
}

/** @throws Error when the copy has not the rows of the file */
async function checkCounts(connection: DuckDBConnection, alias: string, copy: string): Promise<void> {
  for (const { name } of DAY_TABLES) {
    const has = await readNumber(connection, `SELECT count(*)::DOUBLE FROM ${copy}.${name}`)
    const should = await readNumber(connection, `SELECT count(*)::DOUBLE FROM ${alias}.${name}`)
    if (has !== should) throw new Error(`the copy has ${has} ${name}, not ${should}`)
  }
}
