import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createApi } from '../../src/api/server.ts'
import type { SupplyLine } from '../../src/model/supply.ts'
import { supplyLine } from '../support/supply-lines.ts'
import { contextOf, emptySite, NOW } from './context.ts'

const BY = { name: 'local', at: NOW, request: '' }
const MINUTE = 60_000
const at = (minute: number): number => NOW + minute * MINUTE
const iso = (minute: number): string => new Date(at(minute)).toISOString()

const LINES: readonly SupplyLine[] = [
  supplyLine({ at: at(-60), state: 'normal' }),
  supplyLine({
    ...{ at: at(-30), from: at(-40), start: at(-40), state: 'emergency', reason: 'OWN_SOURCE' },
    ...{ autonomyMin: [90, 120], atRisk: true },
    sources: [
      {
        ...{ source: 'S1', state: 'running', role: 'carrying', basis: 'measured' },
        ...{ since: at(-40), reason: 'MESSAGE' }
      },
      { source: 'S2', state: 'dead', role: 'none', basis: 'inferred', since: at(-40), reason: 'INCIDENT' }
    ],
    sections: [{ section: 'L1', fedBy: 'S1', basis: 'measured', since: at(-40), reason: 'SWITCH' }]
  }),
  supplyLine({
    ...{ at: at(-10), from: at(-42), end: at(-40), supersedes: at(-60) },
    ...{ state: 'interrupted', reason: 'ALL_DARK', extent: 'full', securityLoadSupplied: 'no' }
  })
]

async function openSite(t: TestContext) {
  const site = emptySite()
  site.anonymousRole = 'viewer'
  const batch = { seq: 2, parts: [{ seq: 1, tables: {}, supply: LINES }] }
  await site.takeLines(batch, { path: () => [], account: () => '' })
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const ask = async (url: string, headers: Record<string, string> = {}) => {
    const response = await api.inject({ url, headers })
    return { status: response.statusCode, body: response.json() }
  }
  return { site, api, ask }
}

test('customers are counted by state in the metrics, of whom nothing is known as unknown', async t => {
  const { site, api } = await openSite(t)
  const count = async (): Promise<string[]> => {
    const { body } = await api.inject('/metrics')
    return body.split('\n').filter(line => /^gridvigil_key_customers\{.* [1-9]/.test(line))
  }
  assert.deepEqual(await count(), ['gridvigil_key_customers{state="unknown"} 1'])
  site.outageFigures = { ...(await site.outages.figures()), recordsBehind: 0 }
  assert.deepEqual(await count(), ['gridvigil_key_customers{state="emergency"} 1'])
})

test('the board has every key customer with what was said last, and how many stand how', async t => {
  const { ask } = await openSite(t)
  const { body } = await ask('/v1/supply')
  assert.deepEqual(body.counts, { interrupted: 0, emergency: 1, unknown: 0, reduced: 0, normal: 0 })
  const [first] = body.items
  assert.deepEqual(
    [first.keyCustomer, first.grade, first.supply.state, first.supply.autonomyMin, first.supply.atRisk],
    ['K1', 'first', 'emergency', { low: 90, high: 120 }, true]
  )
  assert.deepEqual(first.supply.sentence, { 'zh-CN': '由自备电源 S1 供电', en: 'fed by its own source S1' })
  assert.equal(first.supply.sources[1].sentence['zh-CN'], '供电路径上有停电事件')
  assert.deepEqual((await ask('/v1/supply?state=normal')).body.items, [])
})

test('how a customer was supplied at any time, as it is settled by now', async t => {
  const { ask } = await openSite(t)
  const stateAt = async (query: string) => {
    const { supply } = (await ask(`/v1/key-customers/K1/supply${query}`)).body
    return supply && [supply.state, supply.from, supply.to]
  }
  assert.deepEqual(await stateAt(''), ['emergency', iso(-40), null])
  assert.deepEqual(await stateAt(`?at=${iso(-41)}`), ['interrupted', iso(-42), iso(-40)])
  assert.deepEqual(await stateAt(`?at=${iso(-50)}`), ['normal', iso(-60), iso(-42)])
  assert.equal(await stateAt(`?at=${iso(-70)}`), null)
  assert.equal((await ask('/v1/key-customers/K9/supply')).status, 404)
})

test('the timeline: settled, or all that was ever said, in pages', async t => {
  const { ask } = await openSite(t)
  const pages = async (url: string, member: 'settled' | 'said'): Promise<string[]> => {
    const found: string[] = []
    for (let cursor = ''; ; ) {
      const { body } = await ask(`${url}${cursor}`)
      found.push(...body[member].map(({ state }: { state: string }) => state))
      if (body.next === null) return found
      cursor = `&cursor=${body.next}`
    }
  }
  const url = '/v1/key-customers/K1/timeline?limit=1'
  assert.deepEqual(await pages(url, 'settled'), ['normal', 'interrupted', 'emergency'])
  assert.deepEqual(await pages(`${url}&view=said`, 'said'), ['interrupted', 'emergency', 'normal'])
  const { body } = await ask(`/v1/key-customers/K1/timeline?view=said`)
  assert.deepEqual([body.said[0].end, body.said[0].supersedes], [iso(-40), iso(-60)])
  const part = await ask(`/v1/key-customers/K1/timeline?from=${iso(-41)}&to=${iso(-40)}`)
  assert.deepEqual(
    part.body.settled.map(({ state }: { state: string }) => state),
    ['interrupted']
  )
})

test('a report of a period, which ends with now at the latest', async t => {
  const { ask } = await openSite(t)
  const { body } = await ask(`/v1/key-customers/K1/report?from=${iso(-60)}&to=${iso(60)}`)
  assert.deepEqual([body.from, body.to], [iso(-60), iso(0)])
  assert.deepEqual(body.seconds, {
    ...{ interrupted: 120, emergency: 2400, unknown: 0, reduced: 0, normal: 18 * 60 }
  })
  assert.deepEqual([body.availability, body.longestInterruptionS], [58 / 60, 120])
  assert.deepEqual(body.interruptions[0].start, iso(-42))
  assert.equal(body.ownRuns[0].source, 'S1')
  assert.equal((await ask('/v1/key-customers/K1/report')).body.from, iso(-30 * 1440), 'the last 30 days')
  for (const query of [`?from=${iso(1)}`, `?from=${iso(-367 * 1440)}`, `?from=${iso(-9)}&format=pdf`])
    assert.equal((await ask(`/v1/key-customers/K1/report${query}`)).status, 400, query)
})

test('a key customer sees its own, and nothing of others', async t => {
  const { site, ask } = await openSite(t)
  site.anonymousRole = undefined
  const tokenOf = async (subject: string) => {
    const wish = { role: 'key-customer', subject, label: '', expiresAt: null } as const
    const { secret } = await site.access.issueToken(wish, BY)
    return { authorization: `Bearer ${secret}` }
  }
  const [own, other] = [await tokenOf('K1'), await tokenOf('K2')]
  for (const path of ['supply', 'timeline', `report?from=${iso(-60)}`]) {
    assert.equal((await ask(`/v1/key-customers/K1/${path}`, own)).status, 200, path)
    assert.equal((await ask(`/v1/key-customers/K1/${path}`, other)).status, 403, path)
  }
  assert.equal((await ask('/v1/supply', own)).status, 403)
})
