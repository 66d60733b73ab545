import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DecodedEvents, decodeJsonEvents, refusalOfEvent } from '../../src/codecs/json-events.ts'
import { EVENT_ORIGINS, EVENT_TYPES, type ReportedEvent } from '../../src/model/events.ts'
import { QUARANTINE_REASONS } from '../../src/model/quarantine.ts'

const TIME = 1795133762300
const TEXT = '2026-11-20T08:16:02.300+08:00'
const SEED = { seed: 20261122 }

const encode = (payload: string | object): Uint8Array =>
  new TextEncoder().encode(typeof payload === 'string' ? payload : JSON.stringify(payload))
const decode = (payload: string | object | Uint8Array, maxEvents = 10_000) =>
  decodeJsonEvents(payload instanceof Uint8Array ? payload : encode(payload), maxEvents)

function decoded(payload: string | object, maxEvents?: number): DecodedEvents {
  const result = decode(payload, maxEvents)
  assert.ok(typeof result !== 'string', `refused: ${result as string}`)
  return result
}

const gasp = { meter: 'M1', type: 'last-gasp', origin: 'module', time: TIME }
const NOTHING: Omit<ReportedEvent, 'type' | 'origin'> = {
  meters: [],
  about: '',
  time: Number.NaN,
  reportedAt: Number.NaN,
  start: Number.NaN,
  end: Number.NaN,
  phases: 0,
  count: Number.NaN,
  from: '',
  to: '',
  durationMs: Number.NaN,
  isTest: false
}

const ACCEPTED: readonly [what: string, event: object, read: Partial<ReportedEvent>][] = [
  ['a gasp', gasp, { meters: ['M1'], time: TIME }],
  ['RFC 3339', { ...gasp, time: TEXT, reportedAt: TEXT }, { meters: ['M1'], time: TIME, reportedAt: TIME }],
  ['no time', { ...gasp, time: undefined }, { meters: ['M1'] }],
  ['time null', { ...gasp, time: null }, { meters: ['M1'] }],
  ['many meters', { ...gasp, meter: undefined, meters: ['M1', 'M2'] }, { meters: ['M1', 'M2'], time: TIME }],
  ['the terminal', { ...gasp, meter: 'self' }, { meters: ['self'], time: TIME }],
  ['a device', { ...gasp, meter: null, device: 'S1' }, { about: 'S1', time: TIME }],
  ['a source', { ...gasp, meter: undefined, source: 'GEN' }, { about: 'GEN', time: TIME }],
  ['a section', { ...gasp, meter: undefined, section: 'OP' }, { about: 'OP', time: TIME }],
  [
    'a record',
    { ...gasp, time: undefined, start: TIME - 1000, end: TEXT },
    { meters: ['M1'], start: TIME - 1000, end: TIME }
  ],
  ['a record of one moment', { ...gasp, start: TIME, end: TIME }, { start: TIME, end: TIME }],
  ['an open record', { ...gasp, start: TIME }, { start: TIME }],
  ['only an end', { ...gasp, end: TIME }, { end: TIME }],
  ['a phase', { ...gasp, phases: 'B' }, { phases: 2 }],
  ['phases in any order', { ...gasp, phases: 'CA' }, { phases: 5 }],
  ['no letter at all', { ...gasp, phases: '' }, { phases: 0 }],
  ['a count', { ...gasp, count: 17 }, { count: 17 }],
  ['no gap of a transfer', { ...gasp, durationMs: 0 }, { durationMs: 0 }],
  [
    'a transfer',
    { ...gasp, type: 'transfer', meter: undefined, section: 'S1', from: 'G1', to: 'G2', durationMs: 1500.5 },
    { type: 'transfer', meters: [], about: 'S1', time: TIME, from: 'G1', to: 'G2', durationMs: 1500.5 }
  ],
  ['null ends', { ...gasp, from: null, to: null, durationMs: null }, {}],
  ['the highest count', { ...gasp, count: 4294967295 }, { count: 4294967295 }],
  ['a test', { ...gasp, test: true }, { isTest: true }],
  ['no test', { ...gasp, test: false }, { isTest: false }],
  [
    'null everywhere',
    { ...gasp, reportedAt: null, start: null, end: null, phases: null, count: null, test: null },
    {}
  ],
  ['members nobody knows', { ...gasp, cause: 'storm', colour: 'red' }, {}]
]

for (const [what, event, read] of ACCEPTED) {
  test(`event: ${what}`, () => {
    const result = decoded({ events: [event] })
    const { type, origin } = gasp as ReportedEvent & typeof gasp
    const common = 'meters' in read || 'about' in read ? {} : { meters: ['M1'], time: TIME }
    assert.deepEqual(result.events, [{ ...NOTHING, type, origin, ...common, ...read }])
    assert.deepEqual([result.refused, result.unknownTypes], [[], 0])
  })
}

const REFUSED: readonly [what: string, event: unknown, code: string][] = [
  ['null', null, 'EVENT_SHAPE'],
  ['a text', 'last-gasp', 'EVENT_SHAPE'],
  ['a list', [gasp], 'EVENT_SHAPE'],
  ['no type', { ...gasp, type: undefined }, 'EVENT_SHAPE'],
  ['a type that is a number', { ...gasp, type: 7 }, 'EVENT_SHAPE'],
  ['no origin', { ...gasp, origin: undefined }, 'EVENT_ORIGIN'],
  ['origin null', { ...gasp, origin: null }, 'EVENT_ORIGIN'],
  ['an unknown origin', { ...gasp, origin: 'neighbour' }, 'EVENT_ORIGIN'],
  ['origin constructor', { ...gasp, origin: 'constructor' }, 'EVENT_ORIGIN'],
  ['nobody', { ...gasp, meter: undefined }, 'EVENT_SUBJECT'],
  ['an empty meter', { ...gasp, meter: '' }, 'EVENT_SUBJECT'],
  ['a numeric meter', { ...gasp, meter: 330100000017 }, 'EVENT_SUBJECT'],
  ['no meters', { ...gasp, meter: undefined, meters: [] }, 'EVENT_SUBJECT'],
  ['a numeric meter of many', { ...gasp, meter: undefined, meters: ['M1', 7] }, 'EVENT_SUBJECT'],
  ['meters that are no list', { ...gasp, meter: undefined, meters: 'M1' }, 'EVENT_SUBJECT'],
  ['meter and meters', { ...gasp, meters: ['M2'] }, 'EVENT_SUBJECT'],
  ['a meter and a device', { ...gasp, device: 'S1' }, 'EVENT_SUBJECT'],
  ['a device that is a list', { ...gasp, meter: undefined, device: ['S1'] }, 'EVENT_SUBJECT'],
  ['a time that is none', { ...gasp, time: 'noon' }, 'TIME_FORMAT'],
  ['a time in seconds', { ...gasp, time: 1795133762 }, 'TIME_SECONDS'],
  ['a time without offset', { ...gasp, reportedAt: '2026-11-20T08:16:02' }, 'TIME_NO_OFFSET'],
  ['a start that is none', { ...gasp, start: true }, 'TIME_FORMAT'],
  ['an end that is none', { ...gasp, end: {} }, 'TIME_FORMAT'],
  ['a span that ends before it starts', { ...gasp, start: TIME, end: TIME - 1 }, 'EVENT_SPAN'],
  ['a phase D', { ...gasp, phases: 'AD' }, 'EVENT_PHASES'],
  ['a phase a', { ...gasp, phases: 'a' }, 'EVENT_PHASES'],
  ['a list of phases', { ...gasp, phases: ['A'] }, 'EVENT_PHASES'],
  ['half a count', { ...gasp, count: 1.5 }, 'VALUE_TYPE'],
  ['a count below nothing', { ...gasp, count: -1 }, 'VALUE_TYPE'],
  ['a gap below nothing', { ...gasp, durationMs: -1 }, 'VALUE_TYPE'],
  ['a text as a gap', { ...gasp, durationMs: '3' }, 'VALUE_TYPE'],
  ['a number as an end of a transfer', { ...gasp, from: 7 }, 'VALUE_TYPE'],
  ['a text as a count', { ...gasp, count: '3' }, 'VALUE_TYPE'],
  ['a test that is a text', { ...gasp, test: 'true' }, 'VALUE_TYPE']
]

for (const [what, event, code] of REFUSED) {
  test(`event refused: ${what}: ${code}; its neighbours are not`, () => {
    const result = decoded({ events: [gasp, event, gasp] })
    assert.equal(result.events.length, 2)
    const [only, ...more] = result.refused
    assert.deepEqual([only?.index, only?.code, more], [1, code, []])
    assert.deepEqual(JSON.parse(only!.text), JSON.parse(JSON.stringify(event)))
    assert.equal(refusalOfEvent(encode(only!.text)), code, 'alone as in its frame')
  })
}

test('events: a refused one has its meter, at most 64 letters of it', () => {
  const meterOf = (event: object) => decoded({ events: [{ type: 'last-gasp', ...event }] }).refused[0]!.meter
  assert.equal(meterOf({ meter: 'M1' }), 'M1')
  assert.equal(meterOf({ meter: 'm'.repeat(1000) }).length, 64)
  assert.equal(meterOf({ meters: ['M1', 'M2'] }), '')
  assert.equal(meterOf({ device: 'S1' }), '')
})

test('events: every type and every origin is known', () => {
  const events = EVENT_TYPES.flatMap(type => EVENT_ORIGINS.map(origin => ({ meter: 'M1', type, origin })))
  const result = decoded({ events })
  assert.deepEqual(
    result.events.map(({ type, origin }) => ({ meter: 'M1', type, origin })),
    events
  )
})

test('events: an unknown type is counted and passed over, whatever else it says', () => {
  const unknown = ['ghost', 'constructor', '__proto__', ''].map(type => ({ type }))
  const result = decoded({ events: [...unknown, gasp] })
  assert.deepEqual([result.events.length, result.refused.length, result.unknownTypes], [1, 0, 4])
})

const FRAME_REFUSED: readonly [what: string, payload: string | object | Uint8Array, code: string][] = [
  ['nothing', '', 'NOT_JSON'],
  ['half a message', '{"events":[{', 'NOT_JSON'],
  ['a list', [gasp], 'BAD_SHAPE'],
  ['no events', {}, 'BAD_SHAPE'],
  ['events that are no list', { events: gasp }, 'BAD_SHAPE'],
  ['events under __proto__', '{"__proto__":{"events":[]}}', 'BAD_SHAPE'],
  ['readings', { readings: [] }, 'BAD_SHAPE'],
  ['CBOR', Uint8Array.of(0xa1, 0x61, 0x61, 1), 'NO_CODEC']
]

for (const [what, payload, code] of FRAME_REFUSED) {
  test(`frame of events refused: ${what}: ${code}`, () => assert.equal(decode(payload), code))
}

test('events: more meters than allowed refuse the frame, and each event is one at least', () => {
  const many = (count: number) => ({ ...gasp, meter: undefined, meters: Array(count).fill('M1') })
  const rows: readonly [what: string, events: unknown[], isTaken: boolean][] = [
    ['none', [], true],
    ['four in one', [many(4)], true],
    ['five in one', [many(5)], false],
    ['one and three', [gasp, many(3)], true],
    ['two and three', [gasp, gasp, many(3)], false],
    ['four of equipment', Array(4).fill({ ...gasp, meter: undefined, device: 'S1' }), true],
    ['five of equipment', Array(5).fill({ ...gasp, meter: undefined, device: 'S1' }), false],
    ['five that name nobody', Array(5).fill({ ...gasp, meter: undefined, meters: [] }), false],
    ['five numbers', [1, 2, 3, 4, 5], false]
  ]
  for (const [what, events, isTaken] of rows) {
    const result = decode({ events }, 4)
    assert.equal(result === 'TOO_MANY_EVENTS', !isTaken, what)
  }
})

test('events: nested 100,000 levels deep, wherever it stands', () => {
  const nested = '['.repeat(100_000) + ']'.repeat(100_000)
  const table: readonly [event: string, code: string | undefined][] = [
    [nested, 'EVENT_SHAPE'],
    [`{"type":${nested}}`, 'EVENT_SHAPE'],
    [`{"type":"last-gasp","origin":${nested}}`, 'EVENT_ORIGIN'],
    [`{"type":"last-gasp","origin":"meter","meters":${nested}}`, 'EVENT_SUBJECT'],
    [`{"type":"last-gasp","origin":"meter","meter":"M1","time":${nested}}`, 'TIME_FORMAT'],
    [`{"type":"last-gasp","origin":"meter","meter":"M1","x":${nested}}`, undefined]
  ]
  for (const [event, code] of table) {
    const result = decoded(`{"events":[${event},${JSON.stringify(gasp)}]}`)
    assert.equal(result.refused[0]?.code, code)
    assert.equal(result.events.length, code === undefined ? 2 : 1)
  }
})

test('an event of the quarantine can be read, or is refused with a reason of one event', () => {
  const rows: readonly [text: string, code: string | undefined][] = [
    [JSON.stringify(gasp), undefined],
    ['', 'EVENT_SHAPE'],
    ['"nested too deeply"', 'EVENT_SHAPE'],
    [JSON.stringify({ events: [gasp] }), 'EVENT_SHAPE'],
    [JSON.stringify({ ...gasp, origin: 'x' }), 'EVENT_ORIGIN']
  ]
  for (const [text, code] of rows) assert.equal(refusalOfEvent(encode(text)), code, text)
})

const LEVELS = new Map<string, string>(QUARANTINE_REASONS.map(({ code, level }) => [code, level]))

/** What holds for whatever came in. @param given how many events stand in it */
function check(result: ReturnType<typeof decode>, given?: number): void {
  if (typeof result === 'string') {
    assert.equal(LEVELS.get(result), 'frame', result)
    return
  }
  const { events, refused, unknownTypes } = result
  if (given !== undefined) assert.equal(events.length + refused.length + unknownTypes, given)
  for (const { code } of refused) assert.equal(LEVELS.get(code), 'reading', code)
  for (const { meters, about, start, end, phases } of events) {
    assert.equal(meters.length === 0, about !== '', 'meters or equipment')
    assert.ok(!(end < start) && phases >= 0 && phases <= 7)
  }
}

const anyTime = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: TIME - 1e6, max: TIME + 1e6 }) },
  fc.constantFrom<unknown>(TEXT, 1795133762, 'x', null, '2026-11-20T08:16:02')
)
const anyEvent = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record(
      {
        type: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...EVENT_TYPES) }, fc.jsonValue()),
        origin: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...EVENT_ORIGINS) }, fc.jsonValue()),
        meter: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('M1', 'self') }, fc.jsonValue()),
        meters: fc.oneof(fc.constant(null), fc.array(fc.constantFrom<unknown>('M1', 'M2', 3))),
        device: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, fc.jsonValue()),
        time: anyTime,
        start: anyTime,
        end: anyTime,
        phases: fc.constantFrom<unknown>('A', 'BC', 'ABC', 'D', '', null, 3),
        count: fc.oneof(fc.nat(), fc.double()),
        from: fc.oneof({ arbitrary: fc.string(), weight: 29 }, fc.nat()),
        durationMs: fc.oneof({ arbitrary: fc.nat(), weight: 29 }, fc.double()),
        test: fc.constantFrom<unknown>(true, false, null, 'true')
      },
      { requiredKeys: ['type', 'origin', 'meter'] }
    )
  },
  { weight: 1, arbitrary: fc.jsonValue() }
)

test('events: any bytes and any JSON give a refusal or events, never an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => check(decode(bytes))),
    { ...SEED, numRuns: 2000 }
  )
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ events: fc.jsonValue() })), value =>
      check(decode(JSON.stringify(value)))
    ),
    { ...SEED, numRuns: 2000 }
  )
})

test('events: any message is accounted for event by event', () => {
  let [taken, refused] = [0, 0]
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 6 }), fc.integer({ min: 0, max: 12 }), (events, most) => {
      const result = decode(JSON.stringify({ events }), most)
      check(result, events.length)
      if (typeof result === 'string') return
      taken += result.events.length
      refused += result.refused.length
    }),
    { ...SEED, numRuns: 5000 }
  )
  assert.ok(taken > 300 && refused > 300, `${taken} events and ${refused} refused were tried`)
})

test('events: mutated bytes of a good message are accounted for', () => {
  const good = encode({ events: [{ ...gasp, phases: 'AB', count: 3, test: true, start: TIME, end: TEXT }] })
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
