import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Intake } from '../../gateway/intake.ts'
import { Pipeline } from '../../processors/pipeline.ts'
import { ResultsJournal } from '../../processors/results-journal.ts'
import { ProcessorRunner } from '../../processors/runner.ts'
import { nodeFiles } from '../../src/files.ts'
import type { SegmentedLog } from '../../src/log/segmented-log.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger } from '../../src/logger.ts'
import type { LogName } from '../../src/records/gateway-record.ts'
import { SeriesFeed } from '../../src/series/feed.ts'
import { flipRecord } from './flip-record.ts'
import { ManualClock, promptClock } from './manual-clock.ts'
import { MemorySeries } from './memory-series.ts'
import { SETTINGS } from './meter-line.ts'
import { openLog } from './open-log.ts'
import { smallRegistry } from './traffic.ts'

export const NOW = Date.UTC(2026, 10, 20)
const NAMES = ['frames', 'events', 'results'] as const
const MINUTE = 60_000

/** Gateway, processor and store over real files that a test may damage between two lives. */
export class DamagedSite {
  readonly store = new MemorySeries()
  readonly clock = new ManualClock(NOW)
  readonly folder: string
  private logs!: Record<(typeof NAMES)[number], SegmentedLog>
  #readers: SegmentedReader[] = []
  intake!: Intake
  runner!: ProcessorRunner
  pipeline!: Pipeline
  private journal!: ResultsJournal
  private feed!: SeriesFeed
  #sent = 0

  constructor(folder: string) {
    this.folder = folder
  }

  async start(): Promise<void> {
    const logs = await Promise.all(NAMES.map(async name => [name, await this.#openLog(name)] as const))
    this.logs = Object.fromEntries(logs) as typeof this.logs
    const ordinals = { frames: this.#sent, events: 0 }
    this.intake = new Intake(this.logs, ordinals, this.clock)
    if (this.#sent === 0) this.intake.storeRegistry({ version: 1, hash: 'small' })
    this.journal = new ResultsJournal(this.logs.results, this.#reader('results'), () => {})
    this.pipeline = new Pipeline({
      settings: SETTINGS,
      windowReadings: 8,
      growWindow: false,
      loadRegistry: () => smallRegistry(3, 1)
    })
    this.runner = new ProcessorRunner({
      readers: { frames: this.#reader('frames'), events: this.#reader('events') },
      pipeline: this.pipeline,
      journal: this.journal,
      batchRecords: 3,
      batchBytes: 1e6
    })
    this.runner.open(undefined)
    this.feed = new SeriesFeed({
      reader: this.#reader('results'),
      mark: this.logs.results.mark,
      store: this.store,
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
    this.feed.start()
  }

  /** One reading of each of three meters a frame. */
  async publish(frames: number): Promise<void> {
    for (let i = 0; i < frames; i++) {
      const time = this.clock.now()
      const readings = ['M0', 'M1', 'M2'].map(meter => ({ meter, time, importKwh: this.#sent / 100 }))
      const payload = Buffer.from(JSON.stringify({ readings }))
      const head = { terminal: 'T0', generation: 1, topic: 0, qos: 1, flags: 0 }
      this.intake.storeFrame({ ...head, payload }, error => assert.equal(error, undefined))
      this.#sent++
      this.clock.advance(MINUTE)
      if (i % 2 === 1) await this.#flushInputs()
    }
    await this.#flushInputs()
  }

  /** Steps until nothing is left. @param steps at most so many */
  async process(steps = 1000): Promise<void> {
    for (let step = 0; step < steps && this.runner.step(); step++) {
      assert.ok(step < 999, 'it goes on for ever')
      await this.journal.flush()
    }
  }

  async storeAll(): Promise<void> {
    for (let idle = 0; idle < 3; ) idle = (await this.feed.pump()) ? 0 : idle + 1
    await this.feed.flush()
  }

  /** Ends this life as a kill would: nothing is written any more. */
  async kill(): Promise<void> {
    for (const reader of this.#readers) reader.close()
    this.#readers = []
    for (const name of NAMES) await this.logs[name].close()
  }

  /** Flips a bit in the body of a record. */
  damage(name: LogName | 'results', seq: number): void {
    flipRecord(join(this.folder, name), seq)
  }

  lastSeq(name: LogName | 'results'): number {
    return this.logs[name].durableSeq
  }

  async #flushInputs(): Promise<void> {
    await Promise.all([this.logs.frames.flush(), this.logs.events.flush()])
  }

  #openLog(name: string): Promise<SegmentedLog> {
    const folder = join(this.folder, name)
    return openLog(nodeFiles, name, { folder, segmentBytes: 1 << 20, commitBytes: 1, retryMs: 1 })
  }

  #reader(name: (typeof NAMES)[number]): SegmentedReader {
    const folder = join(this.folder, name)
    const reader = new SegmentedReader({ folder, files: nodeFiles, mark: this.logs[name].mark })
    this.#readers.push(reader)
    return reader
  }
}
