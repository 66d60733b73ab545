import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { copyLog } from '../../commands/backup/logs.ts'
import { nodeFiles } from '../../src/files.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { openLog } from '../support/open-log.ts'

const EMPTY = new Uint8Array()

test('a log that is written is copied up to a record, and is whole up to there', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-copy-log-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const from = join(folder, 'log')
  const log = await openLog(nodeFiles, 'log', { folder: from })
  const append = (bytes: number) => log.append(1, 1, EMPTY, new Uint8Array(bytes).fill(7), () => {})
  for (let i = 0; i < 100; i++) append(5000)
  await log.flush()
  for (const upTo of [1, 37, 99, 100]) {
    // What comes while it is copied, and what comes before the copy of the newest segment is read.
    for (let i = 0; i < 20; i++) append(5000)
    const to = join(folder, `copy-${upTo}`)
    const copies = await copyLog(from, to, upTo)
    assert.ok(copies.length > 0)
    for (const copy of copies) assert.equal(statSync(copy).mode & 0o077, 0)
    const copied = await openLog(nodeFiles, 'log', { folder: to })
    assert.equal(copied.durableSeq, upTo, readdirSync(to).join(' '))
    const reader = new SegmentedReader({
      folder: to,
      files: nodeFiles,
      mark: copied.mark,
      onDamage: (first, last) => assert.fail(`damage ${first}..${last}`)
    })
    let seen = 0
    for (let records = reader.read(50, 1 << 20); records.length > 0; records = reader.read(50, 1 << 20))
      seen += records.length
    assert.equal(seen, upTo)
    reader.close()
    // It goes on from there.
    assert.equal(
      copied.append(1, 1, EMPTY, EMPTY, () => {}),
      upTo + 1
    )
    await copied.close()
  }
  await log.close()
})
