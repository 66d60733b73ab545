import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { FIELDS } from '../../src/model/fields.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import type { SeriesStore } from '../../src/series/port.ts'
import { MemorySeries } from '../support/memory-series.ts'
import { batchOf, type GivenInterval, type GivenReading, quarantineEntry } from '../support/series-blocks.ts'

const HOUR = 3_600_000
const T0 = Date.UTC(2026, 10, 20)
const METERS = [0, 1, 2, 3]
const RUNS = 10

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

test('random batches with other boundaries and restarts: the store answers as plain arrays do', async () => {
  await fc.assert(
    fc.asyncProperty(steps, commits, async (given, plan) => {
      const folder = mkdtempSync(join(tmpdir(), 'gridvigil-random-'))
      const open = async () => {
        const store = createDuckdbStore({
          folder,
          memoryMb: 128,
          threads: 1,
          maxOpenDays: 3,
          clusterQuietMs: 0
        })
        await store.open()
        return store
      }
      let store = await open()
      const oracle = new MemorySeries()
      const blocks = numbered(given as never)
      const quarantine = given.map(({ quarantined }, index) =>
        Array.from({ length: quarantined }, (_, i) => quarantineEntry(index, i, Uint8Array.of(index, i)))
      )
      try {
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
          if (back % 2 === 0) while ((await store.clusterNext()) !== undefined);
          if (back === 0) while ((await store.curvesNext()) !== undefined);
          if (reopen) {
            await store.close()
            store = await open()
          }
        }
        await compare(store, oracle)
      } finally {
        await store.close()
        rmSync(folder, { recursive: true, force: true })
      }
    }),
    { numRuns: RUNS }
  )
})

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
      quarantine: await of.quarantine({ limit: 100 })
    }
  }
  assert.deepEqual(await ask(store), await ask(oracle))
}
