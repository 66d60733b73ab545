import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IncidentBook } from '../../../commands/backtest/reliability.ts'
import { darkAccounts } from '../../../src/outages/reliability/dark-accounts.ts'
import { classOfWork, type Interruption } from '../../../src/reliability/interruption.ts'
import { HOUR, MINUTE, NOON, TO, ZONE } from '../../support/interruptions.ts'
import { play, T0 } from '../../support/outage-feed.ts'
import { drawRegistry, type DrawnMeters, TOWN } from '../../support/outage-registry.ts'
import { quietTown, READ } from '../../processors/outages/busy-town.ts'
import { closed, keptIncidents } from './kept-incidents.ts'

/** The town with two feeds of one account: c0 below TC, d0 below TD. @param more of them */
const twoFeeds = (more: Partial<DrawnMeters> = {}) =>
  drawRegistry({
    ...TOWN,
    meters: [
      ...TOWN.meters.map(row => ({ ...row, ids: row.ids.filter(id => id !== 'c0' && id !== 'd0') })),
      { device: 'BC', terminal: 'KC', ids: ['c0'], account: 'HOSP' },
      { device: 'BD', terminal: 'KD', ids: ['d0'], account: 'HOSP', ...more }
    ]
  })

/** Minutes after noon, null for not yet. */
type Out = readonly [point: string, incident: string, start: number, end: number | null]

const rowsOf = (outs: readonly Out[]): Interruption[] =>
  outs.map(([point, incident, start, end]) => ({
    ...{ incident, account: 'HOSP', usagePoint: `U-${point}` },
    ...{ start: NOON + start * MINUTE, end: end === null ? null : NOON + end * MINUTE },
    ...{ class: classOfWork(undefined), cause: '', isExternal: false }
  }))

const CASES: readonly (readonly [what: string, outs: Out[], dark: Out[]])[] = [
  ['one feed alone', [['c0', 'I1', 0, 30]], []],
  [
    'both at once, by two incidents',
    [
      ['c0', 'I1', 0, 30],
      ['d0', 'I2', 0, 30]
    ],
    [
      ['c0', 'I1', 0, 30],
      ['d0', 'I2', 0, 30]
    ]
  ],
  [
    'one after the other: while neither has supply',
    [
      ['c0', 'I1', 0, 30],
      ['d0', 'I2', 20, 60]
    ],
    [
      ['c0', 'I1', 20, 30],
      ['d0', 'I2', 20, 30]
    ]
  ],
  [
    'one comes back for a moment: twice',
    [
      ['c0', 'I1', 0, 60],
      ['d0', 'I2', 10, 20],
      ['d0', 'I3', 30, 40]
    ],
    [
      ['c0', 'I1', 10, 20],
      ['c0', 'I1', 30, 40],
      ['d0', 'I2', 10, 20],
      ['d0', 'I3', 30, 40]
    ]
  ],
  [
    'both still out',
    [
      ['c0', 'I1', 0, null],
      ['d0', 'I2', 5, null]
    ],
    [
      ['c0', 'I1', 5, null],
      ['d0', 'I2', 5, null]
    ]
  ]
]
for (const [what, outs, dark] of CASES)
  test(`an account of two feeds is interrupted while none has supply: ${what}`, () => {
    assert.deepEqual(darkAccounts(rowsOf(outs), twoFeeds()), rowsOf(dark))
  })

test('a usage point without a meter then, or that hangs nobody knows where, speaks for no supply', () => {
  const rows = rowsOf([['c0', 'I1', 0, 30]])
  for (const more of [{ removedAt: NOON - HOUR }, { device: 'nobody knows' }])
    assert.deepEqual(darkAccounts(rows, twoFeeds(more)), rows)
  const removedMeanwhile = darkAccounts(rows, twoFeeds({ removedAt: NOON + 10 * MINUTE }))
  assert.deepEqual(removedMeanwhile, rowsOf([['c0', 'I1', 10, 30]]))
})

test('from lines in the ledger: two incidents that together darken both feeds interrupt it once', async () => {
  const { take, desk } = keptIncidents(twoFeeds(), TO)
  const named = (id: string, point: string, minutes: number) =>
    closed(id, 1, minutes, NOON, { usagePoints: [`U-${point}`] })
  await take(named('I1', 'c0', 30), named('I2', 'd0', 20), named('I3', 'a0', 40))
  const report = await desk.reliabilityReport({ profile: 'dl836', from: NOON - HOUR, to: NOON + 4 * HOUR })
  const [all] = report.result.variants
  assert.deepEqual([all?.interruptions, all?.customerHours], [2, 1])
})

test('a transformer and a feeder die at one moment: all 23 accounts are interrupted, the one of two feeds too', () => {
  const registry = twoFeeds()
  const [kc = [], kd = []] = [READ.KC, READ.KD]
  const tape = quietTown()
  tape
    .until(T0 + 20 * MINUTE)
    .gasp('KC', kc)
    .gasp('KD', kd)
  tape
    .until(T0 + 50 * MINUTE)
    .powerUp('KC', kc)
    .powerUp('KD', kd)
    .pass(30 * MINUTE)
  const book = new IncidentBook()
  book.take(play(tape, [registry]))
  const { ieee1366 } = book.indices({ registry, zone: ZONE, from: T0, to: tape.now }) as {
    ieee1366: { interruptions: number }
  }
  assert.equal(ieee1366.interruptions, 23)
})
