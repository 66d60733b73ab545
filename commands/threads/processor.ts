import { join } from 'node:path'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type CheckpointHead, Checkpoints, headOf } from '../../processors/checkpoint.ts'
import { Pipeline } from '../../processors/pipeline.ts'
import { ResultsJournal } from '../../processors/results-journal.ts'
import { resume } from '../../processors/resume.ts'
import { ProcessorRunner } from '../../processors/runner.ts'
import { systemClock } from '../../src/clock.ts'
import { asError, isError } from '../../src/errors.ts'
import { listen, SharedMark } from '../../src/log/durable-mark.ts'
import { nodeFiles } from '../../src/files.ts'
import { SegmentedLog } from '../../src/log/segmented-log.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger } from '../../src/logger.ts'
import type { PingLines } from '../../src/model/pings.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { openRegistryParts } from '../../src/registry/lookup/registry-parts.ts'
import { loadSnapshot } from '../../src/registry/version/snapshot.ts'
import { reportTrouble } from '../site/logs.ts'
import type { FromProcessor, ProcessorData, SharedLog, ToProcessor } from './messages.ts'

/**
 * Worker of the processor: reads frames and events, writes results, checkpoints. Whatever goes wrong, it starts again
 * from its checkpoint: state that lives only here is state that the logs can give back.
 */
const data = workerData as ProcessorData
const port = parentPort
if (port === null) throw new Error('threads/processor.ts runs as a worker')
const inbox = port

const IDLE_MS = 1000
const RETRY_MS = 1000
/** The pause after a checkpoint is so many times as long as writing it took: nothing is processed meanwhile. */
const SAVE_SHARE = 20

const logger = createLogger(data.logLevel, 'processor')
const bell = new Int32Array(data.bell)
const post = (message: FromProcessor): void => port.postMessage(message)
let stopping = false
/** All that follow the results log have what lies before. */
let storedSeq = Math.min(data.stored.resultsSeq, data.followedSeq ?? Infinity)
/** Somebody copies the folder: no checkpoint, nothing trimmed. */
let isHeld = data.isHeld
/** The checkpoint under way. */
let saving: Promise<void> = Promise.resolve()
let loaded: { readonly hash: string; readonly registry: Registry } | undefined
let handed = data.registry
port.on('message', take)

const markOf = (log: SharedLog): SharedMark => new SharedMark(data.bell, log.mark)
const readerOf = (log: SharedLog, name: string): SegmentedReader =>
  new SegmentedReader({
    folder: log.folder,
    files: nodeFiles,
    mark: markOf(log),
    onDamage: (from, to) => logger.error({ code: 'LOG_DAMAGED', log: name, from, to }, 'records lost on disk')
  })

const results = new SegmentedLog({
  ...data.log,
  folder: data.results.folder,
  name: 'results',
  files: nodeFiles,
  clock: systemClock,
  // The processor writes whole steps and waits for none: there is no company to wait for.
  commitDelayMs: 0,
  mark: markOf(data.results),
  onTrouble: trouble => reportTrouble(logger, 'results', trouble)
})
const checkpoints = new Checkpoints(nodeFiles, join(data.dataFolder, 'checkpoints'))

const seenSeq = Math.max(checkpoints.head()?.resultsSeq ?? 0, data.stored.resultsSeq, data.followedSeq ?? 0)
await results.open(seenSeq)
while (!stopping) {
  try {
    await live()
  } catch (thrown) {
    const { message, stack = message } = asError(thrown)
    const told = isError(thrown) ? { code: thrown.code, detail: message } : { detail: stack }
    logger.error(told, 'processor failed; starting again from its checkpoint')
    post({ type: 'trouble', detail: message })
    await systemClock.delay(RETRY_MS)
  }
}
await results.close()
post({ type: 'stopped' })
port.close()

function take(message: ToProcessor): void {
  if (message.type === 'stored') storedSeq = message.resultsSeq
  else if (message.type === 'registry') handed = message.parts
  else if (message.type === 'stop') stopping = true
  else {
    const { isHeld: held } = message
    isHeld = held
    void saving.then(() => post({ type: 'held', isHeld: held }))
  }
}

/**
 * The one that was handed over, else its snapshot. Each start records the version again: what is in memory already is not
 * read a second time.
 */
function loadRegistry(hash: string): Registry {
  if (loaded?.hash === hash) return loaded.registry
  // It was sent before its record was stored, and may still wait behind this turn of the event loop.
  for (let next = receiveMessageOnPort(inbox); next !== undefined; next = receiveMessageOnPort(inbox))
    take(next.message as ToProcessor)
  const registry = handed?.hash === hash ? openRegistryParts(handed) : loadSnapshot(data.dataFolder, hash)
  loaded = { hash, registry }
  return registry
}

/** A step without any is nothing to tell. */
function tellPings(pings: PingLines): void {
  if (pings.answers.length + pings.wishes.length > 0) post({ type: 'pings', pings })
}

/** From the checkpoint until told to stop. @throws whatever makes the memory of this life worthless */
async function live(): Promise<void> {
  const readers = { frames: readerOf(data.frames, 'frames'), events: readerOf(data.events, 'events') }
  const own = readerOf(data.results, 'results')
  try {
    const journal = new ResultsJournal(results, own, seq =>
      logger.error(
        { code: 'REPLAY_DIVERGED', seq },
        'a recorded step is computed differently now; the record stands'
      )
    )
    const pipeline = new Pipeline({
      settings: data.settings,
      windowReadings: data.windowReadings,
      growWindow: false,
      loadRegistry: ({ hash }) => loadRegistry(hash)
    })
    const runner = new ProcessorRunner({ ...data, readers, pipeline, journal })
    const { stored } = data
    const { recoveredSeq } = results
    const onDamaged = (path: string): void =>
      logger.error({ code: 'CHECKPOINT_DAMAGED', path }, 'the one before is used')
    const { checkpoint, saveAtOnce } = resume({
      runner,
      checkpoints,
      stored,
      seenSeq,
      recoveredSeq,
      onDamaged
    })
    post({ type: 'started' })
    await work(runner, journal, { checkpoint: headOf(checkpoint), saveAtOnce })
  } finally {
    readers.frames.close()
    readers.events.close()
    own.close()
  }
}

async function work(
  runner: ProcessorRunner,
  journal: ResultsJournal,
  { checkpoint: loaded, saveAtOnce }: { checkpoint: CheckpointHead | undefined; saveAtOnce: boolean }
): Promise<void> {
  let saved: CheckpointHead | undefined = loaded
  let savedAt = saveAtOnce ? -Infinity : systemClock.monotonic()
  let savedSteps = 0
  let pauseMs = data.checkpointMs
  let flushed = Promise.resolve()
  const { failures } = results
  const save = async (): Promise<void> => {
    await flushed
    const begun = systemClock.monotonic()
    const { state, ...head } = runner.checkpoint()
    await checkpoints.save({ ...head, state })
    // The checkpoint before this one is the fallback: what it needs stays.
    if (saved !== undefined) {
      post({ type: 'released', framesSeq: saved.framesSeq, eventsSeq: saved.eventsSeq })
      await results.trim(Math.min(saved.historyFrom, storedSeq))
    }
    saved = head
    savedAt = systemClock.monotonic()
    pauseMs = Math.max(data.checkpointMs, (savedAt - begun) * SAVE_SHARE)
    savedSteps = runner.steps
  }
  while (!stopping) {
    // What was computed and not written is known to this memory only: also while nothing new comes it has to be redone.
    if (results.failures !== failures) throw results.failure ?? new Error('results could not be written')
    const seen = Atomics.load(bell, 0)
    const worked = runner.step()
    if (worked) {
      // One step is computed while the one before it is being synced.
      await flushed
      const pings = runner.takePings()
      flushed = journal.flush().then(() => tellPings(pings))
      flushed.catch(() => {})
    }
    const isDue = runner.steps > savedSteps && systemClock.monotonic() - savedAt >= pauseMs
    if (isDue && !isHeld) {
      const saved = save()
      saving = saved.catch(() => {})
      await saved
    }
    if (!worked) await listen(bell, seen, IDLE_MS)
  }
  if (runner.steps > savedSteps) await save()
}
