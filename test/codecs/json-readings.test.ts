import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIELDS, READING_KINDS } from '../../src/model/fields.ts'
import { decode, type Row } from '../support/decoded.ts'

const TIME = 1795133700000
const NOON = '2026-11-20T12:00:00+08:00'
const NOON_MS = Date.UTC(2026, 10, 20, 4)

/** A message with this one reading of meter M1. */
const one = (reading: object, message: object = {}): object => ({
  time: TIME,
  ...message,
  readings: [{ meter: 'M1', ...reading }]
})
const instant = (parts: object): Row => ({ meter: 'M1', time: TIME, kind: 'instant', ...parts })

const ACCEPTED: readonly [what: string, payload: string | object, rows: Row[], unknown?: number][] = [
  ['time of the message', one({ importKwh: 1.5 }), [instant({ importKwh: 1.5 })]],
  ['time of the reading', one({ time: NOON, importKwh: 1 }), [instant({ time: NOON_MS, importKwh: 1 })]],
  [
    'an unusable time of the message, one of the reading',
    one({ time: TIME, importKwh: 1 }, { time: 'x' }),
    [instant({ importKwh: 1 })]
  ],
  [
    'kind of the message',
    one({ importKwh: 1 }, { kind: 'curve' }),
    [instant({ kind: 'curve', importKwh: 1 })]
  ],
  [
    'kind of the reading',
    one({ kind: 'billing', importKwh: 1 }, { kind: 'curve' }),
    [instant({ kind: 'billing', importKwh: 1 })]
  ],
  ['kind null', one({ kind: null, importKwh: 1 }), [instant({ importKwh: 1 })]],
  [
    'scale primary of the message',
    one({ importKwh: 1 }, { scale: 'primary' }),
    [instant({ primary: true, importKwh: 1 })]
  ],
  [
    'scale primary of the reading',
    one({ scale: 'primary', importKwh: 1 }),
    [instant({ primary: true, importKwh: 1 })]
  ],
  [
    'scale secondary over primary',
    one({ scale: 'secondary', importKwh: 1 }, { scale: 'primary' }),
    [instant({ importKwh: 1 })]
  ],
  [
    'three phases',
    one({ voltageV: [231, 230.2, 229.9] }),
    [instant({ voltageVA: 231, voltageVB: 230.2, voltageVC: 229.9 })]
  ],
  ['a missing phase', one({ currentA: [1, null, 3] }), [instant({ currentAA: 1, currentAC: 3 })]],
  [
    'three-wire meter',
    one({ voltageV: [100.1, null, 100.3] }),
    [instant({ voltageVA: 100.1, voltageVC: 100.3 })]
  ],
  [
    'a single number is element a',
    one({ voltageV: 230, currentA: 5 }),
    [instant({ voltageVA: 230, currentAA: 5 })]
  ],
  [
    'no phase but a register',
    one({ voltageV: [null, null, null], importKwh: 1 }),
    [instant({ importKwh: 1 })]
  ],
  [
    'null is absent',
    one({ importKwh: 1, exportKwh: null, voltageV: null, relay: null }),
    [instant({ importKwh: 1 })]
  ],
  [
    'zero and negative',
    one({ importKwh: 0, activePowerKw: -1.25 }),
    [instant({ importKwh: 0, activePowerKw: -1.25 })]
  ],
  [
    'unknown fields are counted',
    one({ importKwh: 1, colour: 'red', x: [1] }, { vendor: 'v' }),
    [instant({ importKwh: 1 })],
    3
  ],
  [
    'envelope fields are not unknown',
    one({ importKwh: 1, seq: 4, collectedAt: NOON }, { seq: 9, collectedAt: NOON }),
    [instant({ importKwh: 1 })]
  ],
  [
    'extras',
    one({ relay: 'open', statusWords: ['00', 'FF'], errors: { voltageV: 'x' } }),
    [instant({ extras: { relay: 'open', statusWords: ['00', 'FF'], errors: { voltageV: 'x' } } })]
  ],
  [
    'self is a meter like others',
    { time: TIME, readings: [{ meter: 'self', importKwh: 1 }] },
    [{ meter: 'self', time: TIME, kind: 'instant', importKwh: 1 }]
  ],
  ['no readings', { readings: [] }, []],
  [
    'a key twice: the last counts',
    `{"time":${TIME},"readings":[{"meter":"M0","meter":"M1","importKwh":1,"importKwh":2}]}`,
    [instant({ importKwh: 2 })]
  ],
  [
    'columns',
    { time: TIME, meters: ['M1', 'M2'], importKwh: [1, 2] },
    [instant({ importKwh: 1 }), instant({ meter: 'M2', importKwh: 2 })]
  ],
  [
    'columns with times',
    { time: [TIME, NOON], meters: ['M1', 'M2'], importKwh: [1, 2] },
    [instant({ importKwh: 1 }), instant({ meter: 'M2', time: NOON_MS, importKwh: 2 })]
  ],
  [
    'columns with phases and numbers',
    { time: TIME, kind: 'curve', meters: ['M1', 'M2'], voltageV: [229.8, [231, null, 229]] },
    [
      instant({ kind: 'curve', voltageVA: 229.8 }),
      instant({ meter: 'M2', kind: 'curve', voltageVA: 231, voltageVC: 229 })
    ]
  ],
  [
    'columns with gaps',
    { time: TIME, meters: ['M1', 'M2'], importKwh: [1, null], exportKwh: [null, 2], relay: ['open', null] },
    [instant({ importKwh: 1, extras: { relay: 'open' } }), instant({ meter: 'M2', exportKwh: 2 })]
  ],
  [
    'columns primary',
    { time: TIME, scale: 'primary', meters: ['M1'], importKwh: [1] },
    [instant({ primary: true, importKwh: 1 })]
  ],
  [
    'columns: an unknown one of any length is counted',
    { time: TIME, meters: ['M1'], importKwh: [1], colour: ['a', 'b'] },
    [instant({ importKwh: 1 })],
    1
  ],
  ['columns without meters', { time: TIME, meters: [] }, []],
  [
    'byte order mark',
    `\ufeff{"time":${TIME},"readings":[{"meter":"M1","importKwh":1}]}`,
    [instant({ importKwh: 1 })]
  ],
  ['Chinese text', one({ meter: '表1', importKwh: 1 }), [instant({ meter: '表1', importKwh: 1 })]],
  [
    'exponents',
    `{"time":${TIME},"readings":[{"meter":"M1","importKwh":1.5e3}]}`,
    [instant({ importKwh: 1500 })]
  ],
  [
    'a value too small for a double is zero',
    `{"time":${TIME},"readings":[{"meter":"M1","importKwh":1e-999}]}`,
    [instant({ importKwh: 0 })]
  ]
]

for (const [what, payload, rows, unknown = 0] of ACCEPTED) {
  test(`readings: ${what}`, () => {
    const decoded = decode(payload)
    assert.equal(decoded.refusal, undefined)
    assert.deepEqual(decoded.rows, rows)
    assert.deepEqual(
      decoded.index,
      rows.map((_, index) => index)
    )
    assert.deepEqual(decoded.refused, [])
    assert.equal(decoded.found, rows.length)
    assert.equal(decoded.unknown, unknown)
  })
}

test('readings: numbers too large for a double are refused alone', () => {
  for (const number of ['1e999', '-1e999', '1e300', `1${'0'.repeat(400)}`]) {
    const { rows, refused } = decode(
      `{"time":${TIME},"readings":[{"meter":"M1","importKwh":${number}},{"meter":"M2","importKwh":1}]}`
    )
    assert.deepEqual(refused, [{ index: 0, code: 'VALUE_TYPE', meter: 'M1' }], number)
    assert.equal(rows.length, 1)
  }
})

test('readings: every field by its payload name, at both bounds', () => {
  for (const { name, payload, element, low, high } of FIELDS) {
    const isPhased = FIELDS.filter(field => field.payload === payload).length === 3
    const phases = (value: number): unknown =>
      isPhased ? [0, 1, 2].map(at => (at === element ? value : null)) : value
    for (const value of [low, high]) {
      assert.deepEqual(decode(one({ [payload]: phases(value) })).rows, [instant({ [name]: value })], name)
      const beyond = value === low ? low - 1 : high + 1
      assert.equal(decode(one({ [payload]: phases(beyond) })).refused[0]?.code, 'VALUE_TYPE', name)
    }
  }
})

test('readings: every kind', () => {
  for (const kind of READING_KINDS) assert.equal(decode(one({ kind, importKwh: 1 })).rows[0]!.kind, kind)
})

test('readings: prototype names as meters', () => {
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString']
  for (const payload of [
    { time: TIME, readings: names.map(meter => ({ meter, importKwh: 1 })) },
    { time: TIME, meters: names, importKwh: names.map(() => 1) }
  ]) {
    assert.deepEqual(
      decode(payload).rows.map(({ meter }) => meter),
      names
    )
  }
})

test('readings: as many as allowed, and one more', () => {
  const meters = Array.from({ length: 10_001 }, (_, i) => `M${i}`)
  const ones = meters.map(() => 1)
  const rows = (count: number) => ({
    time: TIME,
    readings: meters.slice(0, count).map(meter => ({ meter, importKwh: 1 }))
  })
  const columns = (count: number) => ({
    time: TIME,
    meters: meters.slice(0, count),
    importKwh: ones.slice(0, count)
  })
  for (const form of [rows, columns]) {
    const { refusal, found, rows: taken } = decode(form(10_000))
    assert.deepEqual([refusal, found, taken.length], [undefined, 10_000, 10_000])
    assert.equal(taken.at(-1)!.meter, 'M9999')
    const more = decode(form(10_001))
    assert.deepEqual([more.refusal, more.found, more.rows.length], ['TOO_MANY_READINGS', 0, 0])
  }
})

test('columns: one bad reading is refused alone, as in rows', () => {
  const { refusal, rows, index, refused } = decode({
    time: [TIME, 'noon', TIME, TIME, TIME],
    meters: ['M1', 'M2', '', 'M4', 'M5'],
    importKwh: [1, 2, 3, 'x', 5]
  })
  assert.equal(refusal, undefined)
  assert.deepEqual(
    rows.map(({ meter }) => meter),
    ['M1', 'M5']
  )
  assert.deepEqual(index, [0, 4])
  assert.deepEqual(refused, [
    { index: 1, code: 'TIME_FORMAT', meter: 'M2' },
    { index: 2, code: 'METER_MISSING', meter: '' },
    { index: 3, code: 'VALUE_TYPE', meter: 'M4' }
  ])
})

test('a frame leaves nothing behind for the next one', () => {
  const full = {
    voltageV: [1, 2, 3],
    currentA: [4, 5, 6],
    importKwh: 7,
    relay: 'open',
    kind: 'billing',
    scale: 'primary'
  }
  decode({ time: TIME, readings: Array.from({ length: 300 }, (_, i) => ({ meter: `M${i}`, ...full })) })
  decode({
    time: TIME,
    readings: [
      { meter: 'M1', ...full, exportKwh: 'x' },
      { meter: 'M2', ...full, time: 'x' }
    ]
  })
  assert.deepEqual(decode(one({ exportKwh: 1 })).rows, [instant({ exportKwh: 1 })])
  decode({ meters: ['M1'], importKwh: [] })
  assert.deepEqual(decode({ readings: [] }).rows, [])
})

test('readings: when the terminal read them is of the message, and refuses nothing', () => {
  const table: readonly [what: string, message: object, collectedAt: number][] = [
    ['RFC 3339', { collectedAt: NOON }, NOON_MS],
    ['milliseconds', { collectedAt: TIME }, TIME],
    ['absent', {}, Number.NaN],
    ['null', { collectedAt: null }, Number.NaN],
    ['seconds', { collectedAt: 1795133700 }, Number.NaN],
    ['no offset', { collectedAt: '2026-11-20T12:00:00' }, Number.NaN],
    ['a list', { collectedAt: [TIME] }, Number.NaN]
  ]
  for (const [what, message, collectedAt] of table) {
    for (const form of [{ readings: [{ meter: 'M1', importKwh: 1 }] }, { meters: ['M1'], importKwh: [1] }]) {
      const decoded = decode({ time: TIME, ...form, ...message })
      assert.equal(decoded.refusal, undefined, what)
      assert.equal(decoded.collectedAt, collectedAt, what)
      assert.equal(decoded.rows.length, 1, what)
    }
  }
  assert.equal(decode(one({ importKwh: 1, collectedAt: NOON })).collectedAt, Number.NaN, 'of one reading')
  decode({ time: TIME, collectedAt: NOON, readings: [] })
  assert.equal(decode('hello').collectedAt, Number.NaN, 'nothing is left of the message before')
})
