import type { Kysely } from 'kysely'
import type { Decided } from '../model/outages.ts'
import type {
  CountedIncidentRow,
  InterruptedPointRow,
  Publication,
  PublishedMonth,
  Publisher,
  ReliabilityLedger,
  ReliabilitySpan,
  ToldIncident
} from './reliability-port.ts'
import { slices } from './rows.ts'
import type { Tables } from './tables.ts'
import type { Turns } from './turns.ts'

/** Of the consumer that looks for corrections of published months: its log are the lines that the ledger has taken. */
const CURSOR = 'reliability'

/** Incidents that count and lasted in a span; their beginnings are indexed. */
const countedIn = (db: Kysely<Tables>, { from, to }: ReliabilitySpan) =>
  db
    .selectFrom('incident')
    .where('incident.counted', '=', 1)
    .where('started_at', '<', to)
    .where(eb => eb.or([eb('incident.ended_at', 'is', null), eb('incident.ended_at', '>', from)]))

/** What reliability is made of, over Kysely. */
export class KyselyReliability implements ReliabilityLedger {
  readonly #db: Kysely<Tables>
  readonly #turns: Turns

  constructor(db: Kysely<Tables>, turns: Turns) {
    this.#db = db
    this.#turns = turns
  }

  async countedIncidents(span: ReliabilitySpan): Promise<CountedIncidentRow[]> {
    const rows = await this.#turns.run(() =>
      countedIn(this.#db, span)
        .select(['id', 'device', 'phases', 'affected', 'kind', 'plan_type', 'cause'])
        .select(['started_at', 'ended_at', 'usage_points', 'decided', 'state'])
        .orderBy('started_at')
        .orderBy('n')
        .execute()
    )
    return rows.map(row => {
      const decided: Partial<Decided> = JSON.parse(row.decided ?? '{}')
      const [device, cause] = [decided.device ?? row.device, decided.cause ?? row.cause]
      return {
        ...{ id: row.id, device, phases: row.phases, affected: row.affected },
        ...{ kind: row.kind, planType: row.plan_type, cause },
        ...{ start: row.started_at, end: row.ended_at, isNamed: row.usage_points !== null },
        isClosed: row.state === 'closed'
      }
    })
  }

  async interruptedPoints(span: ReliabilitySpan, most: number): Promise<InterruptedPointRow[]> {
    const rows = await this.#turns.run(() =>
      countedIn(this.#db, span)
        .innerJoin('incident_point', 'incident_point.incident', 'incident.id')
        .where('incident_point.counted', '=', 1)
        .select(['incident', 'usage_point', 'account', 'incident_point.ended_at as point_end'])
        .limit(most)
        .execute()
    )
    return rows.map(({ incident, usage_point, account, point_end }) => ({
      ...{ incident, usagePoint: usage_point, account, end: point_end }
    }))
  }

  async firstCounted(): Promise<number | undefined> {
    const row = await this.#turns.run(() =>
      this.#db
        .selectFrom('incident')
        .select('started_at')
        .where('counted', '=', 1)
        .orderBy('started_at')
        .limit(1)
        .executeTakeFirst()
    )
    return row?.started_at
  }

  async correctedUpTo(): Promise<number> {
    const row = await this.#turns.run(() =>
      this.#db.selectFrom('log_cursor').select('seq').where('name', '=', CURSOR).executeTakeFirst()
    )
    return row?.seq ?? 0
  }

  toldBehind(place: number, limit: number): Promise<ToldIncident[]> {
    return this.#turns.run(() =>
      this.#db
        .selectFrom('outage_line')
        .innerJoin('incident', 'incident.id', 'outage_line.id')
        .select(['outage_line.n', 'incident.id', 'started_at as start', 'ended_at as end'])
        .where('told_in', '=', 'incidents')
        .where('outage_line.n', '>', place)
        .orderBy('outage_line.n')
        .limit(limit)
        .execute()
    )
  }

  publishedMonths(profile: string, from?: string, to?: string): Promise<PublishedMonth[]> {
    return this.#turns.run(() =>
      this.#db
        .selectFrom('reliability_month')
        .selectAll()
        .where('profile', '=', profile)
        .$if(from !== undefined, query => query.where('month', '>=', from ?? ''))
        .$if(to !== undefined, query => query.where('month', '<=', to ?? ''))
        .orderBy('month')
        .execute()
    )
  }

  async publish({ months, notes, upTo }: Publication, by: Publisher): Promise<void> {
    const head = { at: by.at, actor: by.name, request: '' }
    const rows = notes.map(({ action, subject, detail }) => ({
      ...{ ...head, action, subject, detail: JSON.stringify(detail) }
    }))
    await this.#turns.run(() =>
      this.#db.transaction().execute(async db => {
        for (const month of months) {
          const { profile, month: name } = month
          const ofIt = db.deleteFrom('reliability_month').where('profile', '=', profile)
          await ofIt.where('month', '=', name).execute()
          await db.insertInto('reliability_month').values(month).execute()
        }
        for (const part of slices(rows))
          await db
            .insertInto('audit')
            .values([...part])
            .execute()
        if (upTo === undefined) return
        await db.deleteFrom('log_cursor').where('name', '=', CURSOR).execute()
        await db.insertInto('log_cursor').values({ name: CURSOR, seq: upTo }).execute()
      })
    )
  }
}
