import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FIELDS } from '../../src/model/fields.ts'
import { Lines } from '../../src/series/influxdb/lines.ts'
import { type LineSink, PointMaker } from '../../src/series/influxdb/points.ts'
import type { Policy } from '../../src/series/influxdb/schema.ts'
import type { SeriesBatch } from '../../src/series/port.ts'
import { plainPoints } from '../support/plain-points.ts'
import { batchOf, type GivenInterval, type GivenReading } from '../support/series-blocks.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2026, 10, 20)
const names = (meter: number): string => ['330100000017', '表 1', 'a,b=c', 'back\\'][meter] ?? 'M'

class Collected implements LineSink {
  readonly #lines = new Map<Policy, Lines>()
  readonly repeated: string[] = []

  lines(policy: Policy): Lines {
    const lines = this.#lines.get(policy) ?? new Lines()
    this.#lines.set(policy, lines)
    return lines
  }

  wrote(): void {}

  again(policy: Policy, line: string): void {
    this.repeated.push(`${policy} ${line}`)
  }

  room(): undefined {
    return undefined
  }

  get all(): string[] {
    const of = ([policy, lines]: [Policy, Lines]): string[] =>
      Array.from({ length: lines.count }, (_, at) => `${policy} ${lines.read(at, at + 1)}`)
    return [...[...this.#lines].flatMap(of), ...this.repeated]
  }
}

async function pointsOf(batch: SeriesBatch): Promise<Collected> {
  const sink = new Collected()
  await new PointMaker(names, sink).take(batch)
  return sink
}

/** As meters show: a few decimals; and whatever a double can be. */
const number = fc.oneof(
  fc.integer({ min: -1e9, max: 1e9 }).map(value => value / 10_000),
  fc.integer({ min: 0, max: 1e9 }),
  fc.double({ noNaN: true, noDefaultInfinity: true })
)
const reading = fc.record(
  {
    meter: fc.integer({ min: 0, max: 3 }),
    time: fc.integer({ min: -3, max: 8 }).map(slot => T0 + slot * HOUR),
    kind: fc.integer({ min: 0, max: 5 }),
    version: fc.integer({ min: 1, max: 3 }),
    values: fc.dictionary(fc.constantFrom(...FIELDS.map(({ name }) => name)), number, { maxKeys: 6 }),
    ct: fc.constantFrom(1, 1, 80),
    pt: fc.constantFrom(1, 1, 100),
    isPrimary: fc.boolean(),
    quality: fc.tuple(fc.nat(0x3fffffff), fc.nat(0x3fffffff)),
    reasons: fc.dictionary(fc.constantFrom('importKwh', 'voltageVC'), fc.integer({ min: 1, max: 0x7fff }), {
      maxKeys: 2
    }),
    extras: fc.string({ minLength: 1, unit: 'binary', maxLength: 30 })
  },
  { requiredKeys: ['meter', 'time'] }
)
const interval = fc
  .record({
    meter: fc.integer({ min: 0, max: 3 }),
    slot: fc.integer({ min: -3, max: 8 }),
    revision: fc.integer({ min: 1, max: 3_000_000 }),
    energy: fc.tuple(number, fc.oneof(number, fc.constant(Number.NaN)), fc.constant(Number.NaN), number)
  })
  .map(({ slot, ...rest }) => ({
    ...rest,
    start: T0 + (slot - 1) * HOUR,
    end: T0 + slot * HOUR,
    reasons: slot + 3
  }))

test('the fast writer says what the plain one says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(reading, { maxLength: 12 }),
      fc.array(interval, { maxLength: 12 }),
      fc.array(reading, { maxLength: 4 }),
      fc.array(interval, { maxLength: 4 }),
      async (first, behind, second, alone) => {
        const batch = batchOf(9, {
          readings: { 3: first as GivenReading[], 6: second as GivenReading[] },
          intervals: { 4: behind as GivenInterval[], 8: alone as GivenInterval[] }
        })
        assert.deepEqual((await pointsOf(batch)).all.sort(), plainPoints(batch, names).sort())
      }
    ),
    { numRuns: 300 }
  )
})

test('numbers are read back as they were, and are as short as JavaScript has them', () => {
  const rows = [
    0,
    -0,
    1,
    9,
    10,
    99,
    100,
    1e9,
    1e9 - 1,
    123_456_789_012,
    230.5,
    0.0001,
    12_345.67,
    -3.25,
    1e-5,
    1e21
  ]
  for (const value of [...rows, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 900_719_925_474.0991]) {
    const lines = new Lines()
    lines.number(value).end()
    assert.ok(Object.is(Number(lines.read()), value), `${value} became ${lines.read()}`)
  }
  fc.assert(
    fc.property(number, value => {
      const lines = new Lines()
      lines.number(value).end()
      assert.ok(Object.is(Number(lines.read()), value))
      assert.ok(lines.read().length <= Math.max(String(value).length, 17))
    })
  )
})

test('a final that follows another of its meter is sent behind all others', async () => {
  const at = (hours: number, version: number) => ({
    meter: 0,
    time: T0 + hours * HOUR,
    version,
    values: { importKwh: version }
  })
  const again = { meter: 0, start: T0, end: T0 + HOUR, revision: 9, energy: [4, NaN, NaN, NaN] as const }
  const { repeated } = await pointsOf(
    batchOf(5, {
      readings: { 1: [at(1, 1), at(2, 1), at(1, 2)], 3: [at(2, 2), at(3, 1)] },
      intervals: { 5: [again] }
    })
  )
  assert.deepEqual(
    repeated.map(line => line.split(' ')[2]),
    ['importKwh=2,suspectValues=0i', 'importKwh=2,suspectValues=0i', 'intervalKwh=4']
  )
})

test('a meter that no registry names yet holds the batch up', async () => {
  const sink = new Collected()
  const maker = new PointMaker(() => undefined, sink)
  const batch = batchOf(1, { readings: { 1: [{ meter: 7, time: T0 }] } })
  await assert.rejects(maker.take(batch), /meter 7 is in no registry/)
})
