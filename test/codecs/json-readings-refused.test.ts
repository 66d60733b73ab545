import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, refusedTexts } from '../support/decoded.ts'

const TIME = 1795133700000

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

const FRAME_REFUSED: readonly [what: string, payload: string | Uint8Array | object, code: string][] = [
  ['nothing', '', 'NOT_JSON'],
  ['white space', ' \n\t', 'NOT_JSON'],
  ['text', 'hello', 'NOT_JSON'],
  ['half a message', '{"time":1795133700000,"readings":[{"meter":', 'NOT_JSON'],
  ['NaN', '{"readings":[{"meter":"M1","importKwh":NaN}]}', 'NOT_JSON'],
  ['Infinity', '{"readings":[{"meter":"M1","importKwh":-Infinity}]}', 'NOT_JSON'],
  ['single quotes', "{'readings':[]}", 'NOT_JSON'],
  ['a trailing comma', '{"readings":[],}', 'NOT_JSON'],
  ['two messages', '{"readings":[]}{"readings":[]}', 'NOT_JSON'],
  ['a control character', '{"readings":[],"x":"\u0001"}', 'NOT_JSON'],
  ['truncated UTF-8', Uint8Array.of(...Buffer.from('{"readings":[],"x":"'), 0xe8, 0xa1), 'NOT_JSON'],
  ['UTF-8 of a surrogate', Uint8Array.of(...Buffer.from('{"x":"'), 0xed, 0xa0, 0x80, 0x22, 0x7d), 'NOT_JSON'],
  ['UTF-16', Buffer.from('{"readings":[]}', 'utf16le'), 'NOT_JSON'],
  ['GB 18030', Uint8Array.of(0x7b, 0x22, 0xb1, 0xed, 0x22, 0x3a, 0x31, 0x7d), 'NOT_JSON'],
  [
    'a 645 frame',
    Uint8Array.of(0x68, 1, 2, 3, 4, 5, 6, 0x68, 0x11, 4, 0x33, 0x33, 0x34, 0x33, 0xae, 0x16),
    'NOT_JSON'
  ],
  ['CBOR map, empty', Uint8Array.of(0xa0), 'NO_CODEC'],
  ['CBOR map of one', Uint8Array.of(0xa1, 0x61, 0x61, 1), 'NO_CODEC'],
  ['CBOR map without length', Uint8Array.of(0xbf, 0xff), 'NO_CODEC'],
  ['null', 'null', 'BAD_SHAPE'],
  ['a number', '5', 'BAD_SHAPE'],
  ['a list', '[{"meter":"M1"}]', 'BAD_SHAPE'],
  ['an empty object', '{}', 'BAD_SHAPE'],
  ['readings that are no list', { readings: { meter: 'M1' } }, 'BAD_SHAPE'],
  ['meters that are no list', { meters: 'M1', importKwh: [1] }, 'BAD_SHAPE'],
  [
    'both forms in one',
    { time: TIME, meters: ['M1'], importKwh: [5], readings: [{ meter: 'M2', importKwh: 6 }] },
    'BAD_SHAPE'
  ],
  ['both forms, readings first', `{"readings":[],"time":${TIME},"meters":["M1"]}`, 'BAD_SHAPE'],
  ['readings beside meters that are no list', { meters: 'M1', readings: [] }, 'BAD_SHAPE'],
  ['readings under __proto__', '{"__proto__":{"readings":[]}}', 'BAD_SHAPE'],
  ['100,000 levels', deep(100_000), 'BAD_SHAPE'],
  ['a column too short', { time: TIME, meters: ['M1', 'M2'], importKwh: [1] }, 'COLUMN_LENGTH'],
  ['a column too long', { time: TIME, meters: ['M1'], importKwh: [1, 2] }, 'COLUMN_LENGTH'],
  ['a column that is no list', { time: TIME, meters: ['M1'], importKwh: 1 }, 'COLUMN_LENGTH'],
  ['a column of extras too short', { time: TIME, meters: ['M1', 'M2'], relay: ['open'] }, 'COLUMN_LENGTH'],
  ['times too few', { time: [TIME], meters: ['M1', 'M2'], importKwh: [1, 2] }, 'COLUMN_LENGTH']
]

for (const [what, payload, code] of FRAME_REFUSED) {
  test(`frame refused: ${what}: ${code}`, () => {
    const { refusal, found, rows, refused } = decode(payload)
    assert.equal(refusal, code)
    assert.deepEqual({ found, rows, refused }, { found: 0, rows: [], refused: [] })
  })
}

const READING_REFUSED: readonly [what: string, reading: unknown, code: string, message?: object][] = [
  ['null', null, 'READING_SHAPE'],
  ['a number', 5, 'READING_SHAPE'],
  ['a text', 'M1', 'READING_SHAPE'],
  ['a list', ['M1', 1], 'READING_SHAPE'],
  ['no meter', { importKwh: 1 }, 'METER_MISSING'],
  ['an empty meter', { meter: '', importKwh: 1 }, 'METER_MISSING'],
  ['a numeric meter', { meter: 330100000017, importKwh: 1 }, 'METER_MISSING'],
  ['no time anywhere', { meter: 'M1', importKwh: 1 }, 'TIME_MISSING', { time: null }],
  ['a bad time', { meter: 'M1', time: 'noon', importKwh: 1 }, 'TIME_FORMAT'],
  ['a bad time of the message', { meter: 'M1', importKwh: 1 }, 'TIME_FORMAT', { time: 'noon' }],
  ['seconds', { meter: 'M1', time: 1795133700, importKwh: 1 }, 'TIME_SECONDS'],
  ['no offset', { meter: 'M1', time: '2026-11-20T08:15:00', importKwh: 1 }, 'TIME_NO_OFFSET'],
  ['time null asks the message no more', { meter: 'M1', time: null, importKwh: 1 }, 'TIME_MISSING'],
  ['an unknown kind', { meter: 'M1', kind: 'weekly', importKwh: 1 }, 'KIND_UNKNOWN'],
  ['an unknown kind of the message', { meter: 'M1', importKwh: 1 }, 'KIND_UNKNOWN', { kind: 'Curve' }],
  ['a kind that is a number', { meter: 'M1', kind: 0, importKwh: 1 }, 'KIND_UNKNOWN'],
  ['kind constructor', { meter: 'M1', kind: 'constructor', importKwh: 1 }, 'KIND_UNKNOWN'],
  ['a text value', { meter: 'M1', importKwh: '1' }, 'VALUE_TYPE'],
  ['a boolean value', { meter: 'M1', importKwh: true }, 'VALUE_TYPE'],
  ['an object value', { meter: 'M1', importKwh: { v: 1 } }, 'VALUE_TYPE'],
  ['three values of a register', { meter: 'M1', importKwh: [1, 2, 3] }, 'VALUE_TYPE'],
  ['one phase in a list', { meter: 'M1', voltageV: [230] }, 'VALUE_TYPE'],
  ['two phases', { meter: 'M1', voltageV: [230, 231] }, 'VALUE_TYPE'],
  ['four phases', { meter: 'M1', voltageV: [1, 2, 3, 4] }, 'VALUE_TYPE'],
  ['an empty list', { meter: 'M1', voltageV: [] }, 'VALUE_TYPE'],
  ['a text among phases', { meter: 'M1', voltageV: [230, '231', 229] }, 'VALUE_TYPE'],
  ['beyond the bounds', { meter: 'M1', frequencyHz: 1001 }, 'VALUE_TYPE'],
  ['a good value before a bad one', { meter: 'M1', importKwh: 7, exportKwh: 'x' }, 'VALUE_TYPE'],
  ['a negative counter', { meter: 'M1', powerDownCount: -1 }, 'VALUE_TYPE'],
  ['nothing but a meter', { meter: 'M1' }, 'NO_VALUES'],
  ['only unknown fields', { meter: 'M1', colour: 'red' }, 'NO_VALUES'],
  ['only nulls', { meter: 'M1', importKwh: null, voltageV: [null, null, null], relay: null }, 'NO_VALUES'],
  ['__proto__ as an own field', JSON.parse('{"__proto__":{"importKwh":1},"meter":"M1"}'), 'NO_VALUES'],
  [
    'prototype names as fields',
    { meter: 'M1', constructor: 1, hasOwnProperty: 2, toString: 3, valueOf: 4 },
    'NO_VALUES'
  ]
]

for (const [what, reading, code, message = {}] of READING_REFUSED) {
  test(`reading refused: ${what}: ${code}; its neighbours are not`, () => {
    const good = { meter: 'M9', time: TIME, kind: 'instant', importKwh: 9 }
    const decoded = decode({ time: TIME, ...message, readings: [good, reading, good] })
    assert.equal(decoded.refusal, undefined)
    assert.deepEqual(decoded.rows, [good, good])
    assert.deepEqual(decoded.index, [0, 2])
    assert.deepEqual(
      decoded.refused.map(({ index, code }) => ({ index, code })),
      [{ index: 1, code }]
    )
    assert.equal(decoded.found, 3)
    const alone = asSentAlone(reading, { time: TIME, ...message })
    assert.deepEqual(JSON.parse(refusedTexts()[0]!), JSON.parse(JSON.stringify(alone)))
  })
}

/** What its message says for all readings stands in the text of a refused one, so that it can be decoded alone. */
function asSentAlone(reading: unknown, message: Readonly<Record<string, unknown>>): unknown {
  if (typeof reading !== 'object' || reading === null || Array.isArray(reading)) return reading
  const given = ['time', 'kind', 'scale'].filter(
    name => !(name in reading) && ['string', 'number'].includes(typeof message[name])
  )
  return { ...reading, ...Object.fromEntries(given.map(name => [name, message[name]])) }
}

test('readings: nested 100,000 levels deep, wherever it stands', () => {
  const nested = deep(100_000)
  const good = `{"meter":"M2","importKwh":1}`
  const table: readonly [what: string, reading: string, code: string | undefined][] = [
    ['as a reading', nested, 'READING_SHAPE'],
    ['as a value', `{"meter":"M1","importKwh":${nested}}`, 'VALUE_TYPE'],
    ['as a meter', `{"meter":${nested},"importKwh":1}`, 'METER_MISSING'],
    ['as a time', `{"meter":"M1","time":${nested},"importKwh":1}`, 'TIME_FORMAT'],
    ['as an unknown field', `{"meter":"M1","x":${nested},"importKwh":1}`, undefined],
    ['as an extra', `{"meter":"M1","relay":${nested}}`, undefined]
  ]
  for (const [what, reading, code] of table) {
    const decoded = decode(`{"time":${TIME},"readings":[${reading},${good}]}`)
    assert.equal(decoded.refused[0]?.code, code, what)
    assert.equal(decoded.found, 2, what)
    assert.equal(decoded.rows.at(-1)!.meter, 'M2', what)
  }
})

test('readings: a refused text is the reading, a refused meter id at most 64 letters of it', () => {
  const meter = 'm'.repeat(1000)
  decode({ time: TIME, kind: 'x'.repeat(65), readings: [{ meter, importKwh: 'x' }] })
  const text = { meter, importKwh: 'x', time: TIME }
  assert.deepEqual(JSON.parse(refusedTexts()[0]!), text, 'no long text is copied into each')
  assert.equal(decode({ time: TIME, readings: [{ meter, importKwh: 'x' }] }).refused[0]!.meter.length, 64)
})
