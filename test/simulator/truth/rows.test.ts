import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectionContext } from '../../../src/simulator/collection/context.ts'
import { TerminalLife } from '../../../src/simulator/collection/terminal-life.ts'
import { type GridLoad, makeGridLoad } from '../../../src/simulator/load/grid-load.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import { scenario } from '../../../src/simulator/scenario/schema.ts'
import { outagesOf } from '../../../src/simulator/truth/outages.ts'
import { truthRows } from '../../../src/simulator/truth/rows.ts'
import { blindSpans } from '../../../src/simulator/truth/supply-rows.ts'
import type { TruthRow } from '../../../src/simulator/truth/truth-row.ts'
import { CUSTOMERS, drawnNetwork, MINUTE, sayings, TERMINALS, worldOf } from '../hand-grid.ts'

const section = (id: string, isSecurity: boolean) => ({
  id,
  isSecurity,
  loadKw: 100,
  sources: isSecurity ? ['G1', 'G2', 'GEN'] : ['G1', 'G2'],
  isAutomatic: true,
  allowedGapMs: 15_000
})
const grid = drawnNetwork({
  customers: [
    ...CUSTOMERS,
    { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true, terminal: 'KH' },
    { id: 'standby', device: 'S3', phases: 'ABC', isThreeWire: true, terminal: 'KH' }
  ],
  terminals: [
    ...TERMINALS,
    // What it says of the plant holds for 60 + 300 + 5 s.
    { id: 'KH', poweredBy: '', sampleMs: 60_000, uploadMs: 300_000, uploadDelayMs: 5_000, backup: 'battery' }
  ],
  keyCustomers: [
    {
      id: 'H1',
      feeds: [
        ['G1', 'main'],
        ['G2', 'standby']
      ],
      generator: 'GEN',
      terminal: 'KH',
      sections: [section('OP', true), section('OFF', false)]
    }
  ]
})
const { fails, opens, feeds, breaks, cuts, troubles, customer, device } = sayings(grid)
const { collection } = scenario.parse({ name: 'a', title: { en: '', 'zh-CN': '' }, duration: '3h' })
const load: GridLoad = makeGridLoad(grid, 'rows')

function contextOf(happenings: Partial<Happenings>): CollectionContext {
  const world = worldOf(grid, happenings)
  return new CollectionContext(world, load, collection, outagesOf(world), 'rows')
}

const rowsOf = (context: CollectionContext, table: string): Record<string, unknown>[] =>
  truthRows(context).flatMap(({ table: name, ...row }: TruthRow) => (name === table ? [row] : []))

test('times in which nothing can be known, by when words arrive and how long they hold', () => {
  const rows: [what: string, words: [time: number, at: number][], blind: [from: number, to: number][]][] = [
    ['nothing is ever said', [], [[0, 3600]]],
    [
      'once',
      [[100, 101]],
      [
        [0, 101],
        [465, 3600]
      ]
    ],
    [
      'again before the first word is old, and again when it just is',
      [
        [100, 101],
        [400, 402],
        [764, 765]
      ],
      [
        [0, 101],
        [1129, 3600]
      ]
    ],
    [
      'a gap between two words',
      [
        [100, 101],
        [1000, 1001]
      ],
      [
        [0, 101],
        [465, 1001],
        [1365, 3600]
      ]
    ],
    [
      'late, and still true',
      [[100, 400]],
      [
        [0, 400],
        [465, 3600]
      ]
    ],
    ['too late: old when it arrives', [[100, 465]], [[0, 3600]]],
    [
      'an old word after a new one takes nothing back',
      [
        [500, 510],
        [200, 520]
      ],
      [
        [0, 510],
        [865, 3600]
      ]
    ],
    [
      'words in no order',
      [
        [1000, 1001],
        [100, 101]
      ],
      [
        [0, 101],
        [465, 1001],
        [1365, 3600]
      ]
    ],
    ['the last word holds beyond the end', [[3500, 3501]], [[0, 3501]]],
    ['a word that comes after the end', [[3590, 3601]], [[0, 3600]]],
    [
      'two that come after the end',
      [
        [3000, 3001],
        [3590, 3601],
        [4200, 4201]
      ],
      [
        [0, 3001],
        [3365, 3600]
      ]
    ]
  ]
  for (const [what, words, blind] of rows)
    assert.deepEqual(
      blindSpans(
        words.map(([time, at]) => ({ time, at })),
        365,
        0,
        3600
      ).map(({ start, end }) => [start, end]),
      blind,
      what
    )
})

test('supply of a key customer: what was true, when the deciding word had arrived, and when nothing could be known', () => {
  const second = 1000
  const context = contextOf({
    services: [cuts('main', 40, 100), { ...cuts('standby', 110, 112), cause: '' }]
  })
  const words: [time: number, at: number][] = [
    [2100, 2101],
    // Of before the loss, arriving in it: does not decide.
    [2399, 2450],
    [2402, 2502],
    [2460, 2461],
    // Of the loss, arriving after it: too late to decide.
    [5990, 6001],
    [6010, 6020],
    [6060, 6070],
    [6700, 6730]
  ]
  for (const word of ['feeds', 'plant'] as const)
    context.plantWords[0]!.push(
      ...words.map(([time, at]) => ({ of: word, time: time * second, at: at * second }))
    )
  const times = ({ start, end, ...row }: Record<string, unknown>) => ({
    ...row,
    span: [Number(start) / second, Number(end) / second]
  })
  assert.deepEqual(rowsOf(context, 'supply').map(times), [
    { keyCustomer: 'H1', state: 'normal', span: [0, 2400], decidableAt: 2101 * second },
    { keyCustomer: 'H1', state: 'reduced', span: [2400, 6000], decidableAt: 2461 * second },
    { keyCustomer: 'H1', state: 'normal', span: [6000, 6600], decidableAt: 6020 * second },
    // A word of it arrives when it is over.
    { keyCustomer: 'H1', state: 'reduced', span: [6600, 6720], decidableAt: null },
    { keyCustomer: 'H1', state: 'normal', span: [6720, 10_800], decidableAt: null }
  ])
  assert.deepEqual(rowsOf(context, 'blind').map(times), [
    { keyCustomer: 'H1', span: [0, 2101] },
    // 2460 + 365.
    { keyCustomer: 'H1', span: [2825, 6001] },
    { keyCustomer: 'H1', span: [6425, 6730] },
    { keyCustomer: 'H1', span: [7065, 10_800] }
  ])
  const plant = (
    state: string,
    [from, to, told]: readonly [from: number, to: number, told: number | null],
    fedBy: string,
    live: string
  ) => ({
    keyCustomer: 'H1',
    decidableAt: told === null ? null : told * second,
    state,
    span: [from, to],
    sections: ['OP', 'OFF'].map(id => ({ section: id, fedBy })),
    sources: [
      { source: 'G1', state: live.split(' ')[0], carries: fedBy === 'G1' },
      { source: 'G2', state: live.split(' ')[1], carries: fedBy === 'G2' },
      { source: 'GEN', state: 'ready', carries: false }
    ],
    securityLoad: fedBy === '' ? 'no' : 'yes'
  })
  assert.deepEqual(rowsOf(context, 'plant').map(times), [
    plant('normal', [0, 2400, 2101], 'G1', 'live live'),
    plant('reduced', [2400, 2401.5, null], '', 'dead live'),
    plant('reduced', [2401.5, 6000, 2461], 'G2', 'dead live'),
    plant('normal', [6000, 6060, 6020], 'G2', 'live live'),
    plant('normal', [6060, 6600, 6070], 'G1', 'live live'),
    plant('reduced', [6600, 6720, null], 'G1', 'live dead'),
    plant('normal', [6720, 10_800, null], 'G1', 'live live')
  ])
})

test('a year of words is not too many', () => {
  const context = contextOf({})
  for (let time = 0; time < 400_000; time++) context.plantWords[0]!.push({ of: 'plant', time, at: time + 1 })
  assert.equal(rowsOf(context, 'supply')[0]!.decidableAt, 1)
})

test('outages: kinds, letters of phases, accounts and usage points, and the first sign where there was one', () => {
  const context = contextOf({
    failures: [
      fails('T2', 40, 43, 'ABC', 'fuse'),
      fails('FU', 60, 90, 'A'),
      fails('T1', 100, 130, 'ABC', '', 'PLAN-1')
    ],
    switchings: [opens('FB', 50, 50 + 179.999 / 60)],
    services: [cuts('b6a', 150, 170)]
  })
  const { outages } = context
  context.firstSigns.set(outages.find(({ cause }) => cause === 'fuse')!.id, 40 * MINUTE + 700)
  const shown = rowsOf(context, 'incidents').map(
    ({ device, kind, phases, affected, degraded, firstSignAt }) =>
      [device, kind, phases || 'all', affected, (degraded as string[]).length, firstSignAt ?? 'no sign'].join(
        ' '
      )
  )
  assert.deepEqual(shown, [
    // Three minutes are still momentary (DL/T 836).
    `T2 momentary all 4 0 ${40 * MINUTE + 700}`,
    'FB momentary all 6 0 no sign',
    'FU sustained A 1 4 no sign',
    'T1 planned all 8 0 no sign',
    'b6a sustained all 1 0 no sign'
  ])
  const [first] = rowsOf(context, 'incidents')
  assert.deepEqual(first!.usagePoints, ['b3a', 'b3b', 'b3c', 'b3t'])
})

test('everything else that is true, in the words of the outputs', () => {
  const span = { start: 10 * MINUTE, end: 400 * MINUTE }
  const context = contextOf({
    losses: [
      { ...span, scope: 'cell', subject: '1', terminals: [0, 1], customers: [] },
      {
        ...span,
        end: 30 * MINUTE,
        scope: 'branch',
        subject: 'K1',
        terminals: [],
        customers: [customer('b1a')]
      }
    ],
    restarts: [{ start: 20 * MINUTE, end: 21 * MINUTE }],
    troubles: [
      troubles('meter-fuse', 'b1t', 5, 6, 'A'),
      troubles('removed', 'b1a', 5, 6),
      troubles('exchanged', 'b1b', 5),
      troubles('relay', 'b1c', 5, 6),
      troubles('breaker', 'b2a', 5, 6),
      troubles('clock', 'b2b', 5, 6)
    ],
    pushes: [
      { at: 7 * MINUTE, terminal: 2, what: 'inferred' },
      { at: 7 * MINUTE, terminal: 2, what: 'wake-up' },
      { at: 7 * MINUTE, terminal: 2, what: 'test' }
    ],
    sources: [feeds('panels', 'T1', 8, 9), feeds('truck', 'T1', 8, 9)],
    services: [cuts('main', 11, 13)],
    neutrals: [breaks('B6', 10)],
    plants: [{ keyCustomer: 0, does: 'back-feed', start: 11 * MINUTE, end: 12 * MINUTE }]
  })
  const minutes = ({ start, end }: Record<string, unknown>): string =>
    `${Number(start) / MINUTE}-${Number(end) / MINUTE}`
  assert.deepEqual(rowsOf(context, 'run'), [{ start: 0, end: 180 * MINUTE, meters: 28 }])
  assert.deepEqual(
    rowsOf(context, 'communication').map(row => `${row.scope} ${row.subject} ${row.silent} ${minutes(row)}`),
    ['cell 1 K1,K2 10-180', 'branch K1 Mb1a 10-30']
  )
  // The terminal of the branch is silent itself all the time: no round of its readings misses anybody.
  assert.deepEqual(
    rowsOf(context, 'communication').map(({ observable }) => observable),
    [true, false]
  )
  assert.deepEqual(rowsOf(context, 'restarts').map(minutes), ['20-21'])
  assert.deepEqual(
    rowsOf(context, 'findings').map(row => `${row.kind} ${row.subject} ${minutes(row)}`),
    [
      'metering-fault Mb1t 5-6',
      'meter-removed Mb1a 5-6',
      'exchange Mb1b 5-180',
      'relay-open Mb1c 5-6',
      'customer-side Mb2a 5-6',
      'clock Mb2b 5-6',
      'gasp-flood K3 7-7',
      'back-feed T1 8-9',
      'back-feed main 11-12'
    ]
  )
  assert.deepEqual(
    rowsOf(context, 'alarms').map(row => `${row.kind} ${row.subject} ${minutes(row)}`),
    ['broken-neutral B6 10-180', 'back-feed T1 8-9', 'back-feed main 11-12']
  )
  assert.equal(device('B6'), 19)
})

test('undecidable: exactly the stretches in which a terminal that lost its supply is silent', () => {
  const context = contextOf({
    failures: [fails('T1', 40, 90), fails('T5', 170)],
    reboots: [{ at: 60 * MINUTE, terminal: 1, resends: false }]
  })
  const rows = rowsOf(context, 'undecidable')
  assert.deepEqual(
    rows.map(({ terminals }) => (terminals as string[]).join()),
    ['K1', 'K2', 'K5']
  )
  for (const { terminals, start, end } of rows) {
    const number = TERMINALS.findIndex(({ id }) => id === (terminals as string[])[0])
    const life = new TerminalLife(context.world, number, context.chance.named(TERMINALS[number]!.id))
    assert.equal(life.at(Number(start)).power, 'none')
    assert.equal(life.at(Number(start) - 1).power, 'mains')
    if (Number(end) < 180 * MINUTE) assert.equal(life.at(Number(end)).power, 'mains')
  }
  assert.equal(rows[0]!.start, 40 * MINUTE)
  assert.equal(rows[2]!.end, 180 * MINUTE)
})
