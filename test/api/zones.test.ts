import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultFrom, ruleOf, STEP_MS, STEPS } from '../../src/api/routes/steps.ts'
import { readerOf } from '../../src/api/page/format.ts'
import { parseTime } from '../../src/registry/read/local-time.ts'
import { energySteps, stepBounds } from '../../src/series/energy-steps.ts'
import type { IntervalRow } from '../../src/series/port.ts'
import { batchOf, type GivenInterval } from '../support/series-blocks.ts'
import { interval } from './context.ts'
import { openSite } from './load-site.ts'

/** The zones that are promised: none, northern and southern summer time. Days of 23 and 25 hours of 2026 in each. */
const ZONES = [
  { timezone: 'Asia/Shanghai', odd: {} },
  { timezone: 'Europe/Zurich', odd: { '2026-03-29': 23, '2026-10-25': 25 } },
  { timezone: 'Australia/Sydney', odd: { '2026-04-05': 25, '2026-10-04': 23 } }
] as const satisfies readonly { timezone: string; odd: Readonly<Record<string, number>> }[]

const FILES = {
  'devices.csv': 'id,kind,name,parent\nF1,feeder,,\nT1,transformer,,F1\n',
  'usage_points.csv': 'id,account,device,phase\nU1,A1,T1,A\n',
  'terminals.csv': 'id,kind,powered_by\nC1,concentrator,T1\n',
  'meters.csv': 'id,usage_point,terminal,wiring,installed_at\nM1,U1,C1,1p2w,2026-01-01\n'
}
const HOUR = 3_600_000
const QUARTER = HOUR / 4
const YEAR = 2026

const midnight = (date: Temporal.PlainDate, timezone: string): number =>
  date.toZonedDateTime(timezone).epochMilliseconds
const dateOf = (month: number, day = 1): Temporal.PlainDate =>
  Temporal.PlainDate.from({ year: YEAR, month, day })

for (const { timezone, odd } of ZONES) {
  const from = midnight(dateOf(1), timezone)
  const to = midnight(dateOf(1).add({ years: 1 }), timezone)
  const days = stepBounds(from, to, ruleOf('1d', timezone))
  const months = stepBounds(from, to, ruleOf('1mo', timezone))

  test(`${timezone}: days tile months, months the year; the odd days are where they are`, () => {
    assert.deepEqual([days.length, months.length], [365, 12])
    for (const bounds of [days, months]) {
      assert.deepEqual([bounds[0]?.[0], bounds.at(-1)?.[1]], [from, to])
      for (const [at, [start]] of bounds.entries()) if (at > 0) assert.equal(start, bounds[at - 1]?.[1])
    }
    const borders = new Set(days.map(([start]) => start))
    for (const [start] of months) assert.ok(borders.has(start))
    const found = days.filter(([start, end]) => end - start !== 24 * HOUR)
    assert.deepEqual(
      Object.fromEntries(
        found.map(([start, end]) => [
          new Date(start + 12 * HOUR).toLocaleDateString('sv-SE', { timeZone: timezone }),
          (end - start) / HOUR
        ])
      ),
      odd
    )
  })

  test(`${timezone}: a date of the registry, a day of the steps and a day of the page begin together`, () => {
    const reader = readerOf('en', timezone)
    for (const [at, [start]] of days.entries()) {
      const date = dateOf(1).add({ days: at }).toString()
      assert.deepEqual(parseTime(date, timezone), { ms: start }, date)
      assert.equal(reader.clock(start), '00:00', date)
      assert.notEqual(reader.clock(start - QUARTER), '00:00', date)
    }
  })

  test(`${timezone}: quarters, hours and days of a year add up to the same, whatever is missing`, () => {
    const intervals: IntervalRow[] = []
    for (let start = from; start < to; start += QUARTER) {
      const slot = (start - from) / QUARTER
      // Powers of two: sums are exact in any order. Some quarters never came.
      if (slot % 97 !== 0) intervals.push(interval(start, start + QUARTER, (1 + (slot % 13)) / 64))
    }
    const sum = (bounds: readonly { importKwh: { sum: number | null } }[]): number =>
      bounds.reduce((total, step) => total + (step.importKwh.sum ?? 0), 0)
    const covered = (bounds: readonly { start: number; end: number; importKwh: { coverage: number } }[]) =>
      Math.round(bounds.reduce((ms, it) => ms + it.importKwh.coverage * (it.end - it.start), 0))
    const whole = energySteps(intervals, from, to, ruleOf('1mo', timezone))
    for (const step of STEPS) {
      const steps = energySteps(intervals, from, to, ruleOf(step, timezone))
      assert.equal(sum(steps), sum(whole), step)
      assert.equal(covered(steps), intervals.length * QUARTER, step)
    }
  })

  test(`${timezone}: any span is tiled without gap or overlap, and its hours add up to its days`, () => {
    const time = fc.integer({ min: from / QUARTER, max: to / QUARTER - 1 }).map(slot => slot * QUARTER)
    const span = fc.tuple(time, fc.integer({ min: 1, max: 96 * 60 }))
    fc.assert(
      fc.property(span, fc.constantFrom(...STEPS), ([start, quarters], step) => {
        const end = Math.min(to, start + quarters * QUARTER)
        const bounds = stepBounds(start, end, ruleOf(step, timezone))
        assert.deepEqual([bounds[0]?.[0], bounds.at(-1)?.[1]], [start, end])
        for (const [at, [begin, stop]] of bounds.entries()) {
          assert.ok(stop > begin)
          if (at > 0) assert.equal(begin, bounds[at - 1]?.[1])
          // No step crosses the border of a day that it belongs to.
          if (step === '1d') assert.ok(days.some(([first, last]) => begin >= first && stop <= last))
        }
        for (const [dayStart, dayEnd] of stepBounds(start, end, ruleOf('1d', timezone))) {
          const hours = stepBounds(dayStart, dayEnd, ruleOf('1h', timezone))
          assert.equal(
            hours.reduce((ms, [begin, stop]) => ms + stop - begin, 0),
            dayEnd - dayStart
          )
        }
      }),
      { numRuns: 300, seed: 23 }
    )
  })

  test(`${timezone}: without a from, steps begin on a local border`, () => {
    const reader = readerOf('en', timezone)
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), fc.constantFrom(...STEPS), (end, step) => {
        const begin = defaultFrom(step, end, timezone)
        assert.ok(begin < end)
        if (step === '1d' || step === '1mo') assert.equal(reader.clock(begin), '00:00')
        else
          assert.equal(begin % STEP_MS[step], 0, 'whole hours of offset: quarters and hours are those of UTC')
      }),
      { numRuns: 500, seed: 23 }
    )
  })

  test(`${timezone}: over the store, the hours of the odd days are their day`, async t => {
    const dates = [...Object.keys(odd), '2026-07-01']
    const spanOf = (date: string): [number, number] => {
      const day = Temporal.PlainDate.from(date)
      return [midnight(day, timezone), midnight(day.add({ days: 1 }), timezone)]
    }
    const rows: GivenInterval[] = []
    const { get } = await openSite(t, {
      files: FILES,
      timezone,
      now: to,
      batch: () => {
        for (const [start, end] of dates.map(spanOf))
          for (let at = start - HOUR; at < end + HOUR; at += QUARTER)
            rows.push({
              meter: 0,
              start: at,
              end: at + QUARTER,
              revision: rows.length,
              energy: [1 / 4, 0, 0, 0]
            })
        return batchOf(1, { intervals: { 1: rows } })
      }
    })
    for (const date of dates) {
      const [start, end] = spanOf(date)
      const hours = (end - start) / HOUR
      const steps = async (step: string) =>
        (await get(`/v1/meters/M1/readings?from=${start}&to=${end}&step=${step}&fields=importKwh`)).items
      const counts = { '15m': hours * 4, '30m': hours * 2, '1h': hours, '1d': 1, '1mo': 1 }
      for (const [step, count] of Object.entries(counts)) {
        const items: {
          start: string
          end: string
          values: { importKwh: { v: number; coverage: number } }
        }[] = await steps(step)
        assert.equal(items.length, count, `${date} ${step}`)
        assert.equal(
          items.reduce((sum, it) => sum + it.values.importKwh.v, 0),
          hours,
          `${date} ${step}`
        )
        assert.ok(items.every(it => it.values.importKwh.coverage === 1))
        assert.deepEqual([Date.parse(items[0]!.start), Date.parse(items.at(-1)!.end)], [start, end])
      }
      const { installedAt } = (await get('/v1/meters/M1')).bindings?.[0] ?? {}
      if (installedAt !== undefined) assert.equal(Date.parse(installedAt), midnight(dateOf(1), timezone))
    }
  })
  test(`${timezone}: the page's day begins at local midnight, 25 hours ago if need be`, async t => {
    for (const [date, hours] of Object.entries({ ...odd, '2026-07-01': 24 })) {
      const begins = midnight(Temporal.PlainDate.from(date), timezone)
      const now = begins + hours * HOUR - QUARTER
      const rows: GivenInterval[] = []
      const { api } = await openSite(t, {
        files: FILES,
        timezone,
        now,
        batch: () => {
          for (let at = begins - 48 * HOUR; at < now; at += QUARTER)
            rows.push({
              meter: 0,
              start: at,
              end: at + QUARTER,
              revision: rows.length,
              energy: [1 / 4, 0, 0, 0]
            })
          return batchOf(1, { intervals: { 1: rows } })
        }
      })
      const { body } = await api.inject('/page/live?meter=M1&lang=en')
      const kwh = (hours - 1 / 4).toFixed(2)
      assert.ok(body.includes(`<b>${kwh}</b>`), `${date}: ${kwh} kWh in ${body.match(/<b>[^<]*<\/b>/g)}`)
    }
  })
}
