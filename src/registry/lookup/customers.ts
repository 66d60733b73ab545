import { type Truck, TRUCK_LITRES_PER_KWH } from '../../model/truck.ts'
import { idsOf } from '../schema.ts'
import type { RegistrySource } from '../source.ts'
import type { TableName } from '../tables.ts'

/** What of key_customers.csv may be read by many. Names and phones of persons are in the ledger. NaN: not said. */
export interface KeyCustomer {
  readonly id: string
  readonly name: string
  /** hospital, water, ...; '' when not said. */
  readonly category: string
  /** special, first, second, temporary. */
  readonly grade: string
  /** Its accounts in the books. */
  readonly accounts: readonly string[]
  readonly securityLoadKw: number
  readonly planVersion: string
  /** Epoch ms. */
  readonly planDate: number
  readonly planApproval: string
  readonly sources: readonly SupplySource[]
  readonly sections: readonly LoadSection[]
}

/** A way in which a key customer can be fed. */
export interface SupplySource {
  readonly id: string
  /** grid, generator, ups, truck. */
  readonly kind: string
  readonly usagePoint: string
  readonly meter: string
  /** Where that meter measures: line or load side. */
  readonly measuredAt: string
  /** Terminal that sends its `backup` messages. */
  readonly terminal: string
  readonly mode: string
  /** Trench or tower shared with others. */
  readonly routeGroup: string
  readonly voltageKv: number
  readonly capacityKw: number
  readonly startClassS: number
  readonly fuelLitres: number
  /** Epoch ms. */
  readonly fuelDeclaredOn: number
  readonly litresPerKwh: number
  readonly reserveLitres: number
  readonly batteryKwh: number
  readonly batteryMinutes: number
}

/** A part of a key customer's load, fed as one. */
export interface LoadSection {
  readonly id: string
  readonly name: string
  /** security, essential, general. */
  readonly class: string
  readonly loadKw: number
  readonly meter: string
  /** In order of preference. */
  readonly sources: readonly string[]
  readonly transfer: string
  readonly allowedGapS: number
  readonly interlock: string
}

/** Whether a kind of source is the customer's own, or was brought to it: generator, UPS, truck. */
export const isOwnKind = (kind: string): boolean => ['generator', 'ups', 'truck'].includes(kind)

/** A generator truck that came to a customer as a source of it. */
export function truckAsSource({
  source: id,
  capacityKw = Number.NaN,
  fuelLitres = Number.NaN,
  litresPerKwh = TRUCK_LITRES_PER_KWH,
  attachedAt
}: Pick<Truck, 'source' | 'capacityKw' | 'fuelLitres' | 'litresPerKwh' | 'attachedAt'>): SupplySource {
  const unknown = Number.NaN
  return {
    ...{ id, kind: 'truck', usagePoint: '', meter: '', measuredAt: '', terminal: '', mode: 'standby' },
    ...{ routeGroup: '', voltageKv: unknown, capacityKw, startClassS: unknown },
    ...{ fuelLitres, fuelDeclaredOn: attachedAt, litresPerKwh, reserveLitres: unknown },
    ...{ batteryKwh: unknown, batteryMinutes: unknown }
  }
}

/** Whether the switch of a section changes over by itself. */
export const changesOver = ({ transfer }: LoadSection): boolean => transfer === 'ats' || transfer === 'sts'

export interface PlannedOutage {
  readonly id: string
  readonly type: string
  readonly devices: readonly string[]
  /** Epoch ms, [from, to). */
  readonly from: number
  readonly to: number
  /** Epoch ms; NaN: not said. */
  readonly announcedAt: number
  readonly state: string
  readonly ticket: string
}

/** Cells of one table by column and row. */
function cellsOf(source: RegistrySource, table: TableName) {
  const texts = new Map<string, readonly string[]>()
  const numbers = new Map<string, Float64Array>()
  return {
    rows: source.rows(table),
    text(column: string, row: number): string {
      const known = texts.get(column) ?? [...source.shared(table, column)]
      texts.set(column, known)
      return known[row] ?? ''
    },
    number(column: string, row: number): number {
      const known = numbers.get(column) ?? source.number(table, column)
      numbers.set(column, known)
      return known[row] ?? Number.NaN
    }
  }
}

/** Rows of a table made into what `make` makes of each, by the text of a column, in order of the file. */
function grouped<T>(
  rows: number,
  keyOf: (row: number) => string,
  make: (row: number) => T
): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (let row = 0; row < rows; row++) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [make(row)])
    else group.push(make(row))
  }
  return groups
}

/** Key customers by id, with their sources and sections. */
export function readKeyCustomers(source: RegistrySource): Map<string, KeyCustomer> {
  const { rows, text, number } = cellsOf(source, 'keyCustomers')
  const sources = readSources(source)
  const sections = readSections(source)
  const customers = new Map<string, KeyCustomer>()
  for (let row = 0; row < rows; row++) {
    const id = text('id', row)
    customers.set(id, {
      id,
      name: text('name', row),
      category: text('category', row),
      grade: text('grade', row),
      accounts: idsOf(text('accounts', row)),
      securityLoadKw: number('security_load_kw', row),
      planVersion: text('plan_version', row),
      planDate: number('plan_date', row),
      planApproval: text('plan_approval', row),
      sources: sources.get(id) ?? [],
      sections: sections.get(id) ?? []
    })
  }
  return customers
}

function readSources(source: RegistrySource): Map<string, SupplySource[]> {
  const { rows, text, number } = cellsOf(source, 'supplySources')
  return grouped(
    rows,
    row => text('key_customer', row),
    row => ({
      id: text('id', row),
      kind: text('kind', row),
      usagePoint: text('usage_point', row),
      meter: text('meter', row),
      measuredAt: text('measured_at', row),
      terminal: text('terminal', row),
      mode: text('mode', row),
      routeGroup: text('route_group', row),
      voltageKv: number('voltage_kv', row),
      capacityKw: number('capacity_kw', row),
      startClassS: number('start_class_s', row),
      fuelLitres: number('fuel_litres', row),
      fuelDeclaredOn: number('fuel_declared_on', row),
      litresPerKwh: number('litres_per_kwh', row),
      reserveLitres: number('reserve_litres', row),
      batteryKwh: number('battery_kwh', row),
      batteryMinutes: number('battery_minutes', row)
    })
  )
}

function readSections(source: RegistrySource): Map<string, LoadSection[]> {
  const { rows, text, number } = cellsOf(source, 'loadSections')
  return grouped(
    rows,
    row => text('key_customer', row),
    row => ({
      id: text('id', row),
      name: text('name', row),
      class: text('class', row),
      loadKw: number('load_kw', row),
      meter: text('meter', row),
      sources: idsOf(text('sources', row)),
      transfer: text('transfer', row),
      allowedGapS: number('allowed_gap_s', row),
      interlock: text('interlock', row)
    })
  )
}

/** Planned outages in order of their beginning. */
export function readPlannedOutages(source: RegistrySource): PlannedOutage[] {
  const { rows, text, number } = cellsOf(source, 'plannedOutages')
  const outages = Array.from({ length: rows }, (_, row) => ({
    id: text('id', row),
    type: text('type', row),
    devices: idsOf(text('devices', row)),
    from: number('from', row),
    to: number('to', row),
    announcedAt: number('announced_at', row),
    state: text('state', row),
    ticket: text('ticket', row)
  }))
  return outages.sort((one, other) => one.from - other.from || (one.id < other.id ? -1 : 1))
}
