import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Explainer } from '../../../../processors/outages/explain/explain.ts'
import { type DrawnMeters, type DrawnRow, named } from '../../../support/outage-registry.ts'
import { booksOf, NOW } from './explain-oracle.ts'

interface Class {
  readonly what: string
  readonly devices: readonly DrawnRow[]
  readonly meters: readonly DrawnMeters[]
  readonly backup?: string
  readonly gasps: readonly string[]
  /** From above to below. */
  readonly wanted: readonly string[]
}

const at = (device: string, prefix: string, count: number): DrawnMeters => ({
  ...{ device, terminal: 'K', ids: named(prefix, count), phase: 'ABC' }
})

/** Devices that leave the same customers dark are one class: nobody can tell them apart, so no confidence is lost between them. */
const CLASSES: readonly Class[] = [
  {
    what: 'a line without customers of its own above a transformer',
    devices: [
      ['F', 'feeder', ''],
      ['S', 'section', 'F'],
      ['T', 'transformer', 'S'],
      ['U', 'transformer', 'F']
    ],
    meters: [at('T', 'a', 6), { ...at('U', 'u', 6), terminal: 'V' }],
    gasps: named('a', 6),
    wanted: ['S', 'T']
  },
  {
    what: 'a transformer without any customer beside the one that failed',
    devices: [
      ['F', 'feeder', ''],
      ['S', 'section', 'F'],
      ['T', 'transformer', 'S'],
      ['EMPTY', 'transformer', 'S'],
      ['U', 'transformer', 'F']
    ],
    meters: [at('T', 'a', 6), { ...at('U', 'u', 6), terminal: 'V' }],
    gasps: named('a', 6),
    wanted: ['S', 'T']
  },
  {
    what: 'a box with all customers of its transformer',
    devices: [
      ['F', 'feeder', ''],
      ['T', 'transformer', 'F'],
      ['B', 'box', 'T'],
      ['U', 'transformer', 'F']
    ],
    meters: [at('B', 'a', 6), { ...at('U', 'u', 6), terminal: 'V' }],
    gasps: named('a', 6),
    wanted: ['T', 'B']
  },
  {
    what: 'a trunk of low voltage above all boxes of one side',
    devices: [
      ['F', 'feeder', ''],
      ['T', 'transformer', 'F'],
      ['TRUNK', 'section', 'T'],
      ['B1', 'box', 'TRUNK'],
      ['B2', 'box', 'TRUNK'],
      ['B3', 'box', 'T']
    ],
    meters: [at('B1', 'a', 4), at('B2', 'b', 4), at('B3', 'c', 4)],
    gasps: [...named('a', 4), ...named('b', 4)],
    wanted: ['TRUNK']
  }
]

for (const { what, devices, meters, gasps, wanted } of CLASSES)
  test(`one class: ${what}`, () => {
    const all = meters.flatMap(({ ids }) => ids)
    const said = new Map(all.map(id => [id, gasps.includes(id) ? { gasp: true } : { alive: true }]))
    const terminals = [
      { id: 'K', poweredBy: 'T', backup: 'battery' },
      { id: 'V', poweredBy: 'U', backup: 'battery' }
    ]
    const { moment, ...books } = booksOf({ devices, meters, terminals, said, words: new Map() })
    const { grid } = books
    const area = grid.areaOf[grid.placeOf[grid.registry.meterNumbers.get(gasps[0]!)!]!]!
    const found = new Explainer(books, moment, NOW).explain([area])
    const named = found.map(({ device, sameAs }) => [device, ...sameAs].map(each => grid.id(each)))
    assert.deepEqual(named, [wanted])
    assert.ok(found[0]!.confidence > 0.9, `${found[0]!.confidence}`)
  })
