import { systemClock } from '../../src/clock.ts'
import { asError, type ErrorCode, ERRORS } from '../../src/errors.ts'
import { nodeFiles } from '../../src/files.ts'
import { listen, SharedMark } from '../../src/log/durable-mark.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import type { Logger } from '../../src/logger.ts'
import { type FeedOptions, SeriesFeed } from '../../src/series/feed.ts'
import type { SharedLog } from './messages.ts'

export interface CarryOptions
  extends Pick<FeedOptions, 'store' | 'flushRows' | 'flushMs' | 'lastRetryMs' | 'onCommit' | 'history'> {
  /** Rung by every log that grows. */
  readonly bell: SharedArrayBuffer
  readonly results: SharedLog
  readonly logger: Logger
  /** Longest wait for the bell, ms. */
  readonly idleMs: number
  readonly isStopping: () => boolean
  /** What the trouble of the store is called. */
  readonly troubleCode: ErrorCode
  /** Told when it changes: '' when it is over. */
  readonly onTrouble: (detail: string) => void
}

/** Carries the results log into an open store until it is to stop; what is whole then is committed. */
export async function carryResults(options: CarryOptions): Promise<void> {
  const { bell: memory, results, logger, idleMs, isStopping, troubleCode, onTrouble, ...feeding } = options
  const bell = new Int32Array(memory)
  const mark = new SharedMark(memory, results.mark)
  const onDamage = (from: number, to: number): void =>
    logger.error({ code: 'LOG_DAMAGED', log: 'results', from, to }, 'records lost on disk')
  const reader = new SegmentedReader({ folder: results.folder, files: nodeFiles, mark, onDamage })
  const feed = new SeriesFeed({ ...feeding, mark, reader, logger, clock: systemClock })
  let told = ''
  feed.start()
  while (!isStopping()) {
    const seen = Atomics.load(bell, 0)
    const hasWorked = await feed.pump()
    const trouble = feeding.store.trouble()
    if (trouble !== told) {
      told = trouble
      onTrouble(trouble)
      if (trouble === '') logger.info('all of the series store can be used again')
      else logger.error({ code: troubleCode, remedy: ERRORS[troubleCode].remedy }, trouble)
    }
    if (!hasWorked) await listen(bell, seen, idleMs)
  }
  await feed
    .flush()
    .catch(thrown => logger.warn({ detail: asError(thrown).message }, 'last commit left to the next start'))
}
