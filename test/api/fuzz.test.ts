import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFuzz } from '../../bench/api-fuzz.ts'
import { ApiDocument } from '../../bench/fuzz/document.ts'
import { judge } from '../../bench/fuzz/judge.ts'
import openApi from '../../docs/openapi.json' with { type: 'json' }

/** `npm run bars -- --issue 4 --bar fuzz` asks 100,000 times. */
const REQUESTS = 400

test('requests of all kinds from the OpenAPI document: answers are as it says, and none is 5xx', async () => {
  const options = {
    requests: REQUESTS,
    raw: 80,
    ...{ seed: 11, tag: '' },
    'most-findings': 9,
    'most-growth-mb': 150,
    'most-resident-growth-mb': 1000
  }
  const { pass, figures } = await runFuzz(options)
  assert.deepEqual(figures.findings, [])
  assert.ok(figures.requests >= REQUESTS && figures.operations > 30, JSON.stringify(figures))
  assert.ok(pass, JSON.stringify(figures))
})

const SAFE = { 'x-content-type-options': 'nosniff', 'content-type': 'application/json; charset=utf-8' }
const PROBLEM = { ...SAFE, 'content-type': 'application/problem+json; charset=utf-8' }
const ENDED = JSON.stringify({ ended: true })
const problem = (status: number, code: string): string =>
  JSON.stringify({
    ...{ type: '', title: '', status, code, detail: '', remedy: '', instance: '', request: '', retry: false }
  })

test('the judge sees what does not fit the document', () => {
  const document = new ApiDocument(openApi)
  const rows: [status: number, headers: object, body: string, expected: RegExp | undefined][] = [
    [200, SAFE, ENDED, undefined],
    [200, SAFE, '{"ended":1}', /schema mismatch/],
    [200, SAFE, '{"ended":true,"more":1}', /schema mismatch/],
    [200, SAFE, '{', /no JSON/],
    [200, { ...SAFE, 'content-type': 'text/html' }, ENDED, /undocumented type text.html/],
    [201, SAFE, ENDED, /undocumented status 201/],
    [500, PROBLEM, problem(500, 'API_INTERNAL'), /status 500/],
    [503, PROBLEM, problem(503, 'API_BUSY'), /status 503/],
    [400, PROBLEM, problem(400, 'API_BAD_REQUEST'), undefined],
    [400, PROBLEM, problem(404, 'API_BAD_REQUEST'), /no valid problem/],
    [400, PROBLEM, problem(400, 'API_RATE'), /undocumented code/],
    [400, PROBLEM, '{}', /no valid problem/],
    [200, { 'content-type': 'application/json' }, ENDED, /nosniff/]
  ]
  for (const [status, headers, body, expected] of rows) {
    const finding = judge(document, 'DELETE', '/v1/session', { status, headers: { ...headers }, body })
    const label = `${status} ${body}`
    if (expected === undefined) assert.equal(finding, undefined, label)
    else assert.match(finding?.sign ?? '', expected, label)
  }
  const lost = { status: 200, headers: SAFE, body: '' }
  assert.match(judge(document, 'GET', '/v1/none', lost)?.sign ?? '', /^unknown-route: status 200/)
  const other = { status: 405, headers: PROBLEM, body: problem(405, 'API_METHOD') }
  assert.match(judge(document, 'PUT', '/v1/meters', other)?.sign ?? '', /no Allow/)
})
