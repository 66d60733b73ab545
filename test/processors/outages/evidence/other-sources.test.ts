import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OtherSources, type Unloaded } from '../../../../processors/outages/evidence/other-sources.ts'
import type { EventType, ReportedEvent } from '../../../../src/model/events.ts'

const T0 = Date.UTC(2026, 10, 20, 8)
const MINUTE = 60_000
const at = (minutes: number): number => T0 + minutes * MINUTE

const event = (
  type: EventType,
  about: string,
  minutes: number,
  more: Partial<ReportedEvent> = {}
): ReportedEvent => ({
  ...{ type, origin: 'terminal', meters: [], about, time: at(minutes), reportedAt: Number.NaN },
  ...{ start: Number.NaN, end: Number.NaN, phases: 0, count: Number.NaN, isTest: false },
  ...{ from: '', to: '', durationMs: Number.NaN },
  ...more
})

class Told {
  readonly book = new OtherSources()

  hears(
    type: EventType,
    about: string,
    minutes: number,
    more: Partial<ReportedEvent> = {},
    isOf = true
  ): this {
    this.book.event('K', event(type, about, minutes, more), at(minutes) + 20_000, () => isOf)
    return this
  }

  rows(...rows: readonly (readonly [minutes: number, hasLoad: boolean])[]): this {
    for (const [minutes, hasLoad] of rows) this.book.checks('T', at(minutes), hasLoad)
    return this
  }

  dark(...minutes: readonly number[]): this {
    for (const each of minutes) this.book.darkens('m', at(each))
    return this
  }

  feeds(...rows: readonly (readonly [minutes: number, hasLoad: boolean, isHeld: boolean])[]): this {
    for (const [minutes, hasLoad, isHeld] of rows) this.book.feeds('m', at(minutes), hasLoad, isHeld)
    return this
  }
}

const span = (from: number, to = Number.NaN): object => ({ since: at(from), until: at(to) })

test('a truck is there until it is said to have left', () => {
  const told = new Told().hears('truck-attached', 'T', 0)
  assert.deepEqual(told.book.truckAt('T'), span(0))
  assert.deepEqual(told.hears('truck-detached', 'T', 60).book.truckAt('T'), span(0, 60))
  assert.deepEqual(told.hears('truck-attached', 'T', 90).book.truckAt('T'), span(90))
  assert.equal(told.book.truckAt('U'), undefined)
})

for (const [what, more, isOf] of [
  ['a test', { isTest: true }, true],
  ['inferred', { origin: 'inferred' }, true],
  ['of a device that is not the terminal’s', {}, false]
] as const)
  test(`a word about a truck says nothing when it is ${what}`, () => {
    assert.equal(new Told().hears('truck-attached', 'T', 0, more, isOf).book.truckAt('T'), undefined)
  })

test('the same word again, and one that comes before another, change nothing', () => {
  const told = new Told().hears('truck-attached', 'T', 0).hears('truck-attached', 'T', 0)
  told.hears('truck-detached', 'T', 30).hears('truck-attached', 'T', 0).hears('truck-detached', 'T', 20)
  assert.deepEqual(told.book.truckAt('T'), span(0, 30))
})

test('of several generators the one that runs counts, else the one that stopped last', () => {
  const told = new Told().hears('generator-start', 'G1', 0).hears('generator-start', 'G2', 1)
  told.hears('generator-stop', 'G1', 5)
  assert.deepEqual(told.book.generatorOf('K'), span(1))
  assert.deepEqual(told.hears('generator-stop', 'G2', 9).book.generatorOf('K'), span(1, 9))
  assert.equal(told.book.generatorOf('L'), undefined)
})

const runOf = (book: OtherSources): Partial<Unloaded> | undefined => {
  const run = book.unloadedTransformer('T')
  return run === undefined
    ? undefined
    : { since: run.since, last: run.last, until: run.until, rows: run.rows }
}

test('a transformer that carried load and carries nothing any more is a run of its rows, in whatever order they come', () => {
  const wanted = { since: at(15), last: at(45), until: Number.NaN, rows: 3 }
  for (const order of [
    [15, 30, 45],
    [45, 30, 15],
    [30, 45, 15]
  ]) {
    const told = new Told().rows([0, true], ...order.map(minutes => [minutes, false] as const))
    assert.deepEqual(runOf(told.book), wanted, String(order))
  }
})

test('a load ends the run, by its earliest row; the next one is another', () => {
  const told = new Told().rows([0, true], [15, false], [45, true], [30, true])
  assert.deepEqual(runOf(told.book), { since: at(15), last: at(15), until: at(30), rows: 1 })
  assert.equal(runOf(told.rows([60, false]).book)?.since, at(60))
})

test('of rows that come newest first the load that ended it is known before', () => {
  const told = new Told().rows([0, true], [45, true], [30, false], [15, false])
  assert.deepEqual(runOf(told.book), { since: at(15), last: at(30), until: at(45), rows: 2 })
})

test('a transformer that never carried anything has no run', () => {
  const told = new Told().rows([0, false], [15, false])
  assert.equal(runOf(told.book), undefined)
  assert.ok(told.book.isQuiet)
})

test('of feeds those are remembered that an incident holds', () => {
  const told = new Told().feeds([0, true, false], [1, false, false])
  assert.equal(told.book.unloadedFeed('m'), undefined)
  told.feeds([2, false, true], [9, false, true])
  assert.deepEqual(told.book.unloadedFeed('m')?.last, at(9))
  assert.equal(told.feeds([10, false, false]).book.unloadedFeed('m'), undefined)
})

test('a feed gets its voltage back from the network where the plant did nothing meanwhile', () => {
  const told = new Told()
    .hears('generator-start', 'G', 0)
    .dark(1, 30)
    .feeds([31, false, true], [40, false, true])
  const fedBack = () => told.book.fedBackFeed('m', 'K')?.since
  assert.equal(fedBack(), undefined)
  // Its generator was taken onto a section just then.
  told.hears('transfer', 'S', 30.5)
  assert.equal(fedBack(), at(31))
  const started = new Told().dark(1).hears('generator-start', 'G', 2).dark(3).feeds([4, false, true])
  assert.equal(started.book.fedBackFeed('m', 'K')?.since, undefined)
  assert.equal(started.hears('generator-start', 'H', 3.5).book.fedBackFeed('m', 'K')?.since, at(4))
  // Nobody knows when it was last without voltage.
  const unknown = new Told().hears('generator-start', 'G', 0).feeds([31, false, true])
  assert.equal(unknown.book.fedBackFeed('m', 'K')?.since, at(31))
})

test('what is known is the same after a save', () => {
  const { book } = new Told()
    .hears('truck-attached', 'T', 0)
    .hears('generator-start', 'G', 2)
    .rows([0, true], [15, false])
    .dark(2)
    .feeds([3, false, true])
  const again = new OtherSources()
  again.load(JSON.parse(JSON.stringify(book.save())) as object)
  for (const one of [book, again]) one.checks('T', at(30), false)
  assert.deepEqual(again, book)
  assert.deepEqual(again.truckAt('T'), span(0))
})

test('of generators and trucks no more is kept than there can be', () => {
  const told = new Told()
  for (let i = 0; i < 500; i++) told.hears('generator-start', `G${i}`, i)
  for (let i = 0; i < 500; i++)
    told.hears('truck-attached', 'T', 2 * i).hears('truck-detached', 'T', 2 * i + 1)
  assert.ok(JSON.stringify(told.book.save()).length < 2000)
  assert.deepEqual(told.book.truckAt('T'), span(998, 999))
})

test('of many generators one that stopped makes room for another', () => {
  const told = new Told()
  for (let i = 0; i < 40; i++)
    told.hears('generator-start', `G${i}`, 2 * i).hears('generator-stop', `G${i}`, 2 * i + 1)
  assert.deepEqual(told.hears('generator-start', 'G99', 90).book.generatorOf('K'), span(90))
})
