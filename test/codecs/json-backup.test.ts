import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeJsonBackup, refusalOfBackup } from '../../src/codecs/json-backup.ts'
import type { PlantReport } from '../../src/model/plant.ts'

const TIME = 1795133762000
const MOST = 10

const decode = (payload: string | object | Uint8Array) =>
  decodeJsonBackup(
    payload instanceof Uint8Array
      ? payload
      : new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload)),
    MOST
  )

const generator = {
  ...{ source: 'H1-G', running: true, voltageV: 400, powerKw: 310.5, fuelPct: 63, startBatteryV: 27.2 },
  mode: 'auto'
}
const breaker = { section: 'H1-S1', position: 'H1-G', auto: true, fault: false }
const ups = { source: 'H1-U', mode: 'battery', loadPct: 45, minutesLeft: 22 }
const NOTHING = { time: Number.NaN, generators: [], switches: [], ups: [] }
const silentGenerator = {
  ...{ source: 'G', isRunning: undefined, voltageV: Number.NaN, powerKw: Number.NaN, fuelPct: Number.NaN },
  ...{ startBatteryV: Number.NaN, mode: '' }
}

const READ: readonly [what: string, payload: object, plant: Partial<Record<keyof PlantReport, unknown>>][] = [
  [
    'all of it',
    { time: TIME, generators: [generator], switches: [breaker], ups: [ups] },
    {
      time: TIME,
      generators: [
        {
          ...{ source: 'H1-G', isRunning: true, voltageV: 400, powerKw: 310.5, fuelPct: 63 },
          ...{ startBatteryV: 27.2, mode: 'auto' }
        }
      ],
      switches: [{ section: 'H1-S1', position: 'H1-G', isAutomatic: true, hasFault: false }],
      ups: [ups]
    }
  ],
  ['nothing', {}, {}],
  ['null everywhere', { time: null, generators: null, switches: null, ups: null }, {}],
  ['a generator that says nothing', { generators: [{ source: 'G' }] }, { generators: [silentGenerator] }],
  [
    'null of a generator',
    { generators: [{ source: 'G', running: null, fuelPct: null, mode: null }] },
    { generators: [silentGenerator] }
  ],
  [
    'words nobody knows',
    { generators: [{ source: 'G', mode: 'asleep' }] },
    { generators: [silentGenerator] }
  ],
  [
    'an inherited word',
    { ups: [{ source: 'U', mode: 'toString' }] },
    { ups: [{ source: 'U', mode: '', loadPct: Number.NaN, minutesLeft: Number.NaN }] }
  ],
  ['members nobody knows', { generators: [{ source: 'G', oilBar: 4 }] }, { generators: [silentGenerator] }],
  ['RFC 3339', { time: '2026-11-20T08:16:02+08:00' }, { time: TIME }]
]

for (const [what, payload, plant] of READ)
  test(`backup: ${what}`, () => {
    assert.deepEqual(decode(payload), { plant: { ...NOTHING, ...plant }, refused: [] })
  })

const REFUSED: readonly [what: string, payload: string | object | Uint8Array, code: string][] = [
  ['no JSON', '{', 'NOT_JSON'],
  ['no object', '[]', 'BAD_SHAPE'],
  ['CBOR', new Uint8Array([0xa1, 0x61, 0x61, 0x01]), 'NO_CODEC'],
  ['generators that are no list', { generators: {} }, 'BAD_SHAPE'],
  ['a time in seconds', { time: 1795133762 }, 'TIME_SECONDS'],
  ['a time without offset', { time: '2026-11-20T08:16:02' }, 'TIME_NO_OFFSET'],
  [
    'too many in all lists together',
    { generators: Array(5).fill(generator), ups: Array(6).fill(ups) },
    'TOO_MANY_EVENTS'
  ]
]

for (const [what, payload, code] of REFUSED)
  test(`backup: ${what} is refused whole, ${code}`, () => assert.equal(decode(payload), code))

const ASIDE: readonly [
  what: string,
  list: 'generators' | 'switches' | 'ups',
  entry: unknown,
  code: string
][] = [
  ['a text', 'generators', 'G', 'BACKUP_SHAPE'],
  ['no source', 'generators', { running: true }, 'BACKUP_SHAPE'],
  ['an empty source', 'ups', { source: '' }, 'BACKUP_SHAPE'],
  ['a number for a source', 'ups', { source: 7 }, 'BACKUP_SHAPE'],
  ['a source for a section', 'switches', { source: 'G' }, 'BACKUP_SHAPE'],
  ['running in words', 'generators', { source: 'G', running: 'yes' }, 'VALUE_TYPE'],
  ['more than a tank', 'generators', { source: 'G', fuelPct: 101 }, 'VALUE_TYPE'],
  ['less than none', 'generators', { source: 'G', fuelPct: -1 }, 'VALUE_TYPE'],
  ['a number for a mode', 'generators', { source: 'G', mode: 1 }, 'VALUE_TYPE'],
  ['a list for a position', 'switches', { section: 'S', position: ['F1'] }, 'VALUE_TYPE'],
  ['auto as a number', 'switches', { section: 'S', auto: 1 }, 'VALUE_TYPE'],
  ['minutes below none', 'ups', { source: 'U', minutesLeft: -3 }, 'VALUE_TYPE']
]

for (const [what, list, entry, code] of ASIDE)
  test(`backup: ${what} is set aside alone, ${code}`, () => {
    const decoded = decode({ [list]: [entry], switches: [...(list === 'switches' ? [entry] : []), breaker] })
    assert.ok(typeof decoded === 'object')
    assert.deepEqual(decoded.plant.switches.length, 1, 'its neighbour stands')
    const [refused, ...others] = decoded.refused
    // The place counts through all lists: of a UPS the switch comes first.
    assert.deepEqual([others, refused?.code, refused?.index], [[], code, list === 'ups' ? 1 : 0])
    // What is kept of it is enough to judge it again.
    assert.equal(refusalOfBackup(new TextEncoder().encode(refused!.text)), code)
  })

test('backup: what is kept of another form is refused still; what can be read now is not', () => {
  const judge = (text: string) => refusalOfBackup(new TextEncoder().encode(text))
  assert.equal(judge('{'), 'BACKUP_SHAPE')
  assert.equal(judge('{"list":"batteries","entry":{"source":"G"}}'), 'BACKUP_SHAPE')
  assert.equal(judge('{"list":"toString","entry":{"source":"G"}}'), 'BACKUP_SHAPE')
  assert.equal(judge(JSON.stringify({ list: 'ups', entry: ups })), undefined)
})

test('backup: whatever comes is decoded or refused, and each entry is in one of both', () => {
  const value = fc.oneof(fc.jsonValue(), fc.constant(generator), fc.constant(breaker), fc.constant(ups))
  const lists = fc.record(
    { generators: fc.array(value), switches: fc.array(value), ups: fc.array(value), time: fc.jsonValue() },
    { requiredKeys: [] }
  )
  fc.assert(
    fc.property(fc.oneof(lists, fc.jsonValue()), payload => {
      const text = JSON.stringify(payload)
      const decoded = decode(text)
      if (typeof decoded === 'string') return
      const { generators, switches, ups: powers } = decoded.plant
      const given = JSON.parse(text) as Record<string, unknown[] | null>
      const count = ['generators', 'switches', 'ups'].reduce(
        (sum, each) => sum + (given[each]?.length ?? 0),
        0
      )
      assert.equal(generators.length + switches.length + powers.length + decoded.refused.length, count)
    })
  )
})
