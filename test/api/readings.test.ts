import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTime, showTime } from '../../src/api/shapes/schemas.ts'
import { createApi } from '../../src/api/server.ts'
import { REASON, SUSPECT, VALID } from '../../src/model/quality.ts'
import { seededRandom } from '../../src/random.ts'
import { contextOf, emptySite, interval, NOW, reading, type Site } from './context.ts'

const HOUR = 3_600_000
const QUARTER = 900_000
const DAY = 24 * HOUR
const METER = '330100000017'
/** 2026-11-20 00:00 in Shanghai. */
const MIDNIGHT = Date.parse('2026-11-20T00:00:00+08:00')

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at by hand; routes.test.ts checks their schema.
async function get(site: Site, query: string): Promise<any> {
  const api = createApi(contextOf(site), { version: '0.0.0' })
  const answer = await api.inject(`/v1/meters/${METER}/readings${query}`)
  await api.close()
  assert.equal(answer.statusCode, 200, answer.body)
  return answer.json()
}

test('times out: as the platform writes them, whatever day was shown before', () => {
  const random = seededRandom('times')
  const some = Array.from({ length: 2000 }, () => Math.floor((random.next() - 0.3) * 4e12))
  for (const time of [0, -1, 1, 86_399_999, 86_400_000, -86_400_000, 8.64e15, -8.64e15, ...some]) {
    assert.equal(showTime(time), new Date(time).toISOString())
  }
  assert.throws(() => showTime(Number.NaN), RangeError)
  assert.equal(showTime(5), '1970-01-01T00:00:00.005Z')
})

test('times in: RFC 3339 with offset or epoch milliseconds', () => {
  const rows: [text: string, iso: string | undefined][] = [
    ['2026-11-20T08:15:00+08:00', '2026-11-20T00:15:00.000Z'],
    ['2026-11-20T08:15:00 08:00', '2026-11-20T00:15:00.000Z'],
    ['2026-11-20T00:15Z', '2026-11-20T00:15:00.000Z'],
    ['2026-11-20T00:15:00.1239Z', '2026-11-20T00:15:00.123Z'],
    ['1795133700000', '2026-11-20T00:15:00.000Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['9999-12-31T23:59:59-08:00', undefined],
    ['1969-12-31T23:59:59Z', undefined],
    ['1795133700', undefined],
    ['2026-11-20', undefined],
    ['2026-11-20T08:15:00', undefined],
    ['2026-11-31T08:15:00Z', undefined],
    ['2026-11-20T25:15:00Z', undefined],
    ['2026-11-20T08:15:00+99:00', undefined],
    ['now', undefined],
    ['', undefined]
  ]
  for (const [text, iso] of rows) {
    const time = parseTime(text)
    assert.equal(time === undefined ? undefined : new Date(time).toISOString(), iso, text)
  }
})

test('values are primary, with the shown value beside them where the ratio is not 1', async () => {
  const site = emptySite()
  const row = {
    ct: 80,
    pt: 10,
    qualities: { importKwh: VALID, voltageVA: SUSPECT },
    reasons: { voltageVA: REASON.VOLTAGE_HIGH }
  }
  site.readings = [
    reading(NOW - HOUR, { importKwh: 0.1, voltageVA: 400, currentAA: 1.5, powerFactor: 0.9 }, row)
  ]
  const { items, timezone, meter } = await get(site, '')
  assert.deepEqual([timezone, meter], ['Asia/Shanghai', METER])
  assert.deepEqual(items[0].values, {
    importKwh: { v: 80, q: 'valid', reasons: [], raw: 0.1 },
    powerFactor: { v: 0.9, q: 'unchecked', reasons: [] },
    voltageVA: { v: 4000, q: 'suspect', reasons: ['VOLTAGE_HIGH'], raw: 400 },
    currentAA: { v: 120, q: 'unchecked', reasons: [], raw: 1.5 }
  })
})

test('an absent value is absent, zero is zero', async () => {
  const site = emptySite()
  site.readings = [reading(NOW - HOUR, { importKwh: 0 }, { extras: '{"temperatureC":-3}' })]
  const { items } = await get(site, '')
  assert.deepEqual(items[0].values, { importKwh: { v: 0, q: 'unchecked', reasons: [] } })
  assert.deepEqual(items[0].extras, { temperatureC: -3 })
  const named = await get(site, '?fields=voltageVA')
  assert.deepEqual([named.items[0].values, named.items[0].extras], [{}, undefined])
})

test('start is that of the interval which ends at the reading, null when none does', async () => {
  const site = emptySite()
  const times = [0, 1, 2, 40 * 96, 40 * 96 + 1].map(quarters => NOW - 41 * DAY + quarters * QUARTER)
  site.readings = times.map(time => reading(time, { importKwh: 1 }))
  const [a, b, , d, e] = times as [number, number, number, number, number]
  site.intervals = [interval(a, b, 0.1), interval(times[2]!, d, 380), interval(d, e, 0.1)]
  const from = `?from=${a}&to=${NOW}`
  const starts = (page: { items: { start: string | null }[] }) =>
    page.items.map(({ start }) => (start === null ? null : Date.parse(start)))
  assert.deepEqual(starts(await get(site, from)), [null, a, null, times[2], d])
  // A page that begins after a gap of forty days finds the start in front of the gap.
  assert.deepEqual(starts(await get(site, `?from=${d}&to=${NOW}`)), [times[2], d])
})

test('pages follow each other without loss, whatever their size', async () => {
  const site = emptySite()
  for (let i = 0; i < 25; i++) {
    site.readings.push(reading(NOW - HOUR + i * 1000, { importKwh: i }))
    if (i % 5 === 0) site.readings.push(reading(NOW - HOUR + i * 1000, { importKwh: i }, { kind: 3 }))
    if (i % 7 === 0)
      site.readings.push(reading(NOW - HOUR + i * 1000, { importKwh: i + 0.5 }, { version: 2 }))
  }
  for (const [versions, expected] of [
    ['latest', 30],
    ['all', 34]
  ] as const) {
    for (const limit of [1, 2, 7, 30, 34, 1000]) {
      const seen: string[] = []
      let cursor = ''
      for (let page = 0; page < 50; page++) {
        const answer = await get(site, `?versions=${versions}&limit=${limit}${cursor}`)
        assert.ok(answer.items.length <= limit)
        seen.push(
          ...answer.items.map(
            (it: { time: string; kind: string; version: number }) => `${it.time} ${it.kind} ${it.version}`
          )
        )
        if (answer.next === null) break
        cursor = `&cursor=${answer.next}`
      }
      assert.equal(seen.length, expected, `${versions} by ${limit}`)
      assert.equal(new Set(seen).size, expected)
      assert.deepEqual(
        seen.map(it => it.slice(0, 24)),
        seen.map(it => it.slice(0, 24)).sort()
      )
    }
  }
})

test('steps carry coverage; what nobody measured is null, never 0', async () => {
  const site = emptySite()
  site.intervals = [
    interval(MIDNIGHT, MIDNIGHT + QUARTER, 0.1),
    interval(MIDNIGHT + QUARTER, MIDNIGHT + 2 * QUARTER, 0.2, SUSPECT),
    interval(MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR, 0),
    interval(MIDNIGHT + 2 * HOUR, MIDNIGHT + 3 * HOUR, Number.NaN)
  ]
  const { items, step, from, to } = await get(
    site,
    `?step=1h&fields=importKwh&from=${MIDNIGHT}&to=${MIDNIGHT + 4 * HOUR}`
  )
  assert.deepEqual([step, from, to], ['1h', '2026-11-19T16:00:00.000Z', '2026-11-19T20:00:00.000Z'])
  assert.deepEqual(
    items.map((it: { values: object }) => it.values),
    [
      { importKwh: { v: 0.3, q: 'suspect', coverage: 0.5 } },
      { importKwh: { v: 0, q: 'valid', coverage: 1 } },
      { importKwh: { v: null, q: 'missing', coverage: 0 } },
      { importKwh: { v: null, q: 'missing', coverage: 0 } }
    ]
  )
})

test('steps begin on local boundaries when from is not given', async () => {
  const rows: [query: string, first: string, count: number][] = [
    ['?step=15m', '2026-11-19T12:00:00.000Z', 97],
    ['?step=1h', '2026-11-19T12:00:00.000Z', 25],
    ['?step=1d', '2026-10-20T16:00:00.000Z', 31],
    ['?step=1mo', '2025-10-31T16:00:00.000Z', 13]
  ]
  for (const [query, first, count] of rows) {
    const { items, to } = await get(emptySite(), query)
    assert.deepEqual([items[0].start, items.length], [first, count], query)
    assert.equal(items.at(-1).end, to)
  }
})

test('a month of local days keeps to local midnights', async () => {
  const { items } = await get(emptySite(), `?step=1d&from=${MIDNIGHT + HOUR}&to=${MIDNIGHT + 3 * DAY}`)
  assert.deepEqual(
    items.map((it: { start: string }) => it.start),
    ['2026-11-19T17:00:00.000Z', '2026-11-20T16:00:00.000Z', '2026-11-21T16:00:00.000Z']
  )
})
