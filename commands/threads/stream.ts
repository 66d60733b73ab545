import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../src/clock.ts'
import { nodeFiles } from '../../src/files.ts'
import { listen, SharedMark } from '../../src/log/durable-mark.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { LIVE_METHODS } from '../../src/stream/port.ts'
import { ResultsLive } from '../../src/stream/results-live.ts'
import { answerAsk } from './answer.ts'
import type { FromStream, StreamData, ToStream } from './messages.ts'

/** Worker of the live stream: reads the results log for whoever listens, so that nobody else decodes it for them. */
const data = workerData as StreamData
const port = parentPort
if (port === null) throw new Error('threads/stream.ts runs as a worker')

const post = (message: FromStream): void => port.postMessage(message)
const bell = new Int32Array(data.bell)
const mark = new SharedMark(data.bell, data.results.mark)
const live = new ResultsLive({
  createReader: () => new SegmentedReader({ folder: data.results.folder, files: nodeFiles, mark }),
  newest: () => mark.get(),
  growth: () => Atomics.load(bell, 0),
  wait: async (seen, ms) => void (await listen(bell, seen, ms)),
  clock: systemClock,
  maxListeners: data.maxListeners
})
port.on('message', async (message: ToStream) => {
  if (message.type === 'ask') return post(await answerAsk(live, LIVE_METHODS, message))
  post({ type: 'stopped' })
  port.close()
  process.exit()
})
