import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Server } from '../../bench/server.ts'
import { decodeReadCommand } from '../../src/codecs/json-command.ts'
import { systemClock } from '../../src/clock.ts'
import type { ReadCommand } from '../../src/model/pings.ts'
import { connectOf, MqttSocket, publishOf } from '../support/mqtt-socket.ts'
import { until } from '../support/until.ts'

/** A suspicion is asked about 20 s after its beginning, and opened or not a few seconds later. */
const SETTLED_MS = 90_000
const [BOX_A, BOX_B] = [
  ['A0', 'A1', 'A2', 'A3', 'A4', 'A5', 'A6', 'A7'],
  ['B0', 'B1', 'B2', 'B3']
]
const METERS = [
  ...BOX_A.map(id => [id, 'BA', 'T1']),
  ...BOX_B.map(id => [id, 'BB', 'T1']),
  ['N', 'TR2', 'T2']
]

/** F1 ─ S1 ─ TR1 with two boxes, and TR2 with one meter. */
const REGISTRY = {
  devices:
    'id,kind,name,parent\nF1,feeder,F,\nS1,section,S,F1\nTR1,transformer,T,S1\nBA,box,B,TR1\nBB,box,B,TR1\nTR2,transformer,T,S1\n',
  usage_points: `id,account,device\n${METERS.map(([id, device]) => `U-${id},A-${id},${device}\n`).join('')}`,
  terminals:
    'id,kind,powered_by,backup,heartbeat_s\nT1,concentrator,TR1,supercap,60\nT2,concentrator,TR2,supercap,60\n',
  meters: `id,usage_point,terminal,wiring,rated_v\n${METERS.map(([id, , terminal]) => `${id},U-${id},${terminal},1p2w,220\n`).join('')}`
}

async function startServer(t: TestContext): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-pings-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const registry = join(folder, 'registry')
  mkdirSync(registry)
  for (const [name, text] of Object.entries(REGISTRY)) writeFileSync(join(registry, `${name}.csv`), text)
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(credentials, 'T1,secret-T1\nT2,secret-T2\n')
  const server = await Server.start({
    ...{ data: join(folder, 'data'), credentials, registry, mqttPort: 0, httpPort: 0 },
    ...{ logFile: join(folder, 'server.log'), clock: systemClock }
  })
  t.after(() => server.stop())
  return server
}

/** A terminal that answers each command as it is told, and remembers whom it was asked for. */
class Terminal {
  readonly asked: string[] = []
  readonly #id: string
  readonly #socket: MqttSocket
  #sent = 0
  #heard = 0

  constructor(id: string, port: number) {
    this.#id = id
    this.#socket = new MqttSocket(port)
  }

  async connect(t: TestContext): Promise<void> {
    t.after(() => this.#socket.cut())
    this.#socket.send(connectOf(this.#id))
    assert.equal(await this.#socket.connackCode(), 0)
    const topic = `gv1/${this.#id}/commands`
    this.#socket.send({ cmd: 'subscribe', messageId: 9999, subscriptions: [{ topic, qos: 1 }] })
    await until(() => this.#socket.count('suback') === 1, 'SUBACK')
  }

  async publish(topic: string, payload: object): Promise<void> {
    const number = ++this.#sent
    this.#socket.send(publishOf(`gv1/${this.#id}/${topic}`, JSON.stringify(payload), number))
    await until(() => this.#socket.acknowledged.includes(number), 'PUBACK')
  }

  /** Replies to the commands that came since. @param lives whether a meter answers */
  async answer(lives: (meter: string) => boolean): Promise<void> {
    const commands = this.#socket.received.flatMap(packet =>
      packet.cmd === 'publish' ? [decodeReadCommand(Buffer.from(packet.payload))] : []
    )
    for (const command of commands.slice(this.#heard)) await this.#reply(command!, lives)
    this.#heard = commands.length
  }

  async #reply({ id, meters }: ReadCommand, lives: (meter: string) => boolean): Promise<void> {
    this.asked.push(...meters)
    const time = systemClock.now()
    const readings = meters.filter(lives).map(meter => ({ meter, time, voltageV: 229.8 }))
    const failures = meters.filter(meter => !lives(meter)).map(meter => ({ meter, reason: 'no-answer' }))
    await this.publish('replies', { id, collectedAt: time, readings, failures })
  }
}

interface Pings {
  readonly items: readonly {
    readonly id: string
    readonly by: string | null
    readonly incident: string | null
    readonly meters: readonly { readonly meter: string; readonly state: string }[]
  }[]
}
interface Incidents {
  readonly items: readonly { readonly id: string; readonly state: string; readonly device: string }[]
}
interface Evidence {
  readonly evidence: readonly { readonly kind: string; readonly count: number }[]
}

test('a suspected transformer is confirmed by meters that the server asks and that do not answer', async t => {
  const server = await startServer(t)
  const [one, two] = [new Terminal('T1', server.mqttPort), new Terminal('T2', server.mqttPort)]
  await one.connect(t)
  await two.connect(t)
  // Two of twelve gasp, each in another box: unasked, that is withdrawn after a quarter of an hour.
  const time = systemClock.now() - 1000
  const events = ['A3', 'B1'].map(meter => ({ meter, type: 'last-gasp', origin: 'module', time }))
  await one.publish('events', { events })
  const end = systemClock.monotonic() + SETTLED_MS
  let open: Incidents['items'] = []
  while (open.length === 0 && systemClock.monotonic() < end) {
    await systemClock.delay(250)
    await one.answer(() => false)
    await two.answer(() => true)
    open = (await server.get<Incidents>('/v1/incidents?state=open')).items
  }
  assert.deepEqual(
    open.map(({ device }) => device),
    ['TR1']
  )
  assert.deepEqual([one.asked, two.asked], [['A0', 'B0', 'A1'], ['N']])
  const { evidence } = await server.get<Evidence>(`/v1/incidents/${open[0]!.id}`)
  const counts = new Map(evidence.map(({ kind, count }) => [kind, count]))
  assert.deepEqual([counts.get('last-gasp'), counts.get('unanswered')], [2, 3])
  const { items } = await server.get<Pings>('/v1/pings')
  assert.deepEqual(
    items.map(({ by, incident, meters }) => [
      by,
      incident,
      meters.map(({ meter, state }) => `${meter} ${state}`)
    ]),
    [[null, open[0]!.id, ['A0 failed', 'B0 failed', 'A1 failed', 'N answered']]]
  )
})

test('people ask a living server, and see what comes of it', async t => {
  const server = await startServer(t)
  const one = new Terminal('T1', server.mqttPort)
  await one.connect(t)
  const answer = await fetch(`http://127.0.0.1:${server.httpPort}/v1/pings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ device: 'F1', most: 3 })
  })
  assert.equal(answer.status, 200)
  const { id } = (await answer.json()) as { id: string }
  const states = async (): Promise<string[]> =>
    (await server.get<Pings['items'][number]>(`/v1/pings/${id}`)).meters.map(({ state }) => state)
  assert.deepEqual(await states(), ['asked', 'asked', 'asked'])
  const end = systemClock.monotonic() + 20_000
  while ((await states()).includes('asked') && systemClock.monotonic() < end) {
    await one.answer(meter => meter !== 'B0')
    await systemClock.delay(100)
  }
  assert.deepEqual(await states(), ['answered', 'failed', 'answered'])
  const shown = async () =>
    (await server.get<{ latest: { values: { voltageVA: { v: number } } } | null }>('/v1/meters/A0/latest'))
      .latest
  while ((await shown()) === null && systemClock.monotonic() < end) await systemClock.delay(100)
  assert.equal((await shown())?.values.voltageVA.v, 229.8, 'what is read is a reading')
})
