import { type NumberBook, selfMeter } from './numbers.ts'
import { buildNetwork } from './network.ts'
import type { DeviceColumns, KeyCustomer, MeterColumns, Registry, Terminal, UsagePoint } from './registry.ts'
import { idsOf, type Table } from './schema.ts'
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
    network: buildNetwork(tables),
    devices: readDevices(tables.devices),
    keyCustomers: readKeyCustomers(tables.keyCustomers)
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
  const { text, number, rows } = tables.meters
  const count = book.ids.length
  const { place, earlier } = placeRows(tables, numberOf, count)
  const texts = (): string[] => new Array<string>(earlier.length).fill('')
  const numbers = (): Float64Array => new Float64Array(earlier.length).fill(NaN)
  const columns = {
    count,
    id: book.ids,
    earlier,
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
    removedAt: numbers().fill(Infinity),
    initialRegister: numbers(),
    removedRegister: numbers()
  }
  const put = (into: Float64Array, at: number, value: number | undefined): void => {
    if (value !== undefined && !Number.isNaN(value)) into[at] = value
  }
  const share = sharing(tables.terminals.text.id)
  for (let row = 0; row < rows; row++) {
    const id = text.id[row] ?? ''
    const meter = numberOf.get(id)
    const at = place[row]
    if (meter === undefined || at === undefined) continue
    meterNumbers.set(id, meter)
    columns.terminal[at] = share(text.terminal[row] ?? '')
    columns.usagePoint[at] = text.usage_point[row] ?? ''
    columns.device[at] = share(text.device[row] ?? '')
    columns.wiring[at] = share(text.wiring[row] ?? '')
    put(columns.ratedV, at, number.rated_v[row])
    put(columns.ratedA, at, number.rated_a[row])
    put(columns.ct, at, number.ct_ratio[row])
    put(columns.pt, at, number.pt_ratio[row])
    put(columns.registerDigits, at, number.register_digits[row])
    put(columns.registerDecimals, at, number.register_decimals[row])
    put(columns.installedAt, at, number.installed_at[row])
    put(columns.removedAt, at, number.removed_at[row])
    put(columns.initialRegister, at, number.initial_register[row])
    put(columns.removedRegister, at, number.removed_register[row])
  }
  for (const terminal of tables.terminals.text.id) {
    const at = numberOf.get(selfMeter(terminal))
    if (at === undefined) continue
    meterNumbers.set(selfMeter(terminal), at)
    columns.terminal[at] = terminal
  }
  return columns
}

/** Where each row of meters.csv comes to stand: a meter's latest at its number, earlier ones behind all numbers. */
function placeRows(
  { meters }: Tables,
  numberOf: ReadonlyMap<string, number>,
  count: number
): { place: Int32Array; earlier: Int32Array } {
  const begins = (row: number): number => {
    const from = meters.number.installed_at[row] ?? NaN
    return Number.isNaN(from) ? -Infinity : from
  }
  const rowsOf = new Map<number, number[]>()
  for (let row = 0; row < meters.rows; row++) {
    const meter = numberOf.get(meters.text.id[row] ?? '')
    if (meter === undefined) continue
    const rows = rowsOf.get(meter)
    if (rows === undefined) rowsOf.set(meter, [row])
    else rows.push(row)
  }
  const place = new Int32Array(meters.rows)
  const earlier: number[] = new Array<number>(count).fill(-1)
  for (const [meter, rows] of rowsOf) {
    rows.sort((one, other) => begins(other) - begins(one))
    let at = meter
    for (const [i, row] of rows.entries()) {
      if (i > 0) {
        earlier[at] = earlier.length
        at = earlier.length
        earlier.push(-1)
      }
      place[row] = at
    }
  }
  return { place, earlier: Int32Array.from(earlier) }
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

function readDevices({ text, number }: Table<typeof DEVICES>): DeviceColumns {
  return {
    kind: text.kind,
    name: text.name,
    phases: text.phases,
    ratedKva: Float64Array.from(number.rated_kva),
    ratedA: Float64Array.from(number.rated_a),
    nominalKv: Float64Array.from(number.nominal_kv),
    vectorGroup: text.vector_group,
    latitude: Float64Array.from(number.latitude),
    longitude: Float64Array.from(number.longitude)
  }
}

function readKeyCustomers({ text, rows }: Tables['keyCustomers']): Map<string, KeyCustomer> {
  const customers = new Map<string, KeyCustomer>()
  for (let row = 0; row < rows; row++) {
    const accounts = idsOf(text.accounts[row] ?? '')
    customers.set(text.id[row] ?? '', { name: text.name[row] ?? '', accounts })
  }
  return customers
}
