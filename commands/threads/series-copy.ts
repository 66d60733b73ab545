import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../src/clock.ts'
import { asError, ERRORS } from '../../src/errors.ts'
import { nodeFiles } from '../../src/files.ts'
import { listen, SharedMark } from '../../src/log/durable-mark.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger } from '../../src/logger.ts'
import { SeriesFeed } from '../../src/series/feed.ts'
import type { FromSeriesCopy, SeriesCopyData, ToSeriesCopy } from './messages.ts'
import { INFLUX_RETRY_MS, makeInfluxStore } from './series-store.ts'

/**
 * Worker of a second store, filled beside the one that answers: it has a cursor of its own in the results log, asks nobody and is
 * asked by nobody.
 */
const data = workerData as SeriesCopyData
const port = parentPort
if (port === null) throw new Error('threads/series-copy.ts runs as a worker')

const IDLE_MS = 1000
const logger = createLogger(data.logLevel, 'influxdb')
const bell = new Int32Array(data.bell)
const post = (message: FromSeriesCopy): void => port.postMessage(message)
let stopping = false
/** As told last. */
let trouble = ''

const { store, setRegistry } = makeInfluxStore(data.influx, data.registry, systemClock, logger)
port.on('message', (message: ToSeriesCopy) => {
  if (message.type === 'stop') stopping = true
  else setRegistry(message.parts)
})
post({ type: 'position', resultsSeq: (await store.open()).resultsSeq })

const mark = new SharedMark(data.bell, data.results.mark)
const feed = new SeriesFeed({
  ...{ mark, store, clock: systemClock, logger },
  reader: new SegmentedReader({
    folder: data.results.folder,
    files: nodeFiles,
    mark,
    onDamage: (from, to) =>
      logger.error({ code: 'LOG_DAMAGED', log: 'results', from, to }, 'records lost on disk')
  }),
  flushRows: data.flushRows,
  flushMs: data.flushMs,
  lastRetryMs: INFLUX_RETRY_MS,
  // The other store answers what is asked about history.
  history: undefined,
  onCommit: ({ resultsSeq }) => post({ type: 'position', resultsSeq })
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
  const code = 'SERIES_COMMIT_FAILED'
  if (detail === '') logger.info('InfluxDB takes points again')
  else logger.error({ code, remedy: ERRORS[code].remedy }, detail)
}
