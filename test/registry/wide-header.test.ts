import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTable } from '../../src/registry/read/read-table.ts'
import { KEY_CUSTOMERS } from '../../src/registry/tables.ts'

const read = (text: string) => readTable(KEY_CUSTOMERS, Buffer.from(text), 'Asia/Shanghai').issues

test('of a header of very many columns the first are named, and how many more there are', () => {
  // Line ends that are none of ours: all of the file is its header.
  const rows = Array.from({ length: 20_000 }, (_, i) => `K${i},name,first,A${i}`)
  const issues = read(['id,name,grade,accounts', ...rows].join('\r'))
  assert.equal(issues.length, 22)
  assert.match(issues.at(-2)?.message ?? '', /59981 columns more/)
  assert.deepEqual(
    issues.map(({ code }) => code).filter((code, i, all) => all.indexOf(code) === i),
    ['COLUMN_UNKNOWN', 'COLUMN_TWICE', 'COLUMN_MISSING']
  )
})

test('a column name of any length has a nearest one soon', () => {
  const [issue] = read(`id,name,grade,accounts,${'x'.repeat(1_000_000)}\n`)
  assert.equal(issue?.code, 'COLUMN_UNKNOWN')
})
