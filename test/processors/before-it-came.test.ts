import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Intake } from '../../gateway/intake.ts'
import { Pipeline } from '../../processors/pipeline.ts'
import { ResultsJournal } from '../../processors/results-journal.ts'
import { ProcessorRunner } from '../../processors/runner.ts'
import { systemClock } from '../../src/clock.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { crashFiles } from '../support/crash-files.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { SETTINGS } from '../support/meter-line.ts'
import { openLog } from '../support/open-log.ts'
import { smallRegistry } from '../support/traffic.ts'

test('a frame is not judged before the registry that was durable when it came, however the two logs are met', async () => {
  const files = crashFiles()
  const open = (name: string) => openLog(files, name, { clock: systemClock, segmentBytes: 1 << 16 })
  const logs = { frames: await open('frames'), events: await open('events'), results: await open('results') }
  const clock = new ManualClock(Date.UTC(2026, 10, 30))
  const intake = new Intake(logs, { frames: 0, events: 0 }, clock)
  intake.storeSettings(SETTINGS)
  intake.storeRegistry({ version: 1, hash: 'small' })
  await logs.events.flush()
  const payload = Buffer.from(
    JSON.stringify({ readings: [{ meter: 'M0', time: clock.now(), importKwh: 1 }] })
  )
  intake.storeFrame({ terminal: 'T0', generation: 1, topic: 0, qos: 1, flags: 0, payload }, assert.ifError)
  await logs.frames.flush()

  // The step meets the logs before any of it is durable; all becomes so right after it has asked for events.
  let isDurable = false
  const reader = (name: 'frames' | 'events'): SegmentedReader =>
    new SegmentedReader({
      folder: `/${name}`,
      files,
      mark: { get: () => (isDurable ? logs[name].mark.get() : 0), rolls: logs[name].mark.rolls }
    })
  const readers = { frames: reader('frames'), events: reader('events') }
  const readEvents = readers.events.read.bind(readers.events)
  readers.events.read = (...given) => {
    const records = readEvents(...given)
    isDurable = true
    return records
  }
  const results = new SegmentedReader({ folder: '/results', files, mark: logs.results.mark })
  const journal = new ResultsJournal(logs.results, results, seq => assert.fail(`diverged at ${seq}`))
  const loadRegistry = () => smallRegistry(3, 1)
  const pipeline = new Pipeline({ settings: SETTINGS, windowReadings: 4, growWindow: false, loadRegistry })
  const runner = new ProcessorRunner({ readers, pipeline, journal, batchRecords: 10, batchBytes: 1e6 })
  runner.open(undefined)
  for (let step = 0; step < 3; step++) {
    runner.step()
    await journal.flush()
  }
  const { readings } = pipeline.audit.total
  assert.deepEqual([readings.stored, readings.quarantined], [1, 0])
})
