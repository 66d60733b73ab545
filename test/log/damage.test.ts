import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { type LogTrouble, SegmentedLog } from '../../src/log/segmented-log.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { SEGMENT_HEADER, spanOf } from '../../src/log/record-format.ts'
import { type CrashFiles, crashFiles } from '../support/crash-files.ts'

const SEGMENT_BYTES = 4096
const BODY_BYTES = 100
const SPAN = spanOf(BODY_BYTES)
const NOTHING = new Uint8Array()

interface Life {
  readonly log: SegmentedLog
  readonly troubles: LogTrouble[]
}

async function open(files: CrashFiles, floor = 0): Promise<Life> {
  const troubles: LogTrouble[] = []
  const log = new SegmentedLog({
    folder: '/log',
    name: 'test',
    files,
    clock: systemClock,
    segmentBytes: SEGMENT_BYTES,
    commitDelayMs: 0,
    commitBytes: 1 << 20,
    retryMs: 1,
    retentionMs: Infinity,
    retentionBytes: Infinity,
    onTrouble: trouble => troubles.push(trouble)
  })
  await log.open(floor)
  return { log, troubles }
}

/** Appends records in one commit; the body of each says its seq. */
async function append(log: SegmentedLog, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const body = new Uint8Array(BODY_BYTES).fill(log.nextSeq % 251)
    log.append(1, 1000 + log.nextSeq, NOTHING, body, error => assert.equal(error, undefined))
  }
  await log.flush()
}

/** What a reader gets from `from` on, and the holes it reports. */
function read(log: SegmentedLog, files: CrashFiles, from = 0): { seqs: number[]; holes: string[] } {
  const holes: string[] = []
  const onDamage = (first: number, last: number): number => holes.push(`${first}..${last}`)
  const reader = new SegmentedReader({ folder: '/log', files, mark: log.mark, onDamage })
  reader.seek(from)
  const seqs: number[] = []
  for (let batch = reader.read(7, 4096); batch.length > 0; batch = reader.read(7, 4096)) {
    for (const { seq, body } of batch) {
      assert.ok(body.every(byte => byte === seq % 251))
      seqs.push(seq)
    }
  }
  reader.close()
  return { seqs, holes }
}

const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
const lastSegment = (files: CrashFiles): string =>
  `/log/${files.list('/log').findLast(it => it.endsWith('.seg'))}`
const damageOf = ({ troubles }: Life): string[] =>
  troubles.flatMap(trouble => (trouble.kind === 'damaged' ? [`${trouble.code} ${trouble.detail}`] : []))

for (const end of ['crash', 'clean stop'] as const) {
  test(`a damaged header after a ${end}: no record of its segment is lost, and it is written again`, async () => {
    const files = crashFiles()
    const first = await open(files)
    await append(first.log, 30)
    await append(first.log, 5)
    if (end === 'clean stop') await first.log.close()
    for (const byte of [0, 20, 45]) files.flip(lastSegment(files), byte, 3)
    const second = await open(files)
    assert.match(damageOf(second).join(), /LOG_DAMAGED .*header/)
    await append(second.log, 5)
    assert.deepEqual(read(second.log, files), { seqs: numbers(1, 40), holes: [] })
    await second.log.close()
    const third = await open(files)
    assert.deepEqual(third.troubles, [])
    assert.deepEqual(read(third.log, files).seqs, numbers(1, 40))
    await third.log.close()
  })
}

test('a segment with neither header nor records was being made: it goes', async () => {
  const files = crashFiles()
  const first = await open(files)
  await append(first.log, 3)
  await first.log.close()
  const unfinished = files.open('/log/0000000000000004.seg', 'create')
  unfinished.resizeSync(SEGMENT_BYTES)
  const second = await open(files)
  assert.deepEqual(damageOf(second), [])
  assert.equal(second.log.durableSeq, 3)
  await second.log.close()
})

/** One commit of ten records. After a crash its sync may not have completed, after a clean stop it has. */
const LAST_COMMIT = [
  { end: 'crash', seqs: numbers(1, 12), holes: [], damaged: 0 },
  {
    end: 'clean stop',
    seqs: [...numbers(1, 12), ...numbers(14, 19)],
    holes: ['13..13', '20..20'],
    damaged: 1
  }
] as const
for (const { end, seqs, holes, damaged } of LAST_COMMIT) {
  test(`flipped bits in the last commit after a ${end}: ${damaged ? 'damage' : 'a torn tail'}`, async () => {
    const files = crashFiles()
    const first = await open(files)
    await append(first.log, 10)
    await append(first.log, 10)
    if (end === 'clean stop') await first.log.close()
    const path = lastSegment(files)
    for (const seq of [13, 20]) files.flip(path, SEGMENT_HEADER + (seq - 1) * SPAN + 60, 1)
    const second = await open(files)
    assert.equal(damageOf(second).length, damaged)
    assert.equal(second.troubles.filter(({ kind }) => kind === 'torn').length, 1 - damaged)
    assert.deepEqual(read(second.log, files), { seqs, holes })
    const next = second.log.nextSeq
    assert.equal(next, (seqs.at(-1) ?? 0) + 1 + damaged)
    await append(second.log, 5)
    assert.deepEqual(read(second.log, files), { seqs: [...seqs, ...numbers(next, next + 4)], holes })
    await second.log.close()
  })
}

test('what comes after a clean stop is judged as after a crash again', async () => {
  const files = crashFiles()
  const first = await open(files)
  await append(first.log, 5)
  await first.log.close()
  const second = await open(files)
  await append(second.log, 5)
  files.flip(lastSegment(files), SEGMENT_HEADER + 8 * SPAN + 60, 1)
  const third = await open(files)
  assert.deepEqual(damageOf(third), [])
  assert.deepEqual(read(third.log, files), { seqs: numbers(1, 8), holes: [] })
  await third.log.close()
})

/** A log of 40 records in two segments, of which consumers have seen 40, and what is done to it. */
const SHORTENED: { title: string; harm: (files: CrashFiles) => void; kept: number }[] = [
  { title: 'nothing', harm: () => {}, kept: 40 },
  { title: 'the last segment is deleted', harm: files => files.remove(lastSegment(files)), kept: 28 },
  {
    title: 'the last segment is cut short',
    harm: files => files.open(lastSegment(files), 'write').resizeSync(SEGMENT_HEADER + 3 * SPAN + 50),
    kept: 31
  },
  {
    title: 'all segments are deleted',
    harm(files) {
      for (const name of files.list('/log')) files.remove(`/log/${name}`)
    },
    kept: 0
  }
]
for (const { title, harm, kept } of SHORTENED) {
  test(`a log that ends below what was read of it goes on above that: ${title}`, async () => {
    const files = crashFiles()
    const first = await open(files)
    await append(first.log, 28)
    for (let i = 0; i < 12; i++) await append(first.log, 1)
    harm(files)
    const second = await open(files, 40)
    const expected = kept === 40 ? [] : [`LOG_DAMAGED /log: records ${kept + 1} to 40 are missing at its end`]
    assert.deepEqual(damageOf(second), expected)
    assert.equal(second.log.recoveredSeq, kept)
    assert.equal(second.log.durableSeq, 40)
    // A reader that stands before the gap is told of it at once, and again when the log has gone on.
    const holes = kept === 40 ? [] : [`${kept + 1}..40`]
    assert.deepEqual(read(second.log, files), { seqs: numbers(1, kept), holes })
    await append(second.log, 5)
    assert.deepEqual(read(second.log, files, 40), { seqs: numbers(41, 45), holes: [] })
    const { seqs } = read(second.log, files)
    assert.deepEqual(seqs, [...numbers(1, kept), ...numbers(41, 45)])
    await second.log.close()
    const third = await open(files, 40)
    assert.deepEqual(third.troubles, [])
    assert.equal(third.log.durableSeq, 45)
    await third.log.close()
  })
}
