import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Intake } from '../../gateway/intake.ts'
import { Pipeline } from '../../processors/pipeline.ts'
import type { Clock } from '../../src/clock.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import type { LogRecord } from '../../src/log/port.ts'
import { QUARANTINE_REASONS } from '../../src/model/quarantine.ts'
import { type LogName, readFrame } from '../../src/records/gateway-record.ts'
import { decodeQuarantine, decodeReadings, QUARANTINE, READINGS } from '../../src/records/results-record.ts'
import { crashFiles } from '../support/crash-files.ts'
import { promptClock } from '../support/manual-clock.ts'
import { smallRegistry } from '../support/traffic.ts'
import { openLog } from '../support/open-log.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 20)
const settings = { pastDays: 45, futureMinutes: 5, maxReadings: 100, limitFactor: 1.2, minimumSteps: 5 }

/** One start with the clock 400 days ahead, then the right time: later readings are judged by when they arrived. */
test('a clock that was ahead once does not make later readings too old', async () => {
  const files = crashFiles()
  let now = NOW + 400 * DAY_MS
  const clock: Clock = { ...promptClock, now: () => now }
  const open = (name: string) => openLog(files, name, { clock })
  const logs = { frames: await open('frames'), events: await open('events') }
  const intake = new Intake(logs, { frames: 0, events: 0 }, clock)
  intake.storeRegistry({ version: 1, hash: 'small' })
  const publish = (text: string): void => {
    const payload = new TextEncoder().encode(text)
    const frame = { terminal: 'T0', generation: 1, topic: 0, qos: 1, flags: 0, payload }
    intake.storeFrame(frame, error => assert.equal(error, undefined))
  }
  const readingOf = (meter: string, time: number): string =>
    JSON.stringify({ readings: [{ meter, time, importKwh: 1 }] })
  const reading = (): string => readingOf('M0', now)
  publish(reading())
  now = NOW
  publish(reading())
  now += 900_000
  publish(reading())
  publish('garbage')
  await logs.frames.flush()
  await logs.events.flush()

  const recordsOf = (name: LogName, after = 0): LogRecord[] => {
    const reader = new SegmentedReader({ folder: `/${name}`, files, mark: logs[name].mark })
    reader.seek(after)
    return reader.read(100, 1e6)
  }
  const frames = recordsOf('frames')
  const ahead = NOW + 400 * DAY_MS
  assert.deepEqual(
    frames.map(({ at }) => at),
    [ahead, ahead, ahead, ahead]
  )
  const arrivals = [ahead, NOW, NOW + 900_000, NOW + 900_000]
  assert.deepEqual(
    frames.map(({ body }) => readFrame(body).arrivedAt),
    arrivals
  )

  const pipeline = new Pipeline({
    settings,
    windowReadings: 4,
    growWindow: false,
    loadRegistry: () => smallRegistry(2, 1)
  })
  for (const record of recordsOf('events')) pipeline.take('events', record)
  for (const record of frames) pipeline.take('frames', record)
  const results = pipeline.drain()
  const readings = decodeReadings(results.find(({ kind }) => kind === READINGS)?.body ?? new Uint8Array())
  assert.deepEqual([...readings.at.subarray(0, readings.rows)], arrivals.slice(0, 3))
  const quarantined = results
    .filter(({ kind }) => kind === QUARANTINE)
    .flatMap(({ body }) => decodeQuarantine(body))
  assert.deepEqual(
    quarantined.map(({ reason, at }) => [QUARANTINE_REASONS[reason]?.code, at]),
    [['NOT_JSON', NOW + 900_000]]
  )

  // A reading that the store is asked about first is stored by when the answer came.
  const frameSeq = logs.frames.durableSeq
  const eventSeq = logs.events.durableSeq
  for (let i = 6; i > 0; i--) publish(readingOf('M1', now - i * 60_000))
  publish(readingOf('M1', now - 600_000))
  await logs.frames.flush()
  for (const record of recordsOf('frames', frameSeq)) pipeline.take('frames', record)
  const [request] = pipeline.out.requests
  assert.equal(request?.time, now - 600_000)
  pipeline.drain()
  now += 5000
  const { id, ...asked } = request
  intake.storeHistory({ answers: [{ id, answer: { ...asked, version: 0, extras: '' } }] })
  await logs.events.flush()
  for (const record of recordsOf('events', eventSeq)) pipeline.take('events', record)
  const late = pipeline.out.readings.columns()
  assert.deepEqual([late.rows, late.time[0], late.at[0]], [1, request.time, now])
})
