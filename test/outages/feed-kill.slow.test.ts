import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { nodeFiles } from '../../src/files.ts'
import { KyselyLedger } from '../../src/ledger/kysely-ledger.ts'
import { sqliteDialect } from '../../src/ledger/sqlite.ts'
import type { LifeState, OutageTables } from '../../src/model/outages.ts'
import { seededRandom } from '../../src/random.ts'
import { openLog } from '../support/open-log.ts'
import { alarm, finding, incident, loss, T0 } from '../support/outage-lines.ts'
import { ResultsWriter } from './results-writer.ts'

const KILLS = 25
const STEPS = 4000
const CHILD = join(import.meta.dirname, 'kill-child.ts')
const LIFE: readonly LifeState[] = ['suspected', 'open', 'updated', 'restored', 'closed']

/** What step `i` says: lives of incidents that overlap, and a little of the rest. */
function linesOf(i: number): OutageTables[] {
  if (i % 3 === 0) return []
  const id = `I${i % 40}-${Math.floor(i / 400)}`
  const state = LIFE[Math.floor((i % 400) / 80)] ?? 'open'
  const line = incident({
    ...{ id, at: T0 + i * 1000, state, device: `TR${i % 7}` },
    ...(state === 'closed' && { end: T0 + i, usagePoints: [`U${i % 40}`, `V${i % 40}`] })
  })
  const more: OutageTables = {
    communication: [loss({ id: `C${i % 90}`, at: T0 + i * 1000 })],
    findings: [finding({ id: `F${i}`, at: T0 + i * 1000 })],
    alarms: [alarm({ id: `A${i % 50}`, at: T0 + i * 1000 })]
  }
  return i % 5 === 0 ? [{ incidents: [line] }, more] : [{ incidents: [line] }]
}

/** Runs the child until it ends, or kills it `killMs` after its first commit. @returns whether it was killed */
async function runChild(folder: string, last: number, stride: number, killMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, folder, String(last), String(stride)], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let cancel = (): void => {}
  child.stdout.once('data', () => {
    if (Number.isFinite(killMs)) cancel = systemClock.after(killMs, () => child.kill('SIGKILL'))
  })
  child.stdout.resume()
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  cancel()
  assert.ok(code === 0 || (code === null && Number.isFinite(killMs)), `it ended with ${code}`)
  return code === null
}

/** Everything a ledger says about outages; not its cursor, which may rest before steps that say nothing. */
async function allOf(path: string) {
  const ledger = new KyselyLedger(sqliteDialect(path))
  await ledger.open()
  const { outages } = ledger
  const limit = 100_000
  const incidents = await outages.incidents({ limit })
  const lives = []
  for (const { id } of incidents) {
    const life = await outages.life('incidents', id, { limit })
    // In which order the lines of several tables are numbered depends on what was stored together.
    lives.push(life.map(({ n: _n, ...line }) => line))
  }
  const said = {
    ...{ incidents, lives, figures: await outages.figures() },
    below: (await outages.incidents({ limit, device: 'F1' })).length,
    point: await outages.outagesOf({ limit, usagePoint: 'U7', path: ['U7', 'TR3', 'F1'] }),
    communication: await outages.communication({ limit }),
    findings: await outages.findings({ limit }),
    alarms: await outages.alarms({ limit })
  }
  await ledger.close()
  return said
}

async function writeLog(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-outage-kill-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'results'))
  const log = await openLog(nodeFiles, 'results', { folder: join(folder, 'results') })
  const writer = new ResultsWriter(log)
  let last = 0
  for (let i = 0; i < STEPS; i++) last = await writer.step(linesOf(i), i % 97 !== 0)
  await log.close()
  return { folder, last }
}

test(`kill -9 of who keeps outages, ${KILLS} times: the same rows as without, none twice`, async t => {
  const { folder, last } = await writeLog(t)
  const random = seededRandom('outage-kill')
  let kills = 0
  for (let life = 1; life <= KILLS; life++) {
    const upTo = Math.ceil((last * life) / (KILLS + 1))
    if (await runChild(folder, upTo, 1 + random.integer(20), random.next() * 60)) kills++
  }
  assert.ok(kills > KILLS / 2, `${kills} kills came before the end of a part`)
  await runChild(folder, last, 50, Number.POSITIVE_INFINITY)
  const killed = await allOf(join(folder, 'ledger.sqlite'))
  for (const part of ['', '-wal', '-shm']) rmSync(join(folder, `ledger.sqlite${part}`), { force: true })
  await runChild(folder, last, 1_000_000, Number.POSITIVE_INFINITY)
  const whole = await allOf(join(folder, 'ledger.sqlite'))
  assert.deepEqual(killed, whole)
  assert.ok(whole.incidents.length > 100 && whole.lives.every(life => life.length > 0))
})
