import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EVENT_ORIGINS, EVENT_TYPES } from '../../../src/model/events.ts'
import type { OutageLines } from '../../../src/model/outages.ts'
import { type Random, seededRandom } from '../../../src/random.ts'
import { MINUTE, type OutageTape, opened, play, SECOND, T0 } from '../../support/outage-feed.ts'
import { pick } from '../../support/hostile-frames.ts'
import { drawRegistry, named, TOWN } from '../../support/outage-registry.ts'
import { quietTown, READ, round } from './busy-town.ts'

const registries = [drawRegistry(TOWN)]
const METERS = TOWN.meters.flatMap(({ ids }) => ids)
const TERMINALS = Object.keys(READ)

/** FUZZ_SEED=17 runs one seed alone. */
const ONE = process.env.FUZZ_SEED
const SEEDS = ONE === undefined ? [1, 2, 3, 4, 5, 6, 7, 8] : [Number(ONE)]

/** A time near now, far from it, or none at all. */
function anyTime(random: Random, now: number): unknown {
  const near = now + Math.round((random.next() - 0.5) * 2 ** random.integer(32))
  return pick<unknown>(random, [near, near, near, now, 0, 1, null, undefined, 8.64e15, -1, 2 ** 31])
}

function anyEvent(random: Random, now: number): object {
  const [one, other] = [anyTime(random, now), anyTime(random, now)]
  const isInOrder = typeof one === 'number' && typeof other === 'number' && one <= other
  const meter = random.next() < 0.9 ? pick(random, METERS) : pick(random, ['self', 'ghost', '__proto__'])
  return {
    type: random.next() < 0.7 ? pick(random, EVENT_TYPES.slice(0, 6)) : pick(random, EVENT_TYPES),
    origin: pick(random, EVENT_ORIGINS),
    ...(random.next() < 0.7 ? { meter } : { meters: [meter, pick(random, METERS), 'self'] }),
    time: anyTime(random, now),
    reportedAt: anyTime(random, now),
    ...(isInOrder ? { start: one, end: other } : { end: one }),
    phases: pick<unknown>(random, [null, 'A', 'BC', 'ABC']),
    count: pick<unknown>(random, [null, 0, 3, 2 ** 32 - 1]),
    ...(random.next() < 0.05 && { test: true })
  }
}

/** Somebody is asked, or answers: what he was asked, something else, or nothing that can be read. */
function anyPing(random: Random, tape: OutageTape, terminal: string, meters: readonly string[]): void {
  const id = pick(random, ['P1', 'P2', '__proto__'])
  if (random.next() < 0.4) tape.ask(id, terminal, meters)
  else
    tape.publish(terminal, 'replies', {
      ...{ id: pick<unknown>(random, [id, 'P9', 7]), collectedAt: anyTime(random, tape.now) },
      time: anyTime(random, tape.now),
      readings: meters.map(meter => ({ meter, voltageV: pick<unknown>(random, [0, 229, [0, 0, 0], null]) })),
      failures: pick<unknown>(random, [null, {}, meters.map(meter => ({ meter, reason: 'no-answer' }))])
    })
}

function anything(random: Random, tape: OutageTape): void {
  const terminal = random.next() < 0.95 ? pick(random, TERMINALS) : pick(random, ['K9', '__proto__'])
  const some = METERS.filter(() => random.next() < 0.2)
  const roll = random.next()
  if (roll < 0.45)
    tape.events(terminal, ...Array.from({ length: 1 + random.integer(12) }, () => anyEvent(random, tape.now)))
  else if (roll < 0.6) tape.read(terminal, Object.hasOwn(READ, terminal) ? READ[terminal]! : some)
  else if (roll < 0.65)
    tape.publish(terminal, 'readings', {
      ...{ time: anyTime(random, tape.now), collectedAt: anyTime(random, tape.now) },
      readings: some.map(meter => ({ meter, voltageV: pick<unknown>(random, [0, 229, [0, 0, 0], null]) }))
    })
  else if (roll < 0.75)
    tape.status(terminal, {
      supply: pick<unknown>(random, ['mains', 'battery', null]),
      bootCount: pick<unknown>(random, [null, 0, 1, 2, 2 ** 40]),
      time: anyTime(random, tape.now)
    })
  else if (roll < 0.85) tape.connect(terminal)
  else if (roll < 0.95) tape.disconnect(terminal, pick(random, ['clean', 'lost', 'takeover', 'shutdown']))
  else if (roll < 0.96) tape.gateway(pick(random, ['started', 'stopped']))
  else if (roll < 0.97) tape.registry('drawn')
  else anyPing(random, tape, terminal, some)
}

/** What must hold of any lines: each life in order, times that can be, nothing about nobody. */
function assertSane({ incidents, communication }: OutageLines, what: string): void {
  const lives = new Map<string, string[]>()
  for (const line of incidents) {
    const said = `${what}: ${JSON.stringify(line)}`
    const life = lives.get(line.id) ?? []
    lives.set(line.id, life)
    // What is closed only turns out to be part of something larger.
    const isOver = life.at(-1) === 'withdrawn' || (life.at(-1) === 'closed' && line.change !== 'moved')
    assert.ok(!isOver || line.mergedInto !== undefined, `${said} after ${life}`)
    if (line.state === 'open') assert.ok(!life.includes('open'), `${said}: opened twice`)
    if (line.state === 'restored' || line.state === 'closed') assert.ok(life.includes('open'), said)
    life.push(line.state)
    assert.ok(Number.isFinite(line.start) && line.start <= line.at + MINUTE, said)
    if (line.end !== null) assert.ok(line.end >= line.start && line.end <= line.at + MINUTE, said)
    assert.ok(line.confidence >= 0 && line.confidence <= 1, said)
    if (line.state === 'open') assert.ok(line.affected + (line.degraded ?? 0) > 0, said)
    assert.ok([...METERS.map(id => `U-${id}`), ...TOWN.devices.map(([id]) => id)].includes(line.device), said)
  }
  const open = new Set<string>()
  for (const line of communication) {
    const said = `${what}: ${JSON.stringify(line)}`
    if (line.state === 'open') assert.ok(!open.has(line.id), said)
    else assert.ok(open.delete(line.id), said)
    if (line.state === 'open') open.add(line.id)
    assert.ok(Number.isFinite(line.start) && (line.end === null || line.end >= line.start), said)
  }
}

for (const seed of SEEDS)
  test(`anything that terminals can say in any order breaks nothing (seed ${seed})`, () => {
    const random = seededRandom(`outage-fuzz/${seed}`)
    const tape = quietTown()
    for (let i = 0; i < 400; i++) {
      anything(random, tape)
      if (random.next() < 0.7) tape.pass(random.integer(20) * SECOND)
      if (random.next() < 0.02) tape.pass(random.integer(40) * MINUTE)
    }
    tape.pass(MINUTE)
    const truth = play(tape, registries)
    assert.ok(truth.incidents.length > 0, 'something is said')
    assertSane(truth, `seed ${seed}`)
    const again = play(tape, registries, place => place % 997 === 0)
    assert.deepEqual(again, truth)
  })

test('a terminal that sends the same gasps over and over opens one incident', () => {
  const tape = quietTown().until(T0 + 20 * MINUTE)
  const began = tape.now
  for (let i = 0; i < 300; i++) {
    tape.events('KC', ...READ.KC!.map(meter => ({ type: 'last-gasp', origin: 'module', meter, time: began })))
    if (i % 3 === 0) tape.pass(SECOND)
  }
  tape.pass(5 * MINUTE)
  const { incidents } = play(tape, registries)
  assert.deepEqual([...new Set(incidents.map(({ id }) => id))].length, 1)
  assert.deepEqual(
    opened({ incidents }).map(({ device, start }) => [device, start]),
    [['TC', began]]
  )
})

test('a terminal that says of its living meters again and again that they gasp opens nothing', () => {
  const tape = quietTown()
  for (let minute = 17; minute < 60; minute++) {
    // Whom it reads each minute, it says to be dead.
    round(tape, T0 + minute * MINUTE, [], ['KC'])
    tape.until(T0 + minute * MINUTE + 30 * SECOND)
    tape.gasp('KC', [READ.KC![minute % 12]!], 75 * SECOND)
  }
  assert.deepEqual(opened(play(tape.pass(30 * MINUTE), registries)), [])
})

test('gasps for the meters of others, for strangers and for equipment say nothing', () => {
  const tape = quietTown().until(T0 + 20 * MINUTE)
  tape.gasp('KB', READ.KC!).gasp('K9', READ.KC!).gasp('KC', named('ghost', 50))
  tape.events('KC', ...named('x', 20).map(device => ({ type: 'last-gasp', origin: 'module', device })))
  assert.deepEqual(play(tape.pass(20 * MINUTE), registries).incidents, [])
})

for (const [what, meters] of [
  ['all meters', READ.KC!],
  ['one meter', ['c0']]
] as const)
  test(`records of ${what} that begin years ago, by clocks that were never set, say nothing`, () => {
    const tape = quietTown().until(T0 + 20 * MINUTE)
    tape.record('KC', meters, Date.UTC(2016, 0, 1), tape.now - MINUTE)
    assert.deepEqual(play(round(tape, T0 + 61 * MINUTE), registries).incidents, [])
  })

test('a record that begins years ago is of no other moment than the outage that its meter told of', () => {
  const tape = quietTown()
    .until(T0 + 20 * MINUTE)
    .gasp('KC', READ.KC!)
  tape
    .until(T0 + 30 * MINUTE)
    .powerUp('KC', READ.KC!)
    .pass(MINUTE)
  tape.record('KC', ['c0'], Date.UTC(2016, 0, 1), T0 + 30 * MINUTE)
  for (let minute = 31; minute < 100; minute += 15) round(tape, T0 + minute * MINUTE)
  tape.record('KC', ['c1'], Date.UTC(2016, 0, 1), T0 + 30 * MINUTE).pass(30 * MINUTE)
  const said = opened(play(tape, registries))
  assert.deepEqual(
    said.map(({ device, customerMinutes }) => [device, customerMinutes]),
    [['TC', 120.4]]
  )
})
