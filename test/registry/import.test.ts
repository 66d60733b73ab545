import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GridvigilError } from '../../src/errors.ts'
import { importRegistry } from '../../src/registry/read/import.ts'
import { describeIssue, type ImportIssue, ImportRefused, rejectsCsv } from '../../src/registry/read/issues.ts'
import { GOOD, makeFolder } from './registry-folder.ts'

const METERS_HEADER =
  'id,usage_point,device,terminal,wiring,rated_v,ct_ratio,register_decimals,installed_at,removed_at'
const meters = (...rows: string[]): Record<string, string> => ({
  'meters.csv': `${METERS_HEADER}\nM0,U2,,C1,,,,,,\n${rows.join('\n')}\n`
})
const file = (name: string, ...rows: string[]): Record<string, string> => ({
  [name]: `${GOOD[name]}${rows.join('\n')}\n`
})

/** A usage point that is rejected takes its meter along. */
const MEASURES_REJECTED =
  'USAGE_POINT_UNKNOWN meters.csv:3 usage_point: U2 was rejected itself (usage_points.csv line 3)'

/** One wrong file beside good ones, and the issues that must come out: `code file:line column: message`. */
const ROW_CASES: [name: string, files: Record<string, string>, expected: string[]][] = [
  ['blank id', meters(',U1,,C1,,,,,,'), ['ID_BLANK meters.csv:3 id: the id is blank']],
  [
    'id damaged by a spreadsheet',
    meters('3.3E+11,U1,,C1,,,,,,'),
    [
      'ID_EXCEL meters.csv:3 id: "3.3E+11": a spreadsheet turned the id into a rounded number; its digits are lost'
    ]
  ],
  [
    'reference damaged by a spreadsheet',
    meters('M1,3.30E+11,,C1,,,,,,'),
    [
      'ID_EXCEL meters.csv:3 usage_point: "3.30E+11": a spreadsheet turned the id into a rounded number; its digits are lost'
    ]
  ],
  [
    'the word self is taken',
    meters('self,U1,,C1,,,,,,'),
    ['ID_FORMAT meters.csv:3 id: "self" is not an id: 1 to 64 characters without blanks, and not `self`']
  ],
  [
    'terminal id that MQTT cannot carry',
    file('terminals.csv', 'C/2,,'),
    ['ID_FORMAT terminals.csv:3 id: "C/2" is not an id: 1 to 64 of A-Z a-z 0-9 _ -']
  ],
  [
    'duplicate id',
    file('usage_points.csv', 'U1,,T1,'),
    ['ID_DUPLICATE usage_points.csv:4 id: U1 stands in line 2 already']
  ],
  [
    'a meter in two places at the same time',
    meters('M1,U1,,C1,,,,,2024-01-01,2026-02-01', 'M1,,T1,C1,,,,,2026-01-31,'),
    ['BINDINGS_OVERLAP meters.csv:4 installed_at: M1 is bound by line 3 at the same time']
  ],
  [
    'a meter that moves and comes back',
    meters('M1,U1,,C1,,,,,2026-02-01,', 'M1,,T1,C1,,,,,2026-01-01,2026-02-01', 'M1,U1,,C1,,,,,,2026-01-01'),
    []
  ],
  ['too few cells', meters('M1,U1,,C1'), ['CELL_COUNT meters.csv:3: row has 4 cells, the header 10']],
  ['stray quote', meters('M1,"U1"x,,C1,,,,,,'), ['QUOTE meters.csv:3: a quote stands where none may stand']],
  [
    'unknown word',
    meters('M1,U1,,C1,2p3w,,,,,'),
    ['CHOICE meters.csv:3 wiring: "2p3w" is none of 1p2w, 3p4w, 3p3w']
  ],
  [
    'number with a unit',
    meters('M1,U1,,C1,,220 V,,,,'),
    ['NUMBER_FORMAT meters.csv:3 rated_v: "220 V" is not a plain number']
  ],
  [
    'number out of range',
    meters('M1,U1,,C1,,,0,,,'),
    ['NUMBER_RANGE meters.csv:3 ct_ratio: 0 is not a number of 1..100000']
  ],
  [
    'fraction where a whole number belongs',
    meters('M1,U1,,C1,,,,1.5,,'),
    ['NUMBER_RANGE meters.csv:3 register_decimals: 1.5 is not a whole number of 0..8']
  ],
  [
    'two wrong cells of one row',
    meters('M1,U1,,C1,,x,y,,,'),
    [
      'NUMBER_FORMAT meters.csv:3 rated_v: "x" is not a plain number',
      'NUMBER_FORMAT meters.csv:3 ct_ratio: "y" is not a plain number'
    ]
  ],
  [
    'not a date',
    meters('M1,U1,,C1,,,,,1.2.2026,'),
    ['TIME_FORMAT meters.csv:3 installed_at: "1.2.2026" is not a date or time']
  ],
  [
    'a time that the clocks skipped',
    meters('M1,U1,,C1,,,,,2026-03-29T02:30,'),
    ['TIME_SKIPPED meters.csv:3 installed_at: 2026-03-29T02:30 does not exist in Europe/Zurich']
  ],
  [
    'removed before installed',
    meters('M1,U1,,C1,,,,,2026-02-01,2026-01-01'),
    ['TIME_ORDER meters.csv:3 removed_at: is not after installed_at']
  ],
  [
    'unknown terminal',
    meters('M1,U1,,C9,,,,,,'),
    ['TERMINAL_UNKNOWN meters.csv:3 terminal: C9 is not in terminals.csv']
  ],
  [
    'unknown usage point',
    meters('M1,U9,,C1,,,,,,'),
    ['USAGE_POINT_UNKNOWN meters.csv:3 usage_point: U9 is not in usage_points.csv']
  ],
  [
    'unknown device of a check meter',
    meters('M1,,T9,C1,,,,,,'),
    ['DEVICE_UNKNOWN meters.csv:3 device: T9 is not in devices.csv']
  ],
  [
    'unknown device of a usage point',
    file('usage_points.csv', 'U3,,T9,'),
    ['DEVICE_UNKNOWN usage_points.csv:4 device: T9 is not in devices.csv']
  ],
  [
    'unknown device of a terminal',
    file('terminals.csv', 'C2,,T9'),
    ['DEVICE_UNKNOWN terminals.csv:3 powered_by: T9 is not in devices.csv']
  ],
  [
    'unknown parent takes its children along',
    file('devices.csv', 'T2,transformer,,F9', 'B2,box,,T2'),
    [
      'DEVICE_UNKNOWN devices.csv:4 parent: F9 is not in devices.csv',
      'DEVICE_UNKNOWN devices.csv:5 parent: T2 was rejected itself (devices.csv line 4)'
    ]
  ],
  [
    'a rejected terminal takes its meters along',
    {
      'terminals.csv': `${GOOD['terminals.csv']}C2,unheard,\n`,
      ...meters('M1,U1,,C2,,,,,,')
    },
    [
      'CHOICE terminals.csv:3 kind: "unheard" is none of concentrator, dedicated, modem',
      'TERMINAL_UNKNOWN meters.csv:3 terminal: C2 was rejected itself (terminals.csv line 3)'
    ]
  ],
  [
    'both usage point and device',
    meters('M1,U1,T1,C1,,,,,,'),
    ['POINT_XOR_DEVICE meters.csv:3 usage_point: names both a point and a device']
  ],
  [
    'neither usage point nor device',
    meters('M1,,,C1,,,,,,'),
    ['POINT_XOR_DEVICE meters.csv:3 usage_point: names neither']
  ],
  [
    'two meters of one usage point at the same time',
    meters('M1,U1,,C1,,,,,2024-01-01,2026-02-01', 'M2,U1,,C1,,,,,2026-01-01,'),
    ['METERS_OVERLAP meters.csv:4 usage_point: U1 is measured by M1 (line 3) at the same time']
  ],
  [
    'a blank cell that must be filled',
    { 'ties.csv': 'id,device_a,device_b\nK1,F1,\n' },
    ['CELL_BLANK ties.csv:2 device_b: the cell is blank']
  ],
  [
    'ties: unknown end, both ends the same, one too many closed',
    {
      'devices.csv': `${GOOD['devices.csv']}F2,feeder,Feeder 2,\nT3,transformer,,F2\n`,
      'ties.csv':
        'id,device_a,device_b,normally_open\nK1,F1,F9,\nK2,F1,F1,\nK3,T1,T3,true\nK4,T1,T3,false\nK5,F1,F2,false\n'
    },
    [
      'DEVICE_UNKNOWN ties.csv:2 device_b: F9 is not in devices.csv',
      'TIE_SELF ties.csv:3 device_b: joins F1 with itself',
      'TIE_LOOP ties.csv:6 normally_open: closed, it makes a loop of F1 and F2'
    ]
  ],
  [
    'unknown account of a usage point',
    { 'accounts.csv': 'id,category\nA1,residential\n' },
    ['ACCOUNT_UNKNOWN usage_points.csv:3 account: A2 is not in accounts.csv', MEASURES_REJECTED]
  ],
  [
    'suspensions: several of one usage point, and what they must hold',
    {
      'suspensions.csv':
        'usage_point,kind,kept_kva,from,to\nU1,reduction,50,2026-01-01,2026-02-01\nU1,suspension,,2026-03-01,\n' +
        'U1,reduction,,2026-04-01,\nU1,resumption,5,2026-05-01,\nU1,suspension,,2026-06-02,2026-06-01\nU9,suspension,,2026-06-02,\n'
    },
    [
      'KEPT_KVA suspensions.csv:4 kept_kva: is blank for a reduction',
      'KEPT_KVA suspensions.csv:5 kept_kva: belongs to no resumption',
      'TIME_ORDER suspensions.csv:6 to: is not after from',
      'USAGE_POINT_UNKNOWN suspensions.csv:7 usage_point: U9 is not in usage_points.csv'
    ]
  ],
  [
    'planned outages: devices in a list, a span',
    {
      'planned_outages.csv':
        'id,devices,from,to\nP1,F1; T1,2026-01-01,2026-01-02\nP2,T1;T9,2026-01-01,2026-01-02\nP3,T1,2026-01-02,2026-01-02\nP4,3.3E+11,,2026-01-02\n'
    },
    [
      'DEVICE_UNKNOWN planned_outages.csv:3 devices: T9 is not in devices.csv',
      'TIME_ORDER planned_outages.csv:4 to: is not after from',
      'ID_EXCEL planned_outages.csv:5 devices: "3.3E+11": a spreadsheet turned the id into a rounded number; its digits are lost',
      'CELL_BLANK planned_outages.csv:5 from: the cell is blank'
    ]
  ],
  [
    'key customers: sources and sections',
    {
      'key_customers.csv':
        'id,name,grade,accounts\nH1,Hospital,first,A1\nH2,Water,second,A1;A2\nH3,Rail,royal,A1\n',
      'supply_sources.csv':
        'id,key_customer,kind,usage_point,meter\nS1,H1,grid,U1,\nS2,H1,generator,,M1\nS3,H1,ups,U1,\nS4,H1,grid,,\nS5,H2,grid,U2,M9\nS6,H3,ups,,\nS7,H2,ups,,\n',
      'load_sections.csv':
        'id,key_customer,class,sources\nL1,H1,security,S1;S2\nL2,H1,security,S1;S7\nL3,H1,general,S5\n'
    },
    [
      'CHOICE key_customers.csv:4 grade: the cell is none of special, first, second, temporary',
      'SOURCE_FEED supply_sources.csv:4 usage_point: a source of kind ups has no usage point',
      'SOURCE_FEED supply_sources.csv:5 usage_point: a grid source needs its usage point',
      'METER_UNKNOWN supply_sources.csv:6 meter: M9 is not in meters.csv',
      'KEY_CUSTOMER_UNKNOWN supply_sources.csv:7 key_customer: H3 was rejected itself (key_customers.csv line 4)',
      'SOURCE_FOREIGN load_sections.csv:3 sources: S7 belongs to H2',
      'SOURCE_UNKNOWN load_sections.csv:4 sources: S5 was rejected itself (supply_sources.csv line 6)'
    ]
  ],
  ['an exchange without overlap', meters('M1,U1,,C1,,,,,,2026-02-01', 'M2,U1,,C1,,,,,2026-02-01,'), []]
]

test('wrong rows are named by line and column, and the rest loads', async t => {
  for (const [name, files, expected] of ROW_CASES) {
    await t.test(name, context => {
      const folder = makeFolder(context, { ...GOOD, ...files })
      const result = importRegistry(folder, undefined, { maxRejects: 1, timezone: 'Europe/Zurich' })
      assert.deepEqual(
        result.issues.map(found => `${found.code} ${describeIssue(found)}`),
        expected
      )
      const rejectedLines = new Set(result.issues.map(found => `${found.file}:${found.line}`))
      assert.equal(
        result.files.reduce((sum, entry) => sum + entry.rejected, 0),
        rejectedLines.size
      )
      const loaded = Object.values(result.tables).reduce((sum, table) => sum + table.rows, 0)
      assert.equal(
        loaded,
        result.files.reduce((sum, entry) => sum + entry.rows - entry.rejected, 0)
      )
    })
  }
})

const FATAL_CASES: [
  name: string,
  files: Record<string, string | Buffer>,
  without: string[],
  expected: RegExp
][] = [
  ['no meters.csv', {}, ['meters.csv'], /meters\.csv: is missing/],
  ['no terminals.csv', {}, ['terminals.csv'], /terminals\.csv: is missing/],
  ['empty file', { 'meters.csv': '' }, [], /meters\.csv: is empty/],
  [
    'unknown column',
    { 'terminals.csv': 'id,powerd_by\nC1,T1\n' },
    [],
    /terminals\.csv:1 powerd_by: column "powerd_by" is not known; the nearest known column is powered_by/
  ],
  [
    'missing column',
    { 'meters.csv': 'id,usage_point\nM1,U1\n' },
    [],
    /meters\.csv:1 terminal: column "terminal" is missing/
  ],
  [
    'column twice',
    { 'terminals.csv': 'id,kind,id\nC1,,C1\n' },
    [],
    /terminals\.csv:1 id: column "id" stands in the header twice/
  ],
  ['broken header', { 'terminals.csv': 'id,"kind\nC1,\n' }, [], /terminals\.csv:1: cannot be read/],
  ['UTF-16', { 'terminals.csv': Buffer.from('\ufeffid\nC1\n', 'utf16le') }, [], /neither UTF-8 nor GB 18030/],
  [
    'cycle of devices',
    { 'devices.csv': 'id,kind,parent\nF1,feeder,T1\nT1,transformer,F1\n' },
    [],
    /devices\.csv:2 parent: devices feed each other: F1 < T1 < F1/
  ],
  ['a device that feeds itself', { 'devices.csv': 'id,kind,parent\nT1,transformer,T1\n' }, [], /T1 < T1/],
  [
    'a file of a later version',
    { 'emergency_resources.csv': 'id\n' },
    [],
    /emergency_resources\.csv: is not supported yet/
  ]
]

test('fatal issues stop the import', async t => {
  for (const [name, files, without, expected] of FATAL_CASES) {
    await t.test(name, context => {
      const all = Object.fromEntries(
        Object.entries({ ...GOOD, ...files }).filter(([key]) => !without.includes(key))
      )
      const folder = makeFolder(context, all)
      assert.throws(
        () => importRegistry(folder),
        (error: unknown) =>
          error instanceof ImportRefused && error.code === 'REGISTRY_FATAL' && expected.test(error.message)
      )
    })
  }
})

test('a share of rejected rows above the limit refuses the import and hands over all issues', context => {
  const rows = Array.from({ length: 98 }, (_, i) => `M${i + 1},,T1,C1,,,,,,`)
  const folder = makeFolder(context, { ...GOOD, ...meters(...rows, 'X1,,T9,C1,,,,,,', 'X2,,T9,C1,,,,,,') })
  // 106 rows in all four files, two rejected: 1.9 % loads by default, a limit of 1 % refuses.
  assert.equal(importRegistry(folder).issues.length, 2)
  assert.throws(
    () => importRegistry(folder, undefined, { maxRejects: 0.01 }),
    (error: unknown) =>
      error instanceof ImportRefused &&
      error.code === 'REGISTRY_REJECTS' &&
      error.issues.length === 2 &&
      /2 of 106 rows, more than 1 %/.test(error.message)
  )
})

test('optional files may be missing, others are passed over, all are named', context => {
  const folder = makeFolder(context, {
    'terminals.csv': 'id\nC1\n',
    'meters.csv': '\ufeffid,terminal,usage_point\r\nM1,C1,U1\r\n',
    'credentials.csv': 'C1,x\n',
    'notes.txt': 'hello'
  })
  const result = importRegistry(folder)
  assert.deepEqual(result.tables.meters.text.id, ['M1'])
  assert.deepEqual(result.notes.toSorted(), [
    'devices.csv is not there: references to it are not checked',
    'notes.txt is not a registry file and was passed over',
    'usage_points.csv is not there: references to it are not checked'
  ])
  const again = importRegistry(folder, undefined, { rowsBefore: table => (table === 'devices' ? 3 : 0) })
  assert.deepEqual(
    again.notes.filter(note => note.includes('not there')),
    [
      'devices.csv is not there: it has no rows any more, references to it are not checked',
      'usage_points.csv is not there: references to it are not checked'
    ]
  )
})

test('the reject file is CSV with code and remedy', context => {
  const folder = makeFolder(context, { ...GOOD, ...meters('M1,U1,,C1,,"1,5",,,,') })
  const text = rejectsCsv(importRegistry(folder, undefined, { maxRejects: 1 }).issues)
  assert.equal(
    text,
    'file,line,column,code,message,remedy\n' +
      'meters.csv,3,rated_v,NUMBER_FORMAT,"""1,5"" is not a plain number",' +
      '"write a plain decimal number with a point, without unit or separators"\n'
  )
})

test('an unknown zone is refused before anything is read', () => {
  assert.throws(
    () => importRegistry('/nowhere', undefined, { timezone: 'Asia/Nowhere' }),
    (error: unknown) => error instanceof GridvigilError && error.code === 'CONFIG_BAD_VALUE'
  )
})

test('what a cell of a file with persons says is in no issue, whatever column it slipped into', context => {
  const files = {
    ...GOOD,
    'accounts.csv': 'id,category\nA1,residential\n',
    'key_customers.csv': 'id,name,grade,accounts,duty_phone,plan_date\nK1,0571-1,李雷,王芳,first,A1\n'
  }
  const folder = makeFolder(context, files)
  let issues: readonly ImportIssue[] = []
  try {
    issues = importRegistry(folder, undefined, { maxRejects: 1 }).issues
  } catch (thrown) {
    issues = (thrown as ImportRefused).issues
  }
  assert.ok(issues.length >= 2)
  assert.doesNotMatch(JSON.stringify(issues), /李雷|王芳|0571/)
  const headless = makeFolder(context, {
    ...files,
    'key_customers.csv': 'K1,市一医院,first,A1,0571-1,李雷\n'
  })
  assert.throws(
    () => importRegistry(headless),
    thrown =>
      thrown instanceof ImportRefused && !/李雷|0571/.test(JSON.stringify([thrown.issues, thrown.message]))
  )
})
