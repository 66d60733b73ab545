import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Server } from '../../bench/server.ts'
import { checkBackup } from '../../commands/backup/files.ts'
import { backup } from '../../commands/backup.ts'
import { systemClock } from '../../src/clock.ts'
import { nodeFiles } from '../../src/files.ts'
import { KyselyLedger } from '../../src/ledger/kysely-ledger.ts'
import { sqliteDialect } from '../../src/ledger/sqlite.ts'
import { encodeJson, OUTAGES, STEP_BEGIN, STEP_END, type StepEnd } from '../../src/records/results-record.ts'
import { openLog } from '../support/open-log.ts'
import { incident, loss, T0 } from '../support/outage-lines.ts'
import { makeRegistryFolder } from '../support/registry-files.ts'
import { audit } from '../support/series-blocks.ts'

const END: StepEnd = {
  ...{ framesSeq: 0, eventsSeq: 0, framesConsumed: 0, ordinals: { frames: 0, events: 0 } },
  ...{ audit: audit(0), terminals: {} }
}
const STEPS = 300

/** A results log that an earlier life of the processor has written: recorded steps stand. */
async function writeResults(data: string): Promise<void> {
  const folder = join(data, 'logs', 'results')
  mkdirSync(folder, { recursive: true })
  const log = await openLog(nodeFiles, 'results', { folder })
  const append = (kind: number, body: Uint8Array) => log.append(kind, T0, new Uint8Array(), body, () => {})
  for (let i = 0; i < STEPS; i++) {
    append(STEP_BEGIN, encodeJson({}))
    const line = incident({ id: 'I1', at: T0 + i, state: i === 0 ? 'open' : 'updated' })
    append(OUTAGES, encodeJson({ incidents: [line], communication: [loss({ id: `C${i}`, at: T0 + i })] }))
    append(STEP_END, encodeJson(END))
  }
  await log.close()
}

interface Life {
  readonly incident: { readonly state: string; readonly at: string }
  readonly life: readonly { readonly at: string }[]
}

test('a server takes what its results log says, also when it is killed meanwhile, and shows it', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-outages-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const data = join(folder, 'data')
  await writeResults(data)
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(credentials, 'T0,secret\n')
  const start = () =>
    Server.start({
      ...{ data, credentials, registry: makeRegistryFolder(folder), mqttPort: 0, httpPort: 0 },
      ...{ logFile: join(folder, 'server.log'), clock: systemClock }
    })
  for (const lifeMs of [0, 30, 120]) {
    const server = await start()
    await systemClock.delay(lifeMs)
    await server.kill()
  }
  const server = await start()
  const metric = (name: string) => metricOf(server, name)
  while ((await metric('gridvigil_open_communication_losses')) < STEPS) await systemClock.delay(50)
  const { incident: stands, life } = await server.get<Life>('/v1/incidents/I1?limit=500')
  assert.deepEqual([stands.state, Date.parse(stands.at)], ['updated', T0 + STEPS - 1])
  assert.deepEqual(
    life.map(({ at }) => Date.parse(at) - T0),
    Array.from({ length: STEPS }, (_, i) => i)
  )
  assert.equal(await metric('gridvigil_open_incidents'), 1)
  for (let waits = 0; (await metric('gridvigil_outage_records_behind')) > 0; waits++) {
    assert.ok(waits < 100, 'it catches up')
    await systemClock.delay(50)
  }
  const { outages } = await server.get<{ outages: object }>('/v1/overview')
  assert.deepEqual(outages, { incidents: 1, communication: STEPS })
  const period = `from=${T0 - 3_600_000}&to=${T0}`
  const { periodHours } = await server.get<{ periodHours: number }>(
    `/v1/reliability?profile=ieee1366&${period}`
  )
  assert.equal(periodHours, 1, 'its thread answers')
  const taken = join(folder, 'taken')
  await backup(['--out', taken, '--data', data])
  await server.kill()
  const { marks } = await checkBackup(taken)
  const copied = await cursorOf(taken)
  assert.ok(
    copied > 0 && copied <= marks.results,
    `${copied} of ${marks.results}: it is made again from there`
  )
  rmSync(join(data, 'logs', 'results'), { recursive: true })
  const before = await cursorOf(data)
  const bereft = await start()
  t.after(() => bereft.stop())
  assert.deepEqual(
    (await bereft.get<Life>('/v1/incidents/I1?limit=500')).life,
    life,
    'none lost with the log'
  )
  const later = join(folder, 'later')
  await backup(['--out', later, '--data', data])
  const { results } = (await checkBackup(later)).marks
  assert.ok(results > before, `${results} after ${before}: the log goes on above what the ledger has seen`)
})

async function metricOf(server: Server, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${server.httpPort}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
}

async function cursorOf(data: string): Promise<number> {
  const ledger = new KyselyLedger(sqliteDialect(join(data, 'ledger.sqlite')))
  await ledger.open()
  const cursor = await ledger.outages.cursor()
  await ledger.close()
  return cursor
}
