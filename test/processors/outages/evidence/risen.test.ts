import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, opened, type OutageTape, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

const LOST = T0 + 20 * MINUTE
const BACK = T0 + 52 * MINUTE

/** The lateral is dead from LOST to BACK; the link of KC was down before and after: all that comes of TC is what it says as it comes back. */
function lateral(risen: readonly string[], risenAt = BACK + 5 * SECOND): OutageTape {
  const tape = quietTown()
    .until(LOST - 90 * SECOND)
    .disconnect('KC')
    .until(LOST + 2 * SECOND)
    .gasp('KB', READ.KB!)
  round(tape, T0 + 31 * MINUTE, [], ['KA', 'KD'])
  round(tape, T0 + 46 * MINUTE, [], ['KA', 'KD'])
  return tape
    .until(BACK + 20 * SECOND)
    .powerUp('KB', READ.KB!, BACK + 5 * SECOND)
    .until(Math.max(BACK + 50 * SECOND, risenAt))
    .connect('KC')
    .status('KC', { bootCount: 2 })
    .powerUp('KC', risen, risenAt)
    .pass(2 * MINUTE)
    .disconnect('KC')
}

const ended = (tape: OutageTape) =>
  opened(play(tape.pass(40 * MINUTE), [drawRegistry(TOWN)])).map(({ device, state, affected }) =>
    [device, state, affected].join(' ')
  )

test('who rises with an outage of his feeder, and was out of reach since it began, was without supply too', () => {
  const said = play(lateral(READ.KC!.slice(2, 7)).pass(40 * MINUTE), [drawRegistry(TOWN)])
  const [incident, ...others] = opened(said)
  assert.deepEqual(others, [])
  assert.deepEqual([incident?.device, incident?.state, incident?.affected], ['LA', 'closed', 20])
  assert.ok(Math.abs(incident!.end! - BACK) <= 60 * SECOND, `ended ${incident!.end! - BACK} ms after`)
  const kinds = incident!.evidence!.map(({ kind, count }) => `${kind} ${count}`)
  assert.ok(kinds.includes('power-up 5'), kinds.join(', '))
})

test('two modules that start say nothing of their area', () => {
  assert.deepEqual(ended(lateral(READ.KC!.slice(2, 4))), ['TB closed 8'])
})

test('who rises at another time was without supply by something else', () => {
  assert.deepEqual(ended(lateral(READ.KC!.slice(2, 7), BACK + 4 * MINUTE)), ['TB closed 8'])
})

test('who was read meanwhile had supply, whatever starts again', () => {
  const tape = quietTown()
    .until(LOST + 2 * SECOND)
    .gasp('KB', READ.KB!)
  round(tape, T0 + 31 * MINUTE, [], ['KA', 'KC', 'KD'])
  round(tape, T0 + 46 * MINUTE, [], ['KA', 'KC', 'KD'])
  tape
    .until(BACK + 20 * SECOND)
    .powerUp('KB', READ.KB!, BACK + 5 * SECOND)
    .powerUp('KC', READ.KC!.slice(2, 7), BACK + 5 * SECOND)
  assert.deepEqual(ended(tape), ['TB closed 8'])
})
