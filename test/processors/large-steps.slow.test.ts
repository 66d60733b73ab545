import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Intake } from '../../gateway/intake.ts'
import { Pipeline } from '../../processors/pipeline.ts'
import { ResultsJournal } from '../../processors/results-journal.ts'
import { ProcessorRunner } from '../../processors/runner.ts'
import { systemClock } from '../../src/clock.ts'
import { SETTINGS } from '../../src/config.ts'
import { MAX_RECORD_BODY } from '../../src/log/port.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { FIELDS } from '../../src/model/fields.ts'
import { decodeQuarantine, QUARANTINE } from '../../src/records/results-record.ts'
import { crashFiles } from '../support/crash-files.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { smallRegistry } from '../support/traffic.ts'
import { openLog } from '../support/open-log.ts'

const NOW = Date.UTC(2026, 10, 20)
const settings = { pastDays: 45, futureMinutes: 5, maxReadings: 10_000, limitFactor: 1.2, minimumSteps: 5 }
const names = FIELDS.filter(field => field.element === 0).map(field => field.payload)

/** As many readings as a frame may hold, in the form that writes least: every field a column of one digit. */
function fullFrame(meters: number, fill: unknown): Uint8Array {
  const ids = Array.from({ length: meters }, (_, i) => `X${i}`)
  const columns = names.map(name => [name, new Array<unknown>(meters).fill(fill)] as const)
  return new TextEncoder().encode(JSON.stringify({ time: NOW, meters: ids, ...Object.fromEntries(columns) }))
}

/** One reading whose extra is four times as long as JSON text as it was on the wire. */
function longExtra(frame: number): Uint8Array {
  const words = `[${new Array(200_000).fill('1e20').join(',')}]`
  return new TextEncoder().encode(
    `{"time":${NOW - 60_000 + frame * 1000},"readings":[{"meter":"M0","importKwh":1,"statusWords":${words}}]}`
  )
}

const TABLE: readonly [what: string, payload: (frame: number) => Uint8Array, quarantined: number][] = [
  ['meters that nobody registered', () => fullFrame(10_000, 1), 10_000],
  ['values of the wrong type', () => fullFrame(10_000, 'x'), 10_000],
  ['long extras', longExtra, 0]
]

for (const [what, payload, quarantinedPerFrame] of TABLE) {
  test(`one step of full frames with ${what} fits the results log`, async () => {
    const files = crashFiles()
    const open = (name: string) =>
      openLog(files, name, { clock: systemClock, segmentBytes: 1 << 22, commitBytes: 1 << 20, retryMs: 10 })
    const logs = {
      frames: await open('frames'),
      events: await open('events'),
      results: await open('results')
    }
    const reader = (name: keyof typeof logs): SegmentedReader =>
      new SegmentedReader({ folder: `/${name}`, files, mark: logs[name].mark })
    const intake = new Intake(logs, { frames: 0, events: 0 }, new ManualClock(NOW))
    const head = { terminal: 'T0', generation: 1, topic: 0, qos: 1, flags: 0 }
    // The reader asks for more from read to read: the last steps are full ones.
    const frames = 3 * Math.ceil(SETTINGS['processor.batchBytes'].value / payload(0).length)
    for (let i = 0; i < frames; i++)
      intake.storeFrame({ ...head, payload: payload(i) }, error => assert.ifError(error))
    intake.storeRegistry({ version: 1, hash: 'small' })
    await Promise.all([logs.frames.flush(), logs.events.flush()])

    const journal = new ResultsJournal(logs.results, reader('results'), () => assert.fail('diverged'))
    const loadRegistry = () => smallRegistry(3, 1)
    const runner = new ProcessorRunner({
      readers: { frames: reader('frames'), events: reader('events') },
      pipeline: new Pipeline({ settings, windowReadings: 4, growWindow: false, loadRegistry }),
      journal,
      batchRecords: SETTINGS['processor.batchRecords'].value,
      batchBytes: SETTINGS['processor.batchBytes'].value
    })
    runner.open(undefined)
    while (runner.step()) await journal.flush()

    const results = reader('results')
    let quarantined = 0
    for (let batch = results.read(1, 1); batch.length > 0; batch = results.read(1, 1)) {
      const [{ kind, body }] = batch as [(typeof batch)[number]]
      assert.ok(body.length < MAX_RECORD_BODY)
      if (kind === QUARANTINE) quarantined += decodeQuarantine(body).length
    }
    assert.equal(quarantined, frames * quarantinedPerFrame)
  })
}
