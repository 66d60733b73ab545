import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readingsBalance } from '../../../src/model/audit.ts'
import { READING_KINDS } from '../../../src/model/fields.ts'
import type { HistoryAnswer } from '../../../src/model/history.ts'
import { MeterLine } from '../../support/meter-line.ts'
import { registryOf } from '../../support/meter-registry.ts'

const T0 = Date.UTC(2026, 10, 20)
const QUARTER = 900_000
const ARRIVAL = T0 + 2 * 86_400_000
const NO_REGISTERS = -1

/** A reading as delivered. Values differ by `jitter` only, and stay between those of the neighbouring slots. */
interface Delivery {
  readonly slot: number
  readonly kind: number
  readonly jitter: number
}

/** Tenths of a kWh per slot, hundredths by jitter. */
const importKwh = ({ slot, jitter }: Delivery): number => (100_000 + slot * 10 + jitter) / 100
const timeOf = (slot: number): number => T0 + slot * QUARTER
const keyOf = ({ slot, kind }: Delivery): string => `${timeOf(slot)}/${kind}`

const toMessage = (delivery: Delivery): object => ({
  meter: 'M0',
  time: timeOf(delivery.slot),
  kind: READING_KINDS[delivery.kind],
  voltageV: 220,
  ...(delivery.jitter === NO_REGISTERS ? {} : { importKwh: importKwh(delivery) })
})

const delivery = fc.record({
  slot: fc.nat(24),
  kind: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(0, 3) }),
  jitter: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.constantFrom(3, 7, NO_REGISTERS) }
  )
})

/** What happens to the meter's line, in order. */
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('publish' as const),
      frame: fc.array(delivery, { minLength: 1, maxLength: 5 })
    })
  },
  // The meter goes on as it should: the next slots in order.
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('go on' as const), slots: fc.integer({ min: 1, max: 6 }) })
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('ask' as const), part: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('give' as const), part: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.constant({ act: 'repeat' as const }) },
  { weight: 1, arbitrary: fc.constant({ act: 'restart' as const }) }
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never
type Answers = { id: number; answer: HistoryAnswer }[]

/** Runs the actions and settles what waits. @returns what was delivered, in order */
async function live(line: MeterLine, actions: readonly Action[]): Promise<Delivery[]> {
  const delivered: Delivery[] = []
  const told: Answers = []
  let underWay: Answers = []
  let next = 0
  let at = ARRIVAL
  const publish = async (frame: readonly Delivery[]): Promise<void> => {
    delivered.push(...frame)
    at += 1000
    await line.publish(at, { readings: frame.map(toMessage) })
  }
  for (const step of actions) {
    if (step.act === 'publish') await publish(step.frame)
    else if (step.act === 'go on') {
      const slots = Array.from({ length: step.slots }, () => next++)
      await publish(slots.map(slot => ({ slot, kind: 1, jitter: 0 })))
    } else if (step.act === 'ask') {
      underWay.push(...(await line.ask(line.asked.slice(step.part))))
    } else if (step.act === 'give') {
      await line.give(underWay.slice(step.part))
      told.push(...underWay.slice(step.part))
      underWay = underWay.slice(0, step.part)
    } else if (step.act === 'repeat') await line.give(told)
    else line.restart()
    assert.ok(readingsBalance(line.counted), JSON.stringify(line.counted))
  }
  await line.give(underWay)
  await line.settle()
  return delivered
}

/** What should be stored: every change of a reading is a version. */
function versionsOf(delivered: readonly Delivery[]): Map<string, Delivery[]> {
  const versions = new Map<string, Delivery[]>()
  for (const one of delivered) {
    const known = versions.get(keyOf(one)) ?? []
    if (known.at(-1)?.jitter !== one.jitter) versions.set(keyOf(one), [...known, one])
  }
  return versions
}

/** Where the register stood at each time that has it: of several kinds the lowest speaks. */
function pointsOf(versions: Map<string, Delivery[]>): { time: number; value: number }[] {
  const points = new Map<number, Delivery>()
  for (const list of versions.values()) {
    const last = list.at(-1)!
    if (last.jitter === NO_REGISTERS) continue
    const other = points.get(last.slot)
    if (other === undefined || last.kind < other.kind) points.set(last.slot, last)
  }
  return [...points.values()]
    .sort((a, b) => a.slot - b.slot)
    .map(one => ({ time: timeOf(one.slot), value: importKwh(one) }))
}

async function check(line: MeterLine, delivered: readonly Delivery[]): Promise<void> {
  const versions = versionsOf(delivered)
  const rows = await line.readings()
  assert.deepEqual(
    rows.map(row => `${row.time}/${row.kind} v${row.version} ${row.values[0]}`).sort(),
    [...versions]
      .flatMap(([key, list]) =>
        list.map((one, i) => `${key} v${i + 1} ${one.jitter === NO_REGISTERS ? Number.NaN : importKwh(one)}`)
      )
      .sort(),
    'every reading once, and its corrections'
  )
  const points = pointsOf(versions)
  const stated = (await line.intervals()).filter(({ energy }) => !Number.isNaN(energy[0]))
  assert.deepEqual(
    stated.map(({ start, end, energy }) => [start, end, energy[0].toFixed(6)]),
    points.slice(1).map(({ time, value }, i) => [points[i].time, time, (value - points[i].value).toFixed(6)]),
    'intervals tile the time between the first and the last point'
  )
  const { held, stored, corrections, duplicates } = line.counted
  assert.equal(held, 0)
  assert.deepEqual([...line.pipeline.waiting()], [])
  const changes = [...versions.values()].reduce((sum, list) => sum + list.length - 1, 0)
  assert.deepEqual(
    { stored, corrections, duplicates },
    { stored: versions.size, corrections: changes, duplicates: delivered.length - versions.size - changes }
  )
}

const registry = registryOf([{ id: 'M0' }])

for (const [name, options, numRuns] of [
  ['a window of 4 and a store that answers late', { windowReadings: 4 }, 600],
  ['a window of 32', { windowReadings: 32 }, 150],
  ['a window that grows', { windowReadings: 4, growWindow: true }, 150]
] as const) {
  test(`readings in any order, repeated and corrected, sum to the register: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 40, size: 'max' }), async actions => {
        const line = new MeterLine({ registry, ...options })
        await line.useRegistry()
        await check(line, await live(line, actions))
      }),
      { numRuns }
    )
  })
}
