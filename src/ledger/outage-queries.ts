import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { SupplyLine, SupplyState } from '../model/supply.ts'
import type {
  AlarmQuery,
  AlarmRow,
  DecisionQuery,
  DecisionRow,
  FindingQuery,
  FindingRow,
  IncidentQuery,
  IncidentRow,
  LifePage,
  LineRow,
  LossQuery,
  LossRow,
  NamedPoint,
  OutageFigures,
  OutageTable,
  PointOutage,
  PointPage,
  PointQuery
} from './outage-port.ts'
import { toAlarm, toDecision, toFinding, toIncident, toLoss } from './outage-rows.ts'
import type { Tables } from './tables.ts'

type Db = Kysely<Tables>

/** Confirmed and not known to be over: `updated` may tell of a time after the end. */
const OPEN = ['open', 'updated']
/** Lost communication that lasts, whether confirmed or not. */
const UNSETTLED = ['suspected', ...OPEN]
const OVER = ['restored', 'closed']
/** Alarms that are not over. */
const UP = ['pending', 'firing', 'acknowledged', 'shelved']
/** Of each list of the live page those that are kept at hand. */
const NEWEST = 20
/** What a usage point suffered is told of confirmed incidents that stand. */
const STANDING = ['open', 'updated', 'restored', 'closed']

/** What lists of things that last are narrowed by. */
interface Narrowed {
  readonly from?: number
  readonly to?: number
  readonly before?: number
  readonly states?: readonly string[]
}

const incidentsIn = (db: Db, { from, to, before, states }: Narrowed) =>
  db
    .selectFrom('incident')
    .selectAll('incident')
    .$if(before !== undefined, query => query.where('incident.n', '<', before ?? 0))
    .$if(states !== undefined, query => query.where('state', 'in', states ?? []))
    .$if(to !== undefined, query => query.where('started_at', '<', to ?? 0))
    .$if(from !== undefined, query =>
      // Its points have an end of their own.
      query.where(eb => eb.or([eb('incident.ended_at', 'is', null), eb('incident.ended_at', '>', from ?? 0)]))
    )
    .orderBy('incident.n', 'desc')

export async function findIncidents(db: Db, query: IncidentQuery): Promise<IncidentRow[]> {
  const { device, kind, limit } = query
  const rows = await incidentsIn(db, query)
    .$if(kind !== undefined, found => found.where('kind', '=', kind ?? ''))
    .$if(device !== undefined, found =>
      found.where('id', 'in', eb =>
        eb
          .selectFrom('incident_place')
          .select('incident')
          .where('incident_place.device', '=', device ?? '')
      )
    )
    .limit(limit)
    .execute()
  return rows.map(toIncident)
}

export async function findIncident(db: Db, id: string): Promise<IncidentRow | undefined> {
  const row = await db.selectFrom('incident').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toIncident(row)
}

export function findLife(
  db: Db,
  table: OutageTable,
  id: string,
  { limit, after = 0 }: LifePage
): Promise<LineRow[]> {
  return db
    .selectFrom('outage_line')
    .select(['n', 'at', 'state', 'change', 'reason', 'line'])
    .where('told_in', '=', table)
    .where('id', '=', id)
    .where('n', '>', after)
    .orderBy('n')
    .limit(limit)
    .execute()
}

export async function findPoints(
  db: Db,
  incident: string,
  { limit, skip }: PointPage
): Promise<NamedPoint[]> {
  const rows = await db
    .selectFrom('incident_point')
    .select(['usage_point', 'account'])
    .where('incident', '=', incident)
    .orderBy('usage_point')
    .limit(limit)
    .offset(skip)
    .execute()
  return rows.map(({ usage_point, account }) => ({ usagePoint: usage_point, account }))
}

export async function findLosses(db: Db, query: LossQuery): Promise<LossRow[]> {
  const { from, to, before, states, scope, subject, limit } = query
  const rows = await db
    .selectFrom('communication_loss')
    .selectAll()
    .$if(before !== undefined, found => found.where('n', '<', before ?? 0))
    .$if(states !== undefined, found => found.where('state', 'in', states ?? []))
    .$if(to !== undefined, found => found.where('started_at', '<', to ?? 0))
    .$if(from !== undefined, found =>
      found.where(eb => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>', from ?? 0)]))
    )
    .$if(scope !== undefined, found => found.where('scope', '=', scope ?? ''))
    .$if(subject !== undefined, found => found.where('subject', '=', subject ?? ''))
    .orderBy('n', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toLoss)
}

export async function findFindings(db: Db, query: FindingQuery): Promise<FindingRow[]> {
  const { from, to, before, kind, subject, limit } = query
  const rows = await db
    .selectFrom('finding')
    .selectAll()
    .$if(before !== undefined, found => found.where('n', '<', before ?? 0))
    .$if(to !== undefined, found => found.where('at', '<', to ?? 0))
    .$if(from !== undefined, found => found.where('at', '>=', from ?? 0))
    .$if(kind !== undefined, found => found.where('kind', '=', kind ?? ''))
    .$if(subject !== undefined, found => found.where('subject', '=', subject ?? ''))
    .orderBy('n', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toFinding)
}

export async function findAlarms(db: Db, query: AlarmQuery): Promise<AlarmRow[]> {
  const { from, to, before, states, kind, subject, limit } = query
  const rows = await db
    .selectFrom('alarm')
    .selectAll()
    .$if(before !== undefined, found => found.where('n', '<', before ?? 0))
    .$if(states !== undefined, found => found.where('state', 'in', states ?? []))
    .$if(to !== undefined, found => found.where('started_at', '<', to ?? 0))
    .$if(from !== undefined, found =>
      found.where(eb => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>', from ?? 0)]))
    )
    .$if(kind !== undefined, found => found.where('kind', '=', kind ?? ''))
    .$if(subject !== undefined, found => found.where('subject', '=', subject ?? ''))
    .orderBy('n', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toAlarm)
}

export async function findLoss(db: Db, id: string): Promise<LossRow | undefined> {
  const row = await db.selectFrom('communication_loss').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toLoss(row)
}

export async function findFinding(db: Db, id: string): Promise<FindingRow | undefined> {
  const row = await db.selectFrom('finding').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toFinding(row)
}

export async function findAlarm(db: Db, id: string): Promise<AlarmRow | undefined> {
  const row = await db.selectFrom('alarm').selectAll().where('id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : toAlarm(row)
}

export async function findDecisions(db: Db, query: DecisionQuery): Promise<DecisionRow[]> {
  const { before, about, subject, states, limit } = query
  const rows = await db
    .selectFrom('decision')
    .selectAll()
    .$if(before !== undefined, found => found.where('n', '<', before ?? 0))
    .$if(about !== undefined, found => found.where('about', '=', about ?? ''))
    .$if(subject !== undefined, found => found.where('subject', '=', subject ?? ''))
    .$if(states !== undefined, found => found.where('state', 'in', states ?? []))
    .orderBy('n', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toDecision)
}

/** Those that name the usage point, and those on its path that are not over and have named nobody yet. */
export async function findOutagesOf(db: Db, query: PointQuery): Promise<PointOutage[]> {
  const { usagePoint, accounts, path, limit } = query
  const standing = incidentsIn(db, { ...query, states: STANDING }).where('opened_at', 'is not', null)
  const stated = await standing
    .innerJoin('incident_point', 'incident_point.incident', 'incident.id')
    .where('incident_point.usage_point', '=', usagePoint)
    .$if(accounts !== undefined, found => found.where('incident_point.account', 'in', accounts ?? []))
    .limit(limit)
    .execute()
  const located = await standing
    .where('device', 'in', path)
    .where('state', '!=', 'closed')
    .where('usage_points', 'is', null)
    .limit(limit)
    .execute()
  return [
    ...stated.map(row => ({ incident: toIncident(row), basis: 'stated' as const })),
    ...located.map(row => ({ incident: toIncident(row), basis: 'located' as const }))
  ]
    .sort((one, other) => other.incident.n - one.incident.n)
    .slice(0, limit)
}

export async function sumUp(db: Db): Promise<OutageFigures> {
  const lines = await db
    .selectFrom('outage_count')
    .select(['told_in as table', 'state', 'lines as count'])
    .orderBy('told_in')
    .orderBy('state')
    .execute()
  const open = db.selectFrom('incident').where('state', 'in', OPEN).where('ended_at', 'is', null)
  const losses = db
    .selectFrom('communication_loss')
    .where('state', 'in', UNSETTLED)
    .where('ended_at', 'is', null)
  const newest = await open.selectAll().orderBy('n', 'desc').limit(NEWEST).execute()
  return {
    lines,
    openIncidents: await count(open),
    openLosses: await count(losses),
    newest: newest.map(toIncident),
    past: await findIncidents(db, { states: OVER, limit: NEWEST }),
    losses: await findLosses(db, { states: UNSETTLED, limit: NEWEST }),
    findings: await findFindings(db, { limit: NEWEST }),
    alarms: await findAlarms(db, { states: UP, limit: NEWEST }),
    supplied: await countSupplied(db)
  }
}

async function countSupplied(db: Db): Promise<OutageFigures['supplied']> {
  const rows = await db
    .selectFrom('supply_stretch')
    .innerJoin('supply_line', 'supply_line.n', 'supply_stretch.line_n')
    .select('line')
    .where('to_at', 'is', null)
    .execute()
  const counts: Partial<Record<SupplyState, number>> = {}
  for (const { line } of rows) {
    const { state } = JSON.parse(line) as SupplyLine
    counts[state] = (counts[state] ?? 0) + 1
  }
  return counts
}

async function count<Table extends keyof Tables>(
  query: SelectQueryBuilder<Tables, Table, object>
): Promise<number> {
  const row = await query.select(eb => eb.fn.countAll<number>().as('rows')).executeTakeFirst()
  return Number(row?.rows ?? 0)
}
