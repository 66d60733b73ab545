import assert from 'node:assert/strict'
import { mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { nodeFiles } from '../../src/files.ts'
import { RECORD_HEADER, SEGMENT_HEADER } from '../../src/log/record-format.ts'
import { type LogOptions, SegmentedLog } from '../../src/log/segmented-log.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { listSegments } from '../../src/log/segments.ts'
import { appendMany, logContract, readAll } from '../contract/log.ts'
import { crashFiles } from '../support/crash-files.ts'

const options = (folder: string): LogOptions => ({
  folder,
  name: 'test',
  files: nodeFiles,
  clock: systemClock,
  segmentBytes: 65536,
  commitDelayMs: 0,
  commitBytes: 16384,
  retryMs: 20,
  retentionMs: 0,
  retentionBytes: 0
})

logContract('segmented log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-log-'))
  let current: SegmentedLog | undefined
  let reader: SegmentedReader | undefined
  return {
    async open() {
      current = new SegmentedLog(options(folder))
      await current.open()
      reader = new SegmentedReader({ folder, files: nodeFiles, mark: current.mark })
      return { writer: current, reader }
    },
    // Nothing is in flight when the suite calls it; the open file is simply abandoned, as kill -9 would.
    async crash() {
      reader?.close()
      current = undefined
    },
    async tearTail(garbage) {
      const { path, end } = lastEnd(folder)
      writeSync(openSync(path, 'r+'), garbage, 0, garbage.length, end)
    },
    async flipBit(seq) {
      const { path, offset } = find(folder, seq)
      const byte = readFileSync(path)[offset + 16] ?? 0
      writeSync(openSync(path, 'r+'), Uint8Array.of(byte ^ 4), 0, 1, offset + 16)
    },
    async remove() {
      reader?.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
})

test('segmented log: an I/O error acknowledges nothing of its group, and the log resumes by itself', async () => {
  const files = crashFiles()
  const troubles: string[] = []
  const log = new SegmentedLog({
    ...options('/log'),
    files,
    onTrouble: trouble => troubles.push(trouble.kind)
  })
  await log.open()
  const reader = new SegmentedReader({ folder: '/log', files, mark: log.mark })
  const sent = await appendMany(log, 1, 50)
  for (const broken of ['write', 'sync', 'syncFolder'] as const) {
    files.onOperation = operation => {
      if (operation === broken || broken === 'syncFolder') throw new Error('EIO')
    }
    const outcomes: (Error | undefined)[] = []
    for (let i = 0; i < 5; i++)
      log.append(1, 1, new Uint8Array(9), new Uint8Array(99), error => outcomes.push(error))
    await assert.rejects(log.flush(), /EIO/)
    assert.equal(outcomes.filter(error => error instanceof Error).length, 5)
    assert.throws(() => log.append(1, 1, new Uint8Array(), new Uint8Array(), () => {}), /EIO/)
    assert.equal(log.durableSeq, sent.length)
    files.onOperation = () => {}
    await systemClock.delay(30)
    sent.push(...(await appendMany(log, 2, 40)))
    assert.equal(log.failure, undefined)
  }
  assert.deepEqual(readAll(reader, 16), sent)
  assert.deepEqual(troubles, ['failed', 'failed', 'failed'])
  await log.close()
})

test('segmented log: one sync serves all records of a group', async () => {
  const files = crashFiles()
  const log = new SegmentedLog({ ...options('/log'), files, commitDelayMs: 2, commitBytes: 1 << 20 })
  await log.open()
  await appendMany(log, 1, 1)
  let syncs = 0
  files.onOperation = operation => {
    if (operation === 'sync') syncs++
  }
  for (let i = 0; i < 100; i++) log.append(1, 1, new Uint8Array(8), new Uint8Array(100), () => {})
  await log.flush()
  assert.equal(syncs, 1)
  await log.close()
})

test('segmented log: a newer format is refused with a remedy, not misread', async () => {
  const files = crashFiles()
  const log = new SegmentedLog({ ...options('/log'), files })
  await log.open()
  await appendMany(log, 1, 1)
  await log.close()
  const path = `/log/${files.list('/log').find(name => name.endsWith('.seg'))}`
  const file = files.open(path, 'write')
  const header = new Uint8Array(SEGMENT_HEADER)
  file.readSync(header, 0)
  header[8] = 2
  const { crc32 } = await import('node:zlib')
  new DataView(header.buffer).setUint32(60, crc32(header.subarray(0, 60)), true)
  await file.write(header, 0)
  await assert.rejects(new SegmentedLog({ ...options('/log'), files }).open(), /incompatible version/)
})

interface Place {
  path: string
  offset: number
}

/** Where each record stands, read with nothing but the documented grammar. */
function places(folder: string): Map<number, Place & { end: number }> {
  const found = new Map<number, Place & { end: number }>()
  for (const { path } of listSegments(nodeFiles, folder)) {
    const bytes = readFileSync(path)
    for (let offset = SEGMENT_HEADER; offset + RECORD_HEADER <= bytes.length; ) {
      if (bytes.readUInt16LE(offset + 8) !== 0x5647) break
      const end = offset + ((RECORD_HEADER + bytes.readUInt32LE(offset + 4) + 7) & ~7)
      found.set(bytes.readDoubleLE(offset + 16), { path, offset, end })
      offset = end
    }
  }
  return found
}

function find(folder: string, seq: number): Place {
  const place = places(folder).get(seq)
  assert.ok(place, `record ${seq} stands in the log`)
  return place
}

function lastEnd(folder: string): { path: string; end: number } {
  const last = [...places(folder).entries()].sort(([a], [b]) => b - a)[0]
  assert.ok(last)
  return { path: last[1].path, end: last[1].end }
}
