import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { FIELD } from '../../src/model/fields.ts'
import { seededRandom } from '../../src/random.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import { ROWS_PER_SEQ, rowsOf } from './kill-child.ts'

const CHILD = join(import.meta.dirname, 'cluster-kill-child.ts')
const DAY = 86_400_000
/** Steps of the clustering of two days and a few more. */
const STEPS = 12
const RANDOM_KILLS = 8
const SEQS = 30

/** @returns the last seq it said before it was killed or ended */
async function runChild(folder: string, killAt: number, last: number, killMs?: number): Promise<number> {
  const child = spawn(process.execPath, [CHILD, folder, String(killAt), String(last)], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let said = 0
  let cancel = (): void => {}
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (said === 0 && killMs !== undefined) cancel = systemClock.after(killMs, () => child.kill('SIGKILL'))
    for (const line of text.split('\n').slice(0, -1)) said = Math.max(said, Number(line))
  })
  await new Promise(resolve => child.on('close', resolve))
  cancel()
  return said
}

/** Exactly the rows of the seqs up to where the store stands. */
async function check(folder: string, said: number): Promise<number> {
  const store = createDuckdbStore({ folder, memoryMb: 128, threads: 1 })
  const { resultsSeq } = await store.open()
  assert.ok(resultsSeq >= said, `${resultsSeq} is durable although ${said} was said`)
  assert.deepEqual(
    readdirSync(join(folder, 'days')).filter(name => name.includes('.new')),
    []
  )
  assert.deepEqual(await store.countReadings(), { first: resultsSeq * ROWS_PER_SEQ, corrections: 0 })
  const expected = Array.from({ length: resultsSeq }, (_, i) => rowsOf(i + 1)).flat()
  for (let meter = 0; meter < 5; meter++) {
    const rows = expected.filter(row => row.meter === meter).sort((a, b) => a.time - b.time)
    const found = await store.readings({
      meter,
      from: 0,
      to: Date.UTC(2030, 0),
      limit: 1e6,
      allVersions: true
    })
    assert.deepEqual(
      found.map(row => [row.time, row.values[FIELD.importKwh], row.extras, row.reasons.size]),
      rows.map(row => [row.time, row.values?.importKwh, row.extras ?? '', row.extras === undefined ? 0 : 1])
    )
  }
  assert.equal((await store.intervals({ meter: 1, from: 0, to: DAY })).length, resultsSeq)
  await store.close()
  return resultsSeq
}

test('kill -9 at every step of a clustering, with commits beside it: no row lost, none twice', async () => {
  for (let killAt = 0; killAt < STEPS; killAt++) {
    const folder = mkdtempSync(join(tmpdir(), 'gridvigil-cluster-kill-'))
    await runChild(folder, -1, 1)
    let stands = await check(folder, 1)
    stands = await check(folder, await runChild(folder, killAt, stands + SEQS))
    await runChild(folder, -1, stands + SEQS)
    assert.equal(await check(folder, stands + SEQS), stands + SEQS)
    rmSync(folder, { recursive: true, force: true })
  }
})

test(`kill -9 at ${RANDOM_KILLS} random moments of commits and clusterings`, async () => {
  const random = seededRandom('cluster-kill')
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-cluster-kill-'))
  await runChild(folder, -1, 1)
  let stands = 1
  for (let kill = 0; kill < RANDOM_KILLS; kill++) {
    stands = await check(folder, await runChild(folder, -1, 1e6, random.next() * 400))
  }
  assert.ok(stands > RANDOM_KILLS)
  rmSync(folder, { recursive: true, force: true })
})
