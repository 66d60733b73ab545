import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { logFolder, logSettings, type OpenLogs, openLogs } from '../../commands/site/logs.ts'
import { NOTHING_SEEN, type Seen } from '../../commands/site/seen.ts'
import { Intake } from '../../gateway/intake.ts'
import { Pipeline } from '../../processors/pipeline.ts'
import { systemClock } from '../../src/clock.ts'
import { buildConfig } from '../../src/config.ts'
import { nodeFiles } from '../../src/files.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger } from '../../src/logger.ts'
import type { LogName } from '../../src/records/gateway-record.ts'
import { smallRegistry } from '../support/traffic.ts'

const READINGS = 0
const EVENTS = 2
const logger = createLogger('silent', 'test')
const settings = { pastDays: 45, futureMinutes: 5, maxReadings: 100, limitFactor: 1.2, minimumSteps: 5 }
const newPipeline = (): Pipeline =>
  new Pipeline({
    settings,
    windowReadings: 4,
    growWindow: false,
    loadRegistry: () => smallRegistry(1, 1)
  })

interface Life {
  readonly logs: OpenLogs
  readonly intake: Intake
}

async function open(data: string, seen: Seen): Promise<Life> {
  const config = buildConfig({ data, 'log.segmentBytes': 1 << 16 })
  const logs = await openLogs(config, logSettings(config), systemClock, logger, seen)
  return { logs, intake: new Intake(logs, logs.ordinals, systemClock) }
}

async function publish({ intake, logs }: Life, topic: number, count: number): Promise<void> {
  // Readings as one topic wants them and events as the other does: neither is set aside.
  const payload = new TextEncoder().encode('{"readings":[],"events":[]}')
  const frame = { terminal: 'T0', generation: 1, topic, qos: 1, flags: 0, payload }
  for (let i = 0; i < count; i++) intake.storeFrame(frame, error => assert.equal(error, undefined))
  await logs.frames.flush()
  await logs.events.flush()
}

/** Passes on what stands in a log behind `seq`, at most up to `upTo`. */
function pass(
  data: string,
  { logs }: Life,
  name: LogName,
  pipeline: Pipeline,
  seq: number,
  upTo = Infinity
): void {
  const reader = new SegmentedReader({
    folder: logFolder(data, name),
    files: nodeFiles,
    mark: logs[name].mark
  })
  reader.seek(seq)
  for (const record of reader.read(1000, 1 << 20)) if (record.seq <= upTo) pipeline.take(name, record)
  reader.close()
}

async function stop({ logs }: Life): Promise<void> {
  await logs.events.close()
  await logs.frames.close()
}

function dataFolder(t: TestContext): string {
  const data = mkdtempSync(join(tmpdir(), 'gridvigil-lost-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  return data
}

const lastSegment = (folder: string): string => join(folder, readdirSync(folder).sort().at(-1) ?? '')
const HARMS: [string, (folder: string) => void][] = [
  ['is deleted', folder => rmSync(folder, { recursive: true })],
  ['is cut short', folder => truncateSync(lastSegment(folder), 1000)]
]

/** 20 frames are acknowledged and a tick says so; a consumer has taken 15 of them when the log is damaged. */
for (const [title, harm] of HARMS) {
  test(`the frames log ${title}: new frames get numbers nobody has seen, and what is lost is counted`, async t => {
    const data = dataFolder(t)
    const first = await open(data, NOTHING_SEEN)
    await publish(first, READINGS, 20)
    await publish(first, EVENTS, 3)
    first.intake.storeTick()
    for (let i = 0; i < 300; i++) first.intake.storeGateway({ state: 'intake-held' })
    const pipeline = newPipeline()
    pass(data, first, 'frames', pipeline, 0, 15)
    pass(data, first, 'events', pipeline, 0)
    const eventsSeq = first.logs.events.durableSeq
    await stop(first)
    harm(logFolder(data, 'frames'))

    const second = await open(data, { framesSeq: 15, eventsSeq: 0, eventsOrdinal: 0 })
    assert.equal(second.intake.acknowledged, 23)
    await publish(second, READINGS, 4)
    assert.equal(second.intake.acknowledged, 27)
    pass(data, second, 'frames', pipeline, 15)
    pass(data, second, 'events', pipeline, eventsSeq)
    assert.equal(pipeline.framesConsumed, 27)
    assert.deepEqual(pipeline.audit.total.frames, { decoded: 22, quarantined: 5 })
    await stop(second)
  })
}

/** Nobody but the consumers knows how many publishes a lost events log held. */
test('the events log is deleted: its records and publishes are numbered above what was taken', async t => {
  const data = dataFolder(t)
  const first = await open(data, NOTHING_SEEN)
  for (let i = 0; i < 4; i++) first.intake.storeTick()
  await publish(first, EVENTS, 6)
  const pipeline = newPipeline()
  pass(data, first, 'events', pipeline, 0)
  await stop(first)
  rmSync(logFolder(data, 'events'), { recursive: true })

  const second = await open(data, { framesSeq: 0, eventsSeq: 10, eventsOrdinal: 6 })
  await publish(second, EVENTS, 2)
  assert.equal(second.logs.events.durableSeq, 12)
  assert.equal(second.intake.acknowledged, 8)
  pass(data, second, 'events', pipeline, 10)
  assert.equal(pipeline.framesConsumed, 8)
  assert.deepEqual(pipeline.audit.total.frames, { decoded: 8, quarantined: 0 })
  await stop(second)
})
