import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { unpackCurve } from '../../src/series/curves/curve-bytes.ts'
import { WriteTurns } from '../../src/series/duckdb/copy.ts'
import { DayCurves } from '../../src/series/duckdb/day-curves.ts'
import { DuckdbEngine } from '../../src/series/duckdb/engine.ts'
import { StoreFiles } from '../../src/series/duckdb/files.ts'
import type { DuckdbSeriesStore } from '../../src/series/duckdb/store.ts'
import type { DuckdbStoreOptions } from '../../src/series/duckdb/store-options.ts'
import { commit, DAY, everything, openAt, QUARTER, slots, T0 } from '../support/closed-days.ts'
import { packCurve, WHOLE_CURVE } from '../support/pack-curve.ts'
import { batchOf } from '../support/series-blocks.ts'

const FIRST = T0 / DAY
const WEEK = { from: T0 - DAY, to: T0 + 9 * DAY, limit: 1e6 }

/** A store with days that are closed and in order, and what became of its files of curves. */
async function openDays(t: TestContext, more: Partial<DuckdbStoreOptions> = {}, at?: string) {
  const damage: string[] = []
  const onCurveDamage = (path: string, detail: string) => damage.push(`${path.slice(-17)} ${detail}`)
  const { store, folder } = await openAt(t, { onCurveDamage, ...more }, at)
  const curves = join(folder, 'curves')
  return {
    store,
    folder,
    curves,
    damage,
    files: () =>
      readdirSync(curves)
        .map(name => name.slice(8))
        .sort()
  }
}

async function keepUp(store: DuckdbSeriesStore): Promise<number[]> {
  while ((await store.clusterNext()) !== undefined);
  const made: number[] = []
  for (let day = await store.curvesNext(); day !== undefined; day = await store.curvesNext())
    made.push(day - FIRST)
  return made
}

/** Gives a meter the curve of another: answers out of curves differ from those of the day's file then. */
function exchange(curves: string, meter: number, by: number): void {
  const database = new DatabaseSync(join(curves, '2026-11-20.sqlite'))
  const { rows } = database.prepare('SELECT rows FROM curves WHERE meter = ?').get(by) ?? {}
  const readings = unpackCurve(rows as Uint8Array, { day: FIRST, meter: by }, WHOLE_CURVE)
  const packed = packCurve({ day: FIRST, meter }, readings)
  database.prepare('UPDATE curves SET rows = ? WHERE meter = ?').run(packed, meter)
  database.close()
}

const hundredthsOf = async (store: DuckdbSeriesStore, meter: number): Promise<number> => {
  const [row] = await store.readings({ meter, from: T0 + QUARTER, to: T0 + 2 * QUARTER, limit: 1 })
  return Math.round(((row?.values[0] ?? Number.NaN) % 1) * 100)
}

const correction = (seq: number, meter: number) =>
  batchOf(seq, {
    readings: { [seq]: [{ meter, time: T0 + QUARTER, version: seq, values: { importKwh: 7.77 } }] }
  })

test('closed days get their curves, newest first, and answer as before', async t => {
  const { store, folder, files } = await openDays(t)
  await commit(store, 1, slots(0, 200))
  await commit(store, 2, slots(200, 250))
  assert.equal(await store.curvesNext(), undefined, 'a day is put in order first')
  const before = await everything(store)
  const starts = async () =>
    (await store.readings({ meter: 3, ...WEEK, withStarts: true })).map(row => row.start)
  assert.deepEqual(await keepUp(store), [1, 0])
  assert.deepEqual(files(), ['20.sqlite', '21.sqlite'])
  assert.deepEqual(await everything(store), before)
  assert.deepEqual((await starts()).slice(0, 3), [T0 - QUARTER, T0, T0 + QUARTER])
  assert.deepEqual(await keepUp(store), [])
  await store.close()
  exchange(join(folder, 'curves'), 3, 5)
  const again = await openDays(t, {}, folder)
  assert.deepEqual(await keepUp(again.store), [])
  assert.equal(await hundredthsOf(again.store, 3), 5, 'the curve is what answers')
  assert.equal(await hundredthsOf(again.store, 4), 4)
})

test('pages, fields and spans of curves are those of the days', async t => {
  const { store } = await openDays(t)
  await commit(store, 1, slots(0, 300))
  const ask = () =>
    Promise.all([
      store.readings({ meter: 3, from: T0 + 90.5 * QUARTER, to: T0 + 97.5 * QUARTER, limit: 4 }),
      store.readings({ meter: 3, ...WEEK, limit: 7, after: { time: T0 + 3 * QUARTER, kind: 1, version: 1 } }),
      store.readings({ meter: 3, ...WEEK, fields: [4] }),
      store.readings({ meter: 3, ...WEEK, fields: [0], limit: 130 }),
      store.readings({ meter: 3, from: T0, to: T0 + DAY, limit: 1e6 }),
      store.readings({ meter: 99, ...WEEK })
    ])
  const before = await ask()
  assert.deepEqual(await keepUp(store), [2, 1, 0])
  assert.deepEqual(await ask(), before)
})

test('a meter that gets rows afterwards is asked of its day, also after a restart, until the curves are made anew', async t => {
  const { store, folder } = await openDays(t)
  await commit(store, 1, slots(0, 110))
  assert.deepEqual(await keepUp(store), [0])
  await store.commit(correction(2, 3))
  assert.equal(await hundredthsOf(store, 3), 77)
  await store.close()
  exchange(join(folder, 'curves'), 5, 6)
  const again = await openDays(t, {}, folder)
  assert.equal(await hundredthsOf(again.store, 5), 5, 'not before it was held against its day')
  assert.deepEqual(await keepUp(again.store), [])
  assert.equal(await hundredthsOf(again.store, 3), 77)
  assert.equal(await hundredthsOf(again.store, 5), 6)
  for (const meter of [7, 8]) await again.store.commit(correction(meter, meter))
  const before = await everything(again.store)
  assert.deepEqual(await keepUp(again.store), [0])
  assert.equal(await hundredthsOf(again.store, 5), 5)
  const after = await everything(again.store)
  assert.deepEqual(
    { ...after, readings: after.readings.toSpliced(5, 1) },
    { ...before, readings: before.readings.toSpliced(5, 1) }
  )
})

test('an interval that is restated afterwards moves the start of its reading', async t => {
  const { store } = await openDays(t)
  await commit(store, 1, slots(0, 110))
  assert.deepEqual(await keepUp(store), [0])
  const [meter, end] = [3, T0 + 4 * QUARTER]
  const startOf = async () => {
    const [row] = await store.readings({ meter, from: end, to: end + 1, limit: 1, withStarts: true })
    return row?.start
  }
  assert.equal(await startOf(), end - QUARTER)
  await store.commit(batchOf(2, { intervals: { 2: [{ meter, start: T0, end, revision: 900 }] } }))
  assert.equal(await startOf(), undefined, 'the intervals are asked')
  assert.deepEqual(await keepUp(store), [])
})

test('rows that come while curves are made are seen', async t => {
  let seq = 1
  let isMaking = false
  // Behind its only part, which has been read by then, the making rests until three more commits have come.
  let restedAt = Infinity
  const rest = Promise.withResolvers<void>()
  const delay = (ms: number): Promise<void> => {
    if (!isMaking) return systemClock.delay(ms)
    restedAt = seq
    return rest.promise
  }
  const { store } = await openDays(t, { clock: { ...systemClock, delay } })
  await commit(store, 1, slots(0, 110))
  while ((await store.clusterNext()) !== undefined);
  const made = store.curvesNext().finally(() => {
    isMaking = false
  })
  isMaking = true
  while (isMaking) {
    await store.commit(correction(++seq, seq % 20))
    if (seq >= restedAt + 3) rest.resolve()
  }
  assert.equal(await made, FIRST)
  assert.ok(seq >= restedAt + 3, `${seq} commits`)
  for (let meter = 0; meter < 20; meter++) {
    const firstSeq = meter < 2 ? meter + 20 : meter
    assert.equal(await hundredthsOf(store, meter), seq >= firstSeq ? 77 : meter, `meter ${meter}`)
  }
})

function tell(curves: string, what: string): void {
  const database = new DatabaseSync(join(curves, '2026-11-20.sqlite'))
  database.exec(`UPDATE about SET ${what}`)
  database.close()
}

const DAMAGE: readonly [name: string, damage: (curves: string) => void, told: RegExp | undefined][] = [
  ['lost', curves => rmSync(join(curves, '2026-11-20.sqlite')), undefined],
  [
    'cut off',
    curves => truncateSync(join(curves, '2026-11-20.sqlite'), 20_000),
    /20.sqlite .*(malformed|not a database|image)/
  ],
  [
    'of another program',
    curves => writeFileSync(join(curves, '2026-11-20.sqlite'), 'no database'),
    /not a database/
  ],
  [
    'that of another day',
    curves => copyFileSync(join(curves, '2026-11-21.sqlite'), join(curves, '2026-11-20.sqlite')),
    /20.sqlite is that of 2026-11-21/
  ],
  [
    'of other rows',
    curves => tell(curves, 'readings = readings - 1'),
    /knows 1899 readings of a day that has 1900/
  ],
  ['of other intervals', curves => tell(curves, 'intervals = 7'), /knows 7 intervals of a day that has 1900/],
  ['of another life of the store', curves => tell(curves, 'made_to = 99'), /knows records up to 99 of 1/],
  ['of another format', curves => tell(curves, 'format = 1'), /has format 1, not 2/],
  ['half made', curves => writeFileSync(join(curves, '2026-11-20.sqlite.new'), 'half'), undefined]
]
for (const [name, harm, told] of DAMAGE) {
  test(`a file of curves that is ${name} is told and made anew, and no answer is wrong`, async t => {
    const first = await openDays(t)
    await commit(first.store, 1, slots(1, 250))
    assert.deepEqual(await keepUp(first.store), [1, 0])
    const before = await everything(first.store)
    await first.store.close()
    harm(first.curves)
    const { store, damage, files } = await openDays(t, {}, first.folder)
    assert.deepEqual(await everything(store), before)
    assert.deepEqual(await keepUp(store), name === 'half made' ? [] : [0])
    assert.deepEqual(await everything(store), before)
    assert.deepEqual(files(), ['20.sqlite', '21.sqlite'])
    if (told === undefined) assert.deepEqual(damage, [])
    else assert.match(damage.join(), told)
  })
}

test('a curve whose bytes are damaged is told, and its file made anew', async t => {
  const { store, folder, damage } = await openDays(t)
  await commit(store, 1, slots(0, 110))
  assert.deepEqual(await keepUp(store), [0])
  await store.close()
  const database = new DatabaseSync(join(folder, 'curves', '2026-11-20.sqlite'))
  database.exec("UPDATE curves SET rows = x'00010203' WHERE meter = 3")
  database.close()
  const again = await openDays(t, { onCurveDamage: (_, detail) => damage.push(detail) }, folder)
  assert.deepEqual(await keepUp(again.store), [])
  assert.equal(await hundredthsOf(again.store, 3), 3)
  assert.deepEqual(damage, ['the bytes of a curve are damaged'])
  assert.deepEqual(await keepUp(again.store), [0])
})

test('only the newest closed days have curves, and none when none are wanted', async t => {
  const { store, folder, files } = await openDays(t, { curveDays: 2 })
  await commit(store, 1, slots(0, 400))
  assert.deepEqual(await keepUp(store), [3, 2])
  await commit(store, 2, slots(400, 500))
  assert.deepEqual(await keepUp(store), [4])
  assert.deepEqual(files(), ['23.sqlite', '24.sqlite'])
  await store.close()
  const { store: without, files: left } = await openDays(t, { curveDays: 0 }, folder)
  assert.deepEqual(await keepUp(without), [])
  assert.deepEqual(left(), [])
})

test('a day that is made anew loses its curves, one that cannot be read answers none', async t => {
  const first = await openDays(t)
  await commit(first.store, 1, slots(0, 300))
  assert.deepEqual(await keepUp(first.store), [2, 1, 0])
  await first.store.close()
  const days = join(first.folder, 'days')
  writeFileSync(join(days, '2026-11-20.rebuild'), '')
  rmSync(join(days, '2026-11-20.duckdb'))
  writeFileSync(join(days, '2026-11-21.duckdb'), 'damaged')
  const { store, curves } = await openDays(t, {}, first.folder)
  assert.ok(!existsSync(join(curves, '2026-11-20.sqlite')))
  for (const from of [T0, T0 + DAY]) {
    await assert.rejects(store.readings({ meter: 3, from, to: from + DAY, limit: 9 }), /2026-11-2[01].duckdb/)
  }
})

test('close ends a making under way', async t => {
  const { store, folder } = await openDays(t)
  await commit(store, 1, slots(0, 110))
  while ((await store.clusterNext()) !== undefined);
  const making = store.curvesNext()
  await store.close()
  assert.equal(await making, undefined)
  assert.deepEqual(readdirSync(join(folder, 'curves')), [])
})

test('whatever stands in the folder of curves, the store opens and answers', async t => {
  const first = await openDays(t)
  await commit(first.store, 1, slots(0, 110))
  await keepUp(first.store)
  const before = await everything(first.store)
  await first.store.close()
  mkdirSync(join(first.curves, 'lost+found', 'within'), { recursive: true })
  writeFileSync(join(first.curves, 'notes.txt'), 'of somebody')
  const second = await openDays(t, {}, first.folder)
  assert.deepEqual(await keepUp(second.store), [])
  assert.deepEqual(readdirSync(first.curves).sort(), ['2026-11-20.sqlite', 'lost+found', 'notes.txt'])
  await second.store.close()
  rmSync(first.curves, { recursive: true })
  writeFileSync(first.curves, 'a file')
  const third = await openDays(t, {}, first.folder)
  assert.equal(third.damage.length, 1)
  await assert.rejects(keepUp(third.store), /EEXIST/)
  assert.deepEqual(await everything(third.store), before)
})

test('a query that is older than a file asks the day, and so does one for a meter without readings', async t => {
  const { store, folder, curves } = await openDays(t)
  await commit(store, 7, slots(0, 110))
  assert.deepEqual(await keepUp(store), [0])
  await store.close()
  const engine = new DuckdbEngine({ folder, memoryMb: 128, threads: 1, maxQueries: 1, checkpointMb: 16 })
  const files = new StoreFiles(engine, folder, 4)
  await engine.start()
  await files.start()
  const kept = new DayCurves(engine, files, {
    folder: curves,
    days: 1,
    clock: systemClock,
    lane: { yield: async () => {} },
    turns: new WriteTurns(),
    onDamage: (_, detail) => assert.fail(detail)
  })
  await kept.start(7)
  const read = (meter: number, toSeq: number) => kept.read({ day: FIRST, meter }, WHOLE_CURVE, toSeq)?.length
  assert.equal(read(3, 7), undefined, 'not held against its day yet')
  assert.equal(await kept.next(() => true, 7), undefined)
  assert.deepEqual([read(3, 7), read(3, 9), read(3, 6), read(99, 7)], [96, 96, undefined, undefined])
  kept.close()
  await files.stop()
  engine.stop()
})
