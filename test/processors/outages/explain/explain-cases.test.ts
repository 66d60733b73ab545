import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Explainer } from '../../../../processors/outages/explain/explain.ts'
import { named, TOWN } from '../../../support/outage-registry.ts'
import { booksOf, type Drawing, NOW, type Said } from './explain-oracle.ts'

interface Story {
  readonly what: string
  /** Who says so, each other of the town is proven to live unless it is silent. */
  readonly gasps?: readonly string[]
  readonly collected?: readonly string[]
  readonly records?: readonly string[]
  readonly quiet?: readonly string[]
  readonly words?: readonly (readonly [terminal: string, word: 'down' | 'mains'])[]
  readonly town?: Pick<Drawing, 'devices' | 'meters' | 'terminals'>
  /** Device and those that cannot be told from it; a service line is its meter. */
  readonly wanted: readonly string[]
}

const whole = (...letters: string[]): string[] =>
  letters.flatMap(letter => named(letter, { a: 8, b: 6, t: 8, c: 8, e: 4, d: 8, g: 4 }[letter] ?? 0))

const TOWN_DRAWING = {
  devices: TOWN.devices,
  meters: TOWN.meters.map(row => ({ ...row, phase: 'ABC' })),
  terminals: (TOWN.terminals ?? []).map(({ id = '', poweredBy = '' }) => ({
    id,
    poweredBy,
    backup: 'supercap'
  }))
}

/** A line of sections without customers of their own to one transformer. */
const LINE: Story['town'] = {
  devices: [
    ['F', 'feeder', ''],
    ['S1', 'section', 'F'],
    ['S2', 'switch', 'S1'],
    ['T', 'transformer', 'S2'],
    ['B1', 'box', 'T'],
    ['B2', 'box', 'T'],
    ['S3', 'section', 'F'],
    ['U', 'transformer', 'S3']
  ],
  meters: [
    { device: 'B1', terminal: 'K', ids: named('a', 4), phase: 'ABC' },
    { device: 'B2', terminal: 'K', ids: named('b', 4), phase: 'ABC' },
    { device: 'U', terminal: 'V', ids: named('t', 4), phase: 'ABC' }
  ],
  terminals: [
    { id: 'K', poweredBy: 'T', backup: 'supercap' },
    { id: 'V', poweredBy: 'U', backup: 'supercap' }
  ]
}

const STORIES: readonly Story[] = [
  { what: 'a box gasps, its neighbours live', gasps: whole('a'), wanted: ['BA'] },
  { what: 'two boxes of two transformers gasp', gasps: whole('a', 'c'), wanted: ['BA', 'BC'] },
  { what: 'all boxes of a transformer gasp', gasps: whole('c', 'e'), wanted: ['TC'] },
  {
    what: 'half of each box of a transformer gasps, nobody lives',
    gasps: ['a0', 'a1', 'a2', 'b0', 'b1', 'b2'],
    quiet: whole('a', 'b'),
    wanted: ['TA']
  },
  { what: 'both transformers of a lateral gasp', gasps: whole('t', 'c', 'e'), wanted: ['LA'] },
  {
    what: 'the lateral and the transformer beside it gasp',
    gasps: whole('a', 'b', 't', 'c', 'e'),
    wanted: ['FA']
  },
  { what: 'both feeders gasp', gasps: whole('a', 'b', 't', 'c', 'e', 'd', 'g'), wanted: ['SUB'] },
  { what: 'one line gasps once, its neighbours live', gasps: ['a3'], wanted: [] },
  { what: 'one line has a record too, its neighbours live', gasps: ['a3'], records: ['a3'], wanted: ['a3'] },
  { what: 'one line gasps, nobody is heard beside it', gasps: ['a3'], quiet: whole('a', 'b'), wanted: [] },
  {
    what: 'the terminal alone says that its supply is gone',
    words: [['KB', 'down']],
    quiet: whole('t'),
    wanted: ['TB']
  },
  { what: 'the terminal alone says so, and all its meters live', words: [['KB', 'down']], wanted: [] },
  {
    what: 'a bundle that a concentrator made of all its meters, most of whom are not heard',
    collected: whole('c', 'e'),
    quiet: whole('c', 'e'),
    wanted: ['TC']
  },
  { what: 'one of a bundle is named, its neighbours live', collected: ['c1'], wanted: [] },
  { what: 'records of a transformer, after the fact', records: whole('d', 'g'), wanted: ['TD', 'FB'] },
  {
    what: 'a transformer at the end of a line: all that feed it alone are meant',
    town: LINE,
    gasps: whole('a').slice(0, 4).concat(named('b', 4)),
    wanted: ['T', 'S1', 'S2']
  }
]

for (const {
  what,
  gasps = [],
  collected = [],
  records = [],
  quiet = [],
  words = [],
  town,
  wanted
} of STORIES)
  test(`explained: ${what}: ${wanted.join(' or ') || 'nothing'}`, () => {
    const drawn = town ?? TOWN_DRAWING
    const said = new Map<string, Said>(
      drawn.meters
        .flatMap(({ ids }) => ids)
        .map(id => [
          id,
          {
            gasp: gasps.includes(id),
            collected: collected.includes(id),
            record: records.includes(id),
            alive: ![...gasps, ...collected, ...records, ...quiet].includes(id)
          }
        ])
    )
    const { moment, ...books } = booksOf({ ...drawn, said, words: new Map(words) })
    const { grid } = books
    const places = [...gasps, ...collected, ...records].map(
      id => grid.areaOf[grid.placeOf[grid.registry.meterNumbers.get(id)!]!]!
    )
    const spoken = words.map(([id]) => grid.terminals[grid.terminalNumbers.get(id)!]!.poweredBy)
    const found = new Explainer(books, moment, NOW).explain([...places, ...spoken])
    const names = found.flatMap(({ device, meter, sameAs }) =>
      device < 0 ? [grid.meterId(meter)] : [device, ...sameAs].map(each => grid.id(each))
    )
    assert.deepEqual(names.sort(), [...wanted].sort())
    for (const { confidence } of found) assert.ok(confidence > 0 && confidence <= 1, `${confidence}`)
  })
