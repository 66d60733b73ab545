import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DecodedFrame } from '../../src/codecs/decoded-frame.ts'
import { decodeJsonReadings } from '../../src/codecs/json-readings.ts'
import { ReadingsScanner } from '../../src/codecs/scan-readings.ts'
import { FIELDS, READING_KINDS } from '../../src/model/fields.ts'
import { seededRandom } from '../../src/random.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const TIME = 1795133700000

/** What a decoder understood, without the spare room of its columns. */
function content(frame: DecodedFrame) {
  const { rows } = frame
  return {
    rows,
    found: frame.found,
    collectedAt: frame.collectedAt,
    index: [...frame.index],
    meter: frame.meter.slice(0, rows),
    time: [...frame.time.subarray(0, rows)],
    kind: [...frame.kind.subarray(0, rows)],
    primary: [...frame.primary.subarray(0, rows)],
    values: FIELDS.map((_, field) => Array.from({ length: rows }, (_, row) => frame.value(row, field))),
    extras: frame.extras.slice(0, rows),
    refused: frame.refused.length,
    unknown: frame.unknownFields
  }
}

const scanner = new ReadingsScanner()
const scanned = new DecodedFrame()
const plain = new DecodedFrame()

/** Both decoders on one payload: what the scanner takes must be what the plain decoder understands. */
function compare(payload: Uint8Array, maxReadings = 10_000): boolean {
  const isTaken = scanner.scan(payload, maxReadings, scanned)
  const refusal = decodeJsonReadings(payload, maxReadings, plain)
  if (isTaken) {
    assert.equal(refusal, undefined, new TextDecoder().decode(payload))
    assert.deepEqual(content(scanned), content(plain), new TextDecoder().decode(payload))
  }
  return isTaken
}

const reading = (more = ''): string => `{"meter":"M1","time":${TIME},"importKwh":12.34${more}}`
const rows: readonly [title: string, payload: string, taken: boolean][] = [
  [
    'canonical',
    `{"time":${TIME},"kind":"curve","readings":[${reading()},${reading(',"voltageV":[231.0,null,229.9]')}]}`,
    true
  ],
  [
    'time of the message',
    `{"time":"2026-11-20T08:15:00+08:00","readings":[{"meter":"M1","importKwh":1}]}`,
    true
  ],
  ['time behind the readings', `{"readings":[{"meter":"M1","importKwh":1}],"time":${TIME}}`, false],
  [
    'white space',
    ` {\n"readings" :\t[ { "meter" : "M1" , "time" : ${TIME} , "importKwh" : 1 } ] } \r\n`,
    true
  ],
  ['no readings', `{"readings":[]}`, true],
  ['keys in another order', `{"readings":[{"importKwh":1,"time":${TIME},"meter":"M1"},${reading()}]}`, true],
  ['null value', `{"readings":[{"meter":"M1","time":${TIME},"importKwh":1,"exportKwh":null}]}`, true],
  ['negative zero', `{"readings":[{"meter":"M1","time":${TIME},"activePowerKw":-0}]}`, true],
  [
    'seq and collectedAt',
    `{"seq":7,"collectedAt":"2026-11-20T08:16:40+08:00","readings":[${reading()}]}`,
    true
  ],
  ['collectedAt in milliseconds', `{"collectedAt":${TIME},"readings":[${reading()}]}`, true],
  ['collectedAt that is no time', `{"collectedAt":"noon","readings":[${reading()}]}`, true],
  ['collectedAt in seconds', `{"collectedAt":1795133700,"readings":[${reading()}]}`, true],
  ['collectedAt twice', `{"collectedAt":${TIME},"collectedAt":"x","readings":[${reading()}]}`, true],
  ['collectedAt null', `{"collectedAt":null,"readings":[${reading()}]}`, false],
  ['collectedAt as a list', `{"collectedAt":[${TIME}],"readings":[${reading()}]}`, false],
  ['collectedAt behind the readings', `{"readings":[${reading()}],"collectedAt":${TIME}}`, false],
  ['key twice', `{"readings":[${reading(',"importKwh":13')}]}`, false],
  ['unknown key', `{"readings":[${reading(',"x":1')}]}`, false],
  ['extra field', `{"readings":[${reading(',"temperatureC":1')}]}`, false],
  ['exponent', `{"readings":[{"meter":"M1","time":${TIME},"importKwh":1e3}]}`, false],
  ['sixteen digits', `{"readings":[{"meter":"M1","time":${TIME},"importKwh":1.234567890123456}]}`, false],
  ['fifteen digits', `{"readings":[{"meter":"M1","time":${TIME},"importKwh":1.23456789012345}]}`, true],
  ['leading zero', `{"readings":[{"meter":"M1","time":${TIME},"importKwh":012}]}`, false],
  ['bare point', `{"readings":[{"meter":"M1","time":${TIME},"importKwh":1.}]}`, false],
  ['out of bounds', `{"readings":[{"meter":"M1","time":${TIME},"frequencyHz":1001}]}`, false],
  ['text number', `{"readings":[{"meter":"M1","time":${TIME},"importKwh":"1"}]}`, false],
  ['list for a scalar', `{"readings":[{"meter":"M1","time":${TIME},"importKwh":[1,2,3]}]}`, false],
  ['two phases', `{"readings":[{"meter":"M1","time":${TIME},"voltageV":[1,2]}]}`, false],
  ['no time', `{"readings":[{"meter":"M1","importKwh":1}]}`, false],
  ['no meter', `{"readings":[{"time":${TIME},"importKwh":1}]}`, false],
  ['no value', `{"readings":[{"meter":"M1","time":${TIME}}]}`, false],
  ['unknown kind', `{"kind":"weekly","readings":[${reading()}]}`, false],
  ['escape in the id', `{"readings":[{"meter":"M\\u0031","time":${TIME},"importKwh":1}]}`, false],
  ['Chinese id', `{"readings":[{"meter":"表1","time":${TIME},"importKwh":1}]}`, false],
  ['seconds', `{"readings":[{"meter":"M1","time":1795133700,"importKwh":1}]}`, false],
  ['primary scale', `{"scale":"primary","readings":[${reading()}]}`, false],
  ['trailing garbage', `{"readings":[${reading()}]}x`, false],
  ['trailing comma', `{"readings":[${reading()},]}`, false],
  ['columns', `{"time":${TIME},"meters":["M1"],"importKwh":[1]}`, false],
  ['not JSON', 'hello', false],
  ['empty', '', false]
]

for (const [title, payload, taken] of rows) {
  test(`scanner: ${title}: ${taken ? 'taken' : 'left to the plain decoder'}`, () => {
    assert.equal(compare(encode(payload)), taken)
  })
}

test('scanner: too many readings are left to the plain decoder', () => {
  assert.equal(compare(encode(`{"readings":[${reading()},${reading()}]}`), 1), false)
  assert.equal(compare(encode(`{"readings":[${reading()},${reading()}]}`), 2), true)
})

const decimal = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(value => value.toFixed(4)),
  fc
    .integer({ min: 0, max: 999_999_999 })
    .map(value => `${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')}`),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('0', '-0', '0.1', '0.30000000000000004', '123456789012345', '99999999.9999999', '1e5')
)
const payloadNames = [...new Set(FIELDS.map(field => field.payload))]
const valueText = fc.oneof(
  { weight: 5, arbitrary: decimal },
  { weight: 1, arbitrary: fc.constant('null') },
  { weight: 2, arbitrary: fc.tuple(decimal, decimal, decimal).map(phases => `[${phases.join(',')}]`) }
)
const readingText = fc
  .record({
    meter: fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/),
    time: fc.option(fc.integer({ min: TIME, max: TIME + 1e9 }), { nil: undefined }),
    kind: fc.option(fc.constantFrom(...READING_KINDS), { nil: undefined }),
    values: fc.array(fc.tuple(fc.constantFrom(...payloadNames), valueText), { minLength: 1, maxLength: 8 })
  })
  .map(({ meter, time, kind, values }) => {
    const parts = [`"meter":${JSON.stringify(meter)}`]
    if (time !== undefined) parts.push(`"time":${time}`)
    if (kind !== undefined) parts.push(`"kind":"${kind}"`)
    return `{${[...parts, ...values.map(([name, value]) => `"${name}":${value}`)].join(',')}}`
  })
const collectedText = fc.oneof(
  fc.constantFrom('', '"collectedAt":"2026-11-20T08:16:40+08:00",', '"collectedAt":"2026-11-20T08:16:40",'),
  decimal.map(value => `"collectedAt":${value},`),
  fc.integer({ min: TIME - 1e12, max: TIME + 1e12 }).map(value => `"collectedAt":${value},`)
)
const frameText = fc
  .tuple(collectedText, fc.array(readingText, { maxLength: 6 }))
  .map(
    ([collected, readings]) =>
      `{${collected}"time":${TIME},"kind":"curve","readings":[${readings.join(',')}]}`
  )

test('scanner: what it takes is what the plain decoder understands', () => {
  let taken = 0
  fc.assert(
    fc.property(frameText, text => {
      if (compare(encode(text))) taken++
    }),
    { numRuns: 4000, seed: 5 }
  )
  assert.ok(taken > 200, `${taken} frames were taken`)
})

test('scanner: mutated frames never differ from the plain decoder', () => {
  const random = seededRandom('mutants')
  const base = encode(
    `{"time":${TIME},"collectedAt":${TIME + 100_000},"kind":"curve","readings":[${reading(',"voltageV":[231.0,230.2,229.9],"powerFactor":0.985')},${reading()}]}`
  )
  const spice = encode('"{}[],:.-0123456789eE nultrfas\\\u00e9')
  let taken = 0
  for (let i = 0; i < 60_000; i++) {
    const mutant = base.slice()
    for (let hits = 1 + random.integer(3); hits > 0; hits--) {
      mutant[random.integer(mutant.length)] = spice[random.integer(spice.length)] ?? 0
    }
    const cut = random.next() < 0.2 ? mutant.subarray(0, random.integer(mutant.length)) : mutant
    if (compare(cut)) taken++
  }
  assert.ok(taken > 1000, `${taken} mutants were taken`)
})
