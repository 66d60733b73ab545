import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PingWish } from '../../../../src/model/pings.ts'
import { joined } from '../../../../src/records/bytes.ts'
import { MINUTE, newPipeline, type OutageTape, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import type { SupplySource } from '../../../../src/registry/lookup/customers.ts'
import { HOSPITAL } from '../../supply/plant.ts'
import { quietTown, READ } from '../busy-town.ts'

const registry = drawRegistry(TOWN)
const LOST = T0 + 20 * MINUTE
/** Two of twelve gasp, each in another box of TC: a suspicion for fifteen minutes. */
const GASPED = ['c3', 'e1']
const suspected = (): OutageTape => quietTown().until(LOST).gasp('KC', GASPED)

/** @param isSaved whether the pipeline gives way to a fresh one before a record */
function wishesOf(
  { inputs }: OutageTape,
  isSaved: (place: number) => boolean = () => false,
  town = registry
): PingWish[] {
  let pipeline = newPipeline(town)
  const wishes: PingWish[] = []
  inputs.forEach(({ log, record }, place) => {
    if (isSaved(place)) {
      const saved = joined(pipeline.save())
      pipeline = newPipeline(town)
      pipeline.load(saved)
    }
    pipeline.take(log, record)
    // Those about links of key customers are the supply stage's.
    wishes.push(...pipeline.out.pings.wishes.filter(({ incident }) => incident !== ''))
    pipeline.out.reset()
  })
  return wishes
}

const shortly = (wishes: readonly PingWish[]): string[] =>
  wishes.map(
    ({ at, incident, asked }) =>
      `${(at - LOST) / SECOND}s ${incident} ${asked.map(({ terminal, meters }) => `${terminal}: ${meters.join(' ')}`).join(', ')}`
  )

test('below a suspected device three are asked, of its parts in turns, and two beside it, once clocks cannot be meant', () => {
  const wishes = wishesOf(suspected().pass(40 * SECOND))
  assert.deepEqual(shortly(wishes), ['19s I1 KC: c0 e0 c1, KB: t0 t1'])
})

test('feeds of key customers below it are asked first, and the others as they would be', () => {
  const [main, standby, ...own] = HOSPITAL.sources as [SupplySource, SupplySource, ...SupplySource[]]
  const sources = [{ ...main, meter: 'c6' }, { ...standby, meter: 'd0' }, ...own]
  const town = { ...registry, keyCustomers: new Map([['H1', { ...HOSPITAL, sources }]]) }
  const wishes = wishesOf(suspected().pass(40 * SECOND), undefined, town)
  assert.deepEqual(shortly(wishes), ['19s I1 KC: c6 c0 e0 c1, KB: t0 t1'])
})

test('while it is suspected it is asked again, and no terminal more often than once a minute', () => {
  const wishes = wishesOf(suspected().pass(20 * MINUTE))
  assert.deepEqual(
    wishes.map(({ at }) => Math.round((at - LOST) / MINUTE)),
    [0, 2, 4, 6, 8, 10, 12, 14]
  )
})

test('who is known already is not asked: he answered, did not answer, or was read since', () => {
  const tape = suspected().pass(10 * SECOND)
  const asked = tape.ask('P1', 'KC', ['c0']).reply('P1', 'KC', [], ['c0'])
  assert.deepEqual(shortly(wishesOf(asked.pass(14 * SECOND))), ['19s I1 KC: e0 c1 c2, KB: t0 t1'])
  const read = suspected().pass(18.5 * SECOND)
  read.read('KB', READ.KB!, read.now)
  assert.deepEqual(shortly(wishesOf(read.pass(SECOND))), ['19.5s I1 KC: c0 e0 c1'])
})

test('nobody is asked through a terminal that is away or lives on its backup, nor about what is open', () => {
  const away = suspected()
    .disconnect('KC')
    .disconnect('KB')
    .pass(40 * SECOND)
  assert.deepEqual(wishesOf(away), [])
  const backup = suspected()
    .status('KB', { supply: 'battery', bootCount: 1 })
    .pass(18 * SECOND)
  for (const wish of wishesOf(backup.pass(2 * SECOND)))
    assert.ok(wish.asked.every(({ terminal }) => terminal !== 'KB'))
  assert.deepEqual(
    wishesOf(
      quietTown()
        .until(LOST)
        .gasp('KC', READ.KC!)
        .pass(5 * MINUTE)
    ),
    []
  )
  assert.deepEqual(wishesOf(quietTown().pass(30 * MINUTE)), [])
})

test('a storm of suspicions asks each terminal once a minute', () => {
  const tape = quietTown().until(LOST)
  for (let i = 0; i < 60; i++) {
    for (const [terminal, meters] of Object.entries(READ))
      tape.gasp(terminal, [meters[(7 * i) % meters.length]!, meters[(7 * i + 3) % meters.length]!])
    tape.pass(2 * SECOND)
  }
  const times = new Map<string, number[]>()
  for (const { at, asked } of wishesOf(tape.pass(5 * MINUTE)))
    for (const { terminal, meters } of asked) {
      assert.ok(meters.length <= 5)
      const before = times.get(terminal) ?? []
      assert.ok(at - (before.at(-1) ?? 0) >= MINUTE, `${terminal} at ${at - LOST}`)
      times.set(terminal, [...before, at])
    }
})

test('the same is wished after a restart at any place', () => {
  const tape = suspected().pass(6 * MINUTE)
  assert.deepEqual(
    wishesOf(tape, place => place % 41 === 0),
    wishesOf(tape)
  )
})
