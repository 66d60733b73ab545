import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DecodedFrame } from '../../../src/codecs/decoded-frame.ts'
import { decodeJsonReply } from '../../../src/codecs/json-reply.ts'
import { FIELD } from '../../../src/model/fields.ts'
import { replyTo } from '../../../src/simulator/collection/command-answers.ts'
import { CollectionContext } from '../../../src/simulator/collection/context.ts'
import { scenario } from '../../../src/simulator/scenario/schema.ts'
import { outagesOf } from '../../../src/simulator/truth/outages.ts'
import { BASE, CUSTOMERS, drawnNetwork, flatLoad, MINUTE, sayings, TERMINALS, worldOf } from '../hand-grid.ts'

const grid = drawnNetwork({
  customers: [...CUSTOMERS, { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true, terminal: 'KH' }],
  terminals: [
    ...TERMINALS.map(each => ({ ...each, ...(each.id === 'K3' && { backup: 'battery' as const }) })),
    { id: 'KH', poweredBy: '', backup: 'battery' }
  ],
  checkMeters: [{ meter: 'C1', ct: 1, device: 'T1', terminal: 'K1' }],
  keyCustomers: [{ id: 'H1', feeds: [['G1', 'main']], terminal: 'KH' }]
})
const { fails, cuts, troubles, customer } = sayings(grid, BASE)

/** The box B1 is dead, and so is what hangs on the fuse FU; two meters have troubles of their own. */
const lost = { start: BASE, end: Number.POSITIVE_INFINITY, scope: 'meter' as const, terminals: [] }
const world = worldOf(grid, {
  ...{ start: BASE, end: BASE + 180 * MINUTE },
  failures: [fails('B1', 10, 60), fails('FU', 10, 60)],
  services: [cuts('b2a', 10, 60)],
  troubles: [troubles('removed', 'b2b', 5)],
  losses: [{ ...lost, subject: 'Mb2c', customers: [customer('b2c')] }]
})
const { collection } = scenario.parse({
  ...{ name: 'asked', title: { en: '', 'zh-CN': '' }, duration: '3h' },
  collection: { readFailures: 0, deadClocks: 0 }
})
const context = new CollectionContext(
  world,
  flatLoad(grid, () => 1),
  collection,
  outagesOf(world),
  'asked'
)

/** What a terminal says of meters: volts of the first element in hundreds, or why not. */
function ask(terminal: string, minute: number, ...meters: string[]) {
  const number = grid.terminals.findIndex(({ id }) => id === terminal)
  const text = replyTo(context, number, { id: 'P1', meters, deadline: 0 }, BASE + minute * MINUTE)
  if (text === undefined) return undefined
  const into = new DecodedFrame()
  const reply = decodeJsonReply(Buffer.from(text), 100, into)
  assert.ok(typeof reply === 'object' && reply.id === 'P1' && into.refused.length === 0, text)
  assert.equal(into.collectedAt, BASE + minute * MINUTE)
  const read = Array.from({ length: into.rows }, (_, row) => [
    into.meter[row]!,
    Math.round(into.value(row, FIELD.voltageVA) / 100) * 100
  ])
  return Object.fromEntries([...read, ...reply.failures.map(({ meter, reason }) => [meter, reason])])
}

test('who lives shows his voltage, who is dead or not heard does not answer, and nobody else is known', () => {
  const [before, during] = [
    ask('K1', 1, 'Mb1a', 'Mb2a', 'Mb2b', 'Mb2c', 'Mb2t', 'C1', 'Mb3a', 'ghost'),
    ask('K1', 20, 'Mb1a', 'Mb2a', 'Mb2b', 'Mb2c', 'Mb2t', 'C1')
  ]
  const other = { Mb2c: 'no-answer', Mb2t: 200, C1: 200 }
  const alive = { Mb1a: 200, Mb2a: 200, Mb2b: 200 }
  assert.deepEqual(before, { ...other, ...alive, Mb3a: 'unknown-meter', ghost: 'unknown-meter' })
  const dead = { Mb1a: 'no-answer', Mb2a: 'no-answer', Mb2b: 'no-answer' }
  assert.deepEqual(during, { ...other, ...dead })
})

test('a terminal without supply says nothing, one on its backup reads nobody', () => {
  assert.equal(ask('K2', 20, 'Mb3a'), undefined)
  assert.deepEqual(ask('K3', 20, 'Mb4a'), { Mb4a: 'not-asked' })
  assert.deepEqual(ask('K3', 70, 'Mb4a'), { Mb4a: 200 })
})

test('a meter with a supply of its own answers, and shows what its feed has', () => {
  assert.deepEqual(ask('KH', 20, 'Mmain'), { Mmain: 100 })
})
