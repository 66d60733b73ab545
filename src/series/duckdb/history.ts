import { DOUBLE, type DuckDBListValue, type DuckDBValue, LIST, listValue } from '@duckdb/node-api'
import { isError } from '../../errors.ts'
import { dayOf } from './days.ts'
import type { Snapshot } from './query.ts'
import { integer, numberOf, readingList, toReading } from './rows.ts'
import { answerOf } from '../history-answer.ts'
import type { HistoryAnswer, HistoryNeighbour, HistoryRequest, ReadingRow } from '../port.ts'

/** Requests that one statement answers: bounds the text and the memory of its join. */
const REQUESTS_PER_STATEMENT = 2000

interface Search {
  readonly request: HistoryRequest
  stored: ReadingRow | undefined
  /** Highest versions of the other kinds at the same time. */
  readonly others: Map<number, ReadingRow>
  before: HistoryNeighbour | undefined
  after: HistoryNeighbour | undefined
  /** A day that may hold what is asked for cannot be read: no answer is better than a wrong one. */
  isBlocked: boolean
}

type Side = 'before' | 'after'

/**
 * Answers in the order of the requests. A day's file is read once for all requests that may find something in
 * it, nearest days first. However far away a neighbour is, it is found: the window knows no limit either, and only a
 * meter that has none on that side makes us look through all days.
 *
 *   ... d-2  d-1 [ d ] d+1  d+2 ...      before: d, d-1, ... until found      after: d, d+1, ... until found
 */
export async function queryHistory(
  snapshot: Snapshot,
  requests: readonly HistoryRequest[]
): Promise<(HistoryAnswer | undefined)[]> {
  const searches = requests.map(
    (request): Search => ({
      request,
      stored: undefined,
      others: new Map(),
      before: undefined,
      after: undefined,
      isBlocked: false
    })
  )
  for (let from = 0; from < searches.length; from += REQUESTS_PER_STATEMENT) {
    const some = searches.slice(from, from + REQUESTS_PER_STATEMENT)
    await findStored(snapshot, some)
    await findNeighbours(snapshot, some, 'before')
    await findNeighbours(snapshot, some, 'after')
  }
  return searches.map(search => (search.isBlocked ? undefined : toAnswer(search)))
}

/** Reads a day for the searches that need it; a day that cannot be read blocks them and no others. */
async function readFor(
  snapshot: Snapshot,
  day: number,
  asked: readonly Search[],
  touched: readonly Search[],
  sql: (alias: string) => string
): Promise<DuckDBValue[][]> {
  try {
    return await snapshot.files.readDay(day, async ({ alias }) => {
      const result = await snapshot.connection.runAndReadAll(sql(alias), asLists(asked), LISTS)
      return result.getRows()
    })
  } catch (error) {
    if (!isError(error, 'SERIES_DAY_UNREADABLE')) throw error
    for (const search of touched) search.isBlocked = true
    return []
  }
}

const toAnswer = ({ request, stored, others, before, after }: Search): HistoryAnswer =>
  answerOf(request, { stored, others: [...others.values()], before, after })

/** The requests as a table `q`, given as parameters: parsing them as text for each day would cost more than the search. */
const REQUESTS = `(SELECT unnest($1) AS id, unnest($2)::UINTEGER AS meter, unnest($3)::BIGINT AS time) AS q`
const LISTS = [LIST(DOUBLE), LIST(DOUBLE), LIST(DOUBLE)]

const asLists = (searches: readonly Search[]): DuckDBListValue[] => [
  listValue(searches.map((_, id) => id)),
  listValue(searches.map(({ request }) => request.meter)),
  listValue(searches.map(({ request }) => request.time))
]

async function findStored(snapshot: Snapshot, searches: readonly Search[]): Promise<void> {
  for (const day of snapshot.days) {
    const here = searches.filter(({ request }) => dayOf(request.time) === day)
    if (here.length === 0) continue
    const sql = (alias: string): string =>
      `SELECT q.id, ${readingList('r')} FROM ${REQUESTS} JOIN ${alias}.readings AS r
         ON r.meter = q.meter AND r.time = q.time WHERE r.seq <= ${integer(snapshot.toSeq)}`
    const rows = await readFor(snapshot, day, here, here, sql)
    for (const [id, ...cells] of rows) {
      const search = here[numberOf(id)]
      const row = toReading(cells)
      if (row.kind !== search.request.kind) {
        if (row.version > (search.others.get(row.kind)?.version ?? 0)) search.others.set(row.kind, row)
      } else if (row.version > (search.stored?.version ?? 0)) search.stored = row
    }
  }
}

async function findNeighbours(snapshot: Snapshot, searches: readonly Search[], side: Side): Promise<void> {
  const days = side === 'before' ? snapshot.days.toReversed() : snapshot.days
  for (const day of days) {
    const here = searches.filter(
      search => !search.isBlocked && search[side] === undefined && reaches(search.request, day, side)
    )
    if (here.length === 0) continue
    const groups = groupsFor(here, day)
    const asked = groups.map(([first]) => first)
    const sql = (alias: string): string => neighbourSql(alias, side, snapshot.toSeq)
    const rows = await readFor(snapshot, day, asked, here, sql)
    // In order of kind (lowest first) and version (highest first): the first row of a request is its neighbour.
    for (const [id, time, ratio, ...registers] of rows) {
      const [a, b, c, d] = registers.map(numberOf)
      const neighbour = { time: numberOf(time), registers: [a, b, c, d] as const, ratio: numberOf(ratio) }
      for (const search of groups[numberOf(id)]) search[side] ??= neighbour
    }
  }
}

/** On a day other than their own all searches of a meter find the same: one is asked for all of them. */
function groupsFor(searches: readonly Search[], day: number): [Search, ...Search[]][] {
  const groups = new Map<string, [Search, ...Search[]]>()
  for (const search of searches) {
    const { meter, time } = search.request
    const key = dayOf(time) === day ? `${meter}/${time}` : String(meter)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [search])
    else known.push(search)
  }
  return [...groups.values()]
}

function reaches(request: HistoryRequest, day: number, side: Side): boolean {
  return side === 'before' ? day <= dayOf(request.time) : day >= dayOf(request.time)
}

/**
 * Only the highest version of a reading counts: one whose correction has lost its registers says nothing. The
 * day's own rows of the requested meters are numbered by that, then the nearest time is taken.
 */
function neighbourSql(alias: string, side: Side, toSeq: number): string {
  const [nearest, order] = side === 'before' ? ['max', '<'] : ['min', '>']
  return `WITH q AS MATERIALIZED (SELECT * FROM ${REQUESTS}),
    highest AS (
      SELECT meter, time, kind, CASE WHEN sent_primary = 1 THEN 0 ELSE ct * pt END AS ratio, "importKwh", "exportKwh", "importKvarh", "exportKvarh"
      FROM ${alias}.readings WHERE seq <= ${integer(toSeq)} AND meter IN (SELECT meter FROM q)
      QUALIFY version = max(version) OVER (PARTITION BY meter, time, kind)
    ),
    speaking AS (
      SELECT * FROM highest
      WHERE coalesce("importKwh", "exportKwh", "importKvarh", "exportKvarh") IS NOT NULL
    ),
    found AS (
      SELECT q.id, q.meter, ${nearest}(r.time) AS time FROM q JOIN speaking AS r
        ON r.meter = q.meter AND r.time ${order} q.time GROUP BY q.id, q.meter
    )
    SELECT f.id, f.time::DOUBLE, r.ratio, r."importKwh", r."exportKwh", r."importKvarh", r."exportKvarh"
    FROM found AS f JOIN speaking AS r ON r.meter = f.meter AND r.time = f.time ORDER BY f.id, r.kind`
}
