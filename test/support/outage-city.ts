import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RecordedInput } from '../../commands/backtest/input.ts'
import { REGISTRY } from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { importRegistry } from '../../src/registry/read/import.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { buildRegistry } from '../../src/registry/version/build.ts'
import { makeCity } from '../../src/simulator/city/city.ts'
import { writeCity } from '../../src/simulator/city/write-city.ts'
import { readGrid } from '../../src/simulator/grid/read-grid.ts'
import { lineText, Run } from '../../src/simulator/run.ts'
import { parseScenario } from '../../src/simulator/scenario/read-scenario.ts'
import type { TruthRow } from '../../src/simulator/truth/truth-row.ts'
import type { Input } from './replay-outputs.ts'

export interface PlayedCity {
  /** As a utility has it: some records are wrong. */
  readonly registry: Registry
  /** What the gateway would have logged. */
  readonly inputs: Input[]
  readonly truth: readonly TruthRow[]
}

/** A scenario (YAML) played in a made-up city. @param heard what arrives of each line (JSON text); undefined for nothing */
export function playCity(
  seed: string,
  meters: number,
  scenario: string,
  heard: (line: string) => string | undefined = line => line
): PlayedCity {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-outage-city-'))
  try {
    writeCity(makeCity({ seed, meters }), folder)
    const { tables, book } = importRegistry(join(folder, 'registry'))
    const run = new Run({
      grid: readGrid(join(folder, 'truth')),
      scenario: parseScenario(scenario, seed),
      start: Date.parse('2026-11-20T08:00:00+08:00'),
      seed
    })
    const recorded = new RecordedInput(
      { settings: given => given, hasRegistry: () => true, takesAnswers: false, isSetAside: () => false },
      false
    )
    const inputs: Input[] = [recorded.control(REGISTRY, 0, { version: 1, hash: 'city' })]
    for (const line of run.lines()) {
      const text = heard(lineText(line))
      if (text !== undefined) inputs.push(...recorded.take(text))
    }
    const registry = buildRegistry(sourceOf(tables, book), 1, 'city')
    return { registry, inputs, truth: run.truth() }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
