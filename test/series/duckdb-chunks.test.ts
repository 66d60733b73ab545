import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { seededRandom } from '../../src/random.ts'
import { ChunkAppender } from '../../src/series/duckdb/chunks.ts'
import type { Column } from '../../src/series/duckdb/schema.ts'

const COLUMNS: readonly Column[] = [
  { name: 'a', type: 'u8' },
  { name: 'b', type: 'u32' },
  { name: 'c', type: 'i64' },
  { name: 'd', type: 'f64' },
  { name: 'e', type: 'f64' },
  { name: 'f', type: 'text' }
]

/** Rows that fill several chunks: some without texts, some without a value in a column, some with all values. */
function append(into: ChunkAppender, rows: number): void {
  const random = seededRandom('chunks')
  const times = [0, 1, -1, 1_795_133_700_000, 2 ** 31, 2 ** 32, 2 ** 32 - 1, -(2 ** 40) - 7, 2 ** 53 - 1]
  const ids = Uint32Array.from({ length: rows }, (_, i) => (i * 2654435761) >>> 0)
  const longs = Float64Array.from({ length: rows }, (_, i) => times[i % times.length])
  const sparse = Float64Array.from({ length: rows }, () =>
    random.next() < 0.3 ? Number.NaN : random.normal()
  )
  for (let from = 0; from < rows; ) {
    const count = Math.min(into.room, rows - from, 1 + random.integer(700))
    const to = from + count
    into.fill(0, from % 256, count)
    into.copy(1, ids, from, to)
    into.copy(2, longs, from, to)
    if (from % 5000 < 2500) into.copy(3, sparse, from, to)
    else into.fill(3, from, count)
    if (from % 9000 < 4500) into.fillAbsent(4, count)
    else into.copy(4, longs, from, to)
    if (from % 7000 > 4500)
      into.text(random.integer(count), `text of ${from}, 电表 and more than twelve bytes`)
    into.advance(count)
    from = to
  }
}

test('whole columns at once give the same rows as value by value', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const found: unknown[] = []
  for (const path of ['raw', 'public'] as const) {
    await connection.run(
      `CREATE TABLE ${path} (a UTINYINT, b UINTEGER, c BIGINT, d DOUBLE, e DOUBLE, f VARCHAR)`
    )
    const appender = new ChunkAppender(COLUMNS, path)
    for (const rows of [20_000, 1, 2048]) {
      appender.begin(await connection.createAppender(path))
      append(appender, rows)
      appender.end()
    }
    const result = await connection.runAndReadAll(`SELECT * FROM ${path} ORDER BY rowid`)
    found.push(result.getRows())
    assert.equal(result.currentRowCount, 22_049)
  }
  assert.deepEqual(found[0], found[1])
  const nulls = await connection.runAndReadAll('SELECT count(d), count(e), count(f), min(c), max(c) FROM raw')
  const [d, e, f, least, most] = nulls.getRows()[0].map(Number)
  assert.ok(d > 10_000 && d < 22_049 && e > 8000 && e < 14_000 && f > 5)
  assert.deepEqual([least, most], [-(2 ** 40) - 7, 2 ** 53 - 1])
  connection.closeSync()
  instance.closeSync()
})

test('rows that were given up never appear', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run('CREATE TABLE t (a UTINYINT, b UINTEGER, c BIGINT, d DOUBLE, e DOUBLE, f VARCHAR)')
  const appender = new ChunkAppender(COLUMNS)
  await connection.run('BEGIN')
  appender.begin(await connection.createAppender('t'))
  append(appender, 5000)
  appender.abandon()
  await connection.run('ROLLBACK')
  appender.begin(await connection.createAppender('t'))
  append(appender, 10)
  appender.end()
  const count = async () => Number((await connection.runAndReadAll('SELECT count(*) FROM t')).getRows()[0][0])
  assert.equal(await count(), 10)
  connection.closeSync()
  instance.closeSync()
})
