import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import { FORMS_SCRIPT } from '../../../src/api/page/forms-script.ts'

interface Field {
  readonly name: string
  readonly value: string
  readonly type?: string
}

interface Answer {
  readonly ok: boolean
  readonly json?: () => Promise<object>
}

/** A page with one form, as far as the script looks at it. */
function openPage(fields: readonly Field[], { zone = 'Asia/Shanghai', wrong = '' } = {}) {
  const page = {
    sent: [] as [url: string, body: unknown][],
    asked: [] as string[],
    answers: [] as Answer[],
    reloads: 0,
    focused: '',
    said: { textContent: '' },
    button: { disabled: false },
    submit: async (_event: object): Promise<void> => {},
    press: (value: string, dataset: object = {}) =>
      page.submit({ target: form, submitter: { value, dataset }, preventDefault: () => {} })
  }
  const elements = Object.assign([...fields, { name: '', value: '/v1/of-a-button', type: 'submit' }], {
    namedItem: (name: string) => ({ focus: () => (page.focused = name) })
  })
  const form = {
    matches: () => true,
    querySelector: () => page.said,
    querySelectorAll: () => [page.button],
    closest: () => (wrong === '' ? null : { dataset: { wrong } }),
    dataset: { sent: 'Sent' },
    elements
  }
  vm.runInNewContext(FORMS_SCRIPT, {
    document: {
      body: { dataset: { zone } },
      documentElement: { lang: 'en' },
      addEventListener: (_name: string, listener: typeof page.submit) => (page.submit = listener)
    },
    fetch: async (url: string, { body }: { body?: string }) => {
      if (body === undefined) return { headers: new Map([['date', 'Fri, 20 Nov 2026 12:07:30 GMT']]) }
      page.sent.push([url, JSON.parse(body)])
      const answer = page.answers.shift()
      if (answer === undefined) throw new TypeError('Failed to fetch')
      return answer
    },
    confirm: (question: string) => {
      page.asked.push(question)
      return false
    },
    location: { reload: () => page.reloads++ },
    setTimeout: (call: () => void) => call()
  })
  return page
}

const refused = (problem: object): Answer => ({ ok: false, json: async () => problem })

test('what was typed goes to the path of the button, and what went wrong is said', async () => {
  const page = openPage([
    { name: 'crew', value: '7' },
    { name: 'note', value: '' }
  ])
  page.answers.push(refused({ title: 'no such device', detail: 'NONE' }), { ok: true })
  await page.press('/v1/incidents/I1/claim')
  assert.deepEqual(
    [page.said.textContent, page.button.disabled, page.reloads, page.sent],
    ['no such device — NONE', false, 0, [['/v1/incidents/I1/claim', { crew: '7' }]]]
  )
  await page.press('/v1/incidents/I1/claim')
  assert.deepEqual([page.said.textContent, page.button.disabled, page.reloads], ['Sent', true, 1])
  await page.press('/v1/incidents/I1/close', { ask: 'Close I1?' })
  assert.deepEqual([page.sent.length, page.asked], [2, ['Close I1?']], 'whoever says no sends nothing')
})

/** Each row: a field as it is typed, the zone of the site, and what is sent of it. */
const TYPED: [type: string, value: string, zone: string, sent: unknown][] = [
  ['number', '40.5', 'Asia/Shanghai', 40.5],
  ['text', '40', 'Asia/Shanghai', '40'],
  ['datetime-local', '2026-11-20T08:00', 'Asia/Shanghai', '2026-11-20T08:00:00+08:00'],
  ['datetime-local', '2026-11-20T08:00:05', 'UTC', '2026-11-20T08:00:05+00:00'],
  ['date', '2026-12-20', 'Asia/Shanghai', '2026-12-20T23:59:59+08:00'],
  // An hour before clocks are put forward, and an hour after: 01:00 UTC.
  ['datetime-local', '2026-03-29T01:00', 'Europe/Berlin', '2026-03-29T01:00:00+01:00'],
  ['datetime-local', '2026-03-29T03:00', 'Europe/Berlin', '2026-03-29T03:00:00+02:00']
]

test('numbers and times are sent as the API takes them, in the zone of the site', async () => {
  for (const [type, value, zone, sent] of TYPED) {
    const page = openPage([{ name: 'x', value, type }], { zone })
    page.answers.push({ ok: true })
    await page.press('/v1/x')
    assert.deepEqual(page.sent, [['/v1/x', { x: sent }]], value)
  }
})

test('members as JSON, those of the button, and now by the clock of the server', async () => {
  const page = openPage([
    { name: '*', value: '{"id":"H1","fixed":null,"withdrawn":false}' },
    { name: 'verifiedBy', value: '一班' }
  ])
  page.answers.push({ ok: true }, { ok: true })
  await page.press('/h', { now: 'fixed' })
  await page.press('/h', { with: '{"withdrawn":true}' })
  const whole = { id: 'H1', verifiedBy: '一班' }
  assert.deepEqual(page.sent, [
    ['/h', { ...whole, fixed: '2026-11-20T12:07:30.000Z', withdrawn: false }],
    ['/h', { ...whole, fixed: null, withdrawn: true }]
  ])
})

test('what is refused is said in the words of the page, at its field', async () => {
  const wrong = JSON.stringify({ at: 'lies ahead', API_UNAUTHENTICATED: 'log in', unreachable: 'look first' })
  const page = openPage([{ name: 'found', value: 'x' }], { wrong })
  const rows: [problem: object | undefined, said: string, focused: string][] = [
    [{ code: 'API_BAD_REQUEST', path: 'body.at', title: 't', detail: 'd' }, 'lies ahead', 'at'],
    [{ code: 'API_BAD_REQUEST', path: 'body.found', title: 't', detail: 'd' }, 't — d', 'found'],
    [{ code: 'API_UNAUTHENTICATED', title: 't', detail: 'd' }, 'log in', ''],
    [undefined, 'look first', '']
  ]
  for (const [problem, said, focused] of rows) {
    page.focused = ''
    if (problem !== undefined) page.answers.push(refused(problem))
    await page.press('/v1/x')
    assert.deepEqual([page.said.textContent, page.focused, page.button.disabled], [said, focused, false])
  }
  assert.equal(page.reloads, 0)
})
