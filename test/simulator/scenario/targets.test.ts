import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Chance } from '../../../src/simulator/city/chance.ts'
import { GridIndex } from '../../../src/simulator/grid/grid-index.ts'
import type { Target } from '../../../src/simulator/scenario/schema.ts'
import { Targets } from '../../../src/simulator/scenario/targets.ts'
import { CUSTOMERS, drawnNetwork, placeIn, TERMINALS } from '../hand-grid.ts'

/** The drawn network; K3 hangs on T2, and a hospital has a terminal of its own that says nothing of its supply. */
const grid = drawnNetwork({
  customers: [
    ...CUSTOMERS,
    { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true, terminal: 'KH' },
    { id: 'standby', device: 'S3', phases: 'ABC', isThreeWire: true, terminal: 'KH' }
  ],
  terminals: [
    ...TERMINALS.map(terminal => (terminal.id === 'K3' ? { ...terminal, poweredBy: 'T2' } : terminal)),
    { id: 'KH', poweredBy: '', backup: 'battery' }
  ],
  keyCustomers: [
    {
      id: 'H1',
      feeds: [
        ['G1', 'main'],
        ['G2', 'standby']
      ]
    }
  ]
})
const index = new GridIndex(grid)
const device = placeIn(grid.devices.id.map(id => ({ id })))

function nameOf(targets: Targets, target: Target): string {
  const { kind, number } = targets.find(target)
  const names = {
    device: grid.devices.id,
    tie: grid.ties.map(({ id }) => id),
    customer: grid.customers.point,
    terminal: grid.terminals.map(({ id }) => id),
    keyCustomer: grid.keyCustomers.map(({ id }) => id)
  }
  return `${kind} ${names[kind][number]}`
}

/** All things that a query may mean, by their names. */
function all(
  query: Exclude<Target, { ref: string } | { id: string }>,
  named: Record<string, string> = {}
): string {
  const targets = new Targets(index, new Chance('targets'))
  for (const [name, id] of Object.entries(named)) targets.name(name, { kind: 'device', number: device(id) })
  const found: string[] = []
  for (let pick = 0; ; pick++) {
    try {
      found.push(nameOf(targets, { ...query, pick }).split(' ')[1]!)
    } catch {
      return found.join(' ')
    }
  }
}

test('what a query may mean', () => {
  const rows: [found: string, expected: string][] = [
    [all({ kind: 'feeder' }), 'FA FB'],
    [all({ kind: 'transformer', windings: 'Yyn0' }), 'T2'],
    // Customers of the devices: T1 has eight, T6 two.
    [all({ kind: 'transformer', least: 5 }), 'T1'],
    [all({ kind: 'transformer', most: 3 }), 'T6'],
    [all({ kind: 'transformer', below: 'x' }, { x: 'FU' }), 'T2 T3'],
    [all({ kind: 'section', above: 'x' }, { x: 'B5' }), 'S1 S2'],
    [all({ kind: 'transformer', apartFrom: 'x' }, { x: 'B1' }), 'T5 T6'],
    [all({ kind: 'tie', below: 'x' }, { x: 'SW' }), 'TIE'],
    [all({ kind: 'tie', below: 'x' }, { x: 'FU' }), ''],
    [all({ kind: 'customer', below: 'x', wiring: 'three-phase' }, { x: 'T1' }), 'b1t b2t'],
    [all({ kind: 'customer', below: 'x', wiring: 'one-phase' }, { x: 'B7' }), 'b7b b7d'],
    // Feeds of key customers are asked for as such.
    [all({ kind: 'customer', wiring: 'three-phase', windings: 'Yyn0' }), 'b3t'],
    [all({ kind: 'hospital' }), 'H1'],
    [all({ kind: 'feed' }), 'S1'],
    [all({ kind: 'feed', feed: 'standby' }), 'S3'],
    [all({ kind: 'feed-line', feed: 'standby' }), 'standby'],
    [all({ kind: 'terminal', backup: 'battery' }), 'KH'],
    [all({ kind: 'terminal', below: 'x' }, { x: 'FB' }), 'K5 K6'],
    // The hospital's hangs on no transformer, and reads at medium voltage: it is no stranger to them.
    [all({ kind: 'terminal', foreign: true }), 'K3'],
    [all({ kind: 'terminal', foreign: false }), 'K1 K2 K4 K5 K6 KH']
  ]
  for (const [found, expected] of rows) assert.equal(found, expected)
})

test('names and ids, the last of those that fit, and what the seed draws', () => {
  const targets = new Targets(index, new Chance('targets'))
  targets.name('terminal', { kind: 'terminal', number: 2 })
  const rows: [target: Target, expected: string][] = [
    [{ ref: 'terminal' }, 'terminal K3'],
    [{ id: 'S2' }, 'device S2'],
    [{ id: 'b1t' }, 'customer b1t'],
    [{ id: 'Mb1t' }, 'customer b1t'],
    [{ id: 'TIE' }, 'tie TIE'],
    [{ id: 'H1' }, 'keyCustomer H1'],
    [{ kind: 'transformer', pick: -1 }, 'device T6'],
    // Where a terminal's meters hang, not the terminal.
    [{ kind: 'transformer', above: 'terminal' }, 'device T3']
  ]
  for (const [target, expected] of rows) assert.equal(nameOf(targets, target), expected)
  for (const target of [{ ref: 'nobody' }, { id: 'nobody' }, { kind: 'bus', least: 100 }] as const)
    assert.throws(() => targets.find(target), { code: 'SIMULATOR_SCENARIO' })
  const drawn = (seed: string): string[] => {
    const own = new Targets(index, new Chance(seed))
    return Array.from({ length: 20 }, () => nameOf(own, { kind: 'box' }))
  }
  assert.deepEqual(drawn('a'), drawn('a'))
  assert.notDeepEqual(drawn('a'), drawn('b'))
  assert.ok(new Set(drawn('a')).size > 3)
})
