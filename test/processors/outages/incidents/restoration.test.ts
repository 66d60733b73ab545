import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, opened, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

const registry = drawRegistry(TOWN)
const LOST = T0 + 20 * MINUTE

test('power-ups of the meters alone restore an incident, within seconds', () => {
  const tape = quietTown()
    .until(LOST)
    .gasp('KC', READ.KC!)
    .pass(5 * MINUTE)
  const back = tape.now
  const said = play(tape.powerUp('KC', READ.KC!).pass(MINUTE), [registry])
  const restored = said.incidents.find(({ state }) => state === 'restored')
  assert.ok(restored !== undefined, 'restored')
  assert.ok(restored.at - back <= 30 * SECOND, `${restored.at - back}`)
})

test('the status of its terminal alone restores an incident of a transformer', () => {
  const tape = quietTown().until(LOST).gasp('KC', READ.KC!).status('KC', { supply: 'battery', bootCount: 1 })
  tape.pass(5 * MINUTE).status('KC', { bootCount: 1 })
  const said = play(tape.pass(MINUTE), [registry])
  assert.ok(said.incidents.some(({ state }) => state === 'restored'))
})

for (const isReported of [true, false])
  test(`a terminal that is back sends its gasps again: nothing new (${isReported ? 'reported now' : 'without a report'})`, () => {
    const tape = quietTown().until(LOST)
    tape.gasp('KC', READ.KC!).pass(5 * MINUTE)
    tape.powerUp('KC', READ.KC!).read('KC', READ.KC!).pass(MINUTE)
    const reportedAt = isReported ? tape.now : null
    tape.gasp('KC', READ.KC!, 6 * MINUTE + 2 * SECOND, { reportedAt })
    const all = opened(play(round(tape, T0 + 31 * MINUTE).pass(30 * MINUTE), [registry]))
    assert.deepEqual(
      all.map(({ device, start }) => [device, start]),
      [['TC', LOST - 2 * SECOND]]
    )
  })
