import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FIELDS } from '../../src/model/fields.ts'
import {
  nanoseconds,
  tagInLine,
  tagInQuery,
  textInLine,
  timeOf
} from '../../src/series/influxdb/line-text.ts'
import { Lines } from '../../src/series/influxdb/lines.ts'
import { intervalOf, readingOf, writeInterval, writeReading } from '../../src/series/influxdb/row-text.ts'
import {
  type GivenInterval,
  type GivenReading,
  intervalColumns,
  readingColumns
} from '../support/series-blocks.ts'

const T0 = Date.UTC(2026, 10, 20)

function textOf(given: GivenReading, interval?: GivenInterval): string {
  const columns = readingColumns([given])
  const present = FIELDS.flatMap((_, field) => (columns.values[field] === undefined ? [] : [field]))
  const lines = new Lines()
  const intervals = interval === undefined ? undefined : intervalColumns([interval])
  const extras = writeReading(lines, 17, columns, present, 0, intervals, 0)
  lines.end()
  return lines.read() + extras
}

test('a reading says only what is not usual of it', () => {
  const rows: [GivenReading, string][] = [
    [{ meter: 1, time: T0, values: { importKwh: 12.5, voltageVA: 230 } }, `17;0=12.5,9=230;${T0 + 60_000}`],
    [{ meter: 1, time: T0, at: 5 }, '17;;5'],
    [{ meter: 1, time: T0, at: 5, values: { importKwh: -0 }, quality: [9, 0] }, '17;0=-0;5;q9,0'],
    [{ meter: 1, time: T0, at: 5, ct: 80, pt: 100 }, '17;;5;c80;p100'],
    [
      { meter: 1, time: T0, at: 5, isPrimary: true, reasons: { importKwh: 5, voltageVC: 2 } },
      '17;;5;P;r0=5,11=2'
    ],
    [{ meter: 1, time: T0, at: 5, extras: '{"a":"x;y"}' }, '17;;5;x{"a":"x;y"}']
  ]
  for (const [given, text] of rows) assert.equal(textOf(given), text)
})

test('any reading comes back out of its text', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true })
  const names = FIELDS.map(({ name }) => name)
  fc.assert(
    fc.property(
      fc.record({
        values: fc.dictionary(fc.constantFrom(...names), number),
        at: fc.integer({ min: 0, max: 9e12 }),
        ct: fc.integer({ min: 1, max: 8000 }),
        pt: fc.integer({ min: 1, max: 8000 }),
        isPrimary: fc.boolean(),
        quality: fc.tuple(fc.nat(0x3fffffff), fc.nat(0x3fffffff)),
        reasons: fc.dictionary(fc.constantFrom(...names), fc.integer({ min: 1, max: 0x7fffffff })),
        extras: fc.string({ unit: 'binary' })
      }),
      given => {
        const key = { meter: 4, time: T0, kind: 2, version: 9 }
        const row = readingOf(key, textOf({ ...key, ...given } as GivenReading))
        const values = names.map(name => given.values[name] ?? Number.NaN)
        const { extras, at, ct, pt, isPrimary } = given
        assert.deepEqual(
          { ...row, values: [...row.values], reasons: Object.fromEntries(row.reasons) },
          {
            ...{ ...key, extras, at, ct, pt, isPrimary, values },
            qualityLow: given.quality[0],
            qualityHigh: given.quality[1],
            reasons: Object.fromEntries(
              Object.entries(given.reasons).map(([name, mask]) => [names.indexOf(name as never), mask])
            )
          }
        )
      }
    )
  )
})

test('an interval comes back out of its text, missing energies too', () => {
  const row = {
    ...{ meter: 3, start: T0, end: T0 + 900_000, revision: 12_345_678_901 },
    ...{ energy: [1.25, Number.NaN, -0, 1e-7] as const, quality: 0o4101, reasons: 3 }
  }
  const lines = new Lines()
  writeInterval(lines, intervalColumns([row]), 0)
  lines.end()
  const text = lines.read()
  assert.equal(text, `${T0}|${row.end + 60_000}|12345678901|1.25,,-0,1e-7|2113|3`)
  const back = { ...row, at: row.end + 60_000, energy: [...row.energy] }
  assert.deepEqual(intervalOf(3, row.end, `9;${text}`), back)
  const reading = { meter: 3, time: row.end, values: { importKwh: 1 }, extras: '{"i":";i1|2"}' }
  assert.deepEqual(intervalOf(3, row.end, textOf(reading, row)), back)
  assert.equal(readingOf({ ...reading, kind: 1, version: 1 }, textOf(reading, row)).extras, reading.extras)
  assert.equal(intervalOf(3, row.end, textOf(reading)), undefined)
})

test('what is none of our texts is refused', () => {
  const key = { meter: 4, time: T0, kind: 2, version: 9 }
  for (const text of ['', 'x', '1;0=;5', '1;0=1', '1;0=1;5;z9'])
    assert.throws(() => readingOf(key, text), RangeError)
  assert.throws(() => intervalOf(1, T0, '1;2|3'), RangeError)
})

test('times have six digits below the millisecond, on both sides of 1970', () => {
  const rows: [ms: number, below: number, text: string][] = [
    [0, 0, '0'],
    [0, 7, '7'],
    [1, 7, '1000007'],
    [T0, 999_999, `${T0}999999`],
    [-1, 1, '-999999'],
    [Number.POSITIVE_INFINITY, 0, '9223286400000000000'],
    [Number.NEGATIVE_INFINITY, 0, '-9223286400000000000']
  ]
  for (const [ms, below, text] of rows) assert.equal(nanoseconds(ms, below), text)
  assert.deepEqual(timeOf('2026-11-20T00:00:00Z'), { ms: T0, below: 0 })
  assert.deepEqual(timeOf('2026-11-20T00:00:00.1Z'), { ms: T0 + 100, below: 0 })
  assert.deepEqual(timeOf('2026-11-20T00:00:00.000000001Z'), { ms: T0, below: 1 })
  assert.deepEqual(timeOf('2026-11-20T00:00:00.123999999'), { ms: T0 + 123, below: 999_999 })
  assert.deepEqual(timeOf('1969-12-31T23:59:59.999000001Z'), { ms: -1, below: 1 })
})

test('names of any kind stand in tags', () => {
  const rows: [name: string, inLine: string, inQuery: string][] = [
    ['330100000017', '330100000017', "'330100000017'"],
    ['表 1,a=b', '表\\ 1\\,a\\=b', "'表 1,a=b'"],
    ["O'Hara", "O'Hara", "'O\\'Hara'"],
    ['a\\', 'a%5C', "'a%5C'"],
    ['a\nb', 'a%0Ab', "'a%0Ab'"],
    ['100%', '100%25', "'100%25'"]
  ]
  for (const [name, inLine, inQuery] of rows)
    assert.deepEqual([tagInLine(name), tagInQuery(name)], [inLine, inQuery])
  assert.equal(textInLine('a"b\\c\nd'), '"a\\"b\\\\c\nd"')
})
