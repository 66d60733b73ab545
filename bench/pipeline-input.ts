import { rmSync } from 'node:fs'
import { Pipeline, type ResultRecord } from '../processors/pipeline.ts'
import { systemClock } from '../src/clock.ts'
import type { LogRecord } from '../src/log/port.ts'
import {
  encodeControl,
  FRAME,
  REGISTRY,
  writeFrameHead,
  writeOrdinal
} from '../src/records/gateway-record.ts'
import { buildRegistry } from '../src/registry/version/build.ts'
import { importRegistry } from '../src/registry/read/import.ts'
import type { Registry } from '../src/registry/lookup/registry.ts'
import { sourceOf } from '../src/registry/source.ts'
import { createFleet, startBefore, terminalId, writeFleet } from './fleet.ts'
import { DEFAULT_WORK, workFolder } from './options.ts'
import { frameText } from './payload.ts'

/** Options of the workloads that run the pipeline alone. */
export const PIPELINE_DEFAULTS = {
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

export interface PipelineInput {
  readonly registry: Registry
  readonly payloads: readonly Uint8Array[]
  /** Records of the frames log, one a payload. */
  readonly records: readonly LogRecord[]
  readonly readings: number
}

/** The frames of a fleet as they stand in the frames log. */
export function pipelineInput(
  options: {
    readonly [K in keyof typeof PIPELINE_DEFAULTS]: (typeof PIPELINE_DEFAULTS)[K] extends number
      ? number
      : string
  }
): PipelineInput {
  const slots = Math.ceil((options.frames * options.batch) / (options.meters / options.terminals)) * 2
  const startTime = startBefore(systemClock.now(), slots, SLOT_MS)
  const fleet = createFleet({ ...options, slots, slotMs: SLOT_MS, startTime })
  const work = workFolder(options.work, 'pipeline')
  const { tables, book } = importRegistry(writeFleet(fleet, work.path).registry)
  rmSync(work.path, { recursive: true })
  const payloads: Uint8Array[] = []
  const records: LogRecord[] = []
  const head = new Uint8Array(96)
  const at = systemClock.now()
  for (let i = 0; i < options.frames * options.terminals; i++) {
    const terminal = i % options.terminals
    const bytes = new TextEncoder().encode(frameText(fleet, terminal, Math.floor(i / options.terminals)))
    const frame = {
      ordinal: i + 1,
      generation: 1,
      arrivedAt: at,
      qos: 1,
      flags: 0,
      topic: 0,
      terminal: terminalId(terminal)
    }
    payloads.push(bytes)
    records.push({ seq: i + 1, at, kind: FRAME, body: Buffer.concat([writeFrameHead(head, frame), bytes]) })
  }
  const registry = buildRegistry(sourceOf(tables, book), 1, 'bench')
  return { registry, payloads, records, readings: payloads.length * options.batch }
}

/** A pipeline that knows the fleet's registry. */
export function benchPipeline(registry: Registry): Pipeline {
  const pipeline = new Pipeline({
    settings,
    windowReadings: 32,
    growWindow: false,
    loadRegistry: () => registry
  })
  const body = Buffer.concat([
    writeOrdinal(new Uint8Array(96), 0),
    encodeControl({ version: 1, hash: 'bench' })
  ])
  pipeline.take('events', { seq: 1, at: systemClock.now(), kind: REGISTRY, body })
  return pipeline
}

/** Takes all records in steps. @param onStep gets each step's results, whose bodies are used again afterwards */
export function runSteps(
  pipeline: Pipeline,
  records: readonly LogRecord[],
  onStep: (results: readonly ResultRecord[]) => void = () => {}
): void {
  records.forEach((record, i) => {
    pipeline.take('frames', record)
    if (i % FRAMES_PER_STEP !== FRAMES_PER_STEP - 1 && i !== records.length - 1) return
    onStep(pipeline.drain())
    pipeline.recycle()
  })
}
