import assert from 'node:assert/strict'
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import fc from 'fast-check'
import { type InputRecord, type InputRules, readLines, RecordedInput } from '../../commands/backtest/input.ts'
import { exportHead, headLine, LineWriter } from '../../commands/backtest/line.ts'
import { isError } from '../../src/errors.ts'
import type { LogRecord } from '../../src/log/port.ts'
import {
  encodeControl,
  FRAME,
  GATEWAY,
  HISTORY,
  type LogName,
  readControl,
  readOrdinal,
  REGISTRY,
  REPLAY,
  SESSION,
  SETTINGS_CHANGED,
  TICK,
  TOPICS,
  writeFrameHead,
  writeOrdinal
} from '../../src/records/gateway-record.ts'
import { joined } from '../../src/records/bytes.ts'

const AS_RECORDED: InputRules = {
  settings: recorded => recorded,
  hasRegistry: () => true,
  takesAnswers: true,
  isSetAside: () => true
}
const utf8 = new TextEncoder()

interface Stored {
  readonly log: LogName
  readonly record: LogRecord
}

function frame(topic: number, seq: number, ordinal: number, payload: Uint8Array, more: object = {}): Stored {
  const head = { generation: 7, arrivedAt: 1000, qos: 1, flags: 0, topic, terminal: 'T1', ordinal, ...more }
  const body = joined([writeFrameHead(new Uint8Array(96), head), payload])
  return { log: TOPICS[topic]?.log ?? 'frames', record: { seq, at: 1000, kind: FRAME, body } }
}

function control(kind: number, seq: number, ordinal: number, content: object): Stored {
  const body = joined([writeOrdinal(new Uint8Array(8), ordinal), encodeControl(content)])
  return { log: 'events', record: { seq, at: 2000, kind, body } }
}

const write = (stored: readonly Stored[], isFromStart = true): string[] => {
  const writer = new LineWriter(isFromStart)
  return stored.map(({ log, record }) => writer.line(log, record, false))
}

const read = (lines: readonly string[], rules = AS_RECORDED, isExport = true): InputRecord[] => {
  const input = new RecordedInput(rules, isExport)
  return lines.flatMap(line => [...input.take(line)])
}

/** Everything of a record, bytes of publishes as they are. */
const shown = ({ log, record: { seq, at, kind, body } }: Stored): object =>
  kind === FRAME
    ? { log, seq, at, kind, body: Buffer.from(body).toString('hex') }
    : { log, seq, at, kind, ordinal: readOrdinal(body), content: readControl(body) }

test('publishes come back byte by byte, whatever they hold', () => {
  const texts = fc.oneof(
    fc.json().map(text => utf8.encode(text)),
    fc.json().map(text => utf8.encode(JSON.stringify(JSON.parse(text)))),
    fc.string({ unit: 'binary' }).map(text => utf8.encode(JSON.stringify({ a: text }))),
    fc.uint8Array({ maxLength: 40 })
  )
  const member = { topic: fc.nat(5), payload: texts, generation: fc.nat(9), qos: fc.nat(1), flags: fc.nat(7) }
  fc.assert(
    fc.property(fc.array(fc.record(member), { maxLength: 8 }), frames => {
      const count = { frames: 0, events: 0 }
      const stored = frames.map(({ topic, payload, ...more }) => {
        const seq = ++count[TOPICS[topic]?.log ?? 'frames']
        return frame(topic, seq, seq, payload, { ...more, arrivedAt: 1000 - more.generation })
      })
      assert.deepEqual(read(write(stored)).map(shown), stored.map(shown))
    }),
    { numRuns: 300 }
  )
})

const KEPT_AS_JSON: [payload: string, isJson: boolean][] = [
  ['{"readings":[{"meter":"M1","importKwh":1.5}]}', true],
  ['{"a":"a\u2028b"}', true],
  ['[1,2]', true],
  ['{"importKwh":1.50}', false],
  ['{"a": 1}', false],
  ['{"a":1,"a":2}', false],
  ['{"2":1,"1":2}', false],
  ['{"n":12345678901234567890}', false],
  ['\ufeff{}', false],
  ['"text"', false],
  ['', false]
]
for (const [payload, isJson] of KEPT_AS_JSON) {
  test(`a payload is ${isJson ? 'JSON' : 'base64'} in its line: ${JSON.stringify(payload)}`, () => {
    const [line = ''] = write([frame(0, 1, 1, utf8.encode(payload))])
    assert.equal(typeof JSON.parse(line).payload !== 'string', isJson)
  })
}

test('control records come back, with gaps in numbers and lost publishes between them', () => {
  const stored = [
    control(SETTINGS_CHANGED, 3, 0, { pastDays: 45, futureMinutes: 5 }),
    control(REGISTRY, 4, 0, { version: 2, hash: 'h' }),
    control(GATEWAY, 5, 0, { state: 'started' }),
    control(SESSION, 6, 0, { terminal: 'T1', state: 'connected', generation: 6, cause: '' }),
    control(TICK, 9, 2, { framesSeq: 4 }),
    frame(2, 10, 4, utf8.encode('{}')),
    frame(0, 1, 3, utf8.encode('{}')),
    control(HISTORY, 11, 4, { answers: [{ id: 1, answer: { meter: 0, extras: 'a\u2029b' } }], answeredAt: 5 })
  ]
  const lines = write(stored)
  assert.deepEqual(read(lines).map(shown), stored.map(shown))
  // What stands before the first line of a window was not lost: its own numbers begin there.
  const [first, , , , tick] = read(write(stored, false))
  assert.deepEqual([first?.record.seq, readOrdinal(tick!.record.body)], [3, 2])
})

test('who asked for a replay is not written', () => {
  const [line = ''] = write([control(REPLAY, 1, 0, { by: 'Ada Lovelace', eventsSeq: 3, entries: [] })])
  assert.deepEqual(JSON.parse(line).payload, { by: '', eventsSeq: 3, entries: [] })
})

test('a record of a kind or topic that this version does not know is refused', () => {
  for (const stored of [control(77, 1, 0, {}), frame(99, 1, 1, utf8.encode('{}'))])
    assert.throws(
      () => write([stored]),
      (error: unknown) => isError(error, 'LOG_FORMAT')
    )
})

test('lines end where every reader says that they do', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-lines-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'lines')
  writeFileSync(path, write([frame(0, 1, 1, utf8.encode('{"a":"\u2028\u2029"}'))]).join(''))
  const lines: string[] = []
  for await (const line of createInterface({ input: createReadStream(path) })) lines.push(line)
  assert.equal(lines.length, 1)
})

test('rules decide what holds in a run; what is passed over keeps its number', () => {
  const entries = [1, 2].map(seq => ({ log: 'frames', seq, index: -1 }))
  const lines = write([
    control(SETTINGS_CHANGED, 1, 0, { pastDays: 45 }),
    control(REGISTRY, 2, 0, { version: 9, hash: 'unknown' }),
    control(HISTORY, 3, 0, { answers: [] }),
    control(REPLAY, 4, 0, { by: '', eventsSeq: 0, entries })
  ])
  const taken = read(lines, {
    settings: recorded => ({ ...recorded, pastDays: 1 }),
    hasRegistry: () => false,
    takesAnswers: false,
    isSetAside: ({ seq }) => seq === 2
  })
  assert.deepEqual(
    taken.map(({ record }) => [record.seq, readControl(record.body)]),
    [
      [1, { pastDays: 1 }],
      [4, { by: '', eventsSeq: 0, entries: [entries[1]] }]
    ]
  )
})

test('a plain file: ticks are made until one is recorded, and time goes forward', () => {
  const tick = (at: number) => JSON.stringify({ at, topic: 'tick', payload: { framesSeq: 0 } })
  const publish = (at: number) => JSON.stringify({ at, terminal: 'T1', topic: 'readings', payload: {} })
  const kinds = (...lines: string[]) => read(lines, AS_RECORDED, false).map(({ record }) => record.kind)
  assert.deepEqual(kinds(publish(1500), publish(3500)), [FRAME, TICK, TICK, FRAME])
  assert.deepEqual(kinds(publish(1500), tick(1600), publish(3500)), [FRAME, TICK, FRAME])
  assert.throws(() => kinds(publish(1500), publish(1400)), /line 2: `at` goes backwards/)
  const wrong: [line: object, complaint: RegExp][] = [
    [{ topic: 'readings', terminal: 'T1' }, /`at` is not epoch/],
    [{ at: 1, topic: 'meter' }, /unknown topic "meter"/],
    [{ at: 1, topic: 'readings' }, /`terminal` is missing/],
    [{ at: 1, topic: 'readings', terminal: 'T1', seq: 'x' }, /`seq` is not a number/],
    [{ at: 1, topic: 'gateway', payload: 'started' }, /an object is expected/]
  ]
  for (const [line, complaint] of wrong) assert.throws(() => kinds(JSON.stringify(line)), complaint)
})

test('a file that is not there, or is no gzip though it says so, is refused with its name', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-lines-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'plain.ndjson.gz'), '{}\n')
  for (const [name, why] of [
    ['none.ndjson', /none\.ndjson: ENOENT/],
    ['none.ndjson.gz', /none\.ndjson\.gz: ENOENT/],
    ['plain.ndjson.gz', /plain\.ndjson\.gz: incorrect header check/]
  ] as const)
    await assert.rejects(readLines(join(folder, name)).next(), error => {
      assert.ok(isError(error, 'SENDER_FORMAT'))
      assert.match(error.message, why)
      return true
    })
})

test('an export of a later format is refused by name', () => {
  const head = { format: 1, version: '0.1.0', whole: true, settings: [], registries: [] }
  assert.deepEqual(exportHead(headLine(1, 'export', head)), head)
  assert.equal(exportHead('{"at":1,"topic":"readings"}'), undefined)
  assert.equal(exportHead('no JSON'), undefined)
  assert.throws(() => exportHead(headLine(1, 'export', { ...head, format: 2 })), /format 2/)
})
