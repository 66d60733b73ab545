import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { MINUTE, opened, play, SECOND, T0 } from '../../support/outage-feed.ts'
import { type DrawnRegistry, drawRegistry, TOWN } from '../../support/outage-registry.ts'
import { quietTown, READ } from './busy-town.ts'

const METERS = TOWN.meters.flatMap(({ ids }) => ids)
const first = drawRegistry(TOWN)
const second = (drawn: Partial<DrawnRegistry>): Registry =>
  drawRegistry({ ...TOWN, numbers: METERS, version: 2, hash: 'second', ...drawn })

/** TC dies at minute 20, another version comes at minute 25, supply is back at minute 40. */
function changed(...registries: Registry[]) {
  const tape = quietTown().until(T0 + 20 * MINUTE)
  tape.gasp('KC', READ.KC!).pass(5 * MINUTE)
  tape.registry('second', 2).until(T0 + 40 * MINUTE)
  tape
    .powerUp('KC', READ.KC!)
    .read('KC', READ.KC!)
    .pass(40 * MINUTE)
  return play(tape, registries)
}

const CHANGES: readonly (readonly [what: string, drawn: Partial<DrawnRegistry>])[] = [
  ['the same network', {}],
  ['a device more before all others', { devices: [['NEW', 'transformer', 'FB'], ...TOWN.devices] }],
  ['its devices in another order', { devices: TOWN.devices.toReversed() }],
  ['terminals in another order', { terminals: TOWN.terminals!.toReversed() }]
]

for (const [what, drawn] of CHANGES)
  test(`another version of the registry while a transformer is dead: ${what}`, () => {
    const [incident, ...others] = opened(changed(first, second(drawn)))
    assert.deepEqual(others, [])
    const { device, state, start, end, usagePoints } = incident!
    assert.deepEqual([device, state], ['TC', 'closed'])
    assert.deepEqual([start, end], [T0 + 20 * MINUTE - 2 * SECOND, T0 + 40 * MINUTE])
    assert.deepEqual([...usagePoints!].sort(), READ.KC!.map(id => `U-${id}`).sort())
  })

test('another version without the dead device, and without its meters: nothing breaks, and nothing new is found', () => {
  const isBelow = (id: string): boolean => ['TC', 'BC', 'BC2'].includes(id)
  const gone = second({
    devices: TOWN.devices.filter(([id]) => !isBelow(id)),
    meters: TOWN.meters.filter(({ device }) => !isBelow(device)),
    terminals: TOWN.terminals!.filter(({ id }) => id !== 'KC')
  })
  const { incidents } = changed(first, gone)
  assert.deepEqual([...new Set(incidents.map(({ device }) => device))], ['TC'])
})

test('another version in which the meters of the dead device hang elsewhere', () => {
  const moved = second({
    devices: TOWN.devices.filter(([id]) => id !== 'TC' && id !== 'BC' && id !== 'BC2'),
    meters: TOWN.meters.map(row => (row.terminal === 'KC' ? { ...row, device: 'TB' } : row)),
    terminals: TOWN.terminals!.map(row => (row.id === 'KC' ? { ...row, poweredBy: 'TB' } : row))
  })
  const said = changed(first, moved)
  for (const { device } of said.incidents) assert.ok(device === 'TC' || device === 'TB', device)
})

test('another version while terminals are silent: those that were lost are named, not others', () => {
  const tape = quietTown().until(T0 + 20 * MINUTE)
  tape
    .disconnect('KB')
    .pass(10 * SECOND)
    .registry('second', 2)
    .pass(5 * MINUTE)
  tape.connect('KB').status('KB', { bootCount: 1 }).pass(MINUTE)
  const reversed = second({ terminals: TOWN.terminals!.toReversed() })
  const { communication } = play(tape, [first, reversed])
  assert.deepEqual(
    communication.map(({ state, subject }) => `${state} ${subject}`),
    ['open KB', 'closed KB']
  )
})

test('another version while a round of readings is under way: nobody is missed by it', () => {
  const tape = quietTown().until(T0 + 31 * MINUTE)
  for (const terminal of ['KA', 'KB']) tape.read(terminal, READ[terminal]!.slice(0, 4))
  tape.registry('second', 2)
  for (const terminal of ['KA', 'KB']) tape.read(terminal, READ[terminal]!.slice(4))
  tape.pass(MINUTE)
  const reversed = second({ terminals: TOWN.terminals!.toReversed() })
  assert.deepEqual(play(tape, [first, reversed]).communication, [])
})
