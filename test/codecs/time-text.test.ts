import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ParsedTime, parseTime } from '../../src/codecs/time-text.ts'

const ms = (...parts: [number, number, number, number?, number?, number?, number?]): ParsedTime => ({
  ms: Date.UTC(...parts)
})
const MISSING: ParsedTime = { refused: 'TIME_MISSING' }
const FORMAT: ParsedTime = { refused: 'TIME_FORMAT' }
const SECONDS: ParsedTime = { refused: 'TIME_SECONDS' }
const NO_OFFSET: ParsedTime = { refused: 'TIME_NO_OFFSET' }

const TABLE: readonly [value: unknown, expected: ParsedTime][] = [
  // Absent.
  [undefined, MISSING],
  [null, MISSING],
  // Epoch milliseconds.
  [1795133700000, { ms: 1795133700000 }],
  [100000000000, { ms: 100000000000 }],
  [99999999999, FORMAT],
  [99999999999999, { ms: 99999999999999 }],
  [100000000000000, FORMAT],
  [1795133700000.5, FORMAT],
  [1795133700000.0, { ms: 1795133700000 }],
  [-1795133700000, FORMAT],
  [0, FORMAT],
  [-0, FORMAT],
  [Number.NaN, FORMAT],
  [Number.POSITIVE_INFINITY, FORMAT],
  [1e300, FORMAT],
  // Ten digits are seconds.
  [1795133700, SECONDS],
  [1000000000, SECONDS],
  [9999999999, SECONDS],
  [999999999, FORMAT],
  [10000000000, FORMAT],
  [1795133700.5, FORMAT],
  // RFC 3339.
  ['2026-11-20T08:15:00Z', ms(2026, 10, 20, 8, 15)],
  ['2026-11-20t08:15:00z', ms(2026, 10, 20, 8, 15)],
  ['2026-11-20 08:15:00Z', ms(2026, 10, 20, 8, 15)],
  ['2026-11-20T08:15:00+08:00', ms(2026, 10, 20, 0, 15)],
  ['2026-11-20T00:15:00+08:00', ms(2026, 10, 19, 16, 15)],
  ['2026-11-20T08:15:00-03:30', ms(2026, 10, 20, 11, 45)],
  ['2026-11-20T08:15:00+05:45', ms(2026, 10, 20, 2, 30)],
  ['2026-11-20T08:15:00+00:00', ms(2026, 10, 20, 8, 15)],
  ['2026-11-20T08:15:00-00:00', ms(2026, 10, 20, 8, 15)],
  ['2026-11-20T08:15:00+23:59', ms(2026, 10, 19, 8, 16)],
  ['2026-11-20T08:15:00+24:00', FORMAT],
  ['2026-11-20T08:15:00+08:60', FORMAT],
  ['2026-11-20T08:15:00+0800', FORMAT],
  ['2026-11-20T08:15:00+08', FORMAT],
  ['2026-11-20T08:15:00 +08:00', FORMAT],
  ['2026-11-20T08:15:00CST', FORMAT],
  // Fractions are cut to milliseconds, never rounded up.
  ['2026-11-20T08:15:00.5Z', ms(2026, 10, 20, 8, 15, 0, 500)],
  ['2026-11-20T08:15:00.05Z', ms(2026, 10, 20, 8, 15, 0, 50)],
  ['2026-11-20T08:15:00.001Z', ms(2026, 10, 20, 8, 15, 0, 1)],
  ['2026-11-20T08:15:00.29Z', ms(2026, 10, 20, 8, 15, 0, 290)],
  ['2026-11-20T08:15:00.0009Z', ms(2026, 10, 20, 8, 15, 0, 0)],
  ['2026-11-20T08:15:00.123999Z', ms(2026, 10, 20, 8, 15, 0, 123)],
  ['2026-11-20T08:15:00.999999999Z', ms(2026, 10, 20, 8, 15, 0, 999)],
  ['2026-11-20T08:15:00.1234567890Z', FORMAT],
  ['2026-11-20T08:15:00.Z', FORMAT],
  ['2026-11-20T08:15:00,5Z', FORMAT],
  // Without an offset nobody knows when it was.
  ['2026-11-20T08:15:00', NO_OFFSET],
  ['2026-11-20 08:15:00', NO_OFFSET],
  ['2026-11-20T08:15:00.123', NO_OFFSET],
  // Days that exist, and days that do not.
  ['2024-02-29T00:00:00Z', ms(2024, 1, 29)],
  ['2026-02-28T23:59:59Z', ms(2026, 1, 28, 23, 59, 59)],
  ['2026-02-29T00:00:00Z', FORMAT],
  ['2100-02-29T00:00:00Z', FORMAT],
  ['2000-02-29T00:00:00Z', ms(2000, 1, 29)],
  ['2026-02-30T00:00:00Z', FORMAT],
  ['2026-04-31T00:00:00Z', FORMAT],
  ['2026-12-31T23:59:59Z', ms(2026, 11, 31, 23, 59, 59)],
  ['2026-12-32T00:00:00Z', FORMAT],
  ['2026-01-99T00:00:00Z', FORMAT],
  ['2026-00-10T00:00:00Z', FORMAT],
  ['2026-13-10T00:00:00Z', FORMAT],
  ['2026-11-00T00:00:00Z', FORMAT],
  // A year of two digits is not 1926.
  ['0026-11-20T08:15:00Z', FORMAT],
  ['0000-01-01T00:00:00Z', FORMAT],
  ['1926-11-20T08:15:00Z', ms(1926, 10, 20, 8, 15)],
  // Times that exist, and times that do not.
  ['2026-11-20T00:00:00Z', ms(2026, 10, 20)],
  ['2026-11-20T23:59:59Z', ms(2026, 10, 20, 23, 59, 59)],
  ['2026-11-20T24:00:00Z', FORMAT],
  ['2026-11-20T08:60:00Z', FORMAT],
  ['2016-12-31T23:59:60Z', FORMAT],
  ['2026-11-20T08:15Z', FORMAT],
  // Other texts.
  ['', FORMAT],
  [' ', FORMAT],
  ['now', FORMAT],
  ['1795133700000', FORMAT],
  ['1795133700', FORMAT],
  ['2026-11-20', FORMAT],
  ['20261120T081500Z', FORMAT],
  ['2026-W47-5T08:15:00Z', FORMAT],
  ['2026/11/20 08:15:00', FORMAT],
  [' 2026-11-20T08:15:00Z', FORMAT],
  ['2026-11-20T08:15:00Z\n', FORMAT],
  ['+002026-11-20T08:15:00Z', FORMAT],
  ['２０２６-11-20T08:15:00Z', FORMAT],
  // Other types.
  [true, FORMAT],
  [{}, FORMAT],
  [[1795133700000], FORMAT],
  [{ toString: () => '2026-11-20T08:15:00Z' }, FORMAT]
]

for (const [value, expected] of TABLE) {
  test(`time ${JSON.stringify(value) ?? value}: ${'ms' in expected ? expected.ms : expected.refused}`, () => {
    assert.deepEqual(parseTime(value), expected)
  })
}

test('time: what a date writes is read, in any offset', () => {
  const four = new Intl.NumberFormat('en', { minimumIntegerDigits: 2 })
  fc.assert(
    fc.property(
      fc.date({ min: new Date(Date.UTC(1000, 0)), max: new Date(Date.UTC(9999, 0)), noInvalidDate: true }),
      fc.integer({ min: -1439, max: 1439 }),
      (date, offset) => {
        const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1)
        const minutes = Math.abs(offset)
        const zone = `${offset < 0 ? '-' : '+'}${four.format(Math.floor(minutes / 60))}:${four.format(minutes % 60)}`
        assert.deepEqual(parseTime(`${local}${zone}`), { ms: date.getTime() })
      }
    )
  )
})

test('time: any value gives milliseconds or a reason, never throws', () => {
  fc.assert(
    fc.property(fc.anything(), value => {
      const parsed = parseTime(value)
      assert.ok('refused' in parsed || Number.isSafeInteger(parsed.ms))
    })
  )
  fc.assert(
    fc.property(
      fc.stringMatching(/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$/),
      text => {
        const parsed = parseTime(text)
        assert.ok('refused' in parsed || Number.isSafeInteger(parsed.ms), text)
      }
    )
  )
})
