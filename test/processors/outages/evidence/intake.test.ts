import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Claims, Intake } from '../../../../processors/outages/evidence/intake.ts'
import { CLAIM, MeterBook } from '../../../../processors/outages/evidence/meter-book.ts'
import { OtherSources } from '../../../../processors/outages/evidence/other-sources.ts'
import { TerminalBook } from '../../../../processors/outages/evidence/terminal-book.ts'
import { PresentGrid } from '../../../../processors/outages/grid/present-grid.ts'
import type { EventOrigin, EventType, ReportedEvent } from '../../../../src/model/events.ts'
import type { SessionRecord } from '../../../../src/records/gateway-record.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'

const T0 = Date.UTC(2026, 10, 20, 8)
const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000]
const CASE = 41

interface Told {
  readonly area: string
  readonly time: number
  readonly isRecord: boolean
}

/** Books of the town, and what somebody is told who asks for claims. */
class Desk {
  readonly registry = drawRegistry(TOWN)
  readonly grid = new PresentGrid(this.registry)
  readonly meters = new MeterBook()
  readonly terminals = new TerminalBook()
  readonly told: Told[] = []
  readonly intake: Intake
  /** When that began of which a record tells, as cases know. */
  began = Number.NaN
  /** Whether a finding says that clocks are wrong. */
  isClockWrong = false

  constructor() {
    this.meters.grow(this.registry.meters.count)
    const tell = (area: number, time: number, isRecord: boolean): number => {
      this.told.push({ area: this.grid.id(area), time, isRecord })
      return CASE
    }
    const claims: Claims = {
      claim: (area, time, _holder, record) => tell(area, time, record !== undefined),
      odd: (area, time) => tell(area, time, false),
      between: (area, { since, until }) => {
        const start = (since + until) / 2
        return { id: tell(area, start, false), start }
      },
      risen: () => {},
      down: (area, _since, time) => tell(area, time, false),
      isPartlyBack: () => false,
      hasWrongClock: () => this.isClockWrong,
      momentOfRecord: () => this.began
    }
    const books = {
      grid: this.grid,
      meters: this.meters,
      terminals: this.terminals,
      others: new OtherSources()
    }
    this.intake = new Intake(books, claims)
  }

  say(terminal: string, event: Partial<ReportedEvent> & { type: EventType }, at: number): this {
    const { type, meters = ['a0'], origin = 'module', time = at, ...rest } = event
    const none = { start: Number.NaN, end: Number.NaN, reportedAt: Number.NaN, count: Number.NaN }
    const ends = { from: '', to: '', durationMs: Number.NaN }
    const said = {
      ...none,
      ...ends,
      type,
      meters,
      origin,
      time,
      about: '',
      phases: 0,
      isTest: false,
      ...rest
    }
    this.intake.event(terminal, said, at)
    return this
  }

  of(id: string): number {
    return this.registry.meterNumbers.get(id)!
  }
}

const gasp = (more: Partial<ReportedEvent> = {}) => ({ type: 'last-gasp' as const, ...more })

test('a gasp is a claim of the area of its meter, at its time', () => {
  const desk = new Desk().say('KA', gasp({ time: T0 - 2 * SECOND }), T0)
  assert.deepEqual(desk.told, [{ area: 'TA', time: T0 - 2 * SECOND, isRecord: false }])
  const { lostAt, lostBy, lostCase } = desk.meters
  const meter = desk.of('a0')
  assert.deepEqual([lostAt[meter], lostBy[meter], lostCase[meter]], [T0 - 2 * SECOND, CLAIM.gasp, CASE])
})

const ORIGINS: readonly (readonly [origin: EventOrigin, by: number])[] = [
  ['meter', CLAIM.gasp],
  ['module', CLAIM.gasp],
  ['collector', CLAIM.collected],
  ['terminal', CLAIM.collected],
  ['inferred', CLAIM.none]
]
for (const [origin, by] of ORIGINS)
  for (const type of ['last-gasp', 'power-down'] as const)
    test(`a ${type} that a ${origin} saw: ${Object.keys(CLAIM)[by]}`, () => {
      const desk = new Desk().say('KA', { type, origin }, T0)
      assert.equal(desk.meters.lostBy[desk.of('a0')], by)
      assert.equal(desk.told.length, by === CLAIM.none ? 0 : 1)
    })

const NOTHING: readonly (readonly [what: string, terminal: string, event: Partial<ReportedEvent>])[] = [
  ['a test', 'KA', { isTest: true }],
  ['a meter of another terminal', 'KB', {}],
  ['a terminal that nobody knows', 'K9', {}],
  ['a meter that nobody knows', 'KA', { meters: ['ghost'] }],
  ['a name that every object has', 'KA', { meters: ['__proto__', 'constructor'] }],
  ['equipment', 'KA', { meters: [], about: 'TA' }],
  ['an old gasp', 'KA', { time: T0 - 3 * HOUR }],
  ['a clock that was never set', 'KA', { time: 0 }]
]
for (const [what, terminal, event] of NOTHING)
  test(`${what} claims nothing`, () => {
    const desk = new Desk().say(terminal, gasp(event), T0)
    assert.deepEqual(desk.told, [])
    assert.ok(desk.meters.lostAt.every(Number.isNaN))
  })

test('of many meters each claims for itself, strangers apart', () => {
  const desk = new Desk().say('KA', gasp({ meters: ['a0', 'b1', 'c0', 'ghost'] }), T0)
  assert.deepEqual(
    desk.told.map(({ area }) => area),
    ['TA', 'TA']
  )
})

const CLAIMS: readonly (readonly [what: string, provenAt: number, claims: number])[] = [
  ['lived long before', -MINUTE, 1],
  ['lived a moment after, within what clocks are off', 15 * SECOND, 1],
  ['lived since', 30 * SECOND, 0]
]
for (const [what, provenAt, claims] of CLAIMS)
  test(`a gasp of a meter that ${what}`, () => {
    const desk = new Desk()
    desk.meters.prove(desk.of('a0'), T0 + provenAt)
    desk.say('KA', gasp({ time: T0 }), T0 + MINUTE)
    assert.equal(desk.told.length, claims)
  })

test('the same gasp again claims nothing more; after a return of supply it does', () => {
  const desk = new Desk()
  desk.meters.prove(desk.of('a0'), T0 - 5 * MINUTE)
  desk.say('KA', gasp(), T0)
  desk.say('KA', gasp({ time: T0 }), T0 + SECOND).say('KA', gasp({ type: 'power-down' }), T0 + 9 * SECOND)
  assert.equal(desk.told.length, 1)
  desk.say('KA', { type: 'power-up', origin: 'meter' }, T0 + 5 * MINUTE)
  desk.say('KA', gasp(), T0 + 10 * MINUTE)
  assert.deepEqual(
    desk.told.map(({ time }) => time),
    [T0, T0 + 10 * MINUTE]
  )
})

/** Seconds by which a meter's clock is ahead. */
for (const ahead of [0, 8, -8, 400, -9 * 86_400])
  test(`how long it lasted is told by the meter's own clock, ${ahead} s ahead`, () => {
    const off = ahead * SECOND
    const desk = new Desk().say('KA', gasp({ time: T0 - SECOND + off, reportedAt: T0 }), T0)
    const { lostAt, backAt } = desk.meters
    const meter = desk.of('a0')
    const back = T0 + 3 * SECOND
    desk.say(
      'KA',
      { type: 'power-up', origin: 'meter', time: back + off, reportedAt: T0 + 9 * SECOND },
      T0 + 9 * SECOND
    )
    assert.equal(backAt[meter]! - lostAt[meter]!, 4 * SECOND)
    assert.ok(desk.meters.aliveAt(meter) <= T0 + 9 * SECOND)
  })

test('a power-up without a gasp before it proves life, and no return', () => {
  const desk = new Desk().say('KA', { type: 'power-up', origin: 'meter' }, T0)
  assert.equal(desk.meters.aliveAt(desk.of('a0')), T0)
  assert.ok(Number.isNaN(desk.meters.backAt[desk.of('a0')]))
})

const RECORD = { type: 'power-outage-record', origin: 'meter', time: Number.NaN } as const
const RECORDS: readonly (readonly [
  what: string,
  start: number,
  end: number,
  wanted: readonly [number, number] | undefined
])[] = [
  ['of what is just over', -20 * MINUTE, -5 * MINUTE, [-20 * MINUTE, -5 * MINUTE]],
  ['of this morning', -3 * HOUR, -2 * HOUR, [-3 * HOUR, -2 * HOUR]],
  ['of days ago', -30 * HOUR, -29 * HOUR, undefined],
  ['without an end', -20 * MINUTE, Number.NaN, undefined],
  ['of the future', HOUR, 2 * HOUR, undefined]
]
for (const [what, start, end, wanted] of RECORDS)
  test(`a record ${what}`, () => {
    const desk = new Desk().say('KA', { ...RECORD, start: T0 + start, end: T0 + end }, T0)
    const meter = desk.of('a0')
    const { recordStart, recordEnd, recordCase } = desk.meters
    const [from = Number.NaN, to = Number.NaN] = wanted?.map(each => T0 + each) ?? []
    assert.deepEqual([recordStart[meter], recordEnd[meter]], [from, to])
    assert.equal(recordCase[meter], wanted === undefined ? -1 : CASE)
    assert.deepEqual(desk.told, wanted === undefined ? [] : [{ area: 'TA', time: from, isRecord: true }])
  })

test('a record of a clock that is off is moved to the gasp of the same loss', () => {
  const off = 7 * MINUTE
  const desk = new Desk().say('KA', gasp({ time: T0 + off, reportedAt: T0 }), T0)
  const span = { start: T0 + off, end: T0 + off + 10 * MINUTE }
  desk.say('KA', { ...RECORD, ...span }, T0 + 12 * MINUTE)
  const meter = desk.of('a0')
  const { lostAt, recordStart, recordEnd } = desk.meters
  assert.deepEqual(
    [recordStart[meter], recordEnd[meter]! - recordStart[meter]!],
    [lostAt[meter], 10 * MINUTE]
  )
})

test('a record of a clock that is off is moved to what cases know, as far as clocks are believed', () => {
  const shifted = (off: number): number => {
    const desk = new Desk()
    desk.began = T0 - 20 * MINUTE
    const span = { start: T0 - 20 * MINUTE + off, end: T0 - 12 * MINUTE + off }
    desk.say('KA', { ...RECORD, ...span }, T0)
    const { recordStart, recordEnd } = desk.meters
    assert.equal(recordEnd[desk.of('a0')]! - recordStart[desk.of('a0')]!, 8 * MINUTE)
    return recordStart[desk.of('a0')]! - desk.began
  }
  assert.equal(shifted(0), 0)
  assert.equal(shifted(9 * SECOND), 9 * SECOND, 'exact to its clock')
  assert.equal(shifted(4 * MINUTE), 0)
  assert.equal(shifted(-4 * MINUTE), 0)
  assert.equal(shifted(-15 * MINUTE), -15 * MINUTE, 'another one')
})

test('any other event of a meter proves that it had supply; that of a terminal about it does not', () => {
  for (const [origin, lives] of [
    ['meter', true],
    ['module', true],
    ['terminal', false],
    ['collector', false]
  ] as const) {
    const desk = new Desk().say('KA', { type: 'cover-open', origin }, T0)
    assert.equal(desk.meters.aliveAt(desk.of('a0')) === T0, lives, origin)
    assert.deepEqual(desk.told, [])
  }
})

test('a terminal that says that its own supply is gone claims for the device that feeds it, once', () => {
  const desk = new Desk()
  const status = (supply: 'mains' | 'battery', at: number, bootCount = 1) =>
    desk.intake.status('KB', { state: 'online', supply, bootCount, cell: '', time: at }, at)
  status('mains', T0)
  desk.say('KB', { type: 'power-down', origin: 'terminal', meters: ['self'] }, T0 + MINUTE)
  status('battery', T0 + 2 * MINUTE)
  desk.say('KB', { type: 'last-gasp', origin: 'terminal', meters: ['self'] }, T0 + 3 * MINUTE)
  assert.deepEqual(desk.told, [{ area: 'TB', time: T0 + MINUTE, isRecord: false }])
  const { downAt, downCase } = desk.terminals.of('KB')
  assert.deepEqual([downAt, downCase], [T0 + MINUTE, CASE])
  status('mains', T0 + 10 * MINUTE)
  assert.equal(desk.terminals.of('KB').backAt, T0 + 10 * MINUTE)
  status('battery', T0 + 20 * MINUTE)
  assert.equal(desk.told.length, 2)
})

test('status that was kept for long says nothing of now, and an offline one nothing of supply', () => {
  const desk = new Desk()
  const old = { supply: 'battery', bootCount: 1, cell: '', time: T0 - HOUR } as const
  desk.intake.status('KB', { state: 'online', ...old }, T0)
  desk.intake.status('KB', { state: 'offline', ...old, time: T0 }, T0)
  assert.deepEqual(desk.told, [])
  assert.ok(Number.isNaN(desk.terminals.of('KB').downAt))
})

test('a terminal without a known feeder, or unknown itself, claims nothing', () => {
  const desk = new Desk()
  desk.say('K9', { type: 'power-down', origin: 'terminal', meters: ['self'] }, T0)
  assert.deepEqual(desk.told, [])
})

test('sessions: what ended, whose doing it was, and which one it was', () => {
  const desk = new Desk()
  const told = (state: SessionRecord['state'], generation: number, cause: SessionRecord['cause'] = '') => [
    desk.intake.session({ terminal: 'KA', state, generation, cause }, T0),
    desk.terminals.of('KA').isLinked
  ]
  assert.deepEqual(
    told('disconnected', 1, 'lost'),
    [undefined, undefined],
    'of a session from before our start'
  )
  assert.deepEqual(told('connected', 2), ['began', true])
  assert.deepEqual(told('disconnected', 1, 'lost'), [undefined, true], 'an older one')
  assert.deepEqual(told('disconnected', 2, 'takeover'), [undefined, true])
  assert.deepEqual(told('connected', 3), ['began', true])
  assert.deepEqual(told('disconnected', 2, 'lost'), [undefined, true])
  assert.deepEqual(told('disconnected', 3, 'lost'), ['lost', false])
  assert.deepEqual(told('disconnected', 3, 'lost'), [undefined, false], 'once')
  assert.deepEqual(told('connected', 4), ['began', true])
  assert.deepEqual(told('disconnected', 4, 'shutdown'), ['closed', undefined], 'our own doing')
  assert.deepEqual(told('disconnected', 4, 'lost'), [undefined, undefined])
})

test('of a meter that was never proven to live the same gasp claims once', () => {
  const desk = new Desk().say('KA', gasp(), T0)
  for (let i = 1; i < 10; i++) desk.say('KA', gasp({ time: T0 }), T0 + i * 20 * SECOND)
  assert.deepEqual(
    desk.told.map(({ time }) => time - T0),
    [0]
  )
})

test('of a terminal that never said that it is on mains, what it says again of its supply claims once', () => {
  const desk = new Desk()
  for (let i = 0; i < 5; i++) {
    const at = T0 + i * 2 * MINUTE
    desk.intake.status('KB', { state: 'online', supply: 'battery', bootCount: 1, cell: '', time: at }, at)
  }
  assert.deepEqual(
    desk.told.map(({ time }) => time - T0),
    [0]
  )
  assert.equal(desk.terminals.of('KB').downAt, T0)
})

for (const reportedAt of [Number.NaN, T0 + 6 * MINUTE])
  test(`a gasp that was taken, sent again after the return of supply, claims nothing (reported ${reportedAt > 0 ? 'now' : 'never'})`, () => {
    const desk = new Desk()
    desk.meters.prove(desk.of('a0'), T0 - 5 * MINUTE)
    desk.say('KA', gasp({ time: T0 }), T0 + SECOND)
    desk.say('KA', { type: 'power-up', origin: 'meter' }, T0 + 5 * MINUTE)
    desk.say('KA', gasp({ time: T0, reportedAt }), T0 + 6 * MINUTE)
    assert.deepEqual(
      desk.told.map(({ time }) => time - T0),
      [0]
    )
  })

test('a feed that shows nothing is lost since it was seen live, and not when nobody ever saw it so', () => {
  const desk = new Desk()
  desk.intake.zero(desk.of('a0'), T0)
  assert.deepEqual(desk.told, [])
  desk.meters.prove(desk.of('a0'), T0 + MINUTE)
  desk.intake.zero(desk.of('a0'), T0 + 2 * MINUTE)
  assert.deepEqual(desk.told, [{ area: 'TA', time: T0 + 1.5 * MINUTE, isRecord: false }])
})
