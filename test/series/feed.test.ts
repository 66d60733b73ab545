import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GridvigilError } from '../../src/errors.ts'
import { nodeFiles } from '../../src/files.ts'
import { SharedMark } from '../../src/log/durable-mark.ts'
import { SegmentedLog } from '../../src/log/segmented-log.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import {
  encodeIntervals,
  encodeJson,
  encodeQuarantine,
  encodeReadings,
  HISTORY_REQUESTS,
  type HeldRequest,
  INTERVALS,
  OUTAGES,
  QUARANTINE,
  READINGS,
  STEP_BEGIN,
  STEP_END,
  type StepEnd
} from '../../src/records/results-record.ts'
import { type FeedOptions, type HistoryOptions, SeriesFeed } from '../../src/series/feed.ts'
import type { HistoryAnswer, SeriesBatch } from '../../src/series/port.ts'
import { ManualClock, promptClock } from '../support/manual-clock.ts'
import { MemorySeries } from '../support/memory-series.ts'
import { audit, intervalColumns, quarantineEntry, readingColumns } from '../support/series-blocks.ts'

const T0 = Date.UTC(2026, 10, 20)
const EMPTY = new Uint8Array()

/** A store whose next calls fail while it is told so: what a full disk looks like from here. */
class FailingSeries extends MemorySeries {
  failures = 0
  readonly committed: number[] = []
  /** Data times that lie in a part that cannot be read. */
  readonly unreadable = new Set<number>()
  rebuilds = false

  override async commit(batch: SeriesBatch): Promise<void> {
    if (this.failures-- > 0) throw new GridvigilError('SERIES_COMMIT_FAILED', 'told to')
    this.failures = 0
    this.committed.push(batch.position.resultsSeq)
    await super.commit(batch)
  }

  override async history(requests: readonly HeldRequest[]): Promise<HistoryAnswer[]> {
    const answers = await super.history(requests)
    return answers.map(answer => (this.unreadable.has(answer.time) ? undefined! : answer))
  }

  override rebuildFrom(): number | undefined {
    return this.rebuilds ? 0 : undefined
  }
}

interface Bench {
  readonly store: FailingSeries
  readonly clock: ManualClock
  readonly logged: string[]
  /** `kind count seq` of each call back. */
  readonly calls: string[]
  append(...records: readonly (readonly [kind: number, body: Uint8Array])[]): Promise<void>
  feed(options?: Partial<FeedOptions & HistoryOptions>, mark?: SharedMark): SeriesFeed
}

/** A real results log in a folder of its own. */
async function withBench(body: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-feed-'))
  const log = new SegmentedLog({
    folder,
    name: 'results',
    files: nodeFiles,
    clock: promptClock,
    segmentBytes: 1 << 20,
    commitDelayMs: 0,
    commitBytes: 1,
    retryMs: 1,
    retentionMs: 1e12,
    retentionBytes: 1e12
  })
  await log.open()
  const readers: SegmentedReader[] = []
  const store = new FailingSeries()
  const clock = new ManualClock()
  const logged: string[] = []
  const calls: string[] = []
  const note = (fields: unknown): void => {
    const { code, retryMs } = fields as { code: string; retryMs?: number }
    logged.push(`${code} ${retryMs ?? ''}`.trim())
  }
  const noteAnswers: HistoryOptions['onAnswers'] = (requests, answers, seq) => {
    assert.deepEqual(
      answers.map(answer => answer.time),
      requests.map(request => request.time)
    )
    calls.push(`history ${requests.map(request => request.id)} ${seq}`)
  }
  const feed = (given: Partial<FeedOptions & HistoryOptions> = {}, mark = log.mark): SeriesFeed => {
    const { replayFrom = Number.MAX_SAFE_INTEGER, onAnswers = noteAnswers, ...options } = given
    const reader = new SegmentedReader({ folder, files: nodeFiles, mark })
    readers.push(reader)
    const made = new SeriesFeed({
      reader,
      mark,
      store,
      clock,
      logger: { info: note, warn: note, error: note } as unknown as FeedOptions['logger'],
      flushRows: 100,
      flushMs: 1000,
      onCommit: (position, rows) => void calls.push(`commit ${rows} ${position.resultsSeq}`),
      history: { replayFrom, onAnswers },
      ...options
    })
    made.start()
    return made
  }
  const append: Bench['append'] = async (...records) => {
    for (const [kind, bytes] of records) log.append(kind, T0, bytes, EMPTY, () => {})
    await log.flush()
  }
  try {
    await body({ store, clock, logged, calls, append, feed })
  } finally {
    for (const reader of readers) reader.close()
    await log.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

let rowTime = T0
const begin = [STEP_BEGIN, encodeJson({ frames: [1, 1] })] as const
const readings = (count: number): readonly [number, Uint8Array] => {
  const rows = Array.from({ length: count }, () => ({ meter: 1, time: ++rowTime, values: { importKwh: 1 } }))
  return [READINGS, encodeReadings(readingColumns(rows))]
}
const interval = (revision: number): readonly [number, Uint8Array] => {
  const rows = [{ meter: 1, start: T0 + revision - 1, end: T0 + revision, revision }]
  return [INTERVALS, encodeIntervals(intervalColumns(rows))]
}
const quarantine = [QUARANTINE, encodeQuarantine([quarantineEntry(1, -1, EMPTY)])] as const
const ask = (...ids: number[]): readonly [number, Uint8Array] => {
  const requests: HeldRequest[] = ids.map(id => ({ id, meter: 1, time: T0 + id, kind: 1 }))
  return [HISTORY_REQUESTS, encodeJson(requests)]
}
const end = (decoded: number, terminal = 'A'): readonly [number, Uint8Array] => {
  const terminals = { [terminal]: audit(decoded) }
  const step: StepEnd = {
    framesSeq: decoded,
    eventsSeq: 0,
    framesConsumed: decoded,
    ordinals: { frames: decoded, events: 0 },
    audit: audit(decoded),
    terminals
  }
  return [STEP_END, encodeJson(step)]
}

/** Turns until there is nothing to do. */
async function drain(feed: SeriesFeed): Promise<void> {
  for (let turn = 0; await feed.pump(); turn++) assert.ok(turn < 1000, 'the feed never rests')
}

test('whole steps are committed after flushMs, an open one waits for its end', async () => {
  await withBench(async ({ store, clock, calls, append, feed }) => {
    const running = feed()
    assert.equal(await running.pump(), false)
    await append(begin, readings(3), interval(1), quarantine, end(3), begin, readings(2))
    await drain(running)
    assert.deepEqual(calls, [])
    clock.advance(999)
    await drain(running)
    assert.deepEqual(calls, [])
    clock.advance(1)
    await drain(running)
    assert.deepEqual(calls, ['commit 4 5'])
    assert.deepEqual(await store.countReadings(), { first: 3, corrections: 0 })
    assert.equal((await store.quarantine({ limit: 9 })).length, 1)
    clock.advance(5000)
    await drain(running)
    assert.deepEqual(calls, ['commit 4 5'])
    await append(end(5, 'B'))
    await drain(running)
    clock.advance(1000)
    await drain(running)
    assert.deepEqual(calls, ['commit 4 5', 'commit 2 8'])
    assert.deepEqual(store.position().framesSeq, 5)
    assert.deepEqual([...(await store.terminals()).keys()], ['A', 'B'])
  })
})

test('flushRows commits at once, flush commits what is whole', async () => {
  await withBench(async ({ calls, append, feed }) => {
    const running = feed()
    await append(begin, readings(60), end(1), begin, readings(40), end(2), begin, readings(5), end(3))
    await drain(running)
    assert.deepEqual(calls, ['commit 105 9'], 'records of one read are not parted')
    await append(begin, readings(7), end(4), begin, readings(1))
    await drain(running)
    await running.flush()
    await running.flush()
    assert.deepEqual(calls, ['commit 105 9', 'commit 7 12'])
  })
})

test('a step that begins anew without an end was given up', async () => {
  await withBench(async ({ store, calls, append, feed }) => {
    const running = feed()
    await append(begin, readings(3), begin, readings(3), end(3))
    await drain(running)
    await running.flush()
    assert.deepEqual(calls, ['commit 3 5'])
    assert.deepEqual(await store.countReadings(), { first: 3, corrections: 0 })
  })
})

test('a commit that fails is made again from the log after 1 s, 2 s, ... 30 s', async () => {
  await withBench(async ({ store, clock, logged, calls, append, feed }) => {
    const running = feed()
    await append(begin, readings(100), end(1))
    await drain(running)
    store.failures = 7
    await append(begin, readings(100), ask(1), end(2))
    await drain(running)
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      clock.advance(seconds * 1000 - 1)
      await drain(running)
      clock.advance(1)
      assert.equal(await running.pump(), true, `after ${seconds} s`)
      await drain(running)
    }
    assert.deepEqual(
      logged,
      [1000, 2000, 4000, 8000, 16000, 30000, 30000].map(ms => `SERIES_COMMIT_FAILED ${ms}`)
    )
    assert.deepEqual(calls, ['commit 100 3', 'commit 100 7', 'history 1 6'])
    assert.deepEqual(await store.countReadings(), { first: 200, corrections: 0 })
    store.failures = 1
    await append(begin, readings(100), end(3))
    await drain(running)
    assert.equal(logged.at(-1), 'SERIES_COMMIT_FAILED 1000', 'the wait starts over')
  })
})

test('what says nothing about series is passed over: outages, and kinds of a later version', async () => {
  await withBench(async ({ calls, append, feed }) => {
    const running = feed()
    const later = [200, encodeJson({ alarms: [] })] as const
    await append(begin, readings(2), [OUTAGES, encodeJson({ incidents: [] })], later, end(1))
    await drain(running)
    await running.flush()
    assert.deepEqual(calls, ['commit 2 5'])
  })
})

test('requests are answered once their step is stored, in order', async () => {
  await withBench(async ({ clock, calls, append, feed }) => {
    const running = feed()
    await append(begin, readings(2), ask(1, 2), end(1), begin, ask(3), end(2), begin, ask(4))
    await drain(running)
    assert.deepEqual(calls, [])
    clock.advance(1000)
    await drain(running)
    assert.deepEqual(calls, ['commit 2 7', 'history 1,2 3', 'history 3 6'])
  })
})

test('after a restart the requests since the checkpoint are asked again, then reading goes on', async () => {
  const steps = [
    begin,
    ask(1),
    end(1),
    begin,
    readings(1),
    ask(2),
    end(2),
    begin,
    readings(2),
    ask(3),
    end(3)
  ]
  const table: [replayFrom: number, calls: string[]][] = [
    [0, ['history 1 2', 'history 2 6', 'history 3 10', 'commit 4 15', 'history 4 14']],
    [2, ['history 2 6', 'history 3 10', 'commit 4 15', 'history 4 14']],
    [6, ['history 3 10', 'commit 4 15', 'history 4 14']],
    [11, ['commit 4 15', 'history 4 14']],
    [Number.MAX_SAFE_INTEGER, ['commit 4 15', 'history 4 14']]
  ]
  for (const [replayFrom, expected] of table) {
    await withBench(async ({ store, clock, calls, append, feed }) => {
      await append(...steps)
      const first = feed()
      await drain(first)
      await first.flush()
      assert.equal(store.position().resultsSeq, 11)
      calls.length = 0
      const second = feed({ replayFrom })
      await append(begin, readings(4), ask(4), end(4))
      await drain(second)
      clock.advance(1000)
      await drain(second)
      assert.deepEqual(calls, expected)
    })
  }
})

test('history that fails is asked again and holds nothing back', async () => {
  await withBench(async ({ clock, logged, calls, append, feed }) => {
    let failures = 2
    const running = feed({
      onAnswers: requests => {
        if (failures-- > 0) throw new Error('told to')
        calls.push(`history ${requests.map(request => request.id)}`)
      }
    })
    await append(begin, readings(100), ask(1), end(1))
    await drain(running)
    assert.deepEqual(calls, ['commit 100 4'])
    await append(begin, readings(100), ask(2), end(2))
    await drain(running)
    assert.deepEqual(calls, ['commit 100 4', 'commit 100 8'])
    clock.advance(1000)
    await drain(running)
    clock.advance(2000)
    await drain(running)
    assert.deepEqual(calls, ['commit 100 4', 'commit 100 8', 'history 1', 'history 2'])
    assert.equal(logged.length, 2)
  })
})

test('the requests since the checkpoint are asked again, however late the log is opened', async () => {
  await withBench(async ({ store, calls, append, feed }) => {
    await append(begin, ask(1), end(1), begin, ask(2), end(2))
    const first = feed()
    await drain(first)
    await first.flush()
    assert.equal(store.position().resultsSeq, 6)
    calls.length = 0
    const mark = new SharedMark()
    const second = feed({ replayFrom: 0 }, mark)
    for (let turn = 0; turn < 5; turn++) assert.equal(await second.pump(), false)
    mark.rolled()
    mark.set(6)
    await drain(second)
    assert.deepEqual(calls, ['history 1 2', 'history 2 5'])
  })
})

test('a log that ends before the store is not waited for, and said', async () => {
  await withBench(async ({ store, clock, logged, calls, append, feed }) => {
    await append(begin, ask(1), end(1))
    await store.commit({
      position: { ...store.position(), resultsSeq: 5 },
      readings: [],
      intervals: [],
      quarantine: [],
      marks: [],
      terminals: new Map()
    })
    const running = feed({ replayFrom: 0 })
    await drain(running)
    assert.deepEqual(calls, ['history 1 2'])
    assert.deepEqual(logged, ['LOG_DAMAGED'])
    await append(begin, end(2), begin, readings(1), ask(2), end(3))
    await drain(running)
    clock.advance(1000)
    await drain(running)
    assert.deepEqual(calls, ['history 1 2', 'commit 1 9', 'history 2 8'])
  })
})

test('a backlog of requests does not keep what is new from being stored', async () => {
  await withBench(async ({ clock, calls, append, feed }) => {
    const running = feed()
    await append(begin, ask(1), ask(2), ask(3), end(1))
    await drain(running)
    await running.flush()
    await append(begin, readings(100), end(2))
    clock.advance(1000)
    await running.pump()
    assert.deepEqual(calls.slice(1), ['history 1 2', 'commit 100 8'])
    await drain(running)
    assert.deepEqual(calls.slice(3), ['history 2 3', 'history 3 4'])
  })
})

test('what lies in a day that cannot be read is asked again every 30 s and keeps nobody waiting', async () => {
  await withBench(async ({ store, clock, logged, calls, append, feed }) => {
    store.unreadable.add(T0 + 2)
    await append(begin, ask(1, 2), ask(2), ask(3), end(1))
    const first = feed()
    await drain(first)
    await first.flush()
    await drain(first)
    assert.deepEqual(calls.splice(0), ['commit 0 5', 'history 1 2', 'history 3 4'])
    const running = feed({ replayFrom: 0 })
    await append(begin, readings(100), ask(4), end(2))
    await drain(running)
    assert.deepEqual(calls.splice(0), ['history 1 2', 'commit 100 9', 'history 3 4', 'history 4 8'])
    clock.advance(29_999)
    await drain(running)
    assert.deepEqual(calls, [])
    clock.advance(1)
    await drain(running)
    assert.deepEqual(calls, [], 'not yet')
    store.unreadable.clear()
    clock.advance(30_000)
    await drain(running)
    assert.deepEqual(calls, ['history 2 2', 'history 2 3'])
    assert.deepEqual(logged, [])
  })
})

test('for a part that is made anew the log is read again, its requests are not', async () => {
  await withBench(async ({ store, clock, calls, append, feed }) => {
    await append(begin, readings(100), ask(1), end(1), begin, readings(100), ask(2), end(2))
    const first = feed()
    await drain(first)
    assert.deepEqual(calls.splice(0), ['commit 200 8', 'history 1 3', 'history 2 7'])
    store.rebuilds = true
    store.committed.length = 0
    const running = feed({ replayFrom: 4 })
    await drain(running)
    clock.advance(1000)
    await drain(running)
    assert.deepEqual(store.committed, [8], 'offered again')
    assert.deepEqual(calls, ['history 2 7', 'commit 200 8'])
    assert.equal(store.position().resultsSeq, 8)
  })
})
