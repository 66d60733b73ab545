import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../src/clock.ts'
import { asError, isError } from '../../src/errors.ts'
import { type DistrictEvent, type DistrictOptions, runDistrict } from '../../src/simulator/district-run.ts'

/**
 * Worker that runs the simulated district beside `serve --demo`.
 *
 *   workerData  DistrictThreadData
 *   in          'stop': ends the sessions and the worker
 *   out         DistrictThreadMessage
 */
export type DistrictThreadData = Omit<DistrictOptions, 'onEvent'>

export type DistrictThreadMessage =
  | DistrictEvent
  | { readonly event: 'failed'; readonly code: string; readonly message: string }
  | { readonly event: 'stopped' }

const port = parentPort
if (port === null) throw new Error('threads/district.ts runs as a worker')

const stop = new AbortController()
port.on('message', message => {
  if (message === 'stop') stop.abort()
})

const post = (message: DistrictThreadMessage): void => port.postMessage(message)
try {
  await runDistrict({ ...(workerData as DistrictThreadData), onEvent: post }, systemClock, stop.signal)
  post({ event: 'stopped' })
} catch (thrown) {
  const error = asError(thrown)
  post({ event: 'failed', code: isError(error) ? error.code : '', message: error.message })
} finally {
  port.close()
}
