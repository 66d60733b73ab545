import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { FIELD_COUNT } from '../../src/model/fields.ts'
import { unpackCurve } from '../../src/series/curves/curve-bytes.ts'
import { CurveFile, CurveFileWriter } from '../../src/series/curves/curve-file.ts'
import { Touched } from '../../src/series/curves/touched-meters.ts'
import { ColumnPacker, ColumnUnpacker } from '../../src/series/curves/packed-column.ts'
import type { ReadingRow } from '../../src/series/port.ts'
import { packCurve, WHOLE_CURVE } from '../support/pack-curve.ts'

const T0 = Date.UTC(2026, 10, 20)
const WHOSE = { day: T0 / 86_400_000, meter: 17 }

/** Packs behind another column, so that places and buffers that are used again count. */
function roundTrip(packer: ColumnPacker, values: readonly number[]): { out: number[]; bytes: number } {
  packer.clear()
  const before = packer.column(Float64Array.of(7, 8, 9))
  const bytes = packer.column(Float64Array.from(values))
  const out = new ColumnUnpacker(packer.bytes).column(before, bytes, values.length)
  return { out: [...out], bytes }
}

const COLUMNS: readonly [name: string, values: readonly number[], bytes: number][] = [
  ['absent', [Number.NaN, Number.NaN], 0],
  ['equal', [230.5, 230.5, 230.5], 9],
  ['times every quarter', Array.from({ length: 96 }, (_, slot) => T0 + slot * 900_000), 1 + 6 + 3 + 94],
  ['a register of two decimals', [12345.67, 12345.7, 12345.76], 1 + 4 + 1 + 1],
  ['voltages', [229.8, 230.1, 229.7], 1 + 2 + 1 + 1],
  ['back and forth', [0, 1, 0, 1, 0, 1], 7],
  ['with one absent', [1.5, Number.NaN, 2.5], 25],
  ['negative zero', [0, -0, 1], 25],
  ['thirds', [1 / 3, 2 / 3, 1], 25],
  ['larger than whole numbers go', [2 ** 60, 1], 17],
  ['infinite', [Number.POSITIVE_INFINITY, 1], 17],
  ['one', [4], 9],
  ['none', [], 0]
]
for (const [name, values, bytes] of COLUMNS) {
  test(`a column comes out as it went in: ${name}`, () => {
    assert.deepEqual(roundTrip(new ColumnPacker(), values), { out: [...values], bytes })
  })
}

test('any numbers come out as they went in', () => {
  const packer = new ColumnPacker()
  const decimal = fc
    .tuple(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.nat(7))
    .map(([n, d]) => n / 10 ** d)
  const column = fc.oneof(fc.array(fc.double()), fc.array(decimal), fc.array(fc.maxSafeInteger()))
  fc.assert(
    fc.property(column, values => {
      const { out } = roundTrip(packer, values)
      assert.ok(out.length === values.length && out.every((value, at) => Object.is(value, values[at])))
    }),
    { numRuns: 2000 }
  )
})

const rowAt = (slot: number, more: Partial<ReadingRow> = {}): ReadingRow => ({
  meter: 17,
  time: T0 + slot * 900_000,
  at: T0 + slot * 900_000 + 61_234,
  version: 1,
  kind: 1,
  qualityLow: 0o1111111111,
  qualityHigh: 1,
  ct: 80,
  pt: 1,
  isPrimary: false,
  values: Float64Array.from({ length: FIELD_COUNT }, (_, field) =>
    field < 13 ? slot + field / 100 : Number.NaN
  ),
  reasons: new Map(),
  extras: '',
  start: T0 + (slot - 1) * 900_000,
  ...more
})

const DAY = [
  rowAt(0, { start: Number.NaN }),
  ...Array.from({ length: 94 }, (_, slot) => rowAt(slot + 1)),
  rowAt(95, {
    reasons: new Map([
      [0, 4],
      [12, 1]
    ]),
    extras: '{"数":"\ud800 1"}',
    isPrimary: true,
    ct: 1
  }),
  rowAt(95, { version: 2 })
]

test('the readings of a day come out as they went in, or what of them is wanted', () => {
  const bytes = packCurve(WHOSE, DAY)
  assert.deepEqual(unpackCurve(bytes, WHOSE, WHOLE_CURVE), DAY)
  assert.ok(bytes.length < 3000, `${bytes.length} bytes`)
  const few = unpackCurve(bytes, WHOSE, { fields: [4], hasExtras: false, hasStarts: false })
  assert.deepEqual(
    few.map(({ values }) => [values[0], values[4]]),
    DAY.map(({ values }) => [Number.NaN, values[4]])
  )
  assert.ok(few.every(row => row.extras === '' && !('start' in row)))
  assert.deepEqual(few.at(-2)?.reasons, DAY.at(-2)?.reasons)
})

test('damaged bytes of a curve are told, whichever they are, and those of another meter or day', () => {
  const bytes = packCurve(WHOSE, DAY)
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice()
    damaged[at] = (damaged[at] ?? 0) ^ 0x10
    assert.throws(() => unpackCurve(damaged, WHOSE, WHOLE_CURVE), RangeError)
  }
  for (const other of [
    { ...WHOSE, meter: 18 },
    { ...WHOSE, day: WHOSE.day + 1 }
  ]) {
    assert.throws(() => unpackCurve(bytes, other, WHOLE_CURVE), RangeError)
  }
  assert.throws(() => unpackCurve(bytes.subarray(0, 3), WHOSE, WHOLE_CURVE), RangeError)
})

test('a file has the curves it was given, and says what it knows of itself', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-curves-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'day.sqlite')
  const writer = new CurveFileWriter(path)
  const curves = Array.from({ length: 500 }, (_, i) => [i * 3, new Uint8Array(i * 20).fill(i)] as const)
  writer.add(curves.slice(0, 100))
  writer.add(curves.slice(100))
  const facts = { day: 20_777, madeTo: 2 ** 40, readings: 12, intervals: 3 }
  await writer.sync()
  await writer.finish(facts)
  const file = new CurveFile(path)
  assert.deepEqual(file.facts, facts)
  for (const [meter, bytes] of curves) assert.deepEqual(file.find(meter), bytes)
  assert.equal(file.find(1), undefined)
  file.close()
  const unfinished = new CurveFileWriter(join(folder, 'other.sqlite'))
  assert.throws(() => new CurveFile(join(folder, 'other.sqlite')))
  unfinished.abandon()
  assert.throws(() => new CurveFile(join(folder, 'other.sqlite')))
})

test('too many touched meters are all of them', () => {
  const touched = new Touched()
  touched.add(Uint32Array.of(3, 5))
  assert.deepEqual([touched.has(3), touched.has(4), touched.size], [true, false, 2])
  touched.add(Uint32Array.from({ length: 20_001 }, (_, meter) => meter + 10))
  assert.deepEqual([touched.has(4), touched.size], [true, Number.POSITIVE_INFINITY])
})
