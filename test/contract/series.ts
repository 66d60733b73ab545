import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIELD, FIELDS } from '../../src/model/fields.ts'
import { type MarkOutcome, type QuarantineMark, quarantineNumber } from '../../src/model/quarantine.ts'
import type {
  HistoryAnswer,
  HistoryRequest,
  QuarantineQuery,
  ReadingRow,
  ReplayQuery,
  SeriesStore
} from '../../src/series/port.ts'
import { audit, batchOf, type GivenReading, positionAt, quarantineEntry } from '../support/series-blocks.ts'

/** What the suite needs of an adapter. */
export interface SeriesUnderTest {
  /** Open and empty. */
  readonly store: SeriesStore
  /** Closes the store and opens what it left. */
  reopen(): Promise<SeriesStore>
  remove(): Promise<void>
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A UTC midnight: most stores part their data there. */
const T0 = Date.UTC(2026, 10, 20)

const whole = (meter: number) => ({ meter, from: T0 - 400 * DAY, to: T0 + 400 * DAY })
const page = (meter: number) => ({ ...whole(meter), limit: 10_000 })
const place = ({ time, kind, version }: ReadingRow) => ({ time, kind, version })
const kwh = (row: ReadingRow | undefined) => row?.values[FIELD.importKwh]

/** One reading every six hours, over as many days as it takes. */
const curve = (meter: number, count: number, from = T0): GivenReading[] =>
  Array.from({ length: count }, (_, i) => ({
    meter,
    time: from + i * 6 * HOUR,
    values: { importKwh: 100 + i, activePowerKw: i / 8 }
  }))

/** Promises of the series port, for every adapter. */
export function seriesContract(name: string, create: () => Promise<SeriesUnderTest>): void {
  const contract = (title: string, body: (under: SeriesUnderTest) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      const under = await create()
      try {
        await body(under)
      } finally {
        await under.remove()
      }
    })
  }
  readingPromises(contract)
  intervalPromises(contract)
  loadPromises(contract)
  commitPromises(contract)
  latestAndHistory(contract)
  catalogPromises(contract)
}

type Contract = (title: string, body: (under: SeriesUnderTest) => Promise<void>) => void

function readingPromises(contract: Contract): void {
  contract('a new store is empty and stands at 0', async ({ store }) => {
    assert.equal(store.position().resultsSeq, 0)
    assert.deepEqual(await store.readings(page(1)), [])
    assert.deepEqual(await store.intervals(whole(1)), [])
    assert.deepEqual(await store.latest([1, 2]), new Map())
    assert.deepEqual(await store.countReadings(), { first: 0, corrections: 0 })
    assert.deepEqual(await store.quarantine({ limit: 10 }), [])
    assert.deepEqual(await store.terminals(), new Map())
    const [answer] = await historyOf(store, [{ meter: 1, time: T0, kind: 1 }])
    assert.deepEqual(
      [answer.version, answer.values, answer.before, answer.after],
      [0, undefined, undefined, undefined]
    )
  })

  contract('a row comes back as it was given, absent values as NaN', async ({ store }) => {
    const all = Object.fromEntries(FIELDS.map((field, i) => [field.name, i * 1.25 - 3]))
    const rows: GivenReading[] = [
      { meter: 4294967295, time: T0 + 1, kind: 3, values: all, ct: 80, pt: 100, quality: [0x3fffffff, 7] },
      { meter: 4294967295, time: T0 + 2, values: { voltageVB: 231.5 }, extras: '{"relay":"合闸"}' },
      { meter: 4294967295, time: T0 + 3, reasons: { importKwh: 5, clockOffsetS: 1 << 14 }, at: T0 - DAY },
      { meter: 4294967295, time: T0 + 4, values: { importKwh: 0 }, isPrimary: true }
    ]
    await store.commit(batchOf(5, { readings: { 3: rows } }))
    const found = await store.readings(page(4294967295))
    assert.deepEqual(found.map(place), [
      { time: T0 + 1, kind: 3, version: 1 },
      { time: T0 + 2, kind: 1, version: 1 },
      { time: T0 + 3, kind: 1, version: 1 },
      { time: T0 + 4, kind: 1, version: 1 }
    ])
    assert.deepEqual(
      [...found[0].values],
      FIELDS.map((_, i) => i * 1.25 - 3)
    )
    assert.deepEqual(
      [found[0].ct, found[0].pt, found[0].qualityLow, found[0].qualityHigh],
      [80, 100, 0x3fffffff, 7]
    )
    assert.deepEqual(
      found.map(row => row.isPrimary),
      [false, false, false, true]
    )
    assert.deepEqual(
      [...found[1].values],
      FIELDS.map((_, i) => (i === FIELD.voltageVB ? 231.5 : Number.NaN))
    )
    assert.equal(found[1].extras, '{"relay":"合闸"}')
    assert.deepEqual(
      [...found[2].reasons].sort((a, b) => a[0] - b[0]),
      [
        [FIELD.importKwh, 5],
        [FIELD.clockOffsetS, 1 << 14]
      ]
    )
    assert.equal(found[2].at, T0 - DAY)
    assert.deepEqual([found[3].extras, found[3].reasons.size, kwh(found[3])], ['', 0, 0])
  })

  contract('the highest version counts, all versions are kept', async ({ store }) => {
    const version = (number: number, importKwh: number, reasons = 0): GivenReading => ({
      meter: 7,
      time: T0 + HOUR,
      version: number,
      values: { importKwh },
      ...(reasons > 0 ? { reasons: { importKwh: reasons } } : {})
    })
    await store.commit(batchOf(1, { readings: { 1: [version(1, 10, 2), version(2, 11)] } }))
    await store.commit(
      batchOf(2, { readings: { 2: [version(3, 12, 4), { meter: 7, time: T0 + HOUR, kind: 0 }] } })
    )
    const best = await store.readings(page(7))
    assert.deepEqual(
      best.map(row => [row.kind, row.version, [...row.reasons]]),
      [
        [0, 1, []],
        [1, 3, [[FIELD.importKwh, 4]]]
      ]
    )
    const every = await store.readings({ ...page(7), allVersions: true })
    assert.deepEqual(every.map(kwh), [Number.NaN, 10, 11, 12])
    assert.deepEqual(
      every.map(row => row.reasons.get(FIELD.importKwh)),
      [undefined, 2, undefined, 4]
    )
    assert.deepEqual(await store.countReadings(), { first: 2, corrections: 2 })
  })

  contract('pages continue behind their last row, whatever their size', async ({ store }) => {
    const rows = curve(3, 30)
    const more = rows.map(row => ({ ...row, kind: 2, values: { importKwh: 1 } }))
    const corrected = rows.slice(5, 9).map(row => ({ ...row, version: 2 }))
    await store.commit(batchOf(3, { readings: { 1: [...rows, ...curve(4, 9)], 2: more, 3: corrected } }))
    for (const allVersions of [false, true]) {
      const all = (await store.readings({ ...page(3), allVersions })).map(place)
      assert.equal(all.length, allVersions ? 64 : 60)
      for (const limit of [1, 7, 59, 64, 100]) {
        const paged = []
        for (let after: ReturnType<typeof place> | undefined; ; after = paged.at(-1)) {
          const query = { ...page(3), limit, allVersions, ...(after === undefined ? {} : { after }) }
          const found = await store.readings(query)
          assert.ok(found.length <= limit)
          paged.push(...found.map(place))
          if (found.length < limit) break
        }
        assert.deepEqual(paged, all, `pages of ${limit}`)
      }
    }
  })

  contract('a span includes its start and excludes its end', async ({ store }) => {
    await store.commit(batchOf(1, { readings: { 1: curve(1, 20) } }))
    const times = async (from: number, to: number) =>
      (await store.readings({ meter: 1, from, to, limit: 99 })).map(row => (row.time - T0) / HOUR)
    assert.deepEqual(await times(T0, T0 + 24 * HOUR), [0, 6, 12, 18])
    assert.deepEqual(await times(T0 + 18 * HOUR, T0 + 24 * HOUR + 1), [18, 24])
    assert.deepEqual(await times(T0 + 1, T0 + 6 * HOUR), [])
    assert.deepEqual(await times(T0 - DAY, T0), [])
    assert.deepEqual(await times(T0 + DAY, T0), [])
  })
}

function intervalPromises(contract: Contract): void {
  contract('intervals: the highest revision of each end, wholly inside the span', async ({ store }) => {
    const half = (n: number, revision: number, importKwh: number, hours = 0.5) => ({
      meter: 2,
      start: T0 + (n + 0.5 - hours) * HOUR,
      end: T0 + (n + 0.5) * HOUR,
      revision,
      energy: [importKwh, Number.NaN, 0, 1] as const,
      quality: 0o4101,
      reasons: revision
    })
    const first = [half(23, 1, 5), half(23.5, 2, 6), half(24, 3, 7), half(25, 4, 9, 1)]
    await store.commit(batchOf(1, { intervals: { 1: first } }))
    // The late reading at 25:00 splits the hour: its second half is said again, shorter.
    await store.commit(batchOf(2, { intervals: { 2: [half(24.5, 5, 4), half(25, 6, 5)] } }))
    const found = async (from: number, to: number) =>
      (await store.intervals({ meter: 2, from: T0 + from * HOUR, to: T0 + to * HOUR })).map(row => [
        (row.start - T0) / HOUR,
        (row.end - T0) / HOUR,
        row.revision,
        row.energy[0]
      ])
    const rows = [
      [23, 23.5, 1, 5],
      [23.5, 24, 2, 6],
      [24, 24.5, 3, 7],
      [24.5, 25, 5, 4],
      [25, 25.5, 6, 5]
    ]
    assert.deepEqual(await found(0, 48), rows)
    assert.deepEqual(await found(23.5, 24.5), rows.slice(1, 3))
    assert.deepEqual(await found(0, 24), rows.slice(0, 2), 'ends at midnight')
    assert.deepEqual(await found(24, 48), rows.slice(2), 'starts at midnight')
    assert.deepEqual(await found(23.25, 24.25), [rows[1]])
    const [row] = await store.intervals({ meter: 2, from: T0, to: T0 + DAY })
    assert.deepEqual([row.energy, row.quality, row.reasons], [[5, Number.NaN, 0, 1], 0o4101, 1])
  })
}

function loadPromises(contract: Contract): void {
  const MEMBERS = [
    { member: 0, meter: 1, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY },
    { member: 1, meter: 2, from: T0 - DAY, to: T0 + 6 * HOUR },
    { member: 1, meter: 3, from: T0 + 6 * HOUR, to: T0 + 9 * DAY },
    { member: 2, meter: 9, from: T0 + 20 * HOUR, to: T0 + 30 * HOUR }
  ]
  const hourly = (meter: number, hours: readonly number[], kwh = 1) =>
    hours.map((hour, i) => ({
      meter,
      start: T0 + hour * HOUR,
      end: T0 + (hour + 1) * HOUR,
      revision: meter * 1000 + i,
      energy: [kwh, hour % 2 === 0 ? 0.25 : Number.NaN, 0, 0] as const
    }))
  const bounds = [0, 3, 6, 12, 24, 48].map(hour => T0 + hour * HOUR)
  const shown = async (store: SeriesStore) => {
    const { importKwh, exportKwh, expected, complete } = await store.load({ members: MEMBERS, bounds })
    return [[...importKwh], [...exportKwh], [...expected], [...complete]]
  }

  contract('loads add up what lies inside the steps and the spans of the members', async ({ store }) => {
    const none = Array.from({ length: 5 }, () => Number.NaN)
    assert.deepEqual(await shown(store), [none, none, [2, 2, 2, 3, 3], [0, 0, 0, 0, 0]])
    const first = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    await store.commit(
      batchOf(1, {
        intervals: { 1: [...hourly(1, first), ...hourly(2, first, 10), ...hourly(3, first, 100)] }
      })
    )
    assert.deepEqual(await shown(store), [
      [33, 33, 606, Number.NaN, Number.NaN],
      [1, 0.5, 1.5, Number.NaN, Number.NaN],
      [2, 2, 2, 3, 3],
      [2, 2, 2, 0, 0]
    ])
  })

  contract('loads take the highest revision, and no interval that crosses a bound', async ({ store }) => {
    const restated = { ...hourly(1, [4], 5)[0]!, revision: 99_999 }
    const missing = { ...hourly(1, [5], Number.NaN)[0]!, revision: 99_999 }
    const across = { ...hourly(1, [2])[0]!, end: T0 + 4 * HOUR, revision: 5, energy: [7, 7, 7, 7] as const }
    await store.commit(batchOf(1, { intervals: { 1: [...hourly(1, [3, 4, 5]), across] } }))
    await store.commit(batchOf(2, { intervals: { 2: [restated, missing] } }))
    // The one that ends at 4 h is restated by the longer one, whichever has the higher revision.
    const alone = { members: MEMBERS.slice(0, 1), bounds }
    const { importKwh, complete } = await store.load(alone)
    assert.deepEqual(
      [[...importKwh].slice(0, 3), [...complete].slice(0, 3)],
      [
        [Number.NaN, 6, Number.NaN],
        [0, 0, 0]
      ]
    )
  })

  contract('loads of many days with midnights inside, and of nobody', async ({ store }) => {
    const hours = Array.from({ length: 72 }, (_, i) => i - 12)
    await store.commit(batchOf(1, { intervals: { 1: hourly(1, hours) } }))
    const days = [-12, 12, 36, 60].map(hour => T0 + hour * HOUR)
    const { importKwh, complete } = await store.load({ members: MEMBERS.slice(0, 1), bounds: days })
    assert.deepEqual(
      [[...importKwh], [...complete]],
      [
        [24, 24, 24],
        [1, 1, 1]
      ]
    )
    const nobody = await store.load({ members: [], bounds: days })
    assert.deepEqual(
      [[...nobody.importKwh], [...nobody.expected]],
      [
        [Number.NaN, Number.NaN, Number.NaN],
        [0, 0, 0]
      ]
    )
  })

  contract('a load of many members is the sum of their loads', async ({ store }) => {
    const meters = Array.from({ length: 300 }, (_, i) => (i * 7) % 300)
    const intervals = meters.flatMap(meter => hourly(meter, [0, 1, 2, 3], meter / 8))
    const missing = intervals.filter(({ meter, end }) => meter % 5 > 0 || end > T0 + 2 * HOUR)
    await store.commit(batchOf(1, { intervals: { 1: missing } }))
    const bounds = [0, 2, 4, 6].map(hour => T0 + hour * HOUR)
    // Some have had two meters, and a span of each.
    const members = meters.flatMap((meter, member) =>
      member % 3 > 0
        ? [{ member, meter, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }]
        : [
            { member, meter, from: Number.NEGATIVE_INFINITY, to: T0 + 3 * HOUR },
            { member, meter: 299 - meter, from: T0 + 3 * HOUR, to: Number.POSITIVE_INFINITY }
          ]
    )
    const whole = await store.load({ members, bounds })
    const sums = { importKwh: [Number.NaN, Number.NaN, Number.NaN], expected: [0, 0, 0], complete: [0, 0, 0] }
    for (let member = 0; member < meters.length; member++) {
      const part = await store.load({ members: members.filter(each => each.member === member), bounds })
      for (let step = 0; step < 3; step++) {
        const value = part.importKwh[step]!
        if (!Number.isNaN(value)) sums.importKwh[step] = (sums.importKwh[step]! || 0) + value
        sums.expected[step]! += part.expected[step]!
        sums.complete[step]! += part.complete[step]!
      }
    }
    assert.deepEqual([[...whole.expected], [...whole.complete]], [sums.expected, sums.complete])
    assert.ok(sums.complete[0]! > 100 && sums.complete[0]! < 300)
    // All energies are eighths, so no order of addition rounds.
    assert.deepEqual([...whole.importKwh], sums.importKwh)
  })

  contract('stored slots: any kind and version, the last slot cut off', async ({ store }) => {
    const rows = [0, 1, 3.5, 4].map(hour => ({ meter: 5, time: T0 + hour * HOUR, kind: hour === 1 ? 0 : 1 }))
    await store.commit(
      batchOf(1, { readings: { 1: [...rows, { meter: 8, time: T0 - 1 }, ...curve(6, 12)] } })
    )
    await store.commit(batchOf(2, { readings: { 2: [{ ...rows[0]!, version: 2 }] } }))
    const query = { meters: [5, 6, 8], from: T0, to: T0 + 4.5 * HOUR, slotMs: HOUR }
    const { slots, has } = await store.storedSlots(query)
    assert.equal(slots, 5)
    assert.deepEqual([...has], [1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    const long = await store.storedSlots({ meters: [6], from: T0 - DAY, to: T0 + 2 * DAY, slotMs: 6 * HOUR })
    assert.deepEqual([...long.has], [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1])
    assert.deepEqual((await store.storedSlots({ ...query, meters: [] })).has.length, 0)
  })

  contract('of intervals only where they lie is read', async ({ store }) => {
    await store.commit(batchOf(1, { intervals: { 1: hourly(4, [1, 2, 5]) } }))
    const query = { meter: 4, from: T0, to: T0 + DAY }
    const bounds = (await store.intervals({ ...query, boundsOnly: true })).map(row => [
      row.start,
      row.end,
      ...row.energy
    ])
    assert.deepEqual(
      bounds,
      (await store.intervals(query)).map(row => [row.start, row.end, NaN, NaN, NaN, NaN])
    )
    assert.equal(bounds.length, 3)
  })

  contract('starts beside rows are those of the intervals, or left to be asked for', async ({ store }) => {
    const rows = curve(1, 40)
    const intervals = rows.flatMap(({ time }, i) =>
      i % 9 === 0 ? [] : [{ meter: 1, start: time - 6 * HOUR, end: time, revision: i }]
    )
    const restated = { meter: 1, start: T0 - 5 * DAY, end: rows[4].time, revision: 99 }
    await store.commit(batchOf(2, { readings: { 1: rows }, intervals: { 2: intervals } }))
    await store.commit(batchOf(3, { intervals: { 3: [restated] } }))
    const starts = new Map((await store.intervals(whole(1))).map(({ start, end }) => [end, start]))
    const found = await store.readings({ ...page(1), withStarts: true })
    assert.deepEqual(found.map(place), (await store.readings(page(1))).map(place))
    for (const { time, start = starts.get(time) ?? Number.NaN } of found) {
      assert.equal(start, starts.get(time) ?? Number.NaN)
    }
  })

  contract('only wanted fields are read', async ({ store }) => {
    await store.commit(
      batchOf(1, { readings: { 1: curve(4, 6).map(row => ({ ...row, extras: '{"a":1}' })) } })
    )
    const fields = [FIELD.activePowerKw]
    const rows = await store.readings({ ...page(4), fields })
    assert.deepEqual(
      rows.map(row => [row.values[FIELD.activePowerKw], row.values[FIELD.importKwh], row.extras]),
      Array.from({ length: 6 }, (_, i) => [i / 8, Number.NaN, ''])
    )
  })
}

function commitPromises(contract: Contract): void {
  contract('committing again changes nothing, whatever the boundaries', async ({ store, reopen }) => {
    const block = (seq: number): GivenReading[] => curve(seq, 6, T0 + seq * HOUR)
    const interval = (seq: number) => [
      {
        meter: 1,
        start: T0 + seq * DAY,
        end: T0 + (seq + 1) * DAY,
        revision: seq,
        energy: [1, 1, 1, 1] as const
      }
    ]
    const entry = (seq: number) => [quarantineEntry(seq, -1, Uint8Array.of(seq))]
    const span = (from: number, to: number) => {
      const parts = Array.from({ length: to - from + 1 }, (_, i) => from + i)
      const by = <T>(of: (seq: number) => T) => Object.fromEntries(parts.map(seq => [seq, of(seq)]))
      return batchOf(to, { readings: by(block), intervals: by(interval), quarantine: by(entry) })
    }
    const check = async (store: SeriesStore, seq: number): Promise<void> => {
      assert.deepEqual(store.position(), positionAt(seq))
      assert.deepEqual(await store.countReadings(), { first: 6 * seq, corrections: 0 })
      assert.equal((await store.intervals(whole(1))).length, seq)
      const entries = await store.quarantine({ limit: 99 })
      assert.deepEqual(
        entries.map(row => row.seq),
        Array.from({ length: seq }, (_, i) => seq - i)
      )
    }
    await store.commit(span(1, 4))
    for (const again of [span(1, 4), span(1, 2), span(4, 4)]) await store.commit(again)
    await check(store, 4)
    await store.commit(span(3, 6))
    await check(store, 6)
    const reopened = await reopen()
    await check(reopened, 6)
    await reopened.commit(span(1, 9))
    await check(reopened, 9)
  })

  contract('a batch without rows moves the position', async ({ store, reopen }) => {
    await store.commit(batchOf(8))
    assert.deepEqual(store.position(), positionAt(8))
    assert.deepEqual((await reopen()).position(), positionAt(8))
  })

  contract('queries beside commits see whole batches', async ({ store }) => {
    const seqs = Array.from({ length: 12 }, (_, i) => i + 1)
    const seen = new Set<number>()
    let isDone = false
    const look = async (): Promise<void> => {
      while (!isDone) {
        const { first } = await store.countReadings()
        assert.equal(first % 80, 0, 'a part of a batch is seen')
        const rows = await store.readings(page(1))
        assert.equal(rows.length % 8, 0, 'a part of a batch is seen')
        seen.add(first)
        // A store that answers from memory would never let the commits get on.
        await new Promise(setImmediate)
      }
    }
    const commitAll = async (): Promise<void> => {
      try {
        for (const seq of seqs) {
          // Four days, ten meters, two readings each.
          const rows = Array.from({ length: 80 }, (_, i) => ({
            meter: i % 10,
            time: T0 + Math.floor(i / 20) * DAY + seq * 1000 + (i % 20),
            values: { importKwh: i }
          }))
          await store.commit(batchOf(seq, { readings: { [seq]: rows } }))
          await new Promise(setImmediate)
        }
      } finally {
        isDone = true
      }
    }
    await Promise.all([commitAll(), look(), look()])
    assert.ok(seen.size > 1, 'queries ran while commits did')
    assert.deepEqual(await store.countReadings(), { first: 960, corrections: 0 })
  })

  contract('what was committed is there after opening again', async ({ store, reopen }) => {
    const rows = [...curve(1, 12), ...curve(2, 3, T0 - 90 * DAY)]
    await store.commit(batchOf(2, { readings: { 1: rows }, terminals: { A: audit(3) } }))
    const before = [await store.readings(page(1)), await store.latest([1, 2]), await store.terminals()]
    const opened = await reopen()
    assert.deepEqual(
      [await opened.readings(page(1)), await opened.latest([1, 2]), await opened.terminals()],
      before
    )
    await opened.commit(batchOf(3, { readings: { 3: curve(1, 1, T0 + 30 * DAY) } }))
    assert.equal((await opened.readings(page(1))).length, 13)
  })

  contract('rows of many days in any order', async ({ store }) => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      meter: i % 3,
      time: T0 + ((i * 7) % 9) * DAY + i,
      values: i % 4 === 0 ? { voltageVA: i } : { importKwh: i },
      ...(i % 1000 === 0 ? { extras: `{"i":${i}}` } : {})
    }))
    await store.commit(batchOf(1, { readings: { 1: rows } }))
    for (const meter of [0, 1, 2]) {
      const expected = rows.filter(row => row.meter === meter).sort((a, b) => a.time - b.time)
      const found = await store.readings(page(meter))
      assert.deepEqual(
        found.map(row => row.time),
        expected.map(row => row.time)
      )
      assert.deepEqual(
        found.map(kwh),
        expected.map(row => row.values.importKwh ?? Number.NaN)
      )
      assert.deepEqual(
        found.map(row => row.extras),
        expected.map(row => row.extras ?? '')
      )
    }
  })
}

function latestAndHistory(contract: Contract): void {
  contract('latest is by data time over all days, lowest kind, highest version', async ({ store }) => {
    const at = (meter: number, time: number, importKwh: number, kind = 1, version = 1): GivenReading => ({
      meter,
      time,
      kind,
      version,
      values: { importKwh },
      ...(importKwh === 5 ? { reasons: { importKwh: 9 } } : {})
    })
    const newest = [at(1, T0 + 3 * DAY, 1), at(2, T0, 2), at(3, T0 - 200 * DAY, 3), at(4, T0, 4, 3)]
    await store.commit(batchOf(1, { readings: { 1: newest } }))
    const later = [at(1, T0, 0), at(4, T0, 4.5, 1), at(4, T0, 5, 1, 2), at(3, T0 - 300 * DAY, 0)]
    await store.commit(batchOf(2, { readings: { 2: later } }))
    const latest = await store.latest([4, 3, 2, 1, 99])
    assert.deepEqual(
      [1, 2, 3, 4, 99].map(meter => kwh(latest.get(meter))),
      [1, 2, 3, 5, undefined]
    )
    assert.deepEqual(latest.get(4)?.reasons, new Map([[FIELD.importKwh, 9]]))
    assert.deepEqual(await store.latest([]), new Map())
  })

  contract('history: the stored version and its neighbours over days', async ({ store }) => {
    const given = (
      time: number,
      importKwh: number | undefined,
      more: Partial<GivenReading> = {}
    ): GivenReading => ({
      meter: 5,
      time,
      values: importKwh === undefined ? { voltageVA: 230 } : { importKwh },
      ct: 2,
      pt: 3,
      ...more
    })
    const rows = [
      given(T0 - 40 * DAY, 10),
      given(T0 - HOUR, 20),
      given(T0 - 1, undefined),
      given(T0, 30, { extras: '{"x":1}' }),
      given(T0, 31, { version: 2, extras: '{"x":2}' }),
      given(T0, 29, { kind: 3 }),
      given(T0 + HOUR, undefined),
      given(T0 + 50 * DAY, 41, { version: 1 }),
      given(T0 + 50 * DAY, 40, { version: 2, ct: 1, pt: 1, isPrimary: true }),
      given(T0 + 500 * DAY, 50)
    ]
    await store.commit(batchOf(1, { readings: { 1: rows } }))
    const ask = async (time: number, kind = 1, meter = 5) => {
      const [{ version, values, extras, before, after }] = await historyOf(store, [{ meter, time, kind }])
      return [
        version,
        values?.[FIELD.importKwh],
        extras,
        before && [(before.time - T0) / HOUR, before.registers[0]],
        after && [(after.time - T0) / HOUR, after.registers[0]]
      ]
    }
    assert.deepEqual(
      await ask(T0),
      [2, 31, '{"x":2}', [-1, 20], [1200, 40]],
      'stored, neighbours without registers skipped'
    )
    assert.deepEqual(await ask(T0, 3), [1, 29, '', [-1, 20], [1200, 40]])
    assert.deepEqual(await ask(T0 + 1), [0, undefined, '', [0, 31], [1200, 40]], 'the lowest kind speaks')
    assert.deepEqual(await ask(T0 - 2 * HOUR), [0, undefined, '', [-960, 10], [-1, 20]])
    assert.deepEqual(await ask(T0 - 40 * DAY), [1, 10, '', undefined, [-1, 20]])
    assert.deepEqual(await ask(T0 + 300 * DAY), [0, undefined, '', [1200, 40], [12_000, 50]], 'far away')
    assert.deepEqual(await ask(T0 + 36_000 * DAY), [0, undefined, '', [12_000, 50], undefined])
    assert.deepEqual(await ask(T0, 1, 6), [0, undefined, '', undefined, undefined])
    const [{ before, beside, values }] = await historyOf(store, [{ meter: 5, time: T0, kind: 1 }])
    const registers = (importKwh: number) => [importKwh, Number.NaN, Number.NaN, Number.NaN]
    assert.deepEqual(before, { time: T0 - HOUR, registers: registers(20), ratio: 6 })
    assert.deepEqual(beside, [{ time: T0, kind: 3, registers: registers(29), ratio: 6 }])
    assert.equal(values?.length, FIELDS.length)
  })

  contract('history tells ratios of 1 from values that were sent as primary', async ({ store }) => {
    const at = (time: number, isPrimary: boolean): GivenReading => ({
      meter: 5,
      time,
      values: { importKwh: 1 },
      isPrimary
    })
    const rows = [at(T0, true), at(T0 + HOUR, false), at(T0 + 2 * HOUR, true), at(T0 + DAY, false)]
    await store.commit(batchOf(1, { readings: { 1: rows } }))
    const answers = await historyOf(
      store,
      rows.map(({ time }) => ({ meter: 5, time, kind: 1 }))
    )
    assert.deepEqual(
      answers.map(({ ratio, before, after }) => [before?.ratio, ratio, after?.ratio]),
      [
        [undefined, 0, 1],
        [0, 1, 0],
        [1, 0, 1],
        [0, 1, undefined]
      ]
    )
    const [nothing] = await historyOf(store, [{ meter: 5, time: T0 + 1, kind: 1 }])
    assert.equal(nothing.ratio, undefined)
  })

  contract('history answers many requests in their order', async ({ store }) => {
    const rows = Array.from({ length: 200 }, (_, meter) => curve(meter, 8)).flat()
    await store.commit(batchOf(1, { readings: { 1: rows } }))
    const requests = rows.toReversed().map(({ meter, time }) => ({ meter, time: time + HOUR, kind: 1 }))
    const answers = await historyOf(store, [...requests, ...requests.slice(0, 500)])
    assert.equal(answers.length, 2100)
    for (const [index, answer] of answers.entries()) {
      const request = requests[index % requests.length]
      assert.deepEqual([answer.meter, answer.time], [request.meter, request.time])
      assert.equal(answer.before?.time, request.time - HOUR)
    }
  })
}

function catalogPromises(contract: Contract): void {
  contract('quarantine: newest first, page by page, with its bytes', async ({ store }) => {
    const big = new Uint8Array(1_000_000).map((_, i) => i % 251)
    const entries = Array.from({ length: 25 }, (_, i) => quarantineEntry(i, i - 1, Uint8Array.of(0, i, 255)))
    const first = { 1: entries.slice(0, 10), 2: [{ ...entries[10], bytes: big }] }
    await store.commit(batchOf(2, { quarantine: first }))
    await store.commit(batchOf(3, { quarantine: { 3: entries.slice(11) } }))
    const all = await store.quarantine({ limit: 100 })
    const plain = all.map(({ id: _, mark: __, ...entry }) => entry)
    const expected = entries.with(10, { ...entries[10], bytes: big }).toReversed()
    assert.deepEqual(
      plain.map(entry => [...entry.bytes]),
      expected.map(entry => [...entry.bytes])
    )
    assert.deepEqual(
      plain.map(entry => ({ ...entry, bytes: 0 })),
      expected.map(entry => ({ ...entry, bytes: 0 }))
    )
    const paged: number[] = []
    for (let before: number | undefined; ; before = paged.at(-1)) {
      const found = await store.quarantine(before === undefined ? { limit: 7 } : { limit: 7, before })
      paged.push(...found.map(row => row.id))
      if (found.length < 7) break
    }
    assert.deepEqual(
      paged,
      all.map(row => row.id)
    )
  })

  contract('quarantine: an entry with its newest mark, filtered by what is known of it', async under => {
    const { store } = under
    const entries = Array.from({ length: 6 }, (_, i) => ({
      ...quarantineEntry(2, i - 1, new Uint8Array(100)),
      terminal: `T${i % 2}`,
      reason: quarantineNumber(i === 5 ? 'LOG_DAMAGED' : 'UNKNOWN_METER')
    }))
    const mark = (index: number, outcome: MarkOutcome, at = 50): QuarantineMark => ({
      ...{ log: 'frames', seq: 2, index, at, by: 'ann', outcome },
      reason: quarantineNumber('FOREIGN_METER')
    })
    const all = { limit: 100 }
    const shown = async (query: QuarantineQuery, from: SeriesStore = store) =>
      (await from.quarantine(query)).map(({ index, mark }) => `${index} ${mark?.outcome}`)
    const open = async (query: Partial<ReplayQuery> = {}) =>
      (await store.replayable({ limit: 100, maxBytes: 1e6, ...query })).map(({ index }) => index)
    await store.commit(batchOf(2, { quarantine: { 1: entries }, marks: { 2: [mark(0, 'held')] } }))
    const marks = [mark(0, 'stored', 60), mark(1, 'unbound'), mark(2, 'quarantined', 70)]
    await store.commit(batchOf(4, { marks: { 3: [mark(1, 'held')], 4: marks } }))
    await store.commit(batchOf(4, { marks: { 4: [mark(-1, 'decoded')] } }))
    const expected = ['4 undefined', '3 undefined', '2 quarantined', '1 unbound', '0 stored', '-1 undefined']
    assert.deepEqual(await shown(all), expected)
    assert.deepEqual(await shown({ ...all, state: 'replayed' }), ['0 stored'])
    assert.deepEqual(await shown({ ...all, state: 'unbound' }), ['1 unbound'])
    assert.deepEqual(await shown({ ...all, terminal: 'T1' }), ['4 undefined', '2 quarantined', '0 stored'])
    const still = quarantineNumber('FOREIGN_METER')
    assert.deepEqual(await shown({ ...all, reason: still }), ['2 quarantined'])
    const { at } = entries[0]
    assert.deepEqual(await shown({ ...all, from: at, to: at }), [])
    assert.equal((await shown({ ...all, from: at, to: at + 1 })).length, 6)
    const [again] = await store.quarantine({ ...all, reason: still })
    assert.deepEqual([again.mark, again.reason], [{ at: 70, by: 'ann', outcome: 'quarantined' }, still])
    assert.deepEqual(await open(), [-1, 2, 3])
    assert.deepEqual(await open({ maxBytes: 101 }), [-1, 2])
    assert.deepEqual(await open({ maxBytes: 0 }), [-1])
    assert.deepEqual(await open({ limit: 1, after: again.id }), [3])
    assert.deepEqual(await open({ ids: [again.id, again.id + 1], terminal: 'T0' }), [3])
    assert.deepEqual(await open({ ids: [] }), [])
    assert.deepEqual(await shown(all, await under.reopen()), expected)
  })

  contract('counters of terminals are those of their last batch', async ({ store, reopen }) => {
    await store.commit(batchOf(1, { terminals: { A: audit(1), B: audit(2) } }))
    await store.commit(batchOf(2, { terminals: { B: audit(5), "C'": audit(6) } }))
    await store.commit(batchOf(2, { terminals: { A: audit(99) } }))
    const expected = new Map([
      ['A', audit(1)],
      ['B', audit(5)],
      ["C'", audit(6)]
    ])
    assert.deepEqual(await store.terminals(), expected)
    const opened = await reopen()
    await opened.commit(batchOf(3, { terminals: { A: audit(7) } }))
    assert.deepEqual(await opened.terminals(), expected.set('A', audit(7)))
  })

  contract('statistics count what is kept', async ({ store }) => {
    await store.commit(batchOf(1, { readings: { 1: curve(1, 12) } }))
    const { files, bytes } = await store.statistics()
    assert.ok(Number.isInteger(files) && Number.isInteger(bytes))
  })
}

/** Answers of a store that can read all it has. */
async function historyOf(
  store: SeriesStore,
  requests: readonly HistoryRequest[]
): Promise<readonly HistoryAnswer[]> {
  const answers = await store.history(requests)
  return answers.map(answer => answer ?? assert.fail('a day that cannot be read'))
}
