import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodedFrame } from '../../src/codecs/decoded-frame.ts'
import { decodeReadCommand, encodeReadCommand } from '../../src/codecs/json-command.ts'
import { decodeJsonReply } from '../../src/codecs/json-reply.ts'

const TIME = 1795133762000
const bytes = (payload: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(payload))
const row = { meter: 'M0', time: TIME, voltageV: 229.8 }

function decode(payload: unknown) {
  const into = new DecodedFrame()
  const reply = decodeJsonReply(bytes(payload), 3, into)
  return { reply, into }
}

test('a reply: its readings as in any frame, its failures with their reasons', () => {
  const failures = [
    { meter: 'M1', reason: 'no-answer' },
    { meter: 'M2', reason: 'unknown-meter', since: 'yesterday' }
  ]
  const { reply, into } = decode({
    id: 'P7',
    collectedAt: TIME + 1,
    readings: [row, { meter: 'M3' }],
    failures
  })
  const read = failures.map(({ meter, reason }) => ({ meter, reason }))
  assert.deepEqual(reply, { id: 'P7', failures: read })
  assert.deepEqual([into.rows, into.meter[0], into.collectedAt], [1, 'M0', TIME + 1])
  assert.deepEqual(
    into.refused.map(({ index, code }) => [index, code]),
    [[1, 'TIME_MISSING']]
  )
})

test('a reply: columns, and one of failures alone', () => {
  assert.equal(decode({ id: 'P7', time: TIME, meters: ['M0', 'M1'], voltageV: [229, 230] }).into.rows, 2)
  const { reply, into } = decode({ id: 'P7', failures: [{ meter: 'M1', reason: 'not-asked' }] })
  assert.deepEqual([typeof reply, into.rows], ['object', 0])
})

const REFUSED: readonly [what: string, payload: unknown, code: string][] = [
  ['no id', { readings: [row] }, 'REPLY_SHAPE'],
  ['a number for an id', { id: 7, readings: [row] }, 'REPLY_SHAPE'],
  ['an id beyond length', { id: 'P'.repeat(65), readings: [row] }, 'REPLY_SHAPE'],
  ['nothing in it', { id: 'P7' }, 'REPLY_SHAPE'],
  ['null in it', { id: 'P7', readings: null, failures: null }, 'REPLY_SHAPE'],
  ['failures that are no list', { id: 'P7', failures: {} }, 'REPLY_SHAPE'],
  ['a failure that is none', { id: 'P7', failures: [null] }, 'REPLY_SHAPE'],
  ['a reason nobody knows', { id: 'P7', failures: [{ meter: 'M1', reason: 'mood' }] }, 'REPLY_SHAPE'],
  ['an inherited reason', { id: 'P7', failures: [{ meter: 'M1', reason: 'toString' }] }, 'REPLY_SHAPE'],
  ['a failure of nobody', { id: 'P7', failures: [{ meter: '', reason: 'no-answer' }] }, 'REPLY_SHAPE'],
  ['too many readings', { id: 'P7', readings: [row, row, row, row] }, 'TOO_MANY_READINGS'],
  [
    'too many failures',
    { id: 'P7', failures: Array(4).fill({ meter: 'M', reason: 'no-answer' }) },
    'TOO_MANY_READINGS'
  ],
  ['rows and columns', { id: 'P7', readings: [row], meters: [] }, 'BAD_SHAPE'],
  ['a list', [], 'BAD_SHAPE']
]
for (const [what, payload, code] of REFUSED)
  test(`a reply is refused: ${what}`, () => assert.equal(decode(payload).reply, code))

test('a command that goes down is a read, and a terminal takes nothing else', () => {
  const command = { id: 'P7', meters: ['M0', 'M1'], deadline: TIME }
  const text = encodeReadCommand(command)
  assert.deepEqual(decodeReadCommand(Buffer.from(text)), command)
  for (const more of [
    { type: 'relay-open' },
    { id: '' },
    { meters: [7] },
    { meters: 'M0' },
    { deadline: 'x' }
  ])
    assert.equal(decodeReadCommand(bytes({ ...JSON.parse(text), ...more })), undefined, JSON.stringify(more))
})
