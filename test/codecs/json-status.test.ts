import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeJsonStatus } from '../../src/codecs/json-status.ts'
import type { TerminalStatus } from '../../src/model/events.ts'

const TIME = 1795133762000
const NOTHING = { supply: '', bootCount: Number.NaN, cell: '', time: Number.NaN } as const

const decode = (payload: string | object | Uint8Array) =>
  decodeJsonStatus(
    payload instanceof Uint8Array
      ? payload
      : new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
  )

const READ: readonly [what: string, payload: object, status: Partial<TerminalStatus> | undefined][] = [
  [
    'all of it',
    {
      state: 'online',
      supply: 'mains',
      rsrpDbm: -96,
      cell: '460-00-1',
      batteryPct: 80,
      metersKnown: 212,
      metersOnline: 210,
      bootCount: 7,
      firmware: 'x',
      time: TIME
    },
    { state: 'online', supply: 'mains', cell: '460-00-1', bootCount: 7, time: TIME }
  ],
  ['a last will', { state: 'offline' }, { state: 'offline' }],
  ['on its battery', { state: 'online', supply: 'battery' }, { state: 'online', supply: 'battery' }],
  ['RFC 3339', { state: 'online', time: '2026-11-20T08:16:02+08:00' }, { state: 'online', time: TIME }],
  ['a supply nobody knows', { state: 'online', supply: 'solar' }, { state: 'online' }],
  ['a boot count as text', { state: 'online', bootCount: '7' }, { state: 'online' }],
  ['half a boot', { state: 'online', bootCount: 1.5 }, { state: 'online' }],
  ['a boot count below nothing', { state: 'online', bootCount: -1 }, { state: 'online' }],
  ['a numeric cell', { state: 'online', cell: 460 }, { state: 'online' }],
  ['a time in seconds', { state: 'online', time: 1795133762 }, { state: 'online' }],
  [
    'null everywhere',
    { state: 'online', supply: null, bootCount: null, cell: null, time: null },
    { state: 'online' }
  ],
  ['no state', { supply: 'mains', bootCount: 7 }, undefined],
  ['nothing', {}, undefined],
  ['a state nobody knows', { state: 'asleep' }, undefined],
  ['a state in capitals', { state: 'ONLINE' }, undefined]
]

for (const [what, payload, status] of READ) {
  test(`status: ${what}`, () => {
    assert.deepEqual(decode(payload), status === undefined ? undefined : { ...NOTHING, ...status })
  })
}

test('status: what is no JSON object is refused', () => {
  const rows: readonly [payload: string | Uint8Array, code: string][] = [
    ['online', 'NOT_JSON'],
    ['', 'NOT_JSON'],
    ['"online"', 'BAD_SHAPE'],
    ['[]', 'BAD_SHAPE'],
    ['null', 'BAD_SHAPE'],
    [Uint8Array.of(0xa0), 'NO_CODEC']
  ]
  for (const [payload, code] of rows) assert.equal(decode(payload), code)
})

test('status: any bytes and any JSON object give a refusal or a status, never an error', () => {
  const member = fc.oneof(fc.constantFrom<unknown>('online', 'mains', TIME, 7), fc.jsonValue())
  const status = fc.record(
    { state: member, supply: member, bootCount: member, cell: member, time: member },
    { requiredKeys: [] }
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), bytes => void decode(bytes)),
    { seed: 7, numRuns: 2000 }
  )
  fc.assert(
    fc.property(status, given => {
      const read = decode(JSON.stringify(given))
      assert.ok(typeof read !== 'string', 'an object is decoded')
      assert.equal(read !== undefined, given.state === 'online' || given.state === 'offline')
    }),
    { seed: 7, numRuns: 2000 }
  )
})
