import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../src/clock.ts'
import { asError, isError } from '../../src/errors.ts'
import { type DemoEvent, type DemoOptions, runDemo } from '../../src/simulator/demo/demo-run.ts'

/**
 * Worker that runs the demo city beside `serve --demo`.
 *
 *   workerData  DemoThreadData
 *   in          'stop': ends the sessions and the worker
 *   out         DemoThreadMessage
 */
export type DemoThreadData = Omit<DemoOptions, 'onEvent'>

export type DemoThreadMessage =
  | DemoEvent
  | { readonly event: 'failed'; readonly code: string; readonly message: string }
  | { readonly event: 'stopped' }

const port = parentPort
if (port === null) throw new Error('threads/demo.ts runs as a worker')

const stop = new AbortController()
port.on('message', message => {
  if (message === 'stop') stop.abort()
})

const post = (message: DemoThreadMessage): void => port.postMessage(message)
try {
  await runDemo({ ...(workerData as DemoThreadData), onEvent: post }, systemClock, stop.signal)
  post({ event: 'stopped' })
} catch (thrown) {
  const error = asError(thrown)
  post({ event: 'failed', code: isError(error) ? error.code : '', message: error.message })
} finally {
  port.close()
}
