import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IncidentLine } from '../../../../src/model/outages.ts'
import { MINUTE, OutageTape, opened, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, named, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

const registry = drawRegistry(TOWN)
const LOST = T0 + 20 * MINUTE
const BOX_C = named('c', 8)
const BOX_E = named('e', 4)

const told = (tape: OutageTape): IncidentLine[] => play(tape, [registry]).incidents
/** State and device of each line, repetitions of one state apart. */
const lifeOf = (lines: readonly IncidentLine[]): string[] =>
  lines
    .map(({ id, state, change = '', device }) => `${id} ${state} ${change} ${device}`.replace('  ', ' '))
    .filter((line, i, all) => line !== all[i - 1])
/** Of TOWN all other terminals go on reading, so that their meters live. */
const others = (tape: OutageTape, time: number, ...dead: string[]): OutageTape =>
  round(
    tape,
    time,
    [],
    Object.keys(READ).filter(id => !dead.includes(id))
  )

test('a transformer: suspected, open, restored, closed with its customers', () => {
  const tape = quietTown().until(LOST).gasp('KC', READ.KC!)
  others(tape, T0 + 31 * MINUTE, 'KC').until(T0 + 40 * MINUTE)
  tape.powerUp('KC', READ.KC!)
  const lines = told(round(tape, T0 + 46 * MINUTE).pass(30 * MINUTE))
  assert.deepEqual(lifeOf(lines), ['I1 suspected TC', 'I1 open TC', 'I1 restored TC', 'I1 closed TC'])
  const [, open, restored, closed] = lines
  assert.deepEqual(
    [open!.start, open!.end, open!.affected, open!.counted],
    [LOST - 2 * SECOND, null, 12, true]
  )
  assert.deepEqual([restored!.end, restored!.kind], [T0 + 40 * MINUTE, 'sustained'])
  assert.deepEqual([...closed!.usagePoints!].sort(), READ.KC!.map(id => `U-${id}`).sort())
})

test('the own records of meters say at last when it began and ended', () => {
  const tape = quietTown()
    .until(LOST)
    .gasp('KC', READ.KC!, 9 * SECOND)
  others(tape, T0 + 31 * MINUTE, 'KC')
  const [start, end] = [LOST - 12 * SECOND, T0 + 39 * MINUTE + 7 * SECOND]
  round(tape, T0 + 46 * MINUTE).record('KC', READ.KC!.slice(0, 9), start, end)
  const closed = told(tape.pass(40 * MINUTE)).at(-1)!
  assert.deepEqual([closed.state, closed.start, closed.end], ['closed', start, end])
})

test('a short interruption is momentary', () => {
  const tape = quietTown().until(LOST).gasp('KC', READ.KC!)
  tape
    .pass(40 * SECOND)
    .powerUp('KC', READ.KC!)
    .read('KC', READ.KC!)
  const [incident, ...more] = opened({ incidents: told(round(tape, T0 + 31 * MINUTE).pass(40 * MINUTE)) })
  assert.deepEqual([incident!.device, incident!.kind, more.length], ['TC', 'momentary', 0])
  assert.equal(incident!.end! - incident!.start, 42 * SECOND)
})

test('a lateral is restored area by area', () => {
  const tape = quietTown().until(LOST).gasp('KB', READ.KB!).gasp('KC', READ.KC!)
  others(tape, T0 + 31 * MINUTE, 'KB', 'KC').until(T0 + 35 * MINUTE)
  tape.powerUp('KB', READ.KB!).read('KB', READ.KB!)
  others(tape, T0 + 46 * MINUTE, 'KC').until(T0 + 50 * MINUTE)
  tape
    .powerUp('KC', READ.KC!)
    .read('KC', READ.KC!)
    .pass(30 * MINUTE)
  const lines = told(tape)
  const partial = lines.find(({ change }) => change === 'partial')
  const restored = lines.find(({ state }) => state === 'restored')
  assert.deepEqual(
    opened({ incidents: lines }).map(({ device }) => device),
    ['LA']
  )
  assert.ok(partial !== undefined && partial.end === null, 'a part is back, it is not over')
  assert.ok(Math.abs(partial.at - (T0 + 35 * MINUTE)) < 10 * SECOND, `${partial.at - T0}`)
  assert.equal(restored!.end, T0 + 50 * MINUTE)
})

test('of a box only the box is waited for, and its neighbours were never out', () => {
  const tape = quietTown().until(LOST).gasp('KC', BOX_C)
  tape.pass(40 * SECOND).read('KC', BOX_E)
  round(tape, T0 + 31 * MINUTE, BOX_C).until(T0 + 40 * MINUTE)
  tape
    .powerUp('KC', BOX_C)
    .read('KC', READ.KC!)
    .pass(30 * MINUTE)
  const lines = opened({ incidents: told(tape) })
  assert.deepEqual(
    lines.map(({ device, state, end, affected }) => [device, state, end, affected]),
    [['BC', 'closed', T0 + 40 * MINUTE, 8]]
  )
})

test('one gasp of a living line is suspected at most, and withdrawn when nothing confirms it', () => {
  const tape = quietTown().until(LOST)
  tape.gasp('KC', ['c3', 'e1']).pass(30 * SECOND)
  tape.read('KC', READ.KC!)
  const lines = told(round(tape, T0 + 31 * MINUTE).pass(60 * MINUTE))
  assert.deepEqual(opened({ incidents: lines }), [])
  const ids = new Set(lines.map(({ id }) => id))
  for (const id of ids) assert.equal(lines.findLast(line => line.id === id)!.state, 'withdrawn')
  assert.ok(lines.every(({ counted }) => !counted))
})

test('a box that turns out to be its transformer moves up; it stays one incident', () => {
  const tape = quietTown()
    .until(LOST)
    .gasp('KC', BOX_C)
    .pass(15 * SECOND)
  tape.gasp('KC', BOX_E, 17 * SECOND)
  const lines = told(others(tape, T0 + 31 * MINUTE, 'KC'))
  const [incident, ...more] = opened({ incidents: lines })
  assert.deepEqual([incident!.device, more.length], ['TC', 0])
  assert.ok(
    lines.every(
      ({ id, state, mergedInto }) =>
        id === incident!.id || (state === 'withdrawn' && mergedInto === incident!.id) || state === 'suspected'
    )
  )
})

test('two transformers that turn out to be one lateral: one goes on, the other is part of it', () => {
  const tape = quietTown().until(LOST).gasp('KB', READ.KB!)
  tape.pass(12 * SECOND).gasp('KC', READ.KC!, 14 * SECOND)
  const lines = told(others(tape, T0 + 31 * MINUTE, 'KB', 'KC'))
  const live = opened({ incidents: lines }).filter(({ state }) => state !== 'withdrawn')
  assert.deepEqual(
    live.map(({ device, affected }) => [device, affected]),
    [['LA', 20]]
  )
  for (const { state, reason, mergedInto } of opened({ incidents: lines }))
    if (state === 'withdrawn') assert.deepEqual([reason, mergedInto], ['MERGED', live[0]!.id])
})

test('two transformers of two feeders are two incidents, each with its own end', () => {
  const tape = quietTown().until(LOST).gasp('KC', READ.KC!).gasp('KD', READ.KD!)
  others(tape, T0 + 31 * MINUTE, 'KC', 'KD').until(T0 + 40 * MINUTE)
  tape
    .powerUp('KC', READ.KC!)
    .read('KC', READ.KC!)
    .until(T0 + 50 * MINUTE)
  tape
    .powerUp('KD', READ.KD!)
    .read('KD', READ.KD!)
    .pass(30 * MINUTE)
  const all = opened({ incidents: told(tape) })
  const ends = all.map(({ device, sameAs = [], end }) => [
    [device, ...sameAs].includes('TD') ? 'TD' : device,
    end
  ])
  assert.deepEqual(ends.sort(), [
    ['TC', T0 + 40 * MINUTE],
    ['TD', T0 + 50 * MINUTE]
  ])
})

/** Supply is back at minute 40 and the incident is closed. */
function closed(): { tape: OutageTape; lines: number } {
  const tape = quietTown().until(LOST).gasp('KC', READ.KC!)
  others(tape, T0 + 31 * MINUTE, 'KC').until(T0 + 40 * MINUTE)
  tape.powerUp('KC', READ.KC!)
  round(tape, T0 + 46 * MINUTE)
  round(tape, T0 + 61 * MINUTE).until(T0 + 75 * MINUTE)
  return { tape, lines: told(tape).length }
}

test('records of an incident that is closed change nothing any more', () => {
  const { tape, lines } = closed()
  assert.equal(told(tape).at(-1)!.state, 'closed')
  tape.record('KC', READ.KC!.slice(0, 3), LOST - 2 * SECOND, T0 + 40 * MINUTE)
  assert.equal(told(round(tape, T0 + 76 * MINUTE).pass(40 * MINUTE)).length, lines)
})

test('records from elsewhere of the moment of a closed incident tell of another one', () => {
  const { tape } = closed()
  tape.record('KA', READ.KA!.slice(0, 12), LOST - 2 * SECOND, T0 + 30 * MINUTE)
  const all = opened({ incidents: told(round(tape, T0 + 76 * MINUTE).pass(60 * MINUTE)) })
  assert.deepEqual(
    all.map(({ device, start }) => [device, start]),
    [
      ['TC', LOST - 2 * SECOND],
      ['TA', LOST - 2 * SECOND]
    ]
  )
})

test('an outage nobody noticed is told by records after the fact', () => {
  const tape = round(quietTown(), T0 + 46 * MINUTE)
  const [start, end] = [T0 + 22 * MINUTE, T0 + 41 * MINUTE]
  tape.record('KA', READ.KA!, start, end)
  const [incident, ...more] = opened({ incidents: told(round(tape, T0 + 61 * MINUTE).pass(60 * MINUTE)) })
  assert.deepEqual([incident!.device, incident!.start, incident!.end, more.length], ['TA', start, end, 0])
})

test('a service line is an incident of its usage point when its record proves it', () => {
  const tape = quietTown().until(LOST).gasp('KC', ['c3'])
  tape.pass(40 * SECOND).read(
    'KC',
    READ.KC!.filter(id => id !== 'c3')
  )
  round(tape, T0 + 31 * MINUTE, ['c3'])
  round(tape, T0 + 46 * MINUTE).record('KC', ['c3'], LOST - 2 * SECOND, T0 + 40 * MINUTE)
  const all = opened({ incidents: told(round(tape, T0 + 61 * MINUTE).pass(60 * MINUTE)) })
  assert.deepEqual(
    all.map(({ device, affected, state }) => [device, affected, state]),
    [['U-c3', 1, 'closed']]
  )
})

test('silence alone is no outage, however large', () => {
  const tape = quietTown()
  for (const terminal of Object.keys(READ)) tape.disconnect(terminal)
  assert.deepEqual(told(tape.until(T0 + 120 * MINUTE)), [])
})

/** A transformer with a hundred meters, read by a terminal with a battery. */
const LARGE = drawRegistry({
  devices: [
    ['F', 'feeder', ''],
    ['T', 'transformer', 'F'],
    ['U', 'transformer', 'F']
  ],
  meters: [
    { device: 'T', terminal: 'KT', ids: named('m', 100) },
    { device: 'U', terminal: 'KU', ids: named('n', 20) }
  ],
  terminals: [
    { id: 'KT', poweredBy: 'T', backup: 'battery', heartbeatS: 60 },
    { id: 'KU', poweredBy: 'U', backup: 'battery', heartbeatS: 60 }
  ]
})
const largeTown = (): OutageTape => {
  const tape = new OutageTape()
  for (const terminal of ['KT', 'KU']) tape.connect(terminal).status(terminal, { bootCount: 1 })
  return tape
    .until(T0 + MINUTE)
    .read('KT', named('m', 100))
    .read('KU', named('n', 20))
}

test('one gasp of a hundred comes first: the suspicion waits for the others', () => {
  const tape = largeTown().until(T0 + 20 * MINUTE)
  tape
    .status('KT', { supply: 'battery', bootCount: 1 })
    .pass(2 * SECOND)
    .gasp('KT', ['m3'])
  tape.pass(4 * SECOND).gasp('KT', named('m', 40).slice(5))
  const { incidents } = play(tape.pass(MINUTE), [LARGE])
  assert.deepEqual(lifeOf(incidents), ['I1 suspected T', 'I1 open T'])
})

test('a suspicion that was given up is taken up again by what is told later', () => {
  const tape = largeTown().until(T0 + 20 * MINUTE)
  tape
    .status('KT', { supply: 'battery', bootCount: 1 })
    .pass(12 * SECOND)
    .gasp('KT', ['m3'], 12_000)
  tape.pass(10 * SECOND).gasp('KT', named('m', 40).slice(5), 22_000)
  const { incidents } = play(tape.pass(MINUTE), [LARGE])
  assert.ok(incidents.some(({ state }) => state === 'withdrawn'))
  assert.equal(opened({ incidents }).length, 1)
})
