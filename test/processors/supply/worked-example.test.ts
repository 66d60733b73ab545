import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseScenario } from '../../../src/simulator/scenario/read-scenario.ts'
import { Played } from '../../simulator/scenario/played.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** The example of docs/key-customers.md: rows of its last table that say what is said, with their seconds. */
function rowsOfPage(): string[] {
  const page = readFileSync(join(ROOT, 'docs/key-customers.md'), 'utf8')
  const said = page
    .slice(page.indexOf('## One outage, second by second'))
    .matchAll(/\| (?:(\d+): )?`(\w+)`(?:, `(\w+)`)?/g)
  return [...said].map(([, at = '', state, reason = '']) => `${at} ${state} ${reason}`.trim())
}

test('the worked example of docs/key-customers.md is what happens', () => {
  const text = readFileSync(join(ROOT, 'scenarios/hospital-both-lost.yaml'), 'utf8')
  const lines = new Played(parseScenario(text, 'hospital-both-lost')).backtest().supply
  // The first tick of a run is its first second.
  const begun = (lines[0]?.at ?? 0) - 1000
  const said = new Map<string, string>()
  for (const { at, state, reason } of lines)
    said.set(`${(at - begun) / 1000}`, reason === 'TRANSFERRING' ? `${state} ${reason}` : state)
  const rows = rowsOfPage()
  assert.ok(rows.length > 7)
  for (const row of rows) {
    const [at = '', ...words] = row.split(' ')
    assert.equal(said.get(at), words.join(' '), row)
  }
  const at = (second: number) => lines.find(line => line.at === begun + second * 1000)
  assert.deepEqual(
    at(2402)?.transfers?.map(({ gapMs, resolutionMs }) => [gapMs, resolutionMs]),
    [1, 2, 3].map(() => [1500, 0])
  )
  assert.deepEqual([at(3015)?.start, at(3015)?.autonomyMin], [begun + 3_000_000, [474, 667]])
  assert.deepEqual(
    at(3015)?.transfers?.map(({ gapMs }) => gapMs),
    [14_500, 14_500]
  )
})
