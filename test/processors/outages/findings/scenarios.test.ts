import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OutageLines } from '../../../../src/model/outages.ts'
import { playCity, type PlayedCity } from '../../../support/outage-city.ts'
import { play } from '../../../support/outage-feed.ts'

const METERS = 600
const scenario = (name: string): string =>
  readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'scenarios', `${name}.yaml`), 'utf8')

interface Named {
  readonly kind: string
  readonly subject: string
}
const sorted = (rows: Iterable<Named>): string[] =>
  [...rows].map(({ kind, subject }) => `${kind} ${subject}`).sort()
const trueRows = ({ truth }: PlayedCity, table: string): string[] =>
  sorted(truth.filter(row => row.table === table) as unknown as Named[])
/** Without what the records of the city get wrong: that has no row in the truth. */
const findingsOf = ({ findings }: OutageLines): string[] =>
  sorted(findings.filter(({ kind }) => kind !== 'registry-device'))

/**
 * Seeds by scenario; each is a city of its own. Not among them: one that opens the breaker and the relay of one customer, whose
 * breaker nobody can see then, and one of whose dark meters a battery is dead, which is found and has no row in the truth.
 */
const RUNS: readonly (readonly [name: string, seeds: readonly string[]])[] = [
  ['meters-change', ['finding-1', 'finding-3']],
  ['meter-fuse', ['finding-1', 'finding-2']],
  ['nothing-at-all', ['finding-1', 'finding-2']],
  ['broken-neutral', ['finding-1', 'finding-2']],
  ['transformer-dead', ['finding-3']],
  ['phase-of-transformer', ['finding-1']],
  ['gateway-restarted', ['finding-1']]
]

for (const [name, seeds] of RUNS)
  for (const seed of seeds)
    test(`${name} (${seed}): what is true is found once, and nothing else`, () => {
      const city = playCity(seed, METERS, scenario(name))
      const said = play(city, [city.registry])
      assert.deepEqual(findingsOf(said), trueRows(city, 'findings'))
      const fired = said.alarms.filter(({ state }, place) => {
        const isFirst = said.alarms.findIndex(({ id }) => id === said.alarms[place]?.id) === place
        return state === 'firing' && isFirst
      })
      assert.deepEqual(sorted(fired), trueRows(city, 'alarms'))
      assert.equal(said.alarms.filter(({ state }) => state === 'resolved').length, fired.length)
    })

test('records that name a wrong transformer are found, and are the same whenever the processor is started again', () => {
  const city = playCity('finding-1', METERS, scenario('meters-change'))
  const said = play(city, [city.registry])
  const doubted = said.findings.filter(({ kind }) => kind === 'registry-device')
  // Two of a hundred usage points are recorded at a wrong transformer.
  assert.ok(doubted.length >= 0.005 * METERS && doubted.length <= 0.04 * METERS, `${doubted.length}`)
  assert.equal(new Set(doubted.map(({ subject }) => subject)).size, doubted.length)
  const again = play(city, [city.registry], place => place % 997 === 500)
  assert.deepEqual(again.findings, said.findings)
})

test('an alarm is the same when the processor is started again while it gathers and while it fires', () => {
  const city = playCity('finding-1', METERS, scenario('broken-neutral'))
  const said = play(city, [city.registry])
  assert.ok(said.alarms.length >= 2)
  assert.deepEqual(play(city, [city.registry], place => place % 50 === 0).alarms, said.alarms)
})

test('nothing is said of meters, terminals, cells and carriers that are not heard', () => {
  const city = playCity(
    'finding-1',
    METERS,
    `
name: lost
title: { en: lost, zh-CN: lost }
duration: 8h
random: { outages: 0, losses: 0, lossesAlone: 60 }
`
  )
  const said = play(city, [city.registry])
  assert.ok(said.communication.length > 0)
  assert.deepEqual([findingsOf(said), said.alarms], [[], []])
})
