import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isError } from '../../src/errors.ts'
import { nodeFiles } from '../../src/files.ts'
import { SharedMark } from '../../src/log/durable-mark.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import {
  encodeJson,
  encodeQuarantine,
  encodeReadings,
  OUTAGES,
  QUARANTINE,
  READINGS,
  STEP_BEGIN,
  STEP_END,
  SUPPLY,
  type StepEnd
} from '../../src/records/results-record.ts'
import type { LiveBatch } from '../../src/stream/port.ts'
import { ResultsLive } from '../../src/stream/results-live.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { openLog } from '../support/open-log.ts'
import { finding } from '../support/outage-lines.ts'
import { supplyLine } from '../support/supply-lines.ts'
import { audit, quarantineEntry, readingColumns } from '../support/series-blocks.ts'

const T0 = Date.UTC(2026, 10, 20)
const EMPTY = new Uint8Array()

const endOf = (frames: number): StepEnd => ({
  ...{ framesSeq: frames, eventsSeq: 0, framesConsumed: frames },
  ...{ ordinals: { frames, events: 0 }, audit: audit(frames), terminals: {} }
})

async function openBench(t: TestContext, maxListeners = 10) {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-live-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const mark = new SharedMark(new SharedArrayBuffer(4))
  const log = await openLog(nodeFiles, 'results', { folder, mark, retentionMs: 0, retentionBytes: 0 })
  t.after(() => log.close())
  const clock = new ManualClock()
  const live = new ResultsLive({
    createReader: () => new SegmentedReader({ folder, files: nodeFiles, mark }),
    newest: () => mark.get(),
    growth: () => mark.get(),
    wait: async (_seen, ms) => clock.advance(ms),
    clock,
    maxListeners
  })
  const append = async (kind: number, body: Uint8Array): Promise<void> => {
    log.append(kind, T0, EMPTY, body, () => {})
    await log.flush()
  }
  /** One step with a reading of each meter, at minute `minute`. @returns seq of its end */
  const step = async (minute: number, meters: readonly number[], isWhole = true): Promise<number> => {
    await append(STEP_BEGIN, encodeJson({}))
    const rows = meters.map(meter => ({ meter, time: T0 + minute * 60_000, values: { importKwh: minute } }))
    await append(READINGS, encodeReadings(readingColumns(rows)))
    await append(QUARANTINE, encodeQuarantine([quarantineEntry(minute, -1, EMPTY)]))
    await append(OUTAGES, encodeJson({ findings: [finding({ id: `F${minute}` })] }))
    await append(SUPPLY, encodeJson(['K1', 'K2'].map(keyCustomer => supplyAt(minute, keyCustomer))))
    if (isWhole) await append(STEP_END, encodeJson(endOf(minute)))
    return log.durableSeq
  }
  return { log, live, step, append }
}

const supplyAt = (minute: number, keyCustomer: string) =>
  supplyLine({ at: T0 + minute * 60_000, state: 'normal', keyCustomer })

const minutesOf = (batch: LiveBatch | undefined): string[] =>
  (batch?.readings ?? []).map(({ meter, time }) => `${meter}@${(time - T0) / 60_000}`)

const WISH = { meters: [7, 8], quarantine: true, outages: true, supply: null }

test('a listener is told of its meters, step by step, and nothing of others', async t => {
  const { live, step } = await openBench(t)
  const before = await step(1, [7])
  const listener = await live.open(WISH, before)
  assert.equal(await live.next(listener, 100), undefined, 'nothing since')
  const end = await step(2, [7, 9, 8])
  const batch = await live.next(listener, 100)
  assert.deepEqual(minutesOf(batch), ['7@2', '8@2'])
  assert.deepEqual([batch?.seq, batch?.hasGap, batch?.position.framesConsumed], [end, false, 2])
  assert.deepEqual(
    batch?.quarantine.map(({ seq }) => seq),
    [2]
  )
  assert.deepEqual(batch?.outages, [{ findings: [finding({ id: 'F2' })] }])
  assert.ok(!('bytes' in (batch?.quarantine[0] ?? {})), 'payloads stay where they are')
  assert.equal(await live.next(listener, 100), undefined)
})

test('a step counts from its end on', async t => {
  const { live, step, append } = await openBench(t)
  const listener = await live.open(WISH, 0)
  await step(1, [7], false)
  assert.equal(await live.next(listener, 100), undefined)
  await append(STEP_END, encodeJson(endOf(1)))
  assert.deepEqual(minutesOf(await live.next(listener, 100)), ['7@1'])
  await step(2, [7], false)
  await step(3, [7])
  const third = await live.next(listener, 100)
  assert.deepEqual(minutesOf(third), ['7@3'], 'one begun anew counts once')
  assert.deepEqual(third?.outages, [{ findings: [finding({ id: 'F3' })] }])
})

test('whoever comes again with its cursor is told everything since, once', async t => {
  const { live, step } = await openBench(t)
  const first = await live.open(WISH, 0)
  await step(1, [7])
  const told = await live.next(first, 100)
  await live.close(first)
  assert.equal(await live.next(first, 100), undefined)
  for (let minute = 2; minute < 40; minute++) await step(minute, [7])
  const second = await live.open(WISH, told?.seq ?? -1)
  const all: string[] = []
  for (;;) {
    const batch = await live.next(second, 100)
    if (batch === undefined) break
    assert.equal(batch.hasGap, false)
    all.push(...minutesOf(batch))
  }
  assert.deepEqual(
    all,
    Array.from({ length: 38 }, (_, i) => `7@${i + 2}`)
  )
})

test('what is not kept any more is said to be missing', async t => {
  const { live, log, step } = await openBench(t)
  let end = 0
  for (let minute = 1; minute < 400; minute++) end = await step(minute, [7])
  await log.trim(end)
  const late = await live.open(WISH, 1)
  const batch = await live.next(late, 100)
  assert.equal(batch?.hasGap, true)
  assert.ok(minutesOf(batch).length > 0)
  const ahead = await live.open(WISH, end + 1_000_000)
  await step(400, [7])
  const next = await live.next(ahead, 100)
  assert.deepEqual([minutesOf(next), next?.hasGap], [['7@400'], true], 'a cursor of another folder')
})

test('there are only so many listeners', async t => {
  const { live } = await openBench(t, 2)
  const first = await live.open(WISH, 0)
  await live.open(WISH, 0)
  await assert.rejects(live.open(WISH, 0), error => isError(error, 'API_BUSY'))
  await live.close(first)
  await live.open(WISH, 0)
})

test('who may not know of outages is not told of them', async t => {
  const { live, step } = await openBench(t)
  const listener = await live.open({ ...WISH, outages: false }, 0)
  await step(1, [7])
  const batch = await live.next(listener, 100)
  assert.deepEqual([minutesOf(batch), batch?.outages], [['7@1'], []])
})

test('who may know of one key customer only is told of its supply alone', async t => {
  const { live, step } = await openBench(t)
  const all = await live.open(WISH, 0)
  const own = await live.open({ ...WISH, outages: false, supply: 'K2' }, 0)
  await step(1, [])
  assert.deepEqual((await live.next(all, 100))?.supply, [supplyAt(1, 'K1'), supplyAt(1, 'K2')])
  assert.deepEqual((await live.next(own, 100))?.supply, [supplyAt(1, 'K2')])
})
