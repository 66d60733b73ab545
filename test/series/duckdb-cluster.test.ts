import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import type { ClusterStep } from '../../src/series/duckdb/cluster.ts'
import type { SeriesStore } from '../../src/series/port.ts'
import { commit, DAY, everything, METERS, openAt, QUARTER, slots, T0 } from '../support/closed-days.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { batchOf, type GivenReading } from '../support/series-blocks.ts'

/** Whether each file's readings stand in order of meter and time. */
async function orderOf(days: string): Promise<Record<string, boolean>> {
  const found: Record<string, boolean> = {}
  for (const name of readdirSync(days).filter(file => file.endsWith('.duckdb'))) {
    const instance = await DuckDBInstance.create(join(days, name), { access_mode: 'READ_ONLY' })
    const connection = await instance.connect()
    const rows = (await connection.runAndReadAll('SELECT meter, time::DOUBLE FROM readings')).getRows() as [
      number,
      number
    ][]
    found[name.slice(0, 10)] = rows.every(([meter, time], i) => {
      const [before, at] = rows[i - 1] ?? [-1, 0]
      return meter > before || (meter === before && time >= at)
    })
    connection.closeSync()
    instance.closeSync()
  }
  return found
}

test('closed days get the order of meter and time, the newest keeps that of arrival', async t => {
  const { store, days } = await openAt(t)
  await commit(store, 1, slots(0, 200))
  await commit(store, 2, slots(200, 250))
  const before = await everything(store)
  assert.deepEqual([await store.clusterNext(), await store.clusterNext()], [T0 / DAY + 1, T0 / DAY])
  assert.equal(await store.clusterNext(), undefined)
  assert.deepEqual(await everything(store), before)
  await commit(store, 3, slots(250, 260))
  await store.close()
  assert.deepEqual(await orderOf(days), { '2026-11-20': true, '2026-11-21': true, '2026-11-22': false })
  assert.deepEqual(
    readdirSync(days).filter(name => !name.endsWith('.duckdb')),
    []
  )
})

test('a day is quiet for the given time first, and after a busy commit again', async t => {
  const clock = new ManualClock()
  const { store } = await openAt(t, { clock, clusterQuietMs: 60_000 })
  await commit(store, 1, slots(0, 300, 21))
  assert.equal(await store.clusterNext(), undefined)
  clock.advance(60_000)
  const next = store.clusterNext()
  const steps = setInterval(() => clock.advance(10_000), 5)
  assert.equal(await next, T0 / DAY + 2)
  clearInterval(steps)
})

test('rows that come while a day is copied are carried over', async t => {
  let seq = 1
  const seen: string[] = []
  const late = (number: number) => slots(number * 2, number * 2 + 1)
  const { store } = await openAt(t, {
    onClusterStep: async step => {
      seen.push(step)
      if (step !== 'range copied') return
      seq++
      const { readings } = late(seq)
      await store.commit(
        batchOf(seq, { readings: { [seq]: readings.map(row => ({ ...row, version: seq })) } })
      )
    }
  })
  await commit(store, 1, slots(0, 100))
  assert.equal(await store.clusterNext(), T0 / DAY)
  assert.deepEqual(seen, ['begun', 'range copied', 'carried', 'let go', 'renamed'])
  assert.deepEqual(await store.countReadings(), { first: 100 * METERS, corrections: METERS })
  const [row] = (
    await store.readings({ meter: 3, from: T0 + 4 * QUARTER, to: T0 + 5 * QUARTER, limit: 9 })
  ).map(({ version }) => version)
  assert.equal(row, 2)
})

test('a commit to the day that is replaced waits, others and queries of other days go on', async t => {
  let during: Promise<void> | undefined
  let isDone = false
  const { store } = await openAt(t, {
    onClusterStep: async step => {
      if (step !== 'let go') return
      await commit(store, 2, slots(100, 110))
      assert.equal((await store.latest([1])).get(1)?.time, T0 + 109 * QUARTER)
      const { readings } = slots(5, 6)
      const batch = batchOf(3, { readings: { 3: readings.map(each => ({ ...each, version: 2 })) } })
      during = store.commit(batch).then(() => {
        isDone = true
      })
      await new Promise(resolve => setTimeout(resolve, 50))
      assert.equal(isDone, false)
    }
  })
  await commit(store, 1, slots(0, 100))
  assert.equal(await store.clusterNext(), T0 / DAY)
  await during
  assert.deepEqual(await store.countReadings(), { first: 110 * METERS, corrections: METERS })
})

const STEPS: readonly ClusterStep[] = ['begun', 'range copied', 'carried', 'let go']
for (const failing of STEPS) {
  test(`a clustering that fails when ${failing} leaves the old file`, async t => {
    const { store, folder, days } = await openAt(t, {
      onClusterStep: async step => {
        if (step === failing) throw new Error('no space left on device')
      }
    })
    await commit(store, 1, slots(0, 100))
    const before = await everything(store)
    await assert.rejects(store.clusterNext(), /no space left/)
    assert.deepEqual(await everything(store), before)
    assert.equal(await store.clusterNext(), undefined, 'it is tried again later')
    await commit(store, 2, slots(100, 110))
    assert.deepEqual(
      readdirSync(days).filter(name => name.includes('.new')),
      []
    )
    const after = await everything(store)
    await store.close()
    assert.deepEqual(Object.values(await orderOf(days)), [false, false])
    const again = await openAt(t, {}, folder)
    assert.equal(await again.store.clusterNext(), T0 / DAY)
    assert.deepEqual(await everything(again.store), after)
  })
}

test('many late rows have the day ordered again, few do not', async t => {
  const { store, days } = await openAt(t)
  const meters = 400
  await commit(store, 1, slots(0, 100, meters))
  assert.equal(await store.clusterNext(), T0 / DAY)
  const corrected = (seq: number, rows: GivenReading[]) =>
    store.commit(batchOf(seq, { readings: { [seq]: rows.map(row => ({ ...row, version: seq })) } }))
  await corrected(2, slots(0, 5, meters).readings)
  assert.equal(await store.clusterNext(), undefined)
  await corrected(3, slots(0, 65, meters).readings)
  const before = await everything(store)
  assert.equal(await store.clusterNext(), T0 / DAY)
  assert.deepEqual(await everything(store), before)
  await store.close()
  assert.equal((await orderOf(days))['2026-11-20'], true)
})

test('a day that is rebuilt, missing or damaged is left alone', async t => {
  const first = await openAt(t)
  await commit(first.store, 1, slots(0, 300))
  await first.store.close()
  rmSync(join(first.days, '2026-11-20.duckdb'))
  rmSync(join(first.days, '2026-11-21.duckdb'))
  writeFileSync(join(first.days, '2026-11-20.rebuild'), '')
  writeFileSync(join(first.days, '2026-11-22.duckdb.new'), 'left by a crash')
  const { store, days } = await openAt(t, {}, first.folder)
  assert.equal(existsSync(join(days, '2026-11-22.duckdb.new')), false)
  assert.equal(await store.clusterNext(), T0 / DAY + 2)
  assert.equal(await store.clusterNext(), undefined)
  assert.match(store.trouble(), /is missing/)
})

test('close ends a copy under way', async t => {
  let closed: Promise<void> | undefined
  const { store, folder, days } = await openAt(t, {
    onClusterStep: async step => {
      if (step === 'begun') closed = store.close()
    }
  })
  await commit(store, 1, slots(0, 100))
  assert.equal(await store.clusterNext(), undefined)
  await closed
  assert.deepEqual(
    readdirSync(days).filter(name => name.includes('.new')),
    []
  )
  const again = await openAt(t, {}, folder)
  assert.equal((await again.store.countReadings()).first, 100 * METERS)
})

/** The readings of a meter with their starts, and whether each is what the intervals say. */
async function startsOf(store: SeriesStore, meter: number) {
  const span = { meter, from: T0 - DAY, to: T0 + 9 * DAY }
  const rows = await store.readings({ ...span, limit: 1e6, withStarts: true })
  const starts = new Map((await store.intervals(span)).map(({ start, end }) => [end, start]))
  const known = rows.filter(({ start }) => start !== undefined)
  for (const { time, start } of known) assert.equal(start, starts.get(time) ?? Number.NaN)
  return { rows: rows.length, known: known.length, starts: starts.size }
}

test('readings of a clustered day know where their intervals begin, until anything comes to it', async t => {
  const { store, folder } = await openAt(t)
  const rows = slots(0, 100)
  // The last revision counts, some intervals are longer, and some readings end none.
  const restated = [{ meter: 3, start: T0 + 2 * QUARTER, end: T0 + 6 * QUARTER, revision: 900 }]
  const intervals = [...rows.intervals, ...restated].filter(({ end }) => end !== T0 + 9 * QUARTER)
  await commit(store, 1, { readings: rows.readings, intervals })
  assert.deepEqual(await startsOf(store, 3), { rows: 100, known: 0, starts: 99 })
  assert.equal(await store.clusterNext(), T0 / DAY)
  assert.deepEqual(await startsOf(store, 3), { rows: 100, known: 96, starts: 99 })
  const asked = await store.readings({ meter: 3, from: T0, to: T0 + DAY, limit: 9 })
  assert.ok(asked.every(row => !('start' in row)))

  const other = { meter: 5, start: T0 + 7 * QUARTER, end: T0 + 8 * QUARTER, revision: 901 }
  await store.commit(batchOf(2, { intervals: { 2: [other] } }))
  assert.deepEqual(await startsOf(store, 3), { rows: 100, known: 0, starts: 99 })
  await store.close()
  const again = await openAt(t, {}, folder)
  assert.deepEqual(await startsOf(again.store, 3), { rows: 100, known: 0, starts: 99 })
})

test('rows that were carried over may have restated intervals: nothing is known then', async t => {
  let seq = 1
  const { store } = await openAt(t, {
    onClusterStep: async step => {
      if (step !== 'range copied') return
      const intervals = [{ meter: 3, start: T0, end: T0 + 6 * QUARTER, revision: 900 }]
      await store.commit(batchOf(++seq, { intervals: { [seq]: intervals } }))
    }
  })
  await commit(store, 1, slots(0, 100))
  assert.equal(await store.clusterNext(), T0 / DAY)
  assert.deepEqual(await startsOf(store, 3), { rows: 100, known: 0, starts: 100 })
})

test('the file of a day of version 2 is brought to this one and takes rows', async t => {
  const { store, folder, days } = await openAt(t)
  await commit(store, 1, slots(0, 100))
  assert.equal(await store.clusterNext(), T0 / DAY)
  const before = await everything(store)
  await store.close()
  const instance = await DuckDBInstance.create(join(days, '2026-11-20.duckdb'))
  const connection = await instance.connect()
  await connection.run('ALTER TABLE readings DROP COLUMN interval_ms')
  await connection.run('ALTER TABLE day_state DROP COLUMN lengths_to')
  await connection.run('UPDATE day_state SET schema_version = 2')
  connection.closeSync()
  instance.closeSync()
  const again = await openAt(t, {}, folder)
  assert.deepEqual(await everything(again.store), before)
  assert.deepEqual(await startsOf(again.store, 3), { rows: 100, known: 0, starts: 100 })
  await commit(again.store, 2, slots(90, 101))
  assert.deepEqual(await startsOf(again.store, 3), { rows: 101, known: 0, starts: 101 })
  await again.store.close()
  const last = await openAt(t, {}, folder)
  assert.deepEqual((await last.store.countReadings()).first, 111 * METERS)
})
