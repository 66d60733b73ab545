import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CollectionContext, type Line } from '../../../src/simulator/collection/context.ts'
import { Traffic } from '../../../src/simulator/collection/traffic.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import { scenario } from '../../../src/simulator/scenario/schema.ts'
import { outagesOf } from '../../../src/simulator/truth/outages.ts'
import { BASE, CUSTOMERS, drawnNetwork, flatLoad, MINUTE, sayings, TERMINALS, worldOf } from '../hand-grid.ts'

/** All terminals live on batteries, and all gasps arrive: what is told is what happened. */
const grid = drawnNetwork({
  customers: [
    ...CUSTOMERS,
    { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true, terminal: 'KH' },
    { id: 'standby', device: 'S3', phases: 'ABC', isThreeWire: true, terminal: 'KH' }
  ],
  terminals: [
    ...TERMINALS.map(terminal => ({ ...terminal, backup: 'battery' as const })),
    { id: 'KH', poweredBy: '', backup: 'battery', sampleMs: 60_000, uploadMs: 300_000, uploadDelayMs: 5_000 }
  ],
  keyCustomers: [
    {
      id: 'H1',
      feeds: [
        ['G1', 'main'],
        ['G2', 'standby']
      ],
      terminal: 'KH'
    }
  ]
})
const { fails, cuts, troubles, breaks } = sayings(grid, BASE)
const load = flatLoad(grid, () => 1)

interface Told {
  readonly arrivedAt: number
  readonly terminal: string
  readonly type: string
  readonly meter: string
  readonly time: number
  readonly phases: string
  readonly start: number
  readonly end: number
  readonly count: number
}

function play(happens: Partial<Happenings>, gaspShare = 1, silent: readonly string[] = []) {
  const parsed = scenario.parse({
    name: 'events',
    title: { en: '', 'zh-CN': '' },
    duration: '3h',
    collection: { gasps: 'independent', gaspShare, deadClocks: 0, duplicates: 0 }
  })
  const quiet = silent.map(id => ({
    start: BASE,
    end: Number.POSITIVE_INFINITY,
    scope: 'meter' as const,
    subject: `M${id}`,
    terminals: [],
    customers: [grid.customers.point.indexOf(id)]
  }))
  const world = worldOf(grid, { start: BASE, end: BASE + 180 * MINUTE, losses: quiet, ...happens })
  const context = new CollectionContext(world, load, parsed.collection, outagesOf(world), 'events')
  const lines: Line[] = [...new Traffic(context).lines()]
  const told = lines.flatMap(({ at, terminal, topic, text }): Told[] =>
    topic === 'events'
      ? JSON.parse(text).events.map((event: Told) => ({ ...event, arrivedAt: at, terminal }))
      : []
  )
  return { context, lines, told }
}

const meters = (told: readonly Told[], type: string, phases?: string): string =>
  [...new Set(told.filter(each => each.type === type && (phases === undefined || each.phases === phases)))]
    .map(({ meter }) => meter.slice(1))
    .sort()
    .join(' ')
const minute = (time: number): number => (time - BASE) / MINUTE

test('who loses his supply gasps, and nobody else; who has it again says so or has it in his records', () => {
  const { told } = play({ failures: [fails('B1', 40, 90)] })
  const box = 'b1a b1b b1c b1t'
  assert.equal(meters(told, 'last-gasp'), box)
  for (const { time, arrivedAt } of told.filter(({ type }) => type === 'last-gasp')) {
    // By a clock that is off by 15 s, or by 5 minutes.
    assert.ok(Math.abs(minute(time) - 40) <= 5)
    assert.ok(minute(arrivedAt) > 40 && minute(arrivedAt) < 40.5)
  }
  const records = told.filter(({ type }) => type === 'power-outage-record')
  assert.ok(records.length > 0)
  for (const { meter, start, end, count, arrivedAt } of records) {
    // One clock, so what lies between is right.
    assert.equal(end - start, 50 * MINUTE)
    assert.ok(minute(arrivedAt) >= 92 && minute(arrivedAt) <= 107)
    assert.ok(count >= 1 && count <= 40, `${meter} counts ${count}`)
  }
  for (const { meter, arrivedAt } of told.filter(({ type }) => type === 'power-up')) {
    assert.ok(box.includes(meter.slice(1)))
    assert.ok(minute(arrivedAt) > 90 && minute(arrivedAt) < 92)
  }
  // They have supply; only what their terminal hears of them is told.
  assert.deepEqual(new Set(told.map(({ terminal }) => terminal)), new Set(['K1']))
})

test('the first word of an outage is that of somebody whom it took', () => {
  const firstSigns = (happens: Partial<Happenings>, gaspShare?: number, silent: readonly string[] = []) => {
    const { context } = play(happens, gaspShare, silent)
    return Object.fromEntries(
      context.outages.map(({ id, device, customer }) => {
        const name = customer >= 0 ? grid.customers.point[customer]! : grid.devices.id[device]!
        const at = context.firstSigns.get(id)
        return [name, at === undefined ? undefined : minute(at)]
      })
    )
  }
  const near = (found: number | undefined, from: number, to: number): void =>
    assert.ok(found !== undefined && found >= from && found <= to, `${found} is not in ${from}..${to}`)
  // Gasps, the terminal's own word, and for who is silent none at all.
  near(firstSigns({ failures: [fails('B1', 40, 90)] }).B1, 40, 40.2)
  near(firstSigns({ failures: [fails('T1', 40, 90)] }, 0).T1, 40, 40.05)
  near(firstSigns({ services: [cuts('b1a', 40, 90)] }).b1a, 40, 40.2)
  assert.equal(firstSigns({ services: [cuts('b1a', 40, 90)] }, undefined, ['b1a']).b1a, undefined)
  // Without gasps a box is heard of when it is back; a box inside a transformer's outage has a beginning of its own.
  near(firstSigns({ failures: [fails('B1', 40, 90)] }, 0).B1, 90, 107)
  const both = firstSigns({ failures: [fails('B1', 40, 90), fails('B2', 60, 90)] }, 0)
  near(both.B1, 90, 107)
  near(both.B2, 90, 107)
  // Degraded ones tell of their voltage, and a key customer's feed of its own loss.
  near(firstSigns({ failures: [fails('S3', 40, 90, 'A')] }).S3, 40, 41)
  near(firstSigns({ services: [cuts('main', 40, 90)] }).main, 40, 40.2)
})

test('open phases: who lost it says so, who has half of it too', () => {
  const { told } = play({ failures: [fails('FU', 40, 100, 'A')] })
  // Below Yyn a is dead and three phases lack it; below Dyn a and c have half.
  assert.equal(meters(told, 'last-gasp'), 'b3a')
  const open = meters(told, 'phase-open')
  assert.ok(['', 'b3t'].includes(open), open)
  for (const meter of meters(told, 'under-voltage').split(' ').filter(Boolean))
    assert.ok(['b4a', 'b4c', 'b4t'].includes(meter), meter)
  const phases = new Map([
    ['b3t', 'A'],
    ['b4a', 'A'],
    ['b4c', 'C'],
    ['b4t', 'AC']
  ])
  for (const { type, meter, phases: letters } of told)
    if (type === 'phase-open' || type === 'under-voltage')
      assert.equal(letters, phases.get(meter.slice(1)), meter)
})

test('what is the matter with single meters', () => {
  const { told } = play({
    troubles: [
      troubles('relay', 'b1a', 40, 80),
      troubles('meter-fuse', 'b1t', 40, 80, 'AC'),
      troubles('removed', 'b1b', 40),
      troubles('breaker', 'b1c', 40, 80),
      troubles('exchanged', 'b2a', 40)
    ],
    neutrals: [breaks('B6', 40, 80)]
  })
  assert.equal(meters(told, 'relay-open'), 'b1a')
  assert.equal(meters(told, 'relay-closed'), 'b1a')
  assert.equal(meters(told, 'voltage-loss', 'AC'), 'b1t')
  assert.equal(meters(told, 'terminal-cover-open'), 'b1b')
  assert.equal(meters(told, 'last-gasp'), '')
  // Nothing of a customer's own breaker, nor of an exchange.
  assert.ok(!told.some(({ meter }) => ['Mb1c', 'Mb2a', 'Nb2a'].includes(meter)))
})
