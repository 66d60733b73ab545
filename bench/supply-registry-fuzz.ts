import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { asError } from '../src/errors.ts'
import type { SupplyLine } from '../src/model/supply.ts'
import { seededRandom } from '../src/random.ts'
import { type ImportResult, importRegistry } from '../src/registry/read/import.ts'
import { ImportRefused, REGISTRY_ISSUES } from '../src/registry/read/issues.ts'
import { sourceOf } from '../src/registry/source.ts'
import { buildRegistry } from '../src/registry/version/build.ts'
import { makeCity } from '../src/simulator/city/city.ts'
import { writeCityRegistry } from '../src/simulator/city/registry-files.ts'
import { affectedBy } from '../src/supply/affected.ts'
import { waysOf } from '../src/supply/ways.ts'
import { spoilCsv } from './fuzz/spoil-csv.ts'
import { describeMachine, readRevision } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, tell, workFolder } from './options.ts'
import { plantOf } from './supply-plants.ts'
import { SupplyUnderTest, timed } from './supply-under-test.ts'

/**
 * Files of key customers as somebody may get them wrong, through the import of a registry: each is loaded, or refused by name. What loads goes on to
 * whoever works with it: what customers hang on, who is affected, and the processor with messages of their plants.
 *
 *   node bench/supply-registry-fuzz.ts [--cases 5000] [--seed 7]
 */
const DEFAULTS = { cases: 5000, seed: 7, 'most-ms': 5000, 'most-findings': 5, work: DEFAULT_WORK } as const

const CUSTOMERS = 3
/** Two feeders, so that there are hospitals. */
const METERS = 200
const FILES = ['key_customers.csv', 'supply_sources.csv', 'load_sections.csv'] as const

export function runRegistryFuzz(args: readonly string[]): { pass: boolean; figures: object } {
  const options = readOptions(DEFAULTS, args)
  const work = workFolder(options.work, 'registry-fuzz')
  const city = makeCity({ seed: 'fuzz', meters: METERS, keyCustomers: CUSTOMERS })
  const folder = join(work.path, 'registry')
  mkdirSync(folder)
  writeCityRegistry(city, folder)
  const whole = new Map(FILES.map(file => [file, readFileSync(join(folder, file), 'utf8')]))
  const counts = { loaded: 0, refused: 0, lines: 0 }
  const issues: Record<string, number> = {}
  const findings = new Map<string, string>()
  let [slowestMs, slowest, done] = [0, 0, 0]
  for (; done < options.cases && findings.size < options['most-findings']; done++) {
    // Each case by a seed of its own: what is found can be had again alone.
    const random = seededRandom(`${options.seed}/${done}`)
    for (const [file, text] of whole)
      writeFileSync(join(folder, file), random.integer(2) === 0 ? spoilCsv(text, random) : text)
    try {
      const [ms] = timed(() => judge(folder, counts, issues))
      if (ms > slowestMs) [slowestMs, slowest] = [ms, done]
      if (ms > options['most-ms']) findings.set('slow', `case ${done}: ${ms} ms`)
    } catch (thrown) {
      const { message, stack = '' } = asError(thrown)
      findings.set(message.slice(0, 80), `case ${done}: ${stack.split('\n').slice(0, 4).join(' ')}`)
      tell(`FOUND in case ${done}: ${stack}`)
    }
  }
  work.remove()
  const pass = findings.size === 0 && done === options.cases && counts.loaded > 0 && counts.refused > 0
  return {
    pass,
    figures: {
      ...{ seed: options.seed, cases: done, ...counts, issues, slowestMs: Math.round(slowestMs), slowest },
      findings: [...findings.values()]
    }
  }
}

/** @throws Error when something else happens than a load or a named refusal, or what was loaded breaks those who use it */
function judge(
  folder: string,
  counts: { loaded: number; refused: number; lines: number },
  issues: Record<string, number>
): void {
  let imported: ImportResult
  try {
    imported = importRegistry(folder, undefined, { maxRejects: 1 })
  } catch (thrown) {
    if (!(thrown instanceof ImportRefused)) throw thrown
    if (thrown.code !== 'REGISTRY_FATAL' && thrown.code !== 'REGISTRY_REJECTS') throw thrown
    count(thrown.issues, issues)
    counts.refused++
    return
  }
  count(imported.issues, issues)
  counts.loaded++
  const registry = buildRegistry(sourceOf(imported.tables, imported.book), 1, 'fuzz')
  const customers = [...registry.keyCustomers.values()]
  const told = new Map([['TIE1', { state: 'closed' as const }]])
  for (const customer of customers) waysOf(registry, told, customer)
  affectedBy(registry, told, [registry.network.ids.get(0)])
  const plants = Array.from({ length: CUSTOMERS }, (_, number) => plantOf({ number }))
  const stage = new SupplyUnderTest(registry, 'fuzz', plants)
  for (const state of ['closed', 'open'] as const) {
    stage.operate('TIE1', state)
    for (const line of stage.lines) checkLine(line)
    counts.lines += stage.lines.length
  }
}

/** @throws Error on a code that the table of issues has not, or one without words */
function count(found: ImportResult['issues'], issues: Record<string, number>): void {
  for (const { code, message, remedy } of found) {
    if (!(code in REGISTRY_ISSUES) || message === '' || remedy === '')
      throw new Error(`an issue without a name: ${code}`)
    issues[code] = (issues[code] ?? 0) + 1
  }
}

/** @throws Error on a time that is none */
function checkLine({ at, start, from, end = at }: SupplyLine): void {
  if (![at, start, from, end].every(Number.isFinite))
    throw new Error(`a line without a time: ${JSON.stringify({ at, start, from, end })}`)
}

if (import.meta.main) {
  const begun = systemClock.monotonic()
  const { pass, figures } = runRegistryFuzz(process.argv.slice(2))
  const seconds = Math.round((systemClock.monotonic() - begun) / 1000)
  printResult({ ...figures, seconds, pass, machine: describeMachine(), ...readRevision() })
  process.exitCode = pass ? 0 : 1
}
