import { type ImportIssue, type IssueCode, makeIssue } from './issues.ts'
import { keepRows, type ReadTable } from './read-table.ts'
import type { DEVICES, METERS, Schema, Table, Tables, TERMINALS, USAGE_POINTS } from './tables.ts'

/**
 * Checks that need more than one row: references, the device tree, who is measured by what and when. A row that
 * refers to a rejected row is rejected too and says so; a reference into a file that was not given is not judged.
 */

/** One file under check. */
export class CheckedTable<S extends Schema> {
  readonly given: boolean
  readonly table: Table<S>
  readonly issues: ImportIssue[]
  readonly #rejectedLines: ReadonlyMap<string, number>
  readonly #bad: Uint8Array
  readonly #rowOfId = new Map<string, number>()

  constructor(read: ReadTable<S>, given: boolean) {
    this.given = given
    this.table = read.table
    this.issues = read.issues
    this.#rejectedLines = read.rejected
    this.#bad = new Uint8Array(read.table.rows)
    this.ids.forEach((id, row) => {
      this.#rowOfId.set(id, row)
    })
  }

  get ids(): readonly string[] {
    return (this.table.text as Record<string, readonly string[]>).id ?? []
  }

  /** Row of an id that is still good, -1 when there is none. */
  find(id: string): number {
    const row = this.#rowOfId.get(id)
    return row === undefined || this.#bad[row] === 1 ? -1 : row
  }

  isBad(row: number): boolean {
    return this.#bad[row] === 1
  }

  reject(row: number, code: IssueCode, column: string, message: string): void {
    this.#bad[row] = 1
    this.report(code, this.table.line[row] ?? 0, column, message)
  }

  report(code: IssueCode, line: number, column: string, message: string): void {
    this.issues.push(makeIssue(code, this.table.schema.file, line, column, message))
  }

  /** Why an id cannot be referred to, as the rest of a sentence. */
  explainMissing(id: string): string {
    const row = this.#rowOfId.get(id)
    const line = row === undefined ? this.#rejectedLines.get(id) : this.table.line[row]
    const { file } = this.table.schema
    return line === undefined ? `${id} is not in ${file}` : `${id} was rejected itself (${file} line ${line})`
  }

  rejectedRows(): number {
    return this.#bad.reduce((sum, bad) => sum + bad, 0)
  }

  good(): Table<S> {
    return keepRows(this.table, row => this.#bad[row] === 0)
  }
}

export interface CheckedTables {
  readonly devices: CheckedTable<typeof DEVICES>
  readonly usagePoints: CheckedTable<typeof USAGE_POINTS>
  readonly terminals: CheckedTable<typeof TERMINALS>
  readonly meters: CheckedTable<typeof METERS>
}

/** Runs all checks, from the network down to the meters. Issues land in the tables they concern. */
export function checkTables(tables: CheckedTables): Tables {
  checkDevices(tables.devices)
  checkReferences(tables.usagePoints, 'device', tables.devices, 'DEVICE_UNKNOWN')
  checkReferences(tables.terminals, 'powered_by', tables.devices, 'DEVICE_UNKNOWN')
  checkReferences(tables.meters, 'terminal', tables.terminals, 'TERMINAL_UNKNOWN')
  checkReferences(tables.meters, 'usage_point', tables.usagePoints, 'USAGE_POINT_UNKNOWN')
  checkReferences(tables.meters, 'device', tables.devices, 'DEVICE_UNKNOWN')
  checkMeasuredThing(tables.meters)
  checkActiveTimes(tables.meters)
  return {
    devices: tables.devices.good(),
    usagePoints: tables.usagePoints.good(),
    terminals: tables.terminals.good(),
    meters: tables.meters.good()
  }
}

function checkReferences<S extends Schema, T extends Schema>(
  from: CheckedTable<S>,
  column: string,
  to: CheckedTable<T>,
  code: IssueCode
): void {
  const cells = (from.table.text as Record<string, readonly string[]>)[column] ?? []
  if (!to.given) return
  cells.forEach((id, row) => {
    if (id !== '' && to.find(id) < 0) from.reject(row, code, column, to.explainMissing(id))
  })
}

/** Parents exist and lead to a root. A rejected device takes what hangs below it along. */
function checkDevices(devices: CheckedTable<typeof DEVICES>): void {
  const { ids } = devices
  const { parent } = devices.table.text
  reportCycles(devices)
  const children = new Map<string, number[]>()
  const queue: number[] = []
  parent.forEach((id, row) => {
    if (id === '') return
    const below = children.get(id)
    if (below === undefined) children.set(id, [row])
    else below.push(row)
    if (devices.find(id) < 0) queue.push(row)
  })
  for (let row = queue.pop(); row !== undefined; row = queue.pop()) {
    if (devices.isBad(row)) continue
    devices.reject(row, 'DEVICE_UNKNOWN', 'parent', devices.explainMissing(parent[row] ?? ''))
    queue.push(...(children.get(ids[row] ?? '') ?? []))
  }
}

const UNSEEN = 0
const DONE = -1

function reportCycles(devices: CheckedTable<typeof DEVICES>): void {
  const { parent, id } = devices.table.text
  // Number of the walk that passed a device, so that meeting one's own steps again is a cycle.
  const walk = new Int32Array(parent.length)
  for (let start = 0; start < parent.length; start++) {
    const path: number[] = []
    let row = start
    while (row >= 0 && walk[row] === UNSEEN) {
      walk[row] = start + 1
      path.push(row)
      row = devices.find(parent[row] ?? '')
    }
    if (row >= 0 && walk[row] === start + 1) {
      const loop = path.slice(path.indexOf(row)).map(step => id[step])
      const shown = [...loop.slice(0, 10), ...(loop.length > 10 ? ['…'] : []), loop[0]].join(' < ')
      devices.report(
        'DEVICE_CYCLE',
        devices.table.line[row] ?? 0,
        'parent',
        `devices feed each other: ${shown}`
      )
    }
    for (const step of path) walk[step] = DONE
  }
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

/** One meter at a time: the spans [installed_at, removed_at) of the meters of one usage point do not overlap. */
function checkActiveTimes(meters: CheckedTable<typeof METERS>): void {
  const { usage_point, id } = meters.table.text
  const { installed_at, removed_at } = meters.table.number
  const from = (row: number): number => orElse(installed_at[row], -Infinity)
  const to = (row: number): number => orElse(removed_at[row], Infinity)
  const rowsOfPoint = new Map<string, number[]>()
  for (let row = 0; row < meters.table.rows; row++) {
    if (to(row) <= from(row)) meters.reject(row, 'TIME_ORDER', 'removed_at', 'is not after installed_at')
    const point = usage_point[row] ?? ''
    if (point === '' || meters.isBad(row)) continue
    const rows = rowsOfPoint.get(point)
    if (rows === undefined) rowsOfPoint.set(point, [row])
    else rows.push(row)
  }
  for (const [point, rows] of rowsOfPoint) {
    if (rows.length < 2) continue
    rows.sort((one, other) => from(one) - from(other) || one - other)
    let busyUntil = -Infinity
    let holder = -1
    for (const row of rows) {
      if (holder >= 0 && from(row) < busyUntil) {
        const other = `${id[holder]} (line ${meters.table.line[holder]})`
        meters.reject(
          row,
          'METERS_OVERLAP',
          'usage_point',
          `${point} is measured by ${other} at the same time`
        )
        continue
      }
      busyUntil = to(row)
      holder = row
    }
  }
}

const orElse = (value: number | undefined, blank: number): number =>
  value === undefined || Number.isNaN(value) ? blank : value
