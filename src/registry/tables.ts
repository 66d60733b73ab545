import { PLANNED_STATES, PLANNED_TYPES } from '../model/decisions.ts'
import type { Schema, Table } from './schema.ts'

/**
 * The registry files (docs/registry.md), as data. Adding a file or a column means adding it here; checks that need
 * more than one cell stand in checks.ts.
 */
const DAY_S = 86400

const choice = <const C extends readonly string[]>(choices: C, blank: C[number] | '' = '') =>
  ({ kind: 'choice', choices, blank }) as const
const number = (low: number, high: number) => ({ kind: 'number', low, high }) as const
const whole = (low: number, high: number) => ({ kind: 'number', low, high, whole: true }) as const
/** Ids of meters, points and devices come from many systems: printable, without blanks at all. */
const PLAIN_ID = {
  kind: 'id',
  form: /^(?!self$)(?!self:)[^\s\p{C}]{1,64}$/u,
  says: '1 to 64 characters without blanks, and not `self`'
} as const

/** From the source of supply down to the customers. */
export const DEVICE_KINDS = [
  'substation',
  'bus',
  'feeder',
  'section',
  'switch',
  'fuse',
  'transformer',
  'box'
] as const
/** How a terminal survives the loss of its supply: not at all, for a last message, or for hours. */
export const BACKUPS = ['none', 'supercap', 'battery'] as const

export const DEVICES = {
  file: 'devices.csv',
  required: false,
  needs: ['id', 'kind'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    {
      name: 'kind',
      ...choice(DEVICE_KINDS)
    },
    { name: 'name', kind: 'text' },
    { name: 'parent', kind: 'reference' },
    { name: 'phases', ...choice(['ABC', 'AB', 'BC', 'AC', 'CA', 'A', 'B', 'C'], 'ABC') },
    { name: 'rated_kva', ...number(0, 1e7) },
    { name: 'rated_a', ...number(0, 1e6) },
    { name: 'nominal_kv', ...number(0, 1500) },
    { name: 'vector_group', kind: 'text' },
    { name: 'latitude', ...number(-90, 90) },
    { name: 'longitude', ...number(-180, 180) }
  ]
} as const satisfies Schema

export const USAGE_POINTS = {
  file: 'usage_points.csv',
  required: false,
  needs: ['id'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    { name: 'account', kind: 'reference' },
    { name: 'device', kind: 'reference' },
    { name: 'phase', ...choice(['A', 'B', 'C', 'ABC']) },
    { name: 'role', ...choice(['supply', 'sub', 'generation'], 'supply') },
    { name: 'metering_side', ...choice(['lv', 'hv'], 'lv') },
    { name: 'contract_kva', ...number(0, 1e7) },
    { name: 'tariff', ...choice(['single', 'two-part-capacity', 'two-part-demand'], 'single') },
    { name: 'contract_demand_kw', ...number(0, 1e7) },
    { name: 'households_behind', ...whole(0, 100000) }
  ]
} as const satisfies Schema

export const TERMINALS = {
  file: 'terminals.csv',
  required: true,
  needs: ['id'],
  columns: [
    { name: 'id', kind: 'id', form: /^[A-Za-z0-9_-]{1,64}$/, says: '1 to 64 of A-Z a-z 0-9 _ -' },
    { name: 'kind', ...choice(['concentrator', 'dedicated', 'modem'], 'concentrator') },
    { name: 'powered_by', kind: 'reference' },
    { name: 'sample_interval_s', ...number(1, 31 * DAY_S) },
    { name: 'upload_interval_s', ...number(1, 31 * DAY_S) },
    { name: 'upload_delay_s', ...number(0, 31 * DAY_S) },
    { name: 'heartbeat_s', ...number(1, DAY_S) },
    { name: 'carrier', kind: 'text' },
    { name: 'cell', kind: 'text' },
    { name: 'backup', ...choice(BACKUPS) },
    { name: 'protocol', kind: 'text' }
  ]
} as const satisfies Schema

export const METERS = {
  file: 'meters.csv',
  required: true,
  repeats: true,
  needs: ['id', 'terminal'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    { name: 'asset_no', kind: 'text' },
    { name: 'address', kind: 'text' },
    { name: 'usage_point', kind: 'reference' },
    { name: 'device', kind: 'reference' },
    { name: 'terminal', kind: 'reference' },
    { name: 'wiring', ...choice(['1p2w', '3p4w', '3p3w']) },
    { name: 'rated_v', ...number(1, 1e6) },
    { name: 'rated_a', ...number(0.01, 1e5) },
    { name: 'ct_ratio', ...number(1, 100000) },
    { name: 'pt_ratio', ...number(1, 100000) },
    { name: 'register_digits', ...whole(1, 12) },
    { name: 'register_decimals', ...whole(0, 8) },
    { name: 'installed_at', kind: 'time' },
    { name: 'initial_register', ...number(0, 1e12) },
    { name: 'removed_at', kind: 'time' },
    { name: 'removed_register', ...number(0, 1e12) }
  ]
} as const satisfies Schema

export const TIES = {
  file: 'ties.csv',
  required: false,
  needs: ['id', 'device_a', 'device_b'],
  filled: ['device_a', 'device_b'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    { name: 'device_a', kind: 'reference' },
    { name: 'device_b', kind: 'reference' },
    { name: 'capacity_kva', ...number(0, 1e7) },
    { name: 'normally_open', ...choice(['true', 'false'], 'true') }
  ]
} as const satisfies Schema

export const ACCOUNTS = {
  file: 'accounts.csv',
  required: false,
  needs: ['id'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    { name: 'name', kind: 'text', person: true },
    {
      name: 'category',
      ...choice(['residential', 'commercial', 'industrial', 'agricultural', 'public'])
    },
    { name: 'address', kind: 'text', person: true },
    { name: 'phone_hash', kind: 'text', person: true }
  ]
} as const satisfies Schema

export const SUSPENSIONS = {
  file: 'suspensions.csv',
  required: false,
  needs: ['usage_point', 'kind', 'from'],
  filled: ['usage_point', 'kind', 'from'],
  columns: [
    { name: 'usage_point', kind: 'reference' },
    { name: 'kind', ...choice(['reduction', 'suspension', 'resumption']) },
    { name: 'kept_kva', ...number(0, 1e7) },
    { name: 'from', kind: 'time' },
    { name: 'to', kind: 'time' }
  ]
} as const satisfies Schema

export const PLANNED_OUTAGES = {
  file: 'planned_outages.csv',
  required: false,
  needs: ['id', 'devices', 'from', 'to'],
  filled: ['devices', 'from', 'to'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    { name: 'type', ...choice(PLANNED_TYPES, 'planned') },
    { name: 'devices', kind: 'references' },
    { name: 'from', kind: 'time' },
    { name: 'to', kind: 'time' },
    { name: 'announced_at', kind: 'time' },
    { name: 'state', ...choice(PLANNED_STATES, 'planned') },
    { name: 'ticket', kind: 'text' }
  ]
} as const satisfies Schema

export const KEY_CUSTOMERS = {
  file: 'key_customers.csv',
  required: false,
  needs: ['id', 'name', 'grade', 'accounts'],
  filled: ['name', 'grade', 'accounts'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    { name: 'name', kind: 'text' },
    { name: 'category', kind: 'text' },
    { name: 'grade', ...choice(['special', 'first', 'second', 'temporary']) },
    { name: 'accounts', kind: 'references' },
    { name: 'security_load_kw', ...number(0, 1e7) },
    { name: 'utility_manager', kind: 'text', person: true },
    { name: 'utility_phone', kind: 'text', person: true },
    { name: 'deputy', kind: 'text', person: true },
    { name: 'customer_electrician', kind: 'text', person: true },
    { name: 'duty_phone', kind: 'text', person: true },
    { name: 'plan_version', kind: 'text' },
    { name: 'plan_date', kind: 'time' },
    { name: 'plan_approval', kind: 'text' }
  ]
} as const satisfies Schema

export const SUPPLY_SOURCES = {
  file: 'supply_sources.csv',
  required: false,
  needs: ['id', 'key_customer', 'kind'],
  filled: ['key_customer', 'kind'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    { name: 'key_customer', kind: 'reference' },
    { name: 'kind', ...choice(['grid', 'generator', 'ups', 'truck']) },
    { name: 'usage_point', kind: 'reference' },
    { name: 'meter', kind: 'reference' },
    { name: 'measured_at', ...choice(['line', 'load']) },
    { name: 'terminal', kind: 'reference' },
    { name: 'mode', ...choice(['main', 'standby', 'both']) },
    { name: 'route_group', kind: 'text' },
    { name: 'voltage_kv', ...number(0, 1500) },
    { name: 'capacity_kw', ...number(0, 1e7) },
    { name: 'start_class_s', ...number(0, DAY_S) },
    { name: 'fuel_litres', ...number(0, 1e7) },
    { name: 'fuel_declared_on', kind: 'time' },
    { name: 'litres_per_kwh', ...number(0, 10) },
    { name: 'reserve_litres', ...number(0, 1e7) },
    { name: 'battery_kwh', ...number(0, 1e6) },
    { name: 'battery_minutes', ...number(0, 1e5) }
  ]
} as const satisfies Schema

export const LOAD_SECTIONS = {
  file: 'load_sections.csv',
  required: false,
  needs: ['id', 'key_customer', 'class', 'sources'],
  filled: ['key_customer', 'class', 'sources'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    { name: 'key_customer', kind: 'reference' },
    { name: 'name', kind: 'text' },
    { name: 'class', ...choice(['security', 'essential', 'general']) },
    { name: 'load_kw', ...number(0, 1e7) },
    { name: 'meter', kind: 'reference' },
    { name: 'sources', kind: 'references' },
    { name: 'transfer', ...choice(['ats', 'sts', 'manual', 'none'], 'none') },
    { name: 'allowed_gap_s', ...number(0, DAY_S) },
    { name: 'interlock', kind: 'text' }
  ]
} as const satisfies Schema

/** All files in the order in which they are read, checked and kept: what others refer to comes first. */
export const SCHEMAS = {
  devices: DEVICES,
  ties: TIES,
  accounts: ACCOUNTS,
  usagePoints: USAGE_POINTS,
  terminals: TERMINALS,
  meters: METERS,
  suspensions: SUSPENSIONS,
  plannedOutages: PLANNED_OUTAGES,
  keyCustomers: KEY_CUSTOMERS,
  supplySources: SUPPLY_SOURCES,
  loadSections: LOAD_SECTIONS
} as const satisfies Record<string, Schema>

export type TableName = keyof typeof SCHEMAS
export const TABLE_NAMES = Object.keys(SCHEMAS) as readonly TableName[]

export type Tables = { readonly [Name in TableName]: Table<(typeof SCHEMAS)[Name]> }

/** Ids of meters in the order of their numbers, where the files alone would give others (src/registry/read/numbers-file.ts). */
export const NUMBERS_FILE = 'numbers.csv'
/** Files that may stand beside a registry, and files of later versions. */
export const OWN_FILES: readonly string[] = ['credentials.csv', 'rejects.csv', NUMBERS_FILE]
export const REFUSED_FILES: readonly string[] = ['emergency_resources.csv']
