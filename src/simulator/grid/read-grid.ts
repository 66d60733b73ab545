import { GridvigilError } from '../../errors.ts'
import { importRegistry } from '../../registry/read/import.ts'
import { idsOf } from '../../registry/schema.ts'
import { DEVICE_KINDS, type Tables } from '../../registry/tables.ts'
import { Chance } from '../city/chance.ts'
import {
  ABC,
  type Backup,
  type CheckMeter,
  type Grid,
  type GridCustomers,
  type GridDevices,
  type GridKeyCustomer,
  type GridTerminal,
  LOAD_KINDS,
  type LoadKind,
  phaseBits
} from './grid.ts'

const KIND_BY_CATEGORY: Readonly<Record<string, LoadKind>> = {
  residential: 'home',
  commercial: 'shop',
  industrial: 'factory',
  agricultural: 'shop',
  public: 'shop'
}
const TRANSFORMER = DEVICE_KINDS.indexOf('transformer')
/** What a terminal does of which the registry says nothing. */
const [SAMPLE_S, UPLOAD_S, DELAY_S, HEARTBEAT_S] = [900, 900, 60, 300]
const DEFAULT_V = 220

/** The grid of a registry folder. @throws REGISTRY_FATAL, REGISTRY_REJECTS; CLI_USAGE when it has no customers */
export function readGrid(folder: string): Grid {
  return gridOf(importRegistry(folder, undefined, { maxRejects: 0 }).tables)
}

/** The grid of imported tables: meters that are bound now, and the devices, terminals and key customers they belong to. */
export function gridOf(tables: Tables): Grid {
  const devices = devicesOf(tables)
  const numbers = new Map(devices.id.map((id, number) => [id, number]))
  const terminals = terminalsOf(tables, numbers)
  const terminalNumbers = new Map(terminals.map(({ id }, number) => [id, number]))
  const { customers, checkMeters } = metersOf(tables, numbers, terminalNumbers)
  if (customers.count === 0)
    throw new GridvigilError('CLI_USAGE', 'the registry has no meter of a usage point: nothing to simulate')
  const ties = tables.ties.text.id.map((id, row) => ({
    id,
    a: numbers.get(tables.ties.text.device_a[row] ?? '') ?? -1,
    b: numbers.get(tables.ties.text.device_b[row] ?? '') ?? -1,
    isOpen: tables.ties.text.normally_open[row] !== 'false'
  }))
  const keyCustomers = keyCustomersOf(tables, customers, terminalNumbers)
  for (const { feeds } of keyCustomers)
    for (const { customer } of feeds) customers.kind[customer] = LOAD_KINDS.indexOf('hospital')
  return { devices, ties, customers, checkMeters, terminals, keyCustomers }
}

function devicesOf({ devices: { rows, text, number } }: Tables): GridDevices {
  const numbers = new Map(text.id.map((id, row) => [id, row]))
  const parent = Int32Array.from(text.parent, id => numbers.get(id) ?? -1)
  const kind = Uint8Array.from(text.kind, word => (DEVICE_KINDS as readonly string[]).indexOf(word))
  const order = fromAbove(parent)
  const transformer = new Int32Array(rows).fill(-1)
  for (const device of order) {
    const isOne = kind[device] === TRANSFORMER
    transformer[device] = isOne ? device : (transformer[parent[device] ?? -1] ?? -1)
  }
  return {
    count: rows,
    id: text.id,
    kind,
    parent,
    phases: Uint8Array.from(text.phases, letters => phaseBits(letters) || ABC),
    ratedKva: Float64Array.from(number.rated_kva),
    windings: text.vector_group,
    order,
    transformer
  }
}

/** Importers refuse circles, so everybody is reached from a root. */
function fromAbove(parent: Int32Array): Uint32Array {
  const children: number[][] = []
  const order: number[] = []
  parent.forEach((above, device) => {
    if (above < 0) order.push(device)
    else children[above] = [...(children[above] ?? []), device]
  })
  for (const device of order) order.push(...(children[device] ?? []))
  return Uint32Array.from(order)
}

function terminalsOf(
  { terminals: { text, number } }: Tables,
  devices: ReadonlyMap<string, number>
): GridTerminal[] {
  const seconds = (column: readonly number[], row: number, usual: number): number => {
    const value = column[row] ?? Number.NaN
    return Math.round((Number.isNaN(value) ? usual : value) * 1000)
  }
  return text.id.map((id, row) => ({
    id,
    poweredBy: devices.get(text.powered_by[row] ?? '') ?? -1,
    carrier: text.carrier[row] ?? '',
    cell: text.cell[row] ?? '',
    backup: (text.backup[row] || 'none') as Backup,
    sampleMs: seconds(number.sample_interval_s, row, SAMPLE_S),
    uploadMs: seconds(number.upload_interval_s, row, UPLOAD_S),
    uploadDelayMs: seconds(number.upload_delay_s, row, DELAY_S),
    heartbeatMs: seconds(number.heartbeat_s, row, HEARTBEAT_S)
  }))
}

function metersOf(
  { meters, usagePoints, accounts }: Tables,
  devices: ReadonlyMap<string, number>,
  terminals: ReadonlyMap<string, number>
): { customers: GridCustomers; checkMeters: CheckMeter[] } {
  const points = new Map(usagePoints.text.id.map((id, row) => [id, row]))
  const categories = new Map(accounts.text.id.map((id, row) => [id, accounts.text.category[row] ?? '']))
  const isBound = (row: number): boolean => Number.isNaN(meters.number.removed_at[row] ?? Number.NaN)
  const rows = [...meters.text.id.keys()].filter(isBound)
  const own = rows.filter(row => points.has(meters.text.usage_point[row] ?? ''))
  const pointOf = (row: number): number => points.get(meters.text.usage_point[row] ?? '') ?? -1
  const orOne = (value: number | undefined): number =>
    value === undefined || Number.isNaN(value) ? 1 : value
  const account = own.map(row => usagePoints.text.account[pointOf(row)] ?? '')
  const unsaid = new Chance('phases the registry does not know')
  const customers: GridCustomers = {
    count: own.length,
    point: own.map(row => meters.text.usage_point[row] ?? ''),
    account,
    meter: own.map(row => meters.text.id[row] ?? ''),
    device: Int32Array.from(own, row => devices.get(usagePoints.text.device[pointOf(row)] ?? '') ?? -1),
    phases: Uint8Array.from(own, row => {
      const bits = phaseBits(usagePoints.text.phase[pointOf(row)] ?? '')
      if (meters.text.wiring[row]?.startsWith('3p')) return ABC
      return bits === 0 || bits === ABC ? 1 << unsaid.integer(row, 3) : bits
    }),
    kind: Uint8Array.from(account, id =>
      LOAD_KINDS.indexOf(KIND_BY_CATEGORY[categories.get(id) ?? ''] ?? 'home')
    ),
    terminal: Int32Array.from(own, row => terminals.get(meters.text.terminal[row] ?? '') ?? -1),
    ct: Float64Array.from(own, row => orOne(meters.number.ct_ratio[row])),
    pt: Float64Array.from(own, row => orOne(meters.number.pt_ratio[row])),
    ratedV: Float64Array.from(own, row => meters.number.rated_v[row] || DEFAULT_V),
    ratedA: Float64Array.from(own, row => meters.number.rated_a[row] ?? Number.NaN),
    isThreeWire: Uint8Array.from(own, row => (meters.text.wiring[row] === '3p3w' ? 1 : 0)),
    registerDecimals: Uint8Array.from(own, row => {
      const decimals = meters.number.register_decimals[row] ?? Number.NaN
      return Number.isNaN(decimals) ? 2 : decimals
    })
  }
  const checkMeters = rows
    .filter(row => devices.has(meters.text.device[row] ?? ''))
    .map(row => ({
      meter: meters.text.id[row] ?? '',
      device: devices.get(meters.text.device[row] ?? '') ?? -1,
      terminal: terminals.get(meters.text.terminal[row] ?? '') ?? -1,
      ct: orOne(meters.number.ct_ratio[row])
    }))
  return { customers, checkMeters }
}

function keyCustomersOf(
  { keyCustomers, supplySources: sources, loadSections: sections }: Tables,
  customers: GridCustomers,
  terminals: ReadonlyMap<string, number>
): GridKeyCustomer[] {
  const byPoint = new Map(customers.point.map((id, number) => [id, number]))
  const rowsOf = (owners: readonly string[], id: string): number[] =>
    [...owners.keys()].filter(row => owners[row] === id)
  return keyCustomers.text.id.map(id => {
    const own = rowsOf(sources.text.key_customer, id)
    const generator = own.find(row => sources.text.kind[row] === 'generator')
    const ups = own.find(row => sources.text.kind[row] === 'ups')
    const feeds = own.flatMap(row => {
      const customer = byPoint.get(sources.text.usage_point[row] ?? '')
      return customer === undefined ? [] : [{ source: sources.text.id[row] ?? '', customer }]
    })
    const of = (column: readonly number[], row: number | undefined, usual: number): number => {
      const value = row === undefined ? Number.NaN : (column[row] ?? Number.NaN)
      return Number.isNaN(value) ? usual : value
    }
    return {
      id,
      feeds,
      generator: generator === undefined ? undefined : sources.text.id[generator],
      generatorKw: of(sources.number.capacity_kw, generator, 0),
      startClassS: of(sources.number.start_class_s, generator, 15),
      fuelLitres: of(sources.number.fuel_litres, generator, 0),
      ups: ups === undefined ? undefined : sources.text.id[ups],
      terminal: terminals.get(sources.text.terminal[generator ?? ups ?? -1] ?? '') ?? -1,
      sections: rowsOf(sections.text.key_customer, id).map(row => ({
        id: sections.text.id[row] ?? '',
        isSecurity: sections.text.class[row] === 'security',
        loadKw: of(sections.number.load_kw, row, 0),
        sources: idsOf(sections.text.sources[row] ?? ''),
        isAutomatic: ['ats', 'sts'].includes(sections.text.transfer[row] ?? ''),
        allowedGapMs: of(sections.number.allowed_gap_s, row, 60) * 1000
      }))
    }
  })
}
