import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, opened, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ } from '../busy-town.ts'

const LOST = T0 + 20 * MINUTE

test('what turns out to be one failure holds everybody whom its parts held', () => {
  // Two hang elsewhere than the registry says: the transformer between looks alive, until its gasps come late.
  const tape = quietTown()
    .until(LOST + 25 * SECOND)
    .status('KB', { bootCount: 1 })
    .read('KB', READ.KB!.slice(0, 2), LOST + 25 * SECOND)
  tape
    .until(LOST + 30 * SECOND)
    .gasp('KA', READ.KA!, 30 * SECOND)
    .gasp('KC', READ.KC!, 30 * SECOND)
  tape.until(LOST + 80 * SECOND).gasp('KB', READ.KB!.slice(2), 80 * SECOND)
  const said = play(tape.pass(2 * MINUTE), [drawRegistry(TOWN)])
  const lines = said.incidents.map(({ id, state, device, affected, reason }) =>
    [id, state, device, affected, reason].join(' ')
  )
  assert.deepEqual(
    opened(said)
      .filter(({ state }) => state !== 'withdrawn')
      .map(({ device, state, affected }) => [device, state, affected]),
    [['FA', 'updated', 32]],
    lines.join('\n')
  )
  const parts = said.incidents.filter(({ state, reason }) => state === 'withdrawn' && reason === 'MERGED')
  assert.equal(parts.length, 1, lines.join('\n'))
  const moved = said.incidents.filter(({ change }) => change === 'moved').map(({ affected }) => affected)
  assert.deepEqual(moved, [32], lines.join('\n'))
})
