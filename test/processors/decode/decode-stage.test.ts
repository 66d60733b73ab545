import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuditBook } from '../../../processors/audit-book.ts'
import { DecodeStage } from '../../../processors/decode/decode-stage.ts'
import { StepOutput } from '../../../processors/output.ts'
import type { StageInput } from '../../../processors/stage.ts'
import { readingsBalance } from '../../../src/model/audit.ts'
import { QUARANTINE_REASONS } from '../../../src/model/quarantine.ts'
import { FRAME, TOPICS, type TopicName } from '../../../src/records/gateway-record.ts'
import { MeterLine, SETTINGS } from '../../support/meter-line.ts'
import { registryOf } from '../../support/meter-registry.ts'

const TIME = 1795133762000
const gasp = { meter: 'M0', type: 'last-gasp', origin: 'module', time: TIME }
const nobodySaw = { ...gasp, meter: 'M1', origin: 'nobody' }

/** One frame through the stage alone. */
function take(name: TopicName, payload: object | string, replayed: StageInput['replayed'] = undefined) {
  const audit = new AuditBook()
  const out = new StepOutput()
  const bytes = new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
  const topic = TOPICS.findIndex(each => each.name === name)
  const sender = { ordinal: 1, generation: 1, qos: 1, flags: 0, topic, terminal: 'T0' }
  const input: StageInput = {
    ...({} as StageInput),
    log: TOPICS[topic]!.log,
    seq: 7,
    at: TIME + 2000,
    kind: FRAME,
    frame: { ...sender, arrivedAt: TIME + 1000, payload: bytes },
    control: undefined,
    registry: undefined,
    replayed,
    lostFrames: 0,
    decoded: undefined,
    events: undefined,
    status: undefined,
    plant: undefined,
    reply: undefined
  }
  new DecodeStage(audit, SETTINGS).take(input, out)
  const { decoded, events, status, plant, reply } = input
  const aside = out.quarantine.map(({ reason, index }) => `${index} ${QUARANTINE_REASONS[reason]!.code}`)
  const given = {
    events: events?.map(({ type }) => type),
    state: status?.state,
    plant: plant?.ups.length,
    rows: decoded?.rows,
    reply: reply?.id
  }
  return { ...given, aside, out, frames: { ...audit.total.frames }, marks: out.marks }
}

const CASES: readonly [
  what: string,
  topic: TopicName,
  payload: object | string,
  given: { events?: string[]; state?: string; plant?: number; rows?: number; reply?: string },
  aside: string[]
][] = [
  ['events', 'events', { events: [gasp, gasp] }, { events: ['last-gasp', 'last-gasp'] }, []],
  ['no events', 'events', { events: [] }, { events: [] }, []],
  ['a bad event', 'events', { events: [nobodySaw, gasp] }, { events: ['last-gasp'] }, ['0 EVENT_ORIGIN']],
  ['events of no form', 'events', { events: 1 }, {}, ['-1 BAD_SHAPE']],
  ['an unknown type', 'events', { events: [{ type: 'ghost' }] }, { events: [] }, []],
  ['a status', 'status', { state: 'online' }, { state: 'online' }, []],
  ['a status that tells nothing', 'status', { firmware: '1' }, {}, []],
  ['a status that is no object', 'status', 'online', {}, ['-1 NOT_JSON']],
  ['events on the topic of status', 'status', { events: [gasp] }, {}, []],
  ['a backup message', 'backup', { time: TIME, ups: [{ source: 'U' }] }, { plant: 1 }, []],
  ['a bad entry of one', 'backup', { ups: [{}, { source: 'U' }] }, { plant: 1 }, ['0 BACKUP_SHAPE']],
  ['one of no form', 'backup', { ups: {} }, {}, ['-1 BAD_SHAPE']],
  ['events on the topic of backup', 'backup', { events: [gasp] }, { plant: 0 }, []],
  ['readings', 'readings', { readings: [{ meter: 'M0', time: TIME, importKwh: 1 }] }, { rows: 1 }, []],
  [
    'a reply',
    'replies',
    { id: 'P1', time: TIME, readings: [{ meter: 'M0', voltageV: 1 }] },
    { reply: 'P1', rows: 1 },
    []
  ],
  ['a reply of failures', 'replies', { id: 'P1', failures: [] }, { reply: 'P1', rows: 0 }, []],
  ['a reply of no form', 'replies', { id: 'P1' }, {}, ['-1 REPLY_SHAPE']],
  ['a reply with an odd reading', 'replies', { id: 'P1', readings: {} }, {}, ['-1 BAD_SHAPE']],
  ['raw bytes', 'frames', 'h', {}, ['-1 NO_CODEC']]
]

for (const [what, topic, payload, given, expected] of CASES) {
  test(`decode: ${what}: ${expected.join() || 'decoded'}`, () => {
    const { aside, frames, ...seen } = take(topic, payload)
    const { events, state, plant, rows, reply } = seen
    const names = ['events', 'state', 'plant', 'rows', 'reply']
    const nothing = Object.fromEntries(names.map(name => [name, undefined]))
    assert.deepEqual({ events, state, plant, rows, reply }, { ...nothing, ...given })
    assert.deepEqual(aside, expected)
    const isWhole = expected[0]?.startsWith('-1') === true
    assert.deepEqual(frames, isWhole ? { decoded: 0, quarantined: 1 } : { decoded: 1, quarantined: 0 })
  })
}

test('decode: a refused event is set aside with its place, its meter and its text', () => {
  const { out } = take('events', { events: [gasp, nobodySaw] })
  const [{ bytes, reason, ...entry }] = out.quarantine as [StepOutput['quarantine'][number]]
  assert.deepEqual(entry, {
    ...{ log: 'events', seq: 7, at: TIME + 1000, terminal: 'T0', topic: 'events' },
    ...{ index: 1, meter: 'M1' }
  })
  assert.equal(QUARANTINE_REASONS[reason]!.code, 'EVENT_ORIGIN')
  assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes)), nobodySaw)
})

test('decode: what is replayed tells nothing of the state of now', () => {
  const key = { log: 'events', seq: 3, by: 'ann' } as const
  const rows: readonly [topic: TopicName, payload: object, index: number, outcome: string][] = [
    ['events', { events: [gasp] }, -1, 'decoded'],
    ['events', gasp, 4, 'decoded'],
    ['events', nobodySaw, 4, 'quarantined'],
    ['status', { state: 'online' }, -1, 'decoded'],
    ['backup', { ups: [{ source: 'U' }] }, -1, 'decoded'],
    ['backup', { list: 'ups', entry: { source: 'U' } }, 2, 'decoded'],
    ['backup', { list: 'ups', entry: {} }, 2, 'quarantined']
  ]
  for (const [topic, payload, index, outcome] of rows) {
    const { events, state, plant, rows, marks, aside } = take(topic, payload, { ...key, index })
    assert.deepEqual([events, state, plant, rows, aside], [undefined, undefined, undefined, undefined, []])
    assert.deepEqual(
      marks.map(mark => ({ ...mark, reason: 0 })),
      [{ ...key, index, at: TIME + 2000, outcome, reason: 0 }]
    )
  }
})

const registry = registryOf([{ id: 'M0' }])

/** `2 EVENT_ORIGIN open`, oldest first. */
async function states(line: MeterLine): Promise<string[]> {
  const entries = await line.store.quarantine({ limit: 100 })
  return entries
    .toReversed()
    .map(({ index, reason, mark }) =>
      [index, QUARANTINE_REASONS[reason].code, mark?.outcome ?? 'open'].join(' ')
    )
}

test('refused events are no readings: both equations hold, before and after a replay', async () => {
  const line = new MeterLine({ registry })
  await line.useRegistry()
  await line.publish(TIME, { events: [gasp, nobodySaw, 7] }, 'T0', 'events')
  const check = (): void => {
    const { frames, readings } = line.pipeline.audit.total
    assert.deepEqual({ ...frames }, { decoded: 1, quarantined: 0 })
    assert.ok(readingsBalance(readings))
    assert.deepEqual([readings.decoded, readings.quarantined], [0, 0])
  }
  check()
  assert.deepEqual(await states(line), ['1 EVENT_ORIGIN open', '2 EVENT_SHAPE open'])
  await line.replay()
  check()
  assert.deepEqual(await states(line), ['1 EVENT_ORIGIN quarantined', '2 EVENT_SHAPE quarantined'])
  const corrected = new TextEncoder().encode(JSON.stringify(gasp))
  await line.replay((await line.replayable()).slice(0, 1).map(row => ({ ...row, bytes: corrected })))
  check()
  assert.deepEqual((await states(line)).toSorted(), ['1 EVENT_ORIGIN decoded', '2 EVENT_SHAPE quarantined'])
})

test('a frame of too many events is decoded once more are allowed, and its bad events are set aside then', async () => {
  const line = new MeterLine({ registry, settings: { ...SETTINGS, maxReadings: 2 } })
  await line.useRegistry()
  const inferred = { ...gasp, meter: undefined, meters: ['M0', 'M1'], origin: 'inferred' }
  await line.publish(TIME, { events: [inferred, nobodySaw] }, 'T0', 'events')
  assert.deepEqual({ ...line.pipeline.audit.total.frames }, { decoded: 0, quarantined: 1 })
  await line.useSettings(SETTINGS)
  await line.replay()
  assert.deepEqual({ ...line.pipeline.audit.total.frames }, { decoded: 1, quarantined: 0 })
  assert.deepEqual(await states(line), ['-1 TOO_MANY_EVENTS decoded', '1 EVENT_ORIGIN open'])
})
