import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeSource, type SourceQuestion } from '../../../processors/supply/judge-sources.ts'
import { SupplyFacts } from '../../../processors/supply/facts.ts'
import { indexTruck, Trucks } from '../../../processors/supply/trucks.ts'
import { TRUCK_MS, type Truck } from '../../../src/model/truck.ts'
import { HOSPITAL, observation, sourceOf } from './plant.ts'

const T0 = Date.UTC(2026, 10, 30)
const MINUTE = 60_000
const RHYTHM = { stepMs: MINUTE, keepsMs: 6 * MINUTE }
const at = (minutes: number): number => T0 + minutes * MINUTE
const indexed = { customer: HOSPITAL, sources: [], plantRhythm: RHYTHM }

const truckAt = (minute: number, more: Partial<Truck> = {}): Truck => ({
  ...{ keyCustomer: 'H1', source: 'TRK', sections: ['S1'], by: 'li' },
  ...{ attachedAt: at(minute), validUntil: at(minute) + TRUCK_MS },
  ...more
})

test('a truck is a source of its customer while it is there, and told anew under its id', () => {
  const trucks = new Trucks()
  assert.equal(trucks.take(truckAt(10)), at(10))
  const sourcesAt = (minute: number): string[] =>
    trucks.joined(indexed, at(minute)).customer.sources.map(({ id }) => id)
  assert.ok(!sourcesAt(9).includes('TRK'))
  assert.ok(sourcesAt(10).includes('TRK'))
  assert.equal(trucks.take(truckAt(8, { detachedAt: at(20) })), at(8), 'from the earlier of both')
  assert.ok(sourcesAt(9).includes('TRK'))
  assert.ok(!sourcesAt(20).includes('TRK'))
  assert.equal(trucks.joined(indexed, at(9)).trucks.get('TRK')?.attachedAt, at(8))
  const again = new Trucks()
  again.load(trucks.save())
  assert.deepEqual(again.joined(indexed, at(9)), trucks.joined(indexed, at(9)))
  trucks.take(truckAt(30))
  assert.ok(sourcesAt(9).includes('TRK'), 'it was there before it came again')
  assert.ok(!sourcesAt(29).includes('TRK'))
  assert.ok(sourcesAt(30).includes('TRK'))
  trucks.forget(at(21))
  assert.ok(!sourcesAt(9).includes('TRK') && sourcesAt(30).includes('TRK'))
  trucks.take(truckAt(30, { detachedAt: at(31) }))
  trucks.forget(at(32))
  assert.equal(trucks.find('H1', 'TRK'), undefined)
})

test('one on file is no second source when it comes', () => {
  const trucks = new Trucks()
  const customer = { ...HOSPITAL, sources: [...HOSPITAL.sources, sourceOf('TRK', { kind: 'truck' })] }
  trucks.take(truckAt(1))
  const present = trucks.joined({ ...indexed, customer }, at(2))
  assert.equal(present.customer.sources.filter(({ id }) => id === 'TRK').length, 1)
  assert.ok(present.trucks.has('TRK'))
})

interface Told {
  readonly truck?: Truck
  readonly said?: readonly [minute: number, isRunning: boolean]
  readonly seen?: readonly [minute: number, fact: 'running' | 'ready' | 'failed']
}

function judge({ truck, said, seen }: Told, minute: number): string {
  const facts = new SupplyFacts()
  const nothing = {
    voltageV: Number.NaN,
    powerKw: Number.NaN,
    fuelPct: Number.NaN,
    startBatteryV: Number.NaN
  }
  if (said !== undefined)
    facts.generator(
      { source: 'TRK', isRunning: said[1], mode: 'auto', ...nothing },
      at(said[0]),
      Number.NaN,
      RHYTHM
    )
  if (seen !== undefined)
    facts.seen('source', 'TRK', at(seen[0]), observation({ fact: seen[1], observedAt: at(seen[0]) }))
  const { source } = indexTruck(truck ?? truckAt(0), indexed)
  const question: SourceQuestion = {
    ...{ source, facts: facts.at(at(minute)), path: { openSince: Number.NaN, overAt: Number.NaN }, truck },
    ...{ generatingSince: Number.POSITIVE_INFINITY, lifetimeMs: RHYTHM.keepsMs, now: at(minute) }
  }
  const { state, basis, reason, since } = judgeSource(question)
  return `${state} ${basis} ${reason} since ${Number.isNaN(since) ? '-' : (since - T0) / MINUTE}`
}

const ROWS: readonly [what: string, told: Told, minute: number, judged: string][] = [
  ['is not here', {}, 5, 'unknown declared NOT_ATTACHED since -'],
  ['was told to be here', { truck: truckAt(1) }, 5, 'running reported ATTACHED since 1'],
  [
    'nobody said for a day that it still is',
    { truck: truckAt(1) },
    1442,
    'unknown reported STALE since 1441'
  ],
  ['its terminal tells of it', { truck: truckAt(1), said: [4, false] }, 5, 'ready measured MESSAGE since 4'],
  [
    'its terminal fell silent',
    { truck: truckAt(1), said: [4, false] },
    11,
    'running reported ATTACHED since 1'
  ],
  [
    'a person saw it stand still',
    { truck: truckAt(1), seen: [3, 'failed'] },
    5,
    'failed reported OBSERVED since 3'
  ],
  [
    'that was before it came',
    { truck: truckAt(4), seen: [3, 'failed'] },
    5,
    'running reported ATTACHED since 4'
  ],
  [
    'its terminal tells otherwise since',
    { truck: truckAt(1), seen: [3, 'failed'], said: [4, true] },
    5,
    'running measured MESSAGE since 4'
  ]
]

for (const [what, told, minute, judged] of ROWS)
  test(`truck: ${what}`, () => assert.equal(judge(told, minute), judged))
