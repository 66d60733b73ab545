import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { customerWords } from '../../../src/api/page/customer-words.ts'
import { wrongWords } from '../../../src/api/page/dossier-forms.ts'
import { dossierWords } from '../../../src/api/page/dossier-words.ts'
import { createApi } from '../../../src/api/server.ts'
import { DOSSIER_COLUMNS } from '../../../src/api/shapes/dossier-columns.ts'
import { LANGUAGES } from '../../../src/model/language.ts'
import { SUPPLY_REASONS, type SupplyLine } from '../../../src/model/supply.ts'
import { sayWhy } from '../../../src/supply/words.ts'
import { supplyLine } from '../../support/supply-lines.ts'
import { contextOf, emptySite, NOW } from '../context.ts'

const MINUTE = 60_000
const at = (minute: number): number => NOW + minute * MINUTE
const BY = { name: 'local', at: NOW, request: '' }

const ON_GENERATOR = supplyLine({
  ...{ at: at(-30), from: at(-40), start: at(-40), state: 'emergency', reason: 'OWN_SOURCE' },
  ...{ autonomyMin: [90, 150], atRisk: true },
  sources: [
    {
      ...{ source: 'S1', state: 'running', role: 'carrying', basis: 'measured' },
      ...{ since: at(-40), reason: 'MESSAGE' }
    },
    { source: 'S2', state: 'dead', role: 'none', basis: 'inferred', since: at(-40), reason: 'INCIDENT' }
  ],
  sections: [{ section: 'L1', fedBy: 'S1', basis: 'measured', since: at(-40), reason: 'SWITCH' }],
  transfers: [{ section: 'L1', from: 'S2', to: 'S1', start: at(-40), gapMs: 14_500, resolutionMs: 1000 }]
})

async function openSite(t: TestContext, ...supply: SupplyLine[]) {
  const site = emptySite()
  site.anonymousRole = 'dispatcher'
  const batch = { seq: 2, parts: [{ seq: 1, tables: {}, supply }] }
  await site.takeLines(batch, { path: () => [], account: () => '' })
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  return { site, api, look: async (path: string) => (await api.inject(path)).body }
}

async function openViewer(t: TestContext) {
  const site = emptySite()
  site.anonymousRole = 'viewer'
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  return { look: async (path: string) => (await api.inject(path)).body }
}

test('the board names who needs somebody, why, and how long own sources last', async t => {
  const { look } = await openSite(t, ON_GENERATOR)
  const english = await look('/?lang=en')
  for (const words of [
    /interrupted 0 · on own sources 1 · unknown 0/,
    /<a href="\/key-customers\/K1\?lang=en"><b>市一医院<\/b>/,
    /<span class="pill emergency">on own sources/,
    /one way left/,
    // Said half an hour ago: 90 minutes from then.
    /fed by its own source generator <small>lasts 1 h/
  ])
    assert.match(english, words)
  assert.match(await look('/?lang=zh-CN'), /由自备电源 发电机 供电/)
})

test('where all is well the board says so', async t => {
  const { look } = await openSite(t, supplyLine({ at: at(-9), state: 'normal' }))
  assert.match(await look('/?lang=en'), /All 1 key customers are supplied as usual/)
})

test('a customer: state, what is left, what it hangs on, what was, in both languages', async t => {
  const { look } = await openSite(t, supplyLine({ at: at(-90), state: 'normal' }), ON_GENERATOR)
  const english = await look('/key-customers/K1?lang=en')
  for (const words of [
    /<span class="pill emergency">on own sources/,
    /own sources last at least<\/small><b>1 h</,
    /then 手术室 goes dark/,
    /<svg class="supply-drawing"/,
    /class="wire carries"/,
    /an incident lies on its way <small>inferred/,
    /手术室 went from .* to generator, dark for 14.5 s \(known to 1.0 s\)/,
    /<svg class="strip"[\s\S]*<rect class="emergency"/,
    /<option value="\{&quot;source&quot;:&quot;S2&quot;,&quot;fact&quot;:&quot;dead&quot;\}">/
  ])
    assert.match(english, words)
  const chinese = await look('/key-customers/K1?lang=zh-CN')
  for (const words of [/自备应急供电/, /此后 手术室 停电/, /供电路径上有停电事件/, /登记现场情况/])
    assert.match(chinese, words)
  assert.match(await look('/key-customers/K1?lang=en&live'), /^<div class="status"|id="live-headline"/)
})

test('of its dossier: what is missing and due, and hazards that are open', async t => {
  const { api, look } = await openSite(t, ON_GENERATOR)
  const write = (path: string, payload: object) =>
    api.inject({ method: 'POST', url: `/v1/key-customers/K1/${path}`, payload })
  const days = (count: number): string => new Date(NOW + count * 1440 * MINUTE).toISOString()
  await write('patrols', { occasion: 'storm', found: 'x', at: days(-2) })
  await write('backup-tests', { source: 'S1', minutes: 30, passed: true, at: days(-40) })
  const late = { level: 'serious', at: days(-9), due: days(-1), notified: days(-8) }
  await write('hazards', { ...late, what: '电缆沟<积水>' })
  const done = { fixed: days(-2), verified: days(-1), verifiedBy: '客户服务一班' }
  await write('hazards', { ...late, ...done, what: 'a broken door' })
  const english = await look('/key-customers/K1?lang=en')
  for (const words of [
    /<b class="pill unknown">\d+% complete/,
    /<b>drill of the plan <span class="pill unknown">missing<\/span><\/b><span>never written down</,
    /<b>own sources tried <span class="pill failed">overdue<\/span><\/b><span>generator · due/,
    /<b>patrol <span class="pill normal">there/,
    /<b>电缆沟&lt;积水&gt; <span class="pill failed">serious<\/span><\/b><span>found .* · to be put right by .* · customer told</
  ])
    assert.match(english, words)
  // Among the entries below it stands, to be withdrawn.
  assert.doesNotMatch(english.slice(0, english.indexOf('<div class="write">')), /a broken door/)
  assert.match(await look('/key-customers/K1?lang=zh-CN'), /完整度 \d+%[\s\S]*应急演练[\s\S]*未销号隐患/)
})

/** Forms of a page: where their buttons lead, and what they carry. */
const formsOf = (page: string): string[] =>
  [...page.matchAll(/<form class="decide"[\s\S]*?<\/form>/g)].map(([form]) => form)

test('whoever keeps customers writes from its page what was done, and tells of a hazard what is done by now', async t => {
  const { api, look } = await openSite(t, ON_GENERATOR)
  const write = async (path: string, payload: object) =>
    (await api.inject({ method: 'POST', url: `/v1/key-customers/K1/${path}`, payload })).statusCode
  const hazard = { id: 'H1', level: 'serious', what: '电缆沟"积水"', notified: new Date(NOW).toISOString() }
  await write('hazards', { ...hazard, at: new Date(at(-60)).toISOString() })
  await write('patrols', { id: 'P1', occasion: 'storm', found: '正常' })
  await write('patrols', { id: 'P2', occasion: 'storm', found: 'a mistake', withdrawn: true })
  const english = await look('/key-customers/K1?lang=en')
  for (const words of [
    /<details id="write-patrol"><summary>Write down a patrol<[\s\S]*value="\/v1\/key-customers\/K1\/patrols">Write down</,
    // Its feed is no source to be tried.
    /<select name="source" required><option value=""><\/option><option value="S1">generator<\/option><\/select>/,
    /aria-label="Withdraw: Nov 20 20:07 storm · 正常"/,
    /data-zone="Asia\/Shanghai"/
  ])
    assert.match(english, words)
  assert.doesNotMatch(english, /a mistake/)
  assert.match(
    await look('/key-customers/K1?lang=zh-CN'),
    /登记特巡[\s\S]*巡视情况[\s\S]*登记隐患[\s\S]*作废/
  )
  const [form = ''] = formsOf(english).filter(each => each.includes('data-now'))
  assert.deepEqual(
    [...form.matchAll(/data-now="(\w+)"/g)].map(([, member]) => member),
    ['served', 'reported', 'supervised', 'fixed']
  )
  const carried = (/name="\*" value="([^"]*)"/.exec(form)?.[1] ?? '').replaceAll('&quot;', '"')
  assert.equal(await write('hazards', { ...JSON.parse(carried), fixed: new Date(NOW).toISOString() }), 200)
  const fixed = formsOf(await look('/key-customers/K1?lang=en')).find(each => each.includes('data-now'))
  assert.match(fixed ?? '', /name="verifiedBy" required[\s\S]*data-now="verified">Verified now/)
})

test('a generator truck is told of from the page of whoever keeps customers, and nobody else', async t => {
  const { site, look } = await openSite(t, ON_GENERATOR)
  const before = await look('/key-customers/K1?lang=en')
  assert.match(before, /<details id="write-truck" open>/)
  const stay = { keyCustomer: 'K1', kind: 'truck', id: 'TRK-7', at: at(-30), isWithdrawn: false } as const
  const body = { sections: ['L1'], validUntil: at(600) }
  await site.ledger.putDossierEntry({ ...stay, body, writtenAt: at(-30), writtenBy: 'li' }, BY)
  for (const [language, words] of [
    ['en', [/generator truck TRK-7/, /since \d\d:\d\d, for .*: 手术室/, />still here</, />has left</]],
    ['zh-CN', [/发电车 TRK-7/, /接入，已/, />确认仍在</, />已撤离</]]
  ] as const) {
    const page = await look(`/key-customers/K1?lang=${language}`)
    for (const word of words) assert.match(page, word)
    assert.match(page, /data-now="detachedAt"/)
  }
  site.now = at(601)
  assert.match(await look('/key-customers/K1?lang=en'), /not confirmed since/)
  assert.doesNotMatch(await (await openViewer(t)).look('/key-customers/K1?lang=en'), /write-truck/)
})

test('a refusal of any member of an entry has words, and nobody else has forms', async t => {
  const { site } = await openSite(t, ON_GENERATOR)
  for (const language of LANGUAGES) {
    const words = JSON.parse(wrongWords(dossierWords(language)))
    for (const { member, form } of Object.values(DOSSIER_COLUMNS).flat())
      assert.equal(member in words, !['id', 'choice', 'boolean'].includes(form), `${language} ${member}`)
  }
  site.anonymousRole = 'viewer'
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  const { body } = await api.inject('/key-customers/K1?lang=en')
  assert.match(body, /Open hazards/)
  assert.doesNotMatch(body, /<form|id="write-/)
})

test('what is planned and takes a feed from it stands on its page, with what will be left', async t => {
  const { site, look } = await openSite(t, ON_GENERATOR)
  assert.doesNotMatch(await look('/key-customers/K1?lang=en'), /Planned outages/)
  // Its standby feed hangs below TR1, where the registry plans an hour from now on.
  site.meters.push({ id: 'FEED', usagePoint: 'U3' })
  const english = await look('/key-customers/K1?lang=en')
  assert.match(
    english,
    /Planned outages<\/h2>[\s\S]*20:07 – 21:07 <span class="pill reduced">reduced<\/span><\/b><span>without standby feed · P1</
  )
  assert.match(await look('/key-customers/K1?lang=zh-CN'), /计划停电[\s\S]*供电降级[\s\S]*失去 备用市电 · P1/)
})

test('of a customer of whom nothing was heard, and of one that there is not', async t => {
  const { look, api } = await openSite(t)
  assert.match(await look('/key-customers/K1?lang=en'), /Nothing has been heard[\s\S]*% complete/)
  const unknown = await api.inject('/key-customers/<b>?lang=en')
  assert.equal(unknown.statusCode, 404)
  assert.match(unknown.body, /no key customer &lt;b&gt;/)
})

test('a key customer comes to its own page, and to no other', async t => {
  const { site, api } = await openSite(t, ON_GENERATOR)
  site.anonymousRole = undefined
  const wish = { role: 'key-customer', subject: 'K1', label: '', expiresAt: null } as const
  const { secret } = await site.access.issueToken(wish, BY)
  const headers = { authorization: `Bearer ${secret}` }
  const ask = async (url: string) => {
    const { statusCode, headers: answered, body } = await api.inject({ url, headers })
    return { statusCode, location: answered.location, body }
  }
  assert.equal((await ask('/')).location, '/key-customers/K1')
  const own = await ask('/key-customers/K1?lang=en')
  assert.equal(own.statusCode, 200)
  assert.doesNotMatch(own.body, /<form/)
  assert.deepEqual(
    [(await ask('/key-customers/K2')).statusCode, (await ask('/key-customers/K2')).location],
    [303, '/account']
  )
})

test('every reason has a sentence in both languages, and every word its counterpart', () => {
  for (const language of LANGUAGES) {
    const sentences = SUPPLY_REASONS.map(reason => sayWhy(reason, language))
    assert.equal(new Set(sentences).size, SUPPLY_REASONS.length)
    assert.ok(customerWords(language)('since', { t: 'T', d: 'D' }).includes('T'))
  }
})
