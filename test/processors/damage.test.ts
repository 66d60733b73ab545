import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { readingsBalance } from '../../src/model/audit.ts'
import { DamagedSite } from '../support/damaged-site.ts'

const FRAMES = 12
const METERS = 3

function siteOf(context: TestContext): DamagedSite {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-damage-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return new DamagedSite(folder)
}

/** After damage: another life takes what is new, the equations hold, nothing is stored twice. */
async function liveOn(site: DamagedSite): Promise<void> {
  await site.start()
  await site.publish(5)
  await site.process()
  await site.storeAll()
  const { frames, readings } = site.pipeline.audit.total
  assert.equal(frames.decoded + frames.quarantined, FRAMES + 5, 'every publish is accounted for')
  assert.equal(site.pipeline.framesConsumed, FRAMES + 5)
  assert.ok(readingsBalance(readings))
  await site.kill()
}

async function rowsOf(site: DamagedSite): Promise<{ rows: number; distinct: number }> {
  let rows = 0
  const seen = new Set<string>()
  for (let meter = 0; meter < METERS; meter++) {
    const found = await site.store.readings({ meter, from: 0, to: Infinity, limit: 1e6, allVersions: true })
    rows += found.length
    for (const { time, version } of found) seen.add(`${meter}/${time}/${version}`)
  }
  return { rows, distinct: seen.size }
}

for (let seq = 1; seq < FRAMES; seq++) {
  for (const isProcessed of [true, false]) {
    test(`a damaged frame ${seq}, ${isProcessed ? 'processed before' : 'never processed'}: the others go on`, async context => {
      const site = siteOf(context)
      await site.start()
      await site.publish(FRAMES)
      if (isProcessed) {
        await site.process()
        await site.storeAll()
      }
      await site.kill()
      site.damage('frames', seq)
      await liveOn(site)
      const { rows, distinct } = await rowsOf(site)
      const lost = isProcessed ? 0 : 1
      assert.deepEqual([rows, distinct], [(FRAMES + 5 - lost) * METERS, rows])
      const { frames, readings } = site.pipeline.audit.total
      assert.deepEqual([frames.quarantined, readings.stored], [lost, rows])
    })
  }
}

test('any one damaged record of the results: nothing is stored twice, and processing goes on', async context => {
  const count = await resultsOf(siteOf(context))
  for (let seq = 1; seq < count; seq++) {
    for (const isStored of [true, false]) {
      await context.test(
        `record ${seq} of ${count}, ${isStored ? 'stored before' : 'not stored yet'}`,
        async inner => {
          const site = siteOf(inner)
          await site.start()
          await site.publish(FRAMES)
          await site.process()
          if (isStored) await site.storeAll()
          await site.kill()
          site.damage('results', seq)
          await liveOn(site)
          const { rows, distinct } = await rowsOf(site)
          assert.equal(rows, distinct, 'nothing twice')
          assert.equal(site.pipeline.audit.total.readings.stored, (FRAMES + 5) * METERS)
          if (isStored)
            assert.equal(rows, (FRAMES + 5) * METERS, 'what was stored before stays, the new is added')
          else assert.ok(rows >= (FRAMES + 5 - 3) * METERS, 'at most the rows of that step are lost')
        }
      )
    }
  }
})

async function resultsOf(site: DamagedSite): Promise<number> {
  await site.start()
  await site.publish(FRAMES)
  await site.process()
  const count = site.lastSeq('results')
  await site.kill()
  return count
}
