import { endOf, episodesOf } from './episodes.ts'
import { type Interruption, inOrder } from './interruption.ts'
import { coveredBy, type Span, subtract, union } from './spans.ts'

/** Who stands for an account in statistics at medium voltage. */
export interface MvUser {
  /** The public transformer (台区) that feeds it; of a customer metered at medium voltage the account itself. */
  readonly id: string
  /** Accounts that it stands for at that time. */
  readonly accounts: number
}

/** @param time epoch ms, when the account went out */
export type MvUserOf = (account: string, time: number) => MvUser

/**
 * Interruptions of accounts as interruptions of users at medium voltage: a transformer is out while all accounts that it feeds are
 * (a service line, a meter box or one phase interrupts none), and accrues while none of them has supply, a truck's included. It
 * takes its class and cause from the row by which the last of them went out.
 */
export function asMvUsers(rows: readonly Interruption[], mvUserOf: MvUserOf, asOf: number): Interruption[] {
  const users = new Map<string, { row: Interruption; accounts: number }[]>()
  for (const row of rows) {
    if (endOf(row, asOf) <= row.start) continue
    const { id, accounts } = mvUserOf(row.account, row.start)
    const own = users.get(id)
    if (own === undefined) users.set(id, [{ row, accounts }])
    else own.push({ row, accounts })
  }
  return [...users].flatMap(([id, own]) =>
    togetherOut(own, asOf).flatMap(group => rowsOfUser(id, group, asOf))
  )
}

/** Rows of one user that overlap, and how many accounts it stood for then. */
interface Group {
  readonly rows: Interruption[]
  accounts: number
}

function togetherOut(own: readonly { row: Interruption; accounts: number }[], asOf: number): Group[] {
  const groups: Group[] = []
  let end = Number.NEGATIVE_INFINITY
  for (const { row, accounts } of own.toSorted((a, b) => inOrder(a.row, b.row))) {
    const last = groups.at(-1)
    if (last === undefined || row.start > end) groups.push({ rows: [row], accounts })
    else {
      last.rows.push(row)
      // Where it changed meanwhile the larger number: nobody may be called out who is not.
      last.accounts = Math.max(last.accounts, accounts)
    }
    end = Math.max(end, endOf(row, asOf))
  }
  return groups
}

function rowsOfUser(id: string, { rows, accounts }: Group, asOf: number): Interruption[] {
  const byAccount = Map.groupBy(rows, row => row.account)
  if (byAccount.size < accounts) return []
  const out: Span[][] = []
  const dark: Span[][] = []
  for (const [account, own] of byAccount) {
    out.push(union(own.map(row => ({ from: row.start, to: endOf(row, asOf) }))))
    const parts = episodesOf(account, own, asOf).flatMap(episode => episode.parts)
    dark.push(union(parts.flatMap(part => part.dark)))
  }
  const allDark = coveredBy(dark, accounts)
  return coveredBy(out, accounts).map(span => {
    const { incident, class: outageClass, cause, isExternal } = lastOf(rows, span.from)
    const isOpen = span.to === asOf && rows.some(row => row.end === null || row.end > asOf)
    const fed = subtract([span], allDark)
    const end = isOpen ? null : span.to
    return { incident, account: id, start: span.from, end, class: outageClass, cause, isExternal, fed }
  })
}

/** The row that began last of those that had begun by `time`. */
const lastOf = (rows: readonly Interruption[], time: number): Interruption =>
  rows.findLast(row => row.start <= time) ?? rows[0]
