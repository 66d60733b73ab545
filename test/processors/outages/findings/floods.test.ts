import assert from 'node:assert/strict'
import { test } from 'node:test'
import { opened } from '../../../support/outage-feed.ts'
import { MINUTE, SECOND } from '../../../support/outage-feed.ts'
import { named } from '../../../support/outage-registry.ts'
import { READ } from '../busy-town.ts'
import { findingsOf, WatchedTown } from './watched-town.ts'

const town = (): WatchedTown => new WatchedTown().read(2)
const ALL = READ.KA!

/** Gasps of meters of KA. */
function gasp(told: WatchedTown, meters: readonly string[], more: object = {}, terminal = 'KA'): WatchedTown {
  told.tape.gasp(terminal, meters, 2000, more)
  return told
}

/** So many gasps of these meters, all of whom are read again after each. */
function again(told: WatchedTown, times: number, meters: readonly string[]): WatchedTown {
  for (let i = 0; i < times; i++) {
    gasp(told, meters)
    told.tape
      .pass(30 * SECOND)
      .powerUp('KA', meters)
      .pass(90 * SECOND)
  }
  return told
}

const inferred = { origin: 'inferred' }
const CASES: readonly (readonly [what: string, told: WatchedTown, wanted: readonly string[]])[] = [
  ['a terminal infers gasps of all its meters', gasp(town(), ALL, inferred), ['gasp-flood KA 2']],
  [
    'one event for each',
    ALL.reduce((told, meter) => gasp(told, [meter], inferred), town()),
    ['gasp-flood KA 2']
  ],
  ['twice within an hour', gasp(gasp(town(), ALL, inferred).read(1), ALL, inferred), ['gasp-flood KA 2']],
  [
    'twice, two hours apart',
    gasp(gasp(town(), ALL, inferred).read(8), ALL, inferred),
    ['gasp-flood KA 2', 'gasp-flood KA 10']
  ],
  ['of a third of them', gasp(town(), ALL.slice(0, 5), inferred), []],
  [
    'of a third of them, once an hour',
    gasp(gasp(town(), ALL.slice(0, 5), inferred).read(4), ALL.slice(5, 10), inferred),
    []
  ],
  ['as a test', gasp(town(), ALL, { ...inferred, test: true }), []],
  ['its own meters gasp', gasp(town(), ALL), []],
  ['meters of others gasp', gasp(town(), READ.KC!), ['gasp-flood KA 2']],
  ['some of others beside its own', gasp(gasp(town(), ALL), READ.KC!), []],
  ['strangers gasp', gasp(town(), named('ghost', 20)), ['gasp-flood KA 2']],
  ['all gasp four times in an hour', again(town(), 4, ALL), []],
  ['all gasp six times in an hour', again(town(), 6, ALL), ['gasp-flood KA 2']],
  ['one of them gasps a hundred times in four hours', again(town(), 100, ['a1']), []]
]

for (const [what, told, wanted] of CASES) test(what, () => assert.deepEqual(findingsOf(told.said()), wanted))

/** Devices of the incidents that were opened of a loss after a time. */
const openedSince = (told: WatchedTown, since: number): string[] =>
  opened(told.said())
    .filter(({ start }) => start > since)
    .map(({ device }) => device)

for (const [times, wanted] of [
  [1, ['TA']],
  [5, []]
] as const)
  test(`all gasp once more after ${times} times: ${wanted.length === 0 ? 'nothing' : 'an incident'}`, () => {
    // What goes again at once would be the same incident.
    const told = again(town(), times, ALL).read(1)
    const since = told.tape.now - 10 * SECOND
    gasp(told, ALL).tape.pass(5 * MINUTE)
    assert.deepEqual(openedSince(told, since), wanted)
  })

for (const [times, wanted] of [
  [2, ['U-a1']],
  [7, []]
] as const)
  test(`one gasps once more after ${times} times and is silent: ${wanted.length === 0 ? 'nothing' : 'an incident'}`, () => {
    const told = again(town(), times, ['a1'])
    const since = told.tape.now - 10 * SECOND
    gasp(told, ['a1']).read(4, { a1: null })
    assert.deepEqual(openedSince(told, since), wanted)
  })

test('whose neighbour cries all the time is believed', () => {
  const told = again(town(), 100, ['a1'])
  const since = told.tape.now - 10 * SECOND
  gasp(told, named('b', 6)).tape.pass(5 * MINUTE)
  assert.deepEqual(openedSince(told, since), ['BB'])
})
