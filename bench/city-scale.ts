import { createHash } from 'node:crypto'
import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { makeCity } from '../src/simulator/city/city.ts'
import { makeDirt } from '../src/simulator/city/dirt.ts'
import { writeCityRegistry } from '../src/simulator/city/registry-files.ts'
import { readGrid } from '../src/simulator/grid/read-grid.ts'
import { lineText, Run } from '../src/simulator/run.ts'
import { parseScenario } from '../src/simulator/scenario/read-scenario.ts'
import { coreTicks, describeMachine, readRevision, stolenSince } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'

/**
 * A city of a million meters: made, written as it is and as a utility has it, read and ready to play; then three quarters of an hour of its
 * frames, an outage in the second. The slowest quarter counts. Twice: the same seed gives the same bytes.
 *
 *   node bench/city-scale.ts [--meters 1000000]
 */
const DEFAULTS = { meters: 1_000_000, 'limit-city-s': 60, 'limit-frames-s': 10, work: DEFAULT_WORK } as const

const QUARTER_MS = 900_000
const START = Date.parse('2026-11-20T18:00:00+08:00')
const SCENARIO = `
name: scale
title: { en: three quarters of an hour, zh-CN: 三刻钟 }
duration: 45m
steps:
  - at: 20m
    fail: { on: { kind: fuse, least: 100 } }
    for: 10m
`
const CHUNK = 1 << 20

interface Made {
  readonly citySeconds: number
  readonly quarters: readonly number[]
  readonly lines: number
  readonly readings: number
  readonly megabytes: number
  readonly rssMb: number
  readonly digest: string
}

export function runScale(args: readonly string[]): { pass: boolean; figures: object } {
  const options = readOptions(DEFAULTS, args)
  const ticks = coreTicks()
  const [one, again] = [make(options.meters, options.work), make(options.meters, options.work)]
  const slowest = Math.max(...one.quarters, ...again.quarters)
  const citySeconds = Math.max(one.citySeconds, again.citySeconds)
  const isSame = one.digest === again.digest
  const { digest: _digest, ...figures } = one
  return {
    // An empty list would be as fast as can be.
    pass:
      one.quarters.length === 3 &&
      again.quarters.length === 3 &&
      one.readings >= 3 * options.meters * 0.95 &&
      citySeconds <= options['limit-city-s'] &&
      slowest <= options['limit-frames-s'] &&
      isSame,
    figures: {
      ...figures,
      again: again.quarters,
      citySeconds,
      slowest,
      isSame,
      stolenPercent: stolenSince(ticks)
    }
  }
}

function make(meters: number, folder: string): Made {
  const work = workFolder(folder, 'scale')
  const hash = createHash('sha256')
  try {
    const begin = systemClock.monotonic()
    const seconds = (): number => (systemClock.monotonic() - begin) / 1000
    const city = makeCity({ seed: 'scale', meters })
    const [truth, books] = [join(work.path, 'truth'), join(work.path, 'registry')]
    writeCityRegistry(city, truth)
    writeCityRegistry(city, books, makeDirt(city))
    const grid = readGrid(truth)
    const run = new Run({ grid, scenario: parseScenario(SCENARIO, 'bench'), start: START, seed: '1' })
    const citySeconds = seconds()
    tell(`city ready after ${citySeconds.toFixed(1)} s`)
    const quarters: number[] = []
    const sink = openSync('/dev/null', 'w')
    let [lines, readings, bytes, pending, since] = [0, 0, 0, '', seconds()]
    for (let part = run.traffic.next(); part !== undefined; part = run.traffic.next()) {
      for (const line of part.lines) {
        pending += lineText(line)
        lines++
        if (line.topic === 'readings') readings += readingsIn(line.text)
        if (pending.length < CHUNK) continue
        hash.update(pending)
        bytes += pending.length
        writeSync(sink, pending)
        pending = ''
      }
      if ((part.to - START) % QUARTER_MS !== 0) continue
      quarters.push(Number((seconds() - since).toFixed(2)))
      tell(`a quarter of an hour of frames in ${quarters.at(-1)} s`)
      since = seconds()
    }
    hash.update(pending)
    for (const name of [truth, books].flatMap(path => readdirSync(path).map(file => join(path, file))))
      hash.update(readFileSync(name))
    return {
      citySeconds: Number(citySeconds.toFixed(1)),
      quarters,
      lines,
      readings,
      megabytes: Math.round(bytes / 1e6),
      rssMb: Math.round(process.memoryUsage().rss / 1e6),
      digest: hash.digest('hex')
    }
  } finally {
    work.remove()
  }
}

/** Meters named in a message of columns; rows are few. */
function readingsIn(text: string): number {
  const [from, to] = [text.indexOf('"meters":['), text.indexOf(']')]
  if (from < 0 || to <= from + 10) return 0
  let count = 1
  for (let at = text.indexOf(',', from + 10); at >= 0 && at < to; at = text.indexOf(',', at + 1)) count++
  return count
}

if (import.meta.main) {
  const { pass, figures } = runScale(process.argv.slice(2))
  printResult({ ...figures, pass, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
