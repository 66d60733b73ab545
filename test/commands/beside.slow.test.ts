import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

const WRONG: [args: string[], code: RegExp][] = [
  [['tokens', 'add'], /CLI_USAGE/],
  [['tokens', 'add', '--role', 'king'], /API_BAD_REQUEST/],
  [['tokens', 'add', '--role', 'key-customer', '--subject', 'nobody'], /no such key customer/],
  [['tokens', 'revoke', 'nothing'], /API_TOKEN_UNKNOWN/],
  [['tokens', 'sing'], /CLI_USAGE/],
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
