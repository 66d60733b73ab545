import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, type OutageTape, opened, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

// A terminal that could not speak while its supply was gone says afterwards that it is back.
const registries = [drawRegistry(TOWN)]
const at = (minute: number): number => T0 + minute * MINUTE
const powerUp = (tape: OutageTape, terminal: string): OutageTape =>
  tape.events(terminal, { type: 'power-up', origin: 'terminal', meter: 'self', time: tape.now })

/** The session of KB ends a minute after TC gasped; both are back twenty minutes later. */
function bothBack(): OutageTape {
  const tape = quietTown()
    .until(at(20))
    .gasp('KC', READ.KC!)
    .status('KC', { supply: 'battery', bootCount: 1 })
  tape.until(at(21)).disconnect('KB').until(at(22)).disconnect('KC')
  for (const minute of [31, 46]) round(tape, at(minute), [], ['KA', 'KD'])
  return tape.until(at(50)).connect('KC').status('KC', { bootCount: 2 }).connect('KB')
}

test('it lost it when something else did on its feeder: what feeds both has failed', () => {
  const tape = powerUp(bothBack(), 'KB')
    .status('KB', { bootCount: 2 })
    .pass(30 * MINUTE)
  const said = opened(play(tape, registries))
  assert.deepEqual(
    said.map(({ device, state, affected }) => [device, state, affected]),
    [['LA', 'closed', 20]]
  )
})

test('who only comes back without a word of his supply lost his link', () => {
  const tape = bothBack()
    .status('KB', { bootCount: 1 })
    .pass(30 * MINUTE)
  assert.deepEqual(
    opened(play(tape, registries)).map(({ device }) => device),
    ['TC']
  )
})

test('alone it opens nothing: nobody knows when that was', () => {
  const tape = quietTown().until(at(21)).disconnect('KB')
  for (const minute of [31, 46]) round(tape, at(minute), [], ['KA', 'KC', 'KD'])
  powerUp(tape.until(at(50)).connect('KB'), 'KB')
    .status('KB', { bootCount: 2 })
    .pass(10 * SECOND)
  assert.deepEqual(play(tape.pass(30 * MINUTE), registries).incidents, [])
})
