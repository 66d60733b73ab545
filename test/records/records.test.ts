import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { IntervalColumns, QuarantineEntry, ReadingColumns } from '../../src/model/columns.ts'
import { FIELD_COUNT, REGISTER_COUNT } from '../../src/model/fields.ts'
import { QUARANTINE_REASONS } from '../../src/model/quarantine.ts'
import {
  encodeControl,
  readControl,
  readFrame,
  readOrdinal,
  TOPICS,
  writeFrameHead,
  writeOrdinal
} from '../../src/records/gateway-record.ts'
import {
  decodeIntervals,
  decodeJson,
  decodeQuarantine,
  decodeReadings,
  encodeIntervals,
  encodeJson,
  encodeQuarantine,
  encodeReadings
} from '../../src/records/results-record.ts'

const SEED = { seed: 20261121 }
const u32 = fc.nat(0xffffffff)
const u8 = fc.nat(255)
const f64 = fc.double()
const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constant('\ufeffM1'))
/** Plain objects, as JSON and the readers give them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(model, { noNullPrototype: true })
const bytes = fc.uint8Array({ maxLength: 40 })

/** The record as a reader gets it: at any place of a larger buffer. */
function placed(body: Uint8Array, offset: number): Uint8Array {
  const buffer = new Uint8Array(body.length + offset + 5).fill(0xee)
  buffer.set(body, offset)
  return buffer.subarray(offset, offset + body.length)
}
const offset = fc.nat(9)

/** One column of `rows` numbers in an array with room to spare. */
const column = (rows: number) =>
  fc.tuple(fc.array(f64, { minLength: rows, maxLength: rows }), fc.nat(3)).map(([values, spare]) => {
    const made = new Float64Array(rows + spare).fill(7)
    made.set(values)
    return made
  })
const words = (rows: number) =>
  fc.array(u32, { minLength: rows, maxLength: rows }).map(values => Uint32Array.from([...values, 7, 7]))

/** The rows of a column alone, as plain numbers: -0 and NaN stay what they are. */
const head = (values: Float64Array | Uint32Array | Uint8Array, rows: number): number[] => [
  ...values.subarray(0, rows)
]

const readings: fc.Arbitrary<ReadingColumns> = fc
  .tuple(fc.nat(20), fc.nat(2 ** FIELD_COUNT - 1))
  .chain(([rows, fieldMask]) =>
    record({
      rows: fc.constant(rows),
      fieldMask: fc.constant(fieldMask),
      meter: words(rows),
      version: words(rows),
      qualityLow: words(rows),
      qualityHigh: words(rows),
      time: column(rows),
      at: column(rows),
      ct: column(rows),
      pt: column(rows),
      kind: fc.array(u8, { minLength: rows, maxLength: rows }).map(values => Uint8Array.from([...values, 9])),
      primary: fc
        .array(fc.nat(1), { minLength: rows, maxLength: rows })
        .map(values => Uint8Array.from([...values, 9])),
      values: fc.tuple(
        ...Array.from({ length: FIELD_COUNT }, (_, field) =>
          (fieldMask >>> field) & 1 ? column(rows) : fc.constant(undefined)
        )
      ),
      reasons: fc.array(record({ row: u32, field: fc.nat(FIELD_COUNT - 1), mask: u32 }), { maxLength: 4 }),
      extras: fc.array(record({ row: u32, text }), { maxLength: 4 })
    })
  )

test('readings records: what is written is read, wherever the record stands', () => {
  fc.assert(
    fc.property(readings, offset, (block, at) => {
      const { rows } = block
      const read = decodeReadings(placed(encodeReadings(block), at))
      assert.equal(read.rows, rows)
      assert.equal(read.fieldMask, block.fieldMask)
      for (const name of [
        'meter',
        'version',
        'qualityLow',
        'qualityHigh',
        'time',
        'at',
        'ct',
        'pt',
        'primary',
        'kind'
      ] as const)
        assert.deepEqual(head(read[name], rows), head(block[name], rows), name)
      for (let field = 0; field < FIELD_COUNT; field++) {
        const written = block.values[field]
        const got = read.values[field]
        assert.deepEqual(got && head(got, rows), written && head(written, rows))
      }
      assert.deepEqual(read.reasons, block.reasons)
      assert.deepEqual(read.extras, block.extras)
    }),
    SEED
  )
})

test('intervals records: what is written is read', () => {
  const intervals: fc.Arbitrary<IntervalColumns> = fc.nat(20).chain(rows =>
    record({
      rows: fc.constant(rows),
      meter: words(rows),
      quality: words(rows),
      reasons: words(rows),
      start: column(rows),
      end: column(rows),
      at: column(rows),
      revision: column(rows),
      energy: fc.tuple(...Array.from({ length: REGISTER_COUNT }, () => column(rows)))
    })
  )
  fc.assert(
    fc.property(intervals, offset, (block, at) => {
      const { rows } = block
      const read = decodeIntervals(placed(encodeIntervals(block), at))
      assert.equal(read.rows, rows)
      for (const name of ['meter', 'quality', 'reasons', 'start', 'end', 'at', 'revision'] as const)
        assert.deepEqual(head(read[name], rows), head(block[name], rows), name)
      assert.deepEqual(
        read.energy.map(values => [...values]),
        block.energy.map(values => head(values, rows))
      )
    }),
    SEED
  )
})

test('quarantine records: what is written is read, bytes included', () => {
  const entry: fc.Arbitrary<QuarantineEntry> = record({
    log: fc.constantFrom('frames' as const, 'events' as const),
    seq: fc.maxSafeNat(),
    at: f64,
    terminal: text,
    topic: fc.constantFrom(...TOPICS.map(({ name }) => name), ''),
    reason: fc.nat(QUARANTINE_REASONS.length - 1),
    index: fc.integer({ min: -1, max: 100_000 }),
    meter: text,
    bytes
  })
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), offset, (entries, at) =>
      assert.deepEqual(decodeQuarantine(placed(encodeQuarantine(entries), at)), entries)
    ),
    SEED
  )
})

test('results records: a body cut anywhere is an error, not other values', () => {
  const body = encodeQuarantine([
    {
      log: 'events',
      seq: 5,
      at: 1,
      terminal: 'T1',
      topic: 'status',
      reason: 3,
      index: -1,
      meter: 'M',
      bytes: Uint8Array.of(1, 2, 3)
    }
  ])
  for (let length = 0; length < body.length; length++)
    assert.throws(
      () => decodeQuarantine(body.slice(0, length)),
      RangeError,
      `${length} of ${body.length} bytes`
    )
})

test('JSON records: step ends and requests', () => {
  fc.assert(
    fc.property(
      fc.array(record({ id: fc.nat(), meter: fc.nat(), time: fc.maxSafeNat(), kind: fc.nat(5) })),
      requests => assert.deepEqual(decodeJson(encodeJson(requests)), requests)
    ),
    SEED
  )
})

test('frame records: the head and the payload as it arrived', () => {
  const frame = record({
    ordinal: fc.maxSafeNat(),
    generation: u32,
    arrivedAt: fc.maxSafeNat(),
    qos: fc.nat(2),
    flags: fc.nat(7),
    topic: fc.nat(TOPICS.length - 1),
    terminal: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    payload: bytes
  })
  const into = new Uint8Array(96).fill(0xee)
  fc.assert(
    fc.property(frame, offset, ({ payload, ...given }, at) => {
      const body = placed(Uint8Array.from([...writeFrameHead(into, given), ...payload]), at)
      assert.deepEqual(readFrame(body), { ...given, payload })
      assert.equal(readOrdinal(body), given.ordinal)
    }),
    SEED
  )
})

test('frame records: the longest terminal id fits the smallest head', () => {
  const terminal = 'x'.repeat(64)
  const given = { ordinal: 1, generation: 2, arrivedAt: 3, qos: 1, flags: 0, topic: 0, terminal }
  assert.equal(readFrame(writeFrameHead(new Uint8Array(92), given)).terminal, terminal)
})

test('control records: ordinal and JSON', () => {
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
      offset,
      (ordinal, record, at) => {
        const body = placed(
          Uint8Array.from([...writeOrdinal(new Uint8Array(96), ordinal), ...encodeControl(record)]),
          at
        )
        assert.equal(readOrdinal(body), ordinal)
        assert.deepEqual(readControl(body), JSON.parse(JSON.stringify(record)))
      }
    ),
    SEED
  )
})
