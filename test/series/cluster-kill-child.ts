import { systemClock } from '../../src/clock.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import { batchOf } from '../support/series-blocks.ts'
import { rowsOf } from './kill-child.ts'

/**
 * The process that test/series/duckdb-cluster-kill.slow.test.ts kills: commits on and on while it clusters, and kills
 * itself at a step of the clustering.
 *
 *   node cluster-kill-child.ts FOLDER KILL_AT_STEP LAST_SEQ
 */
const [folder, killAt, last] = process.argv.slice(2)
if (import.meta.main && folder !== undefined) {
  let steps = 0
  const store = createDuckdbStore({
    folder,
    memoryMb: 128,
    threads: 1,
    clusterQuietMs: 0,
    maxOpenDays: 2,
    onClusterStep: async () => {
      // Some steps meet a commit under way.
      await systemClock.delay(steps % 3)
      if (steps++ === Number(killAt)) process.kill(process.pid, 'SIGKILL')
    }
  })
  let { resultsSeq } = await store.open()
  const clustered = (async () => {
    while ((await store.clusterNext()) !== undefined);
  })()
  while (resultsSeq < Number(last)) {
    const to = resultsSeq + 1
    await store.commit(
      batchOf(to, {
        readings: { [to]: rowsOf(to) },
        intervals: { [to]: [{ meter: 1, start: to, end: to + 1, revision: to }] }
      })
    )
    resultsSeq = to
    process.stdout.write(`${to}\n`)
  }
  await clustered
  await store.close()
}
