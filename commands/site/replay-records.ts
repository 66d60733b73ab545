import type { ReplayRequested } from '../../src/api/context.ts'
import type { ReplayEntry, ReplayRecord } from '../../src/records/gateway-record.ts'
import type { QuarantineFilter, QuarantineRow, SeriesStore } from '../../src/series/port.ts'

/** Entries of one replay record, and characters of their payloads: a record must stay far below the log's limit. */
const ENTRIES_PER_RECORD = 1000
const RECORD_LENGTH = 1024 * 1024

/**
 * Entries of the quarantine as records, each with as many as fit. An entry larger than a record stands alone.
 * @param eventsSeq how far the store had taken the events log before it was asked for them
 */
export function* replayRecords(
  rows: readonly QuarantineRow[],
  by: string,
  eventsSeq: number
): Generator<ReplayRecord> {
  let entries: ReplayEntry[] = []
  let length = 0
  for (const { log, seq, index, at, terminal, topic, reason, bytes } of rows) {
    const payload = Buffer.from(bytes).toString('base64')
    const isFull = entries.length >= ENTRIES_PER_RECORD || length + payload.length > RECORD_LENGTH
    if (entries.length > 0 && isFull) {
      yield { by, eventsSeq, entries }
      entries = []
      length = 0
    }
    entries.push({ log, seq, index, at, terminal, topic, reason, payload })
    length += payload.length
  }
  if (entries.length > 0) yield { by, eventsSeq, entries }
}

/** Entries of one request; the rest is for the next. The pipeline remembers of late about twice as many. */
export const MOST_REPLAYED = 50_000
const PAGE_ENTRIES = 2000
const PAGE_BYTES = 8 * 1024 * 1024

export interface ReplayParts {
  readonly series: Pick<SeriesStore, 'replayable'>
  /** How far the store has taken the events log. */
  readonly eventsSeq: () => number
  /** Resolves once the record is durable. @throws when the log did not take it */
  readonly store: (record: ReplayRecord) => Promise<void>
}

/** Has the open entries that fit judged again. What was asked for before an error stays asked for. */
export async function requestReplay(
  filter: QuarantineFilter,
  by: string,
  { series, eventsSeq, store }: ReplayParts
): Promise<ReplayRequested> {
  let entries = 0
  for (let after = 0; entries < MOST_REPLAYED; ) {
    // Before the entries are read: the store may be further by then, and never behind.
    const asOf = eventsSeq()
    const limit = Math.min(PAGE_ENTRIES, MOST_REPLAYED - entries)
    const page = await series.replayable({ ...filter, after, limit, maxBytes: PAGE_BYTES })
    for (const record of replayRecords(page, by, asOf)) {
      await store(record)
      entries += record.entries.length
    }
    const last = page.at(-1)
    if (last === undefined) return { entries, more: false }
    after = last.id
  }
  return { entries, more: true }
}
