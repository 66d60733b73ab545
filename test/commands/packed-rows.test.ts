import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  packIntervals,
  packReadings,
  unpackIntervals,
  unpackReadings
} from '../../commands/threads/packed-rows.ts'
import { FIELD_COUNT } from '../../src/model/fields.ts'
import type { IntervalRow, ReadingRow } from '../../src/series/port.ts'

const plain: ReadingRow = {
  meter: 7,
  time: 1_763_596_800_000,
  at: 1_763_596_860_000,
  version: 4_294_967_295,
  kind: 3,
  values: new Float64Array(FIELD_COUNT).fill(Number.NaN),
  qualityLow: 4_294_967_295,
  qualityHigh: 5,
  ct: 80,
  pt: 100,
  isPrimary: true,
  reasons: new Map(),
  extras: ''
}

test('packed rows: readings come out of the thread as they went in', () => {
  const values = Float64Array.from({ length: FIELD_COUNT }, (_, field) =>
    field % 3 ? field / 3 : Number.NaN
  )
  const tables: Record<string, ReadingRow[]> = {
    none: [],
    'without any value': [plain],
    'of several meters': [plain, { ...plain, meter: 8, values, isPrimary: false }],
    'with starts, of which one is none': [{ ...plain, start: 5 }, plain, { ...plain, start: Number.NaN }],
    'with reasons and extras': [
      plain,
      { ...plain, values, reasons: new Map([[4, 8]]) },
      { ...plain, extras: '{"note":"x"}' }
    ]
  }
  for (const [name, rows] of Object.entries(tables)) {
    assert.deepEqual(unpackReadings(structuredClone(packReadings(rows))), rows, name)
  }
})

test('packed rows: intervals come out of the thread as they went in', () => {
  const interval: IntervalRow = {
    meter: 7,
    start: 1,
    end: 2,
    at: 3,
    revision: 1.5e15,
    energy: [1, Number.NaN, 0, -0.5],
    quality: 4_294_967_295,
    reasons: 6
  }
  const rows = [interval, { ...interval, meter: 9 }]
  assert.deepEqual(unpackIntervals(structuredClone(packIntervals(rows))), rows)
  assert.deepEqual(unpackIntervals(packIntervals([])), [])
})
