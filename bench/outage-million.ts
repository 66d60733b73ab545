import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { backtest } from '../commands/backtest.ts'
import { OutageStage } from '../processors/outages/outage-stage.ts'
import type { StageInput } from '../processors/stage.ts'
import { judgeIncidents, isExact } from '../scoring/incidents.ts'
import { runCases } from '../scoring/run-cases.ts'
import { systemClock } from '../src/clock.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { playedFolder } from './score-suite.ts'
import { PROJECT } from './server.ts'

/**
 * A storm over a large city: feeders die within a minute while the quarter of an hour of everybody else comes in. How soon each is named
 * after it could be, and what the outage stage costs for each piece of evidence, in the time that it works by itself in one thread.
 *
 *   node bench/outage-million.ts [--meters 1000000] [--feeders 40]
 */
const DEFAULTS = {
  meters: 1_000_000,
  feeders: 40,
  'gasps-at-least': 200_000,
  'limit-named-s': 10,
  'limit-us': 20,
  'limit-mib': 3072,
  work: DEFAULT_WORK
} as const

const STORM_MS = 60_000
/** Customers of a large feeder: forty of them are two hundred thousand. */
const LARGE = 5000
const scenarioOf = (feeders: number): string => `
name: storm
title: { en: feeders die within a minute, zh-CN: 暴风雨 }
duration: 50m
collection: { gasps: independent, gaspShare: 1 }
steps:
${Array.from({ length: feeders }, (_, number) => {
  const at = 20 * 60_000 + Math.round((number * STORM_MS) / feeders)
  return `  - at: ${at}ms\n    fail: { on: { kind: feeder, least: ${LARGE}, pick: ${number} } }\n`
}).join('')}`

/** What the stage was given, and how long it took for that. */
interface Cost {
  ms: number
  events: number
  records: number
  readings: number
  gasps: number
}

async function main(): Promise<void> {
  const options = readOptions(DEFAULTS, process.argv.slice(2))
  const work = workFolder(options.work, 'storm')
  try {
    const [city, scenario, frames, truth, out] = [
      'city',
      'storm.yaml',
      'frames.ndjson',
      'truth.ndjson',
      'out'
    ].map(name => join(work.path, name)) as [string, string, string, string, string]
    // In a process of its own: what it takes is not the memory of those who run.
    gridvigil(['city', '--out', city, '--seed', 'storm', '--meters', String(options.meters)])
    writeFileSync(scenario, scenarioOf(options.feeders))
    mkdirSync(out)
    const grid = join(city, 'truth')
    tell('the city is made')
    gridvigil([
      'simulate',
      '--registry',
      grid,
      '--scenario',
      scenario,
      '--seed',
      'storm',
      '--frames',
      frames,
      '--truth',
      truth,
      '--reference'
    ])
    tell('the storm is simulated')
    const cost = measured()
    await backtest(['--registry', join(city, 'registry'), '--frames', frames, '--out', out])
    const mib = process.resourceUsage().maxRSS / 1024
    const played = playedFolder(truth, out, grid)
    const { incidents } = runCases(played.truth, played.answers, played.tree, played.voices)
    const { matches, opened } = judgeIncidents(incidents)
    const late = matches.map(
      ({ truth: one, answer }) => (answer.openedAt ?? Infinity) - (one.knowableAt ?? one.start)
    )
    const namedS = Math.max(0, ...late) / 1000
    const us = (cost.ms * 1000) / (cost.events + cost.records + cost.readings)
    const isAll = matches.length === incidents.truth.length && opened.length === matches.length
    const exact = matches.filter(match => isExact(played.tree, match.answer.device, match)).length
    printResult({
      pass:
        isAll &&
        exact === matches.length &&
        cost.gasps >= options['gasps-at-least'] &&
        namedS <= options['limit-named-s'] &&
        us <= options['limit-us'] &&
        mib <= options['limit-mib'],
      outages: incidents.truth.length,
      opened: opened.length,
      matched: matches.length,
      exact,
      namedS,
      usPerItem: us,
      mib: Math.round(mib),
      ...cost
    })
  } finally {
    work.remove()
  }
}

/** Runs a command of the front door. @throws Error when it fails */
function gridvigil(args: readonly string[]): void {
  const { status, stderr } = spawnSync(join(PROJECT, 'bin', 'gridvigil'), args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`${args[0]} ended with ${status}: ${stderr.slice(-600)}`)
}

/** Counts and times everything that outage stages take from now on. */
function measured(): Cost {
  const cost: Cost = { ms: 0, events: 0, records: 0, readings: 0, gasps: 0 }
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
