import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IncidentDecision } from '../../../../src/model/decisions.ts'

import type { DecisionLine, IncidentLine, OutageLines } from '../../../../src/model/outages.ts'
import { MINUTE, type OutageTape, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, named, TOWN } from '../../../support/outage-registry.ts'
import { HOSPITAL, sectionOf } from '../../supply/plant.ts'
import { quietTown, READ, round } from '../busy-town.ts'

const registry = drawRegistry(TOWN)
const LOST = T0 + 20 * MINUTE
const BOX_C = named('c', 8)

const told = (tape: OutageTape): OutageLines => play(tape, [registry])
const last = ({ incidents }: OutageLines, id = 'I1'): IncidentLine =>
  incidents.findLast(line => line.id === id)!
const outcomes = ({ decisions }: OutageLines): string[] =>
  decisions.map(({ id, subject, act, state, reason = '' }) =>
    `${id} ${subject} ${act} ${state} ${reason}`.trim()
  )
/** State, change and device of each line from a time on. */
const lifeAfter = ({ incidents }: OutageLines, time: number): string[] =>
  incidents
    .filter(({ at }) => at >= time)
    .map(({ id, state, change = '-', device }) => `${id} ${state} ${change} ${device}`)

/** Transformer TC is dead and open as I1 since 09:20; nobody else is. */
const deadTransformer = (): OutageTape => quietTown().until(LOST).gasp('KC', READ.KC!).pass(MINUTE)
/** A gasp of one meter of a box that lives: suspected as I1 at most. */
const suspicion = (): OutageTape =>
  quietTown()
    .until(LOST)
    .gasp('KC', ['c3', 'e1'])
    .pass(2 * SECOND)
const others = (tape: OutageTape, time: number, ...dead: string[]): OutageTape =>
  round(
    tape,
    time,
    [],
    Object.keys(READ).filter(id => !dead.includes(id))
  )
const back = (tape: OutageTape): OutageTape => tape.powerUp('KC', READ.KC!).pass(10 * SECOND)

test('what people decide stands beside what the system thinks, which goes on', () => {
  const tape = deadTransformer()
  const expectedAt = LOST + 60 * MINUTE
  tape.decide({ incident: 'I1', act: 'claim', crew: 'crew 7', expectedAt })
  tape.pass(MINUTE).decide({ incident: 'I1', act: 'confirm', cause: 'tree' })
  const lines = told(tape.pass(MINUTE))
  const line = last(lines)
  assert.deepEqual(line.decided, {
    ...{ act: 'confirm', by: 'li', at: tape.now - MINUTE, state: 'open', claimedBy: 'li' },
    ...{ cause: 'tree', crew: 'crew 7', expectedAt }
  })
  assert.deepEqual([line.state, line.change, line.cause, line.device], ['updated', 'decided', 'tree', 'TC'])
  assert.ok(line.confidence > 0.9 && line.evidence!.length > 0, 'the opinion of the system')
  assert.deepEqual(outcomes(lines), ['D1 I1 claim taken', 'D2 I1 confirm taken'])
  const closed = last(told(back(tape).pass(30 * MINUTE)))
  assert.deepEqual([closed.state, closed.cause, closed.decided!.crew], ['closed', 'tree', 'crew 7'])
})

test('a suspicion that is confirmed is open at once and is not withdrawn', () => {
  const tape = suspicion()
  const before = told(tape)
  assert.equal(last(before).state, 'suspected')
  tape.decide({ incident: 'I1', act: 'confirm' })
  const lines = told(tape)
  assert.deepEqual([last(lines).state, last(lines).decided!.state], ['open', 'open'])
  assert.ok(last(lines).affected > 0)
  const later = told(tape.pass(40 * MINUTE))
  assert.ok(!later.incidents.some(({ id, state }) => id === 'I1' && state === 'withdrawn'))
  assert.equal(last(later).counted, true)
})

test('who says the same again, and nothing with it, is told so', () => {
  const tape = suspicion()
  for (const act of ['confirm', 'claim'] as const)
    for (const facts of [{}, {}, { note: 'seen on site' }])
      tape.decide({ incident: 'I1', act, ...facts }).pass(SECOND)
  assert.deepEqual(outcomes(told(tape)), [
    'D1 I1 confirm taken',
    'D2 I1 confirm refused DONE',
    'D3 I1 confirm taken',
    'D4 I1 claim taken',
    'D5 I1 claim refused DONE',
    'D6 I1 claim taken'
  ])
})

test('a suspicion is withdrawn when nobody confirms it, or a person dismisses it', () => {
  const dismissed = suspicion().decide({ incident: 'I1', act: 'close', cause: 'plug' })
  const line = last(told(dismissed.pass(20 * MINUTE)))
  assert.deepEqual(
    [line.state, line.reason, line.cause, line.counted],
    ['withdrawn', 'DISMISSED', 'plug', false]
  )
})

test('a suspicion that was dismissed comes again by new claims only', () => {
  const dismissed = (): OutageTape => suspicion().decide({ incident: 'I1', act: 'close' })
  const ids = (tape: OutageTape): string[] => [...new Set(told(tape).incidents.map(({ id }) => id))]
  assert.deepEqual(ids(others(dismissed(), T0 + 31 * MINUTE, 'KC').pass(20 * MINUTE)), ['I1'])
  const tape = dismissed()
    .pass(5 * SECOND)
    .gasp('KC', READ.KC!)
    .pass(MINUTE)
  assert.ok(told(tape).incidents.some(({ id, state }) => id !== 'I1' && state === 'open'))
})

test('moved by a person: members follow his device, the system keeps its own', () => {
  const tape = others(deadTransformer(), T0 + 31 * MINUTE, 'KC')
  tape.decide({ incident: 'I1', act: 'move', device: 'BC' })
  const line = last(told(tape))
  assert.deepEqual([line.device, line.decided!.device, line.affected], ['TC', 'BC', 8])
  const closed = last(told(back(tape).pass(30 * MINUTE)))
  assert.deepEqual([closed.state, closed.usagePoints!.length], ['closed', 8])
})

test('moved up: who is not proven to live joins', () => {
  const tape = deadTransformer().decide({ incident: 'I1', act: 'move', device: 'LA' })
  const line = last(told(tape))
  assert.deepEqual([line.device, line.decided!.device, line.affected], ['TC', 'LA', 20])
})

test('the system moves on and changes nobody in what a person has placed', () => {
  const tape = quietTown()
    .until(LOST)
    .gasp('KC', BOX_C)
    .pass(15 * SECOND)
  tape.decide({ incident: 'I1', act: 'move', device: 'BC' })
  tape.gasp('KC', named('e', 4), 17 * SECOND)
  const line = last(told(tape.pass(MINUTE)))
  assert.deepEqual([line.device, line.decided!.device, line.affected], ['TC', 'BC', 8])
})

test('closed by a person before supply is back: ends then, and does not open again by the same evidence', () => {
  const tape = others(deadTransformer(), T0 + 31 * MINUTE, 'KC')
  tape.decide({ incident: 'I1', act: 'close', cause: 'fuse', note: 'crew was there' })
  const time = tape.now
  others(tape, T0 + 46 * MINUTE, 'KC').pass(20 * MINUTE)
  const lines = told(tape)
  const line = last(lines)
  assert.deepEqual(
    [line.state, line.reason, line.end, line.cause, line.usagePoints!.length],
    ['closed', 'DECIDED', time, 'fuse', 12]
  )
  assert.ok(Math.abs(line.customerMinutes! - 12 * ((time - line.start) / MINUTE)) < 1)
  assert.deepEqual(lifeAfter(lines, time + 1), [], 'nothing of it is said again')
  assert.equal(lines.decisions[0]!.note, 'crew was there')
})

test('reopened by a person: whoever was not back is waited for again', () => {
  const tape = others(deadTransformer(), T0 + 31 * MINUTE, 'KC')
  tape.decide({ incident: 'I1', act: 'close' }).pass(5 * MINUTE)
  tape.decide({ incident: 'I1', act: 'reopen' })
  const line = last(told(tape))
  assert.deepEqual([line.state, line.change, line.end, line.affected], ['updated', 'reopened', null, 12])
  tape.until(T0 + 45 * MINUTE)
  const restored = last(told(back(tape)))
  assert.deepEqual([restored.state, restored.end], ['restored', T0 + 45 * MINUTE])
})

test('reopened after supply was proven: proofs count from then on', () => {
  const tape = back(others(deadTransformer(), T0 + 31 * MINUTE, 'KC').until(T0 + 40 * MINUTE))
  assert.equal(last(told(tape)).state, 'restored')
  tape.decide({ incident: 'I1', act: 'reopen' }).pass(4 * MINUTE)
  assert.deepEqual([last(told(tape)).state, last(told(tape)).change], ['updated', 'reopened'])
  const time = T0 + 46 * MINUTE
  const line = last(told(round(tape, time).pass(10 * SECOND)))
  assert.deepEqual([line.state, line.end], ['restored', time])
})

test('a part is taken out: an incident of its own, which ends by itself', () => {
  const tape = others(deadTransformer(), T0 + 31 * MINUTE, 'KC')
  tape.decide({ incident: 'I1', act: 'split', device: 'BC2' })
  const lines = told(tape)
  assert.deepEqual(lifeAfter(lines, tape.now), ['I1 updated split TC', 'I2 open - BC2'])
  const [rest, part] = [last(lines), last(lines, 'I2')]
  assert.deepEqual([rest.affected, rest.decided!.splitOff], [8, ['I2']])
  assert.deepEqual(
    [part.affected, part.start, part.decided!.splitFrom, part.decided!.device],
    [4, rest.start, 'I1', 'BC2']
  )
  tape
    .until(T0 + 40 * MINUTE)
    .powerUp('KC', named('e', 4))
    .read('KC', named('e', 4))
    .pass(10 * SECOND)
  const later = told(tape)
  assert.deepEqual([last(later, 'I2').state, last(later).state], ['restored', 'updated'])
  const end = told(back(tape).pass(10 * SECOND))
  assert.deepEqual([last(end).state, last(end).affected], ['restored', 8])
})

/** TA is dead since 09:20 as I1, and TD of the other feeder as I2 two minutes later. */
const twoDead = (): OutageTape => {
  const tape = quietTown()
    .until(LOST)
    .gasp('KA', READ.KA!)
    .pass(2 * MINUTE)
  return others(tape.gasp('KD', READ.KD!).pass(MINUTE), T0 + 31 * MINUTE, 'KA', 'KD')
}

test('merged into another: that one holds all, and ends when all are back', () => {
  const tape = twoDead().decide({ incident: 'I2', act: 'merge', into: 'I1' })
  const lines = told(tape)
  assert.deepEqual(
    [last(lines, 'I2').state, last(lines, 'I2').reason, last(lines, 'I2').mergedInto],
    ['withdrawn', 'MERGED', 'I1']
  )
  assert.deepEqual([last(lines).affected, last(lines).decided!.merged], [26, ['I2']])
  tape
    .until(T0 + 36 * MINUTE)
    .powerUp('KA', READ.KA!)
    .pass(10 * SECOND)
  assert.deepEqual([last(told(tape)).state, last(told(tape)).change], ['updated', 'partial'])
  tape
    .until(T0 + 40 * MINUTE)
    .powerUp('KD', READ.KD!)
    .pass(10 * SECOND)
  const restored = last(told(tape))
  assert.deepEqual([restored.state, restored.end], ['restored', T0 + 40 * MINUTE])
  tape.record('KD', READ.KD!, LOST + 2 * MINUTE - 2 * SECOND, T0 + 40 * MINUTE)
  const end = told(round(tape, T0 + 46 * MINUTE).pass(40 * MINUTE))
  assert.deepEqual([...new Set(end.incidents.map(({ id }) => id))], ['I1', 'I2'], 'records make no other one')
  assert.deepEqual([last(end).state, last(end).end], ['closed', T0 + 40 * MINUTE])
})

test('an incident is meant by a device and a time too', () => {
  const rows: [device: string, time: number, subject: string][] = [
    ['TA', LOST + MINUTE, 'I1'],
    ['TD', LOST + 5 * MINUTE, 'I2'],
    ['BD', LOST + 5 * MINUTE, 'I2'],
    ['FB', LOST + 5 * MINUTE, 'I2'],
    ['TD', LOST - 10 * MINUTE, `TD ${new Date(LOST - 10 * MINUTE).toISOString()}`],
    ['NONE', LOST, `NONE ${new Date(LOST).toISOString()}`]
  ]
  for (const [device, time, subject] of rows) {
    const [line] = told(twoDead().decide({ incident: { device, time }, act: 'claim' })).decisions
    assert.equal(line!.subject, subject)
    assert.equal(line!.reason, subject.startsWith('I') ? undefined : 'UNKNOWN')
  }
})

test('what cannot be done is kept and says why', () => {
  const of = (tape: OutageTape, record: Omit<IncidentDecision, 'by'>): DecisionLine => {
    const before = told(tape).incidents.length
    const lines = told(tape.decide(record))
    assert.equal(lines.incidents.length, before, JSON.stringify([record, lines.incidents.slice(before)]))
    return lines.decisions.at(-1)!
  }
  const closedLong = (): OutageTape => {
    const tape = back(deadTransformer().until(T0 + 40 * MINUTE))
    return tape.pass(30 * MINUTE).pass(6 * 60 * MINUTE + MINUTE)
  }
  const othersLive = (): OutageTape => others(deadTransformer(), T0 + 31 * MINUTE, 'KC')
  const dismissed = (): OutageTape => suspicion().decide({ incident: 'I1', act: 'close' })
  const merged = (): OutageTape => twoDead().decide({ incident: 'I2', act: 'merge', into: 'I1' })
  const rows: [tape: OutageTape, record: Omit<IncidentDecision, 'by'>, reason: string][] = [
    [deadTransformer(), { incident: 'I9', act: 'claim' }, 'UNKNOWN'],
    [deadTransformer(), { incident: 'x', act: 'note' }, 'UNKNOWN'],
    [closedLong(), { incident: 'I1', act: 'reopen' }, 'TOO_LATE'],
    [dismissed(), { incident: 'I1', act: 'confirm' }, 'STATE'],
    [dismissed(), { incident: 'I1', act: 'close' }, 'STATE'],
    [merged(), { incident: 'I2', act: 'reopen' }, 'STATE'],
    [merged(), { incident: 'I2', act: 'claim' }, 'STATE'],
    [deadTransformer(), { incident: 'I1', act: 'reopen' }, 'STATE'],
    [deadTransformer(), { incident: 'I1', act: 'move', device: 'NONE' }, 'DEVICE_UNKNOWN'],
    [othersLive(), { incident: 'I1', act: 'move', device: 'TA' }, 'NOBODY'],
    [deadTransformer(), { incident: 'I1', act: 'split' }, 'DEVICE_UNKNOWN'],
    [deadTransformer(), { incident: 'I1', act: 'split', device: 'TA' }, 'NOBODY'],
    [deadTransformer(), { incident: 'I1', act: 'split', device: 'TC' }, 'ALL'],
    [suspicion(), { incident: 'I1', act: 'split', device: 'BC' }, 'STATE'],
    [deadTransformer(), { incident: 'I1', act: 'merge', into: 'I1' }, 'SAME'],
    [deadTransformer(), { incident: 'I1', act: 'merge', into: 'I7' }, 'INTO'],
    [merged(), { incident: 'I1', act: 'merge', into: 'I2' }, 'INTO']
  ]
  for (const [tape, record, reason] of rows) {
    const line = of(tape, record)
    assert.deepEqual([line.state, line.reason], ['refused', reason], JSON.stringify(record))
  }
  const note = of(closedLong(), { incident: 'I1', act: 'note', note: 'for the file' })
  assert.deepEqual([note.state, note.note], ['taken', 'for the file'])
})

test('a cause that is known afterwards is taken of a closed incident', () => {
  const tape = back(deadTransformer().until(T0 + 40 * MINUTE)).pass(30 * MINUTE)
  const line = last(told(tape.decide({ incident: 'I1', act: 'note', cause: 'animal' })))
  assert.deepEqual(
    [line.state, line.change, line.cause, line.usagePoints],
    ['closed', 'decided', 'animal', undefined]
  )
})

test('a processor that is restarted anywhere says the same of decisions', () => {
  const tape = twoDead().decide({ incident: 'I1', act: 'claim', crew: '7' }).pass(SECOND)
  tape.decide({ incident: 'I1', act: 'split', device: 'BB' }).pass(SECOND)
  tape.decide({ incident: 'I2', act: 'merge', into: 'I1' }).pass(SECOND)
  tape.decide({ incident: 'I3', act: 'move', device: 'TA' }).pass(SECOND)
  tape.decide({ incident: 'I3', act: 'close' }).pass(MINUTE)
  tape.decide({ incident: 'I3', act: 'reopen' }).pass(MINUTE)
  tape.powerUp('KA', READ.KA!).powerUp('KD', READ.KD!)
  round(tape, T0 + 46 * MINUTE).pass(30 * MINUTE)
  const whole = told(tape)
  const from = tape.inputs.findIndex(({ record }) => record.at >= T0 + 31 * MINUTE)
  const saved = play(tape, [registry], place => place >= from && place % 3 === 0)
  assert.deepEqual(saved, whole)
  assert.deepEqual(
    whole.decisions.map(({ state }) => state),
    Array(6).fill('taken')
  )
})

test('it is not closed while something may feed back into it and nobody has acknowledged that', () => {
  // One of the hospital's feeds hangs on TC, and KC watches its plant.
  const usagePoint = registry.meters.usagePoint.get(registry.meterNumbers.get('c3') ?? -1)
  const sources = HOSPITAL.sources.map(source => ({
    ...source,
    ...(source.kind === 'grid' ? { usagePoint } : { terminal: 'KC' })
  }))
  const sections = [sectionOf('S1', { interlock: 'mechanical' })]
  const hospital = { ...registry, keyCustomers: new Map([['H1', { ...HOSPITAL, sources, sections }]]) }
  const tape = deadTransformer()
  const switches = ['G1', 'G2'].map(position => ({ section: 'S1', position }))
  tape.publish('KC', 'backup', { time: tape.now, switches }).pass(SECOND)
  const alarm = { kind: 'back-feed', subject: 'S1' }
  tape.decide({ incident: 'I1', act: 'close' }).pass(SECOND).decide({ alarm, act: 'shelve' })
  tape.pass(SECOND).decide({ incident: 'I1', act: 'close' })
  tape.pass(SECOND).decide({ alarm, act: 'acknowledge' })
  tape.pass(SECOND).decide({ incident: 'I1', act: 'close' })
  const { decisions } = play(tape.pass(SECOND), [hospital])
  assert.deepEqual(
    decisions.map(({ act, state, reason = '' }) => `${act} ${state} ${reason}`.trim()),
    ['close refused DANGER', 'shelve taken', 'close refused DANGER', 'acknowledge taken', 'close taken']
  )
})
