import type { Kysely } from 'kysely'

interface Tables {
  readonly incident: {
    readonly n: number
    readonly id: string
    readonly plan: string | null
    readonly early_s: number | null
    readonly overrun_s: number | null
    readonly customer_minutes: number | null
  }
  readonly outage_line: {
    readonly n: number
    readonly told_in: string
    readonly id: string
    readonly line: string
  }
}

/** What was last told of an incident. */
interface Line {
  readonly plan?: string
  readonly earlyS?: number
  readonly overrunS?: number
  readonly end: number | null
  readonly customerMinutes?: number
}

const INCIDENTS_AT_ONCE = 500

/** Planned work and minutes of incidents, out of the newest line of each. A migration is never changed once released. */
export async function up(db: Kysely<Tables>): Promise<void> {
  const { schema } = db
  await schema.alterTable('incident').addColumn('plan', 'text').execute()
  await schema.alterTable('incident').addColumn('early_s', 'bigint').execute()
  await schema.alterTable('incident').addColumn('overrun_s', 'bigint').execute()
  await schema.alterTable('incident').addColumn('customer_minutes', 'double precision').execute()
  for (let after = 0; ; ) {
    const incidents = await db
      .selectFrom('incident')
      .select(['n', 'id'])
      .where('n', '>', after)
      .orderBy('n')
      .limit(INCIDENTS_AT_ONCE)
      .execute()
    const last = incidents.at(-1)
    if (last === undefined) return
    after = last.n
    await fill(
      db,
      incidents.map(({ id }) => id)
    )
  }
}

async function fill(db: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  const newest = db
    .selectFrom('outage_line')
    .select(({ fn }) => fn.max('n').as('n'))
    .where('told_in', '=', 'incidents')
    .where('id', 'in', ids)
    .groupBy('id')
  const rows = await db.selectFrom('outage_line').select(['id', 'line']).where('n', 'in', newest).execute()
  for (const { id, line } of rows) {
    const {
      plan = null,
      earlyS = null,
      overrunS = null,
      end,
      customerMinutes = null
    } = JSON.parse(line) as Line
    const minutes = end === null ? null : customerMinutes
    if (plan === null && minutes === null) continue
    await db
      .updateTable('incident')
      .set({ plan, early_s: earlyS, overrun_s: overrunS, customer_minutes: minutes })
      .where('id', '=', id)
      .execute()
  }
}
