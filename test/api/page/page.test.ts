import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeHtml, html } from '../../../src/api/page/html.ts'
import { WORDS } from '../../../src/api/page/words.ts'
import { createApi } from '../../../src/api/server.ts'
import { SUSPECT } from '../../../src/model/quality.ts'
import { batchOf, finding, incident, loss } from '../../support/outage-lines.ts'
import { contextOf, emptySite, interval, NOW, reading, type Site } from '../context.ts'

const QUARTER = 900_000
const LAST = Math.floor(NOW / QUARTER) * QUARTER

async function look(site: Site, url: string, headers: Record<string, string> = {}) {
  const api = createApi(contextOf(site), { version: '0.0.0' })
  const answer = await api.inject({ url, headers })
  await api.close()
  return answer
}

/** Text without markup, one space between words. */
const wordsOf = (page: string): string =>
  page
    .replaceAll(/<(style|script)[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')

/** A day of quarters: a gap of two, a suspect one, a live point. */
function dayOfQuarters(): Site {
  const site = emptySite()
  for (let i = 96; i >= 1; i--) {
    if (i === 50 || i === 49) continue
    const start = LAST - i * QUARTER
    site.intervals.push(interval(start, start + QUARTER, 0.25, i === 10 ? SUSPECT : 1))
  }
  site.readings = [reading(NOW - 12_000, { activePowerKw: 1.234, voltageVA: 229.8 }, { kind: 0 })]
  return site
}

test('templates escape what is put in, and only Html passes', () => {
  const evil = `<script>alert("1")&'</script>`
  assert.equal(html`<p title="${evil}">${evil}</p>`.text.includes('<script>'), false)
  assert.equal(html`${[html`<b>1</b>`, '<i>', 2, false, undefined]}`.text, '<b>1</b>&lt;i&gt;2')
  assert.equal(escapeHtml('a\u0000b\u001b\u0085\n'), 'a\ufffdb\ufffd\ufffd\n')
})

test('the language comes from the query, then from Accept-Language', async () => {
  const rows: [url: string, accept: string, language: string][] = [
    ['/', '', 'en'],
    ['/', 'zh-CN,zh;q=0.9', 'zh-CN'],
    ['/?lang=en', 'zh-CN', 'en'],
    ['/?lang=zh-CN', 'en', 'zh-CN'],
    ['/?lang=<b>', 'zh', 'zh-CN'],
    ['/?lang=en&lang=zh-CN', 'zh', 'zh-CN']
  ]
  for (const [url, accept, language] of rows) {
    const answer = await look(emptySite(), url, { 'accept-language': accept })
    assert.equal(answer.headers['content-language'], language, `${url} ${accept}`)
    assert.match(answer.body, new RegExp(`<html lang="${language}">`))
    assert.ok(answer.body.includes(WORDS[language as 'en'].audit))
  }
})

test('both languages have the same words with the same places', () => {
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
  for (const [word, text] of Object.entries(WORDS['zh-CN'])) {
    assert.deepEqual(places(WORDS.en[word as 'audit']), places(text), word)
  }
})

test('the policy allows our own style and script by a nonce used once, and nothing else', async () => {
  const [first, second] = [await look(emptySite(), '/'), await look(emptySite(), '/')]
  const policy = String(first.headers['content-security-policy'])
  const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
  assert.match(policy, /^default-src 'none'; /)
  assert.doesNotMatch(policy, /unsafe/)
  assert.notEqual(policy, second.headers['content-security-policy'])
  for (const match of first.body.matchAll(/<(script|style)([^>]*)>/g))
    assert.equal(match[2], ` nonce="${nonce}"`)
  assert.doesNotMatch(first.body, /\sstyle=|\son\w+=|src="http|href="http/)
  assert.equal(first.headers['x-content-type-options'], 'nosniff')
})

test('simulated data is marked, real data is not', async () => {
  const site = emptySite()
  assert.match((await look(site, '/?lang=zh-CN')).body, /class="badge"[^>]*>模拟数据</)
  assert.match((await look(site, '/?lang=en')).body, /class="badge"[^>]*>SIMULATED</)
  site.simulated = false
  assert.doesNotMatch((await look(site, '/?lang=en')).body, /SIMULATED|simulated/)
})

test('both equations stand with every term, and a tick only while they hold', async () => {
  const site = emptySite()
  const holding = wordsOf((await look(site, '/page/live?lang=en')).body)
  assert.match(holding, /12 acknowledged = 9 decoded \+ 1 quarantined \+ 2 pending ✓ equation holds/)
  assert.match(
    holding,
    /90 decoded = 80 stored \+ 1 corrections \+ 5 duplicates \+ 3 quarantined \+ 1 held \+ 0 unbound ✓ equation holds/
  )
  site.audit = { ...site.audit, frames: { ...site.audit.frames, pending: 0 } }
  assert.match(
    wordsOf((await look(site, '/page/live?lang=zh-CN')).body),
    /12 已应答 ≠ 9 已解码 \+ 1 已隔离 \+ 0 待处理 ! 相差 2/
  )
})

test('the curve draws gaps as gaps, marks suspects and names its newest point', async () => {
  const { body } = await look(dayOfQuarters(), '/page/live?lang=en')
  const count = (pattern: RegExp) => [...body.matchAll(pattern)].length
  assert.equal(count(/fill="url\(#gap-hatch\)"/g), 1, 'the hole')
  assert.equal(count(/<path class="line"/g), 2, 'one line on either side of the hole')
  assert.equal(count(/class="suspect-mark"/g), 1)
  assert.match(wordsOf(body), /1\.23 kW/)
  assert.match(wordsOf(body), /20:07:18 12 s ago/)
  assert.match(body, /<title id="curve-title">Power over the last 24 hours<\/title>/)
  assert.doesNotMatch(body, /NaN|Infinity|undefined/)
})

test('what cannot be shown is said in words', async () => {
  const rows: [change: (site: Site) => void, url: string, says: RegExp][] = [
    [() => {}, '/?meter=nobody', /No meter nobody in the registry/],
    [() => {}, `/?meter=${'x'.repeat(127)}${encodeURIComponent('😀')}`, /No meter x+\ufffd in the registry/],
    [() => {}, '/?meter=%3Cscript%3E', /No meter &lt;script&gt; in the registry/],
    [site => site.meters.splice(0), '/', /holds no meters yet/],
    [
      site => {
        site.ready = false
      },
      '/',
      /Starting; data will be here/
    ],
    [
      site => {
        site.beforeQuery = () => Promise.reject(new Error('down'))
      },
      '/',
      /cannot be read at the moment/
    ],
    [() => {}, '/', /last reading none/]
  ]
  for (const [change, url, says] of rows) {
    const site = emptySite()
    change(site)
    const answer = await look(site, url)
    assert.equal(answer.statusCode, 200)
    assert.match(wordsOf(answer.body), says)
    assert.doesNotMatch(answer.body, /<script>/)
  }
})

test('names from the registry and rooms are text, whatever they hold', async () => {
  const site = emptySite()
  const evil = '"><img src=x onerror=alert(1)>'
  site.meters = [{ id: evil, terminal: evil, usagePoint: evil, wiring: '1p2w' }, { id: `${evil}2` }]
  site.rooms = [{ room: evil, ok: false, detail: evil }]
  assert.doesNotMatch((await look(site, '/')).body, /<img/)
})

test('a household is read once a second, however many look', async () => {
  const site = dayOfQuarters()
  let queries = 0
  site.beforeQuery = async () => {
    queries++
  }
  const api = createApi(contextOf(site), { version: '0.0.0' })
  for (let i = 0; i < 10; i++) await api.inject('/page/live')
  assert.equal(queries, 2)
  site.now += 1000
  await api.inject('/page/live')
  assert.equal(queries, 4)
  await api.close()
})

test('without scripts the page reloads itself; with them only live parts are fetched', async () => {
  const page = (await look(dayOfQuarters(), '/?lang=en')).body
  assert.match(page, /<noscript><meta http-equiv="refresh" content="5"><\/noscript>/)
  const live = (await look(dayOfQuarters(), '/page/live?lang=en')).body
  const ids = (text: string) => [...text.matchAll(/id="(live-\w+)" data-live/g)].map(match => match[1]).sort()
  assert.deepEqual(ids(live), ids(page))
  assert.doesNotMatch(live, /<script|<html/)
})

test('open incidents are listed with device, since when, customers and confidence', async () => {
  const site = emptySite()
  assert.match(
    wordsOf((await look(site, '/page/live?lang=en')).body),
    /not restored: 0 · communication lost: 0 No outage/
  )
  const lines = Array.from({ length: 9 }, (_, i) =>
    incident({
      ...{ id: `I${i}`, device: i === 8 ? 'TR1' : 'U17', phases: i === 8 ? 'A' : '' },
      ...{ start: NOW - 600_000, affected: 1200 + i, confidence: 0.973, state: i === 8 ? 'updated' : 'open' }
    })
  )
  const places = { path: () => [], account: () => '' }
  await site.outages.takeLines(batchOf(1, { incidents: lines, communication: [loss({ id: 'C1' })] }), places)
  site.outageFigures = { ...(await site.outages.figures()), recordsBehind: 0 }
  const english = (await look(site, '/page/live?lang=en')).body
  assert.match(
    wordsOf(english),
    /not restored: 9 · communication lost: 1 device since customers confidence state 1 号配变 TR1 phases A 19:57 10 min 1,208 97% open service line U17 19:57/
  )
  assert.match(english, /href="\/incidents\/I8\?lang=en"/)
  assert.match(wordsOf(english), /1,201 97% open and 1 more/)
  const chinese = wordsOf((await look(site, '/page/live?lang=zh-CN')).body)
  assert.match(
    chinese,
    /未恢复停电 9 起 · 通信中断 1 处 停电设备 停电起始 影响户数 置信度 状态 1 号配变 TR1 A 相 19:57 10 分 1,208 97% 停电中/
  )
})

test('a feed of a key customer is named with him, and interrupts nobody who is fed elsewhere', async () => {
  const site = emptySite()
  const feed = { device: 'U2', affected: 0, state: 'open' } as const
  const decided = { act: 'claim', by: 'user:li', at: NOW, claimedBy: 'user:li' } as const
  site.meters.push({ id: 'FEED', usagePoint: 'U2' })
  await site.outages.takeLines(
    batchOf(1, {
      incidents: [
        incident({ id: 'I1', ...feed }),
        incident({ id: 'I2', ...feed, state: 'updated', change: 'decided', decided }),
        incident({ id: 'I3', ...feed, state: 'closed', end: NOW }),
        incident({ id: 'I4', ...feed, device: 'U17' })
      ],
      communication: [loss({ id: 'C1' })],
      findings: [finding({ id: 'F1' })]
    }),
    { path: () => [], account: () => '' }
  )
  site.outageFigures = { ...(await site.outages.figures()), recordsBehind: 0 }
  const english = wordsOf((await look(site, '/page/live?lang=en')).body)
  assert.match(english, /service line U17 [^–]*– 97% open/)
  assert.match(
    english,
    /市一医院 · its feed U2 .{0,40}no customer interrupted: fed elsewhere 97% open claimed by li/
  )
  assert.match(english, /Restored lately all 市一医院 · its feed U2/)
  assert.match(english, /Communication lost all terminal T1/)
  assert.match(english, /Findings all doubt about the registry M1/)
  const chinese = wordsOf((await look(site, '/page/live?lang=zh-CN')).body)
  assert.match(chinese, /市一医院 · 供电电源 U2 .{0,40}无用户停电：另有电源供电 97% 停电中 li 认领/)
})
