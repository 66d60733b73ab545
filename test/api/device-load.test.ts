import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import { batchOf, type GivenInterval } from '../support/series-blocks.ts'
import { openSite } from './load-site.ts'

const HOUR = 3_600_000
const QUARTER = HOUR / 4
const NONE = Number.NaN

/** U1 has an exchange, M3 moves from U3 to U4, U5 hangs elsewhere, U6 was never metered, CHECK measures the transformer. */
const filesOf = (day: string): Record<string, string> => ({
  'devices.csv': 'id,kind,name,parent\nF1,feeder,,\nT1,transformer,,F1\nB1,box,,T1\nT2,transformer,,F1\n',
  'usage_points.csv':
    'id,account,device,phase\nU1,A1,T1,A\nU2,A2,B1,B\nU3,A3,B1,C\nU4,A4,T1,A\nU5,A5,T2,A\nU6,A6,T1,A\n',
  'terminals.csv': 'id,kind,powered_by\nC1,concentrator,T1\n',
  'meters.csv': [
    'id,usage_point,device,terminal,wiring,installed_at,removed_at',
    `M1,U1,,C1,1p2w,,${day}T10:30`,
    `M1B,U1,,C1,1p2w,${day}T10:30,`,
    'M2,U2,,C1,1p2w,,',
    `M3,U3,,C1,1p2w,,${day}T06:00`,
    `M3,U4,,C1,1p2w,${day}T06:00,`,
    'M5,U5,,C1,1p2w,,',
    'CHECK,,T1,C1,3p4w,,\n'
  ].join('\n')
})

interface Case {
  readonly timezone: string
  readonly day: string
  readonly hours: number
}

const CASES: readonly Case[] = [
  { timezone: 'Asia/Shanghai', day: '2026-10-20', hours: 24 },
  { timezone: 'Europe/Zurich', day: '2026-10-25', hours: 25 },
  { timezone: 'Europe/Zurich', day: '2026-03-29', hours: 23 },
  { timezone: 'Australia/Sydney', day: '2026-10-04', hours: 23 },
  { timezone: 'Australia/Sydney', day: '2026-04-05', hours: 25 }
]

const midnight = (date: string, timezone: string, days = 0): number =>
  Temporal.PlainDate.from(date).add({ days }).toZonedDateTime(timezone).epochMilliseconds

/** Intervals between the readings that came, some of them days apart, some without energy. */
function intervalsOf(meter: number, from: number, to: number): GivenInterval[] {
  const random = seededRandom(`load-${meter}`)
  const intervals: GivenInterval[] = []
  let start = from
  while (start < to) {
    const gap =
      random.next() < 0.93 ? 1 : random.next() < 0.8 ? 1 + random.integer(8) : 96 + random.integer(96)
    const end = start + gap * QUARTER
    const kwh = random.next() < 0.03 ? NONE : random.integer(100) / 64
    intervals.push({
      meter,
      start,
      end,
      revision: intervals.length,
      energy: [kwh, meter % 2 ? NONE : 0.25, 0, 0]
    })
    start = end
  }
  return intervals
}

/** What the rows say of a step, added up by hand. */
function oracle(
  intervals: readonly GivenInterval[],
  customers: readonly (readonly { meter: number; from: number; to: number }[])[],
  start: number,
  end: number
) {
  let [sum, expected, complete] = [NONE, 0, 0]
  for (const spans of customers) {
    let [bound, covered] = [0, 0]
    for (const { meter, from, to } of spans) {
      const [begin, stop] = [Math.max(start, from), Math.min(end, to)]
      bound += Math.max(0, stop - begin)
      for (const row of intervals) {
        const kwh = row.energy?.[0] ?? NONE
        if (row.meter !== meter || row.start < begin || row.end > stop || Number.isNaN(kwh)) continue
        covered += row.end - row.start
        sum = (Number.isNaN(sum) ? 0 : sum) + kwh
      }
    }
    if (bound > 0) expected++
    if (bound > 0 && bound === covered) complete++
  }
  return { sum: Number.isNaN(sum) ? null : sum, expected, complete }
}

for (const { timezone, day, hours } of CASES) {
  for (const isClustered of [false, true]) {
    test(`device load: ${timezone} ${day}, ${hours} hours${isClustered ? ', clustered' : ''}`, async t => {
      const [from, to] = [midnight(day, timezone, -1), midnight(day, timezone, 2)]
      const rows: GivenInterval[] = []
      const { get, registry } = await openSite(t, {
        files: filesOf(day),
        timezone,
        now: to,
        isClustered,
        batch: numbers => {
          for (const [, meter] of numbers) rows.push(...intervalsOf(meter, from - 60 * HOUR, to + 60 * HOUR))
          return batchOf(1, { intervals: { 1: rows } })
        }
      })
      const number = (id: string) => registry.meterNumbers.get(id)!
      const local = (time: string) =>
        Temporal.PlainDateTime.from(`${day}T${time}`).toZonedDateTime(timezone).epochMilliseconds
      const always = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }
      const customers = [
        [
          { ...always, meter: number('M1'), to: local('10:30') },
          { ...always, meter: number('M1B'), from: local('10:30') }
        ],
        [{ ...always, meter: number('M2') }],
        [{ ...always, meter: number('M3'), to: local('06:00') }],
        [{ ...always, meter: number('M3'), from: local('06:00') }]
      ]
      for (const step of ['15m', '1h', '1d'] as const) {
        const answer = await get(`/v1/devices/T1/load?from=${from}&to=${to}&step=${step}`)
        assert.equal(answer.timezone, timezone)
        assert.deepEqual([answer.customers, answer.checkMeters], [5, ['CHECK']])
        let at = from
        for (const item of answer.items) {
          const [start, end] = [Date.parse(item.start), Date.parse(item.end)]
          assert.equal(start, at)
          at = end
          const sum = oracle(rows, customers, start, end)
          const check = oracle(rows, [[{ ...always, meter: number('CHECK') }]], start, end)
          const shown = item.customers
          assert.deepEqual(
            [shown.importKwh, shown.expected, shown.complete],
            [sum.sum, sum.expected, sum.complete]
          )
          assert.equal(shown.coverage, Number((sum.complete / sum.expected).toPrecision(12)))
          assert.deepEqual([item.check.importKwh, item.check.complete], [check.sum, check.complete])
          if (sum.sum !== null) {
            const kw = sum.sum / ((end - start) / HOUR)
            assert.ok(Math.abs(shown.importKw - kw) < 1e-9)
          }
          if (sum.sum === null || check.sum === null) assert.equal(item.differenceKw, null)
        }
        assert.equal(at, to)
        if (step !== '1d') continue
        const lengths = answer.items.map(
          (item: { start: string; end: string }) => (Date.parse(item.end) - Date.parse(item.start)) / HOUR
        )
        assert.deepEqual(lengths, [24, hours, 24])
      }
    })
  }
}

test('device load: what is refused, and devices without customers or check meters', async t => {
  const { get } = await openSite(t, {
    files: filesOf('2026-10-20'),
    timezone: 'Asia/Shanghai',
    now: Date.parse('2026-10-20T12:00:00Z'),
    batch: () => batchOf(1)
  })
  assert.equal((await get('/v1/devices/none/load', 404)).code, 'API_DEVICE_UNKNOWN')
  assert.match(
    (await get('/v1/devices/T1/load?from=1795000000000&to=1794000000000', 400)).detail,
    /from must be/
  )
  const many = await get('/v1/devices/F1/load?from=2014-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&step=1d', 400)
  assert.match(many.detail, /6 customers hang below this device: at most 20000 customers x days/)
  const empty = await get('/v1/devices/T2/load')
  assert.deepEqual([empty.customers, empty.checkMeters, empty.step], [1, [], '15m'])
  assert.equal(empty.items.length, 96)
  assert.deepEqual(empty.items[0].check, null)
  assert.deepEqual(
    [empty.items[0].customers.importKwh, empty.items[0].customers.coverage, empty.items[0].differenceKw],
    [null, 0, null]
  )
})
