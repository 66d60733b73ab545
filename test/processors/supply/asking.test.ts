import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PingWish } from '../../../src/model/pings.ts'
import { MINUTE, newPipeline, OutageTape, SECOND, T0 } from '../../support/outage-feed.ts'
import { drawRegistry } from '../../support/outage-registry.ts'
import { HOSPITAL } from './plant.ts'

/** A hospital whose feeds are read by a terminal each; the first one watches the plant too. */
const REGISTRY = {
  ...drawRegistry({
    devices: [
      ['SUB', 'substation', ''],
      ['FA', 'feeder', 'SUB'],
      ['FB', 'feeder', 'SUB']
    ],
    meters: [
      { device: 'FA', terminal: 'K', ids: ['M-G1'] },
      { device: 'FB', terminal: 'L', ids: ['M-G2'] },
      { device: 'FB', terminal: 'X', ids: ['x0'] }
    ],
    terminals: [{ id: 'K' }, { id: 'L' }, { id: 'X' }]
  }),
  keyCustomers: new Map([['H1', HOSPITAL]])
}

function wishesOf({ inputs }: OutageTape): string[] {
  const pipeline = newPipeline(REGISTRY)
  const wishes: PingWish[] = []
  for (const { log, record } of inputs) {
    pipeline.take(log, record)
    wishes.push(...pipeline.out.pings.wishes)
    pipeline.out.reset()
  }
  return wishes.map(
    ({ at, asked }) =>
      `${(at - T0) / SECOND}s ${asked.map(each => `${each.terminal} ${each.meters}`).join(' ')}`
  )
}

test('a link that is lost asks the other terminal, one that is back its own feeds', () => {
  const tape = new OutageTape().connect('K').connect('L').pass(MINUTE)
  assert.deepEqual(wishesOf(tape), ['2s K M-G1', '2s L M-G2'])
  tape.disconnect('K').pass(2 * MINUTE)
  assert.deepEqual(wishesOf(tape).slice(2), ['61s L M-G2'])
  tape.connect('K').pass(10 * SECOND)
  assert.deepEqual(wishesOf(tape).slice(3), ['182s K M-G1'])
})

test('a link that comes and goes is asked about once a minute; a stranger’s never', () => {
  const tape = new OutageTape()
    .connect('K')
    .connect('X')
    .pass(10 * SECOND)
  for (let i = 0; i < 5; i++)
    tape
      .disconnect('K')
      .pass(SECOND)
      .connect('K')
      .pass(5 * SECOND)
  assert.deepEqual(wishesOf(tape.disconnect('X').pass(MINUTE)), ['2s K M-G1', '11s L M-G2'])
})
