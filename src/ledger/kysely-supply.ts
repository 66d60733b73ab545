import type { Kysely } from 'kysely'
import type { StretchQuery, SupplyLedger, SupplyLineQuery, SupplyRow, SupplyStretch } from './supply-port.ts'
import type { Tables } from './tables.ts'
import type { Turns } from './turns.ts'

/** How key customers are supplied, over Kysely: its reads take their turns among those of the ledger. */
export class KyselySupply implements SupplyLedger {
  readonly #db: Kysely<Tables>
  readonly #turns: Turns

  constructor(db: Kysely<Tables>, turns: Turns) {
    this.#db = db
    this.#turns = turns
  }

  supplyNow(): Promise<SupplyRow[]> {
    return this.#turns.run(async () => {
      const rows = await stretches(this.#db).where('to_at', 'is', null).execute()
      return rows.map(toRow)
    })
  }

  supplyAt(customer: string, moment: number): Promise<SupplyStretch | undefined> {
    return this.#turns.run(async () => {
      const row = await stretches(this.#db)
        .where('supply_stretch.key_customer', '=', customer)
        .where('supply_stretch.from_at', '<=', moment)
        .orderBy('supply_stretch.from_at', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row === undefined || (row.to_at !== null && row.to_at <= moment) ? undefined : toStretch(row)
    })
  }

  supplyStretches({ customer, from, to, limit }: StretchQuery): Promise<SupplyStretch[]> {
    return this.#turns.run(async () => {
      const rows = await stretches(this.#db)
        .where('supply_stretch.key_customer', '=', customer)
        .where('supply_stretch.from_at', '<', to)
        .where(eb => eb.or([eb('to_at', 'is', null), eb('to_at', '>', from)]))
        .orderBy('supply_stretch.from_at')
        .limit(limit)
        .execute()
      return rows.map(toStretch)
    })
  }

  supplyLines({ customer, limit, before }: SupplyLineQuery): Promise<SupplyRow[]> {
    return this.#turns.run(async () => {
      const rows = await this.#db
        .selectFrom('supply_line')
        .select(['n', 'line'])
        .where('key_customer', '=', customer)
        .$if(before !== undefined, query => query.where('n', '<', before ?? 0))
        .orderBy('n', 'desc')
        .limit(limit)
        .execute()
      return rows.map(toRow)
    })
  }
}

const stretches = (db: Kysely<Tables>) =>
  db
    .selectFrom('supply_stretch')
    .innerJoin('supply_line', 'supply_line.n', 'supply_stretch.line_n')
    .select(['n', 'line', 'supply_stretch.from_at', 'to_at'])

const toRow = ({ n, line }: { n: number; line: string }): SupplyRow => ({ n, line: JSON.parse(line) })

function toStretch(row: { n: number; line: string; from_at: number; to_at: number | null }): SupplyStretch {
  return { ...toRow(row), from: row.from_at, to: row.to_at }
}
