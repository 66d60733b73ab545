import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { createFleet, type FleetShape, slotsFor, startBefore, writeFleet } from './fleet.ts'
import { Generator, type GeneratorResult } from './generator.ts'
import { calibrate, describeMachine, loadAverage, measureSync, median, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, serverWords, tell, workFolder } from './options.ts'
import { ROW_BYTES, ROW_VALUES } from './payload.ts'
import { type Usage, usageOf } from './processes.ts'
import { startChain } from './reference/chain.ts'
import { type Audit, equationsHold, Server } from './server.ts'

/**
 * Stored against stored: Gridvigil and the reference chain take the same frames from the same generator in
 * alternation; the clock runs from the first frame sent until the last reading is queryable.
 *
 *   node bench/speed.ts [--rounds 3] [--ours-frames 200] [--reference-frames 15] ...
 */
const DEFAULTS = {
  rounds: 3,
  meters: 10_000,
  terminals: 200,
  batch: 100,
  window: 4,
  seed: 3,
  'ours-frames': 200,
  'reference-frames': 20,
  'limit-s': 300,
  server: '',
  work: DEFAULT_WORK
} as const

/** A run in which the reference chain is slower than this was disturbed and says nothing. */
export const REFERENCE_FLOOR = 25_000
/** The ratio the issue asks for. */
const RATIO_LIMIT = 5
const SLOT_MS = 900_000
/** The audit asks the store, so asking often would slow down what is measured; this much is added to ours at most. */
const POLL_MS = 100

interface Measured {
  readonly readings: number
  readonly storedPerSecond: number
  readonly storedMs: number
  readonly acknowledgedPerSecond: number
  readonly ackMs: GeneratorResult['ackMs']
  readonly cpuUsPerReading: number
  readonly maxRssMb: number
}

type Options = ReturnType<typeof readOptions<typeof DEFAULTS>>

async function measureOurs(options: Options, folder: string): Promise<Measured> {
  const shape = fleetShape(options, options['ours-frames'])
  const command = serverWords(options.server)
  const files = writeFleet(createFleet(shape), folder)
  const server = await Server.start({
    ...(command === undefined ? {} : { command }),
    data: join(folder, 'data'),
    ...files,
    mqttPort: 0,
    httpPort: 0,
    logFile: join(folder, 'server.log'),
    clock: systemClock
  })
  const readings = options['ours-frames'] * options.batch * options.terminals
  const isStored = async (): Promise<void> => {
    const isThere = (audit: Audit): boolean => audit.readings.stored >= readings
    const audit = await server.waitForAudit(isThere, options['limit-s'] * 1000, POLL_MS)
    if (audit.readings.stored !== readings || !equationsHold(audit)) {
      throw new Error(`the audit is wrong: ${JSON.stringify(audit)}`)
    }
  }
  try {
    const measured = await measure(options, shape, server.mqttPort, server.pids, readings, isStored)
    await server.stop()
    return measured
  } catch (error) {
    await server.kill()
    throw error
  }
}

async function measureReference(options: Options, folder: string): Promise<Measured> {
  const shape = fleetShape(options, options['reference-frames'])
  const readings = options['reference-frames'] * options.batch * options.terminals
  const chain = await startChain(folder, readings, systemClock)
  try {
    const measured = await measure(options, shape, chain.mqttPort, chain.pids, readings, () => chain.stored)
    const count = await chain.count()
    if (count !== readings) throw new Error(`InfluxDB counts ${count} points instead of ${readings}`)
    return measured
  } finally {
    await chain.stop()
  }
}

/** One run against a server that listens on `port`. Fixed count, bounded time. */
async function measure(
  options: Options,
  fleet: FleetShape,
  port: number,
  pids: readonly number[],
  readings: number,
  isStored: () => Promise<void>
): Promise<Measured> {
  const generator = await Generator.start({
    host: '127.0.0.1',
    port,
    fleet,
    window: options.window,
    firstFrame: 0,
    frames: readings / options.batch / options.terminals,
    framesPerSecond: 0,
    progressMs: 0,
    limitMs: options['limit-s'] * 1000
  })
  try {
    const before = usageOf(pids)
    const started = systemClock.monotonic()
    generator.go()
    const [sent] = await Promise.all([generator.done, isStored()])
    const storedMs = systemClock.monotonic() - started
    if (!sent.complete) throw new Error(`the generator did not finish: ${sent.error}`)
    return summarise(readings, storedMs, sent, before, usageOf(pids))
  } finally {
    generator.kill()
  }
}

function summarise(
  readings: number,
  storedMs: number,
  sent: GeneratorResult,
  before: Usage,
  now: Usage
): Measured {
  return {
    readings,
    storedPerSecond: Math.round(readings / (storedMs / 1000)),
    storedMs: Math.round(storedMs),
    acknowledgedPerSecond: Math.round(sent.acknowledgedReadings / (sent.wallMs / 1000)),
    ackMs: sent.ackMs,
    cpuUsPerReading: Math.round(((now.cpuUs - before.cpuUs) / readings) * 100) / 100,
    maxRssMb: now.maxRssMb
  }
}

function fleetShape(options: Options, frames: number): FleetShape {
  const { seed, meters, terminals, batch } = options
  const slots = slotsFor(frames, batch, meters / terminals)
  const startTime = startBefore(systemClock.now(), slots, SLOT_MS)
  return { seed, meters, terminals, batch, slots, slotMs: SLOT_MS, startTime }
}

function spread(runs: readonly Measured[]): object {
  const rates = runs.map(run => run.storedPerSecond)
  return {
    readings: runs[0]?.readings,
    storedPerSecond: { median: median(rates), min: Math.min(...rates), max: Math.max(...rates) },
    storedMs: runs.map(run => run.storedMs),
    acknowledgedPerSecond: median(runs.map(run => run.acknowledgedPerSecond)),
    ackMs: { p50: median(runs.map(run => run.ackMs.p50)), p99: median(runs.map(run => run.ackMs.p99)) },
    cpuUsPerReading: median(runs.map(run => run.cpuUsPerReading)),
    maxRssMb: Math.max(...runs.map(run => run.maxRssMb))
  }
}

/** All rounds. The order within a round alternates, so that neither side always runs on the warmer disk. */
export async function runSpeed(args: readonly string[]): Promise<{ pass: boolean; figures: object }> {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'speed')
  const ours: Measured[] = []
  const reference: Measured[] = []
  try {
    const syncMs = measureSync(work.path, systemClock)
    const before = { load: loadAverage(), calibrationMs: calibrate(systemClock) }
    for (let round = 0; round < options.rounds; round++) {
      for (const side of round % 2 === 0
        ? (['ours', 'reference'] as const)
        : (['reference', 'ours'] as const)) {
        const folder = workFolder(work.path, side)
        mkdirSync(folder.path, { recursive: true })
        const run = await (side === 'ours' ? measureOurs : measureReference)(options, folder.path)
        folder.remove()
        ;(side === 'ours' ? ours : reference).push(run)
        tell(`round ${round + 1} ${side}: ${JSON.stringify(run)}`)
      }
    }
    const ratio =
      median(ours.map(run => run.storedPerSecond)) / median(reference.map(run => run.storedPerSecond))
    const isVoid = median(reference.map(run => run.storedPerSecond)) < REFERENCE_FLOOR
    const { rounds, meters, terminals, batch, window, seed } = options
    return {
      pass: !isVoid && ratio >= RATIO_LIMIT,
      figures: {
        ratio: Math.round(ratio * 100) / 100,
        void: isVoid,
        workload: { rounds, meters, connections: terminals, batch, window, seed, qos: 1 },
        payload: { form: 'row JSON', bytesPerReading: ROW_BYTES + 1, valuesPerReading: ROW_VALUES },
        ours: { durability: 'fdatasync before PUBACK', ...spread(ours) },
        reference: { durability: 'none before PUBACK', ...spread(reference) },
        syncP50Ms: syncMs,
        before,
        after: { load: loadAverage(), calibrationMs: calibrate(systemClock) }
      }
    }
  } finally {
    work.remove()
  }
}

if (import.meta.main) {
  const { pass, figures } = await runSpeed(process.argv.slice(2))
  printResult({ pass, ...figures, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
