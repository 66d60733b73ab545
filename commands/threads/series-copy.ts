import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../src/clock.ts'
import { createLogger } from '../../src/logger.ts'
import { carryResults } from './carry-results.ts'
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
const post = (message: FromSeriesCopy): void => port.postMessage(message)
let stopping = false

const { store, setRegistry } = makeInfluxStore(data.influx, data.registry, systemClock, logger)
port.on('message', (message: ToSeriesCopy) => {
  if (message.type === 'stop') stopping = true
  else setRegistry(message.parts)
})
await store.open()
post({ type: 'open' })
await carryResults({
  ...{ bell: data.bell, results: data.results, logger, store },
  ...{ flushRows: data.flushRows, flushMs: data.flushMs, lastRetryMs: INFLUX_RETRY_MS, idleMs: IDLE_MS },
  isStopping: () => stopping,
  troubleCode: 'SERIES_COMMIT_FAILED',
  onTrouble: detail => post({ type: 'trouble', detail }),
  onCommit: () => {},
  // The other store answers what is asked about history.
  history: undefined
})
await store.close()
post({ type: 'stopped' })
port.close()
