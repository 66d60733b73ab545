import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OutageStage } from '../../../processors/outages/outage-stage.ts'
import { isError } from '../../../src/errors.ts'
import { ByteReader, ByteWriter, joined } from '../../../src/records/bytes.ts'

test('what another version remembers of outages is refused by its format, and not misread', () => {
  const saved = joined(new OutageStage().save())
  const json = JSON.parse(new ByteReader(saved).text()) as object
  for (const format of [undefined, 1, 999]) {
    const other = new ByteWriter(1024).text(JSON.stringify({ ...json, format })).finish()
    assert.throws(
      () => new OutageStage().load(other),
      error => isError(error, 'LOG_FORMAT') && error.message.includes(`has format ${format ?? 1}`)
    )
  }
  new OutageStage().load(saved)
})
