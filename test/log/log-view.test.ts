import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { nodeFiles } from '../../src/files.ts'
import { viewLog } from '../../src/log/log-view.ts'
import type { SegmentedLog } from '../../src/log/segmented-log.ts'
import { seededRandom } from '../../src/random.ts'
import { crashFiles } from '../support/crash-files.ts'
import { openLog } from '../support/open-log.ts'

const NOTHING = new Uint8Array()
const SEGMENT_BYTES = 4096

/** One commit of records of 100 bytes at log times seq x 10. */
async function append(log: SegmentedLog, count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    log.append(1, log.nextSeq * 10, NOTHING, new Uint8Array(100).fill(1), error =>
      assert.equal(error, undefined)
    )
  await log.flush()
}

async function onDisk(t: TestContext): Promise<{ folder: string; log: SegmentedLog }> {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-view-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return { folder, log: await openLog(nodeFiles, 'log', { folder, segmentBytes: SEGMENT_BYTES }) }
}

function seqsOf(folder: string): number[] {
  const reader = viewLog(nodeFiles, folder, false).reader()
  const seqs: number[] = []
  for (let batch = reader.read(5, 4096); batch.length > 0; batch = reader.read(5, 4096))
    seqs.push(...batch.map(({ seq }) => seq))
  reader.close()
  return seqs
}

test('a log beside its writer ends before the commit that nothing proves yet; a resting one with it', async t => {
  const { folder, log } = await onDisk(t)
  const ends = () => [true, false].map(isWritten => viewLog(nodeFiles, folder, isWritten).lastSeq)
  assert.deepEqual(ends(), [0, 0])
  await append(log, 3)
  assert.deepEqual(ends(), [0, 3])
  await append(log, 2)
  assert.deepEqual(ends(), [3, 5])
  // Segments that follow each other: what stands in the ones before was synced.
  for (let i = 0; i < 40; i++) await append(log, 2)
  assert.deepEqual(ends(), [83, 85])
  await log.close()
  assert.deepEqual(ends(), [85, 85])
  assert.deepEqual(
    seqsOf(folder),
    Array.from({ length: 85 }, (_, i) => i + 1)
  )
})

test('a folder that is not there is an empty log', () => {
  const view = viewLog(nodeFiles, '/nowhere/at/all', true)
  assert.deepEqual([view.firstSeq, view.lastSeq, view.firstFrom(5), view.reader().read(1, 1)], [1, 0, 1, []])
})

test('records are found by log time, also where the first ones were dropped', async t => {
  const { folder, log } = await onDisk(t)
  for (let i = 0; i < 50; i++) await append(log, 3)
  await log.close()
  const names = readdirSync(folder).filter(name => name.endsWith('.seg'))
  assert.ok(names.length > 4)
  rmSync(join(folder, names[0]!))
  const view = viewLog(nodeFiles, folder, false)
  assert.ok(view.firstSeq > 20)
  const rows: [time: number, seq: number][] = [
    [0, view.firstSeq],
    [view.firstSeq * 10 + 1, view.firstSeq + 1],
    [800, 80],
    [801, 81],
    [1500, 150],
    [1501, 151]
  ]
  for (const [time, seq] of rows) assert.equal(view.firstFrom(time), seq, `from ${time}`)
})

test('a last segment that was cut short ends where its records do', async t => {
  const { folder, log } = await onDisk(t)
  await append(log, 10)
  await log.close()
  const [name = ''] = readdirSync(folder).filter(each => each.endsWith('.seg'))
  truncateSync(join(folder, name), 700)
  assert.deepEqual(seqsOf(folder), [1, 2, 3, 4])
})

const SEEDS = 60
test(`${SEEDS} seeded power cuts: what was seen beside the writer is there after them`, async () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const random = seededRandom(`view/${seed}`)
    const files = crashFiles()
    const log = await openLog(files.boot(), 'log', { segmentBytes: SEGMENT_BYTES, commitBytes: 300 })
    let seen = 0
    const cutAt = files.operations + 5 + random.integer(60)
    let isCut = false
    files.onOperation = () => {
      const { lastSeq } = viewLog(files, '/log', true)
      assert.ok(lastSeq >= seen, `seed ${seed}: what was seen stays seen`)
      assert.ok(lastSeq <= log.durableSeq, `seed ${seed}: nothing is seen that is not durable`)
      seen = lastSeq
      isCut ||= files.operations >= cutAt
    }
    while (!isCut) {
      for (let i = random.integer(6); i >= 0; i--) log.append(1, 1, NOTHING, new Uint8Array(90), () => {})
      await new Promise(resolve => setImmediate(resolve))
    }
    files.onOperation = () => {}
    files.cut(random)
    assert.ok(viewLog(files, '/log', false).lastSeq >= seen, `seed ${seed}`)
  }
})
