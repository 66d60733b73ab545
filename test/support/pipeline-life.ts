import assert from 'node:assert/strict'
import { Intake } from '../../gateway/intake.ts'
import { leanAnswer } from '../../commands/site/history-records.ts'
import { replayRecords } from '../../commands/site/replay-records.ts'
import { Checkpoints } from '../../processors/checkpoint.ts'
import type { Pipeline } from '../../processors/pipeline.ts'
import { ResultsJournal } from '../../processors/results-journal.ts'
import { resume } from '../../processors/resume.ts'
import { ProcessorRunner } from '../../processors/runner.ts'
import type { SegmentedLog } from '../../src/log/segmented-log.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import type { LogRecord } from '../../src/log/port.ts'
import { createLogger } from '../../src/logger.ts'
import type { Random } from '../../src/random.ts'
import {
  type LogName,
  type ReplayRecord,
  readOrdinal,
  type SettingsRecord
} from '../../src/records/gateway-record.ts'
import { SeriesFeed } from '../../src/series/feed.ts'
import type { SeriesStore } from '../../src/series/port.ts'
import type { CrashFiles } from './crash-files.ts'
import { type ManualClock, promptClock } from './manual-clock.ts'
import type { TrafficFrame } from './traffic.ts'
import { openLog } from './open-log.ts'

export interface LifeOptions {
  readonly files: CrashFiles
  readonly store: SeriesStore
  readonly clock: ManualClock
  readonly random: Random
  readonly settings: SettingsRecord
  readonly newPipeline: () => Pipeline
  /** Hash of the registry that a life begins with. */
  readonly registry?: string
  /** How likely a turn asks for a replay of what is in quarantine. */
  readonly replays?: number
  /** How likely a checkpoint is written after a step. */
  readonly checkpoints?: number
  /** Told of records lost on the disk; without it they fail the test. */
  readonly onDamage?: (from: number, to: number) => void
}

type Logs = Record<LogName | 'results', SegmentedLog>

const silent = createLogger('silent', 'test')

/** One life of intake, processor and feed over a file layer that forgets: from recovery to the next power cut. */
export class PipelineLife {
  readonly #options: LifeOptions
  readonly #logs: Logs
  readonly #intake: Intake
  readonly #runner: ProcessorRunner
  readonly #journal: ResultsJournal
  readonly #checkpoints: Checkpoints
  readonly #feed: SeriesFeed
  readonly #lateReplays: ReplayRecord[] = []
  /** The feed's turn under way. */
  #pumped: Promise<boolean> = Promise.resolve(false)

  private constructor(
    options: LifeOptions,
    logs: Logs,
    files: ReturnType<CrashFiles['boot']>,
    seenSeq: number
  ) {
    const { clock, random, settings, store, newPipeline, registry = 'small' } = options
    const { onDamage } = options
    const reader = (name: keyof Logs): SegmentedReader => readerOf(logs, name, files, onDamage)
    this.#options = options
    this.#logs = logs
    const ordinals = { frames: lastOrdinal(reader('frames')), events: lastOrdinal(reader('events')) }
    this.#intake = new Intake(logs, ordinals, clock)
    this.#intake.storeSettings(settings)
    this.#intake.storeRegistry({ version: 1, hash: registry })
    this.#journal = new ResultsJournal(logs.results, reader('results'), seq =>
      assert.fail(`diverged at ${seq}`)
    )
    this.#runner = new ProcessorRunner({
      readers: { frames: reader('frames'), events: reader('events') },
      pipeline: newPipeline(),
      journal: this.#journal,
      batchRecords: 3 + random.integer(20),
      batchBytes: 1e6
    })
    this.#checkpoints = new Checkpoints(files, '/checkpoints')
    const { checkpoint } = resume({
      runner: this.#runner,
      checkpoints: this.#checkpoints,
      stored: store.position(),
      seenSeq,
      recoveredSeq: logs.results.recoveredSeq,
      onDamaged: path => assert.fail(`${path} is damaged`)
    })
    this.#feed = new SeriesFeed({
      reader: reader('results'),
      mark: logs.results.mark,
      store,
      clock: promptClock,
      logger: silent,
      flushRows: 40,
      flushMs: 0,
      onCommit: () => {},
      history: {
        replayFrom: checkpoint?.historyFrom ?? 0,
        onAnswers: (requests, answers) =>
          this.#intake.storeHistory({
            answers: requests.map(({ id }, i) => ({ id, answer: leanAnswer(answers[i]!) }))
          })
      }
    })
    this.#feed.start()
  }

  static async begin(options: LifeOptions): Promise<PipelineLife> {
    options.files.onOperation = () => {}
    const files = options.files.boot()
    const open = (name: string, floor = 0) => openLog(files, name, {}, floor)
    const checkpoint = new Checkpoints(files, '/checkpoints').load(path => assert.fail(`${path} is damaged`))
    const seenSeq = Math.max(checkpoint?.resultsSeq ?? 0, options.store.position().resultsSeq)
    const logs = {
      frames: await open('frames'),
      events: await open('events'),
      results: await open('results', seenSeq)
    }
    return new PipelineLife(options, logs, files, seenSeq)
  }

  /** Publishes and processes until power goes at a random file operation; returns what was not acknowledged. */
  async publishUntilCut(frames: readonly TrafficFrame[]): Promise<TrafficFrame[]> {
    const { files, random } = this.#options
    const acknowledged = new Set<TrafficFrame>()
    const lastOperation = files.operations + 10 + random.integer(60)
    let isCut = false
    const cut = new Promise<void>(resolve => {
      files.onOperation = () => {
        if (files.operations < lastOperation) return
        isCut = true
        resolve()
      }
    })
    const work = async (): Promise<void> => {
      for (const frame of frames) {
        if (isCut) return
        this.#publish(frame, error => {
          if (error === undefined && !isCut) acknowledged.add(frame)
        })
        if (random.next() < 0.4) await this.#turn()
      }
      while (!isCut) {
        this.#intake.storeTick()
        await this.#turn()
      }
    }
    await Promise.race([cut, work()])
    // The store keeps its power: a commit that goes on beside the feed of the next life would be one of two.
    await this.#pumped
    return frames.filter(frame => !acknowledged.has(frame))
  }

  /** Publishes the rest and works until nothing moves any more. */
  async finish(frames: readonly TrafficFrame[]): Promise<void> {
    for (const frame of frames) {
      this.#publish(frame, error => assert.equal(error, undefined))
      if (this.#options.random.next() < 0.2) await this.#turn()
    }
    for (let idle = 0; idle < 5; idle++) if (await this.#turn()) idle = 0
    await this.#feed.flush()
  }

  /** All records of a log, copied. */
  read(name: keyof Logs): LogRecord[] {
    const reader = readerOf(this.#logs, name, this.#options.files, this.#options.onDamage)
    const records: LogRecord[] = []
    for (let batch = reader.read(1000, 1e6); batch.length > 0; batch = reader.read(1000, 1e6)) {
      records.push(...batch.map(record => ({ ...record, body: record.body.slice() })))
    }
    return records
  }

  #publish(frame: TrafficFrame, onStored: (error: Error | undefined) => void): void {
    this.#options.clock.advance(1000)
    this.#intake.storeFrame({ ...frame, generation: 1, qos: 1, flags: 0 }, onStored)
  }

  /** Asks for some of the quarantine as it is shown now, or as it was shown a while ago. */
  async #replay(): Promise<void> {
    const { store, random } = this.#options
    const { eventsSeq } = store.position()
    const rows = await store.replayable({ limit: 1 + random.integer(20), maxBytes: 1e6 })
    const asked = [...replayRecords(rows, 'ann', eventsSeq)]
    const late = random.next() < 0.3 ? this.#lateReplays.splice(0) : []
    for (const record of [...asked, ...late]) this.#intake.storeReplay(record, () => {})
    this.#lateReplays.push(...asked)
  }

  /** Lets gateway, processor and store each do something. */
  async #turn(): Promise<boolean> {
    const { random, checkpoints = 0.2, replays = 0 } = this.#options
    if (random.next() < replays) await this.#replay()
    await this.#logs.frames.flush()
    await this.#logs.events.flush()
    const stepped = this.#runner.step()
    await this.#journal.flush()
    if (random.next() < checkpoints) await this.#checkpoints.save(this.#runner.checkpoint())
    this.#pumped = this.#feed.pump()
    const pumped = await this.#pumped
    return stepped || pumped
  }
}

function readerOf(
  logs: Logs,
  name: keyof Logs,
  files: Pick<CrashFiles, 'boot'> | ReturnType<CrashFiles['boot']>,
  onDamage = (from: number, to: number): void => assert.fail(`${name} ${from}..${to} damaged`)
): SegmentedReader {
  return new SegmentedReader({
    folder: `/${name}`,
    files: files as ReturnType<CrashFiles['boot']>,
    mark: logs[name].mark,
    onDamage
  })
}

function lastOrdinal(reader: SegmentedReader): number {
  let ordinal = 0
  for (let batch = reader.read(1000, 1e6); batch.length > 0; batch = reader.read(1000, 1e6)) {
    for (const { body } of batch) ordinal = readOrdinal(body)
  }
  return ordinal
}
