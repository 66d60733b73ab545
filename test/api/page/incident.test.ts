import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { readerOf } from '../../../src/api/page/format.ts'
import { sayCode, sayIn } from '../../../src/api/page/incident-words.ts'
import { lookOf } from '../../../src/api/page/look.ts'
import { createApi } from '../../../src/api/server.ts'
import type { Decided } from '../../../src/model/outages.ts'
import { REFUSAL_REASONS } from '../../../src/model/decisions.ts'
import { alarm, batchOf, decision, incident, T0 } from '../../support/outage-lines.ts'
import { contextOf, emptySite, NOW, type Site } from '../context.ts'

const decided: Decided = {
  ...{ act: 'move', by: 'user:li', at: T0 + 2, state: 'open', device: 'BOX1' },
  ...{ crew: '<b>7</b>', cause: 'tree', expectedAt: NOW + 3_600_000 }
}
const evidence = [
  { kind: 'live', count: 2, of: 40, weight: -7.8 },
  { kind: 'last-gasp', count: 38, of: 40, weight: 262.5 }
]

async function openSite(t: TestContext): Promise<{ site: Site; look(path: string): Promise<string> }> {
  const site = emptySite()
  site.anonymousRole = 'dispatcher'
  await site.outages.takeLines(
    batchOf(1, {
      incidents: [
        incident({ id: 'I1', state: 'open', evidence }),
        incident({ id: 'I1', at: T0 + 2, state: 'updated', change: 'decided', cause: 'tree', decided }),
        incident({ id: 'I2', state: 'suspected' }),
        incident({ id: 'I3', state: 'closed', end: T0, usagePoints: ['U17', 'U2'] }),
        incident({
          ...{ id: 'I4', state: 'open', parent: 'I1' },
          evidence: [{ kind: 'filled-points', count: 3, of: 12, weight: 34.5 }]
        })
      ],
      alarms: [
        alarm({ id: 'A1', subject: 'BOX1' }),
        alarm({ id: 'A2', state: 'acknowledged', by: 'user:li', note: 'seen' }),
        alarm({ id: 'A3', state: 'resolved', end: T0 })
      ],
      decisions: [
        decision({ id: 'D1', at: T0 + 2, act: 'move', by: 'user:li', device: 'BOX1' }),
        decision({ id: 'D2', at: T0 + 3, act: 'split', device: 'TR1', state: 'refused', reason: 'ALL' })
      ]
    }),
    { path: device => [device], account: () => '' }
  )
  site.outageFigures = { ...(await site.outages.figures()), recordsBehind: 0 }
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  return { site, look: async path => (await api.inject(path)).body }
}

test('an incident names the key customers that lose a feed by it', async t => {
  const { site, look } = await openSite(t)
  assert.doesNotMatch(await look('/incidents/I1?lang=en'), /Key customers/)
  // The standby feed of the hospital hangs on BOX1, where a dispatcher says that it is.
  site.meters.push({ id: 'FEED', usagePoint: 'U3' })
  assert.match(
    await look('/incidents/I1?lang=en'),
    /Key customers<\/h2>[\s\S]*href="\/key-customers\/K1\?lang=en">市一医院<\/a> <span class="pill reduced">reduced<\/span><\/b><span>without standby feed</
  )
  assert.match(await look('/incidents/I1?lang=zh-CN'), /涉及重要用户[\s\S]*供电降级[\s\S]*失去电源 备用市电/)
  const { keyCustomers } = JSON.parse(await look('/v1/incidents/I1')) as { keyCustomers: object[] }
  assert.deepEqual(keyCustomers, [
    { keyCustomer: 'K1', name: '市一医院', grade: 'first', effect: 'reduced', feeds: ['S2'] }
  ])
})

test('an incident: both opinions, reasons in words, life and decisions, in both languages', async t => {
  const { look } = await openSite(t)
  const english = await look('/incidents/I1?lang=en')
  for (const words of [
    /What the system thinks[\s\S]*1 号配变<\/b> <small>TR1/,
    /it is at<\/dt><dd><b>BOX1/,
    /&lt;b&gt;7&lt;\/b&gt;/,
    /for<\/small>meters that said that their supply is gone: 38 of 40[\s\S]*against<\/small>meters that prove to have supply: 2 of 40/,
    /decided<\/b><span>Move here · li · BOX1 · 40 customers/,
    /Split off<\/b>[\s\S]*refused: everybody is below this device/,
    /They are named when it is closed/
  ])
    assert.match(english, words)
  const chinese = await look('/incidents/I1?lang=zh-CN')
  for (const words of [
    /系统研判/,
    /认定设备/,
    /树障/,
    /38 只电表上报掉电（共 40）/,
    /未执行: 该设备以下已是全部停电用户/
  ])
    assert.match(chinese, words)
  assert.match(await look('/incidents/I3?lang=en'), /<span>U17<\/span> <span>U2<\/span>/)
  assert.match(await look('/incidents/I9?lang=en'), /No incident I9/)
  const nested = await look('/incidents/I4?lang=en')
  assert.match(nested, /nested in<\/dt><dd><a href="\/incidents\/I1\?lang=en">I1/)
  assert.match(nested, /meters that filled points with zeros for it: 3 of 12/)
  const halved = `${'x'.repeat(127)}${encodeURIComponent('😀')}`
  assert.match(await look(`/incidents/${halved}?lang=en`), /No incident x+\ufffd/)
})

test('an incident says its plan, what is meant by closed, and meters that are proven beside customers', async t => {
  const { site, look } = await openSite(t)
  const closed = { act: 'close', by: 'user:li', at: T0, state: 'closed' } as const
  const planned = { kind: 'planned', plan: 'P1', planType: 'temporary', earlyS: 420, overrunS: 0 } as const
  await site.outages.takeLines(
    batchOf(9, {
      incidents: [
        incident({ id: 'P1', state: 'open', ...planned, affected: 1 }),
        incident({
          id: 'P2',
          state: 'restored',
          end: T0,
          decided,
          kind: 'planned',
          plan: 'P2',
          overrunS: 1260
        }),
        incident({ id: 'N', state: 'withdrawn', reason: 'DISMISSED', decided: closed }),
        incident({ id: 'O', state: 'closed', reason: 'DECIDED', end: T0, decided: closed }),
        incident({ id: 'M', state: 'withdrawn', reason: 'MERGED', decided: { ...closed, into: 'O' } })
      ]
    }),
    { path: device => [device], account: () => '' }
  )
  site.outageFigures = { ...(await site.outages.figures()), recordsBehind: 0 }
  const rows: [path: string, ...words: (string | RegExp)[]][] = [
    [
      '/incidents/P1?lang=en',
      /planned work<\/dt><dd><b>P1<\/b> <small>temporary/,
      /began early by<\/dt><dd>7 min</,
      /meters proven<\/dt><dd>12</,
      /· 1 customer ·/
    ],
    [
      '/incidents/P1?lang=zh-CN',
      /停电计划<\/dt><dd><b>P1<\/b> <small>临时停电/,
      /提前停电<\/dt><dd>7 分</,
      /已证实电表<\/dt><dd>12</
    ],
    ['/incidents/P2?lang=zh-CN', /延时送电<\/dt><dd>21 分</],
    ['/incidents/N?lang=zh-CN', /人工认定<\/dt><dd>停电不属实</],
    ['/incidents/O?lang=zh-CN', /人工认定<\/dt><dd>停电已结束</],
    ['/incidents/M?lang=zh-CN', /人工认定<\/dt><dd>并入其他事件</],
    ['/?lang=zh-CN', /<td>计划停电<\/td>/, /P2\?lang=zh-CN"><b>BOX1<\/b>[\s\S]{0,250}计划停电/]
  ]
  for (const [path, ...words] of rows) {
    const page = await look(path)
    for (const word of words) assert.match(page, new RegExp(word), path)
  }
  assert.doesNotMatch(await look('/incidents/P1?lang=en'), /ended late by|>Decisions</)
  assert.equal((await look('/incidents/P1?lang=en')).split('Nobody has decided anything').length, 2)
})

test('an incident is marked as simulated, renews itself, says how long it lasts and no kind that it may still lose', async t => {
  const { site, look } = await openSite(t)
  const page = await look('/incidents/I1?lang=en')
  assert.match(page, /class="badge"[^>]*>SIMULATED</)
  assert.match(page, /<body class="incident" data-live="\/incidents\/I1\?lang=en&live" data-every="3000">/)
  assert.match(page, /Site time Asia\/Shanghai/)
  assert.match(page, /<span class="pill open">open</)
  assert.match(page, /data-ask="Close I1\?/)
  const parts = await look('/incidents/I1?lang=en&live')
  const ids = (text: string): string[] =>
    [...text.matchAll(/id="(live-\w+)" data-live/g)].map(([, id = '']) => id)
  assert.deepEqual(ids(parts), ids(page))
  assert.doesNotMatch(parts, /<script|<style|<html/)
  const start = T0 - 60_000
  for (const [now, kind] of [
    [start + 170_000, ''],
    [start + 190_000, 'sustained']
  ] as const) {
    site.now = now
    const facts = await look('/incidents/I1?lang=en')
    assert.match(facts, new RegExp(`duration</dt><dd>${kind === '' ? '2 min 50 s' : '3 min 10 s'}`))
    assert.equal(/kind<\/dt><dd>(\w+)/.exec(facts)?.[1] ?? '', kind)
  }
})

test('a token is called by its label, a person by his name where the caller works with him', async t => {
  const { site } = await openSite(t)
  const by = { name: 'local', at: NOW, request: '' }
  const wish = { role: 'dispatcher', subject: '', expiresAt: null } as const
  const { token } = await site.access.issueToken({ ...wish, label: 'control room' }, by)
  await site.access.addUser(
    { login: 'li', name: '李娜', role: 'dispatcher', subject: '', password: 'at least 12 characters' },
    by
  )
  const called = (role: 'viewer' | 'dispatcher'): string[] => {
    const caller = { name: 'anonymous', role, subject: '', byCookie: false }
    const { person } = lookOf(contextOf(site), readerOf('en', 'Asia/Shanghai'), caller)
    return ['user:li', `token:${token.id}`, 'token:gone', 'local'].map(person)
  }
  assert.deepEqual(called('dispatcher'), ['李娜', 'control room', 'token gone', 'local'])
  assert.deepEqual(called('viewer'), ['li', 'control room', 'token gone', 'local'])
})

test('what can be decided in each state, by whoever may', async t => {
  const { site, look } = await openSite(t)
  const buttons = async (id: string): Promise<string> =>
    [...(await look(`/incidents/${id}?lang=en`)).matchAll(/button value="\/v1\/incidents\/\w+\/(\w+)"/g)]
      .map(([, act]) => act)
      .join(' ')
  assert.equal(await buttons('I1'), 'claim close notes move split merge')
  assert.equal(await buttons('I2'), 'claim confirm close notes move merge')
  assert.equal(await buttons('I3'), 'reopen notes')
  site.anonymousRole = 'viewer'
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const { body } = await api.inject('/incidents/I1?lang=en')
  assert.doesNotMatch(body, /<button/)
  assert.match(body, /<a href="\/login">Log in as a dispatcher<\/a> to decide here/)
  assert.doesNotMatch((await api.inject('/?lang=en')).body, /\/acknowledge"/)
})

test('alarms that are not over stand on the live page, with a button where nobody has seen them', async t => {
  const { look } = await openSite(t)
  const page = await look('/?lang=en')
  assert.deepEqual(
    [...page.matchAll(/button value="(\/v1\/alarms[^"]+)"/g)].map(([, path]) => path),
    ['/v1/alarms/A2/shelve', '/v1/alarms/A1/acknowledge', '/v1/alarms/A1/shelve']
  )
  assert.match(
    page,
    /⚠ danger<\/span> broken neutral[\s\S]*acknowledged<\/span> <small class="free">li · seen/
  )
  assert.match(page, /<th scope="col" class="number">highest voltage/)
  assert.doesNotMatch(page, /alarms\/A3/)
})

test('every reason of a refusal has words in both languages', () => {
  for (const language of ['zh-CN', 'en'] as const)
    for (const reason of Object.keys(REFUSAL_REASONS))
      assert.notEqual(sayCode(sayIn(language), reason), reason, `${language} ${reason}`)
})
