import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Intake } from '../../gateway/intake.ts'
import { Pipeline } from '../../processors/pipeline.ts'
import { ResultsJournal } from '../../processors/results-journal.ts'
import { ProcessorRunner } from '../../processors/runner.ts'
import { systemClock } from '../../src/clock.ts'
import { isError } from '../../src/errors.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger } from '../../src/logger.ts'
import { SeriesFeed } from '../../src/series/feed.ts'
import { crashFiles } from '../support/crash-files.ts'
import { ManualClock, promptClock } from '../support/manual-clock.ts'
import { MemorySeries } from '../support/memory-series.ts'
import { SETTINGS } from '../support/meter-line.ts'
import { smallRegistry } from '../support/traffic.ts'
import { openLog } from '../support/open-log.ts'

const NOW = Date.UTC(2026, 10, 20)
const NAMES = ['frames', 'events', 'results'] as const
const FRAMES = 6

/** Publishes frames one by one; file operation `failing` of the results log and the two behind it fail. */
async function run(failing: number): Promise<{ rows: number; stored: number; failures: number }> {
  const files = crashFiles()
  const open = (name: string) =>
    openLog(files, name, { clock: systemClock, segmentBytes: 4096, commitBytes: 1 })
  const logs = { frames: await open('frames'), events: await open('events'), results: await open('results') }
  const reader = (name: (typeof NAMES)[number]): SegmentedReader =>
    new SegmentedReader({ folder: `/${name}`, files, mark: logs[name].mark })
  const clock = new ManualClock(NOW)
  const intake = new Intake(logs, { frames: 0, events: 0 }, clock)
  intake.storeRegistry({ version: 1, hash: 'small' })
  await logs.events.flush()
  const begin = (): { runner: ProcessorRunner; journal: ResultsJournal; pipeline: Pipeline } => {
    const journal = new ResultsJournal(logs.results, reader('results'), seq =>
      assert.fail(`diverged at ${seq}`)
    )
    const loadRegistry = () => smallRegistry(3, 1)
    const pipeline = new Pipeline({ settings: SETTINGS, windowReadings: 4, growWindow: false, loadRegistry })
    const readers = { frames: reader('frames'), events: reader('events') }
    const runner = new ProcessorRunner({ readers, pipeline, journal, batchRecords: 10, batchBytes: 1e6 })
    runner.open(undefined)
    return { runner, journal, pipeline }
  }
  let life = begin()
  let failures = 0
  let operations = 0
  for (let sent = 0; sent < FRAMES; sent++) {
    const readings = [{ meter: 'M0', time: clock.now(), importKwh: sent }]
    const head = { terminal: 'T0', generation: 1, topic: 0, qos: 1, flags: 0 }
    files.onOperation = () => {}
    intake.storeFrame({ ...head, payload: Buffer.from(JSON.stringify({ readings })) }, error =>
      assert.ifError(error)
    )
    await Promise.all([logs.frames.flush(), logs.events.flush()])
    files.onOperation = () => {
      operations++
      if (operations >= failing && operations < failing + 3) throw new Error('ENOSPC')
    }
    try {
      // Nobody waits here: the failure is found by whoever comes next, as in the thread.
      life.runner.step()
    } catch (thrown) {
      assert.ok(isError(thrown, 'LOG_WRITE_FAILED'), String(thrown))
      life = begin()
    }
    await life.journal.flush().catch(() => failures++)
    await systemClock.delay(1)
    clock.advance(60_000)
  }
  files.onOperation = () => {}
  life = begin()
  while (life.runner.step()) await life.journal.flush()
  const store = new MemorySeries()
  const feed = new SeriesFeed({
    reader: reader('results'),
    mark: logs.results.mark,
    store,
    clock: promptClock,
    logger: createLogger('silent', 'test'),
    flushRows: 4,
    flushMs: 0,
    onCommit: () => {},
    history: {
      replayFrom: Number.MAX_SAFE_INTEGER,
      onAnswers: () => assert.fail('nothing is late')
    }
  })
  feed.start()
  for (let idle = 0; idle < 3; ) idle = (await feed.pump()) ? 0 : idle + 1
  await feed.flush()
  const rows = await store.readings({ meter: 0, from: 0, to: Infinity, limit: 1000, allVersions: true })
  return { rows: rows.length, stored: life.pipeline.audit.total.readings.stored, failures }
}

test('results that fail to be written at any moment are computed anew, none is lost and none comes twice', async () => {
  let failures = 0
  for (let failing = 1; failing <= 24; failing++) {
    const found = await run(failing)
    assert.deepEqual([found.rows, found.stored], [FRAMES, FRAMES], `from operation ${failing} on`)
    failures += found.failures
  }
  assert.ok(failures > 5, 'writes did fail')
})
