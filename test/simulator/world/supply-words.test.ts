import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PlantStretch, playPlant, supplyWords } from '../../../src/simulator/world/plant.ts'
import { sayings, worldOf } from '../hand-grid.ts'
import { linesOf, OFFICES, OPERATIONS, WARDS, withSections } from './hospital.ts'

const AUTOMATIC = withSections([OPERATIONS, WARDS, OFFICES])
const cut = (id: string, fromS: number, toS: number) => ({
  customer: sayings(AUTOMATIC).customer(id),
  cause: '',
  start: fromS * 1000,
  end: toS * 1000
})

test('states in the words of DESIGN section 6, the first that fits', () => {
  const customer = AUTOMATIC.keyCustomers[0]!
  const stretch = (line: string): PlantStretch => {
    const [start, end, main, standby, generator, ...fedBy] = line.split(' ')
    return {
      start: Number(start) * 1000,
      end: Number(end) * 1000,
      isLive: [main === 'live', standby === 'live'],
      generator: generator as PlantStretch['generator'],
      fedBy: fedBy.slice(0, 3).map(source => (source === '-' ? '' : source)),
      isUpsOnBattery: false,
      truck: ''
    }
  }
  const rows: [what: string, stretches: string, words: string][] = [
    [
      'a security section dark for longer than it may, though a generator carries the rest',
      `0 10 live live running G1 GEN G1
       10 26 live live running - GEN G1
       26 30 live live running G1 GEN G1`,
      'emergency interrupted emergency'
    ],
    [
      'and for as long as it may',
      `0 10 live live ready G1 G1 G1
       10 25 live live ready - G1 G1
       25 30 live live ready G1 G1 G1`,
      'normal normal normal'
    ],
    [
      'a gap in several stretches is one gap',
      `0 10 live live ready G1 G1 G1
       10 20 live live ready - G1 G1
       20 30 live live starting - G1 G1
       30 40 live live ready G1 G1 G1`,
      'normal interrupted interrupted normal'
    ],
    [
      'it never ends in the run',
      `0 10 live live ready G1 G1 G1
       10 11 live live ready - G1 G1`,
      'normal interrupted'
    ],
    [
      'it was there when the run began',
      `0 10 dead live ready - G1 G1
       10 20 live live ready - G1 G1
       20 30 live live ready G1 G1 G1`,
      'interrupted interrupted normal'
    ],
    [
      'another section dark: interrupted when nothing of its own carries anything, emergency when something does',
      `0 10 live live ready G1 G1 G1
       10 400 live live ready G1 G1 -
       400 800 dead dead running GEN GEN -
       800 900 live live ready G1 G1 G1`,
      'normal interrupted emergency normal'
    ],
    [
      'all sections on the generator, and one',
      `0 10 dead dead running GEN GEN GEN
       10 20 live live running GEN G1 G1`,
      'emergency emergency'
    ],
    [
      'a feed lost, a generator failed',
      `0 10 dead live ready G2 G2 G2
       10 20 live dead ready G1 G1 G1
       20 30 live live failed G1 G1 G1
       30 40 live live running G1 G1 G1
       40 50 live live ready G2 G1 G1`,
      'reduced reduced reduced normal normal'
    ]
  ]
  for (const [what, stretches, words] of rows)
    assert.equal(supplyWords(linesOf(stretches).map(stretch), customer).join(' '), words, what)
})

test('a key customer of which no sections are known has what its feeds have', () => {
  const grid = withSections([])
  const { stretches } = playPlant(
    worldOf(grid, { services: [cut('main', 2400, 6000), cut('standby', 3000, 5400)] }),
    0
  )
  const words = supplyWords(stretches, grid.keyCustomers[0]!)
  assert.deepEqual(
    stretches.map(({ start }, i) => [start / 1000, words[i]]),
    [
      [0, 'normal'],
      [2400, 'reduced'],
      [3000, 'interrupted'],
      [5400, 'reduced'],
      [6000, 'normal']
    ]
  )
})
