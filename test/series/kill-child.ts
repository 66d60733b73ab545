import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import { batchOf, type GivenReading, quarantineEntry } from '../support/series-blocks.ts'

/**
 * The process that test/series/duckdb-kill.slow.test.ts kills: commits what it is told to, from where the store stands,
 * and says each position once it is durable. Rows are a function of their seq, so the test knows them all.
 *
 *   node kill-child.ts FOLDER STEPS_PER_BATCH LAST_SEQ
 */
const T0 = Date.UTC(2026, 10, 20)
const DAY = 86_400_000
/** Every few commits of a file: most kills then come near a fold. */
const CHECKPOINT_MB = 0.02
export const ROWS_PER_SEQ = 60
/** Readings of one results record: over three days, some with extras and reasons. */
export const rowsOf = (seq: number): GivenReading[] =>
  Array.from({ length: ROWS_PER_SEQ }, (_, i) => ({
    meter: i % 5,
    time: T0 + (i % 3) * DAY + seq * 1000 + i,
    values: { importKwh: seq + i / 64, voltageVA: 230 + i },
    ...(i === 7 ? { extras: `{"seq":${seq}}`, reasons: { importKwh: 4 } } : {})
  }))

const [folder, size, last] = process.argv.slice(2)
if (import.meta.main && folder !== undefined) {
  const store = createDuckdbStore({
    folder,
    memoryMb: 128,
    threads: 1,
    maxOpenDays: 2,
    checkpointMb: CHECKPOINT_MB
  })
  let { resultsSeq } = await store.open()
  while (resultsSeq < Number(last)) {
    const to = Math.min(Number(last), resultsSeq + Number(size))
    const seqs = Array.from({ length: to - resultsSeq }, (_, i) => resultsSeq + 1 + i)
    const by = <T>(of: (seq: number) => T) => Object.fromEntries(seqs.map(seq => [seq, of(seq)]))
    const batch = batchOf(to, {
      readings: by(rowsOf),
      intervals: by(seq => [{ meter: 1, start: T0 + (seq - 1) * 1000, end: T0 + seq * 1000, revision: seq }]),
      quarantine: by(seq => [quarantineEntry(seq, -1, Uint8Array.of(seq % 256))])
    })
    await store.commit(batch)
    resultsSeq = to
    process.stdout.write(`${to}\n`)
  }
  await store.close()
}
