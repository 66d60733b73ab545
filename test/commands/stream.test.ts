import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectAsync } from 'mqtt'
import { Server } from '../../bench/server.ts'
import { systemClock } from '../../src/clock.ts'
import { makeRegistryFolder } from '../support/registry-files.ts'

interface Told {
  readonly id: string
  readonly event: string
  readonly data: { items?: { meter: string; time: string; values: { importKwh?: { v: number } } }[] }
}

/** Listens until it has so many readings, then lets go. @returns the events of all kinds */
async function listen(server: Server, path: string, wanted: number, lastId = ''): Promise<Told[]> {
  const abort = new AbortController()
  const headers = {
    authorization: `Bearer ${server.secret}`,
    ...(lastId !== '' && { 'last-event-id': lastId })
  }
  const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(20_000)])
  const answer = await fetch(`http://127.0.0.1:${server.httpPort}${path}`, { headers, signal })
  assert.equal(answer.status, 200)
  assert.match(String(answer.headers.get('content-type')), /^text\/event-stream/)
  const told: Told[] = []
  let text = ''
  for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += part
    const ended = text.split('\n\n')
    text = ended.pop() ?? ''
    for (const one of ended) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(one)?.[1] ?? ''
      if (field('event') === '') continue
      told.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data')) })
    }
    const readings = told.filter(({ event }) => event === 'readings').flatMap(({ data }) => data.items ?? [])
    if (readings.length >= wanted) break
  }
  abort.abort()
  return told
}

const valuesOf = (told: readonly Told[]) =>
  told
    .filter(({ event }) => event === 'readings')
    .flatMap(({ data }) => data.items ?? [])
    .map(({ meter, values }) => [meter, values.importKwh?.v])

test('the live stream tells readings as they come, and goes on after a break where it was', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-stream-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const credentials = join(folder, 'credentials.csv')
  writeFileSync(credentials, 'T0,secret\n')
  const server = await Server.start({
    data: join(folder, 'data'),
    registry: makeRegistryFolder(folder),
    ...{ credentials, mqttPort: 0, httpPort: 0, logFile: join(folder, 'server.log'), clock: systemClock }
  })
  t.after(() => server.stop())
  await server.audit()
  const url = `mqtt://127.0.0.1:${server.mqttPort}`
  const terminal = await connectAsync(url, { clientId: 'T0', username: 'T0', password: 'secret' })
  t.after(() => terminal.endAsync(true))
  const start = Math.floor(systemClock.now() / 1000) * 1000 - 3_600_000
  const publish = (meter: string, minute: number) =>
    terminal.publishAsync(
      'gv1/T0/readings',
      JSON.stringify({ readings: [{ meter, time: start + minute * 60_000, importKwh: minute }] }),
      { qos: 1 }
    )
  const first = listen(server, '/v1/stream?meters=M0', 2)
  await systemClock.delay(500)
  for (const minute of [1, 2]) {
    await publish('M0', minute)
    await publish('NOBODY', minute)
  }
  const told = await first
  assert.equal(told[0]?.event, 'hello')
  assert.deepEqual(valuesOf(told), [
    ['M0', 1],
    ['M0', 2]
  ])
  const lastId = told.findLast(({ id }) => id !== '')?.id ?? ''
  assert.match(lastId, /^\d+$/)
  for (const minute of [3, 4, 5]) await publish('M0', minute)
  const since = await listen(server, '/v1/stream?meters=M0', 3, lastId)
  assert.deepEqual(
    valuesOf(since),
    [
      ['M0', 3],
      ['M0', 4],
      ['M0', 5]
    ],
    'all since, none twice'
  )
  const whole = await listen(server, '/v1/stream?meters=M0', 5, '0')
  assert.equal(valuesOf(whole).length, 5)
  for (const event of ['progress', 'quarantine'])
    assert.ok(
      whole.some(one => one.event === event),
      event
    )
  const refused = await fetch(`http://127.0.0.1:${server.httpPort}/v1/stream`)
  assert.equal(refused.status, 401)
})
