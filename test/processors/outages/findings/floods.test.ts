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
  ['some of others beside its own', gasp(gasp(town(), ALL), READ.KC!.slice(0, 4)), []],
  ['strangers gasp', gasp(town(), named('ghost', 20)), ['gasp-flood KA 2']],
  ['all gasp six times in an hour', again(town(), 6, ALL), []],
  ['all gasp eight times in an hour', again(town(), 8, ALL), ['gasp-flood KA 2']]
]

for (const [what, told, wanted] of CASES) test(what, () => assert.deepEqual(findingsOf(told.said()), wanted))

test('what comes beyond the rate raises nothing; what comes within it does', () => {
  const calm = gasp(town(), ALL)
  calm.tape.pass(5 * MINUTE)
  assert.deepEqual(
    opened(calm.said()).map(({ device }) => device),
    ['TA']
  )
  const crying = again(town(), 9, ALL)
  const since = crying.tape.now
  gasp(crying, ALL).tape.pass(5 * MINUTE)
  assert.deepEqual(
    crying.said().incidents.filter(({ start }) => start > since - 10 * SECOND),
    []
  )
})

test('a meter that gasps more often than six times within an hour is not believed, its neighbours are', () => {
  const told = again(town(), 7, ['a1'])
  const since = told.tape.now
  gasp(told, ['a1']).tape.pass(5 * MINUTE)
  const said = told.said()
  assert.deepEqual(findingsOf(said), [])
  assert.deepEqual(
    said.incidents.filter(({ start }) => start > since - 10 * SECOND),
    []
  )
  gasp(told, named('b', 6)).tape.pass(5 * MINUTE)
  assert.deepEqual(
    opened(told.said())
      .filter(({ start }) => start > since)
      .map(({ device }) => device),
    ['BB']
  )
})
