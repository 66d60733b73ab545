import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { logSettings, openLogs } from '../../commands/site/logs.ts'
import { Site } from '../../commands/site/site.ts'
import { Intake } from '../../gateway/intake.ts'
import { type Clock, systemClock } from '../../src/clock.ts'
import { buildConfig, type Config } from '../../src/config.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { createLogger, type Logger } from '../../src/logger.ts'
import { emptyRegistry } from '../../src/registry/lookup/registry.ts'
import { createDuckdbStore } from '../../src/series/duckdb/store.ts'
import { EMPTY_POSITION } from '../../src/series/port.ts'
import { until } from '../support/until.ts'

const HOUR_MS = 3_600_000
const silent = createLogger('silent', 'test')

interface Rig {
  readonly config: Config
  readonly clock: Clock
  readonly site: Site
  /** Codes logged as errors. */
  readonly codes: ErrorCode[]
  /** How far the clock is off now. */
  readonly off: { ms: number }
}

function rigFor(t: TestContext): Rig {
  const data = mkdtempSync(join(tmpdir(), 'gridvigil-site-'))
  const config = buildConfig({ data, 'mqtt.port': 0, 'log.level': 'silent' })
  const codes: ErrorCode[] = []
  const error = ({ code }: { code: ErrorCode }): number => codes.push(code)
  const logger = Object.assign(Object.create(silent) as Logger, { error })
  const off = { ms: 0 }
  const clock = { ...systemClock, now: () => systemClock.now() + off.ms }
  const credentials = new Map()
  const site = new Site({ config, registry: emptyRegistry(), credentials, clock, logger, simulated: false })
  t.after(async () => {
    await site.stop()
    rmSync(data, { recursive: true, force: true })
  })
  return { config, clock, site, codes, off }
}

const stateOf = ({ site }: Rig, name: string) =>
  site
    .context()
    .health()
    .find(({ room }) => room === name)

/** @param aheadMs by how much the clock was ahead when the newest record was written */
for (const { aheadMs, isBehind } of [
  { aheadMs: HOUR_MS, isBehind: true },
  { aheadMs: 30_000, isBehind: false }
]) {
  test(`a start with a clock ${aheadMs / 1000} s behind the newest record ${isBehind ? 'is' : 'is not'} reported`, async t => {
    const rig = rigFor(t)
    rig.off.ms = aheadMs
    const logs = await openLogs(rig.config, logSettings(rig.config), rig.clock, silent)
    new Intake(logs, logs.ordinals, rig.clock).storeTick()
    await logs.events.close()
    await logs.frames.close()
    rig.off.ms = 0
    await rig.site.start()
    assert.equal(rig.codes.includes('CLOCK_BEHIND'), isBehind)
    assert.equal(stateOf(rig, 'clock')?.ok, !isBehind)
    rig.off.ms = aheadMs
    assert.equal(stateOf(rig, 'clock')?.ok, true)
  })
}

/** The store cannot say at the start how far it has read, and turns out to have read more than the logs hold. */
test('more processed than acknowledged is an error and a room that is not well, not a zero', async t => {
  const rig = rigFor(t)
  const [folder, aside] = [join(rig.config.data, 'series'), join(rig.config.data, 'aside')]
  const store = createDuckdbStore({ folder: aside, memoryMb: 256, threads: 1 })
  await store.open()
  const position = { ...EMPTY_POSITION, resultsSeq: 2, framesSeq: 5, framesConsumed: 5 }
  await store.commit({
    position,
    readings: [],
    intervals: [],
    quarantine: [],
    marks: [],
    terminals: new Map()
  })
  await store.close()
  writeFileSync(folder, 'no folder')
  await rig.site.start()
  assert.equal(stateOf(rig, 'frames-log')?.ok, true)
  rmSync(folder)
  renameSync(aside, folder)
  await until(() => rig.codes.includes('LOG_BEHIND'), 'LOG_BEHIND is logged', 15_000)
  assert.equal(stateOf(rig, 'frames-log')?.ok, false)
})
