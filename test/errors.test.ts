import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { asError, ERRORS, type ErrorCode, type ErrorEntry, GridvigilError, isError } from '../src/errors.ts'
import { GENERATED } from '../tools/docs/pages.ts'
import { PROJECT, readHouse } from '../tools/house/check.ts'

const TABLE = Object.entries(ERRORS) as [ErrorCode, ErrorEntry][]

for (const { path, render } of GENERATED) {
  test(`${path} is fresh (npm run docs)`, () => {
    const present = readFileSync(join(PROJECT, path), 'utf8')
    assert.equal(render(present), present)
  })
}

test('every code is named <ROOM>_<CAUSE> and every entry helps a person', () => {
  for (const [code, entry] of TABLE) {
    assert.match(code, /^[A-Z]+(_[A-Z0-9]+)+$/)
    for (const text of [entry.message, entry.remedy]) {
      assert.ok(text.length > 5, `${code} says something`)
      assert.doesNotMatch(text, /[.!]$/, `${code} is a phrase without a full stop`)
    }
    assert.ok(entry.status >= 400 && entry.status <= 599, `${code} has an error status`)
    assert.ok(
      !entry.retry || entry.status >= 500 || [409, 429].includes(entry.status),
      `${code} may be retried`
    )
  }
})

test('every code thrown anywhere stands in the table', () => {
  for (const { path, text } of readHouse()) {
    for (const [, code] of text.matchAll(/new GridvigilError\(\s*'([^']+)'/g)) {
      assert.ok(code !== undefined && code in ERRORS, `${path} throws ${code}`)
    }
  }
})

test('an error carries code, detail and remedy', () => {
  const cause = new Error('EACCES')
  const error = new GridvigilError('LOG_WRITE_FAILED', 'segment 3', { cause })
  assert.equal(error.message, `${ERRORS.LOG_WRITE_FAILED.message}: segment 3`)
  assert.equal(error.remedy, ERRORS.LOG_WRITE_FAILED.remedy)
  assert.equal(error.cause, cause)
  assert.equal(new GridvigilError('LOG_CLOSED').message, ERRORS.LOG_CLOSED.message)
})

test('errors are told apart by code', () => {
  const error = new GridvigilError('LOG_CLOSED')
  const rows: [unknown, ErrorCode | undefined, boolean][] = [
    [error, undefined, true],
    [error, 'LOG_CLOSED', true],
    [error, 'LOG_FORMAT', false],
    [new Error('LOG_CLOSED'), undefined, false],
    [undefined, undefined, false]
  ]
  for (const [thrown, code, expected] of rows) assert.equal(isError(thrown, code), expected)
  assert.equal(asError(error), error)
  assert.equal(asError('text').message, 'text')
})
