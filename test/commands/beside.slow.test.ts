import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { connectAsync } from 'mqtt'
import { PROJECT, Server } from '../../bench/server.ts'
import { systemClock } from '../../src/clock.ts'
import { makeRegistryFolder } from '../support/registry-files.ts'

/** Commands on a data folder, first without a server and then beside one. */
const run = async (...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> => {
  const told = promisify(execFile)(join(PROJECT, 'bin', 'gridvigil'), args)
  return told.then(
    ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error
  )
}

function makeSite(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-beside-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(credentials, 'T0,secret\n')
  const data = join(folder, 'data')
  mkdirSync(data)
  const logFile = join(folder, 'server.log')
  const registry = makeRegistryFolder(folder)
  return { data, registry, credentials, mqttPort: 0, httpPort: 0, logFile, clock: systemClock }
}

test('tokens and terminals made without a server are known to it, and those made beside it at once', async t => {
  const site = makeSite(t)
  const at = ['--data', site.data]
  const before = (await run('tokens', 'add', '--role', 'viewer', '--label', 'wall', ...at)).stdout.trim()
  const [line = ''] = (await run('terminals', 'add', 'T1', ...at)).stdout.split('\n')
  const server = await Server.start(site)
  t.after(() => server.stop())
  const ask = async (secret: string) =>
    (
      await fetch(`http://127.0.0.1:${server.httpPort}/v1/devices`, {
        headers: { authorization: `Bearer ${secret}` }
      })
    ).status
  const beside = (await run('tokens', 'add', '--role', 'viewer', ...at)).stdout.trim()
  assert.deepEqual([await ask(before), await ask(beside), await ask('gvt_none')], [200, 200, 401])

  const listed = (await run('tokens', 'list', ...at)).stdout
  const [id = ''] =
    listed
      .split('\n')
      .find(row => row.endsWith('\twall'))
      ?.split('\t') ?? []
  assert.equal((await run('tokens', 'revoke', id, ...at)).code, 0)
  assert.deepEqual([await ask(before), await ask(beside)], [401, 200])

  const connect = (id: string, password: string) =>
    connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
      clientId: id,
      username: id,
      password,
      reconnectPeriod: 0
    })
  const [terminal = '', secret = ''] = line.split(',')
  const session = await connect(terminal, secret)
  const closed = new Promise<void>(resolve => session.once('close', () => resolve()))
  const states = async () => (await run('terminals', 'list', ...at)).stdout
  assert.match(await states(), /T0\t.*secret in file\nT1\t.*connected/)
  const renewed = (await run('terminals', 'add', 'T1', ...at)).stdout.trim().split(',')[1] ?? ''
  await closed
  await assert.rejects(connect('T1', secret), 'the older secret has ended')
  const again = await connect('T1', renewed)
  assert.equal((await run('terminals', 'remove', 'T1', ...at)).code, 0)
  await assert.rejects(connect('T1', renewed))
  again.end(true)
  const file = await run('terminals', 'remove', 'T0', ...at)
  assert.match(file.stderr, /the credentials file still lets it in/)
})

test('a list of terminals gets its secrets, whatever form it has', async t => {
  const { data } = makeSite(t)
  const file = join(data, '..', 'terminals.csv')
  const rows: [text: string, ids: string[]][] = [
    ['kind,id\nconcentrator,A1\nmodem,"A2"\n', ['A1', 'A2']],
    ['\ufeffid\r\nB1\r\n\r\nB1\r\n', ['B1']],
    ['C1\nC2', ['C1', 'C2']]
  ]
  for (const [text, ids] of rows) {
    writeFileSync(file, text)
    const { stdout } = await run('terminals', 'import', file, '--data', data)
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .map(line => line.split(',')[0]),
      ids,
      text
    )
    for (const line of stdout.trim().split('\n')) assert.match(line, /^\w+,[\w-]{43}$/)
  }
})

const DRILLS = 'key_customer,id,at,scenario,minutes,passed\n'

test('what was done for key customers comes from a file, without a server and beside one', async t => {
  const site = makeSite(t)
  writeFileSync(join(site.registry, 'key_customers.csv'), 'id,name,grade,accounts\nK1,市一医院,first,A1\n')
  assert.equal((await run('import', site.registry, '--data', site.data)).code, 0)
  const file = join(site.data, '..', '2026.csv')
  const send = (...rows: string[]) => {
    writeFileSync(file, `${DRILLS}${rows.join('\n')}\n`)
    return run('dossier', 'import', file, '--kind', 'drill', '--data', site.data)
  }
  const first = 'K1,D1,2026-01-19T08:00:00+08:00,失电,40,true'
  assert.equal((await send(first)).stdout, 'drills.csv: 1 rows, 1 written, 0 stood already\n')
  const server = await Server.start(site)
  t.after(() => server.stop())
  const second = first.replace('D1', 'D2')
  assert.equal((await send(first, second)).stdout, 'drills.csv: 2 rows, 1 written, 1 stood already\n')
  const faulty = await send(...Array.from({ length: 300 }, (_, i) => `K1,E${i},2026-01-19,失电,40,true`))
  assert.equal(faulty.code, 1)
  assert.match(
    faulty.stderr,
    /drills.csv:2 at: "2026-01-19"[\s\S]*TIME_OFFSET[\s\S]*and 280 more\n[\s\S]*DOSSIER_REJECTS/
  )
})

const WRONG: [args: string[], code: RegExp][] = [
  [['tokens', 'add'], /CLI_USAGE/],
  [['tokens', 'add', '--role', 'king'], /API_BAD_REQUEST/],
  [['tokens', 'add', '--role', 'key-customer', '--subject', 'nobody'], /no such key customer/],
  [['tokens', 'revoke', 'nothing'], /API_TOKEN_UNKNOWN/],
  [['tokens', 'sing'], /CLI_USAGE/],
  [['dossier'], /CLI_USAGE/],
  [['dossier', 'import', 'meters.csv'], /name it patrols.csv, drills.csv, backup_tests.csv, hazards.csv/],
  [['dossier', 'import', 'x.csv', '--kind', 'party'], /--kind is one of patrol, drill/],
  [['dossier', 'import', '/nowhere/drills.csv'], /CLI_USAGE/],
  [['terminals', 'add', 'a b'], /no terminal id/],
  [['terminals', 'import', '/nowhere.csv'], /CLI_USAGE/],
  [['terminals', 'remove', 'T7'], /API_TERMINAL_UNKNOWN/]
]

test('what cannot be done is said with its remedy', async t => {
  const { data } = makeSite(t)
  for (const [args, code] of WRONG) {
    const { stderr, code: exit } = await run(...args, '--data', data)
    assert.equal(exit, 1, args.join(' '))
    assert.match(stderr, code, args.join(' '))
  }
})

test('a registry is imported beside live data: what waited for it is taken', async t => {
  const site = makeSite(t)
  const at = ['--data', site.data]
  const server = await Server.start(site)
  t.after(() => server.stop())
  await server.audit()
  const url = `mqtt://127.0.0.1:${server.mqttPort}`
  const terminal = await connectAsync(url, { clientId: 'T0', username: 'T0', password: 'secret' })
  t.after(() => terminal.endAsync(true))
  const time = Math.floor(systemClock.now() / 1000) * 1000 - 60_000
  const reading = (meter: string, importKwh: number) =>
    terminal.publishAsync('gv1/T0/readings', JSON.stringify({ readings: [{ meter, time, importKwh }] }), {
      qos: 1
    })
  await reading('NEW1', 5)
  await terminal.publishAsync('gv1/T0/readings', 'no JSON', { qos: 1 })
  const unbound = async () => ((await server.audit()).readings as unknown as { unbound: number }).unbound
  const quarantined = async () => {
    const { items } = await server.get<{ items: { reason: string; state: string }[] }>(
      '/v1/quarantine?reason=NOT_JSON'
    )
    return items.map(({ reason, state }) => `${reason} ${state}`)
  }
  const settle = async (isDone: () => Promise<boolean>) => {
    for (let tries = 0; tries < 100 && !(await isDone()); tries++) await systemClock.delay(100)
  }
  await settle(async () => (await quarantined()).length === 1)
  assert.deepEqual([await unbound(), (await quarantined()).length], [1, 1])

  const folder = join(site.data, '..', 'next')
  cpSync(site.registry, folder, { recursive: true })
  const meters = join(folder, 'meters.csv')
  const points = join(folder, 'usage_points.csv')
  const [header = '', first = ''] = readFileSync(meters, 'utf8').trim().split('\n')
  const another = first.replaceAll('M0', 'NEW1').replaceAll('U0', 'U-NEW')
  writeFileSync(
    meters,
    `${header}\n${first}\n${another}\n${first.replaceAll('M0', 'BAD').replaceAll('T0', 'T-NONE')}\n`
  )
  if (existsSync(points)) writeFileSync(points, `${readFileSync(points, 'utf8').trim()}\nU-NEW\n`)

  const dry = await run('import', folder, '--dry-run', '--max-rejects', '50', ...at)
  assert.equal(dry.code, 0, dry.stderr)
  assert.match(dry.stdout, /version 2 would be imported/)
  const refused = await run('import', folder, ...at)
  assert.match(refused.stderr, /REGISTRY_REJECTS/)
  const done = await run('import', folder, '--max-rejects', '50', ...at)
  assert.equal(done.code, 0, done.stderr)
  assert.match(done.stdout, /version 2 imported/)
  assert.match(done.stderr, /TERMINAL_UNKNOWN/)
  const { version, imports } = await server.get<{ version: number; imports: object[] }>('/v1/registry')
  assert.deepEqual([version, imports.length], [2, 2])

  const path = '/v1/meters/NEW1/latest'
  const latest = async () =>
    (await server.get<{ latest: { values: { importKwh: { v: number } } } | null }>(path)).latest
  await settle(async () => (await latest()) !== null)
  assert.equal((await latest())?.values.importKwh.v, 5)
  assert.equal(await unbound(), 0)
  const replayed = await fetch(`http://127.0.0.1:${server.httpPort}/v1/quarantine/replay`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'NOT_JSON' })
  })
  assert.equal(replayed.status, 202, await replayed.clone().text())
  assert.deepEqual(await replayed.json(), { entries: 1, more: false })
  assert.equal((await quarantined()).length, 1, 'no JSON is no JSON')
  const again = await run('import', folder, '--max-rejects', '50', ...at)
  assert.match(again.stdout, /nothing to import/)
})
