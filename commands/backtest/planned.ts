import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { asError } from '../../src/errors.ts'
import type { PlannedState, PlannedType } from '../../src/model/decisions.ts'
import type { PlannedOutageRecord } from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { CheckedTable } from '../../src/registry/read/checked-table.ts'
import { checkSpan } from '../../src/registry/read/checks.ts'
import { describeIssue, type ImportIssue, ImportRefused } from '../../src/registry/read/issues.ts'
import { readTable } from '../../src/registry/read/read-table.ts'
import { idsOf, type Table } from '../../src/registry/schema.ts'
import { PLANNED_OUTAGES } from '../../src/registry/tables.ts'

/** Rows that the error names. */
const SHOWN_ISSUES = 20

/**
 * Planned outages of a file beside the registry, with the columns of its planned_outages.csv: what was announced elsewhere,
 * or is only thought of. No row is passed over: a plan that is missing makes an unplanned outage of planned work.
 * @param zone of dates without offset @throws ImportRefused with code REGISTRY_FATAL that names each row and its remedy
 */
export function readPlanned(path: string, zone: string, registry: Registry): PlannedOutageRecord[] {
  const read = readTable(PLANNED_OUTAGES, bytesOf(path), zone)
  const checked = new CheckedTable(read, true)
  checkSpan(checked)
  const { numbers } = registry.network
  checked.table.text.devices.forEach((cell, row) => {
    if (numbers.size === 0) return
    for (const id of idsOf(cell))
      if (!numbers.has(id)) checked.reject(row, 'DEVICE_UNKNOWN', 'devices', `${id} is not in the registry`)
  })
  refuseIssues(path, checked.issues)
  return recordsOf(read.table)
}

function recordsOf({ rows, text, number }: Table<typeof PLANNED_OUTAGES>): PlannedOutageRecord[] {
  return Array.from({ length: rows }, (_, row) => {
    const announcedAt = number.announced_at[row] ?? Number.NaN
    return {
      id: text.id[row] ?? '',
      // The reader takes no other words.
      type: text.type[row] as PlannedType,
      devices: idsOf(text.devices[row] ?? ''),
      from: number.from[row] ?? 0,
      to: number.to[row] ?? 0,
      announcedAt: Number.isNaN(announcedAt) ? null : announcedAt,
      state: text.state[row] as PlannedState,
      ticket: text.ticket[row] ?? ''
    }
  })
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (thrown) {
    throw new ImportRefused('REGISTRY_FATAL', `${path}: ${asError(thrown).message}`, [])
  }
}

function refuseIssues(path: string, issues: readonly ImportIssue[]): void {
  if (issues.length === 0) return
  const named = issues
    .toSorted((one, other) => one.line - other.line)
    .slice(0, SHOWN_ISSUES)
    .map(issue => `${describeIssue({ ...issue, file: basename(path) })} (${issue.remedy})`)
  const more = issues.length > SHOWN_ISSUES ? `; and ${issues.length - SHOWN_ISSUES} more` : ''
  throw new ImportRefused('REGISTRY_FATAL', named.join('; ') + more, issues)
}
