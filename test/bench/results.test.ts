import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BarForm } from '../../bench/bars/bar.ts'
import { appendRun, passedAt, type RunRecord, readRuns } from '../../bench/bars/results.ts'
import { median } from '../../bench/machine.ts'
import { readOptions } from '../../bench/options.ts'
import { curveShare } from '../../bench/page-curve.ts'
import { parseStat } from '../../bench/processes.ts'

const run = (
  bar: string,
  pass: boolean,
  commit: string,
  dirty = false,
  form: BarForm = 'full'
): RunRecord => ({
  date: '2026-11-21T00:00:00.000Z',
  bar,
  form,
  commit,
  dirty,
  seconds: 1,
  load: 0,
  machine: { cpu: '', cores: 2, memoryGb: 24, kernel: '', node: '', versions: {} },
  pass,
  figures: {}
})

test('bars: runs are appended and read back; a torn last line is passed over', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bars-'))
  const path = join(folder, 'results', 'issue.ndjson')
  assert.deepEqual(readRuns(path), [])
  appendRun(path, run('a', false, 'c1'))
  appendRun(path, run('a', true, 'c1'))
  assert.deepEqual(
    readRuns(path).map(({ pass }) => pass),
    [false, true]
  )
  writeFileSync(path, '{"bar":"b', { flag: 'a' })
  assert.equal(readRuns(path).length, 2)
  rmSync(folder, { recursive: true })
})

test('bars: resume skips what passed at this commit, clean, in this form or a larger one', () => {
  const runs = [
    run('passed', true, 'c1'),
    run('failed', false, 'c1'),
    run('other-commit', true, 'c0'),
    run('changed', true, 'c1', true),
    run('short-only', true, 'c1', false, 'short'),
    run('long', true, 'c1', false, 'long')
  ]
  assert.deepEqual([...passedAt(runs, 'c1', 'full')], ['passed', 'long'])
  assert.deepEqual([...passedAt(runs, 'c1', 'short')], ['passed', 'short-only', 'long'])
})

test('options: defaults, numbers, texts; unknown and malformed ones are refused', () => {
  const defaults = { kills: 25, work: 'x' } as const
  assert.deepEqual(readOptions(defaults, ['--kills', '3', '--work', '7']), { kills: 3, work: '7' })
  assert.throws(() => readOptions(defaults, ['--kills', 'many']))
  assert.throws(() => readOptions(defaults, ['--kill', '3']))
})

test('processes: a command name with blanks and brackets does not shift the fields', () => {
  const line = '17 (a (b) c) S 4 17 17 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 1 0 9'
  assert.deepEqual(parseStat(line), { parent: 4, ticks: 300 })
})

test('median of odd, even and no values', () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3]), median([])], [2, 2.5, Number.NaN])
})

test('page: the curve counts by the width it covers, not by being there', () => {
  const page = (d: string): string =>
    `<svg class="glyph" viewBox="0 0 40 40"><path class="line" d="M0 0H40"/></svg><svg class="curve" viewBox="0 0 1000 300"><path class="grid" d="M0 1H1000"/><path class="line" d="${d}"/></svg>`
  assert.equal(curveShare(page('M50 9H500V3L950 20')), 0.9)
  assert.equal(curveShare(page('M900 9H950')), 0.05)
  assert.equal(curveShare('<html></html>'), 0)
})
