import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promptClock } from '../support/manual-clock.ts'
import { SegmentedLog } from '../../src/log/segmented-log.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { type Random, seededRandom } from '../../src/random.ts'
import { crashFiles } from '../support/crash-files.ts'

/** Seeds can be chosen for a long run: POWER_CUT_SEEDS=1000 or POWER_CUT_SEED=17 for one. */
const SEEDS = Number(process.env.POWER_CUT_SEEDS ?? 1000)
const FIRST = Number(process.env.POWER_CUT_SEED ?? 1)

test(`power cut: ${SEEDS} seeded cuts of a layer that drops and reorders, nothing acknowledged is lost`, async () => {
  let acknowledged = 0
  let torn = 0
  for (let seed = FIRST; seed < FIRST + (process.env.POWER_CUT_SEED ? 1 : SEEDS); seed++) {
    const outcome = await live(seed)
    acknowledged += outcome.acknowledged
    torn += outcome.torn
  }
  assert.ok(acknowledged > SEEDS * 20, `the test acknowledged ${acknowledged} records`)
  assert.ok(torn > SEEDS / 10, `the cuts tore ${torn} tails`)
})

/** Several lives of one log, each ended by a power cut at a random operation. */
async function live(seed: number): Promise<{ acknowledged: number; torn: number }> {
  const random = seededRandom(`power-cut/${seed}`)
  const files = crashFiles()
  const acknowledged = new Map<number, string>()
  let torn = 0
  let alive = -1
  for (let life = 0; life < 4; life++) {
    alive = life
    const log = new SegmentedLog({
      folder: '/log',
      name: 'frames',
      files: files.boot(),
      clock: promptClock,
      segmentBytes: 4096 + random.integer(8192),
      commitDelayMs: 0,
      commitBytes: random.integer(2) * 2000,
      retryMs: 0,
      retentionMs: Infinity,
      retentionBytes: Infinity,
      onTrouble: trouble => {
        if (alive !== life) return
        if (trouble.kind === 'torn') torn++
        if (trouble.kind === 'damaged') assert.fail(`seed ${seed}: ${trouble.detail} taken for damage`)
      }
    })
    await log.open()
    verify(log, files, acknowledged, seed)
    await publishUntilCut(log, files, acknowledged, random, seed, life)
    files.cut(random)
  }
  return { acknowledged: acknowledged.size, torn }
}

async function publishUntilCut(
  log: SegmentedLog,
  files: ReturnType<typeof crashFiles>,
  acknowledged: Map<number, string>,
  random: Random,
  seed: number,
  life: number
): Promise<void> {
  const lastOperation = files.operations + 2 + random.integer(30)
  let cut = false
  const ended = new Promise<void>(resolve => {
    files.onOperation = () => {
      if (files.operations < lastOperation) return
      cut = true
      resolve()
    }
  })
  for (let i = 0; !cut && i < 400; i++) {
    const text = `${seed}/${life}/${i}/${'x'.repeat(random.integer(900))}`
    let seq = 0
    seq = log.append(1, i, new Uint8Array(), new TextEncoder().encode(text), error => {
      if (error === undefined && !cut) acknowledged.set(seq, text)
    })
    if (random.integer(3) > 0) await new Promise(resolve => setImmediate(resolve))
    // Some lives end by themselves; power goes while they do, or afterwards.
    if (random.integer(60) === 0) {
      await Promise.race([ended, log.close().catch(() => {})])
      return
    }
  }
  await ended
}

function verify(
  log: SegmentedLog,
  files: ReturnType<typeof crashFiles>,
  acknowledged: ReadonlyMap<number, string>,
  seed: number
): void {
  const reader = new SegmentedReader({
    folder: '/log',
    files,
    mark: log.mark,
    onDamage: (from, to) => assert.fail(`seed ${seed}: records ${from}..${to} are damaged`)
  })
  const found = new Map<number, string>()
  for (let batch = reader.read(64, 65536); batch.length > 0; batch = reader.read(64, 65536)) {
    for (const { seq, body } of batch) found.set(seq, new TextDecoder().decode(body))
  }
  for (const [seq, text] of acknowledged) assert.equal(found.get(seq), text, `seed ${seed}: record ${seq}`)
  assert.equal(log.durableSeq, found.size, `seed ${seed}: no holes`)
}
