import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutageLines } from '../../../src/model/outages.ts'
import { MINUTE, type OutageTape, opened, play, SECOND, T0 } from '../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../support/outage-registry.ts'
import { quietTown, READ, round } from './busy-town.ts'

// What one terminal or meter says alone, late or again and again, and nobody should believe.
const registries = [drawRegistry(TOWN)]
const KC = READ.KC!
const lines = (tape: OutageTape): OutageLines => play(tape, registries)
const kinds = ({ findings }: OutageLines): string[] => findings.map(({ kind }) => kind)
const at = (minute: number): number => T0 + minute * MINUTE

/** Rounds of the whole town every quarter of an hour. */
function rounds(tape: OutageTape, from: number, until: number): OutageTape {
  for (let minute = from; minute <= until; minute += 15) round(tape, at(minute))
  return tape
}

test('a terminal that loses its supply every few minutes by its word is soon believed no more', () => {
  const tape = quietTown()
  for (let minute = 20; minute < 200; minute += 4) {
    tape
      .until(at(minute))
      .events('KC', { type: 'power-down', origin: 'terminal', meter: 'self', time: tape.now })
    tape.pass(40 * SECOND)
    tape.events('KC', { type: 'power-up', origin: 'terminal', meter: 'self', time: tape.now }).read('KC', KC)
  }
  const said = lines(tape.pass(30 * MINUTE))
  assert.ok(opened(said).length <= 6, `${opened(said).length} incidents`)
  assert.deepEqual(kinds(said), ['gasp-flood'])
})

test('likewise by its status; after a quiet hour it is believed again', () => {
  const tape = quietTown()
  for (let minute = 20; minute < 200; minute += 4) {
    tape.until(at(minute)).status('KC', { supply: 'battery', bootCount: 1 })
    tape
      .pass(40 * SECOND)
      .status('KC', { bootCount: 1 })
      .read('KC', KC)
  }
  rounds(tape, 211, 286)
  const before = opened(lines(tape)).length
  assert.ok(before <= 6, `${before} incidents`)
  tape
    .until(at(290))
    .status('KC', { supply: 'battery', bootCount: 1 })
    .pass(5 * MINUTE)
  assert.equal(opened(lines(tape)).length, before + 1)
})

test('what only the word of a terminal speaks for is withdrawn when it still says so and everybody lives', () => {
  const tape = quietTown().until(at(20)).status('KC', { supply: 'battery', bootCount: 1 })
  const { incidents, findings } = lines(rounds(tape, 31, 61))
  assert.deepEqual(
    incidents.map(({ state, reason, counted }) => [state, reason, counted]),
    [
      ['suspected', undefined, false],
      ['open', undefined, true],
      ['restored', undefined, true],
      ['withdrawn', 'NOT_CONFIRMED', false]
    ]
  )
  assert.deepEqual(
    findings.map(({ kind, subject }) => [kind, subject]),
    [['terminal-supply', 'KC']]
  )
})

test('a terminal whose link comes back while it is on its backup is not back, however often it has started since', () => {
  const tape = quietTown().until(at(18)).disconnect('KC').until(at(20)).gasp('KB', READ.KB!)
  tape.status('KB', { supply: 'battery', bootCount: 1 }).pass(20 * SECOND)
  tape
    .connect('KC')
    .status('KC', { supply: 'battery', bootCount: 2 })
    .gasp('KC', KC, 20 * SECOND)
  const { incidents } = lines(tape.pass(15 * MINUTE))
  assert.equal(opened({ incidents }).length, 1)
  assert.deepEqual(
    incidents.filter(({ change }) => change === 'partial' || change === 'split'),
    []
  )
})

test('it stands where the terminal says that its supply is back', () => {
  const tape = quietTown().until(at(20)).status('KC', { supply: 'battery', bootCount: 1 })
  tape.until(at(25)).status('KC', { bootCount: 1 })
  assert.equal(lines(rounds(tape, 31, 61)).incidents.at(-1)?.state, 'closed')
})

for (const [what, ago, report] of [
  ['of five minutes before', 5 * MINUTE, false],
  ['of a day before, as if it were new', 1440 * MINUTE, true]
] as const)
  test(`gasps ${what}, of meters that were read since, say nothing`, () => {
    const tape = rounds(quietTown(), 31, 31)
    const when = tape.now - ago
    tape.pass(5 * SECOND).status('KC', { bootCount: 2 })
    const again = report ? { reportedAt: tape.now } : {}
    tape.events(
      'KC',
      ...KC.map(meter => ({ type: 'last-gasp', origin: 'module', meter, time: when, ...again }))
    )
    assert.deepEqual(lines(rounds(tape, 46, 61)).incidents, [])
  })

test('a record of hours ago is of a wrong clock when its meter was read all the time', () => {
  for (const [from, to] of [
    [40, 140],
    [140, 200]
  ] as const) {
    const tape = rounds(quietTown(), 31, 226)
    tape.until(at(241)).record('KC', ['c0'], at(from), at(to))
    assert.deepEqual(lines(rounds(tape, 256, 301)).incidents, [], `${from} to ${to} min`)
  }
})

test('meters that are not found yet by a terminal that reads on below the same device are no nested fault', () => {
  const tape = quietTown()
    .until(at(20))
    .gasp('KC', KC)
    .gasp('KB', READ.KB!)
    .pass(5 * SECOND)
  tape.disconnect('KC').until(at(30)).powerUp('KB', READ.KB!).status('KB', { bootCount: 2 })
  tape.connect('KC').status('KC', { supply: undefined })
  for (const minute of [31, 46, 61])
    round(tape.until(at(minute)).read('KB', READ.KB!).read('KC', KC.slice(0, 1)), tape.now, [], ['KA', 'KD'])
  assert.deepEqual(opened(lines(rounds(tape, 76, 106))).length, 1)
})

test('the modem of one household says nothing of a truck', () => {
  const town = {
    ...TOWN,
    terminals: [...(TOWN.terminals ?? []), { id: 'KM', poweredBy: 'TC', backup: 'none' as const }]
  }
  const meters = [...TOWN.meters, { device: 'BC', terminal: 'KM', ids: ['m0'] }]
  const tape = quietTown().connect('KM').until(at(20)).gasp('KC', KC).pass(MINUTE)
  tape.events('KM', { type: 'truck-attached', origin: 'terminal', device: 'TC', time: tape.now })
  tape
    .until(at(30))
    .powerUp('KC', KC)
    .status('KC', { bootCount: 2 })
    .pass(5 * MINUTE)
  const said = play(tape, [drawRegistry({ ...town, meters })])
  assert.deepEqual(
    said.incidents.map(({ supply }) => supply).filter(supply => supply !== 'none'),
    []
  )
  assert.equal(said.incidents.at(-1)?.state, 'restored')
})

test('the gasp beyond the limit is none when it comes twice', () => {
  const tape = quietTown()
  for (let i = 0; i < 6; i++)
    tape
      .until(at(17 + i * 4))
      .gasp('KC', ['c0'], 1000)
      .pass(90 * SECOND)
      .read('KC', KC)
  tape.until(at(45))
  const gasp = {
    type: 'last-gasp',
    origin: 'module',
    meter: 'c0',
    time: tape.now - 1000,
    reportedAt: tape.now
  }
  tape
    .events('KC', gasp)
    .events('KC', gasp)
    .pass(40 * SECOND)
  tape.read('KC', KC.slice(1)).pass(5 * MINUTE)
  assert.deepEqual(
    lines(tape).incidents.filter(line => line.at > at(44)),
    []
  )
})

for (const [what, happens] of [
  [
    'is held for two minutes',
    tape =>
      tape
        .gateway('intake-held')
        .pass(2 * MINUTE)
        .gateway('intake-resumed')
  ],
  [
    'crashes',
    tape => {
      tape.now += 5 * MINUTE
      return tape
        .gateway('started')
        .pass(2 * SECOND)
        .connect('KC')
    }
  ],
  [
    'is restarted',
    tape => tape.gateway('stopped').disconnect('KC', 'shutdown').pass(MINUTE).gateway('started').connect('KC')
  ]
] as const satisfies readonly (readonly [string, (tape: OutageTape) => OutageTape])[])
  test(`nobody is missed in a round in the middle of which the gateway ${what}`, () => {
    const tape = quietTown()
      .until(at(31))
      .read('KC', KC.slice(0, 8), at(31))
      .pass(2 * SECOND)
    happens(tape)
    const readings = KC.slice(8).map(meter => ({ meter, voltageV: 229 }))
    tape.publish('KC', 'readings', { kind: 'instant', time: at(31), collectedAt: at(31), readings })
    assert.deepEqual(lines(tape.pass(10 * MINUTE)).communication, [])
  })

test('what a person closed while it was dark goes dark anew when its meters gasp again', () => {
  const tape = quietTown()
    .until(at(20))
    .gasp('KC', KC)
    .pass(5 * MINUTE)
  tape
    .decide({ incident: 'I1', act: 'close' })
    .pass(10 * MINUTE)
    .gasp('KC', KC)
    .pass(MINUTE)
  const { incidents } = lines(tape)
  assert.deepEqual(
    opened({ incidents }).map(({ id, device }) => [id, device]),
    [
      ['I1', 'TC'],
      ['I2', 'TC']
    ]
  )
})

test('what was closed by mistake is waited for as before when it is reopened', () => {
  const tape = quietTown()
    .until(at(20))
    .gasp('KC', KC)
    .pass(5 * MINUTE)
  tape.decide({ incident: 'I1', act: 'close' }).pass(MINUTE).decide({ incident: 'I1', act: 'reopen' })
  tape.until(at(40)).powerUp('KC', KC).status('KC', { bootCount: 2 }).pass(MINUTE)
  const last = lines(tape).incidents.at(-1)!
  assert.deepEqual([last.state, Math.round((last.end! - T0) / MINUTE)], ['restored', 40])
})

test('how many members are proven goes with the members when a person moves or splits an incident', () => {
  const split = quietTown().until(at(20)).gasp('KC', KC).pass(MINUTE)
  split.decide({ incident: 'I1', act: 'split', device: 'BC' }).pass(MINUTE)
  const part = lines(split).incidents.findLast(({ id }) => id === 'I2')!
  const rest = lines(split).incidents.findLast(({ id }) => id === 'I1')!
  assert.deepEqual([part.confirmed, rest.confirmed], [part.affected, rest.affected])
  assert.equal(part.confirmed + rest.confirmed, KC.length)
})

test('who is missed in a round in which the others need not have been dark any more says nothing', () => {
  const back = T0 + 31 * MINUTE + 30 * SECOND
  const tape = quietTown()
    .until(T0 + 21 * MINUTE)
    .disconnect('KC')
  // Within a minute of the return: clocks are off, so that nobody who is read is proven to have lived all the time.
  round(tape, T0 + 31 * MINUTE, READ.KB!.slice(0, 3), ['KA', 'KB', 'KD'])
  tape
    .until(back + MINUTE)
    .connect('KC')
    .status('KC', { bootCount: 2 })
  tape.record(
    'KC',
    READ.KC!.filter((_, i) => i % 2 === 0),
    T0 + 20 * MINUTE,
    back
  )
  assert.deepEqual(
    opened(lines(tape.pass(10 * MINUTE))).map(({ device }) => device),
    ['TC']
  )
})
