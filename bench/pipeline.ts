import { rmSync } from 'node:fs'
import { Pipeline } from '../processors/pipeline.ts'
import { systemClock } from '../src/clock.ts'
import {
  encodeControl,
  FRAME,
  REGISTRY,
  writeFrameHead,
  writeOrdinal
} from '../src/records/gateway-record.ts'
import { buildRegistry } from '../src/registry/build.ts'
import { importRegistry } from '../src/registry/import.ts'
import { createFleet, startBefore, terminalId, writeFleet } from './fleet.ts'
import { median } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, workFolder } from './options.ts'
import { frameText } from './payload.ts'

/**
 * What the pure part of the processor costs: frames through decode, validate and encoding of results, in one thread,
 * beside JSON.parse of the same payloads in the same run. No log, no store.
 *
 *   node bench/pipeline.ts [--frames 20] [--rounds 5]
 */
const DEFAULTS = {
  rounds: 5,
  meters: 10_000,
  terminals: 200,
  batch: 100,
  frames: 20,
  seed: 3,
  work: DEFAULT_WORK
} as const
const SLOT_MS = 900_000
const FRAMES_PER_STEP = 100
const settings = { pastDays: 45, futureMinutes: 5, maxReadings: 10_000, limitFactor: 1.2, minimumSteps: 5 }

const options = readOptions(DEFAULTS, process.argv.slice(2))
const slots = options.frames * 4
const fleet = createFleet({
  seed: options.seed,
  meters: options.meters,
  terminals: options.terminals,
  batch: options.batch,
  slots,
  slotMs: SLOT_MS,
  startTime: startBefore(systemClock.now(), slots, SLOT_MS)
})
const work = workFolder(options.work, 'pipeline')
const { registry: folder } = writeFleet(fleet, work.path)
const { tables, book } = importRegistry(folder)
rmSync(work.path, { recursive: true })
const registry = buildRegistry(tables, book, 1, 'bench')

const payloads: { terminal: number; bytes: Uint8Array }[] = []
for (let frame = 0; frame < options.frames; frame++) {
  for (let terminal = 0; terminal < options.terminals; terminal++) {
    payloads.push({ terminal, bytes: new TextEncoder().encode(frameText(fleet, terminal, frame)) })
  }
}
const readings = payloads.length * options.batch
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
  bytesPerReading: payloads.reduce((sum, { bytes }) => sum + bytes.length, 0) / readings,
  parseUs,
  pipelineUs,
  ratio: pipelineUs / parseUs,
  readingsPerSecond: 1e6 / pipelineUs
})

function parseAll(): number {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const started = systemClock.monotonic()
  for (const { bytes } of payloads) JSON.parse(decoder.decode(bytes))
  return perReading(started)
}

function runAll(): number {
  const run = new Pipeline({ settings, windowReadings: 32, growWindow: false, loadRegistry: () => registry })
  const head = new Uint8Array(96)
  const body = Buffer.concat([writeOrdinal(head, 0), encodeControl({ version: 1, hash: 'bench' })])
  const at = systemClock.now()
  run.take('events', { seq: 1, at, kind: REGISTRY, body })
  const records = payloads.map(({ terminal, bytes }, i) => {
    const frame = {
      ordinal: i + 1,
      generation: 1,
      qos: 1,
      flags: 0,
      topic: 0,
      terminal: terminalId(terminal)
    }
    return { seq: i + 1, at, kind: FRAME, body: Buffer.concat([writeFrameHead(head, frame), bytes]) }
  })
  const started = systemClock.monotonic()
  records.forEach((record, i) => {
    run.take('frames', record)
    if (i % FRAMES_PER_STEP !== FRAMES_PER_STEP - 1) return
    run.drain()
    run.recycle()
  })
  run.drain()
  const us = perReading(started)
  const { stored } = run.audit.total.readings
  if (stored !== readings)
    throw new Error(`${stored} of ${readings} readings were stored: ${JSON.stringify(run.audit.total)}`)
  return us
}
