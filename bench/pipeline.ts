import { systemClock } from '../src/clock.ts'
import { median } from './machine.ts'
import { printResult, readOptions } from './options.ts'
import { benchPipeline, PIPELINE_DEFAULTS, pipelineInput, runSteps } from './pipeline-input.ts'

/**
 * What the pure part of the processor costs: frames through decode, validate and encoding of results, in one thread,
 * beside JSON.parse of the same payloads in the same run. No log, no store.
 *
 *   node bench/pipeline.ts [--frames 20] [--rounds 5]
 */
const options = readOptions(PIPELINE_DEFAULTS, process.argv.slice(2))
const { registry, payloads, records, readings } = pipelineInput(options)
const perReading = (started: number): number => ((systemClock.monotonic() - started) * 1000) / readings

const parse: number[] = []
const pipeline: number[] = []
for (let round = 0; round < options.rounds; round++) {
  parse.push(parseAll())
  pipeline.push(runAll())
}
const [parseUs, pipelineUs] = [median(parse), median(pipeline)]
printResult({
  readings,
  bytesPerReading: payloads.reduce((sum, bytes) => sum + bytes.length, 0) / readings,
  parseUs,
  pipelineUs,
  leastUs: { parse: Math.min(...parse), pipeline: Math.min(...pipeline) },
  ratio: pipelineUs / parseUs,
  readingsPerSecond: 1e6 / pipelineUs
})

function parseAll(): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const started = systemClock.monotonic()
  for (const bytes of payloads) JSON.parse(decoder.decode(bytes))
  return perReading(started)
}

function runAll(): number {
  const run = benchPipeline(registry)
  const started = systemClock.monotonic()
  runSteps(run, records)
  const us = perReading(started)
  const { stored } = run.audit.total.readings
  if (stored !== readings)
    throw new Error(`${stored} of ${readings} readings were stored: ${JSON.stringify(run.audit.total)}`)
  return us
}
