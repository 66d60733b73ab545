import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutageLines } from '../../../../src/model/outages.ts'
import { MINUTE, type OutageTape, play, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, round } from '../busy-town.ts'

const registry = drawRegistry(TOWN)
const ALARM = { kind: 'broken-neutral', subject: 'BA' }

/** The neutral of box BA breaks at minute 20. */
function brokenNeutral(): OutageTape {
  const tape = quietTown().until(T0 + 20 * MINUTE)
  const readings = [
    { meter: 'a0', voltageV: 281 },
    { meter: 'a1', voltageV: 151 }
  ]
  const at = { time: tape.now, collectedAt: tape.now }
  return tape.publish('KA', 'readings', { kind: 'instant', ...at, readings }).pass(MINUTE)
}

const lives = ({ alarms }: OutageLines): string[] =>
  alarms.map(({ state, at, by = '', note = '' }) =>
    `${state} ${Math.floor((at - T0) / MINUTE)} ${by} ${note}`.trim()
  )

test('an alarm is acknowledged and shelved by records, fires again after its shelf, and ends by its rule', () => {
  const tape = brokenNeutral()
  const { id } = play(tape, [registry]).alarms[0]!
  tape.pass(MINUTE).decide({ alarm: ALARM, act: 'acknowledge', note: 'crew is sent' })
  tape.pass(MINUTE).decide({ alarm: id, act: 'shelve', until: T0 + 26 * MINUTE })
  tape.until(T0 + 28 * MINUTE)
  round(tape, T0 + 31 * MINUTE).pass(MINUTE)
  round(tape, T0 + 46 * MINUTE).pass(MINUTE)
  round(tape, T0 + 61 * MINUTE).pass(MINUTE)
  tape.decide({ alarm: id, act: 'acknowledge' }).decide({ alarm: 'none', act: 'shelve' })
  const lines = play(tape, [registry])
  assert.deepEqual(lives(lines), [
    'firing 20',
    'acknowledged 22 li crew is sent',
    'shelved 23 li',
    'firing 26',
    'resolved 46'
  ])
  assert.deepEqual(
    lines.decisions.map(({ about, subject, act, state, reason = '' }) =>
      `${about} ${subject === id ? 'it' : subject} ${act} ${state} ${reason}`.trim()
    ),
    [
      'alarm it acknowledge taken',
      'alarm it shelve taken',
      'alarm it acknowledge refused STATE',
      'alarm none shelve refused UNKNOWN'
    ]
  )
  const from = tape.inputs.findIndex(({ record }) => record.at >= T0 + 20 * MINUTE)
  assert.deepEqual(
    play(tape, [registry], place => place >= from && place % 3 === 0),
    lines,
    'a processor that is restarted says the same'
  )
})
