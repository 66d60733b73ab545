import type { CheckedTable } from './checked-table.ts'
import type { IssueCode } from './issues.ts'
import { checkDevices, checkTies } from './network-checks.ts'
import { idsOf, type Schema, isPerson } from '../schema.ts'
import { type METERS, type SCHEMAS, TABLE_NAMES, type TableName, type Tables } from '../tables.ts'

/**
 * Checks that need more than one cell: references, the network, who is measured by what and when, what belongs to a key
 * customer. A row that refers to a rejected row is rejected too and says so; a reference into a file that was not given
 * is not judged.
 */
export type CheckedTables = { readonly [Name in TableName]: CheckedTable<(typeof SCHEMAS)[Name]> }

/** Which column refers to which file. In order: what is referred to is settled before who refers to it. */
const REFERENCES: readonly (readonly [from: TableName, column: string, to: TableName, code: IssueCode])[] = [
  ['ties', 'device_a', 'devices', 'DEVICE_UNKNOWN'],
  ['ties', 'device_b', 'devices', 'DEVICE_UNKNOWN'],
  ['usagePoints', 'account', 'accounts', 'ACCOUNT_UNKNOWN'],
  ['usagePoints', 'device', 'devices', 'DEVICE_UNKNOWN'],
  ['terminals', 'powered_by', 'devices', 'DEVICE_UNKNOWN'],
  ['meters', 'terminal', 'terminals', 'TERMINAL_UNKNOWN'],
  ['meters', 'usage_point', 'usagePoints', 'USAGE_POINT_UNKNOWN'],
  ['meters', 'device', 'devices', 'DEVICE_UNKNOWN'],
  ['suspensions', 'usage_point', 'usagePoints', 'USAGE_POINT_UNKNOWN'],
  ['plannedOutages', 'devices', 'devices', 'DEVICE_UNKNOWN'],
  ['keyCustomers', 'accounts', 'accounts', 'ACCOUNT_UNKNOWN'],
  ['supplySources', 'key_customer', 'keyCustomers', 'KEY_CUSTOMER_UNKNOWN'],
  ['supplySources', 'usage_point', 'usagePoints', 'USAGE_POINT_UNKNOWN'],
  ['supplySources', 'meter', 'meters', 'METER_UNKNOWN'],
  ['supplySources', 'terminal', 'terminals', 'TERMINAL_UNKNOWN'],
  ['loadSections', 'key_customer', 'keyCustomers', 'KEY_CUSTOMER_UNKNOWN'],
  ['loadSections', 'meter', 'meters', 'METER_UNKNOWN'],
  ['loadSections', 'sources', 'supplySources', 'SOURCE_UNKNOWN']
]

/** What a file's rows must be beside their references, checked before anybody refers to them. */
const OWN_CHECKS: { readonly [Name in TableName]?: (tables: CheckedTables) => void } = {
  devices: ({ devices }) => checkDevices(devices),
  ties: ({ ties, devices }) => checkTies(ties, devices),
  meters: ({ meters }) => {
    checkMeasuredThing(meters)
    checkActiveTimes(meters)
  },
  suspensions: checkSuspensions,
  plannedOutages: ({ plannedOutages }) => checkSpan(plannedOutages),
  supplySources: checkSources,
  loadSections: checkSections
}

/** Runs all checks, from the network down to the key customers. Issues land in the tables they concern. */
export function checkTables(tables: CheckedTables): void {
  for (const name of TABLE_NAMES) {
    for (const [from, column, to, code] of REFERENCES)
      if (from === name) checkReferences(anyOf(tables, from), column, anyOf(tables, to), code)
    OWN_CHECKS[name]?.(tables)
  }
}

const anyOf = (tables: CheckedTables, name: TableName): CheckedTable<Schema> =>
  tables[name] as unknown as CheckedTable<Schema>

/** The rows in which nothing was found. */
export function goodTables(tables: CheckedTables): Tables {
  return Object.fromEntries(TABLE_NAMES.map(name => [name, tables[name].good()])) as unknown as Tables
}

function checkReferences(
  from: CheckedTable<Schema>,
  column: string,
  to: CheckedTable<Schema>,
  code: IssueCode
): void {
  if (!to.given) return
  const cells = (from.table.text as Record<string, readonly string[]>)[column] ?? []
  const isList = from.table.schema.columns.some(({ name, kind }) => name === column && kind === 'references')
  // In another column than it should be the cell may name a person.
  const isHidden = from.table.schema.columns.some(isPerson)
  cells.forEach((cell, row) => {
    for (const id of isList ? idsOf(cell) : [cell])
      if (id !== '' && to.find(id) < 0) {
        const why = to.explainMissing(id)
        from.reject(row, code, column, isHidden ? `an id ${why.slice(id.length + 1)}` : why)
      }
  })
}

function checkMeasuredThing(meters: CheckedTable<typeof METERS>): void {
  const { usage_point, device } = meters.table.text
  for (let row = 0; row < meters.table.rows; row++) {
    const both = usage_point[row] !== '' && device[row] !== ''
    const none = usage_point[row] === '' && device[row] === ''
    if (both || none) {
      meters.reject(
        row,
        'POINT_XOR_DEVICE',
        'usage_point',
        both ? 'names both a point and a device' : 'names neither'
      )
    }
  }
}

/**
 * Spans [installed_at, removed_at) do not overlap: neither those of the rows of one meter, which is in one place at a
 * time, nor those of the meters of one usage point, which has one meter at a time.
 */
function checkActiveTimes(meters: CheckedTable<typeof METERS>): void {
  const { usage_point, id } = meters.table.text
  for (let row = 0; row < meters.table.rows; row++) {
    if (spanOf(meters, row).to <= spanOf(meters, row).from)
      meters.reject(row, 'TIME_ORDER', 'removed_at', 'is not after installed_at')
  }
  checkOverlaps(meters, id, (row, holder) => {
    const line = meters.table.line[holder]
    meters.reject(
      row,
      'BINDINGS_OVERLAP',
      'installed_at',
      `${id[row]} is bound by line ${line} at the same time`
    )
  })
  checkOverlaps(meters, usage_point, (row, holder) => {
    const other = `${id[holder]} (line ${meters.table.line[holder]})`
    meters.reject(
      row,
      'METERS_OVERLAP',
      'usage_point',
      `${usage_point[row]} is measured by ${other} at the same time`
    )
  })
}

/** Of the good rows with the same key those that begin before one that began earlier has ended. */
function checkOverlaps(
  meters: CheckedTable<typeof METERS>,
  keys: readonly string[],
  found: (row: number, holder: number) => void
): void {
  const rowsOfKey = new Map<string, number[]>()
  for (let row = 0; row < meters.table.rows; row++) {
    const key = keys[row] ?? ''
    if (key === '' || meters.isBad(row)) continue
    const rows = rowsOfKey.get(key)
    if (rows === undefined) rowsOfKey.set(key, [row])
    else rows.push(row)
  }
  for (const rows of rowsOfKey.values()) {
    if (rows.length < 2) continue
    rows.sort((one, other) => spanOf(meters, one).from - spanOf(meters, other).from || one - other)
    let holder = rows[0] ?? 0
    for (const row of rows.slice(1)) {
      if (spanOf(meters, row).from < spanOf(meters, holder).to) found(row, holder)
      else holder = row
    }
  }
}

function spanOf(meters: CheckedTable<typeof METERS>, row: number): { from: number; to: number } {
  const { installed_at, removed_at } = meters.table.number
  return { from: orElse(installed_at[row], -Infinity), to: orElse(removed_at[row], Infinity) }
}

const orElse = (value: number | undefined, blank: number): number =>
  value === undefined || Number.isNaN(value) ? blank : value

/** A span ends after it begins; a blank end is open. */
export function checkSpan<S extends Schema>(table: CheckedTable<S>): void {
  const { from = [], to = [] } = table.table.number as Record<string, readonly number[]>
  from.forEach((begin, row) => {
    if ((to[row] ?? Number.NaN) <= begin) table.reject(row, 'TIME_ORDER', 'to', 'is not after from')
  })
}

function checkSuspensions({ suspensions }: CheckedTables): void {
  checkSpan(suspensions)
  const { kept_kva } = suspensions.table.number
  suspensions.table.text.kind.forEach((kind, row) => {
    const isGiven = !Number.isNaN(kept_kva[row])
    if (isGiven === (kind === 'reduction')) return
    suspensions.reject(
      row,
      'KEPT_KVA',
      'kept_kva',
      isGiven ? `belongs to no ${kind}` : 'is blank for a reduction'
    )
  })
}

/** A grid source is a usage point; a generator, UPS or truck has none. */
function checkSources({ supplySources }: CheckedTables): void {
  const { kind, usage_point } = supplySources.table.text
  kind.forEach((word, row) => {
    const isFed = usage_point[row] !== ''
    if (isFed === (word === 'grid')) return
    const why = isFed ? `a source of kind ${word} has no usage point` : 'a grid source needs its usage point'
    supplySources.reject(row, 'SOURCE_FEED', 'usage_point', why)
  })
}

/** A section is fed from sources of its own customer. */
function checkSections({ loadSections, supplySources }: CheckedTables): void {
  const { sources, key_customer } = loadSections.table.text
  sources.forEach((cell, row) => {
    for (const id of idsOf(cell)) {
      const source = supplySources.find(id)
      const owner = supplySources.table.text.key_customer[source]
      if (owner === undefined || owner === key_customer[row]) continue
      loadSections.reject(row, 'SOURCE_FOREIGN', 'sources', `${id} belongs to ${owner}`)
    }
  })
}
