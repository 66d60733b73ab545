import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createApi } from '../../src/api/server.ts'
import type { Role } from '../../src/model/roles.ts'
import { EMPTY_POSITION } from '../../src/series/port.ts'
import type { LiveBatch, LiveWish } from '../../src/stream/port.ts'
import { alarm, finding, incident, loss, T0 } from '../support/outage-lines.ts'
import { supplyLine } from '../support/supply-lines.ts'
import { contextOf, emptySite, NOW } from './context.ts'

const BATCH: LiveBatch = {
  ...{ seq: 77, readings: [], quarantine: [], position: EMPTY_POSITION, hasGap: false },
  supply: [supplyLine({ at: T0, state: 'reduced' })],
  outages: [
    { incidents: [incident({ id: 'I1', state: 'closed', end: T0, usagePoints: ['U1', 'U2'] })] },
    {
      communication: [loss({ id: 'C1', terminals: ['T1'] })],
      findings: [finding({ id: 'F1' })],
      alarms: [alarm({ id: 'A1', end: T0 })]
    }
  ]
}

/** A site whose stream has one batch, for whoever asks with a token of this role. */
async function listen(t: TestContext, role: Role) {
  const site = emptySite()
  site.meters.push({ id: 'K-METER', terminal: 'T1', usagePoint: 'U2' })
  let wish: LiveWish | undefined
  let told = 0
  site.live = {
    newest: () => 70,
    open: async given => {
      wish = given
      return 1
    },
    next: () => (told++ === 0 ? Promise.resolve(BATCH) : new Promise(() => {})),
    close: async () => {}
  }
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const subject = role === 'key-customer' ? 'K1' : ''
  const by = { name: 'local', at: NOW, request: '' }
  const { secret } = await site.access.issueToken({ role, subject, label: '', expiresAt: null }, by)
  const url = await api.listen({ host: '127.0.0.1', port: 0 })
  const answer = await fetch(`${url}/v1/stream?meters=K-METER`, {
    headers: { authorization: `Bearer ${secret}` },
    signal: AbortSignal.timeout(10_000)
  })
  return { answer, wish: () => wish }
}

test('lines about outages are events of their own, with the cursor behind the last', async t => {
  const { answer } = await listen(t, 'viewer')
  let text = ''
  for await (const part of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += part
    if (text.includes('event: progress')) break
  }
  const events = text.split('\n\n').map(one => ({
    event: /^event: (.*)$/m.exec(one)?.[1],
    id: /^id: (.*)$/m.exec(one)?.[1],
    data: JSON.parse(/^data: (.*)$/m.exec(one)?.[1] ?? 'null')
  }))
  const of = (wanted: string) => events.find(({ event }) => event === wanted)?.data.items[0]
  assert.deepEqual(
    events.flatMap(({ event, id }) => (event === undefined ? [] : [`${event} ${id ?? ''}`])),
    ['hello ', 'incidents ', 'communication ', 'findings ', 'alarms ', 'supply ', 'progress 77']
  )
  const start = '2026-11-20T07:59:00.000Z'
  const end = '2026-11-20T08:00:00.000Z'
  assert.deepEqual(
    [of('incidents').id, of('incidents').start, of('incidents').end, of('incidents').usagePoints],
    ['I1', start, end, 2]
  )
  assert.deepEqual([of('communication').start, of('communication').terminals], [start, ['T1']])
  assert.equal(of('findings').at, end)
  assert.deepEqual([of('alarms').end, of('alarms').value], [end, 261.5])
  assert.deepEqual([of('supply').keyCustomer, of('supply').at, of('supply').state], ['K1', end, 'reduced'])
})

test('a key customer is told of its own supply, and of no outages: they would tell of others', async t => {
  const { answer, wish } = await listen(t, 'key-customer')
  assert.equal(answer.status, 200)
  assert.deepEqual([wish()?.outages, wish()?.quarantine, wish()?.supply], [false, false, 'K1'])
})
