import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeterBook } from '../../../../processors/outages/evidence/meter-book.ts'
import { type ClosedRound, Rounds } from '../../../../processors/outages/evidence/rounds.ts'
import { OtherSources } from '../../../../processors/outages/evidence/other-sources.ts'
import { TerminalBook } from '../../../../processors/outages/evidence/terminal-book.ts'
import { PresentGrid } from '../../../../processors/outages/grid/present-grid.ts'
import { drawRegistry, named } from '../../../support/outage-registry.ts'

const T0 = Date.UTC(2026, 10, 20, 8)
const [SECOND, MINUTE] = [1000, 60_000]
const QUARTER = 15 * MINUTE
const BOX = named('a', 4)
const OTHER = named('b', 6)
const ALL = [...BOX, ...OTHER]

const registry = drawRegistry({
  devices: [
    ['F', 'feeder', ''],
    ['T', 'transformer', 'F'],
    ['BA', 'box', 'T'],
    ['BB', 'box', 'T']
  ],
  meters: [
    { device: 'BA', terminal: 'K', ids: BOX },
    { device: 'BB', terminal: 'K', ids: OTHER }
  ],
  terminals: [{ id: 'K', poweredBy: 'T', uploadIntervalS: 900 }]
})

/** A terminal that reads ten meters in two boxes. */
class Reading {
  readonly meters = new MeterBook()
  readonly terminals = new TerminalBook()
  readonly grid = new PresentGrid(registry)
  readonly books = {
    grid: this.grid,
    meters: this.meters,
    terminals: this.terminals,
    others: new OtherSources()
  }
  readonly rounds = new Rounds()

  constructor() {
    this.meters.grow(registry.meters.count)
  }

  numberOf(id: string): number {
    return registry.meterNumbers.get(id)!
  }

  /** A message with these meters, as the stage enters it. @returns the round that ended with it */
  message(ids: readonly string[], collectedAt: number, now = collectedAt): ClosedRound | undefined {
    for (const id of ids) {
      this.meters.prove(this.numberOf(id), collectedAt)
      this.meters.heardAt[this.numberOf(id)] = now
    }
    return this.rounds.take(this.books, 0, collectedAt, now)
  }

  tick(now: number): ClosedRound[] {
    return [...this.rounds.tick(this.books, now)]
  }

  /** A whole round. @returns who was missed in it */
  round(collectedAt: number, missed: readonly string[] = []): string[] {
    this.message(
      ALL.filter(id => !missed.includes(id)),
      collectedAt
    )
    return this.missedIn(this.tick(collectedAt + MINUTE))
  }

  missedIn(closed: readonly (ClosedRound | undefined)[]): string[] {
    return closed
      .flatMap(each => [...(each?.missed.values() ?? [])].flat())
      .map(meter => registry.meters.id.get(meter))
      .sort()
  }
}

test('a round in which everybody is heard misses nobody, however many messages it comes in', () => {
  const reading = new Reading()
  reading.round(T0)
  const at = T0 + QUARTER
  for (const [i, id] of ALL.entries()) assert.equal(reading.message([id], at + i * SECOND), undefined)
  const closed = reading.tick(at + MINUTE)
  assert.equal(closed.length, 1)
  assert.deepEqual(reading.missedIn(closed), [])
  const asked = [...closed[0]!.asked].map(([place, count]) => `${reading.grid.id(place)} ${count}`)
  assert.deepEqual(asked.sort(), ['BA 4', 'BB 6'])
  assert.deepEqual([closed[0]!.terminal, closed[0]!.collectedAt], [0, at])
})

test('who is not heard in any message of a round is missed, by the device it hangs on', () => {
  const reading = new Reading()
  reading.round(T0)
  assert.deepEqual(reading.round(T0 + QUARTER, ['a1', 'b2', 'b3']), ['a1', 'b2', 'b3'])
  const { missed, missedSince } = reading.meters
  assert.deepEqual([missed[reading.numberOf('a1')], missedSince[reading.numberOf('a1')]], [1, T0 + QUARTER])
  assert.equal(missed[reading.numberOf('a0')], 0)
  assert.deepEqual(reading.round(T0 + 2 * QUARTER, ['a1']), ['a1'])
  assert.deepEqual([missed[reading.numberOf('a1')], missedSince[reading.numberOf('a1')]], [2, T0 + QUARTER])
  assert.equal(missed[reading.numberOf('b2')], 0)
})

test('a round is not closed before its other messages could come, and once only', () => {
  const reading = new Reading()
  reading.message(ALL, T0)
  assert.deepEqual(reading.tick(T0 + SECOND), [])
  assert.equal(reading.tick(T0 + MINUTE).length, 1)
  assert.deepEqual(reading.tick(T0 + 2 * MINUTE), [])
})

test('the next round ends the one before, when no tick did', () => {
  const reading = new Reading()
  reading.round(T0)
  reading.message(BOX, T0 + QUARTER)
  const closed = reading.message([...BOX, 'b0'], T0 + 2 * QUARTER)
  const missed = ['b1', 'b2', 'b3', 'b4', 'b5']
  assert.deepEqual(reading.missedIn([closed]), missed)
  assert.deepEqual(reading.missedIn(reading.tick(T0 + 2 * QUARTER + MINUTE)), missed)
  assert.deepEqual(reading.meters.missed[reading.numberOf('b1')], 2)
})

test('who never spoke cannot fall silent', () => {
  const reading = new Reading()
  for (let i = 0; i < 4; i++) {
    reading.message(OTHER, T0 + i * QUARTER)
    const [closed] = reading.tick(T0 + i * QUARTER + MINUTE)
    assert.deepEqual([...closed!.asked.values()], [6])
    assert.deepEqual(reading.missedIn([closed]), [])
  }
})

test('readings that come late, of a round that is over, begin no other one', () => {
  const reading = new Reading()
  reading.round(T0)
  reading.round(T0 + QUARTER, ['a1'])
  assert.equal(reading.message(['a1'], T0 + QUARTER, T0 + QUARTER + 2 * MINUTE), undefined)
  assert.equal(reading.message(BOX, T0 - 4 * QUARTER, T0 + QUARTER + 3 * MINUTE), undefined)
  assert.deepEqual(reading.tick(T0 + QUARTER + 5 * MINUTE), [])
  assert.deepEqual(reading.round(T0 + 2 * QUARTER), [])
})

test('a meter that is asked again within its round is not missed', () => {
  const reading = new Reading()
  reading.round(T0)
  const at = T0 + QUARTER
  reading.message(
    ALL.filter(id => id !== 'a2'),
    at
  )
  assert.equal(reading.message(['a2'], at + 20 * SECOND), undefined)
  assert.deepEqual(reading.missedIn(reading.tick(at + MINUTE)), [])
})

test('what a missed round weighs depends on the own rate of the meter', () => {
  const weights = (everyOther: number): number => {
    const reading = new Reading()
    for (let i = 0; i < 200; i++)
      reading.round(T0 + i * QUARTER, everyOther > 0 && i > 0 && i % everyOther === 0 ? ['b1'] : [])
    const before = reading.meters.missedWeight[reading.numberOf('b1')]!
    assert.equal(before, 0)
    reading.round(T0 + 200 * QUARTER, ['b1'])
    return reading.meters.missedWeight[reading.numberOf('b1')]!
  }
  const [never, seldom, often] = [weights(0), weights(11), weights(3)]
  assert.ok(never > seldom + 0.5 && seldom > often + 0.5, `${never} ${seldom} ${often}`)
  assert.ok(often > 0, `${often}`)
})

test('a bad round of the whole terminal weighs less than a good one in which one box is silent', () => {
  const weightOf = (missed: readonly string[]): number => {
    const reading = new Reading()
    reading.round(T0)
    reading.round(T0 + QUARTER, missed)
    return reading.meters.missedWeight[reading.numberOf('a0')]!
  }
  assert.ok(weightOf(BOX) > weightOf([...BOX, 'b0', 'b1', 'b2']) + 0.5)
})

test('a round that is under way goes on after a load', () => {
  const reading = new Reading()
  reading.round(T0)
  reading.message(BOX, T0 + QUARTER)
  const later = new Rounds()
  later.reopen(reading.books, reading.rounds.ids(reading.books))
  reading.message(['b0'], T0 + QUARTER)
  const closed = [...later.tick(reading.books, T0 + QUARTER + MINUTE)]
  assert.deepEqual(reading.missedIn(closed), ['b1', 'b2', 'b3', 'b4', 'b5'])
})

test('messages of one round that change places on the way miss nobody', () => {
  const reading = new Reading()
  reading.round(T0)
  const at = T0 + QUARTER
  // Read second, arrived first: collectedAt is said by message.
  reading.message(OTHER, at + 10 * SECOND, at + 12 * SECOND)
  reading.message(BOX, at, at + 13 * SECOND)
  assert.deepEqual(reading.missedIn(reading.tick(at + MINUTE)), [])
})

test('a message that was collected within the round and comes once more does not make the others missed', () => {
  const reading = new Reading()
  reading.round(T0)
  const at = T0 + QUARTER
  reading.message(BOX, at)
  reading.message(OTHER, at + 20 * SECOND)
  reading.message(BOX, at, at + 25 * SECOND)
  assert.deepEqual(reading.missedIn(reading.tick(at + MINUTE)), [])
})

test('rounds that waited for a link and come at once in any order: the latest is judged, when all has come', () => {
  const reading = new Reading()
  reading.round(T0)
  const at = T0 + 4 * QUARTER
  const came = [
    [['b0'], T0 + 2 * QUARTER, at],
    [BOX, T0 + 3 * QUARTER, at + SECOND],
    [BOX, T0 + QUARTER, at + 2 * SECOND],
    [['b1', 'b2', 'b3', 'b4'], T0 + 3 * QUARTER, at + 3 * SECOND],
    [OTHER, T0 + QUARTER, at + 4 * SECOND]
  ] as const
  const closed = came.map(([ids, collectedAt, now]) => reading.message(ids, collectedAt, now))
  assert.deepEqual(reading.missedIn(closed), [])
  assert.deepEqual(reading.missedIn(reading.tick(at + MINUTE)), [])
})
