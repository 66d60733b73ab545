import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { Checkpoints } from '../../processors/checkpoint.ts'
import { SERIES_QUERIES } from '../../src/api/context.ts'
import { systemClock } from '../../src/clock.ts'
import { asError } from '../../src/errors.ts'
import { nodeFiles } from '../../src/files.ts'
import { createLogger } from '../../src/logger.ts'
import { nameOfDay } from '../../src/series/duckdb/days.ts'
import { LatestTable } from '../../src/series/latest-table.ts'
import { leanAnswer } from '../site/history-records.ts'
import { answerAsk } from './answer.ts'
import { carryResults } from './carry-results.ts'
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
const post = (message: FromSeries): void => port.postMessage(message)
let stopping = false

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
latest
  .warm(data.meters, () => stopping)
  .catch(thrown =>
    logger.warn({ detail: asError(thrown).message }, 'newest readings are asked for one by one')
  )
let isKeepingUp = false
const stopUpkeep = systemClock.every(UPKEEP_EVERY_MS, () => void keepUpDays())
await carryResults({
  ...{ bell: data.bell, results: data.results, logger },
  ...{ flushRows: data.flushRows, flushMs: data.flushMs, idleMs: IDLE_MS },
  ...(data.influx !== undefined && { lastRetryMs: INFLUX_RETRY_MS }),
  store: latest.store,
  isStopping: () => stopping,
  troubleCode: data.influx === undefined ? 'SERIES_DAY_UNREADABLE' : 'SERIES_COMMIT_FAILED',
  onTrouble: detail => post({ type: 'trouble', detail }),
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
stopUpkeep()
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
  if (isKeepingUp || stopping) return
  isKeepingUp = true
  try {
    while (await keepUpOne());
  } catch (thrown) {
    if (!stopping) logger.warn({ detail: asError(thrown).message }, 'a closed day could not be put in order')
  } finally {
    isKeepingUp = false
  }
}
