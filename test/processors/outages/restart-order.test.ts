import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, play, SECOND, T0 } from '../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../support/outage-registry.ts'
import { busyTown, quietTown } from './busy-town.ts'
import { assertRestarts } from './restart-case.ts'

const registries = [drawRegistry(TOWN)]

test('rounds of terminals are closed in the order in which they came, also after a restart', () => {
  const tape = busyTown(['KD', 'KC', 'KA'])
  assertRestarts({ tape, registries, truth: play(tape, registries) }, 7)
})

test('of four lost terminals of a carrier one is back just after a restart: the loss goes on', () => {
  const tape = quietTown().until(T0 + 20 * MINUTE)
  for (const terminal of ['KA', 'KB', 'KC', 'KD']) tape.disconnect(terminal)
  tape.until(T0 + 25 * MINUTE)
  const back = tape.inputs.length
  tape
    .connect('KA')
    .pass(5 * SECOND)
    .connect('KB')
    .pass(MINUTE)
  const truth = play(tape, registries)
  assert.deepEqual(
    play(tape, registries, place => place === back),
    truth
  )
})
