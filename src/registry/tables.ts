/**
 * The registry files (docs/registry.md) that are read so far, as data. Adding a file or a column means adding
 * it here; checks that need more than one cell stand in checks.ts.
 */
export type Column =
  /** The row's own id, unique in its file. */
  | { readonly name: string; readonly kind: 'id'; readonly form: RegExp; readonly says: string }
  /** An id of another row or file; blank is ''. */
  | { readonly name: string; readonly kind: 'reference' }
  | { readonly name: string; readonly kind: 'text' }
  /** One of `choices`; blank is `blank`. */
  | {
      readonly name: string
      readonly kind: 'choice'
      readonly choices: readonly string[]
      readonly blank: string
    }
  /** low..high; blank is NaN. */
  | {
      readonly name: string
      readonly kind: 'number'
      readonly low: number
      readonly high: number
      readonly whole?: boolean
    }
  /** Epoch ms; local to the site's zone unless it carries an offset; blank is NaN. */
  | { readonly name: string; readonly kind: 'time' }

export interface Schema {
  readonly file: string
  readonly required: boolean
  /** Columns a file cannot do without; the others may be left out and are blank then. */
  readonly needs: readonly string[]
  readonly columns: readonly Column[]
}

type NamesOf<S extends Schema, K extends Column['kind']> = Extract<S['columns'][number], { kind: K }>['name']
export type TextName<S extends Schema> = NamesOf<S, 'id' | 'reference' | 'text' | 'choice'>
export type NumberName<S extends Schema> = NamesOf<S, 'number' | 'time'>

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

export const DEVICES = {
  file: 'devices.csv',
  required: false,
  needs: ['id', 'kind'],
  columns: [
    { name: 'id', ...PLAIN_ID },
    {
      name: 'kind',
      ...choice(['substation', 'bus', 'feeder', 'section', 'switch', 'fuse', 'transformer', 'box'])
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
    { name: 'backup', ...choice(['none', 'supercap', 'battery']) },
    { name: 'protocol', kind: 'text' }
  ]
} as const satisfies Schema

export const METERS = {
  file: 'meters.csv',
  required: true,
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

/** Registry files that this version passes over, and files that stand beside a registry. */
export const IGNORED_FILES: readonly string[] = [
  'ties.csv',
  'accounts.csv',
  'suspensions.csv',
  'planned_outages.csv',
  'key_customers.csv',
  'supply_sources.csv',
  'load_sections.csv'
]
export const OWN_FILES: readonly string[] = ['credentials.csv', 'rejects.csv']
export const REFUSED_FILES: readonly string[] = ['emergency_resources.csv']

/** The rows of one file as columns, in file order. */
export interface Table<S extends Schema> {
  readonly schema: S
  readonly rows: number
  /** Line of each row in its file. */
  readonly line: readonly number[]
  readonly text: Readonly<Record<TextName<S>, readonly string[]>>
  readonly number: Readonly<Record<NumberName<S>, readonly number[]>>
}

export interface Tables {
  readonly devices: Table<typeof DEVICES>
  readonly usagePoints: Table<typeof USAGE_POINTS>
  readonly terminals: Table<typeof TERMINALS>
  readonly meters: Table<typeof METERS>
}

export const isNumeric = (column: Column): boolean => column.kind === 'number' || column.kind === 'time'

/** A table of columns by name. The names are those of the schema: both come from the same list of columns. */
export function makeTable<S extends Schema>(
  schema: S,
  line: readonly number[],
  text: Record<string, readonly string[]>,
  number: Record<string, readonly number[]>
): Table<S> {
  return { schema, rows: line.length, line, text, number } as unknown as Table<S>
}
