import type { IntervalColumns, QuarantineEntry } from '../src/model/columns.ts'
import { OUTAGE_TABLES, type OutageLines } from '../src/model/outages.ts'
import type { SupplyLine } from '../src/model/supply.ts'
import type { OutageTables } from '../src/records/results-record.ts'

/** Bytes after which quarantine goes on in another record: one frame may set aside ten times what it weighs. */
const QUARANTINE_BYTES = 4 * 1024 * 1024
/** About what an entry weighs beside its bytes. */
const ENTRY_BYTES = 128

/** Entries in groups of about QUARANTINE_BYTES. */
export function* quarantineParts(entries: readonly QuarantineEntry[]): Generator<readonly QuarantineEntry[]> {
  let start = 0
  let bytes = 0
  for (const [at, entry] of entries.entries()) {
    bytes += entry.bytes.length + ENTRY_BYTES
    if (bytes < QUARANTINE_BYTES) continue
    yield entries.slice(start, at + 1)
    start = at + 1
    bytes = 0
  }
  if (start < entries.length) yield entries.slice(start)
}

/** A registry may restate an interval of each of a million meters: so many to a record. */
const INTERVAL_ROWS = 131_072

/** Rows in runs of INTERVAL_ROWS, as views. */
export function* intervalParts(columns: IntervalColumns): Generator<IntervalColumns> {
  if (columns.rows > 0 && columns.rows <= INTERVAL_ROWS) return yield columns
  for (let from = 0; from < columns.rows; from += INTERVAL_ROWS) {
    const to = Math.min(columns.rows, from + INTERVAL_ROWS)
    const cut = <T extends Float64Array | Uint32Array>(column: T): T => column.subarray(from, to) as T
    const { meter, start, end, at, revision, energy, quality, reasons } = columns
    yield {
      rows: to - from,
      meter: cut(meter),
      start: cut(start),
      end: cut(end),
      at: cut(at),
      revision: cut(revision),
      energy: energy.map(cut),
      quality: cut(quality),
      reasons: cut(reasons)
    }
  }
}

/** Characters after which lines about outages go on in another record: the end of a large incident names all whom it left dark. */
const OUTAGE_CHARACTERS = 2 * 1024 * 1024

/** Lines in groups of about OUTAGE_CHARACTERS, table by table, each in its order. */
export function* outageParts(lines: OutageLines): Generator<OutageTables> {
  let part: OutageTables = {}
  let characters = 0
  for (const table of OUTAGE_TABLES) {
    let start = 0
    for (const [at, line] of lines[table].entries()) {
      characters += JSON.stringify(line).length
      if (characters < OUTAGE_CHARACTERS) continue
      yield { ...part, [table]: lines[table].slice(start, at + 1) }
      part = {}
      start = at + 1
      characters = 0
    }
    if (start < lines[table].length) part = { ...part, [table]: lines[table].slice(start) }
  }
  if (characters > 0) yield part
}

/** Lines of a customer are small: so many to a record. */
const SUPPLY_LINES = 2048

export function* supplyParts(lines: readonly SupplyLine[]): Generator<readonly SupplyLine[]> {
  for (let from = 0; from < lines.length; from += SUPPLY_LINES) yield lines.slice(from, from + SUPPLY_LINES)
}
