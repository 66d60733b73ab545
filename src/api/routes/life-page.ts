import type { LineRow, OutageTable } from '../../ledger/outage-port.ts'
import type { ApiContext } from '../context.ts'
import { askedPage, showPage } from '../http/row-pages.ts'

/** A page of every step in a life, oldest first: of an incident, a loss or an alarm. */
export async function lifePage<Shown>(
  outages: ApiContext['outages'],
  table: OutageTable,
  id: string,
  query: Parameters<typeof askedPage>[0],
  show: (row: LineRow) => Shown
): Promise<{ life: Shown[]; next: string | null }> {
  const { limit, place: after = 0 } = askedPage(query)
  const lines = await outages.life(table, id, { limit, after })
  const { items, next } = showPage(lines, query, ({ n }) => n, show)
  return { life: items, next }
}
