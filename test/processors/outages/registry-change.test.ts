import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlannedState } from '../../../src/model/decisions.ts'
import { PLANNED_OUTAGE } from '../../../src/records/gateway-record.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { MINUTE, opened, play, SECOND, T0 } from '../../support/outage-feed.ts'
import { type DrawnMeters, type DrawnRegistry, drawRegistry, TOWN } from '../../support/outage-registry.ts'
import { quietTown, READ, round } from './busy-town.ts'

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

const isBelowTC = (id: string): boolean => ['TC', 'BC', 'BC2'].includes(id)
const withoutTC = second({
  devices: TOWN.devices.filter(([id]) => !isBelowTC(id)),
  meters: TOWN.meters.filter(({ device }) => !isBelowTC(device)),
  terminals: TOWN.terminals!.filter(({ id }) => id !== 'KC')
})
const withoutC0 = TOWN.meters.map(row => (row.device === 'BC' ? { ...row, ids: row.ids.slice(1) } : row))

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
  const { incidents } = changed(first, withoutTC)
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

test('another version without the part that a feeder waits for: it is over with the others', () => {
  const tape = quietTown().until(T0 + 20 * MINUTE)
  for (const terminal of ['KA', 'KB', 'KC']) tape.gasp(terminal, READ[terminal]!)
  tape.until(T0 + 25 * MINUTE)
  for (const terminal of ['KA', 'KB']) tape.powerUp(terminal, READ[terminal]!)
  tape
    .until(T0 + 30 * MINUTE)
    .registry('second', 2)
    .pass(30 * MINUTE)
  const [incident] = opened(play(tape, [first, withoutTC]))
  assert.deepEqual([incident!.device, incident!.state, incident!.end], ['FA', 'closed', T0 + 25 * MINUTE])
})

/** The line of c0 dies at minute 46, another version comes at minute 48, all are read again from minute 61 on. */
function lineChanged(meters: readonly DrawnMeters[]) {
  const tape = round(quietTown(), T0 + 31 * MINUTE).until(T0 + 45 * MINUTE)
  round(tape.gasp('KC', ['c0']), T0 + 46 * MINUTE, ['c0']).until(T0 + 48 * MINUTE)
  round(tape.registry('second', 2), T0 + 61 * MINUTE)
  return opened(play(tape.pass(30 * MINUTE), [first, second({ meters })]))
}

test('another version in which the meter of a dead service line hangs at another box: it comes back there', () => {
  const moved = withoutC0.map(row => (row.device === 'BC2' ? { ...row, ids: [...row.ids, 'c0'] } : row))
  assert.deepEqual(
    lineChanged(moved).map(({ device, state, end }) => [device, state, end]),
    [['U-c0', 'closed', T0 + 61 * MINUTE]]
  )
})

test('another version without the meter of a dead service line: it is withdrawn by its name', () => {
  assert.deepEqual(
    lineChanged(withoutC0).map(({ device, state, reason }) => [device, state, reason]),
    [['U-c0', 'withdrawn', 'DEVICE_GONE']]
  )
})

test('another version without terminal and meter that were lost: nobody waits for them any more', () => {
  const tape = quietTown()
    .until(T0 + 20 * MINUTE)
    .disconnect('KB')
  const others = ['KA', 'KC', 'KD']
  for (let minute = 31; minute < 121; minute += 15) round(tape, T0 + minute * MINUTE, ['c0'], others)
  tape.registry('second', 2).pass(MINUTE)
  const gone = second({
    meters: withoutC0.filter(({ terminal }) => terminal !== 'KB'),
    terminals: TOWN.terminals!.filter(({ id }) => id !== 'KB')
  })
  const { communication } = play(tape, [first, gone])
  assert.deepEqual(
    communication.map(({ state, subject, reason }) => [state, subject, reason]),
    [
      ['open', 'KB', 'POWER_OR_COMMUNICATION'],
      ['open', 'c0', 'POWER_OR_COMMUNICATION'],
      ['withdrawn', 'KB', 'GONE'],
      ['withdrawn', 'c0', 'GONE']
    ]
  )
})

/** Work on TC, which dies in its time. @param said of it in the first version, in the second, and by a record in between */
function planned(inFirst: PlannedState, inSecond: PlannedState, announced?: PlannedState) {
  const [from, to] = [T0 + 19 * MINUTE, T0 + 100 * MINUTE]
  const work = {
    id: 'W1',
    type: 'planned',
    devices: ['TC'],
    from,
    to,
    announcedAt: null,
    ticket: ''
  } as const
  const having = (registry: Registry, state: PlannedState): Registry => ({
    ...registry,
    plannedOutages: [{ ...work, announcedAt: Number.NaN, state }]
  })
  const tape = quietTown().until(T0 + 17 * MINUTE)
  if (announced !== undefined) tape.control(PLANNED_OUTAGE, { ...work, state: announced })
  tape.registry('second', 2).until(T0 + 20 * MINUTE)
  tape.gasp('KC', READ.KC!).pass(MINUTE)
  const registries = [having(first, inFirst), having(second({}), inSecond)]
  const said = play(tape, registries)
  assert.deepEqual(
    play(tape, registries, place => place % 101 === 0),
    said
  )
  return said.incidents.at(-1)!.kind
}

test('of planned work the present version counts, and what was announced beside it', () => {
  assert.equal(planned('planned', 'cancelled'), 'sustained')
  assert.equal(planned('cancelled', 'planned'), 'planned')
  assert.equal(planned('planned', 'planned', 'cancelled'), 'sustained')
  assert.equal(planned('planned', 'cancelled', 'planned'), 'planned')
})

test('another version in which a box with a broken neutral has no meters any more: its alarm ends', () => {
  const tape = quietTown().until(T0 + 31 * MINUTE)
  const readings = READ.KC!.slice(0, 8).map((meter, i) => ({ meter, voltageV: i % 2 === 0 ? 262 : 150 }))
  tape.publish('KC', 'readings', { kind: 'instant', time: tape.now, collectedAt: tape.now, readings })
  round(tape.pass(2 * MINUTE).registry('second', 2), T0 + 46 * MINUTE).pass(MINUTE)
  const meters = TOWN.meters.map(row => (row.device === 'BC' ? { ...row, device: 'BC2' } : row))
  const { alarms } = play(tape, [first, second({ meters })])
  assert.deepEqual(
    alarms.map(({ state, subject }) => `${state} ${subject}`),
    ['firing BC', 'resolved BC']
  )
})
