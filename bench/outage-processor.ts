import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readLines, RecordedInput } from '../commands/backtest/input.ts'
import { stageSettings } from '../commands/site/stage-settings.ts'
import { OutageStage } from '../processors/outages/outage-stage.ts'
import { Pipeline } from '../processors/pipeline.ts'
import type { StageInput } from '../processors/stage.ts'
import { systemClock } from '../src/clock.ts'
import { buildConfig } from '../src/config.ts'
import { noOutageLines, OUTAGE_TABLES } from '../src/model/outages.ts'
import { REGISTRY } from '../src/records/gateway-record.ts'
import { loadSnapshot, snapshotHashes } from '../src/registry/version/snapshot.ts'
import { printResult, readOptions } from './options.ts'

/**
 * Frames through the pipeline as the processor of a server runs it, in a process of its own: the registry as it was imported into a data
 * folder, the memory of so many readings per meter that a server has, results encoded step by step and given away. What is said of
 * outages is written as `backtest` writes it.
 *
 *   node bench/outage-processor.ts --data DIR --frames FILE --out DIR
 */
const DEFAULTS = { data: '', frames: '', out: '' } as const
/** Frames of one step, as they come in a second of such a storm. */
const FRAMES_PER_STEP = 100

/** What outage stages were given, and how long they took for that. */
export interface OutageCost {
  ms: number
  events: number
  records: number
  readings: number
  gasps: number
  /** Most memory that the process ever took. */
  mib: number
}

async function main(): Promise<void> {
  const { data, frames, out } = readOptions(DEFAULTS, process.argv.slice(2))
  const cost = measured()
  const config = buildConfig()
  const settings = stageSettings(config)
  const [hash] = snapshotHashes(data)
  if (hash === undefined) throw new Error(`${data} has no registry: import one into it first`)
  const pipeline = new Pipeline({
    settings,
    windowReadings: config['processor.windowReadings'],
    growWindow: false,
    loadRegistry: () => loadSnapshot(data, hash)
  })
  const input = new RecordedInput(
    { settings: given => given, hasRegistry: () => true, takesAnswers: false, isSetAside: () => false },
    false
  )
  const said = noOutageLines()
  const give = (): void => {
    for (const table of OUTAGE_TABLES) (said[table] as unknown[]).push(...pipeline.out.outages[table])
    pipeline.drain()
    pipeline.recycle()
  }
  const first = input.control(REGISTRY, 0, { version: 1, hash })
  pipeline.take(first.log, first.record)
  let taken = 0
  for await (const line of readLines(frames)) {
    for (const { log, record } of input.take(line)) pipeline.take(log, record)
    if (++taken % FRAMES_PER_STEP === 0) give()
  }
  give()
  for (const table of OUTAGE_TABLES) {
    const text = said[table].map(line => `${JSON.stringify(line)}\n`).join('')
    writeFileSync(join(out, `${table}.ndjson`), text)
  }
  printResult({ ...cost, mib: process.resourceUsage().maxRSS / 1024 } satisfies OutageCost)
}

/** Counts and times everything that outage stages take from now on. */
function measured(): OutageCost {
  const cost: OutageCost = { ms: 0, events: 0, records: 0, readings: 0, gasps: 0, mib: 0 }
  const { take } = OutageStage.prototype
  OutageStage.prototype.take = function (input: StageInput, out): void {
    const begin = systemClock.monotonic()
    take.call(this, input, out)
    // What a registry costs when it comes is no evidence.
    if (input.registry === undefined) cost.ms += systemClock.monotonic() - begin
    for (const { meters, type } of input.events ?? []) {
      if (type === 'power-outage-record') cost.records += meters.length
      else cost.events += meters.length
      if (type === 'last-gasp') cost.gasps += meters.length
    }
    if (input.decoded !== undefined) cost.readings += out.readings.columns().rows - input.firstRow
  }
  return cost
}

await main()
