import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { crc32 } from 'node:zlib'
import { Checkpoints } from '../../processors/checkpoint.ts'
import { isError } from '../../src/errors.ts'
import { nodeFiles } from '../../src/files.ts'

const STATE = Uint8Array.of(1, 2, 3)

async function folderOf(
  t: TestContext,
  count: number
): Promise<{ folder: string; checkpoints: Checkpoints }> {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-checkpoint-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const checkpoints = new Checkpoints(nodeFiles, folder)
  for (let seq = 1; seq <= count; seq++) {
    await checkpoints.save({
      framesSeq: seq,
      eventsSeq: 2,
      resultsSeq: 3,
      historyFrom: 4,
      state: [STATE.subarray(0, 1), STATE.subarray(1)]
    })
  }
  return { folder, checkpoints }
}

const newestIn = (folder: string): string => join(folder, readdirSync(folder).sort().at(-1)!)

test('checkpoints: the newest is loaded; a damaged one gives way to the one before', async t => {
  const { folder, checkpoints } = await folderOf(t, 3)
  const damaged: string[] = []
  const load = () => checkpoints.load(path => damaged.push(path))
  assert.deepEqual(load(), { framesSeq: 3, eventsSeq: 2, resultsSeq: 3, historyFrom: 4, state: STATE })
  const newest = newestIn(folder)
  const bytes = readFileSync(newest)
  bytes[20]! ^= 1
  writeFileSync(newest, bytes)
  assert.equal(load()?.framesSeq, 2)
  assert.deepEqual(checkpoints.head(), { framesSeq: 2, eventsSeq: 2, resultsSeq: 3, historyFrom: 4 })
  assert.deepEqual(damaged, [newest])
})

test('checkpoints: one of another version is refused by name, not passed over as damaged', async t => {
  const { folder, checkpoints } = await folderOf(t, 2)
  const newest = newestIn(folder)
  const bytes = readFileSync(newest)
  bytes.writeUInt32LE(1, 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  writeFileSync(newest, bytes)
  assert.throws(
    () => checkpoints.load(() => assert.fail('not damaged')),
    error => isError(error, 'LOG_FORMAT') && /\.ckpt has format 1, this version reads \d/.test(error.message)
  )
})

test('checkpoints: one of format 2, without replays and waiting readings, is loaded', async t => {
  const { folder, checkpoints } = await folderOf(t, 1)
  const newest = newestIn(folder)
  const bytes = readFileSync(newest)
  bytes.writeUInt32LE(2, 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  writeFileSync(newest, bytes)
  assert.deepEqual(checkpoints.load(() => assert.fail('not damaged'))?.state, STATE)
})
