import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { Checkpoints } from '../../processors/checkpoint.ts'
import { SERIES_QUERIES } from '../../src/api/context.ts'
import { systemClock } from '../../src/clock.ts'
import { asError, ERRORS } from '../../src/errors.ts'
import { listen, SharedMark } from '../../src/log/durable-mark.ts'
import { nodeFiles } from '../../src/files.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger } from '../../src/logger.ts'
import { createDuckdbStore } from '../../src/series/duckdb-store.ts'
import { SeriesFeed } from '../../src/series/feed.ts'
import { leanAnswer } from '../history-records.ts'
import { answerAsk } from './answer.ts'
import type { FromSeries, SeriesData, ToSeries } from './messages.ts'

/**
 * Worker of the series store: carries the results log into it, answers the API's queries and the processor's
 * questions about history.
 */
const data = workerData as SeriesData
const port = parentPort
if (port === null) throw new Error('threads/series.ts runs as a worker')

const IDLE_MS = 50
const logger = createLogger(data.logLevel, 'series')
const bell = new Int32Array(data.bell)
const post = (message: FromSeries): void => port.postMessage(message)
let stopping = false
/** As told last. */
let trouble = ''

const store = createDuckdbStore({
  folder: join(data.dataFolder, 'series'),
  memoryMb: data.memoryMb,
  threads: data.threads
})
post({ type: 'position', position: await store.open() })

port.on('message', (message: ToSeries) => {
  if (message.type === 'stop') stopping = true
  else void answerAsk(store, SERIES_QUERIES, message).then(post)
})

const checkpoint = new Checkpoints(nodeFiles, join(data.dataFolder, 'checkpoints')).load(() => {})
const mark = new SharedMark(data.bell, data.results.mark)
const feed = new SeriesFeed({
  mark,
  reader: new SegmentedReader({
    folder: data.results.folder,
    files: nodeFiles,
    mark,
    onDamage: (from, to) =>
      logger.error({ code: 'LOG_DAMAGED', log: 'results', from, to }, 'records lost on disk')
  }),
  store,
  clock: systemClock,
  logger,
  flushRows: data.flushRows,
  flushMs: data.flushMs,
  replayHistoryFrom: checkpoint?.historyFrom ?? 0,
  onCommit: position => post({ type: 'position', position }),
  onHistory: (requests, answers) => {
    const paired = requests.flatMap(({ id }, i) => {
      const answer = answers[i]
      return answer === undefined ? [] : [{ id, answer: leanAnswer(answer) }]
    })
    post({ type: 'history', answers: paired })
  }
})
feed.start()
while (!stopping) {
  const seen = Atomics.load(bell, 0)
  const hasWorked = await feed.pump()
  reportTrouble()
  if (!hasWorked) await listen(bell, seen, IDLE_MS)
}
await feed
  .flush()
  .catch(thrown => logger.warn({ detail: asError(thrown).message }, 'last commit left to the next start'))
await store.close()
post({ type: 'stopped' })
port.close()

function reportTrouble(): void {
  const detail = store.trouble()
  if (detail === trouble) return
  trouble = detail
  post({ type: 'trouble', detail })
  if (detail === '') logger.info('all files of the series store can be used again')
  else logger.error({ code: 'SERIES_DAY_UNREADABLE', remedy: ERRORS.SERIES_DAY_UNREADABLE.remedy }, detail)
}
