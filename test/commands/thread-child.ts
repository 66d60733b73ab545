import { parentPort, workerData } from 'node:worker_threads'
import { GridvigilError } from '../../src/errors.ts'

/** A worker that fails as it is told, or says that it lives and waits for `stop`. */
const { failure } = workerData as { failure: 'ours' | 'other' | 'none' }
if (failure === 'ours') throw new GridvigilError('SERIES_OPEN_FAILED', 'catalog.duckdb: told to')
if (failure === 'other') throw new RangeError('told to')
parentPort?.postMessage('lives')
parentPort?.on('message', message => {
  if (message === 'stop') parentPort?.close()
  else throw new Error('told to')
})
