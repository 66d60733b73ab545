import type { IssueCode } from '../src/registry/read/issues.ts'

/** What clerks, spreadsheets and exports do to rows of registry files, and by which code the import must name it. */
export interface Spoiled {
  readonly row: string
  /** Absent for a row that stays good. */
  readonly code?: IssueCode
}

export interface Dirt {
  readonly code: IssueCode
  readonly spoil: (cells: readonly string[], turn: number) => readonly Spoiled[]
}

/** Broken quotes make a file unreadable when there are many: a few a file. */
export const MOST_QUOTES = 20

const spoilCell = (code: IssueCode, column: number, text: string): Dirt => ({
  code,
  spoil: cells => [{ row: cells.with(column, text).join(','), code }]
})
const addCell: Dirt = {
  code: 'CELL_COUNT',
  spoil: cells => [{ row: `${cells.join(',')},extra`, code: 'CELL_COUNT' }]
}
const addQuote: Dirt = {
  code: 'QUOTE',
  spoil: cells => [{ row: `${cells[0]},"open" by hand`, code: 'QUOTE' }]
}
/** The row a second time. */
const repeat = (code: IssueCode): Dirt => ({
  code,
  spoil: cells => [{ row: cells.join(',') }, { row: cells.join(','), code }]
})
const ANY_ID = [
  spoilCell('ID_BLANK', 0, ''),
  spoilCell('ID_EXCEL', 0, '3.3E+11'),
  spoilCell('ID_FORMAT', 0, '33 01'),
  addCell,
  addQuote
]
const UNIQUE_ID = [...ANY_ID, repeat('ID_DUPLICATE')]

const DEVICE_DIRT = [
  ...UNIQUE_ID,
  spoilCell('CHOICE', 1, 'cabinet'),
  spoilCell('DEVICE_UNKNOWN', 3, 'TR-GONE'),
  spoilCell('NUMBER_FORMAT', 5, '630 kVA'),
  spoilCell('NUMBER_RANGE', 9, '310')
]
const TIE_DIRT = [
  ...UNIQUE_ID,
  spoilCell('CELL_BLANK', 1, ''),
  spoilCell('DEVICE_UNKNOWN', 2, 'SEC-GONE'),
  spoilCell('TIE_LOOP', 4, 'false'),
  { code: 'TIE_SELF', spoil: cells => [{ row: cells.with(2, cells[1] ?? '').join(','), code: 'TIE_SELF' }] }
] as const satisfies readonly Dirt[]
const ACCOUNT_DIRT = [...UNIQUE_ID, spoilCell('CHOICE', 2, 'household')]
const POINT_DIRT = [
  ...UNIQUE_ID,
  spoilCell('ACCOUNT_UNKNOWN', 1, 'A-GONE'),
  spoilCell('DEVICE_UNKNOWN', 2, 'BOX-GONE'),
  spoilCell('CHOICE', 3, 'L1'),
  spoilCell('NUMBER_FORMAT', 6, '8·0'),
  spoilCell('NUMBER_RANGE', 9, '2.5')
]
const TERMINAL_DIRT = [
  ...UNIQUE_ID,
  spoilCell('CHOICE', 1, 'gateway'),
  spoilCell('DEVICE_UNKNOWN', 2, 'TR-GONE'),
  spoilCell('NUMBER_RANGE', 6, '0')
]
const MEASURES_NOTHING: Dirt = {
  code: 'POINT_XOR_DEVICE',
  spoil: cells => [{ row: cells.with(3, '').with(4, '').join(','), code: 'POINT_XOR_DEVICE' }]
}
/** A second meter at the same point. A check meter has none, and measures nothing then. */
const TWO_METERS: Dirt = {
  code: 'METERS_OVERLAP',
  spoil: (cells, turn) =>
    cells[3] === ''
      ? MEASURES_NOTHING.spoil(cells, turn)
      : [{ row: cells.join(',') }, { row: cells.with(0, `DOUBLE-${turn}`).join(','), code: 'METERS_OVERLAP' }]
}
const METER_DIRT = [
  ...ANY_ID,
  spoilCell('ID_EXCEL', 5, '1.1E+09'),
  spoilCell('USAGE_POINT_UNKNOWN', 3, 'U-GONE'),
  MEASURES_NOTHING,
  spoilCell('TERMINAL_UNKNOWN', 5, 'T-GONE'),
  spoilCell('CHOICE', 6, '1P2W'),
  spoilCell('NUMBER_FORMAT', 7, '220V'),
  spoilCell('NUMBER_RANGE', 9, '0'),
  spoilCell('TIME_FORMAT', 13, '20/11/2019'),
  spoilCell('TIME_SKIPPED', 13, '1986-05-04T02:30'),
  spoilCell('TIME_ORDER', 15, '1999-01-01'),
  repeat('BINDINGS_OVERLAP'),
  TWO_METERS
]
const SUSPENSION_DIRT = [
  spoilCell('CELL_BLANK', 0, ''),
  spoilCell('USAGE_POINT_UNKNOWN', 0, 'U-GONE'),
  spoilCell('KEPT_KVA', 2, ''),
  spoilCell('TIME_ORDER', 4, '2020-01-01')
]
const OUTAGE_DIRT = [
  ...UNIQUE_ID,
  spoilCell('TIME_ORDER', 4, '2020-01-01'),
  spoilCell('DEVICE_UNKNOWN', 2, 'F-GONE')
]
const CUSTOMER_DIRT = [
  ...UNIQUE_ID,
  spoilCell('CELL_BLANK', 1, ''),
  spoilCell('ACCOUNT_UNKNOWN', 4, 'A-GONE')
]
const SOURCE_DIRT = [
  ...UNIQUE_ID,
  spoilCell('KEY_CUSTOMER_UNKNOWN', 1, 'K-GONE'),
  spoilCell('SOURCE_FEED', 3, ''),
  spoilCell('METER_UNKNOWN', 4, 'M-GONE')
]
const SECTION_DIRT = [
  ...UNIQUE_ID,
  spoilCell('SOURCE_UNKNOWN', 6, 'SRC-GONE'),
  spoilCell('SOURCE_FOREIGN', 6, 'SRC00000G')
]

export const DIRT = {
  'devices.csv': DEVICE_DIRT,
  'ties.csv': TIE_DIRT,
  'accounts.csv': ACCOUNT_DIRT,
  'usage_points.csv': POINT_DIRT,
  'terminals.csv': TERMINAL_DIRT,
  'meters.csv': METER_DIRT,
  'suspensions.csv': SUSPENSION_DIRT,
  'planned_outages.csv': OUTAGE_DIRT,
  'key_customers.csv': CUSTOMER_DIRT,
  'supply_sources.csv': SOURCE_DIRT,
  'load_sections.csv': SECTION_DIRT
} as const satisfies Readonly<Record<string, readonly Dirt[]>>

export type CityFile = keyof typeof DIRT
