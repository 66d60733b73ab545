import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dailySaidi } from '../../src/reliability/major-events.ts'
import type { Interruption } from '../../src/reliability/interruption.ts'
import { OUTAGE_CLASSES } from '../../src/reliability/interruption.ts'
import { withValues } from '../../src/reliability/profile.ts'
import { RELIABILITY_PROFILES } from '../../src/reliability/profiles.ts'
import { reliability } from '../../src/reliability/reliability.ts'
import { coveredBy, lengthOf, subtract, union } from '../../src/reliability/spans.ts'
import type { ReliabilityInput } from '../../src/reliability/units.ts'
import { FROM, MINUTE, row, TO, year } from '../support/interruptions.ts'

const PROFILES = Object.values(RELIABILITY_PROFILES)
/** Three days around the end of January: long enough for edges, short enough that rows meet. */
const SPAN = {
  from: FROM + 30 * 1440 * MINUTE,
  to: FROM + 33 * 1440 * MINUTE,
  asOf: FROM + 40 * 1440 * MINUTE
}

const minute = fc.integer({ min: -1440, max: 5 * 1440 })
const interruption: fc.Arbitrary<Interruption> = fc
  .record({
    incident: fc.constantFrom('I1', 'I2', 'I3', 'I4'),
    account: fc.constantFrom('A1', 'A2', 'A3', 'A4', 'A5'),
    begin: minute,
    length: fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 3000 })),
    isOpen: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
    class: fc.constantFrom(...OUTAGE_CLASSES),
    isExternal: fc.boolean(),
    fed: fc.option(fc.tuple(minute, fc.integer({ min: 0, max: 500 })), { nil: undefined })
  })
  .map(({ begin, length, isOpen, fed, ...rest }) => {
    const start = SPAN.from + begin * MINUTE
    const truck =
      fed === undefined
        ? []
        : [{ from: SPAN.from + fed[0] * MINUTE, to: SPAN.from + (fed[0] + fed[1]) * MINUTE }]
    return row({
      ...rest,
      start,
      end: isOpen ? null : start + length * MINUTE,
      fed: truck,
      cause: rest.incident
    })
  })
const several = fc.array(interruption, { maxLength: 25 })

const input = (rows: readonly Interruption[], more: Partial<ReliabilityInput> = {}): ReliabilityInput =>
  year(rows, 5, { ...SPAN, majorEventDays: ['2026-02-01'], ...more })

const SUMS = [
  'customers',
  'interruptions',
  'customerMinutes',
  'momentary',
  'momentaryEvents',
  'open'
] as const
/** Sums that halves of a period add up to: a customer, and what is open, can be in both. */
const OVER_TIME = ['interruptions', 'customerMinutes', 'momentary', 'momentaryEvents'] as const

test('disjoint scopes add up to the whole', () => {
  fc.assert(
    fc.property(several, rows => {
      for (const profile of PROFILES) {
        const isFirst = ({ account }: Interruption): boolean => account < 'A3'
        const whole = reliability(input(rows), profile)
        const one = reliability(input(rows.filter(isFirst)), profile)
        const other = reliability(input(rows.filter(it => !isFirst(it))), profile)
        whole.variants.forEach((variant, at) => {
          for (const name of SUMS)
            assert.equal(one.variants[at][name] + other.variants[at][name], variant[name], name)
        })
      }
    })
  )
})

test('halves of a period add up to it, wherever it is split', () => {
  fc.assert(
    fc.property(several, fc.integer({ min: 1, max: 3 * 1440 - 1 }), (rows, at) => {
      const middle = SPAN.from + at * MINUTE
      for (const profile of PROFILES) {
        const whole = reliability(input(rows), profile)
        const first = reliability(input(rows, { to: middle }), profile)
        const second = reliability(input(rows, { from: middle }), profile)
        whole.variants.forEach((variant, place) => {
          for (const name of OVER_TIME)
            assert.equal(first.variants[place][name] + second.variants[place][name], variant[name], name)
        })
      }
    })
  )
})

test('the order of rows changes nothing', () => {
  fc.assert(
    fc.property(several, fc.infiniteStream(fc.nat()), (rows, order) => {
      const keys = order.take(rows.length)
      const shuffled = rows
        .map(it => ({ it, key: keys.next().value as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ it }) => it)
      for (const profile of PROFILES) {
        const [before, after] = [rows, shuffled].map(list => reliability(input(list), profile))
        assert.deepEqual(after, before)
      }
    })
  )
})

test('days, incidents, classes and causes add up to the period', () => {
  fc.assert(
    fc.property(several, rows => {
      for (const profile of PROFILES) {
        const result = reliability(input(rows), profile)
        const { customerMinutes, interruptions } = result.variants[0]
        const sum = (list: readonly { readonly customerMinutes: number }[]): number =>
          list.reduce((total, it) => total + it.customerMinutes, 0)
        for (const list of [
          result.incidents,
          result.classes,
          result.causes,
          dailySaidi(input(rows), profile)
        ])
          assert.equal(sum(list), customerMinutes)
        for (const list of [result.incidents, result.classes, result.causes])
          assert.equal(
            list.reduce((total, it) => total + it.interruptions, 0),
            interruptions
          )
      }
    })
  )
})

test('a customer is never out for longer than the period, a transformer never longer than an account', () => {
  fc.assert(
    fc.property(several, rows => {
      const profile = RELIABILITY_PROFILES.dl836
      const one = rows.map(it => ({ ...it, account: 'A1' }))
      const { customerMinutes } = reliability(input(one), profile).variants[0]
      assert.ok(customerMinutes <= (SPAN.to - SPAN.from) / MINUTE)
      const two = rows.filter(({ account }) => account === 'A1' || account === 'A2')
      const parameters = withValues(profile.parameters, { unit: 'mv-user' }, 'a test')
      const served = { unit: 'mv-user', changes: [{ at: FROM, count: 1 }] } as const
      const mvUserOf = () => ({ id: 'T', accounts: 2 })
      const mv = reliability(input(two, { mvUserOf, served }), { ...profile, parameters }).variants[0]
      for (const account of ['A1', 'A2']) {
        const own = reliability(input(two.filter(it => it.account === account)), profile).variants[0]
        assert.ok(mv.customerMinutes <= own.customerMinutes)
      }
    })
  )
})

const spans = fc.array(
  fc.tuple(fc.nat(50), fc.nat(10)).map(([from, length]) => ({ from, to: from + length })),
  { maxLength: 8 }
)

test('stretches: union, difference and cover agree with counting minutes one by one', () => {
  const minutes = (list: readonly { from: number; to: number }[]): Set<number> =>
    new Set(list.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)))
  fc.assert(
    fc.property(spans, spans, spans, (a, b, c) => {
      assert.equal(lengthOf(union(a)), minutes(a).size)
      assert.equal(lengthOf(subtract(a, b)), [...minutes(a)].filter(it => !minutes(b).has(it)).length)
      const sets = [a, b, c].map(minutes)
      const atLeastTwo = Array.from({ length: 61 }, (_, i) => sets.filter(set => set.has(i)).length >= 2)
      assert.equal(lengthOf(coveredBy([a, b, c].map(union), 2)), atLeastTwo.filter(Boolean).length)
    })
  )
})

test('the period is inside the year that the rows are for', () => assert.ok(SPAN.asOf < TO))
