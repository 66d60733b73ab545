import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Aedes } from 'aedes'
import type { DistrictThreadData, DistrictThreadMessage } from '../../commands/threads/district.ts'
import { systemClock } from '../../src/clock.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { CHECK_METER_CT, makeDistrict, SIMULATED_NOTE } from '../../src/simulator/district.ts'
import { readDistrict } from '../../src/simulator/district-readings.ts'
import { districtRegistry, writeDistrict } from '../../src/simulator/district-registry.ts'
import { type DistrictEvent, runDistrict } from '../../src/simulator/district-run.ts'

const NOON = Date.UTC(2026, 10, 20, 4)
const QUARTER_MS = 900000
const DAY_MS = 86400000

function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-district-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('the registry of the district is right in every row and names itself as simulated', context => {
  const folder = makeFolder(context)
  const credentials = writeDistrict(folder, 'demo', 120)
  const { result, registry } = importInto(join(folder, 'data'), folder)
  assert.deepEqual(result.issues, [])
  assert.deepEqual(result.notes, [])
  assert.deepEqual([...credentials.keys()], [...registry.terminals.keys()])
  assert.deepEqual([...registry.terminals.keys()], ['SIM-T001', 'SIM-T002', 'SIM-T003', 'SIM-T004'])
  // 120 homes, a clinic, two shops, two check meters, and the terminals' own sampling.
  assert.equal(registry.meterNumbers.size, 120 + 3 + 2 + 4)
  assert.equal(registry.usagePoints.size, 123)
  for (const name of registry.devices.name) assert.match(name, /模拟.*\(simulated\)/)
  assert.match(SIMULATED_NOTE, /simulated.*模拟/)

  const again = writeDistrict(folder, 'demo', 120)
  assert.deepEqual(again, credentials, 'secrets are kept')
  assert.deepEqual(districtRegistry('demo', 120), districtRegistry('demo', 120))
})

test('other sizes keep every meter under a terminal of its own transformer', () => {
  for (const households of [1, 7, 60, 61, 500]) {
    const district = makeDistrict('s', households)
    const customers = district.transformers.flatMap(transformer => transformer.customers)
    assert.equal(customers.length, households + 3)
    assert.equal(new Set(customers.map(customer => customer.meter)).size, households + 3)
    for (const customer of customers) {
      const terminal = district.terminals.find(entry => entry.id === customer.terminal)
      assert.equal(terminal?.transformer, customer.transformer)
    }
  }
})

test('a check meter shows its customers and 2 to 4 % of losses, through its current transformers', () => {
  const district = makeDistrict('demo', 120)
  const before = [...readDistrict(district, NOON, QUARTER_MS).values()].flat()
  const after = [...readDistrict(district, NOON + DAY_MS, QUARTER_MS).values()].flat()
  const used = new Map(
    after.map((reading, i) => [reading.meter, (reading.registerSteps - before[i]!.registerSteps) / 100])
  )
  for (const { checkMeter, customers } of district.transformers) {
    const sum = customers.reduce((total, customer) => total + used.get(customer.meter)!, 0)
    const shown = used.get(checkMeter)! * CHECK_METER_CT
    assert.ok(shown / sum > 1.015 && shown / sum < 1.045, `${checkMeter}: ${shown} against ${sum}`)
  }
})

test('every value is plausible, every home uses 3 to 25 kWh a day', () => {
  const district = makeDistrict('demo', 120)
  const first = new Map<string, number>()
  for (let quarter = 0; quarter <= 96; quarter++) {
    const time = NOON + quarter * QUARTER_MS
    for (const reading of [...readDistrict(district, time, QUARTER_MS).values()].flat()) {
      if (!first.has(reading.meter)) first.set(reading.meter, reading.registerSteps)
      for (const volts of reading.voltageV) assert.ok(volts >= 215 && volts <= 238)
      assert.ok(Math.abs(reading.frequencyHz - 50) < 0.05)
      const apparent = reading.voltageV.reduce(
        (sum, volts, i) => sum + (volts * reading.currentA[i]!) / 1000,
        0
      )
      assert.ok(
        Math.abs(apparent * reading.powerFactor - reading.activePowerKw) < 0.01 * reading.activePowerKw + 1e-9
      )
    }
  }
  const last = readDistrict(district, NOON + DAY_MS, QUARTER_MS)
  const homes = new Set(
    district.transformers.flatMap(t => t.customers.filter(c => c.kind === 'home').map(c => c.meter))
  )
  for (const reading of [...last.values()].flat()) {
    const kwh = (reading.registerSteps - first.get(reading.meter)!) / 100
    if (homes.has(reading.meter)) assert.ok(kwh >= 3 && kwh <= 25, `${reading.meter}: ${kwh}`)
  }
})

interface Seen {
  readonly topic: string
  readonly retain: boolean
  readonly payload: Record<string, unknown>
}

async function startBroker(context: TestContext): Promise<{ url: string; seen: Seen[]; leave: () => void }> {
  const seen: Seen[] = []
  const aedes = await Aedes.createBroker()
  aedes.authorizePublish = (_client, packet, done) => {
    seen.push({ topic: packet.topic, retain: packet.retain, payload: JSON.parse(packet.payload.toString()) })
    done(null)
  }
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    aedes.handle(socket)
  })
  const leave = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(async () => {
    await new Promise<void>(resolve => aedes.close(() => resolve()))
    server.close()
  })
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, leave }
}

/** (meter, time) -> register of all curve readings of a topic list, rows and columns alike. */
function curveRegisters(seen: readonly Seen[]): Map<string, number> {
  const registers = new Map<string, number>()
  for (const { payload } of seen) {
    if (payload.kind !== 'curve') continue
    const { meters, readings } = payload as { meters?: string[]; readings?: Record<string, unknown>[] }
    meters?.forEach((meter, i) => {
      registers.set(`${meter}@${payload.time}`, (payload.importKwh as number[])[i]!)
    })
    for (const reading of readings ?? []) {
      registers.set(`${reading.meter}@${reading.time}`, reading.importKwh as number)
    }
  }
  return registers
}

test('a week of history goes out within 15 s, half as columns, half as rows', async context => {
  const broker = await startBroker(context)
  const credentials = writeDistrict(makeFolder(context), 'demo', 120)
  const events: DistrictEvent[] = []
  const stop = new AbortController()
  const clock = { ...systemClock, now: () => NOON + 1000 }
  const options = { url: broker.url, credentials, seed: 'demo', households: 120, historyDays: 7 }
  const onEvent = (event: DistrictEvent): void => {
    events.push(event)
    stop.abort()
  }
  await runDistrict({ ...options, onEvent }, clock, stop.signal)

  const [history] = events
  assert.ok(history?.event === 'history')
  assert.equal(history.readings, 672 * 125)
  assert.ok(history.seconds < 15, `${history.seconds} s`)
  const curves = broker.seen.filter(message => message.payload.kind === 'curve')
  const forms = new Map(curves.map(({ topic, payload }) => [topic, 'meters' in payload ? 'columns' : 'rows']))
  assert.deepEqual(Object.fromEntries(forms), {
    'gv1/SIM-T001/readings': 'columns',
    'gv1/SIM-T002/readings': 'columns',
    'gv1/SIM-T003/readings': 'rows',
    'gv1/SIM-T004/readings': 'rows'
  })
  for (const { payload } of curves) {
    assert.ok(((payload.meters ?? payload.readings) as unknown[]).length <= 100)
  }
  const registers = curveRegisters(curves)
  assert.equal(registers.size, 672 * 125)
  const statuses = broker.seen.filter(message => message.topic.endsWith('/status'))
  assert.equal(statuses.length, 4)
  assert.ok(
    statuses.every(
      ({ retain, payload }) => retain && payload.state === 'online' && payload.supply === 'mains'
    )
  )

  await context.test(
    'a restart sends equal values, and only what the server does not have',
    async context => {
      const second = await startBroker(context)
      const stopSecond = new AbortController()
      const since = NOON - 6 * 3600000
      const again = { ...options, url: second.url, since, onEvent: () => stopSecond.abort() }
      await runDistrict(again, { ...clock, now: () => NOON + 1000 }, stopSecond.signal)
      const repeated = curveRegisters(second.seen)
      assert.equal(repeated.size, 24 * 125)
      for (const [key, register] of repeated) assert.equal(register, registers.get(key), key)
    }
  )
})

test('live: each terminal uploads all its meters with the present time, curves when they are due', async context => {
  const broker = await startBroker(context)
  const credentials = writeDistrict(makeFolder(context), 'demo', 12)
  // A clock that runs 200 times as fast: five minutes of the district, over a full quarter, in 1.5 seconds.
  const speed = 200
  const origin = systemClock.monotonic()
  const start = NOON - 60000
  const now = (): number => start + (systemClock.monotonic() - origin) * speed
  const after = (ms: number, work: () => void): (() => void) => systemClock.after(ms / speed, work)
  const stop = new AbortController()
  const running = runDistrict(
    {
      url: broker.url,
      credentials,
      seed: 'demo',
      households: 12,
      historyDays: 7,
      since: NOON - 2 * QUARTER_MS
    },
    { ...systemClock, now, after },
    stop.signal
  )
  await systemClock.delay(1500)
  stop.abort()
  await running

  const live = broker.seen.filter(message => message.payload.kind === 'instant')
  for (const terminal of ['SIM-T001', 'SIM-T002']) {
    const uploads = live.filter(message => message.topic === `gv1/${terminal}/readings`)
    const times = uploads.map(({ payload }) => (payload.readings as { time: number }[])[0]!.time)
    assert.ok(times.length >= 10, `${terminal} uploaded ${times.length} times`)
    assert.ok(times.every((time, i) => i === 0 || (time > times[i - 1]! && time % 1000 === 0)))
    const registers = uploads.map(
      ({ payload }) => (payload.readings as { importKwh: number }[])[0]!.importKwh
    )
    assert.ok(registers.every((register, i) => i === 0 || register >= registers[i - 1]!))
    const statuses = broker.seen.filter(message => message.topic === `gv1/${terminal}/status`)
    assert.ok(statuses.length >= 3, `${statuses.length} statuses`)
    assert.ok(statuses.every(({ payload }) => payload.state === 'online'))
  }
  const curveTimes = new Set([...curveRegisters(broker.seen).keys()].map(key => Number(key.split('@')[1])))
  assert.deepEqual([...curveTimes], [NOON - QUARTER_MS, NOON])
})

test('it stops while the broker is away', async context => {
  const broker = await startBroker(context)
  const credentials = writeDistrict(makeFolder(context), 'demo', 12)
  const stop = new AbortController()
  let trouble = 0
  const onEvent = (event: DistrictEvent): void => {
    if (event.event === 'history') broker.leave()
    else if (++trouble === 4) stop.abort()
  }
  const options = { url: broker.url, credentials, seed: 'demo', households: 12, historyDays: 1, onEvent }
  await runDistrict(options, systemClock, stop.signal)
  assert.ok(trouble >= 4)
})

test('the worker runs the district and stops when told', async context => {
  const broker = await startBroker(context)
  const credentials = writeDistrict(makeFolder(context), 'demo', 12)
  const data: DistrictThreadData = {
    url: broker.url,
    credentials,
    seed: 'demo',
    households: 12,
    historyDays: 1
  }
  const worker = new Worker(new URL('../../commands/threads/district.ts', import.meta.url), {
    workerData: data
  })
  const messages: DistrictThreadMessage[] = []
  worker.on('message', (message: DistrictThreadMessage) => {
    messages.push(message)
    if (message.event === 'history') worker.postMessage('stop')
  })
  const [code] = await once(worker, 'exit')
  assert.equal(code, 0)
  assert.deepEqual(
    messages.map(message => message.event),
    ['history', 'stopped']
  )
})

test('the worker says why it failed', async context => {
  const folder = makeFolder(context)
  writeDistrict(folder, 'demo', 1)
  assert.match(
    readFileSync(join(folder, 'credentials.csv'), 'utf8'),
    /^SIM-T001,[\w-]{32}\nSIM-T002,[\w-]{32}\n$/
  )
  const data: DistrictThreadData = {
    url: 'mqtt://127.0.0.1:1',
    credentials: new Map(),
    seed: 'demo',
    households: 1,
    historyDays: 1
  }
  const worker = new Worker(new URL('../../commands/threads/district.ts', import.meta.url), {
    workerData: data
  })
  const [message] = (await once(worker, 'message')) as [DistrictThreadMessage]
  assert.deepEqual(message, {
    event: 'failed',
    code: 'GATEWAY_CREDENTIALS',
    message: 'the credentials file cannot be used: no secret for terminal SIM-T001'
  })
})
