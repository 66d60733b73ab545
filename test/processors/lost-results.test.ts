import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Pipeline } from '../../processors/pipeline.ts'
import { readingsBalance } from '../../src/model/audit.ts'
import { seededRandom } from '../../src/random.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import type { SeriesStore } from '../../src/series/port.ts'
import { type CrashFiles, crashFiles } from '../support/crash-files.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { PipelineLife } from '../support/pipeline-life.ts'
import { smallRegistry, traffic } from '../support/traffic.ts'

const METERS = 6
const TERMINALS = 2
const START = Date.UTC(2026, 10, 18)
const settings = { pastDays: 45, futureMinutes: 5, maxReadings: 10_000, limitFactor: 1.2, minimumSteps: 5 }
const registry = smallRegistry(METERS, TERMINALS)
const newPipeline = (): Pipeline =>
  new Pipeline({ settings, windowReadings: 4, growWindow: false, loadRegistry: () => registry })

/** What happens to the results log between two lives; the checkpoint is older than the store. */
const HARMS: { title: string; harm: (files: CrashFiles) => void }[] = [
  {
    title: 'deleted',
    harm(files) {
      for (const name of files.list('/results')) files.remove(`/results/${name}`)
    }
  },
  {
    title: 'cut short',
    harm(files) {
      const last = files.list('/results').findLast(name => name.endsWith('.seg'))
      files.open(`/results/${last}`, 'write').resizeSync(20_000)
    }
  }
]
for (const { title, harm } of HARMS) {
  for (const seed of [1, 2, 3, 4, 5]) {
    test(`results log ${title} after a crash: processing goes on, nothing is stored twice (seed ${seed})`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'gridvigil-lost-'))
      const store = createDuckdbStore({ folder, memoryMb: 256, threads: 1 })
      try {
        await store.open()
        await judge(seed, store, harm)
      } finally {
        await store.close()
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }
}

async function judge(seed: number, store: SeriesStore, harm: (files: CrashFiles) => void): Promise<void> {
  const random = seededRandom(`lost-results/${seed}`)
  const files = crashFiles()
  const clock = new ManualClock(START + 86_400_000)
  const source = [...traffic(random, METERS, TERMINALS, START, 40)]
  let holes = 0
  const onDamage = (): void => {
    holes++
  }
  const options = { files, store, clock, random, settings, newPipeline, onDamage }
  const third = Math.ceil(source.length / 3)
  const published = source.splice(0, 2 * third)
  await (await PipelineLife.begin(options)).finish(published.slice(0, third))
  // The store goes on, and no checkpoint follows it.
  await (await PipelineLife.begin({ ...options, checkpoints: 0 })).finish(published.slice(third))
  const before = store.position()
  assert.equal(before.audit.readings.held, 0)
  harm(files)

  await (await PipelineLife.begin(options)).finish(source)
  const after = store.position()
  const said = JSON.stringify({ before, after, holes })
  assert.ok(after.resultsSeq > before.resultsSeq, said)
  assert.equal(after.framesConsumed, published.length + source.length, said)
  const { frames, readings } = after.audit
  assert.equal(frames.decoded + frames.quarantined, after.framesConsumed, said)
  assert.ok(readingsBalance(readings), said)
  assert.equal(readings.held, 0, said)
  const { first, corrections } = await store.countReadings()
  assert.deepEqual(
    { first, corrections },
    { first: readings.stored, corrections: readings.corrections },
    said
  )
}
