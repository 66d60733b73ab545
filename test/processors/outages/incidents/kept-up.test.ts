import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { playCity } from '../../../support/outage-city.ts'
import { MINUTE, opened, type OutageTape, play, SECOND, shortly, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

const registry = drawRegistry(TOWN)
const LOST = T0 + 20 * MINUTE
const [ATTACHED, DETACHED, BACK] = [LOST + 10 * MINUTE, LOST + 40 * MINUTE, LOST + 45 * MINUTE]

const truck = (
  tape: OutageTape,
  type: 'attached' | 'detached',
  time: number,
  device = 'TC',
  terminal = 'KC'
): OutageTape => tape.events(terminal, { type: `truck-${type}`, device, origin: 'terminal', time })

/** TC is dead; a truck feeds it from ATTACHED to DETACHED, and the network from BACK on. @param told so long after it was attached */
function onTruck(told: number): OutageTape {
  const tape = quietTown().until(LOST).gasp('KC', READ.KC!)
  tape.until(ATTACHED + Math.min(told, 5 * SECOND))
  if (told < 10 * SECOND) truck(tape, 'attached', ATTACHED)
  tape.powerUp('KC', READ.KC!, ATTACHED).status('KC', { bootCount: 2 })
  if (told >= 10 * SECOND) truck(tape.until(ATTACHED + told), 'attached', ATTACHED)
  round(tape, T0 + 46 * MINUTE)
  tape.until(DETACHED).gasp('KC', READ.KC!)
  truck(tape.pass(20 * SECOND), 'detached', DETACHED)
  tape
    .until(BACK + 5 * SECOND)
    .powerUp('KC', READ.KC!, BACK)
    .status('KC', { bootCount: 3, time: BACK })
  tape.pass(2 * MINUTE).record('KC', READ.KC!.slice(0, 6), DETACHED - 2 * SECOND, BACK)
  return round(tape, T0 + 76 * MINUTE).pass(30 * MINUTE)
}

for (const [what, told] of [
  ['before the meters are back', 0],
  ['after the meters are back', 30 * SECOND]
] as const)
  test(`a truck that was told of ${what}: one incident, temporary, until the network is back`, () => {
    const said = play(onTruck(told), [registry])
    const [incident, ...others] = opened(said)
    assert.deepEqual(others, [])
    assert.ok(incident !== undefined)
    assert.equal(shortly(incident, LOST).split(' ').slice(0, 2).join(' '), 'closed TC')
    const supplies = said.incidents.filter(({ change }) => change === 'supply' || change === 'reopened')
    assert.deepEqual(
      supplies.map(({ supply }) => supply),
      ['temporary', 'none']
    )
    assert.ok(Math.abs(incident.end! - BACK) <= 2 * SECOND, `${incident.end! - BACK}`)
    // Twelve customers were dark for ten minutes and for five.
    assert.ok(Math.abs(incident.customerMinutes! - 12 * 15) < 1, `${incident.customerMinutes}`)
    assert.deepEqual(said.findings, [])
  })

test('what is said of a truck is the same whenever the processor is started again', () => {
  const tape = onTruck(30 * SECOND)
  assert.deepEqual(
    play(tape, [registry], place => place % 61 === 7),
    play(tape, [registry])
  )
})

for (const [what, device, terminal] of [
  ['that reads elsewhere', 'TC', 'KD'],
  ['about a device that nobody knows', 'TX', 'KC']
] as const)
  test(`a word of a truck by a terminal ${what} keeps nothing open`, () => {
    const tape = quietTown().until(LOST).gasp('KC', READ.KC!)
    truck(tape.until(ATTACHED), 'attached', ATTACHED, device, terminal)
    tape.powerUp('KC', READ.KC!).status('KC', { bootCount: 2 })
    const said = play(round(tape, T0 + 46 * MINUTE), [registry])
    assert.deepEqual(
      opened(said).map(({ state, supply }) => [state, supply]),
      [['restored', 'none']]
    )
  })

test('a truck that never says that it left holds no later outage open', () => {
  const tape = truck(quietTown().until(LOST), 'attached', LOST)
  tape
    .pass(5 * MINUTE)
    .gasp('KC', READ.KC!)
    .status('KC', { supply: 'battery', bootCount: 1 })
  tape
    .pass(10 * MINUTE)
    .powerUp('KC', READ.KC!)
    .status('KC', { bootCount: 1 })
  const said = play(round(tape, T0 + 46 * MINUTE), [registry])
  assert.deepEqual(
    opened(said).map(({ state, supply }) => [state, supply]),
    [['restored', 'none']]
  )
})

const scenario = (name: string): string =>
  readFileSync(join(import.meta.dirname, '..', '..', '..', '..', 'scenarios', `${name}.yaml`), 'utf8')

for (const [name, supply, finding] of [
  ['generator-truck', 'temporary', false],
  ['island', 'back-feed', true],
  ['hospital-back-feed', 'back-feed', true]
] as const)
  test(`${name}: one incident with supply ${supply}${finding ? ', and the danger is told' : ''}`, () => {
    const city = playCity('kept-up-1', 600, scenario(name))
    const said = play(city, [city.registry])
    const [outage] = city.truth.filter(({ table }) => table === 'incidents') as unknown as {
      device: string
    }[]
    assert.deepEqual(
      opened(said).map(({ device }) => device),
      [outage?.device]
    )
    assert.ok(said.incidents.some(line => line.supply === supply))
    const dangers = said.findings.filter(({ kind }) => kind === 'back-feed').map(({ subject }) => subject)
    assert.deepEqual(dangers, finding ? [outage?.device] : [])
    assert.deepEqual(
      play(city, [city.registry], place => place % 499 === 250),
      said
    )
  })
