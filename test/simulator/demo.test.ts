import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Aedes } from 'aedes'
import type { DemoThreadData, DemoThreadMessage } from '../../commands/threads/demo.ts'
import { systemClock } from '../../src/clock.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { cityFolders } from '../../src/simulator/city/write-city.ts'
import { writeDemoCity } from '../../src/simulator/demo/demo-city.ts'
import { type DemoEvent, type DemoOptions, runDemo } from '../../src/simulator/demo/demo-run.ts'
import { makeFolder } from '../registry/registry-folder.ts'

const NOON = Date.UTC(2026, 10, 20, 4)
const METERS = 60
const SCENARIO = join(import.meta.dirname, '..', '..', 'scenarios', 'demo.yaml')

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

/** (meter, time) -> register of all curve readings, in columns and in rows. */
function curveRegisters(seen: readonly Seen[]): Map<string, number> {
  const registers = new Map<string, number>()
  for (const { payload } of seen) {
    if (payload.kind !== 'curve') continue
    const { meters, readings } = payload as { meters?: string[]; readings?: Record<string, unknown>[] }
    meters?.forEach((meter, i) => {
      registers.set(`${meter}@${payload.time}`, (payload.importKwh as number[])[i]!)
    })
    for (const reading of readings ?? [])
      registers.set(`${reading.meter}@${reading.time}`, reading.importKwh as number)
  }
  return registers
}

function makeDemo(context: TestContext, url: string, scenario = SCENARIO): DemoOptions & { folder: string } {
  const folder = makeFolder(context)
  const credentials = writeDemoCity(folder, 'demo', METERS)
  return {
    folder,
    url,
    credentials,
    truth: cityFolders(folder).truth,
    scenario,
    seed: 'demo',
    historyDays: 1
  }
}

/** Keys of the points of all meters, from the first to the last quarter. */
const pointsOf = (registers: ReadonlyMap<string, number>): number =>
  new Set([...registers.keys()].map(key => key.split('@')[1])).size

test('the registries of the demo are right in every row, name themselves as simulated, and keep their secrets', context => {
  const folder = makeFolder(context)
  const credentials = writeDemoCity(folder, 'demo', METERS)
  for (const name of ['truth', 'registry'] as const) {
    const { result, registry } = importInto(join(folder, `data-${name}`), cityFolders(folder)[name])
    assert.deepEqual([result.issues, result.notes], [[], []])
    assert.deepEqual([...credentials.keys()].sort(), [...registry.terminals.keys()].sort())
    assert.equal(registry.usagePoints.size, METERS + 2, 'a hospital has two feeds')
    for (const device of registry.devices.name) assert.match(device, /模拟.*\(simulated\)/)
  }
  assert.deepEqual(writeDemoCity(folder, 'demo', METERS), credentials)
})

test('a day of history goes out; after a restart only what the server does not have, with equal values', async context => {
  const broker = await startBroker(context)
  const options = makeDemo(context, broker.url)
  const clock = { ...systemClock, now: () => NOON + 1000 }
  const run = async (more: Partial<DemoOptions>): Promise<DemoEvent[]> => {
    const stop = new AbortController()
    const events: DemoEvent[] = []
    const onEvent = (event: DemoEvent): void => {
      events.push(event)
      if (event.event === 'live') stop.abort()
    }
    await runDemo({ ...options, ...more, onEvent }, clock, stop.signal)
    return events
  }
  const events = await run({})
  assert.deepEqual(
    events.map(({ event }) => event),
    ['history', 'live']
  )
  // A terminal with one household sends rows, as a hospital's does: by whom a message is tells them apart.
  const ofHomes = ({ topic }: Seen): boolean => !topic.includes('/T-KC')
  const registers = curveRegisters(broker.seen.filter(ofHomes))
  assert.equal(pointsOf(registers), 96)
  const plant = broker.seen.filter(({ topic }) => topic.includes('/T-KC'))
  const words = new Map(
    plant.map(({ topic, payload }) => [`${topic} ${payload.time}`, topic.endsWith('/backup')] as const)
  )
  assert.ok([...words.values()].filter(Boolean).length >= 24 * 60, 'the plant of the hospital each minute')
  const meters = new Set([...registers.keys()].map(key => key.split('@')[0])).size
  assert.equal(registers.size, 96 * meters)

  const second = await startBroker(context)
  await run({ url: second.url, since: NOON - 6 * 3600000 })
  const repeated = curveRegisters(second.seen.filter(ofHomes))
  assert.equal(pointsOf(repeated), 24)
  for (const [key, register] of repeated) assert.equal(register, registers.get(key), key)
})

test('live: what is now every 15 seconds, a terminal that is lost leaves its will, registers never fall over a loop', async context => {
  const broker = await startBroker(context)
  const folder = makeFolder(context)
  const path = join(folder, 'short.yaml')
  writeFileSync(
    path,
    `{ name: short, title: { en: x, zh-CN: x }, duration: 5m, loops: true, steps: [
       { at: 60s, lose: { scope: terminal, on: { kind: terminal, pick: 0 } }, for: 60s },
       { at: 40s, fail: { on: { kind: transformer, pick: -1 } }, for: 100s }] }`
  )
  const options = makeDemo(context, broker.url, path)
  // Two hundred times as fast: two loops and a half in four seconds.
  const speed = 200
  const origin = systemClock.monotonic()
  const now = (): number => NOON + (systemClock.monotonic() - origin) * speed
  const after = (ms: number, work: () => void): (() => void) => systemClock.after(ms / speed, work)
  const stop = new AbortController()
  const told: string[] = []
  const onEvent = (event: DemoEvent): void => {
    if (event.event === 'happens') told.push(event.what)
  }
  const running = runDemo({ ...options, since: NOON, onEvent }, { ...systemClock, now, after }, stop.signal)
  await systemClock.delay(4000)
  stop.abort()
  await running

  // A loop and more: what failed is told, and told again in the next one.
  assert.match(told[0] ?? '', /^TR\d+ is dead: \d+ customers without supply; look at meter \d+$/)
  assert.ok(told.filter(what => /^terminal \S+ cannot be heard$/.test(what)).length >= 2, told.join('; '))
  assert.ok(told.some(what => / is back$/.test(what)))
  const last = new Map<string, number>()
  let instants = 0
  // In order of what they are of: a terminal that had no link may send the newest first.
  const messages = broker.seen.filter(({ payload }) => Array.isArray(payload.meters) && payload.importKwh)
  messages.sort((a, b) => Number(a.payload.time) - Number(b.payload.time))
  for (const { payload } of messages) {
    if (payload.kind === 'instant') instants++
    for (const [i, meter] of (payload.meters as string[]).entries()) {
      const register = (payload.importKwh as number[])[i]!
      assert.ok(register >= (last.get(meter) ?? 0), `${meter} fell to ${register}`)
      last.set(meter, register)
    }
  }
  assert.ok(instants > 60, `${instants} uploads`)
  const offline = broker.seen.filter(
    ({ topic, payload }) => topic === 'gv1/T000000/status' && payload.state === 'offline'
  )
  assert.ok(offline.length >= 1, 'the will of the lost terminal')
  const events = broker.seen.filter(({ topic }) => topic.endsWith('/events'))
  const types = new Set(
    events.flatMap(({ payload }) => (payload.events as { type: string }[]).map(({ type }) => type))
  )
  assert.ok(types.has('power-up') || types.has('last-gasp'), [...types].join())
})

test('it stops while the broker is away', async context => {
  const broker = await startBroker(context)
  const stop = new AbortController()
  let trouble = 0
  const onEvent = (event: DemoEvent): void => {
    if (event.event === 'live') broker.leave()
    else if (event.event === 'trouble' && ++trouble === 3) stop.abort()
  }
  await runDemo({ ...makeDemo(context, broker.url), onEvent }, systemClock, stop.signal)
  assert.ok(trouble >= 3)
})

test('the worker runs the demo and stops when told, and says why it failed', async context => {
  const broker = await startBroker(context)
  const { folder, ...options } = makeDemo(context, broker.url)
  const entry = new URL('../../commands/threads/demo.ts', import.meta.url)
  const worker = new Worker(entry, { workerData: options satisfies DemoThreadData })
  const messages: DemoThreadMessage[] = []
  worker.on('message', (message: DemoThreadMessage) => {
    messages.push(message)
    if (message.event === 'live') worker.postMessage('stop')
  })
  const [code] = await once(worker, 'exit')
  assert.equal(code, 0)
  assert.deepEqual(
    messages.map(message => message.event),
    ['history', 'live', 'stopped']
  )

  assert.match(readFileSync(cityFolders(folder).credentials, 'utf8'), /^T000000,[\w-]{32}\n/)
  const failing = new Worker(entry, { workerData: { ...options, credentials: new Map() } })
  const [message] = (await once(failing, 'message')) as [DemoThreadMessage]
  assert.ok(message.event === 'failed')
  assert.equal(message.code, 'GATEWAY_CREDENTIALS')
})
