import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leanAnswer, splitAnswers } from '../../commands/site/history-records.ts'
import { MAX_RECORD_BODY } from '../../src/log/port.ts'
import type { HistoryAnswer } from '../../src/model/history.ts'
import { hashReading } from '../../processors/validate/candidate.ts'

const answer = (extras: string): HistoryAnswer => ({
  meter: 1,
  time: 2,
  kind: 0,
  version: 1,
  values: [1.5, Number.NaN],
  ratio: 0,
  extras,
  before: undefined,
  after: undefined
})

test('a recorded answer carries the hash of its extras, not the extras', () => {
  const extras = JSON.stringify({ errors: 'x'.repeat(900_000) })
  const lean = leanAnswer(answer(extras))
  assert.equal(lean.extras, '')
  assert.equal(lean.hash, hashReading([1.5, Number.NaN], extras, true))
  const nothing = { ...answer(''), version: 0, values: undefined }
  assert.equal(leanAnswer(nothing), nothing)
})

test('a record of answers is bounded by number and by size', () => {
  const given = Array.from({ length: 450 }, (_, id) => ({ id, answer: answer('') }))
  assert.deepEqual(
    splitAnswers(given).map(run => run.length),
    [200, 200, 50]
  )
  const large = [10, 900_000, 900_000, 3_000_000, 10].map((size, id) => ({
    id,
    answer: answer('x'.repeat(size))
  }))
  const runs = splitAnswers(large)
  assert.deepEqual(
    runs.map(run => run.map(({ id }) => id)),
    [[0, 1], [2], [3], [4]]
  )
  for (const answers of runs) assert.ok(JSON.stringify({ answers }).length < MAX_RECORD_BODY / 4)
  assert.deepEqual(splitAnswers([]), [])
})
