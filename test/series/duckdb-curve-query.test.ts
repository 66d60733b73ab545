import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DuckDBConnection } from '@duckdb/node-api'
import { systemClock } from '../../src/clock.ts'
import { DayWriter, splitByDay } from '../../src/series/duckdb/append.ts'
import { queryIntervals, queryReadings } from '../../src/series/duckdb/curve-query.ts'
import { dayOf } from '../../src/series/duckdb/days.ts'
import { DuckdbEngine } from '../../src/series/duckdb/engine.ts'
import { StoreFiles } from '../../src/series/duckdb/files.ts'
import { batchOf } from '../support/series-blocks.ts'

const T0 = Date.UTC(2026, 10, 20)
const DAY = 86_400_000
const span = { meter: 1, from: T0, to: T0 + 2 * DAY }

/** One reading and one interval on each of two days, in the record `seq`. */
const batchAt = (seq: number) => {
  const times = [T0 + seq * 1000, T0 + DAY + seq * 1000]
  return batchOf(seq, {
    readings: { [seq]: times.map(time => ({ meter: 1, time, values: { importKwh: seq } })) },
    intervals: { [seq]: times.map(end => ({ meter: 1, start: end - 500, end, revision: seq })) }
  })
}

test('what is committed between the look at a file and the statement is not seen', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-curve-'))
  mkdirSync(join(folder, 'days'))
  const engine = new DuckdbEngine({ folder, memoryMb: 128, threads: 1, maxQueries: 1, checkpointMb: 16 })
  const files = new StoreFiles(engine, folder, 4)
  const writer = new DayWriter(() => systemClock.turn())
  const commit = async (seq: number): Promise<void> => {
    for (const [day, rows] of splitByDay(batchAt(seq), 0)) {
      await files.useDay(day, file => writer.write(engine.writer, file, rows, seq))
    }
  }
  await engine.start()
  await files.start()
  await commit(1)
  const statements: string[] = []
  let onStatement = async (): Promise<void> => {}
  const connection = {
    async run(sql: string) {
      statements.push(sql)
      await onStatement()
      return engine.admin.run(sql)
    },
    runAndReadAll: (sql: string) => engine.admin.runAndReadAll(sql)
  } as DuckDBConnection
  const lane = { yield: async () => {} }
  const curves = { read: () => undefined }
  const snapshot = { connection, files, days: [dayOf(T0), dayOf(T0) + 1], toSeq: 1, curves, lane }
  const asked = {
    readings: async () => (await queryReadings(snapshot, { ...span, limit: 100 })).map(({ time }) => time),
    intervals: async () => (await queryIntervals(snapshot, span)).map(({ end }) => end)
  }
  const expected = [T0 + 1000, T0 + DAY + 1000]

  for (const ask of Object.values(asked)) {
    statements.length = 0
    assert.deepEqual(await ask(), expected)
    assert.equal(statements.length, 1)
    assert.doesNotMatch(statements[0] ?? '', /seq|_?time >/, 'nothing is asked of the rows but their meter')
  }

  let seq = 1
  onStatement = () => commit(++seq)
  for (const ask of Object.values(asked)) {
    snapshot.toSeq = seq
    const before = expected.flatMap(time => Array.from({ length: seq }, (_, i) => time + i * 1000)).sort()
    statements.length = 0
    assert.deepEqual(await ask(), before)
    assert.equal(statements.length, 2)
    assert.match(statements[1] ?? '', /seq <= /)
  }
  // A commit under way, or one beyond the position: asked at once as of the snapshot.
  onStatement = async () => {}
  statements.length = 0
  assert.equal((await asked.readings()).length, snapshot.toSeq * 2)
  assert.equal(statements.length, 1)
  // After a commit that failed beside a reader nobody knows the cursor: the file says what it has.
  for (const [day, rows] of splitByDay(batchAt(seq), 0)) {
    await files.useDay(day, async file => {
      file.cursor = undefined
      assert.equal(await writer.write(engine.writer, file, rows, seq), false)
      assert.equal(file.cursor, seq)
    })
  }
  await files.stop()
  engine.stop()
  rmSync(folder, { recursive: true, force: true })
})
