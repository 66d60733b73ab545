import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FIELDS } from '../../src/model/fields.ts'
import type { SeriesStore } from '../../src/series/port.ts'
import { MemorySeries } from '../support/memory-series.ts'
import { batchOf, type GivenInterval, type GivenReading, quarantineEntry } from '../support/series-blocks.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2026, 10, 20)
const METERS = [0, 1, 2, 3]

/** Times on a six hour grid over five days, so that midnights and collisions are frequent. */
const time = fc.integer({ min: 0, max: 20 }).map(slot => T0 + slot * 6 * HOUR)
const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(Number.NaN))
const values = fc.dictionary(fc.constantFrom(...FIELDS.map(field => field.name)), value, { maxKeys: 6 })
const readings = fc.array(
  fc.record(
    {
      meter: fc.constantFrom(...METERS),
      time,
      kind: fc.integer({ min: 0, max: 2 }),
      values,
      ct: fc.integer({ min: 1, max: 400 }),
      isPrimary: fc.boolean(),
      quality: fc.tuple(fc.nat(0x3fffffff), fc.nat(0x3fffffff)),
      reasons: fc.dictionary(fc.constantFrom('importKwh', 'voltageVC'), fc.integer({ min: 1, max: 0x7fff }), {
        maxKeys: 1
      }),
      extras: fc.string({ minLength: 1, unit: 'binary' }).filter(text => !text.includes('\0'))
    },
    { requiredKeys: ['meter', 'time', 'kind'] }
  ),
  { maxLength: 12 }
)
const intervals = fc.array(
  fc.record({ meter: fc.constantFrom(...METERS), end: time, hours: fc.integer({ min: 1, max: 8 }) }),
  {
    maxLength: 6
  }
)
const steps = fc.array(fc.record({ readings, intervals, quarantined: fc.nat(2) }), {
  minLength: 1,
  maxLength: 14
})

/** Where a commit ends, and how far back the results are sent again, in steps. */
const commits = fc.array(
  fc.record({ steps: fc.integer({ min: 1, max: 5 }), back: fc.nat(4), reopen: fc.boolean() }),
  {
    minLength: 4,
    maxLength: 8
  }
)

/** Versions and revisions as the processor gives them. */
function numbered(
  given: { readings: GivenReading[]; intervals: { meter: number; end: number; hours: number }[] }[]
) {
  const versions = new Map<string, number>()
  let revision = 0
  return given.map(step => ({
    readings: step.readings.map(row => {
      const key = `${row.meter}/${row.time}/${row.kind}`
      const version = (versions.get(key) ?? 0) + 1
      versions.set(key, version)
      return { ...row, version }
    }),
    intervals: step.intervals.map(({ meter, end, hours }): GivenInterval => {
      revision++
      const energy = [revision, Number.NaN, hours, 0] as const
      return {
        meter,
        start: end - hours * HOUR,
        end,
        revision,
        energy,
        quality: revision % 8,
        reasons: hours
      }
    })
  }))
}

/** A store that can be opened again, and what is done to it between commits. */
export interface RandomUnderTest {
  readonly store: SeriesStore
  reopen(): Promise<SeriesStore>
  remove(): Promise<void>
  /** Beside commits, now and then: `back` is how far the results were sent again. */
  between?(back: number): Promise<void>
}

/** Random batches with other boundaries and restarts: a store answers as plain arrays do. */
export function randomContract(
  name: string,
  create: () => Promise<RandomUnderTest>,
  options: { readonly runs: number; readonly skip?: boolean }
): void {
  test(`${name}: random batches with other boundaries and restarts give what plain arrays give`, {
    skip: options.skip ?? false
  }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, commits, async (given, plan) => {
        const under = await create()
        try {
          await play(
            under,
            numbered(given as never),
            given.map(({ quarantined }) => quarantined),
            plan
          )
        } finally {
          await under.remove()
        }
      }),
      { numRuns: options.runs }
    )
  })
}

async function play(
  under: RandomUnderTest,
  blocks: ReturnType<typeof numbered>,
  quarantined: readonly number[],
  plan: readonly { steps: number; back: number; reopen: boolean }[]
): Promise<void> {
  let { store } = under
  const oracle = new MemorySeries()
  const quarantine = quarantined.map((count, index) =>
    Array.from({ length: count }, (_, i) => quarantineEntry(index, i, Uint8Array.of(index, i)))
  )
  let sent = 0
  for (const { steps, back, reopen } of plan) {
    const from = Math.max(0, sent - back)
    const to = Math.min(blocks.length, sent + steps)
    const of = <T>(list: readonly T[]) =>
      Object.fromEntries(list.slice(from, to).map((each, index) => [from + index + 1, each]))
    const batch = batchOf(to, {
      readings: of(blocks.map(block => block.readings)),
      intervals: of(blocks.map(block => block.intervals)),
      quarantine: of(quarantine)
    })
    await store.commit(batch)
    await oracle.commit(batch)
    sent = Math.max(sent, to)
    await under.between?.(back)
    if (reopen) store = await under.reopen()
  }
  await compare(store, oracle)
}

async function compare(store: SeriesStore, oracle: SeriesStore): Promise<void> {
  assert.deepEqual(store.position(), oracle.position())
  const requests = METERS.flatMap(meter =>
    [0, 5, 12, 24, 27.5, 48, 120, 200].map(hours => ({ meter, time: T0 + hours * HOUR, kind: hours % 3 }))
  )
  const ask = async (of: SeriesStore) => {
    const perMeter = METERS.map(async meter => {
      const span = { meter, from: T0 + 5 * HOUR, to: T0 + 96 * HOUR }
      const after = { time: T0 + 24 * HOUR, kind: 1, version: 1 }
      return {
        highest: await of.readings({ ...span, limit: 1000 }),
        all: await of.readings({ ...span, from: 0, limit: 1000, allVersions: true }),
        page: await of.readings({ ...span, limit: 3, after, allVersions: true }),
        intervals: await of.intervals(span)
      }
    })
    return {
      perMeter: await Promise.all(perMeter),
      latest: await of.latest(METERS),
      history: await of.history(requests),
      count: await of.countReadings(),
      // Ids rise in any store, and say nothing else.
      quarantine: (await of.quarantine({ limit: 100 })).map((row, place) => ({ ...row, id: place }))
    }
  }
  assert.deepEqual(await ask(store), await ask(oracle))
}
