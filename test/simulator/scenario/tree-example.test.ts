import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseScenario } from '../../../src/simulator/scenario/read-scenario.ts'
import { Run } from '../../../src/simulator/run.ts'
import { PROJECT } from '../../../tools/house/check.ts'
import { cityGrid } from '../../support/city-grid.ts'
import { START } from './played.ts'

/** What somebody sees who follows "One in ten minutes" of docs/scenarios.md, in the city that its commands make. */
test('the truth that docs/scenarios.md prints of its first example is what comes out', () => {
  const page = readFileSync(join(PROJECT, 'docs', 'scenarios.md'), 'utf8')
  const [, text = ''] = /^```yaml\n([\s\S]*?)^```/m.exec(page) ?? []
  const [, printed = ''] = /^\$ cut -c 1-150 tree-truth\.ndjson\n([\s\S]*?)\n…$/m.exec(page) ?? []
  const [, lines] = /tree\.yaml --frames [^\n]*\n\{"event":"simulated","lines":(\d+)/.exec(page) ?? []
  const grid = cityGrid({ seed: 'city', meters: 1200 })
  const run = new Run({ grid, scenario: parseScenario(text, 'tree'), start: START, seed: '1' })
  assert.equal([...run.lines()].length, Number(lines))
  const rows = run.truth().map(row => JSON.stringify(row).slice(0, 150))
  assert.ok(printed.split('\n').length > 3)
  assert.deepEqual(printed.split('\n'), rows.slice(0, printed.split('\n').length))
})
