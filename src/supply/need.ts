import type { SupplyRow } from '../ledger/supply-port.ts'
import type { SupplyLine } from '../model/supply.ts'
import type { KeyCustomer } from '../registry/lookup/customers.ts'
import { lastsUntil } from './lasting.ts'

/** A customer on the board: how it is supplied, undefined where nothing was said of it yet. */
export interface BoardEntry {
  readonly customer: KeyCustomer
  readonly line: SupplyLine | undefined
}

const DAY_MS = 86_400_000
const GRADES = ['special', 'first', 'second', 'temporary']

/**
 * Who needs somebody most: security load without supply; interrupted; security load partly; on own sources; unknown for less than a day; a source lost and
 * at risk; a source lost; unknown for longer; normal.
 */
function rankOf({ line }: BoardEntry, now: number): number {
  if (line === undefined) return 7
  const { state, securityLoadSupplied, atRisk, start } = line
  if (securityLoadSupplied === 'no') return 0
  if (state === 'interrupted') return 1
  if (securityLoadSupplied === 'partly') return 2
  if (state === 'emergency') return 3
  if (state === 'unknown') return now - start < DAY_MS ? 4 : 7
  if (state === 'reduced') return atRisk ? 5 : 6
  return 8
}

/** Until when own sources last at least; who does not know may be out of them at any time. Epoch ms, 0 for who lives on the grid. */
const spentAt = ({ line }: BoardEntry): number =>
  line?.state === 'emergency' ? (lastsUntil(line, line.at) ?? line.at) : 0

const gradeOf = ({ customer }: BoardEntry): number => {
  const grade = GRADES.indexOf(customer.grade)
  return grade < 0 ? GRADES.length : grade
}

const loadOf = ({ customer }: BoardEntry): number =>
  Number.isNaN(customer.securityLoadKw) ? 0 : customer.securityLoadKw

/** In the order in which they need somebody; ties by grade, then by security load, then by id. @param now epoch ms */
export function byNeed(entries: readonly BoardEntry[], now: number): BoardEntry[] {
  return [...entries].sort(
    (one, other) =>
      rankOf(one, now) - rankOf(other, now) ||
      spentAt(one) - spentAt(other) ||
      gradeOf(one) - gradeOf(other) ||
      loadOf(other) - loadOf(one) ||
      (one.customer.id < other.customer.id ? -1 : 1)
  )
}

/** All customers with what was said of each last, in the order in which they need somebody. @param now epoch ms */
export function boardOf(
  customers: Iterable<KeyCustomer>,
  rows: readonly SupplyRow[],
  now: number
): BoardEntry[] {
  const lines = new Map(rows.map(({ line }) => [line.keyCustomer, line]))
  return byNeed(
    [...customers].map(customer => ({ customer, line: lines.get(customer.id) })),
    now
  )
}
