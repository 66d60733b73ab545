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
import { nameOfDay } from '../../src/series/duckdb/days.ts'
import { SeriesFeed } from '../../src/series/feed.ts'
import { LatestTable } from '../../src/series/latest-table.ts'
import { leanAnswer } from '../site/history-records.ts'
import { answerAsk } from './answer.ts'
import type { FromSeries, SeriesData, ToSeries } from './messages.ts'
import { packing } from './packed-rows.ts'
import { Remembered } from './remembered.ts'
import { INFLUX_RETRY_MS, makeStore } from './series-store.ts'

/**
 * Worker of the series store: carries the results log into it, answers the API's queries and the processor's
 * questions about history.
 */
const data = workerData as SeriesData
const port = parentPort
if (port === null) throw new Error('threads/series.ts runs as a worker')

const IDLE_MS = 50
/** How often closed days are looked for that are not in order yet, or have no curves. */
const UPKEEP_EVERY_MS = 5000
const logger = createLogger(data.logLevel, 'series')
const bell = new Int32Array(data.bell)
const post = (message: FromSeries): void => port.postMessage(message)
let stopping = false
/** As told last. */
let trouble = ''

const threadStore = makeStore(data, systemClock, logger)
const { store, upkeep } = threadStore
const table = new LatestTable(data.latest)
const latest = new Remembered(threadStore, table, systemClock)
const packed = packing(store)
post({ type: 'position', position: await store.open() })

port.on('message', (message: ToSeries) => {
  if (message.type === 'stop') stopping = true
  else if (message.type === 'latest') moveLatest(message.memory)
  else if (message.type === 'registry') threadStore.setRegistry(message.parts)
  else if (message.method === 'latest') void answerAsk(latest, ['latest'], message).then(post)
  else if (message.method === 'copyTo') void answerAsk(threadStore, ['copyTo'], message).then(post)
  else void answerAsk(packed, SERIES_QUERIES, message).then(post)
})

const checkpoint = new Checkpoints(nodeFiles, join(data.dataFolder, 'checkpoints')).head()
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
  store: latest.store,
  clock: systemClock,
  logger,
  flushRows: data.flushRows,
  flushMs: data.flushMs,
  ...(data.influx !== undefined && { lastRetryMs: INFLUX_RETRY_MS }),
  onCommit: position => post({ type: 'position', position }),
  history: {
    replayFrom: checkpoint?.historyFrom ?? 0,
    onAnswers: (requests, answers) => {
      const paired = requests.flatMap(({ id }, i) => {
        const answer = answers[i]
        return answer === undefined ? [] : [{ id, answer: leanAnswer(answer) }]
      })
      post({ type: 'history', answers: paired })
    }
  }
})
feed.start()
latest
  .warm(data.meters, () => stopping)
  .catch(thrown =>
    logger.warn({ detail: asError(thrown).message }, 'newest readings are asked for one by one')
  )
let isKeepingUp = false
const stopUpkeep = systemClock.every(UPKEEP_EVERY_MS, () => void keepUpDays())
while (!stopping) {
  const seen = Atomics.load(bell, 0)
  const hasWorked = await feed.pump()
  reportTrouble()
  if (!hasWorked) await listen(bell, seen, IDLE_MS)
}
stopUpkeep()
await feed
  .flush()
  .catch(thrown => logger.warn({ detail: asError(thrown).message }, 'last commit left to the next start'))
await store.close()
post({ type: 'stopped' })
port.close()

function moveLatest(memory: SharedArrayBuffer): void {
  table.moveTo(memory)
  post({ type: 'latest', memory })
}

/** @returns whether anything was due */
async function keepUpOne(): Promise<boolean> {
  for (const { step, done } of upkeep) {
    const begun = systemClock.monotonic()
    const day = await step()
    if (day === undefined) continue
    const seconds = Math.round((systemClock.monotonic() - begun) / 1000)
    logger.info({ day: nameOfDay(day), seconds }, done)
    return true
  }
  return false
}

async function keepUpDays(): Promise<void> {
  if (isKeepingUp) return
  isKeepingUp = true
  try {
    while (await keepUpOne());
  } catch (thrown) {
    if (!stopping) logger.warn({ detail: asError(thrown).message }, 'a closed day could not be put in order')
  } finally {
    isKeepingUp = false
  }
}

function reportTrouble(): void {
  const detail = store.trouble()
  if (detail === trouble) return
  trouble = detail
  post({ type: 'trouble', detail })
  const code = data.influx === undefined ? 'SERIES_DAY_UNREADABLE' : 'SERIES_COMMIT_FAILED'
  if (detail === '') logger.info('all of the series store can be used again')
  else logger.error({ code, remedy: ERRORS[code].remedy }, detail)
}
