import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Chance } from '../../../src/simulator/city/chance.ts'
import type { Line } from '../../../src/simulator/collection/context.ts'
import { Outbox, type SendOptions } from '../../../src/simulator/collection/outbox.ts'
import { TerminalLife } from '../../../src/simulator/collection/terminal-life.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import { drawnNetwork, sayings, worldOf } from '../hand-grid.ts'

/** K1, fed by T1, without a backup. */
const grid = drawnNetwork()
const { fails } = sayings(grid)
const SECOND = 1000

const link = (from: number, to: number): NonNullable<Happenings['losses']>[number] => ({
  start: from * SECOND,
  end: to * SECOND,
  scope: 'terminal',
  subject: 'K1',
  terminals: [0],
  customers: []
})

interface Told extends SendOptions {
  /** Seconds. */
  readonly ready: number
  readonly text?: string
}

interface Sent {
  readonly life: TerminalLife
  readonly lines: readonly Line[]
  /** What onArrival was told, by message. */
  readonly arrivals: readonly (readonly number[])[]
}

function send(
  happens: Partial<Happenings>,
  told: readonly Told[],
  duplicates = 0,
  chance = new Chance('outbox')
): Sent {
  const life = new TerminalLife(worldOf(grid, happens), 0, chance)
  const outbox = new Outbox('K1', life, chance, duplicates)
  const arrivals: number[][] = told.map(() => [])
  told.forEach(({ ready, text = '', ...options }, i) => {
    const onArrival = (at: number): void => void arrivals[i]!.push(at)
    outbox.send(ready * SECOND, 'readings', at => `${text || i}@${at}`, { ...options, onArrival })
  })
  const lines = outbox
    .take()
    .sort((a, b) => a.at - b.at)
    .map(item => item.make())
  assert.deepEqual(outbox.take(), [], 'taken once')
  return { life, lines, arrivals }
}

/** Seeds of a terminal that sends what waited oldest first, and newest first. */
const [OLDEST, NEWEST] = [false, true].map(isNewest => {
  for (let seed = 0; ; seed++) {
    const chance = new Chance(`outbox ${seed}`)
    if (chance.named('newest first').at(0) < 0.5 === isNewest) return chance
  }
}) as [Chance, Chance]
const SPACING = 250
const LATENCY = [40, 400] as const

test('while there is a link a message arrives 40 to 400 ms after it was ready, once, and is made then', () => {
  const told = Array.from({ length: 400 }, (_, i) => ({ ready: 60 + i * 10 }))
  const { lines, arrivals } = send({}, told)
  assert.equal(lines.length, 400)
  const latencies = lines.map(({ at, text, terminal, topic }, i) => {
    assert.deepEqual([terminal, topic, text], ['K1', 'readings', `${i}@${at}`])
    assert.deepEqual(arrivals[i], [at])
    return at - told[i]!.ready * SECOND
  })
  assert.ok(latencies.every(ms => ms >= LATENCY[0] && ms <= LATENCY[1] && Number.isInteger(ms)))
  const mean = latencies.reduce((sum, ms) => sum + ms, 0) / 400
  assert.ok(Math.abs(mean - 220) < 15, `mean ${mean}`)
})

test('what waits for a link goes out one after the other, the oldest first', () => {
  const told = Array.from({ length: 30 }, (_, i) => ({ ready: 2400 + i * 100 }))
  const { life, arrivals } = send({ losses: [link(2400, 6000)] }, told, 0, OLDEST)
  const back = life.stretches.at(-1)!.start
  assert.ok(back > 6000 * SECOND)
  arrivals.forEach((at, i) => {
    const waited = at[0]! - back - (i + 1) * SPACING
    assert.ok(waited >= LATENCY[0] && waited <= LATENCY[1], `number ${i} arrives ${waited} ms after its turn`)
  })
})

test('or the newest first: the longer it waited the later, the oldest 41 turns after the link', () => {
  const told = Array.from({ length: 12 }, (_, i) => ({ ready: 2400 + i * 300 }))
  const { life, arrivals } = send({ losses: [link(2400, 6000)] }, told, 0, NEWEST)
  const back = life.stretches.at(-1)!.start
  const turns = [41, 21, 14.333, 11, 9, 7.667, 6.714, 6, 5.444, 5, 4.636, 4.333]
  arrivals.forEach((at, i) => {
    const waited = at[0]! - back - turns[i]! * SPACING
    assert.ok(waited >= LATENCY[0] - 1 && waited <= LATENCY[1] + 1, `number ${i}: ${waited}`)
    assert.ok(Number.isInteger(at[0]), 'a time is whole milliseconds')
  })
  assert.ok(arrivals[0]! > arrivals.at(-1)!)
})

test('twice as often as it is told: 1 to 20 s later, the same words, and nobody is told again', () => {
  const told = Array.from({ length: 2000 }, (_, i) => ({ ready: 60 + i * 5 }))
  const of = (share: number) => send({}, told, share)
  assert.equal(of(0).lines.length, 2000)
  const { lines, arrivals } = of(1)
  assert.equal(lines.length, 4000)
  assert.ok(arrivals.every(at => at.length === 1))
  const again = new Map<string, number[]>()
  for (const { at, text } of lines) again.set(text, [...(again.get(text) ?? []), at])
  for (const [text, [first, second, ...more]] of again) {
    assert.deepEqual(more, [], text)
    assert.equal(text.split('@')[1], String(first))
    const after = second! - first!
    assert.ok(after >= 1000 && after <= 20_000)
  }
  const few = of(0.05).lines.length - 2000
  // 100 are expected, and 95 of 100 times 80 to 120 are found.
  assert.ok(few > 60 && few < 140, `${few} twice`)
})

test('nothing is sent twice into a link that is gone', () => {
  const told = Array.from({ length: 100 }, (_, i) => ({ ready: 2399 - i * 0.2 }))
  const { life, lines } = send({ losses: [link(2400, 6000)] }, told, 1)
  assert.ok(lines.length > 100 && lines.length < 200)
  for (const { at } of lines) assert.ok(life.at(at).isLinked, `${at} arrives without a link`)
})

test('kept over a loss of power or not', () => {
  const happens = { failures: [fails('T1', 40, 60)], losses: [link(4200, 4800)] }
  const told: Told[] = [
    { ready: 2399, text: 'before' },
    { ready: 2500, text: 'dead' },
    { ready: 2500, text: 'dead, lasting', isLasting: true },
    { ready: 4300, text: 'unlinked' },
    { ready: 4300, text: 'unlinked, lasting', isLasting: true }
  ]
  const { life, lines } = send(happens, told, 0, OLDEST)
  const [up, linked] = [life.stretches[3]!.start, life.stretches.at(-1)!.start]
  assert.deepEqual(
    lines.map(({ text }) => text.split('@')[0]),
    ['before', 'dead, lasting', 'unlinked', 'unlinked, lasting']
  )
  assert.ok(lines[1]!.at >= up + SPACING && lines[2]!.at >= linked + SPACING)
})

test('what waited for a link when the terminal died is gone unless it lasts', () => {
  const happens = { failures: [fails('T1', 50, 60)], losses: [link(2400, 6000)] }
  const told: Told[] = [
    { ready: 2500, text: 'a' },
    { ready: 2500, text: 'b', isLasting: true },
    { ready: 4000, text: 'c' }
  ]
  const { lines } = send(happens, told, 0, OLDEST)
  assert.deepEqual(
    lines.map(({ text }) => text.split('@')[0]),
    ['b', 'c']
  )
})

test('nothing arrives without a link, or while the gateway is away: what is under way goes again', () => {
  // Ready within the last half second of the link, so that latency alone carries some over its end.
  const late = Array.from({ length: 50 }, (_, i) => ({ ready: 2399.5 + i * 0.01, isLasting: i % 2 === 0 }))
  const rows: [what: string, happens: Partial<Happenings>, arriving: number | undefined][] = [
    ['a lost link', { losses: [link(2400, 3000)] }, 50],
    ['the gateway', { restarts: [{ start: 2400 * SECOND, end: 2420 * SECOND }] }, 50],
    // What does not last dies with the terminal.
    ['its own death', { failures: [fails('T1', 40, 60)] }, undefined],
    // So short that what waits is not through before the next loss.
    ['a link that flickers', { losses: [0, 1, 2, 3].map(i => link(2400 + i * 25, 2401 + i * 25)) }, 50]
  ]
  for (const chance of [OLDEST, NEWEST])
    for (const [what, happens, arriving] of rows) {
      const { life, lines, arrivals } = send(happens, late, 0, chance)
      for (const { at } of lines) assert.ok(life.at(at).isLinked, `${what}: ${at} arrives without a link`)
      const count = arriving ?? late.filter(({ isLasting }, i) => isLasting || arrivals[i]!.length > 0).length
      assert.equal(lines.length, count, what)
      assert.ok(
        lines.some(({ at }) => at >= 2402 * SECOND),
        `${what}: none of them was caught by it`
      )
    }
})

test('what is recorded of a terminal stands at its time, whatever its link', () => {
  const life = new TerminalLife(worldOf(grid, { losses: [link(2400, 6000)] }), 0, OLDEST)
  const outbox = new Outbox('K1', life, OLDEST, 1)
  outbox.record(3000 * SECOND, 'session', '{"state":"disconnected"}')
  const items = outbox.take()
  assert.deepEqual(
    items.map(item => item.make()),
    [{ at: 3000 * SECOND, terminal: 'K1', topic: 'session', text: '{"state":"disconnected"}' }]
  )
})
