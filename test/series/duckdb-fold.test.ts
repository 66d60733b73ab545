import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DuckdbEngine } from '../../src/series/duckdb/engine.ts'

const BLOCK = 262_144
const HEADERS = 3 * 4096
const ROWS = 5000

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-fold-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function withEngine<T>(folder: string, work: (engine: DuckdbEngine) => Promise<T>): Promise<T> {
  const engine = new DuckdbEngine({ folder, memoryMb: 128, threads: 1, maxQueries: 1, checkpointMb: 64 })
  await engine.start()
  try {
    return await work(engine)
  } finally {
    engine.stop()
  }
}

const rowsIn = async (engine: DuckdbEngine): Promise<number> => {
  const result = await engine.admin.runAndReadAll('SELECT count(*)::DOUBLE, sum(n)::DOUBLE FROM f.t')
  const [count, sum] = result.getRows()[0] as [number, number]
  assert.equal(sum, (count * (count - 1)) / 2, 'each row once')
  return count
}

/** The rows of a file after a crash. @throws what the library says of a file it cannot open */
const rowsAfter = (folder: string): Promise<number> =>
  withEngine(folder, async engine => {
    await engine.attach(join(folder, 'f.duckdb'), 'f')
    return rowsIn(engine)
  })

const insert = (from: number, to: number): string =>
  `INSERT INTO f.t SELECT i, repeat(md5(i::VARCHAR), 3) FROM range(${from}, ${to}) AS r(i)`

/**
 * A file whose metadata is written over by its next fold: `before` that fold with its log, `after` it with what the fold had put aside.
 */
async function twoStates(t: TestContext): Promise<{ before: string; after: string }> {
  const [work, before, after] = [folderOf(t), folderOf(t), folderOf(t)]
  await withEngine(work, async engine => {
    await engine.attach(join(work, 'f.duckdb'), 'f')
    await engine.admin.run('CREATE TABLE f.t (n BIGINT, text VARCHAR)')
    for (let part = 0; part < 4; part++) {
      await engine.writer.run(insert((part * ROWS) / 5, ((part + 1) * ROWS) / 5))
      await engine.fold('f', 1)
    }
    await engine.writer.run(insert((4 * ROWS) / 5, ROWS))
    cpSync(work, before, { recursive: true })
    await engine.fold('f', 1)
    cpSync(work, after, { recursive: true })
  })
  return { before, after }
}

/** The file as a crash leaves it that came when `bytes` of a block had been written over. */
function tear(t: TestContext, before: string, after: string, block: number, bytes: number): string {
  const torn = folderOf(t)
  cpSync(before, torn, { recursive: true })
  const [old, fresh] = [before, after].map(folder => readFileSync(join(folder, 'f.duckdb'))) as [
    Buffer,
    Buffer
  ]
  const at = HEADERS + block * BLOCK
  fresh.copy(old, at, at, at + bytes)
  writeFileSync(join(torn, 'f.duckdb'), old)
  return torn
}

/** Blocks that the fold wrote over: those that the old file had and the new one has otherwise. */
function overwritten(before: string, after: string): number[] {
  const [old, fresh] = [before, after].map(folder => readFileSync(join(folder, 'f.duckdb'))) as [
    Buffer,
    Buffer
  ]
  const count = Math.floor((old.length - HEADERS) / BLOCK)
  return Array.from({ length: count }, (_, block) => block).filter(block => {
    const at = HEADERS + block * BLOCK
    return !old.subarray(at, at + BLOCK).equals(fresh.subarray(at, at + BLOCK))
  })
}

/** What `fold` puts aside, made from the file before it. */
async function undoOf(t: TestContext, before: string): Promise<Buffer> {
  const folder = folderOf(t)
  cpSync(before, folder, { recursive: true })
  let undo: Buffer | undefined
  await withEngine(folder, async engine => {
    await engine.attach(join(folder, 'f.duckdb'), 'f')
    const { writer } = engine
    const run = writer.run.bind(writer)
    writer.run = async sql => {
      if (String(sql).startsWith('CHECKPOINT')) undo = readFileSync(join(folder, 'f.duckdb.undo'))
      return run(sql)
    }
    await engine.fold('f', 1)
  })
  assert.ok(undo)
  return undo
}

test('a fold that a crash tore is undone, and its log is played again', async t => {
  const { before, after } = await twoStates(t)
  assert.equal(await rowsAfter(before), ROWS, 'from the log')
  const blocks = overwritten(before, after)
  assert.ok(blocks.length > 0, 'a fold writes over blocks that count')
  const undo = await undoOf(t, before)
  let refused = 0
  for (const block of blocks) {
    for (const bytes of [4096, 100_000, BLOCK - 4096]) {
      const torn = tear(t, before, after, block, bytes)
      refused += await rowsAfter(torn).then(
        () => 0,
        () => 1
      )
      const mended = tear(t, before, after, block, bytes)
      writeFileSync(join(mended, 'f.duckdb.undo'), undo)
      assert.equal(await rowsAfter(mended), ROWS)
      assert.deepEqual(
        readdirSync(mended).filter(name => name.endsWith('.undo')),
        []
      )
    }
  }
  assert.ok(refused > 0, 'without it there are files that cannot be opened')
})

test('an undo that is old, not whole, or of another file puts nothing back', async t => {
  const { before, after } = await twoStates(t)
  const undo = await undoOf(t, before)
  const rows = async (folder: string, content: Buffer): Promise<number> => {
    const copy = folderOf(t)
    cpSync(folder, copy, { recursive: true })
    writeFileSync(join(copy, 'f.duckdb.undo'), content)
    return rowsAfter(copy)
  }
  assert.equal(await rows(after, undo), ROWS, 'the fold had happened')
  assert.equal(await rows(before, undo), ROWS, 'it had not begun')
  for (const length of [0, 10, 40, undo.length - 1])
    assert.equal(await rows(before, undo.subarray(0, length)), ROWS, `${length} bytes of it`)
  const flipped = Buffer.from(undo)
  flipped[undo.length - 5] = (flipped[undo.length - 5] ?? 0) ^ 1
  assert.equal(await rows(before, flipped), ROWS)
})

test('a log is folded in from its size on, before a file is let go, and never by itself', async t => {
  const folder = folderOf(t)
  const logs = () => readdirSync(folder).filter(name => name.endsWith('.wal'))
  await withEngine(folder, async engine => {
    await engine.attach(join(folder, 'f.duckdb'), 'f')
    await engine.admin.run('CREATE TABLE f.t (n BIGINT, text VARCHAR)')
    await engine.writer.run(insert(0, 100))
    await engine.fold('f')
    assert.deepEqual(logs(), ['f.duckdb.wal'], 'it is small')
    await engine.fold('f', 1)
    assert.deepEqual(logs(), [])
    await engine.writer.run(insert(100, 200))
    await engine.detach('f')
    assert.deepEqual(logs(), [], 'let go')
    await engine.attach(join(folder, 'f.duckdb'), 'f')
    await engine.writer.run(insert(200, 300))
  })
  assert.deepEqual(logs(), ['f.duckdb.wal'], 'the end of the process folds nothing')
  assert.equal(await rowsAfter(folder), 300)
})
