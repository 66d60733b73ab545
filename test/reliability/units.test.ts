import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Interruption } from '../../src/reliability/interruption.ts'
import { withValues } from '../../src/reliability/profile.ts'
import { DL836, IEEE1366 } from '../../src/reliability/profiles.ts'
import { type ReliabilityResult, reliability, type VariantResult } from '../../src/reliability/reliability.ts'
import type { ReliabilityInput } from '../../src/reliability/units.ts'
import { FROM, HOUR, MINUTE, NOON, row, rows, TO, year } from '../support/interruptions.ts'

/** What counts as a customer, and what of momentary operations as an event. */
const variant = ({ variants }: ReliabilityResult): VariantResult => variants[0]

/** Operations at [minute, minutes out] of one account -> momentary interruptions, momentary events. */
const OPERATIONS: [name: string, operations: [number, number][], momentary: number, events: number][] = [
  [
    'three tries within five minutes of the first are one event',
    [
      [0, 0.5],
      [2, 0.5],
      [5, 0.5]
    ],
    3,
    1
  ],
  [
    'the window runs from the first',
    [
      [0, 0.5],
      [4, 0.5],
      [8, 0.5]
    ],
    3,
    2
  ],
  [
    'apart',
    [
      [0, 0.5],
      [60, 0.5]
    ],
    2,
    2
  ],
  [
    'tries before a lockout belong to it',
    [
      [0, 0.5],
      [2, 0.5],
      [4, 60]
    ],
    2,
    0
  ],
  [
    'tries after a lockout are an event',
    [
      [0, 60],
      [62, 0.5]
    ],
    1,
    1
  ]
]
for (const [name, operations, momentary, events] of OPERATIONS) {
  test(`momentary events: ${name}`, () => {
    const own = operations.map(([minute, out]) =>
      row({ start: NOON + minute * MINUTE, end: NOON + (minute + out) * MINUTE })
    )
    const result = variant(reliability(year(own), IEEE1366))
    assert.deepEqual([result.momentary, result.momentaryEvents], [momentary, events])
  })
}

const MV = { ...DL836, parameters: withValues(DL836.parameters, { unit: 'mv-user' }, 'a test') }

test('at medium voltage a public transformer is one user, out while all its accounts are', () => {
  const mvUserOf = (account: string): { id: string; accounts: number } =>
    account === 'HV' ? { id: 'HV', accounts: 1 } : { id: 'T1', accounts: 3 }
  const input = (interruptions: Interruption[]): ReliabilityInput =>
    year(interruptions, 1, { mvUserOf, served: { unit: 'mv-user', changes: [{ at: FROM, count: 2 }] } })
  const counts = (interruptions: Interruption[]): number[] => {
    const result = variant(reliability(input(interruptions), MV))
    return [result.interruptions, result.customerMinutes]
  }
  assert.deepEqual(counts(rows(3, 60)), [1, 60])
  assert.deepEqual(counts(rows(2, 60)), [0, 0], 'one still has supply')
  assert.deepEqual(
    counts([...rows(2, 60), row({ account: 'A3', end: NOON + 10 * MINUTE })]),
    [1, 10],
    'back in steps'
  )
  assert.deepEqual(counts([row({ account: 'HV' })]), [1, 60])
  const fed = [{ from: NOON + 10 * MINUTE, to: NOON + 50 * MINUTE }]
  assert.deepEqual(counts(rows(3, 60, { fed })), [1, 20], 'a truck on its bus')
  assert.deepEqual(counts(rows(3, 60, { end: null })), [1, (TO - NOON) / MINUTE])
})

test('the number of accounts that a transformer feeds changes while some are out: the larger one counts', () => {
  const mvUserOf = (_: string, time: number): { id: string; accounts: number } => ({
    id: 'T1',
    accounts: time > NOON ? 2 : 3
  })
  const served = { unit: 'mv-user', changes: [{ at: FROM, count: 1 }] } as const
  const own = [row(), row({ account: 'A2', start: NOON + 10 * MINUTE })]
  assert.equal(variant(reliability(year(own, 1, { mvUserOf, served }), MV)).interruptions, 0)
  assert.equal(
    variant(reliability(year(rows(2, 9, { start: NOON + 1 }), 1, { mvUserOf, served }), MV)).interruptions,
    1
  )
})

test('classes that the profile does not count are no interruptions', () => {
  const parameters = withValues(IEEE1366.parameters, { classes: ['fault', 'temporary'] }, 'a test')
  const own = [
    row(),
    row({ incident: 'work', class: 'planned', start: NOON + 5 * HOUR, end: NOON + 9 * HOUR })
  ]
  const result = reliability(year(own), { ...IEEE1366, parameters })
  assert.deepEqual([variant(result).interruptions, variant(result).customerMinutes], [1, 60])
})

test('usage points counted each', () => {
  const parameters = withValues(IEEE1366.parameters, { unit: 'usage-point' }, 'a test')
  const own = [row({ usagePoint: 'P1' }), row({ usagePoint: 'P2' })]
  const served = { unit: 'usage-point', changes: [{ at: FROM, count: 10 }] } as const
  const result = reliability(year(own, 1, { served }), { ...IEEE1366, parameters })
  assert.equal(variant(result).saifi, 0.2)
  assert.equal(result.parameters.unit, 'usage-point')
  assert.throws(() => reliability(year(own), { ...IEEE1366, parameters }), /served is of account/)
  assert.throws(() => reliability(year([row()], 1, { served }), { ...IEEE1366, parameters }), RangeError)
})

test('without a word on who is which transformer nothing is counted at medium voltage', () => {
  const served = { unit: 'mv-user', changes: [{ at: FROM, count: 1 }] } as const
  assert.throws(() => reliability(year([], 1, { served }), MV), /who is which/)
})
