import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutageLines } from '../../../../src/model/outages.ts'
import type { Registry } from '../../../../src/registry/lookup/registry.ts'
import { MINUTE, OutageTape, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry } from '../../../support/outage-registry.ts'
import { HOSPITAL, sectionOf } from '../../supply/plant.ts'

/** A hospital whose feeds hang on two feeders; K watches its plant. */
function registryOf(interlock: string): Registry {
  const rhythm = { sampleIntervalS: 60, uploadIntervalS: 300, uploadDelayS: 5, heartbeatS: 60 }
  const drawn = drawRegistry({
    devices: [
      ['SUB', 'substation', ''],
      ['FA', 'feeder', 'SUB'],
      ['FB', 'feeder', 'SUB'],
      ['TA', 'transformer', 'FA'],
      ['TB', 'transformer', 'FB']
    ],
    meters: [
      { device: 'FA', terminal: 'K', ids: ['M-G1'] },
      { device: 'FB', terminal: 'K', ids: ['M-G2'] },
      { device: 'TA', terminal: 'KA', ids: ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'] },
      { device: 'TB', terminal: 'KB', ids: ['b0', 'b1', 'b2', 'b3', 'b4', 'b5'] }
    ],
    terminals: [
      { id: 'K', ...rhythm },
      { id: 'X', ...rhythm },
      { id: 'KA', poweredBy: 'TA', backup: 'supercap', ...rhythm },
      { id: 'KB', poweredBy: 'TB', backup: 'supercap', ...rhythm }
    ]
  })
  const sections = [sectionOf('S1', { interlock, sources: ['G1', 'G2', 'GEN'] })]
  return { ...drawn, keyCustomers: new Map([['H1', { ...HOSPITAL, sections }]]) }
}

const breakers = (tape: OutageTape, positions: readonly string[], terminal = 'K'): OutageTape =>
  tape.publish(terminal, 'backup', {
    time: tape.now,
    switches: positions.map(position => ({ section: 'S1', position }))
  })

const told = (tape: OutageTape, interlock = 'mechanical'): OutageLines =>
  play(tape.pass(2 * SECOND), [registryOf(interlock)])
const alarms = ({ alarms: lines }: OutageLines): string[] =>
  lines.map(({ kind, subject, state }) => `${kind} ${subject} ${state}`)

test('two sources that are closed onto one section against its interlock are danger, until they are not', () => {
  const tape = new OutageTape().connect('K').pass(MINUTE)
  breakers(tape, ['G1', 'open', 'open']).pass(MINUTE)
  breakers(tape, ['G1', 'G2', 'open']).pass(MINUTE)
  breakers(tape, ['G1', 'G2', 'open']).pass(MINUTE)
  const lines = told(tape)
  assert.deepEqual(alarms(lines), ['back-feed S1 firing'])
  assert.equal(lines.alarms[0]?.start, T0 + 2 * MINUTE)
  assert.match(
    lines.findings[0]?.evidence ?? '',
    /DANGER: G1 and G2 are closed onto it at once .* \(mechanical\)/
  )
  assert.deepEqual(alarms(told(breakers(tape, ['open', 'G2', 'open']))), [
    'back-feed S1 firing',
    'back-feed S1 resolved'
  ])
})

test('no danger: one source, the same twice, no interlock, a terminal that watches somebody else', () => {
  const one = () => new OutageTape().connect('K').connect('X').pass(MINUTE)
  assert.deepEqual(alarms(told(breakers(one(), ['G1', 'G1', 'open']))), [])
  assert.deepEqual(alarms(told(breakers(one(), ['G1', 'G2', 'open']), 'none')), [])
  assert.deepEqual(alarms(told(breakers(one(), ['G1', 'G2', 'open']), '')), [])
  assert.deepEqual(alarms(told(breakers(one(), ['G1', 'G2', 'open'], 'X'))), [])
})

test('a breaker on what nobody has on file closes nothing', () => {
  const tape = new OutageTape().connect('K').pass(MINUTE)
  for (const word of ['OPEN', 'off', 'G9']) breakers(tape, ['G1', word]).pass(MINUTE)
  assert.deepEqual(alarms(told(tape)), [])
})

test('what comes late neither ends a danger nor makes one', () => {
  const late = (tape: OutageTape, positions: readonly string[], ago: number): OutageTape =>
    tape.publish('K', 'backup', {
      time: tape.now - ago,
      switches: positions.map(position => ({ section: 'S1', position }))
    })
  const closed = breakers(breakers(new OutageTape().connect('K').pass(MINUTE), ['G1']).pass(MINUTE), [
    'G1',
    'G2'
  ])
  assert.deepEqual(alarms(told(late(closed.pass(MINUTE), ['G1', 'open'], 90 * SECOND))), [
    'back-feed S1 firing'
  ])
  const open = breakers(new OutageTape().connect('K').pass(MINUTE), ['G1', 'open']).pass(MINUTE)
  assert.deepEqual(alarms(told(late(open, ['G1', 'G2'], 90 * SECOND))), [])
})
