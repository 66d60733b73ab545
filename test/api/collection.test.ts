import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import { batchOf, type GivenReading } from '../support/series-blocks.ts'
import { openSite } from './load-site.ts'

const HOUR = 3_600_000
const METERS = 12

/** C1 with quarters, C2 with half hours, C3 whose interval nobody knows, C4 without meters; M2 moves from C1 to C2. */
const filesOf = (day: string): Record<string, string> => ({
  'devices.csv': 'id,kind,name,parent\nT1,transformer,,\n',
  'usage_points.csv': `id,account,device,phase\n${Array.from({ length: METERS }, (_, i) => `U${i},A,T1,A`).join('\n')}\n`,
  'terminals.csv':
    'id,kind,powered_by,sample_interval_s\nC1,concentrator,T1,900\nC2,concentrator,T1,1800\nC3,concentrator,T1,\nC4,concentrator,T1,60\n',
  'meters.csv': [
    'id,usage_point,device,terminal,wiring,installed_at,removed_at',
    ...Array.from({ length: METERS }, (_, i) => {
      if (i === 2) return `M2,U2,,C1,1p2w,,${day}T07:10\nM2,U2,,C2,1p2w,${day}T07:10,`
      if (i === 3) return `M3,U3,,C1,1p2w,${day}T20:00,`
      return `M${i},U${i},,C${1 + (i % 3)},1p2w,,`
    }),
    ''
  ].join('\n')
})

const CASES = [
  { timezone: 'Asia/Shanghai', day: '2026-10-20', hours: 24 },
  { timezone: 'Europe/Zurich', day: '2026-10-25', hours: 25 },
  { timezone: 'Europe/Zurich', day: '2026-03-29', hours: 23 },
  { timezone: 'Australia/Sydney', day: '2026-10-04', hours: 23 },
  { timezone: 'Australia/Sydney', day: '2026-04-05', hours: 25 }
] as const

/** Readings of most slots, some a little late in theirs, some twice; M0 is complete, M1 silent. */
function readingsOf(from: number, to: number): GivenReading[] {
  const random = seededRandom('collection')
  const rows: GivenReading[] = []
  for (let time = from; time < to; time += HOUR / 4) {
    for (let meter = 0; meter < METERS; meter++) {
      if (meter === 1 || (meter !== 0 && random.next() < 0.1)) continue
      const late = meter === 0 ? 0 : random.integer(10) * 1000
      rows.push({ meter, time: time + late, kind: random.integer(2) })
      if (random.next() < 0.05) rows.push({ meter, time: time + late + 1 })
    }
  }
  return rows
}

for (const { timezone, day, hours } of CASES) {
  test(`collection: ${timezone} ${day}, ${hours} hours`, async t => {
    const at = (time: string, days = 0) =>
      Temporal.PlainDateTime.from(`${day}T${time}`).add({ days }).toZonedDateTime(timezone).epochMilliseconds
    const [from, to] = [at('00:00'), at('00:00', 1)]
    const rows = readingsOf(from - 5 * HOUR, to + 5 * HOUR)
    const { get, registry } = await openSite(t, {
      files: filesOf(day),
      timezone,
      now: to + HOUR,
      isClustered: true,
      batch: numbers =>
        batchOf(1, { readings: { 1: rows.map(row => ({ ...row, meter: numbers.get(`M${row.meter}`)! })) } })
    })
    assert.equal(registry.meters.count >= METERS, true)
    const spans: Record<string, [meter: number, from: number, to: number][]> = {
      C1: [],
      C2: [],
      C3: [],
      C4: []
    }
    for (let i = 0; i < METERS; i++) {
      if (i === 2) {
        spans.C1!.push([2, Number.NEGATIVE_INFINITY, at('07:10')])
        spans.C2!.push([2, at('07:10'), Number.POSITIVE_INFINITY])
      } else if (i === 3) spans.C1!.push([3, at('20:00'), Number.POSITIVE_INFINITY])
      else spans[`C${1 + (i % 3)}`]!.push([i, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
    }
    const whole = await get(`/v1/collection?date=${day}`)
    assert.deepEqual([Date.parse(whole.from), Date.parse(whole.to), whole.next], [from, to, null])
    assert.equal((to - from) / HOUR, hours)
    for (const [place, [terminal, slotMs]] of Object.entries({
      C1: HOUR / 4,
      C2: HOUR / 2,
      C3: HOUR / 4,
      C4: 60_000
    } as const).entries()) {
      const counted = { expected: 0, complete: 0, partial: 0, missing: 0 }
      const readings = { expected: 0, stored: 0 }
      const missing: Record<string, number[]> = {}
      const bySlot = new Map<number, [expected: number, stored: number]>()
      for (let start = from; start < to; start += slotMs) bySlot.set(start, [0, 0])
      for (const [meter, begin, end] of spans[terminal]!) {
        let [expected, stored] = [0, 0]
        for (const [start, slot] of bySlot) {
          if (start < begin || start >= end) continue
          expected++
          slot[0]++
          const isThere = rows.some(
            row => row.meter === meter && row.time >= start && row.time < start + slotMs
          )
          if (isThere) {
            stored++
            slot[1]++
          } else missing[`M${meter}`] = [...(missing[`M${meter}`] ?? []), start]
        }
        readings.expected += expected
        readings.stored += stored
        counted.expected++
        counted[stored === expected ? 'complete' : stored === 0 ? 'missing' : 'partial']++
      }
      const head = { terminal, slotS: slotMs / 1000, readings, meters: counted }
      assert.deepEqual(whole.items[place], head)
      const { slots, incomplete, ...same } = (await get(`/v1/collection?date=${day}&terminal=${terminal}`))
        .items[0]
      assert.deepEqual(same, head)
      assert.deepEqual(
        slots.map((slot: { start: string; expected: number; stored: number }) => [
          Date.parse(slot.start),
          slot.expected,
          slot.stored
        ]),
        [...bySlot].map(([start, counts]) => [start, ...counts])
      )
      assert.deepEqual(
        Object.fromEntries(
          incomplete.map((it: { meter: string; missing: string[] }) => [it.meter, it.missing.map(Date.parse)])
        ),
        missing
      )
    }
  })
}

test('collection: today counts slots that have ended; pages; what is refused', async t => {
  const midnight = Date.parse('2026-10-20T00:00:00+08:00')
  const { get } = await openSite(t, {
    files: filesOf('2026-01-01'),
    timezone: 'Asia/Shanghai',
    now: midnight + 1.9 * HOUR,
    batch: () => batchOf(1)
  })
  const today = await get('/v1/collection')
  assert.equal(today.date, '2026-10-20')
  assert.deepEqual(today.items[0].readings, { expected: 7 * 4, stored: 0 })
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { items: { terminal: string }[]; next: string | null } = await get(
      `/v1/collection?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`
    )
    seen.push(...page.items.map(({ terminal }) => terminal))
    cursor = page.next
  }
  assert.deepEqual(seen, ['C1', 'C2', 'C3', 'C4'])
  assert.equal((await get('/v1/collection?terminal=C9', 404)).code, 'API_TERMINAL_UNKNOWN')
  assert.equal((await get('/v1/collection?date=2026-02-30', 400)).code, 'API_BAD_REQUEST')
  const later = await get('/v1/collection?date=2026-10-21')
  assert.deepEqual(later.items[0].readings, { expected: 0, stored: 0 })
})
