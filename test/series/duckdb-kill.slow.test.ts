import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { FIELD } from '../../src/model/fields.ts'
import { seededRandom } from '../../src/random.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import { ROWS_PER_SEQ, rowsOf } from './kill-child.ts'

const KILLS = 20
const CHILD = join(import.meta.dirname, 'kill-child.ts')
const T0 = Date.UTC(2026, 10, 20)
const DAY = 86_400_000

/** Runs the child until it ends, or kills it `killMs` after its first commit. @returns the last seq it said */
async function runChild(folder: string, size: number, last: number, killMs: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, folder, String(size), String(last)], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let said = 0
  let cancel = (): void => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (said === 0 && Number.isFinite(killMs)) cancel = systemClock.after(killMs, () => child.kill('SIGKILL'))
    // A line may be cut by the kill, so only a whole one counts.
    for (const line of text.split('\n').slice(0, -1)) said = Math.max(said, Number(line))
  })
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  cancel()
  if (!Number.isFinite(killMs)) assert.equal(code, 0)
  return said
}

test(`kill -9 during commits, ${KILLS} times with other batches: exactly the committed rows`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-kill-'))
  const random = seededRandom('kill')
  const open = async () => {
    const store = createDuckdbStore({ folder, memoryMb: 128, threads: 1 })
    await store.open()
    return store
  }
  let said = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const size = 1 + random.integer(60)
    said = Math.max(said, await runChild(folder, size, 1e6, random.next() * 120))
    const store = await open()
    const stands = store.position().resultsSeq
    assert.ok(stands >= said, `${stands} is durable although ${said} was said`)
    assert.deepEqual(await store.countReadings(), { first: stands * ROWS_PER_SEQ, corrections: 0 })
    await store.close()
    // Some restarts meet the logs of two kills: this one is not followed by a clean close.
    if (kill % 2 === 1) said = Math.max(said, await runChild(folder, 5, 1e6, 10))
  }
  const last = said + 500
  await runChild(folder, 37, last, Number.POSITIVE_INFINITY)
  const store = await open()
  assert.equal(store.position().resultsSeq, last)
  const expected = Array.from({ length: last }, (_, i) => rowsOf(i + 1)).flat()
  for (let meter = 0; meter < 5; meter++) {
    const rows = expected.filter(row => row.meter === meter).sort((a, b) => a.time - b.time)
    const found = await store.readings({ meter, from: 0, to: T0 + 900 * DAY, limit: 1e6, allVersions: true })
    assert.deepEqual(
      found.map(row => [row.time, row.values[FIELD.importKwh], row.extras, row.reasons.size]),
      rows.map(row => [row.time, row.values?.importKwh, row.extras ?? '', row.extras === undefined ? 0 : 1])
    )
  }
  assert.equal((await store.intervals({ meter: 1, from: T0, to: T0 + last * 1000 })).length, last)
  const entries = await store.quarantine({ limit: 1e6 })
  assert.deepEqual(
    entries.map(entry => entry.seq),
    Array.from({ length: last }, (_, i) => last - i)
  )
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
