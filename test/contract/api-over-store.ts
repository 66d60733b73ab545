import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createApi } from '../../src/api/server.ts'
import type { SeriesStore } from '../../src/series/port.ts'
import { contextOf, emptySite, NOW } from '../api/context.ts'
import { audit, batchOf, quarantineEntry } from '../support/series-blocks.ts'

const QUARTER = 900_000
const DAY = 96 * QUARTER
const LAST = Math.floor(NOW / QUARTER) * QUARTER
const METERS = 3
const ROWS = 8 * 96

/** Eight days of quarters of three meters, each with a hole from 03:00 to 09:00 of one local day. */
export async function fillEightDays(store: SeriesStore): Promise<void> {
  const readings = []
  const intervals = []
  for (let meter = 0; meter < METERS; meter++) {
    for (let i = 0; i <= ROWS; i++) {
      if (i > 316 && i < 340) continue
      const time = LAST - (ROWS - i) * QUARTER
      readings.push({ meter, time, values: { importKwh: 100 + i / 4, activePowerKw: 1, voltageVA: 229.5 } })
      if (i === 0) continue
      const start = i === 340 ? LAST - (ROWS - 316) * QUARTER : time - QUARTER
      const energy = [(time - start) / QUARTER / 4, Number.NaN, Number.NaN, Number.NaN] as const
      intervals.push({ meter, start, end: time, revision: i, energy, quality: 1 })
    }
  }
  const quarantine = [quarantineEntry(2, -1, new Uint8Array([1, 2])), quarantineEntry(4, 0, new Uint8Array())]
  await store.commit(
    batchOf(9, {
      readings: { 3: readings },
      intervals: { 4: intervals },
      quarantine: { 5: quarantine },
      terminals: { T1: audit(7) }
    })
  )
}

/** A few of its intervals, said anew by readings that came late. */
export async function addLateRows(store: SeriesStore): Promise<void> {
  const late = [-7, -4, -2].map((day, i) => {
    const end = LAST + day * DAY
    return { meter: 2, start: end - 2 * QUARTER, end, revision: 9000 + i }
  })
  await store.commit(batchOf(11, { intervals: { 10: late }, terminals: { T1: audit(7) } }))
}

function openApi(t: TestContext, store: SeriesStore) {
  const site = emptySite()
  site.meters = Array.from({ length: METERS }, (_, meter) => ({
    id: `M${meter}`,
    usagePoint: `U${meter}`,
    wiring: '1p2w'
  }))
  const api = createApi({ ...contextOf(site), series: store }, { version: '0.0.0' })
  t.after(() => api.close())
  return api
}

/** Pages, starts, steps, audit, quarantine, page: what every store has to answer alike. */
export async function askForAll(t: TestContext, store: SeriesStore): Promise<void> {
  const api = openApi(t, store)
  const get = async (url: string) => {
    const answer = await api.inject(url)
    assert.equal(answer.statusCode, 200, answer.body)
    return answer
  }
  const from = LAST - 8 * DAY

  const starts: (string | null)[] = []
  let cursor = ''
  let energy = 0
  let before: number | undefined
  do {
    const page = (await get(`/v1/meters/M1/readings?from=${from}&to=${LAST + 1}&limit=250${cursor}`)).json()
    for (const { start, time, values } of page.items) {
      starts.push(start)
      if (before !== undefined) energy += values.importKwh.v - before
      before = values.importKwh.v
      if (start !== null) assert.ok(start < time)
    }
    cursor = page.next === null ? '' : `&cursor=${page.next}`
  } while (cursor !== '')
  assert.equal(starts.length, ROWS + 1 - 23)
  assert.deepEqual(
    [...starts.entries()].filter(([, start]) => start === null).map(([index]) => index),
    [0]
  )
  assert.equal(energy, ROWS / 4)

  const days = (await get(`/v1/meters/M1/readings?from=${from}&to=${LAST}&step=1d&fields=importKwh`)).json()
    .items
  const sum = days.reduce(
    (total: number, it: { values: { importKwh: { v: number } } }) => total + it.values.importKwh.v,
    0
  )
  assert.equal(sum, ROWS / 4)
  const hours = (await get(`/v1/meters/M1/readings?from=${from}&to=${LAST}&step=1h&fields=importKwh`)).json()
    .items
  const missing = hours.filter(
    (it: { values: { importKwh: { v: number | null } } }) => it.values.importKwh.v === null
  )
  assert.equal(missing.length, 6, 'the hours of the hole are missing, not 0')

  assert.equal((await get('/v1/meters/M2/latest')).json().latest.time, new Date(LAST).toISOString())
  assert.deepEqual(Object.keys((await get('/v1/ingest/audit')).json().terminals), ['T1'])
  const first = (await get('/v1/quarantine?limit=1')).json()
  const second = (await get(`/v1/quarantine?limit=1&before=${first.next}`)).json()
  assert.deepEqual([first.items[0].seq, second.items[0].seq, second.next], [4, 2, null])
  assert.match((await get('/?meter=M2&lang=zh-CN')).body, /<path class="line"/)
  const many = await Promise.all(
    Array.from({ length: 40 }, (_, i) => get(`/v1/meters/M${i % METERS}/readings?limit=5`))
  )
  assert.ok(many.every(answer => answer.json().items.length === 5))
}
