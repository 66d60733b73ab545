import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { encodeJson, STEP_BEGIN, STEP_END, type StepEnd } from '../src/records/results-record.ts'
import type { LogRecord } from '../src/log/port.ts'
import { createDuckdbStore } from '../src/series/duckdb/store.ts'
import { StepGatherer } from '../src/series/feed-gather.ts'
import { median } from './machine.ts'
import { printResult, readOptions, workFolder } from './options.ts'
import { benchPipeline, PIPELINE_DEFAULTS, pipelineInput, runSteps } from './pipeline-input.ts'

/**
 * What the series store costs: the processor's results through gathering and commits, CPU of all threads.
 *
 *   node bench/series.ts [--frames 60] [--rounds 5] [--flush-rows 200000]
 */
const options = readOptions(
  { ...PIPELINE_DEFAULTS, frames: 60, 'flush-rows': 200_000 },
  process.argv.slice(2)
)
const { registry, records, readings } = pipelineInput(options)
const results = recordedResults()
const wall: number[] = []
const cpu: number[] = []
let bytes = 0
for (let round = 0; round < options.rounds; round++) await runAll()
printResult({
  readings,
  wallUs: median(wall),
  cpuUs: median(cpu),
  bytesPerReading: bytes / readings
})

function recordedResults(): LogRecord[] {
  const pipeline = benchPipeline(registry)
  const log: LogRecord[] = []
  const at = systemClock.now()
  const append = (kind: number, body: Uint8Array): void => {
    log.push({ seq: log.length + 1, at, kind, body })
  }
  runSteps(pipeline, records, step => {
    append(STEP_BEGIN, encodeJson({}))
    for (const { kind, body } of step) append(kind, body.slice())
    const end: StepEnd = {
      framesSeq: 0,
      eventsSeq: 0,
      framesConsumed: 0,
      ordinals: pipeline.ordinals,
      audit: pipeline.audit.total,
      terminals: {}
    }
    append(STEP_END, encodeJson(end))
  })
  return log
}

async function runAll(): Promise<void> {
  const work = workFolder(options.work, 'series')
  const store = createDuckdbStore({ folder: join(work.path, 'series'), memoryMb: 1024, threads: 1 })
  try {
    await store.open()
    const gatherer = new StepGatherer(() => {
      throw new Error('a gap in the results')
    })
    const started = systemClock.monotonic()
    const before = process.cpuUsage()
    for (const record of results) {
      gatherer.add(record)
      if (gatherer.rows >= options['flush-rows']) await store.commit(gatherer.take().batch)
    }
    if (gatherer.steps > 0) await store.commit(gatherer.take().batch)
    const used = process.cpuUsage(before)
    wall.push(((systemClock.monotonic() - started) * 1000) / readings)
    cpu.push((used.user + used.system) / readings)
    const { first } = await store.countReadings()
    if (first !== readings) throw new Error(`${first} of ${readings} readings were stored`)
    bytes = (await store.statistics()).bytes
  } finally {
    await store.close()
    work.remove()
  }
}
