import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decimalText, rowsMessage, rowText } from '../../src/codecs/json-readings-encode.ts'
import { FIELDS, READING_KINDS, type ReadingKind } from '../../src/model/fields.ts'
import { QUARANTINE_REASONS } from '../../src/model/quarantine.ts'
import { type Decoded, decode, type Row } from '../support/decoded.ts'

const TIME = 1795133700000
const SEED = { seed: 20261121 }
const CODES = new Set<string>(QUARANTINE_REASONS.map(reason => reason.code))
const PAYLOADS = [...new Set(FIELDS.map(field => field.payload))]
const PHASED = PAYLOADS.filter(payload => FIELDS.filter(field => field.payload === payload).length === 3)

/** What holds for whatever came in. */
function check(decoded: Decoded, limit = 10_000): void {
  assert.equal(decoded.found, decoded.rows.length + decoded.refused.length)
  assert.ok(decoded.found <= limit)
  assert.equal(decoded.index.length, decoded.rows.length)
  const places = [...decoded.index, ...decoded.refused.map(({ index }) => index)].sort((a, b) => a - b)
  assert.deepEqual(
    places,
    Array.from({ length: decoded.found }, (_, index) => index)
  )
  if (decoded.refusal !== undefined) {
    assert.ok(CODES.has(decoded.refusal))
    assert.equal(decoded.found, 0)
  }
  for (const { code } of decoded.refused) assert.ok(CODES.has(code), code)
  for (const row of decoded.rows) {
    assert.ok(row.meter !== '' && Number.isSafeInteger(row.time), JSON.stringify(row))
    assert.ok(Object.keys(row).length > 3, 'a row has values')
  }
}

const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', 'M1', 'self')
)
const anyTime = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: TIME, max: TIME + 1e9 }) },
  fc.constantFrom<unknown>(TIME, TIME + 900_000, '2026-11-20T08:15:00+08:00', 1795133700, 'x', null),
  fc.integer(),
  fc.jsonValue()
)
const anyNumber = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -0, 230.5, 1e12, 1e13))
const anyValue = fc.oneof(
  { weight: 12, arbitrary: anyNumber },
  { weight: 2, arbitrary: fc.array(fc.option(anyNumber), { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.jsonValue() }
)
const anyName = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...PAYLOADS) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'relay',
      'errors',
      'maxDemandKw',
      'kind',
      'scale',
      'seq',
      'meters',
      'readings',
      'time'
    )
  },
  { weight: 1, arbitrary: anyText }
)
const anyReading = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.record(
          { meter: fc.oneof({ weight: 6, arbitrary: anyText }, fc.jsonValue()), time: anyTime },
          { requiredKeys: [] }
        ),
        fc.array(fc.tuple(anyName, anyValue), { maxLength: 6 })
      )
      .map(([head, values]) => ({ ...Object.fromEntries(values), ...head }))
  },
  { weight: 1, arbitrary: fc.jsonValue() }
)
const anyMessage = fc
  .tuple(
    fc.record(
      {
        time: fc.oneof(anyTime, fc.array(anyTime, { maxLength: 4 })),
        kind: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...READING_KINDS) }, fc.jsonValue()),
        scale: fc.constantFrom('primary', 'secondary', 1),
        readings: fc.oneof({ weight: 6, arbitrary: fc.array(anyReading, { maxLength: 5 }) }, fc.jsonValue()),
        meters: fc.array(fc.oneof(anyText, fc.jsonValue()), { maxLength: 3 })
      },
      { requiredKeys: [] }
    ),
    fc.array(fc.tuple(anyName, fc.array(anyValue, { maxLength: 3 })), { maxLength: 4 }),
    // Both forms in one are refused: most messages are of one.
    fc.constantFrom('readings', 'meters', 'meters', 'meters', 'meters', 'neither')
  )
  .map(([head, columns, without]): object => {
    const message: Record<string, unknown> = { ...Object.fromEntries(columns), ...head }
    delete message[without]
    return message
  })

test('decode: any bytes give a refusal or rows, never an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => check(decode(bytes))),
    { ...SEED, numRuns: 2000 }
  )
})

test('decode: any JSON value gives a refusal or rows, never an error', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => check(decode(JSON.stringify(value)))),
    { ...SEED, numRuns: 2000 }
  )
})

test('decode: any message is accounted for reading by reading', () => {
  let rows = 0
  let refused = 0
  fc.assert(
    fc.property(anyMessage, fc.integer({ min: 0, max: 5 }), (message, limit) => {
      const decoded = decode(JSON.stringify(message), limit)
      check(decoded, limit)
      rows += decoded.rows.length
      refused += decoded.refused.length
    }),
    { ...SEED, numRuns: 9000 }
  )
  assert.ok(rows > 100 && refused > 300, `${rows} rows and ${refused} refused were tried`)
})

test('decode: mutated bytes of a good message are accounted for', () => {
  const good = Buffer.from(
    rowsMessage('curve', [
      rowText('M1', TIME, [['importKwh', '1.25']]),
      rowText('M2', TIME, [['voltageV', '[230.1,null,229.9]']])
    ])
  )
  const mutation = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(mutation, changes => {
      const bytes = Uint8Array.from(good)
      for (const [at, byte] of changes) bytes[at] = byte
      check(decode(bytes))
    }),
    { ...SEED, numRuns: 4000 }
  )
})

/** Readings as a sender has them: values in whole steps of 10^-decimals. */
const decimals = 3
const units = fc.integer({ min: -900_000, max: 900_000 })
const value = fc.oneof(units, fc.tuple(fc.option(units), fc.option(units), fc.option(units)))
const shown = (given: number): string => decimalText(given, decimals)
const textOf = (given: number | (number | null)[]): string =>
  typeof given === 'number'
    ? shown(given)
    : `[${given.map(part => (part === null ? 'null' : shown(part))).join(',')}]`

const sentReading = fc
  .record({
    meter: anyText.filter(text => text !== '' && text.isWellFormed()),
    values: fc.uniqueArray(
      fc.tuple(fc.constantFrom(...PAYLOADS.filter(name => name !== 'powerDownCount')), value),
      {
        selector: ([name]) => name,
        minLength: 1,
        maxLength: 6
      }
    )
  })
  .map(({ meter, values }) => ({
    meter,
    values: values.map(([name, given]) => {
      if (!PHASED.includes(name) && typeof given !== 'number') return [name, given[0] ?? 1] as const
      return [name, given] as const
    })
  }))
const bounded = sentReading.filter(({ values }) =>
  values.every(([name, given]) =>
    name !== 'powerFactor' && name !== 'frequencyHz' ? true : Math.abs(given as number) <= 1e6
  )
)

function expectedRow(
  reading: { meter: string; values: readonly (readonly [string, number | (number | null)[]])[] },
  kind: string
): Row {
  const row: Row = { meter: reading.meter, time: TIME, kind }
  for (const { name, payload, element } of FIELDS) {
    const given = reading.values.find(([sent]) => sent === payload)?.[1]
    const unit = Array.isArray(given) ? given[element] : element === 0 ? given : undefined
    if (unit !== undefined && unit !== null) row[name] = unit / 10 ** decimals
  }
  return row
}

/** All meters at one time. @param columns JSON text of each meter's value, one column per field, all equally long */
function columnsMessage(
  kind: ReadingKind,
  time: number,
  meters: readonly string[],
  columns: readonly (readonly [name: string, texts: readonly string[]])[]
): string {
  let text = `{"kind":"${kind}","time":${time},"meters":${JSON.stringify(meters)}`
  for (const [name, texts] of columns) text += `,"${name}":[${texts.join(',')}]`
  return `${text}}`
}

test('encode then decode gives equal values, and rows and columns agree', () => {
  fc.assert(
    fc.property(
      fc.array(bounded, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...READING_KINDS),
      (readings, kind) => {
        const rows = rowsMessage(
          kind,
          readings.map(({ meter, values }) =>
            rowText(
              meter,
              TIME,
              values.map(([name, given]) => [name, textOf(given)] as const)
            )
          )
        )
        const names = [...new Set(readings.flatMap(({ values }) => values.map(([name]) => name)))]
        const columns = columnsMessage(
          kind,
          TIME,
          readings.map(({ meter }) => meter),
          names.map(name => {
            const texts = readings.map(({ values }) => {
              const given = values.find(([sent]) => sent === name)?.[1]
              return given === undefined ? 'null' : textOf(given)
            })
            return [name, texts] as const
          })
        )
        const fromRows = decode(rows)
        assert.deepEqual(decode(columns), fromRows)
        const expected = readings.map(reading => expectedRow(reading, kind))
        const withValues = expected.filter(row => Object.keys(row).length > 3)
        assert.deepEqual(fromRows.rows, withValues)
        assert.equal(fromRows.found, readings.length)
      }
    ),
    { ...SEED, numRuns: 2000 }
  )
})

test('decimal text is exact below 2^53', () => {
  const table: readonly [units: number, decimals: number, text: string][] = [
    [0, 0, '0'],
    [0, 2, '0.00'],
    [5, 3, '0.005'],
    [-5, 3, '-0.005'],
    [1250, 3, '1.250'],
    [-1250, 2, '-12.50'],
    [9007199254740991, 6, '9007199254.740991']
  ]
  for (const [given, places, text] of table) assert.equal(decimalText(given, places), text)
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 6 }), (given, places) => {
      const text = decimalText(given, places)
      assert.equal(BigInt(text.replace('.', '')), BigInt(given))
      assert.equal(text.split('.')[1]?.length ?? 0, places)
    }),
    SEED
  )
})
