import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { judgeIncidents, isExact } from '../scoring/incidents.ts'
import { runCases } from '../scoring/run-cases.ts'
import type { OutageCost } from './outage-processor.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { gridvigil } from './front-command.ts'
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

async function main(): Promise<void> {
  const options = readOptions(DEFAULTS, process.argv.slice(2))
  const work = workFolder(options.work, 'storm')
  try {
    const [city, data, scenario, frames, truth, out] = [
      'city',
      'data',
      'storm.yaml',
      'frames.ndjson',
      'truth.ndjson',
      'out'
    ].map(name => join(work.path, name)) as [string, string, string, string, string, string]
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
    // As a server has it: imported before, and read from its data folder.
    gridvigil(['import', join(city, 'registry'), '--data', data])
    const cost = runProcessor(['--data', data, '--frames', frames, '--out', out])
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
        cost.mib <= options['limit-mib'],
      outages: incidents.truth.length,
      opened: opened.length,
      matched: matches.length,
      exact,
      namedS,
      usPerItem: us,
      ...cost
    })
  } finally {
    work.remove()
  }
}

/** Runs the pipeline over the frames. @returns what it cost @throws Error when it fails */
function runProcessor(args: readonly string[]): OutageCost {
  const program = join(PROJECT, 'bench', 'outage-processor.ts')
  const { status, stdout } = spawnSync(process.execPath, [...FLAGS, program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`outage-processor.ts ended with ${status}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as OutageCost
}

/** As bin/gridvigil starts a server. */
const FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--single-threaded-gc',
  '--initial-old-space-size=256'
]

await main()
