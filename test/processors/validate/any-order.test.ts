import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readingsBalance } from '../../../src/model/audit.ts'
import { READING_KINDS } from '../../../src/model/fields.ts'
import type { HistoryAnswer } from '../../../src/model/history.ts'
import { qualityAt, REASON, SUSPECT, VALID } from '../../../src/model/quality.ts'
import { MeterLine } from '../../support/meter-line.ts'
import { registryOf } from '../../support/meter-registry.ts'

const T0 = Date.UTC(2026, 10, 20)
const QUARTER = 900_000
const ARRIVAL = T0 + 2 * 86_400_000
const NO_REGISTERS = -1

/** Slots from here on lie in the meter's later binding. */
const REBOUND = 12
/** CT of the two bindings, by version of the registry less 1. */
const RATIOS = [
  [1000, 1000],
  [1001, 1001],
  [1000, 1001],
  [1001, 1000]
] as const
/** By which a terminal multiplies that sends primary values: so close to the others that no register seems to fall. */
const OWN_RATIO = 1000.5

/** A reading as delivered. Values differ by `jitter` only, and stay between those of the neighbouring slots. */
interface Delivery {
  readonly slot: number
  readonly kind: number
  readonly jitter: number
  readonly isPrimary: boolean
}

/** A reading as it arrived: with the ratio of its binding in the registry of that moment, 0 for a primary one. */
interface Delivered extends Delivery {
  readonly ratio: number
}

/** Tenths of a kWh per slot, hundredths by jitter, as the meter shows them. */
const shownKwh = ({ slot, jitter }: Delivery): number => (slot * 10 + jitter) / 100
const importKwh = (one: Delivery): number => {
  if (one.jitter === NO_REGISTERS) return Number.NaN
  return one.isPrimary ? shownKwh(one) * OWN_RATIO : shownKwh(one)
}
const hasSameContent = (a: Delivery | undefined, b: Delivery): boolean =>
  a?.jitter === b.jitter && a.isPrimary === b.isPrimary
const timeOf = (slot: number): number => T0 + slot * QUARTER
const keyOf = ({ slot, kind }: Delivery): string => `${timeOf(slot)}/${kind}`

const toMessage = (delivery: Delivery): object => ({
  meter: 'M0',
  time: timeOf(delivery.slot),
  kind: READING_KINDS[delivery.kind],
  voltageV: 220,
  ...(delivery.isPrimary ? { scale: 'primary' } : {}),
  ...(delivery.jitter === NO_REGISTERS ? {} : { importKwh: importKwh(delivery) })
})

const delivery = fc.record({
  slot: fc.nat(24),
  kind: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constantFrom(0, 3) }),
  jitter: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.constantFrom(3, 7, NO_REGISTERS) }
  ),
  isPrimary: fc.oneof(
    { weight: 5, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) }
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
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('import' as const), version: fc.integer({ min: 1, max: 4 }) })
  },
  { weight: 1, arbitrary: fc.constant({ act: 'repeat' as const }) },
  { weight: 1, arbitrary: fc.constant({ act: 'restart' as const }) }
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never
type Answers = { id: number; answer: HistoryAnswer }[]

/** Runs the actions and settles what waits. @returns what was delivered, in order */
async function live(line: MeterLine, actions: readonly Action[]): Promise<Delivered[]> {
  const delivered: Delivered[] = []
  let ratios: (typeof RATIOS)[number] = RATIOS[0]
  const told: Answers = []
  let underWay: Answers = []
  let next = 0
  let at = ARRIVAL
  const publish = async (frame: readonly Delivery[]): Promise<void> => {
    for (const one of frame) {
      const [early, late] = ratios
      delivered.push({ ...one, ratio: one.isPrimary ? 0 : one.slot < REBOUND ? early : late })
    }
    at += 1000
    await line.publish(at, { readings: frame.map(toMessage) })
  }
  for (const step of actions) {
    if (step.act === 'publish') await publish(step.frame)
    else if (step.act === 'go on') {
      const slots = Array.from({ length: step.slots }, () => next++)
      await publish(slots.map(slot => ({ slot, kind: 1, jitter: 0, isPrimary: false })))
    } else if (step.act === 'ask') {
      underWay.push(...(await line.ask(line.asked.slice(step.part))))
    } else if (step.act === 'give') {
      await line.give(underWay.slice(step.part))
      told.push(...underWay.slice(step.part))
      underWay = underWay.slice(0, step.part)
    } else if (step.act === 'import') {
      ratios = RATIOS[step.version - 1]
      await line.useRegistry(registries[step.version - 1])
    } else if (step.act === 'repeat') await line.give(told)
    else line.restart()
    assert.ok(readingsBalance(line.counted), JSON.stringify(line.counted))
  }
  await line.give(underWay)
  await line.settle()
  return delivered
}

/** What should be stored: every change of a reading is a version. */
function versionsOf(delivered: readonly Delivered[]): Map<string, Delivered[]> {
  const versions = new Map<string, Delivered[]>()
  for (const one of delivered) {
    const known = versions.get(keyOf(one)) ?? []
    if (!hasSameContent(known.at(-1), one)) versions.set(keyOf(one), [...known, one])
  }
  return versions
}

/** Where the register stood at each time that has it: of several kinds the lowest speaks. */
function pointsOf(versions: Map<string, Delivered[]>): Point[] {
  const points = new Map<number, Delivered>()
  for (const list of versions.values()) {
    const last = list.at(-1)!
    if (last.jitter === NO_REGISTERS) continue
    const other = points.get(last.slot)
    if (other === undefined || last.kind < other.kind) points.set(last.slot, last)
  }
  return [...points.values()]
    .sort((a, b) => a.slot - b.slot)
    .map(one => ({ time: timeOf(one.slot), value: importKwh(one), ratio: one.ratio }))
}

interface Point {
  readonly time: number
  readonly value: number
  readonly ratio: number
}

/** The energy between two points, primary: with the ratio of the later one. */
function energyOf(before: Point, now: Point): number {
  if (now.ratio === 0) return now.value - before.value * (before.ratio || 1)
  return before.ratio === 0 ? now.value * now.ratio - before.value : (now.value - before.value) * now.ratio
}

/** `VALID`, or `SUSPECT` and why. */
function verdictOf(before: Point, now: Point): string {
  const isChanged = before.ratio !== now.ratio && before.ratio !== 0 && now.ratio !== 0
  return isChanged ? `${SUSPECT} RATIO_CHANGED` : `${VALID}`
}

async function check(line: MeterLine, delivered: readonly Delivered[]): Promise<void> {
  const versions = versionsOf(delivered)
  const rows = await line.readings()
  assert.deepEqual(
    rows
      .map(({ time, kind, version, values, isPrimary, ct, pt }) =>
        [`${time}/${kind} v${version}`, values[0], isPrimary ? 0 : ct * pt].join(' ')
      )
      .sort(),
    [...versions]
      .flatMap(([key, list]) =>
        list.map((one, i) => [`${key} v${i + 1}`, importKwh(one), one.ratio].join(' '))
      )
      .sort(),
    'every reading once, and its corrections'
  )
  const points = pointsOf(versions)
  const stated = (await line.intervals()).filter(({ energy }) => !Number.isNaN(energy[0]))
  assert.deepEqual(
    stated.map(({ start, end, energy, quality, reasons }) => {
      const isChanged = (reasons & REASON.RATIO_CHANGED) !== 0
      const verdict = `${qualityAt(quality, 0, 0)}${isChanged ? ' RATIO_CHANGED' : ''}`
      return [start, end, energy[0].toFixed(4), verdict]
    }),
    points.slice(1).map((point, i) => {
      const before = points[i]
      return [before.time, point.time, energyOf(before, point).toFixed(4), verdictOf(before, point)]
    }),
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

const registries = RATIOS.map(([early, late], index) => ({
  ...registryOf([{ id: 'M0', ct: late, installedAt: timeOf(REBOUND), before: [{ ct: early }] }]),
  version: index + 1
}))
const [registry] = registries
const loadRegistry = ({ version }: { readonly version: number }) => registries[version - 1]

for (const [name, options, numRuns] of [
  ['a window of 4 and a store that answers late', { windowReadings: 4 }, 600],
  ['a window of 32', { windowReadings: 32 }, 150],
  ['a window that grows', { windowReadings: 4, growWindow: true }, 150]
] as const) {
  test(`readings in any order, repeated and corrected, under changing ratios, sum to the register: ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 40, size: 'max' }), async actions => {
        const line = new MeterLine({ registry, loadRegistry, ...options })
        await line.useRegistry()
        await check(line, await live(line, actions))
      }),
      { numRuns }
    )
  })
}
