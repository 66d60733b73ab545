import {
  type MarkOutcome,
  QUARANTINE_REASONS,
  type QuarantineMark,
  quarantineNumber,
  type QuarantineState,
  quarantineState
} from '../../model/quarantine.ts'
import type { QuarantineFilter, QuarantineQuery, QuarantineRow, ReplayQuery } from '../port.ts'
import { tagInQuery } from './line-text.ts'
import { rowsOf, seenBy, type View } from './select.ts'
import { MEASUREMENTS } from './schema.ts'

/** Entries that one look takes; most of what is asked for is among the first. */
const ENTRIES_PER_LOOK = 500
const DAMAGED = quarantineNumber('LOG_DAMAGED')

/** An entry without its bytes. */
type Bare = Omit<QuarantineRow, 'bytes'> & { readonly size: number }

/** Newest first. */
export async function queryQuarantine(view: View, query: QuarantineQuery): Promise<QuarantineRow[]> {
  const { before = Number.MAX_SAFE_INTEGER, state, limit } = query
  const wanted: Bare[] = []
  if (!(limit > 0)) return []
  for await (const entries of looks(view, query, 'DESC', before)) {
    wanted.push(...entries.filter(entry => fits(entry, query) && isIn(entry, state)))
    if (wanted.length >= limit) break
  }
  return withBytes(view, wanted.slice(0, limit))
}

/** Oldest first, open ones whose bytes are not lost. */
export async function queryReplayable(view: View, query: ReplayQuery): Promise<QuarantineRow[]> {
  const { after = 0, limit, maxBytes } = query
  const wanted: Bare[] = []
  let bytes = 0
  for await (const entries of looks(view, query, 'ASC', after)) {
    for (const entry of entries) {
      if (!fits(entry, query) || !isIn(entry, 'open') || entry.reason === DAMAGED) continue
      if (wanted.length >= limit || bytes >= Math.max(1, maxBytes)) return withBytes(view, wanted)
      wanted.push(entry)
      bytes += entry.size
    }
  }
  return withBytes(view, wanted)
}

const isIn = ({ mark }: Bare, state: QuarantineState | undefined): boolean =>
  state === undefined || quarantineState(mark?.outcome) === state

function fits(entry: Bare, { ids, reason, from, to }: QuarantineFilter): boolean {
  if (ids !== undefined && !ids.includes(entry.id)) return false
  if (reason !== undefined && entry.reason !== reason) return false
  return entry.at >= (from ?? Number.NEGATIVE_INFINITY) && entry.at < (to ?? Number.POSITIVE_INFINITY)
}

/** Entries in the order of their ids from one on, each with its newest mark. */
async function* looks(
  view: View,
  { terminal, ids }: QuarantineFilter,
  order: 'ASC' | 'DESC',
  behind: number
): AsyncGenerator<readonly Bare[]> {
  if (ids?.length === 0) return
  const terminalIs = terminal === undefined ? '' : ` AND terminal = ${tagInQuery(terminal)}`
  // An id is its point's time in microseconds.
  const [least, most] = ids === undefined ? [] : [Math.min(...ids), Math.max(...ids)]
  const idsAre = least === undefined ? '' : ` AND time >= ${least}000 AND time <= ${most}000`
  for (let from = behind; ; ) {
    const side = order === 'DESC' ? `time < ${from}000` : `time > ${from}000`
    const [answer = []] = await view.link.query(
      'kept',
      `SELECT log, record, "at", topic, "position", meter, size, terminal, reason FROM ${MEASUREMENTS.quarantine} ` +
        `WHERE ${side}${idsAre}${terminalIs} AND ${seenBy(view)} ORDER BY time ${order} LIMIT ${ENTRIES_PER_LOOK}`
    )
    const entries = answer.flatMap(series => [...rowsOf(series)].map(bareOf))
    const last = entries.at(-1)
    if (last === undefined) return
    yield await withMarks(view, entries)
    if (entries.length < ENTRIES_PER_LOOK) return
    from = last.id
  }
}

type Row = ReturnType<typeof rowsOf> extends Generator<infer R> ? R : never

const idOf = ({ time }: Row): number => time.ms * 1000 + Math.floor(time.below / 1000)

function bareOf(row: Row): Bare {
  const { cell } = row
  return {
    id: idOf(row),
    log: cell('log') === 'frames' ? 'frames' : 'events',
    seq: Number(cell('record')),
    at: Number(cell('at')),
    terminal: String(cell('terminal') ?? ''),
    topic: String(cell('topic')),
    reason: QUARANTINE_REASONS.findIndex(({ code }) => code === cell('reason')),
    index: Number(cell('position')),
    meter: String(cell('meter') ?? ''),
    size: Number(cell('size')),
    mark: undefined
  }
}

async function withMarks(view: View, entries: readonly Bare[]): Promise<Bare[]> {
  const { from, to } = spanOf(entries)
  const [answer = []] = await view.link.query(
    'kept',
    `SELECT seq, "at", "by", outcome, reason FROM ${MEASUREMENTS.quarantineMarks} ` +
      `WHERE time >= ${from} AND time < ${to} AND ${seenBy(view)}`
  )
  const newest = new Map<number, { readonly seq: number; readonly row: Row }>()
  for (const row of answer.flatMap(series => [...rowsOf(series)])) {
    const seq = Number(row.cell('seq'))
    if (seq >= (newest.get(idOf(row))?.seq ?? 0)) newest.set(idOf(row), { seq, row })
  }
  return entries.map(entry => {
    const cell = newest.get(entry.id)?.row.cell
    if (cell === undefined) return entry
    const outcome = cell('outcome') as MarkOutcome
    const reason = outcome === 'quarantined' ? Number(cell('reason')) : entry.reason
    return { ...entry, reason, mark: { at: Number(cell('at')), by: String(cell('by')), outcome } }
  })
}

async function withBytes(view: View, entries: readonly Bare[]): Promise<QuarantineRow[]> {
  if (entries.length === 0) return []
  const { from, to } = spanOf(entries)
  // What lies between the entries of a page is read too where a filter passed over much: one request all the same.
  const [answer = []] = await view.link.query(
    'kept',
    `SELECT bytes FROM ${MEASUREMENTS.quarantineBytes} WHERE time >= ${from} AND time < ${to} AND ${seenBy(view)} ORDER BY time`
  )
  const parts = new Map<number, Uint8Array[]>()
  for (const row of answer.flatMap(series => [...rowsOf(series)])) {
    const known = parts.get(idOf(row)) ?? []
    known.push(Buffer.from(String(row.cell('bytes')), 'base64'))
    parts.set(idOf(row), known)
  }
  return entries.map(({ size: _size, ...entry }) => ({
    ...entry,
    bytes: new Uint8Array(Buffer.concat(parts.get(entry.id) ?? []))
  }))
}

/** Nanoseconds that hold all of the entries, their marks and parts. */
function spanOf(entries: readonly { readonly id: number }[]): { readonly from: string; readonly to: string } {
  const ids = entries.map(({ id }) => id)
  return { from: `${Math.min(...ids)}000`, to: `${Math.max(...ids) + 1}000` }
}

/** Ids of entries by their keys, of those that are there. */
export async function idsOfMarked(
  view: View,
  marks: readonly QuarantineMark[]
): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  if (marks.length === 0) return found
  const records = [...new Set(marks.map(({ seq }) => seq))]
  for (let from = 0; from < records.length; from += ENTRIES_PER_LOOK) {
    const lot = records.slice(from, from + ENTRIES_PER_LOOK)
    const [answer = []] = await view.link.query(
      'kept',
      `SELECT log, record, "position" FROM ${MEASUREMENTS.quarantine} ` +
        `WHERE (${lot.map(seq => `record = ${seq}`).join(' OR ')}) AND ${seenBy(view)}`
    )
    for (const row of answer.flatMap(series => [...rowsOf(series)])) {
      const { cell } = row
      found.set(`${cell('log')}/${cell('record')}/${cell('position')}`, idOf(row))
    }
  }
  return found
}

export const markKey = ({ log, seq, index }: Pick<QuarantineMark, 'log' | 'seq' | 'index'>): string =>
  `${log}/${seq}/${index}`
