import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SupplyLine } from '../../src/model/supply.ts'
import type { KeyCustomer } from '../../src/registry/lookup/customers.ts'
import { type BoardEntry, byNeed } from '../../src/supply/need.ts'
import { supplyLine, T0 } from '../support/supply-lines.ts'

const HOUR = 3_600_000
const NOW = T0 + 48 * HOUR
const entry = (
  id: string,
  line: Partial<SupplyLine> | undefined,
  more: Partial<KeyCustomer> = {}
): BoardEntry => ({
  customer: { id, grade: 'first', securityLoadKw: 100, ...more } as KeyCustomer,
  line: line && supplyLine({ at: NOW, state: 'normal', start: NOW, ...line })
})

test('those who need somebody most come first', () => {
  const sorted = [
    entry('no security load', { state: 'interrupted', securityLoadSupplied: 'no' }),
    entry('interrupted', { state: 'interrupted' }),
    entry('security load partly', { state: 'emergency', securityLoadSupplied: 'partly' }),
    entry('nobody knows how long', { state: 'emergency' }),
    entry('half an hour', { state: 'emergency', autonomyMin: [30, 60] }),
    entry('an hour, said half an hour ago', {
      state: 'emergency',
      at: NOW - HOUR / 2,
      autonomyMin: [70, 90]
    }),
    entry('two hours', { state: 'emergency', autonomyMin: [120, 130] }),
    entry('unknown', { state: 'unknown', start: NOW - 23 * HOUR }),
    entry('at risk', { state: 'reduced', atRisk: true }),
    entry('reduced', { state: 'reduced' }),
    entry('long unknown', { state: 'unknown', start: NOW - 25 * HOUR }),
    entry('never heard of', undefined),
    entry('normal', {})
  ]
  const shuffled = sorted.map((one, place) => [(place * 7) % 13, one] as const).sort((a, b) => a[0] - b[0])
  assert.deepEqual(
    byNeed(
      shuffled.map(([, one]) => one),
      NOW
    ).map(({ customer }) => customer.id),
    sorted.map(({ customer }) => customer.id)
  )
})

test('ties go by grade, then by security load, then by id', () => {
  const sorted = [
    entry('a', {}, { grade: 'special', securityLoadKw: 1 }),
    entry('d', {}, { securityLoadKw: 200 }),
    entry('b', {}),
    entry('c', {}),
    entry('e', {}, { securityLoadKw: Number.NaN }),
    entry('f', {}, { grade: 'second' }),
    entry('g', {}, { grade: 'temporary' })
  ]
  assert.deepEqual(byNeed(sorted.toReversed(), NOW), sorted)
})
