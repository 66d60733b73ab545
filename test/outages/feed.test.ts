import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { nodeFiles } from '../../src/files.ts'
import type { OutageLedger, OutagePlaces } from '../../src/ledger/outage-port.ts'
import { SharedMark } from '../../src/log/durable-mark.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger } from '../../src/logger.ts'
import { OutageFeed } from '../../src/outages/feed.ts'
import { STEP_BEGIN, STEP_END } from '../../src/records/results-record.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { memoryLedger } from '../support/memory-ledger.ts'
import { openLog } from '../support/open-log.ts'
import { incident, T0 } from '../support/outage-lines.ts'
import { ResultsWriter } from './results-writer.ts'

const PLACES: OutagePlaces = { path: device => [device], account: () => '' }

async function openBench(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-outages-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const mark = new SharedMark(new SharedArrayBuffer(4))
  const log = await openLog(nodeFiles, 'results', { folder, mark, retentionMs: 0, retentionBytes: 0 })
  t.after(() => log.close())
  const clock = new ManualClock()
  const { outages } = memoryLedger()
  let refusals = 0
  const store: Pick<OutageLedger, 'takeLines'> = {
    takeLines: async (...given) => {
      if (refusals-- > 0) throw new Error('disk full')
      return outages.takeLines(...given)
    }
  }
  const begin = async (): Promise<OutageFeed> => {
    const reader = new SegmentedReader({ folder, files: nodeFiles, mark })
    t.after(() => reader.close())
    const logger = createLogger('silent', 'outages')
    return new OutageFeed({ reader, store, places: PLACES, cursor: await outages.cursor(), clock, logger })
  }
  const drain = async (feed: OutageFeed): Promise<void> => {
    while ((await feed.pump()) !== undefined);
  }
  const lifeOf = async (id: string) =>
    (await outages.life('incidents', id, { limit: 999 })).map(({ at }) => at - T0)
  const refuse = (times: number): void => {
    refusals = times
  }
  return { log, clock, outages, writer: new ResultsWriter(log), begin, drain, lifeOf, refuse }
}

/** A record with one line of incident I1, told at `second`. */
const told = (second: number) => ({ incidents: [incident({ id: 'I1', at: T0 + second })] })

test('lines of whole steps come into the ledger, once, in order', async t => {
  const { writer, begin, drain, lifeOf, outages } = await openBench(t)
  const feed = await begin()
  await writer.step([told(1), told(2)])
  const end = await writer.step([told(3)])
  await writer.step([told(4)], false)
  await drain(feed)
  assert.deepEqual(await lifeOf('I1'), [1, 2, 3])
  assert.deepEqual([feed.cursor, await outages.cursor()], [end, end])
  writer.append(STEP_END)
  const next = await writer.step([told(5)])
  await drain(feed)
  assert.deepEqual(await lifeOf('I1'), [1, 2, 3, 4, 5])
  assert.equal(feed.cursor, next)
})

test('a step that was cut off and begun anew counts once', async t => {
  const { writer, begin, drain, lifeOf } = await openBench(t)
  const feed = await begin()
  await writer.step([told(1)], false)
  await drain(feed)
  await writer.step([told(1), told(2)])
  await drain(feed)
  assert.deepEqual(await lifeOf('I1'), [1, 2])
})

test('a restart goes on behind the last commit', async t => {
  const { writer, begin, drain, lifeOf } = await openBench(t)
  for (let second = 0; second < 50; second++) {
    await writer.step([told(second)])
    if (second % 7 === 0) await drain(await begin())
  }
  await drain(await begin())
  assert.deepEqual(
    await lifeOf('I1'),
    Array.from({ length: 50 }, (_, i) => i)
  )
})

test('what the ledger refuses is read again, after a while', async t => {
  const { writer, begin, drain, lifeOf, refuse, clock } = await openBench(t)
  const feed = await begin()
  await writer.step([told(1)])
  refuse(2)
  await drain(feed)
  assert.match(feed.failure, /disk full/)
  assert.equal(feed.cursor, 0)
  await writer.step([told(2)])
  clock.advance(1000)
  await drain(feed)
  assert.match(feed.failure, /disk full/, 'twice')
  clock.advance(1999)
  await drain(feed)
  assert.deepEqual(await lifeOf('I1'), [])
  clock.advance(1)
  await drain(feed)
  assert.deepEqual(await lifeOf('I1'), [1, 2])
  assert.equal(feed.failure, '')
})

test('steps without lines move the cursor now and then, and at the stop', async t => {
  const { writer, begin, drain, outages, clock } = await openBench(t)
  const feed = await begin()
  const first = await writer.step([])
  await drain(feed)
  assert.deepEqual([feed.seq, await outages.cursor()], [first, 0])
  clock.advance(21_000)
  await drain(feed)
  assert.equal(await outages.cursor(), first)
  const second = await writer.step([])
  await drain(feed)
  assert.equal(await outages.cursor(), first)
  await feed.flush()
  assert.equal(await outages.cursor(), second)
})

test('while somebody copies the folder nothing is stored', async t => {
  const { writer, begin, drain, outages, lifeOf } = await openBench(t)
  const feed = await begin()
  feed.hold(true)
  await writer.step([told(1)])
  await drain(feed)
  await feed.flush()
  assert.equal(await outages.cursor(), 0)
  feed.hold(false)
  await drain(feed)
  assert.deepEqual(await lifeOf('I1'), [1])
})

test('of a log that was trimmed, or has lost the end of a step, all that is there is taken', async t => {
  const { log, writer, begin, drain, lifeOf } = await openBench(t)
  let end = 0
  for (let second = 0; second < 400; second++) end = await writer.step([told(second)])
  await log.trim(end)
  await drain(await begin())
  const life = await lifeOf('I1')
  assert.ok(life.length > 0 && life.length < 400, `${life.length}`)
  assert.equal(life.at(-1), 399)
  writer.append(STEP_BEGIN)
  await writer.step([told(500)])
  await drain(await begin())
  assert.equal((await lifeOf('I1')).at(-1), 500)
})
