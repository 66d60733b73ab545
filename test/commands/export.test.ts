import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockData } from '../../commands/beside/data-lock.ts'
import { exportCommand } from '../../commands/export.ts'
import { systemClock } from '../../src/clock.ts'
import { type ErrorCode, isError } from '../../src/errors.ts'
import { nodeFiles } from '../../src/files.ts'
import { viewLog } from '../../src/log/log-view.ts'
import { readingsBalance } from '../../src/model/audit.ts'
import { quarantineNumber } from '../../src/model/quarantine.ts'
import { seededRandom } from '../../src/random.ts'
import { emptyRegistry } from '../../src/registry/lookup/registry.ts'
import { flipRecord } from '../support/flip-record.ts'
import { filesOf, gridvigil, linesOf, RecordedSite } from '../support/recorded-site.ts'
import { type TrafficFrame, traffic } from '../support/traffic.ts'
import { until } from '../support/until.ts'

const QUARTER_MS = 900_000
const METERS = 12
const LATER = 'NEW,T0,U-NEW,1'
const PERSON = 'Ada Lovelace'

/** @param readings a text as it is sent */
const frameOf = (terminal: string, readings: readonly object[] | string): TrafficFrame => ({
  terminal,
  topic: 0,
  payload: new TextEncoder().encode(typeof readings === 'string' ? readings : JSON.stringify({ readings }))
})

/**
 * Two lives of a server that meet what can change an output: late, repeated and corrected readings, unreadable ones, a lost
 * link, an import that names a meter that waits, a replay of quarantine, another import and other settings at the restart.
 * @returns log time between the two
 */
async function record(site: RecordedSite): Promise<number> {
  const random = seededRandom('export')
  const now = systemClock.now()
  const time = now - QUARTER_MS
  await site.start(site.importMeters(METERS, 2))
  await site.publish(traffic(random, METERS, 2, now - 60 * QUARTER_MS, 40))
  await site.publish([
    frameOf('T0', [{ meter: 'NEW', time, importKwh: 1 }]),
    frameOf('T1', [{ meter: 'M0', time, importKwh: 9 }]),
    frameOf('T0', `{"readings": [{"meter":"M2","time":${time},"importKwh":3.10}]}`),
    frameOf('T0', [{ meter: 'M4', time, importKwh: 30, note: 'a\u2028b' }]),
    frameOf('T1', [])
  ])
  await site.settle()
  site.cut('T1')
  await site.connect('T1')
  site.site.changeRegistry(site.importMeters(METERS, 2, [LATER]))
  await site.publish([frameOf('T0', [{ meter: 'NEW', time: now, importKwh: 2 }])])
  await site.settle()
  assert.ok((await site.site.replay({ reason: quarantineNumber('FOREIGN_METER') }, PERSON)).entries > 0)
  await site.settle()
  await site.stop()
  const between = systemClock.now()
  // A meter of another version came and went meanwhile: it keeps its number.
  site.importMeters(METERS, 2, [LATER, 'GONE,T1,U-GONE,1'])
  const registry = site.importMeters(METERS, 2, [LATER, 'NEWEST,T1,U-NEWEST,40'])
  await site.start(registry, { 'validation.limitFactor': 1.5, 'processor.windowReadings': 6 })
  await site.publish(traffic(random, METERS, 2, now - 25 * QUARTER_MS, 24))
  await site.publish([frameOf('T1', [{ meter: 'NEWEST', time: now, importKwh: 2 }])])
  await site.settle()
  return between
}

/** Exports with the results beside it. @returns paths and what was said */
function exported(site: RecordedSite, name: string, ...more: string[]) {
  const [file, results] = [join(site.folder, `${name}.ndjson.gz`), join(site.folder, `${name}-results`)]
  const told = gridvigil('export', '--data', site.data, '--out', file, '--results', results, ...more)
  return { ...told, file, results, registry: join(site.folder, `${name}-registry`), name }
}

type Exported = ReturnType<typeof exported>

/** Runs a backtest over an export. */
function backtested(site: RecordedSite, { file, registry, name }: Exported, ...more: string[]) {
  const out = join(site.folder, `${name}-out${more.length}`)
  const given = ['--registry', registry, '--frames', file, '--out', out, '--readings', ...more]
  const { status, stderr } = gridvigil('backtest', ...given)
  assert.equal(status, 0, stderr)
  const files = filesOf(out)
  return { stderr, files, summary: JSON.parse(files['summary.json'] ?? '') }
}

/** A backtest of it gives what the server wrote: every file byte by byte. */
function assertSame(site: RecordedSite, name: string, ...more: string[]): Exported {
  const found = exported(site, name, ...more)
  assert.equal(found.status, 0, found.stderr)
  assert.equal(found.result.whole, true)
  const { files, stderr } = backtested(site, found)
  assert.match(stderr, /as recorded/)
  const recorded = filesOf(found.results)
  assert.deepEqual(Object.keys(files), Object.keys(recorded))
  for (const [file, text] of Object.entries(recorded)) assert.ok(files[file] === text, `${name}: ${file}`)
  return found
}

test('what a server received gives what it wrote', async t => {
  const site = new RecordedSite(t)
  const between = await record(site)

  await t.test('beside the running server, as far as its logs are proven to be durable', async () => {
    const lock = lockData(site.data)
    const stored = (): number => site.site.context().audit().readings.stored
    const results = join(site.data, 'logs', 'results')
    const before = readdirSync(results)
    // The next tick of the server proves what was written before it.
    const end = (isWritten: boolean): number => viewLog(nodeFiles, results, isWritten).lastSeq
    const last = end(false)
    await until(() => end(true) >= last, 'a tick', 5000)
    const { stderr } = assertSame(site, 'beside')
    assert.equal(
      linesIn(site, 'beside-results/readings.ndjson'),
      linesIn(site, 'beside-out0/readings.ndjson')
    )
    assert.ok(linesIn(site, 'beside-results/readings.ndjson') >= stored(), stderr)
    assert.deepEqual(readdirSync(results), before)
    lock.release()
  })

  await site.stop()
  let whole: Exported | undefined
  await t.test('all of it, over a restart, imports, settings, a replay and answers of the store', () => {
    whole = assertSame(site, 'whole')
    const lines = linesOf(whole.file)
    const topics = Map.groupBy(lines, ({ topic }) => String(topic))
    for (const topic of ['readings', 'frames', 'events', 'session', 'gateway', 'tick', 'history', 'replay'])
      assert.ok((topics.get(topic)?.length ?? 0) > 0, topic)
    assert.deepEqual([topics.get('settings')?.length, topics.get('registry')?.length], [2, 3])
    assert.deepEqual(whole.result.registryVersions, [1, 2, 4])
    assert.match(whole.stderr, /the registry changed/)
    assert.ok(readdirSync(join(whole.registry, 'version-4')).includes('numbers.csv'))
    const { audit, quarantine } = JSON.parse(filesOf(whole.results)['summary.json'] ?? '')
    assert.ok(readingsBalance(audit.readings))
    assert.ok(audit.readings.corrections > 0 && audit.readings.duplicates > 0 && quarantine.FOREIGN_METER > 0)
  })

  await t.test('persons are in none of it', () => {
    assert.ok(whole)
    const texts = [
      ...linesOf(whole.file).map(line => JSON.stringify(line)),
      ...readdirSync(whole.registry, { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.csv'))
        .map(name => readFileSync(join(whole?.registry ?? '', name), 'utf8'))
    ]
    for (const text of texts) assert.doesNotMatch(text, /Lovelace|12 St James|5e88/)
  })

  await t.test('a window that begins with the data folder', () => {
    const { result } = assertSame(site, 'first', '--to', new Date(between).toISOString())
    assert.deepEqual(result.registryVersions, [1, 2])
    assert.ok(Number(result.frames) < Number(whole?.result.frames))
  })

  await t.test('a window that begins later says that its memory is empty', () => {
    const later = exported(site, 'later', '--from', String(between))
    assert.equal(later.status, 0, later.stderr)
    assert.equal(later.result.whole, false)
    assert.match(later.stderr, /begins with an empty memory/)
    assert.deepEqual(later.result.registryVersions, [2, 4])
    const { stderr, summary } = backtested(site, later)
    assert.doesNotMatch(stderr, /as recorded/)
    const recorded = JSON.parse(filesOf(later.results)['summary.json'] ?? '')
    assert.deepEqual(summary.audit.frames, recorded.audit.frames)
    assert.equal(summary.audit.readings.decoded, recorded.audit.readings.decoded)
    assert.ok(readingsBalance(summary.audit.readings))
    assert.equal(summary.audit.readings.held, 0)
  })

  await t.test('other settings or another registry: all is remembered, nothing waits for the store', () => {
    assert.ok(whole)
    const other = backtested(site, whole, '--validation-limit-factor', '5')
    assert.doesNotMatch(other.stderr, /as recorded/)
    assert.ok(other.summary.ignored > 0)
    assert.equal(other.summary.audit.readings.held, 0)
    assert.ok(readingsBalance(other.summary.audit.readings))
    const { audit } = JSON.parse(filesOf(whole.results)['summary.json'] ?? '')
    assert.equal(other.summary.audit.readings.decoded, audit.readings.decoded)
    // What was recorded is no change, nor is what the stages do not look at.
    const same = ['--validation-past-days', '45', '--series-flush-ms', '100', '--timezone', 'UTC']
    assert.match(backtested(site, whole, ...same).stderr, /as recorded/)
    const mine = join(site.folder, 'mine')
    cpSync(whole.registry, mine, { recursive: true })
    writeFileSync(join(mine, 'meters.csv'), 'id,terminal,usage_point\nM0,T0,U0\n')
    const strange = backtested(site, { ...whole, registry: mine, name: 'mine' })
    assert.doesNotMatch(strange.stderr, /as recorded/)
    assert.ok(readingsBalance(strange.summary.audit.readings))
    assert.notDeepEqual(strange.summary.audit, audit)
  })

  await t.test('a damaged record is missed and told', () => {
    flipRecord(join(site.data, 'logs', 'frames'), 5)
    const damaged = exported(site, 'damaged')
    assert.equal(damaged.result.missing, 1)
    assert.match(damaged.stderr, /1 records of the frames log .*LOG_DAMAGED/)
    assert.equal(backtested(site, damaged).summary.quarantine.LOG_DAMAGED, 1)
  })

  await t.test('dropped segments: it says since when there is data', () => {
    for (const log of ['frames', 'events', 'results']) {
      const folder = join(site.data, 'logs', log)
      const [oldest = '', ...others] = readdirSync(folder).filter(name => name.endsWith('.seg'))
      if (others.length > 0) rmSync(join(folder, oldest))
    }
    const rest = exported(site, 'rest')
    assert.equal(rest.status, 0, rest.stderr)
    assert.match(rest.stderr, /the results log begins at 20\d\d-.*: what was before is dropped/)
    assert.equal(rest.result.whole, false)
    assert.ok(readingsBalance(backtested(site, rest).summary.audit.readings))
  })

  await t.test('without results nothing has an order; what is not processed is added on request', () => {
    rmSync(join(site.data, 'logs', 'results'), { recursive: true })
    const none = exported(site, 'none')
    assert.equal(none.status, 1)
    assert.match(none.stderr, /EXPORT_NOTHING/)
    assert.match(none.stderr, /records are not processed yet/)
    const all = exported(site, 'all', '--unprocessed')
    assert.equal(all.status, 0, all.stderr)
    assert.match(all.stderr, /were not processed yet: there are no results of them/)
    assert.ok(backtested(site, all).summary.audit.readings.decoded > 0)
  })
})

const linesIn = (site: RecordedSite, path: string): number =>
  readFileSync(join(site.folder, path), 'utf8').split('\n').length - 1

test('an empty folder, a server without a registry, and what is refused with a reason', async t => {
  const site = new RecordedSite(t)
  const target = join(site.folder, 'out.ndjson')
  const refuses = (code: ErrorCode, ...args: string[]): Promise<void> =>
    assert.rejects(exportCommand(['--data', site.data, ...args]), (error: unknown) => isError(error, code))
  await refuses('EXPORT_NOTHING', '--out', target)
  mkdirSync(site.data)
  await refuses('EXPORT_NOTHING', '--out', target)

  await site.start(emptyRegistry(), {}, ['T0'])
  await site.publish([frameOf('T0', [{ meter: 'M0', time: systemClock.now(), importKwh: 1 }])])
  await site.settle()
  await site.stop()
  const { results } = assertSame(site, 'bare')
  assert.match(filesOf(results)['quarantine.ndjson'] ?? '', /UNKNOWN_METER/)

  writeFileSync(join(site.folder, 'file'), '')
  await refuses('CLI_USAGE')
  await refuses('CLI_USAGE', '--out', target, '--from', 'yesterday')
  await refuses('CLI_USAGE', '--out', target, '--from', '2000', '--to', '1000')
  await refuses('CLI_USAGE', '--out', target, '--fast')
  await refuses('EXPORT_TARGET', '--out', join(site.folder, 'bare.ndjson.gz'))
  await refuses('EXPORT_TARGET', '--out', join(site.folder, 'file', 'out.ndjson'))
  await refuses('EXPORT_NOTHING', '--out', target, '--from', '2020-01-01', '--to', '2020-01-02T00:00:00Z')
  await refuses('EXPORT_NOTHING', '--out', target, '--from', '2040-01-01')

  const own = join(site.folder, 'own')
  const plain = gridvigil('export', '--data', site.data, '--out', target, '--registry-out', own)
  assert.equal(plain.status, 0, plain.stderr)
  assert.match(readFileSync(target, 'utf8'), /^\{"at":\d+,"topic":"export","payload":\{"format":1,/)
  assert.deepEqual(readdirSync(own), ['meters.csv', 'terminals.csv'])
  assert.ok(!readdirSync(site.folder).some(name => name.endsWith('.part')))
})
