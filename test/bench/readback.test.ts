import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFleet, importCenti, timeOf } from '../../bench/fleet.ts'
import { checkMeter, type ReadBack } from '../../bench/readback.ts'
import { spanEnergies } from '../../bench/real-input.ts'
import type { ApiReading } from '../../bench/server.ts'

const START = Date.UTC(2026, 10, 20)
const fleet = createFleet({
  seed: 3,
  meters: 4,
  terminals: 2,
  batch: 2,
  slots: 6,
  slotMs: 60_000,
  startTime: START
})
const row = (slot: number): ApiReading => ({
  time: timeOf(fleet, slot),
  importKwh: importCenti(3, 1, slot) / 100
})
/** Frames 0..3 of terminal 0 hold slots 0..3 of its two meters. */
const acknowledged = (terminal: number, frame: number): boolean => terminal === 0 && frame < 4
const all = [0, 1, 2, 3].map(row)

const CASES: readonly { name: string; rows: ApiReading[]; expected: ReadBack }[] = [
  { name: 'as sent', rows: all, expected: { present: 4, lost: 0, duplicated: 0, wrong: 0, foreign: 0 } },
  {
    name: 'one lost',
    rows: all.slice(1),
    expected: { present: 3, lost: 1, duplicated: 0, wrong: 0, foreign: 0 }
  },
  {
    name: 'one twice',
    rows: [...all, row(2)],
    expected: { present: 4, lost: 0, duplicated: 1, wrong: 0, foreign: 0 }
  },
  {
    name: 'another value',
    rows: [...all.slice(0, 3), { ...row(3), importKwh: 1 }],
    expected: { present: 4, lost: 0, duplicated: 0, wrong: 1, foreign: 0 }
  },
  {
    name: 'no value',
    rows: [...all.slice(0, 3), { ...row(3), importKwh: undefined }],
    expected: { present: 4, lost: 0, duplicated: 0, wrong: 1, foreign: 0 }
  },
  {
    name: 'never sent, and a time of no slot',
    rows: [...all, row(5), { time: START + 1, importKwh: 1 }],
    expected: { present: 5, lost: 0, duplicated: 0, wrong: 0, foreign: 2 }
  }
]

for (const { name, rows, expected } of CASES) {
  test(`read back: ${name}`, () => {
    const result: ReadBack = { present: 0, lost: 0, duplicated: 0, wrong: 0, foreign: 0 }
    checkMeter(fleet, 1, rows, acknowledged, result)
    assert.deepEqual(result, expected)
  })
}

test('real input: span energies with and without a first register', () => {
  const source = { intervalMs: 60_000, span: 2 }
  const registers = [10, 11, 13, 13, 14.5]
  const rows = registers.map((importKwh, index) => ({ time: START + index * 60_000, importKwh }))
  assert.deepEqual(spanEnergies(rows, 0, 4, source), [3, 1.5])
  assert.deepEqual(spanEnergies(rows.slice(1), 10, 4, source), [3, 1.5])
  assert.deepEqual(spanEnergies([...rows.slice(0, 2), ...rows.slice(3)], 10, 4, source).map(Number.isNaN), [
    true,
    true
  ])
})
