import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommunicationLine } from '../../../../src/model/outages.ts'
import { MINUTE, type OutageTape, opened, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { type DrawnRegistry, drawRegistry, named } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'
import { TOWN } from '../../../support/outage-registry.ts'

const BOX_A = named('a', 8)
const LOST = T0 + 20 * MINUTE

const told = (tape: OutageTape, drawn: DrawnRegistry = TOWN): CommunicationLine[] => {
  const said = play(tape, [drawRegistry(drawn)])
  assert.deepEqual(opened(said), [], 'no outage')
  return said.communication
}
const shortly = (lines: readonly CommunicationLine[]): string[] =>
  lines.map(({ state, scope, subject }) => `${state} ${scope} ${subject}`)

test('a terminal whose link is lost, and which comes back without having been started again', () => {
  const tape = quietTown()
    .until(LOST)
    .disconnect('KB')
    .pass(10 * MINUTE)
  const back = tape.now
  const lines = told(tape.connect('KB').status('KB', { bootCount: 1 }).pass(MINUTE))
  assert.deepEqual(shortly(lines), ['open terminal KB', 'closed terminal KB'])
  const [open, closed] = lines
  assert.deepEqual([open!.start, open!.end, open!.terminals], [LOST, null, ['KB']])
  assert.deepEqual([closed!.start, closed!.end, closed!.id], [LOST, back, open!.id])
})

test('of a terminal without a battery nobody can tell whether it lost its power', () => {
  const reasonOf = (backup: string): string | undefined => {
    const terminals = TOWN.terminals!.map(each => (each.id === 'KB' ? { ...each, backup } : each))
    return told(
      quietTown()
        .disconnect('KB')
        .pass(10 * MINUTE),
      { ...TOWN, terminals }
    )[0]!.reason
  }
  assert.equal(reasonOf('none'), 'POWER_OR_COMMUNICATION')
  assert.equal(reasonOf('battery'), undefined)
})

test('a terminal that was started again lost its power, not its link', () => {
  const tape = quietTown()
    .until(LOST)
    .disconnect('KB')
    .pass(40 * SECOND)
  assert.deepEqual(
    told(
      tape
        .connect('KB')
        .status('KB', { bootCount: 2 })
        .pass(5 * MINUTE)
    ),
    []
  )
})

for (const cause of ['clean', 'lost'] as const)
  test(`a session that is taken up again at once was lost to nobody (${cause})`, () => {
    const tape = quietTown().until(LOST)
    tape.disconnect('KB', cause).connect('KB').status('KB', { bootCount: 1 })
    assert.deepEqual(told(tape.pass(10 * MINUTE)), [])
  })

for (const [what, lost] of [
  ['a cell', ['KA', 'KB']],
  ['all', ['KA', 'KB', 'KC', 'KD']]
] as const)
  test(`sessions of ${what} that are all taken up again at once were lost to nobody`, () => {
    const tape = quietTown().until(LOST)
    for (const terminal of lost) tape.disconnect(terminal)
    for (const terminal of lost) tape.connect(terminal).status(terminal, { bootCount: 1 })
    assert.deepEqual(told(tape.pass(10 * MINUTE)), [])
  })

test('of a cell one of which stays away the other was lost too', () => {
  const tape = quietTown().until(LOST).disconnect('KA').disconnect('KB').connect('KA')
  assert.deepEqual(shortly(told(tape.pass(10 * MINUTE))), ['open cell cell-1', 'closed cell cell-1'])
})

test('sessions that another one took over, or that we closed, were lost to nobody', () => {
  const tape = quietTown().until(LOST).disconnect('KB', 'takeover').disconnect('KC', 'shutdown')
  assert.deepEqual(told(tape.pass(10 * MINUTE)), [])
})

/** Not all of one carrier. */
const CARRIERS = TOWN.terminals!.map(each => (each.id === 'KD' ? { ...each, carrier: 'other' } : each))
/** Who is lost within seconds. */
const TOGETHER: readonly (readonly [what: string, lost: readonly string[], wanted: readonly string[]])[] = [
  ['both of a cell', ['KA', 'KB'], ['open cell cell-1']],
  ['all', ['KA', 'KB', 'KC', 'KD'], ['open gateway gateway']],
  ['one of each cell', ['KA', 'KC'], ['open terminal KA', 'open terminal KC']],
  ['one', ['KD'], ['open terminal KD']]
]
for (const [what, lost, wanted] of TOGETHER)
  test(`terminals that go together: ${what}`, () => {
    const tape = quietTown().until(LOST)
    for (const terminal of lost) tape.disconnect(terminal).pass(2 * SECOND)
    const lines = told(tape.pass(10 * MINUTE), { ...TOWN, terminals: CARRIERS })
    assert.deepEqual(shortly(lines), wanted)
    assert.deepEqual(lines.flatMap(({ terminals }) => terminals ?? []).sort(), lost)
  })

test('all of one carrier among others', () => {
  const terminals = TOWN.terminals!.map(each => ({
    ...each,
    carrier: each.id === 'KA' ? 'other' : 'CMCC',
    cell: `cell-${each.id}`
  }))
  // Three of six are not everybody.
  const more = ['KE', 'KF'].map(id => ({ ...terminals[0]!, id, poweredBy: 'TA' }))
  const all = quietTown().until(T0 + 17 * MINUTE)
  for (const { id } of more) all.connect(id)
  all.until(LOST)
  for (const terminal of ['KB', 'KC', 'KD']) all.disconnect(terminal).pass(2 * SECOND)
  const lines = told(all.pass(10 * MINUTE), { ...TOWN, terminals: [...terminals, ...more] })
  assert.deepEqual(shortly(lines), ['open carrier CMCC'])
})

test('terminals that go one after the other are lost each by itself', () => {
  const tape = quietTown()
    .until(LOST)
    .disconnect('KA')
    .pass(20 * MINUTE)
    .disconnect('KB')
  assert.deepEqual(shortly(told(tape.pass(10 * MINUTE))), ['open terminal KA', 'open terminal KB'])
})

test('a cell is over when half of its terminals are back', () => {
  const tape = quietTown()
    .until(LOST)
    .disconnect('KA')
    .disconnect('KB')
    .pass(10 * MINUTE)
  const back = tape.now
  tape
    .connect('KA')
    .status('KA', { bootCount: 1 })
    .pass(5 * MINUTE)
    .connect('KB')
  const lines = told(tape.pass(MINUTE))
  assert.deepEqual(shortly(lines), ['open cell cell-1', 'closed cell cell-1'])
  assert.equal(lines[1]!.end, back)
})

for (const [what, restart] of [
  [
    'stop',
    (tape: OutageTape) =>
      tape
        .gateway('stopped')
        .pass(30 * SECOND)
        .gateway('started')
  ],
  ['crash', (tape: OutageTape) => tape.gateway('started')]
] as const)
  test(`our own ${what} makes nobody silent, also whom we had just missed`, () => {
    const tape = restart(
      quietTown()
        .until(LOST)
        .disconnect('KA')
        .pass(5 * SECOND)
    )
    // Of the sessions of before nothing is heard any more; some come back.
    tape
      .pass(30 * SECOND)
      .connect('KB')
      .connect('KC')
    assert.deepEqual(told(tape.pass(20 * MINUTE)), [])
  })

test('who is lost after our start is silent again', () => {
  const tape = quietTown().gateway('started').connect('KA').connect('KB').connect('KC').pass(MINUTE)
  assert.deepEqual(shortly(told(tape.disconnect('KB').pass(10 * MINUTE))), ['open terminal KB'])
})

test('all meters of a box below a terminal that speaks: a branch, until they are heard', () => {
  const tape = quietTown()
  for (const minute of [31, 46]) round(tape, T0 + minute * MINUTE, BOX_A)
  round(tape, T0 + 61 * MINUTE)
  const lines = told(tape.pass(5 * MINUTE))
  assert.deepEqual(shortly(lines), ['open branch KA', 'closed branch KA'])
  const [open, closed] = lines
  assert.deepEqual([...open!.meters!].sort(), BOX_A)
  assert.equal(open!.reason, 'POWER_OR_COMMUNICATION')
  assert.deepEqual([open!.start, closed!.end], [T0 + 31 * MINUTE, T0 + 61 * MINUTE])
})

test('a meter that is not heard for many rounds is lost alone, for one round it is not', () => {
  const once = round(round(quietTown(), T0 + 31 * MINUTE, ['a3']), T0 + 46 * MINUTE)
  assert.deepEqual(told(once.pass(5 * MINUTE)), [])
  const tape = quietTown()
  for (let i = 0; i < 8; i++) round(tape, T0 + (31 + 15 * i) * MINUTE, ['a3'])
  const lines = told(round(tape, T0 + 151 * MINUTE).pass(5 * MINUTE))
  assert.deepEqual(shortly(lines), ['open meter a3', 'closed meter a3'])
  assert.deepEqual([lines[0]!.start, lines[1]!.end], [T0 + 31 * MINUTE, T0 + 151 * MINUTE])
})

test('a meter of another box by its record that falls silent with a branch is no loss of its own', () => {
  const tape = quietTown()
  for (let i = 0; i < 8; i++) round(tape, T0 + (31 + 15 * i) * MINUTE, [...BOX_A, 'b2'])
  round(tape, T0 + 151 * MINUTE)
  assert.deepEqual(shortly(told(tape.pass(5 * MINUTE))), ['open branch KA', 'closed branch KA'])
})

test('who of a branch is read a little later than the others is no loss of his own', () => {
  const tape = quietTown()
  for (let i = 0; i < 8; i++) round(tape, T0 + (31 + 15 * i) * MINUTE, BOX_A)
  for (let i = 8; i < 10; i++) round(tape, T0 + (31 + 15 * i) * MINUTE, ['a0', 'a1'])
  round(tape, T0 + 181 * MINUTE)
  assert.deepEqual(shortly(told(tape.pass(5 * MINUTE))), ['open branch KA', 'closed branch KA'])
})

test('a branch that turns out to be an outage is withdrawn', () => {
  const tape = round(quietTown(), T0 + 31 * MINUTE, BOX_A)
  round(tape, T0 + 46 * MINUTE, BOX_A)
  tape
    .gasp('KA', BOX_A, 1000)
    .pass(30 * SECOND)
    .read('KA', named('b', 6))
    .pass(5 * MINUTE)
  const said = play(tape, [drawRegistry(TOWN)])
  assert.deepEqual(
    opened(said).map(({ device }) => device),
    ['BA']
  )
  assert.deepEqual(shortly(said.communication), ['open branch KA', 'withdrawn branch KA'])
  assert.equal(said.communication[1]!.reason, 'OUTAGE')
})

test('terminals of a dead transformer are silent for that reason', () => {
  const tape = quietTown().until(LOST).gasp('KB', READ.KB!)
  tape
    .status('KB', { supply: 'battery', bootCount: 1 })
    .pass(5 * SECOND)
    .disconnect('KB')
    .pass(10 * MINUTE)
  const said = play(tape, [drawRegistry(TOWN)])
  assert.deepEqual(
    opened(said).map(({ device }) => device),
    ['TB']
  )
  assert.deepEqual(said.communication, [])
})

test('a link that was lost just before the outage of its area was lost all the same', () => {
  const tape = quietTown().until(LOST).disconnect('KB').pass(MINUTE)
  for (const terminal of ['KA', 'KC'])
    tape.gasp(terminal, READ[terminal]!).status(terminal, { supply: 'battery', bootCount: 1 })
  const said = play(tape.pass(10 * MINUTE), [drawRegistry(TOWN)])
  assert.deepEqual(
    opened(said).map(({ device }) => device),
    ['FA']
  )
  assert.deepEqual(shortly(said.communication), ['open terminal KB'])
})

test('of a cell in which one is silent already those who are left are enough', () => {
  const cell = TOWN.terminals!.map(each => ({ ...each, cell: 'cell-1', carrier: each.id! }))
  const tape = quietTown()
    .until(LOST)
    .disconnect('KA')
    .disconnect('KD')
    .pass(20 * MINUTE)
  for (const terminal of ['KB', 'KC']) tape.disconnect(terminal).pass(2 * SECOND)
  const said = told(tape.pass(10 * MINUTE), { ...TOWN, terminals: cell })
  assert.deepEqual(shortly(said).slice(-1), ['open cell cell-1'])
  assert.deepEqual(said.at(-1)!.terminals, ['KB', 'KC'])
})

for (const [backup, wanted] of [
  ['battery', ['open cell cell-2', 'closed cell cell-2']],
  ['supercap', ['open terminal KD', 'closed terminal KD']]
] as const)
  test(`a cell goes down beside an outage: a terminal without supply has a say only with a battery (${backup})`, () => {
    const terminals = TOWN.terminals!.map(each => ({ ...each, backup }))
    const tape = quietTown().until(LOST)
    tape.status('KC', { supply: 'battery', bootCount: 1 }).gasp('KC', READ.KC!)
    for (const terminal of ['KC', 'KD']) tape.until(LOST + 3 * MINUTE).disconnect(terminal)
    round(tape, LOST + 11 * MINUTE, [], ['KA', 'KB'])
    tape.until(LOST + 30 * MINUTE)
    for (const terminal of ['KC', 'KD']) tape.connect(terminal).status(terminal, { bootCount: 1 })
    const said = play(tape.powerUp('KC', READ.KC!).pass(MINUTE), [drawRegistry({ ...TOWN, terminals })])
    assert.deepEqual(
      opened(said).map(({ device }) => device),
      ['TC']
    )
    assert.deepEqual(shortly(said.communication), wanted)
  })

test('who has no supply does not make a lost cell a lost carrier', () => {
  const names = ['E', 'F', 'G', 'H']
  const terminals = [
    ...TOWN.terminals!,
    ...names.map(letter => ({ ...TOWN.terminals![0], id: `K${letter}`, poweredBy: '', cell: 'cell-1' }))
  ]
  const tape = quietTown()
  for (const letter of names) tape.connect(`K${letter}`).status(`K${letter}`, { bootCount: 1 })
  tape.until(LOST).status('KC', { supply: 'battery', bootCount: 1 }).gasp('KC', READ.KC!)
  tape.pass(2 * MINUTE)
  // All six of a cell; of the other one the terminal whose capacitor is empty, and not KD.
  for (const letter of ['A', 'B', ...names, 'C']) tape.disconnect(`K${letter}`)
  const said = play(tape.pass(10 * MINUTE), [drawRegistry({ ...TOWN, terminals })])
  assert.deepEqual(shortly(said.communication), ['open cell cell-1'])
})
