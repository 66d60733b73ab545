import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { type LogOptions, SegmentedLog } from '../../src/log/segmented-log.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { seededRandom } from '../../src/random.ts'
import { type CrashFiles, crashFiles } from '../support/crash-files.ts'

const options = (files: CrashFiles): LogOptions => ({
  folder: '/log',
  name: 'test',
  files,
  clock: systemClock,
  segmentBytes: 4096,
  commitDelayMs: 0,
  commitBytes: 1024,
  retryMs: 1,
  retentionMs: Infinity,
  retentionBytes: Infinity
})

const NOTHING = new Uint8Array()
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Appends a text and tells whether it became durable. */
function append(log: SegmentedLog, text: string): Promise<boolean> {
  return new Promise(resolve => {
    try {
      log.append(1, 1, NOTHING, encode(text), error => resolve(error === undefined))
    } catch {
      resolve(false)
    }
  })
}

function readTexts(reader: SegmentedReader): string[] {
  const texts: string[] = []
  for (let batch = reader.read(7, 4096); batch.length > 0; batch = reader.read(7, 4096))
    texts.push(...batch.map(({ body }) => new TextDecoder().decode(body)))
  return texts
}

/** The write of a first group reached the disk, its sync did not; the log begins the segment of that name again. */
test('failed write: a reader that had opened the abandoned segment reads the one that took its place', async () => {
  const files = crashFiles()
  const log = new SegmentedLog(options(files))
  await log.open()
  let isNamed = false
  files.onOperation = operation => {
    if (operation === 'syncFolder') isNamed = true
    if (operation === 'sync' && isNamed) throw new Error('EIO')
  }
  assert.equal(await append(log, 'never acknowledged'), false)
  const reader = new SegmentedReader({ folder: '/log', files, mark: log.mark })
  reader.seek(0)
  assert.deepEqual(readTexts(reader), [])
  files.onOperation = () => {}
  await systemClock.delay(3)
  assert.equal(await append(log, 'acknowledged'), true)
  assert.deepEqual(readTexts(reader), ['acknowledged'])
  await log.close()
})

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`failed writes at random: readers, before and after a restart, see what was acknowledged (seed ${seed})`, async () => {
    const random = seededRandom(`failed-write/${seed}`)
    const files = crashFiles()
    const acknowledged: string[] = []
    const followed: string[] = []
    let failing = false
    files.onOperation = () => {
      if (failing && random.next() < 0.3) throw new Error('EIO')
    }
    const log = new SegmentedLog(options(files))
    await log.open()
    const open = (): SegmentedReader => new SegmentedReader({ folder: '/log', files, mark: log.mark })
    let reader = open()
    for (let round = 0; round < 120; round++) {
      failing = random.next() < 0.6
      const texts = Array.from(
        { length: 1 + random.integer(6) },
        (_, i) => `${round}/${i}/${'x'.repeat(random.integer(500))}`
      )
      const outcomes = await Promise.all(texts.map(text => append(log, text)))
      acknowledged.push(...texts.filter((_, i) => outcomes[i]))
      if (log.failure !== undefined) await systemClock.delay(2)
      if (random.next() < 0.2) {
        reader = open()
        reader.seek(followed.length)
      }
      if (random.next() < 0.7) followed.push(...readTexts(reader))
    }
    failing = false
    await systemClock.delay(3)
    assert.equal(await append(log, 'last'), true)
    acknowledged.push('last')
    followed.push(...readTexts(reader))
    assert.deepEqual(followed, acknowledged)
    assert.deepEqual(readTexts(open()), acknowledged)
    await log.close()
    const again = new SegmentedLog(options(files))
    await again.open()
    assert.deepEqual(
      readTexts(new SegmentedReader({ folder: '/log', files, mark: again.mark })),
      acknowledged
    )
    assert.ok(acknowledged.length > 50, `${acknowledged.length} acknowledged`)
  })
}
