import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { feederBooks, writeFeederCity } from '../../src/simulator/feeder-city.ts'
import type { Feeder } from '../../src/simulator/feeder-files.ts'
import { readGrid } from '../../src/simulator/grid/read-grid.ts'
import { drawEvents } from '../../src/simulator/scenario/random-events.ts'
import { Chance } from '../../src/simulator/city/chance.ts'
import { GridIndex } from '../../src/simulator/grid/grid-index.ts'
import type { Failure, Loss } from '../../src/simulator/scenario/happenings.ts'
import { makeFolder } from '../registry/registry-folder.ts'

const TRANSFORMERS = 20
const HOMES = 50

/** s ─┬─ t0 ─ b0 … 50 homes      as many transformers as asked for, each with one box, no cells and no carriers */
function feeder(transformers: number): Feeder {
  const numbers = Array.from({ length: transformers }, (_, number) => number)
  const branch = (id: string, from: string, to: string, kind: 'transformer' | 'service') =>
    ({ id, from, to, kind, phases: 3, open: false, kva: 100, kv: 0.4 }) as const
  return {
    name: 'ckt5',
    source: 's',
    sourceKv: 11,
    branches: numbers.flatMap(number => [
      branch(`T${number}`, 's', `t${number}`, 'transformer'),
      branch(`V${number}`, `t${number}`, `b${number}`, 'service')
    ]),
    customers: numbers.flatMap(number =>
      Array.from({ length: HOMES }, (_, home) => ({
        id: `H${number}-${home}`,
        bus: `b${number}`,
        phase: (['A', 'B', 'C'] as const)[home % 3] ?? 'A',
        kv: 0.23,
        kva: 5,
        profile: 'Residential'
      }))
    )
  }
}

test('books: about 2 % name another transformer nearby, 10 % no phase; drawn by the seed', () => {
  const recorded = feeder(TRANSFORMERS)
  const books = feederBooks(recorded, 'a')
  const moved = recorded.customers.filter(({ id, bus }) => (books.get(id)?.bus ?? bus) !== bus)
  const unknown = [...books.values()].filter(({ phase }) => phase === '')
  assert.ok(moved.length >= 10 && moved.length <= 32, `${moved.length} of 1000 moved`)
  assert.ok(unknown.length >= 75 && unknown.length <= 125, `${unknown.length} of 1000 without a phase`)
  for (const { id, bus } of moved)
    assert.ok(Math.abs(Number(books.get(id)?.bus.slice(1)) - Number(bus.slice(1))) <= 3)
  assert.deepEqual(feederBooks(recorded, 'a'), books)
  assert.notDeepEqual(feederBooks(recorded, 'b'), books)
})

test('books of one transformer: nobody can hang on another', () => {
  const recorded = feeder(1)
  for (const { bus, phase } of feederBooks(recorded, 'a').values()) assert.deepEqual([bus, phase], ['b0', ''])
})

test('a feeder as a city: the truth as recorded, and books that differ in usage points alone', context => {
  const folder = makeFolder(context)
  const recorded = feeder(TRANSFORMERS)
  writeFeederCity(recorded, folder, 'a')
  const read = (side: string, file: string): string => readFileSync(join(folder, side, file), 'utf8')
  for (const file of ['devices.csv', 'terminals.csv', 'meters.csv', 'accounts.csv'])
    assert.equal(read('registry', file), read('truth', file))
  assert.notEqual(read('registry', 'usage_points.csv'), read('truth', 'usage_points.csv'))
  assert.ok(
    recorded.customers.every(({ id, bus, phase }) =>
      read('truth', 'usage_points.csv').includes(`U-${id},${id},${bus},${phase},`)
    )
  )
  assert.equal(read('.', 'credentials.csv').trim().split('\n').length, TRANSFORMERS)
})

test('drawn losses: of which no cell is known, it falls silent alone', context => {
  const folder = makeFolder(context)
  writeFeederCity(feeder(TRANSFORMERS), folder, 'a')
  const index = new GridIndex(readGrid(join(folder, 'truth')))
  const [failures, losses]: [Failure[], Loss[]] = [[], []]
  const events = {
    outages: 0,
    losses: 0,
    lossesAlone: 400,
    shortest: 120_000,
    longest: 3_600_000,
    mix: { box: 1, transformer: 0, lateral: 0, feeder: 0 },
    lossMix: { meter: 0.4, branch: 0.2, terminal: 0.37, cell: 0.03 }
  }
  drawEvents(events, index, { start: 0, end: 10 * 86_400_000, pace: 1, failures, losses }, new Chance('a'))
  assert.ok(losses.every(({ scope }) => scope !== 'cell'))
  assert.ok(losses.every(({ scope, terminals }) => terminals.length === (scope === 'terminal' ? 1 : 0)))
})
