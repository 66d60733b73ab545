import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline } from '../../../processors/pipeline.ts'
import { ResultsJournal } from '../../../processors/results-journal.ts'
import { ProcessorRunner } from '../../../processors/runner.ts'
import { SegmentedReader } from '../../../src/log/segmented-reader.ts'
import { noPingLines, type PingLines } from '../../../src/model/pings.ts'
import { crashFiles } from '../../support/crash-files.ts'
import { SETTINGS } from '../../support/meter-line.ts'
import { openLog } from '../../support/open-log.ts'
import { MINUTE, SECOND, T0 } from '../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../support/outage-registry.ts'
import { quietTown } from './busy-town.ts'

const registry = drawRegistry(TOWN)

test('a step that was recorded asks nobody again, and tells once more what was answered', async () => {
  const files = crashFiles()
  const logs = {
    frames: await openLog(files, 'frames'),
    events: await openLog(files, 'events'),
    results: await openLog(files, 'results')
  }
  const tape = quietTown()
    .until(T0 + 20 * MINUTE)
    .gasp('KC', ['c3', 'e1'])
    .pass(21 * SECOND)
    .ask('P1', 'KC', ['c0', 'e0'])
  tape.reply('P1', 'KC', ['c0'], ['e0']).pass(3 * MINUTE)
  for (const { log, record } of tape.inputs)
    logs[log].append(record.kind, record.at, record.body, new Uint8Array(), () => {})
  await Promise.all([logs.frames.flush(), logs.events.flush()])
  /** All that there is, in a life that begins without a checkpoint. */
  const live = async (): Promise<PingLines> => {
    const reader = (name: keyof typeof logs): SegmentedReader =>
      new SegmentedReader({ folder: `/${name}`, files, mark: logs[name].mark })
    const pipeline = new Pipeline({
      ...{ settings: SETTINGS, windowReadings: 4, growWindow: false },
      loadRegistry: () => registry
    })
    const journal = new ResultsJournal(logs.results, reader('results'), seq =>
      assert.fail(`diverged at ${seq}`)
    )
    const readers = { frames: reader('frames'), events: reader('events') }
    const runner = new ProcessorRunner({ readers, pipeline, journal, batchRecords: 50, batchBytes: 1e6 })
    runner.open(undefined)
    const told = noPingLines()
    while (runner.step()) {
      const { answers, wishes } = runner.takePings()
      told.answers.push(...answers)
      told.wishes.push(...wishes)
    }
    await journal.flush()
    return told
  }
  const first = await live()
  const states = first.answers.map(({ id, meter, state, reason }) => [id, meter, state, reason])
  assert.deepEqual(states, [
    ['P1', 'c0', 'answered', ''],
    ['P1', 'e0', 'failed', 'no-answer']
  ])
  assert.ok(first.wishes.length > 0, 'somebody is asked')
  assert.deepEqual(await live(), { answers: first.answers, wishes: [] })
})
