import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Pipeline } from '../../processors/pipeline.ts'
import { readingsBalance } from '../../src/model/audit.ts'
import type { QuarantineMark } from '../../src/model/quarantine.ts'
import { seededRandom } from '../../src/random.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import type { SeriesStore } from '../../src/series/port.ts'
import { crashFiles } from '../support/crash-files.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { terminalsOf } from '../support/meter-registry.ts'
import { PipelineLife } from '../support/pipeline-life.ts'
import { journalOf, logicalOutputs, replayInChunks } from '../support/replay-outputs.ts'
import { smallRegistry, type TrafficFrame, traffic } from '../support/traffic.ts'

const METERS = 12
const TERMINALS = 3
const KILLS = 20
const START = Date.UTC(2026, 10, 18)
const DAY_MS = 86_400_000
const settings = { pastDays: 45, futureMinutes: 5, maxReadings: 10_000, limitFactor: 1.2, minimumSteps: 5 }
/** Of the third terminal nothing is known: its unknown meters are set aside, those of the others wait. */
const KNOWN = terminalsOf([{ id: 'T0' }, { id: 'T1' }])
/** The last meters are imported on the way: what waited is released, what was set aside is replayed. */
const REGISTRIES = new Map(
  [
    { ...smallRegistry(METERS - 3, TERMINALS), hash: 'small' },
    { ...smallRegistry(METERS, TERMINALS), version: 2, hash: 'grown' }
  ].map(registry => [registry.hash, { ...registry, terminals: KNOWN }])
)

const newPipeline = (): Pipeline =>
  new Pipeline({
    settings,
    windowReadings: 4,
    growWindow: false,
    loadRegistry: ({ hash }) => REGISTRIES.get(hash)!
  })

/**
 * A processor lives through 20 power cuts while terminals publish, re-deliver and are late, and its store answers
 * questions about history. What its results log holds at the end must be exactly what the recorded inputs give in the
 * recorded order, replayed whole or in chunks of 1, 7 and 1000 records.
 */
export function testOneTruth(seed: number): void {
  test(`one log, one truth: ${KILLS} kills, then replays whole and in chunks agree (seed ${seed})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gridvigil-truth-'))
    const store = createDuckdbStore({ folder, memoryMb: 256, threads: 1 })
    try {
      await store.open()
      await judge(seed, store)
    } finally {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

async function judge(seed: number, store: SeriesStore): Promise<void> {
  const random = seededRandom(`one-truth/${seed}`)
  const files = crashFiles()
  const clock = new ManualClock(START + DAY_MS)
  const source = [...traffic(random, METERS, TERMINALS, START, 60)]
  const options = { files, store, clock, random, settings, newPipeline }
  let waiting: TrafficFrame[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const registry = kill < KILLS / 2 ? 'small' : 'grown'
    const life = await PipelineLife.begin({ ...options, registry, replays: 0.2 })
    waiting = await life.publishUntilCut([...waiting, ...source.splice(0, 8)])
    files.cut(random)
  }
  const last = await PipelineLife.begin({ ...options, registry: 'grown', replays: 0.1 })
  await last.finish([...waiting, ...source])

  const { audit } = store.position()
  const said = JSON.stringify(audit)
  assert.ok(readingsBalance(audit.readings), said)
  assert.deepEqual([audit.readings.held, audit.readings.unbound], [0, 0], said)
  assert.ok(audit.readings.corrections > 5 && audit.readings.duplicates > 20, said)
  assert.equal(audit.readings.stored, storedReadings(recordsOf(last)), said)
  assert.deepEqual(await store.countReadings(), {
    first: audit.readings.stored,
    corrections: audit.readings.corrections
  })

  const recorded = recordsOf(last)
  const inputs = journalOf(recorded, { frames: last.read('frames'), events: last.read('events') })
  const truth = logicalOutputs(recorded)
  assert.ok(truth.requests.length > 5, 'the store was asked')
  const outcomes = truth.marks.map(mark => (JSON.parse(mark) as QuarantineMark).outcome)
  for (const outcome of ['unbound', 'stored', 'quarantined'] as const)
    assert.ok(outcomes.includes(outcome), outcome)
  const open = await store.quarantine({ limit: 1e6, state: 'open' })
  assert.equal(open.filter(({ index }) => index >= 0).length, audit.readings.quarantined)
  assert.equal(open.filter(({ index }) => index < 0).length, audit.frames.quarantined)
  for (const chunk of [Infinity, 1, 7, 1000]) {
    assert.deepEqual(replayInChunks(newPipeline(), inputs, chunk), truth, `chunks of ${chunk}`)
  }
}

const recordsOf = (life: PipelineLife) => life.read('results')

/** Different (meter, time, kind) among the recorded rows: each must have been stored once. */
function storedReadings(records: ReturnType<typeof recordsOf>): number {
  return new Set(
    logicalOutputs(records).readings.map(row =>
      row
        .split(' ')
        .filter((_, i) => [0, 1, 4].includes(i))
        .join(' ')
    )
  ).size
}
