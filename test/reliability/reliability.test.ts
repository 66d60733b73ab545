import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Interruption } from '../../src/reliability/interruption.ts'
import { type ReliabilityProfile, withValues } from '../../src/reliability/profile.ts'
import { DL836, IEEE1366, RELIABILITY_PROFILES } from '../../src/reliability/profiles.ts'
import { type ReliabilityResult, reliability, type VariantResult } from '../../src/reliability/reliability.ts'
import type { ReliabilityInput } from '../../src/reliability/units.ts'
import { at, FROM, HOUR, MINUTE, NOON, row, rows, TO, year } from '../support/interruptions.ts'

const near = (value: number | null | undefined, expected: number, name: string): void =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) < 1e-9 * Math.max(1, expected), `${name}: ${value}`)

const variant = (result: ReliabilityResult, id = 'all'): VariantResult =>
  result.variants.find(it => it.variant === id)!

const named = (result: ReliabilityResult): Record<string, number | null> =>
  Object.fromEntries(
    result.indices.filter(it => it.variant === 'all' || it.name.includes('-')).map(it => [it.name, it.value])
  )

/** 1000 customers, three sustained interruptions and two momentary events in a year, worked by hand. */
const WORKED = [
  ...rows(200, 90, { incident: 'I1', start: at('2026-02-01T08:00+08:00') }),
  ...rows(50, 240, { incident: 'I2', start: at('2026-04-01T08:00+08:00') }),
  ...rows(1000, 30, { incident: 'I3', start: at('2026-06-01T08:00+08:00') }),
  ...rows(600, 1, { incident: 'M1', start: at('2026-08-01T08:00+08:00') }),
  ...rows(300, 1, { incident: 'M2', start: at('2026-09-01T08:00+08:00') })
]

test('worked by hand: SAIFI 1.25, SAIDI 60, CAIDI 48, MAIFIe 0.9', () => {
  const result = named(reliability(year(WORKED), IEEE1366))
  near(result.SAIFI, 1.25, 'SAIFI')
  near(result.SAIDI, 60, 'SAIDI')
  near(result.CAIDI, 48, 'CAIDI')
  near(result.MAIFI, 0.9, 'MAIFI')
  near(result.MAIFIe, 0.9, 'MAIFIe')
  near(result.ASAI, 1 - 60 / 525_600, 'ASAI')
})

test('the same after DL/T 836: short ones count in -1, and are left out in -4', () => {
  const result = named(reliability(year(WORKED), DL836))
  near(result['AITC-1'], 2.15, 'AITC-1')
  near(result['AIHC-1'], (60_000 + 900) / 60 / 1000, 'AIHC-1')
  near(result['RS-1'], 100 * (1 - 60.9 / 525_600), 'RS-1')
  near(result['customer-hours'], 60_900 / 60, 'customer-hours')
  near(result['AITC-4'], 1.25, 'AITC-4')
  near(result['AIHC-4'], 1, 'AIHC-4')
})

/** The example of docs/reliability.md. */
const MARCH = [
  ['I1', 'A', '2026-03-10T12:00', 40],
  ['I1', 'B', '2026-03-10T12:00', 90],
  ['I1', 'C', '2026-03-10T12:00', 90],
  ['I2', 'D', '2026-03-15T08:00', 1],
  ['I2', 'D', '2026-03-15T08:03', 1],
  ['I3', 'E', '2026-03-20T09:00', 120],
  ['I4', 'A', '2026-03-31T23:00', 120]
].map(([incident, account, time, minutes]): Interruption => {
  const start = at(`${time}+08:00`)
  return row({
    incident: String(incident),
    account: String(account),
    start,
    end: start + Number(minutes) * MINUTE,
    class: incident === 'I3' ? 'planned' : 'fault',
    isExternal: incident === 'I4',
    fed: account === 'C' ? [{ from: start + HOUR, to: start + 9 * HOUR }] : []
  })
})

test('the example of docs/reliability.md', () => {
  const period = {
    from: at('2026-03-01T00:00+08:00'),
    to: at('2026-04-01T00:00+08:00'),
    asOf: at('2026-04-05T00:00+08:00')
  }
  const rounded = (profile: ReliabilityProfile): Record<string, number> =>
    Object.fromEntries(
      Object.entries(named(reliability(year(MARCH, 5, period), profile))).map(([name, value]) => [
        name,
        Number(value?.toFixed(6))
      ])
    )
  assert.deepEqual(rounded(DL836), {
    'RS-1': 99.833333,
    'AIHC-1': 1.24,
    'AITC-1': 1.4,
    'RS-2': 99.860215,
    'AIHC-2': 1.04,
    'AITC-2': 1.2,
    'RS-3': 99.833333,
    'AIHC-3': 1.24,
    'AITC-3': 1.4,
    'RS-4': 99.834229,
    'AIHC-4': 1.233333,
    'AITC-4': 1,
    'customer-hours': 6.2
  })
  assert.deepEqual(rounded(IEEE1366), {
    SAIFI: 1,
    SAIDI: 86,
    CAIDI: 86,
    ASAI: 0.998073,
    MAIFI: 0.4,
    MAIFIe: 0.2
  })
})

test('RS-2 leaves external influence out, RS-3 power shortage; planned work counts in all of them', () => {
  const mixed = [
    ...rows(100, 60, { incident: 'own' }),
    ...rows(100, 120, { incident: 'grid', start: NOON + 24 * HOUR, isExternal: true }),
    ...rows(100, 240, { incident: 'cut', start: NOON + 48 * HOUR, class: 'shortage' }),
    ...rows(100, 480, { incident: 'work', start: NOON + 72 * HOUR, class: 'planned' })
  ]
  const result = named(reliability(year(mixed), DL836))
  near(result['AIHC-1'], 1.5, 'AIHC-1')
  near(result['AIHC-2'], 1.3, 'AIHC-2')
  near(result['AIHC-3'], 1.1, 'AIHC-3')
  near(result['AITC-3'], 0.3, 'AITC-3')
  near(result['RS-1'], 100 * (1 - 1.5 / 8760), 'RS-1')
})

/** What one account counts: [name, rows, interruptions, minutes]. */
const ACCOUNT: [name: string, rows: Interruption[], interruptions: number, minutes: number][] = [
  [
    'two usage points out together are one, for as long as any is out',
    [row(), row({ end: NOON + 2 * HOUR })],
    1,
    120
  ],
  [
    'a nested fault that keeps it out goes on',
    [row(), row({ incident: 'I2', start: NOON + HOUR, end: NOON + 3 * HOUR })],
    1,
    180
  ],
  [
    'supply in between makes two',
    [row(), row({ start: NOON + HOUR + MINUTE, end: NOON + 2 * HOUR })],
    2,
    119
  ],
  [
    'one inside another adds nothing',
    [row(), row({ incident: 'I2', start: NOON + MINUTE, end: NOON + 2 * MINUTE })],
    1,
    60
  ],
  [
    'a truck stops the minutes',
    [row({ fed: [{ from: NOON + 10 * MINUTE, to: NOON + 40 * MINUTE }] })],
    1,
    30
  ],
  [
    'what a truck fed from its first to its last moment was none',
    [row({ fed: [{ from: NOON - HOUR, to: NOON + HOUR }] })],
    0,
    0
  ],
  [
    'a truck at one usage point leaves the other out',
    [row({ fed: [{ from: NOON, to: NOON + HOUR }] }), row({ usagePoint: 'P2', end: NOON + 30 * MINUTE })],
    1,
    30
  ],
  ['nothing of no length', [row({ end: NOON })], 0, 0]
]
for (const [name, own, interruptions, minutes] of ACCOUNT) {
  for (const profile of Object.values(RELIABILITY_PROFILES))
    test(`one account, ${profile.id}: ${name}`, () => {
      const result = variant(reliability(year(own), profile))
      assert.deepEqual([result.interruptions, result.customerMinutes], [interruptions, minutes])
    })
}

test('exactly the limit is momentary, a millisecond more is not', () => {
  const counts = (profile: ReliabilityProfile, ms: number): number[] => {
    const result = variant(
      reliability(year([row({ end: NOON + ms })]), profile),
      profile === DL836 ? 'without-momentary' : 'all'
    )
    return [result.interruptions, variant(reliability(year([row({ end: NOON + ms })]), profile)).momentary]
  }
  assert.deepEqual(counts(IEEE1366, 5 * MINUTE), [0, 1])
  assert.deepEqual(counts(IEEE1366, 5 * MINUTE + 1), [1, 0])
  assert.deepEqual(counts(DL836, 3 * MINUTE), [0, 1])
  assert.deepEqual(counts(DL836, 3 * MINUTE + 1), [1, 0])
})

const BRIDGE = [row({ start: TO - HOUR, end: TO + 3 * HOUR })]

test('over the end of a period: cut by dl836, all of the day on which it began by ieee1366', () => {
  const next = { from: TO, to: TO + 24 * HOUR, asOf: TO + 24 * HOUR }
  const minutes = (profile: ReliabilityProfile, more: Partial<ReliabilityInput>): number[] => {
    const { interruptions, customerMinutes } = variant(reliability(year(BRIDGE, 1000, more), profile))
    return [interruptions, customerMinutes]
  }
  assert.deepEqual(minutes(DL836, { asOf: TO + HOUR * 24 }), [1, 60])
  assert.deepEqual(minutes(DL836, next), [0, 180])
  assert.deepEqual(minutes(IEEE1366, { asOf: TO + HOUR * 24 }), [1, 240])
  assert.deepEqual(minutes(IEEE1366, next), [0, 0])
})

test('what is open lasts until now, and the result says that it will grow', () => {
  const open = year([row({ end: null })], 1000, { asOf: NOON + 90 * MINUTE })
  const result = reliability(open, IEEE1366)
  assert.deepEqual([variant(result).customerMinutes, variant(result).open, result.isFinal], [90, 1, false])
  assert.equal(reliability(year([row()]), IEEE1366).isFinal, true)
  const short = reliability(year([row({ end: null, start: TO - MINUTE })]), IEEE1366)
  assert.deepEqual([variant(short).interruptions, short.isFinal], [0, false])
  const later = year([row({ end: NOON + 3 * HOUR })], 1000, { asOf: NOON + HOUR })
  assert.equal(variant(reliability(later, IEEE1366)).customerMinutes, 60, 'an end that is not known yet')
})

test('the number served: mean over the period, at a date, and said in the result', () => {
  const served = {
    unit: 'account',
    changes: [
      { at: at('2026-07-02T12:00+08:00'), count: 2000 },
      { at: FROM, count: 1000 }
    ]
  } as const
  const base = year([row()], 1, { served })
  assert.deepEqual(reliability(base, DL836).served, { count: 1500, rule: 'average' })
  assert.deepEqual(reliability({ ...base, served: { ...served, date: FROM } }, DL836).served, {
    count: 1000,
    rule: 'at-date',
    date: FROM
  })
  const atEnd = withValues(DL836.parameters, { served: 'at-end' }, 'a test')
  assert.deepEqual(reliability(base, { ...DL836, parameters: atEnd }).served, { count: 2000, rule: 'at-end' })
  assert.throws(() => reliability({ ...base, from: FROM - 1 }, DL836), RangeError)
})

test('hours: 8760 of a year, 8784 of a leap year, days of 23 and 25 hours', () => {
  const hours = (zone: string, from: string, to: string): number => {
    const [start, end] = [from, to].map(
      date => Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds
    )
    const served = { unit: 'account', changes: [{ at: 0, count: 1 }] } as const
    const lost = [row({ start, end: start + HOUR })]
    const result = reliability({ ...year(lost), served, from: start, to: end, asOf: end, zone }, DL836)
    near(variant(result).asai, 1 - 1 / result.periodHours, 'ASAI')
    return result.periodHours
  }
  assert.equal(hours('Asia/Shanghai', '2026-01-01', '2027-01-01'), 8760)
  assert.equal(hours('Asia/Shanghai', '2028-01-01', '2029-01-01'), 8784)
  assert.equal(hours('Europe/Berlin', '2026-01-01', '2027-01-01'), 8760)
  assert.equal(hours('Europe/Berlin', '2026-03-29', '2026-03-30'), 23)
  assert.equal(hours('Europe/Berlin', '2026-10-25', '2026-10-26'), 25)
})

test('nobody served, nobody interrupted: unknown, not 0', () => {
  const none = variant(reliability(year([row()], 0), IEEE1366))
  assert.deepEqual([none.saifi, none.saidiMinutes, none.asai], [null, null, null])
  const quiet = variant(reliability(year([]), IEEE1366))
  assert.deepEqual([quiet.saifi, quiet.saidiMinutes, quiet.caidiMinutes, quiet.asai], [0, 0, null, 1])
})

test('shares by incident, class and cause add up; a moment belongs to the row that covers it first', () => {
  const own = [
    row(),
    row({ incident: 'I2', class: 'planned', cause: 'work', start: NOON + 30 * MINUTE, end: NOON + 2 * HOUR })
  ]
  const result = reliability(year(own), DL836)
  assert.deepEqual(result.incidents, [
    { of: 'I1', interruptions: 1, customerMinutes: 60 },
    { of: 'I2', interruptions: 0, customerMinutes: 60 }
  ])
  assert.deepEqual(result.classes, [
    { of: 'fault', interruptions: 1, customerMinutes: 60 },
    { of: 'planned', interruptions: 0, customerMinutes: 60 }
  ])
  assert.deepEqual(
    result.causes.map(({ of }) => of),
    ['tree', 'work']
  )
})

test('what makes no sense is refused', () => {
  assert.throws(() => reliability(year([row({ end: NOON - 1 })]), DL836), /ends before it begins/)
  assert.throws(() => reliability(year([], 1, { to: FROM }), DL836), /longer than 0/)
})

test('every parameter has a unit, a source and a reason; every name has its variant', () => {
  for (const profile of Object.values(RELIABILITY_PROFILES)) {
    for (const [name, { unit, source, why }] of Object.entries({
      ...profile.parameters,
      ...profile.majorEvents
    }))
      assert.ok(unit !== undefined && source.length > 5 && why.length > 10, name)
    for (const { name, variant: id } of profile.indices)
      assert.ok(
        profile.variants.some(it => it.id === id),
        name
      )
  }
})
