import { type NumberBook, selfMeter } from './numbers.ts'
import type { Device, MeterColumns, Registry, Terminal, UsagePoint } from './registry.ts'
import type { Table } from './schema.ts'
import type { DEVICES, Tables, TERMINALS, USAGE_POINTS } from './tables.ts'

/**
 * Columns for the hot path out of imported tables. `meters.count` covers the whole book; `meterNumbers` holds only
 * the meters of this version, so that a meter which left the registry is unknown while its number stays taken.
 */
export function buildRegistry(tables: Tables, book: NumberBook, version: number, hash: string): Registry {
  const numberOf = new Map(book.ids.map((id, number) => [id, number]))
  const meterNumbers = new Map<string, number>()
  const meters = fillMeters(tables, book, numberOf, meterNumbers)
  return {
    version,
    hash,
    meterNumbers,
    meters,
    terminals: readTerminals(tables.terminals),
    usagePoints: readUsagePoints(tables.usagePoints),
    devices: readDevices(tables.devices)
  }
}

/** The numbers a registry was built with, for the next import. */
export function bookOf(registry: Registry): NumberBook {
  return { ids: registry.meters.id }
}

function fillMeters(
  tables: Tables,
  book: NumberBook,
  numberOf: ReadonlyMap<string, number>,
  meterNumbers: Map<string, number>
): MeterColumns {
  const count = book.ids.length
  const texts = (): string[] => new Array<string>(count).fill('')
  const numbers = (): Float64Array => new Float64Array(count).fill(NaN)
  const columns = {
    count,
    id: book.ids,
    terminal: texts(),
    usagePoint: texts(),
    device: texts(),
    wiring: texts(),
    ratedV: numbers(),
    ratedA: numbers(),
    ct: numbers(),
    pt: numbers(),
    registerDigits: numbers(),
    registerDecimals: numbers(),
    installedAt: numbers().fill(-Infinity),
    removedAt: numbers().fill(Infinity)
  }
  const { text, number, rows } = tables.meters
  const place = (into: Float64Array, at: number, value: number | undefined): void => {
    if (value !== undefined && !Number.isNaN(value)) into[at] = value
  }
  const share = sharing(tables.terminals.text.id)
  for (let row = 0; row < rows; row++) {
    const id = text.id[row] ?? ''
    const at = numberOf.get(id)
    if (at === undefined) continue
    meterNumbers.set(id, at)
    columns.terminal[at] = share(text.terminal[row] ?? '')
    columns.usagePoint[at] = text.usage_point[row] ?? ''
    columns.device[at] = share(text.device[row] ?? '')
    columns.wiring[at] = share(text.wiring[row] ?? '')
    place(columns.ratedV, at, number.rated_v[row])
    place(columns.ratedA, at, number.rated_a[row])
    place(columns.ct, at, number.ct_ratio[row])
    place(columns.pt, at, number.pt_ratio[row])
    place(columns.registerDigits, at, number.register_digits[row])
    place(columns.registerDecimals, at, number.register_decimals[row])
    place(columns.installedAt, at, number.installed_at[row])
    place(columns.removedAt, at, number.removed_at[row])
  }
  for (const terminal of tables.terminals.text.id) {
    const at = numberOf.get(selfMeter(terminal))
    if (at === undefined) continue
    meterNumbers.set(selfMeter(terminal), at)
    columns.terminal[at] = terminal
  }
  return columns
}

/** Equal texts become one object, those given first: less memory, and comparing them ends at once. */
function sharing(first: readonly string[]): (text: string) => string {
  const known = new Map(first.map(text => [text, text]))
  return text => {
    const shared = known.get(text)
    if (shared === undefined) known.set(text, text)
    return shared ?? text
  }
}

function readTerminals({ text, number, rows }: Table<typeof TERMINALS>): Map<string, Terminal> {
  const terminals = new Map<string, Terminal>()
  for (let row = 0; row < rows; row++) {
    const id = text.id[row] ?? ''
    terminals.set(id, {
      id,
      kind: text.kind[row] ?? '',
      poweredBy: text.powered_by[row] ?? '',
      sampleIntervalS: number.sample_interval_s[row] ?? NaN,
      uploadIntervalS: number.upload_interval_s[row] ?? NaN,
      uploadDelayS: number.upload_delay_s[row] ?? NaN,
      heartbeatS: number.heartbeat_s[row] ?? NaN,
      carrier: text.carrier[row] ?? '',
      cell: text.cell[row] ?? '',
      backup: text.backup[row] ?? '',
      protocol: text.protocol[row] ?? ''
    })
  }
  return terminals
}

function readUsagePoints({ text, number, rows }: Table<typeof USAGE_POINTS>): Map<string, UsagePoint> {
  const points = new Map<string, UsagePoint>()
  for (let row = 0; row < rows; row++) {
    const id = text.id[row] ?? ''
    points.set(id, {
      id,
      account: text.account[row] ?? '',
      device: text.device[row] ?? '',
      phase: text.phase[row] ?? '',
      role: text.role[row] ?? '',
      contractKva: number.contract_kva[row] ?? NaN
    })
  }
  return points
}

function readDevices({ text, rows }: Table<typeof DEVICES>): Map<string, Device> {
  const devices = new Map<string, Device>()
  for (let row = 0; row < rows; row++) {
    const id = text.id[row] ?? ''
    devices.set(id, {
      id,
      kind: text.kind[row] ?? '',
      name: text.name[row] ?? '',
      parent: text.parent[row] ?? ''
    })
  }
  return devices
}
