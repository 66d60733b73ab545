import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareResults } from '../../src/reliability/compare.ts'
import { withValues } from '../../src/reliability/profile.ts'
import { DL836, IEEE1366 } from '../../src/reliability/profiles.ts'
import { reliability } from '../../src/reliability/reliability.ts'
import { NOON, HOUR, MINUTE, row, rows, TO, year } from '../support/interruptions.ts'

const STAYS = rows(10, 60, { incident: 'stays', start: NOON + 48 * HOUR })
const BEFORE = reliability(
  year([...STAYS, ...rows(100, 60, { incident: 'I1' }), row({ incident: 'false', account: 'B' })]),
  IEEE1366
)

test('the same again changes nothing', () => {
  const again = reliability(
    year([...STAYS, ...rows(100, 60, { incident: 'I1' }), row({ incident: 'false', account: 'B' })]),
    IEEE1366
  )
  assert.deepEqual(compareResults(BEFORE, again), {
    isSame: true,
    rules: [],
    indices: [],
    incidents: [],
    interruptions: []
  })
})

test('times from the meters replace those of detection, an incident is withdrawn, another comes', () => {
  const after = reliability(
    year([
      ...STAYS,
      ...rows(100, 54, { incident: 'I1' }),
      ...rows(5, 4, { incident: 'short', start: NOON + 5 * HOUR }),
      ...rows(1, 30, { incident: 'new', start: NOON + 9 * HOUR })
    ]),
    IEEE1366
  )
  const difference = compareResults(BEFORE, after)
  assert.equal(difference.isSame, false)
  assert.deepEqual(difference.rules, [])
  assert.deepEqual(difference.incidents, [
    { what: 'I1', before: 6000, after: 5400 },
    { what: 'false', before: 60, after: null },
    { what: 'new', before: null, after: 30 }
  ])
  assert.deepEqual(difference.interruptions, [
    { what: 'false', before: 1, after: null },
    { what: 'new', before: null, after: 1 }
  ])
  assert.deepEqual(
    difference.indices.map(({ what }) => what),
    ['ASAI', 'CAIDI', 'MAIFI', 'MAIFIe', 'SAIDI']
  )
  assert.deepEqual(
    difference.indices.find(({ what }) => what === 'SAIDI'),
    { what: 'SAIDI', before: 6.66, after: 6.03 }
  )
})

test('rules, the number served and major event days are told too', () => {
  const parameters = withValues(IEEE1366.parameters, { momentaryLimit: 3 }, 'the regulator')
  assert.equal(parameters.momentaryLimit.source, 'the regulator')
  const input = year(STAYS)
  const before = reliability(input, IEEE1366)
  const after = reliability(
    { ...year(STAYS, 1001), majorEventDays: ['2026-03-12'] },
    { ...IEEE1366, parameters }
  )
  const { rules, indices } = compareResults(before, after)
  assert.deepEqual(rules, [
    { what: 'majorEventDays', before: null, after: '2026-03-12' },
    { what: 'momentaryLimit', before: '5', after: '3' },
    { what: 'served', before: 1000, after: 1001 }
  ])
  assert.ok(
    indices.some(({ what, before }) => what === 'SAIDI (without-major-event-days)' && before === null)
  )
})

test('another period or profile is no recomputation', () => {
  const input = year(STAYS)
  assert.throws(
    () => compareResults(reliability(input, DL836), reliability(input, IEEE1366)),
    /different profile/
  )
  const shorter = { ...input, to: TO - MINUTE }
  assert.throws(() => compareResults(reliability(input, DL836), reliability(shorter, DL836)), /different to/)
})
