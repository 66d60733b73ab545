import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Aedes } from 'aedes'
import { replay } from '../../commands/replay.ts'
import { systemClock } from '../../src/clock.ts'
import { isError } from '../../src/errors.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { readSecrets } from '../../src/registry/read/secrets-file.ts'

/** 40 customers, a day of half hours each: two terminals, 49 readings a customer. */
const CUSTOMERS = 40
function sample(): string {
  const lines = ['customer_id,reading_datetime,general_supply_kwh']
  for (let customer = 0; customer < CUSTOMERS; customer++) {
    for (let slot = 0; slot < 48; slot++) {
      const time = new Date(Date.UTC(2012, 1, 6) + slot * 1800000).toISOString().slice(0, 19)
      lines.push(`${1000 + customer},${time},0.${String(customer * 48 + slot).padStart(4, '0')}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-replay-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function startBroker(context: TestContext, secrets: ReadonlyMap<string, string>) {
  const payloads = new Map<string, string[]>()
  const aedes = await Aedes.createBroker()
  aedes.authenticate = (client, _user, password, done) =>
    done(null, secrets.get(client.id) === String(password))
  aedes.authorizePublish = (_client, packet, done) => {
    const kept = payloads.get(packet.topic) ?? []
    payloads.set(packet.topic, [...kept, packet.payload.toString()])
    done(null)
  }
  const server = createServer(aedes.handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(async () => {
    await new Promise<void>(resolve => aedes.close(() => resolve()))
    server.close()
  })
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, payloads }
}

function makeOutput() {
  const results: string[] = []
  const progress: string[] = []
  const output = {
    result: (line: string) => void results.push(line),
    progress: (line: string) => void progress.push(line)
  }
  return { results, progress, output }
}

test('a file goes through registry, terminals and MQTT, every reading once and in order', async context => {
  const folder = makeFolder(context)
  const file = join(folder, 'sample.csv')
  const registry = join(folder, 'registry')
  writeFileSync(file, sample())

  const first = makeOutput()
  await replay([file, '--format', 'sgsc', '--registry-out', registry], systemClock, first.output)
  assert.deepEqual(JSON.parse(first.results[0] ?? ''), {
    event: 'registry',
    registry,
    terminals: 2,
    meters: 40
  })
  assert.deepEqual(readdirSync(registry).toSorted(), [
    'credentials.csv',
    'devices.csv',
    'meters.csv',
    'terminals.csv',
    'usage_points.csv'
  ])
  const imported = importInto(folder, registry)
  assert.deepEqual(imported.result.issues, [])
  assert.deepEqual(imported.result.notes, [])
  assert.equal(imported.registry.meters.registerDecimals[0], 6)

  const credentials = join(registry, 'credentials.csv')
  const broker = await startBroker(context, readSecrets(credentials))
  const second = makeOutput()
  const args = [file, '--format', 'sgsc', '--url', broker.url, '--credentials', credentials]
  await replay(args, { ...systemClock, now: () => Date.UTC(2026, 10, 21) }, second.output)

  const summary = JSON.parse(second.results.at(-1) ?? '')
  assert.equal(summary.readings, CUSTOMERS * 49)
  assert.equal(summary.acknowledged, CUSTOMERS * 49)
  assert.ok(second.progress.at(-1)?.startsWith('100 %'))
  assert.deepEqual([...broker.payloads.keys()].toSorted(), ['gv1/R001/readings', 'gv1/R002/readings'])
  const times = new Map<string, number[]>()
  for (const payload of [...broker.payloads.values()].flat()) {
    const { readings } = JSON.parse(payload) as { readings: { meter: string; time: number }[] }
    assert.ok(readings.length <= 100)
    for (const { meter, time } of readings) times.set(meter, [...(times.get(meter) ?? []), time])
  }
  // Monday 2012-02-06 becomes Monday 2026-11-16: whole weeks, ending at or before now.
  const expected = Array.from({ length: 49 }, (_, slot) => Date.UTC(2026, 10, 16) + slot * 1800000)
  assert.equal(times.size, CUSTOMERS)
  for (const seen of times.values()) assert.deepEqual(seen, expected)
})

test('fewer customers, no shift', async context => {
  const folder = makeFolder(context)
  const file = join(folder, 'sample.csv')
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(file, sample())
  writeFileSync(credentials, 'id,secret\nR001,s\n')
  const broker = await startBroker(context, readSecrets(credentials))
  const { results, output } = makeOutput()
  const args = [
    '--format',
    'sgsc',
    '--url',
    broker.url,
    '--credentials',
    credentials,
    '--limit-customers',
    '2'
  ]
  await replay([file, ...args, '--shift-to', 'none'], systemClock, output)
  const { meters, readings, shiftMs } = JSON.parse(results[0] ?? '')
  assert.deepEqual({ meters, readings, shiftMs }, { meters: 2, readings: 98, shiftMs: 0 })
  const [payload = ''] = broker.payloads.get('gv1/R001/readings') ?? []
  assert.equal(JSON.parse(payload).readings[0].time, Date.UTC(2012, 1, 6))
})

test('arguments and credentials are checked before anything is sent', async context => {
  const folder = makeFolder(context)
  const file = join(folder, 'sample.csv')
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(file, sample())
  writeFileSync(credentials, 'R001,s\n')
  const good = ['--url', 'mqtt://127.0.0.1:1', '--credentials', credentials]
  const cases: [string, string[], string, RegExp][] = [
    ['no file', ['--format', 'sgsc', ...good], 'CLI_USAGE', /name one FILE/],
    ['no format', [file, ...good], 'CLI_USAGE', /--format must be one of swiss, sgsc, ihepc/],
    ['unknown flag', [file, '--format', 'sgsc', ...good, '--fast'], 'CLI_USAGE', /--fast/],
    ['no url', [file, '--format', 'sgsc'], 'CLI_USAGE', /--url and --credentials/],
    ['shift', [file, '--format', 'sgsc', ...good, '--shift-to', 'then'], 'CLI_USAGE', /now or none/],
    ['limit', [file, '--format', 'sgsc', ...good, '--limit-customers', 'x'], 'CLI_USAGE', /limit-customers/],
    ['a terminal without a secret', [file, '--format', 'sgsc', ...good], 'GATEWAY_CREDENTIALS', /R002/]
  ]
  for (const [name, args, code, expected] of cases) {
    await assert.rejects(
      replay(args, systemClock, makeOutput().output),
      (error: unknown) => isError(error) && error.code === code && expected.test(error.message),
      name
    )
  }
  assert.equal(readFileSync(credentials, 'utf8'), 'R001,s\n')
})
