import { connect } from 'node:net'
import fc from 'fast-check'
import type { ApiDocument } from './document.ts'
import { type Finding, judge } from './judge.ts'
import type { FuzzSite } from './site.ts'

/** Raw bytes over a real socket: what no HTTP client would send. */
const LIMIT_MS = 20_000
const AT_ONCE = 8

const TLS_HELLO = Buffer.from('16030100a5010000a10303', 'hex')
const long = (bytes: number): string => 'x'.repeat(bytes)

/** Heads and whole requests; `TOKEN` becomes an administrator's. */
const MESSAGES: readonly string[] = [
  'GET /v1/meters HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n\r\n',
  'GET /v1/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\n\r\n',
  'HEAD /v1/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n\r\n',
  'GET /healthz HTTP/1.1\r\n\r\n',
  'GET /healthz HTTP/1.0\r\n\r\n',
  'GET /healthz\r\n',
  'GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n',
  'GET http://elsewhere/healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET /healthz HTTP/1.1\nHost: a\n\n',
  'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n',
  'GET /healthz HTTP/1.1\r\nHost a\r\n\r\n',
  'GET /healthz HTTP/1.1\r\nHost: a\r\nX\u0000: 1\r\n\r\n',
  'GET /v1/meters/\u00ff\u00fe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'GET /v1/meters?q=\u00e4 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nConnection: close\r\n\r\n',
  'GET /v1/registry HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nCookie: \u00ff=\u00fe\r\nConnection: close\r\n\r\n',
  `GET /${long(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${long(20_000)}\r\n\r\n`,
  `GET /healthz HTTP/1.1\r\nHost: a\r\n${Array.from({ length: 3000 }, (_, i) => `A${i}: 1\r\n`).join('')}\r\n`,
  'GET /v1/meters HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"role"',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n{}',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n11\r\n{"role":"viewer"}\r\n0\r\n\r\n',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nTransfer-Encoding: gzip\r\n\r\n',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 17\r\nConnection: close\r\n\r\n{"role":"viewer"}',
  'POST /v1/tokens HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
  'POST /v1/registry/import HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 4000\r\n\r\n--B\r\nContent-Disposition: form-data; name="files"; filename="meters.csv"\r\n\r\nid,te',
  'DELETE /v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\nContent-Type: application/json\r\n\r\n{',
  `${'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20)}GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
]

/** What becomes of a message on its way. */
interface Sent {
  readonly bytes: Buffer
  /** Whether the connection is dropped as soon as all is sent. */
  readonly isDropped: boolean
}

const sent = (token: string): fc.Arbitrary<Sent> => {
  const message = fc
    .constantFrom(...MESSAGES)
    .map(text => Buffer.from(text.replaceAll('TOKEN', token), 'latin1'))
  const cut = fc.tuple(message, fc.nat({ max: 400 })).map(([bytes, at]) => bytes.subarray(0, at))
  const spoiled = fc
    .tuple(message, fc.nat({ max: 200 }), fc.uint8Array({ maxLength: 6 }))
    .map(([bytes, at, other]) =>
      Buffer.concat([bytes.subarray(0, at), other, bytes.subarray(at + other.length)])
    )
  const noise = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
  const bytes = fc.oneof(
    { weight: 5, arbitrary: message },
    { weight: 3, arbitrary: spoiled },
    { weight: 2, arbitrary: cut },
    { weight: 1, arbitrary: noise },
    { weight: 1, arbitrary: fc.constant(TLS_HELLO) }
  )
  return fc.record({ bytes, isDropped: fc.nat({ max: 9 }).map(number => number === 0) })
}

/** Sends `wanted` messages over connections of their own. A server that answers nothing has to close. */
export async function fuzzRaw(
  site: FuzzSite,
  document: ApiDocument,
  wanted: number,
  seed: number
): Promise<{ asked: number; findings: Finding[] }> {
  if (wanted === 0) return { asked: 0, findings: [] }
  const findings = new Map<string, Finding>()
  const messages = fc.sample(sent(site.secrets.admin), { seed, numRuns: wanted })
  let next = 0
  const work = async (): Promise<void> => {
    for (let message = messages[next++]; message !== undefined; message = messages[next++]) {
      const answer = await exchange(site.port, message)
      const finding = message.isDropped ? undefined : judgeRaw(document, answer)
      if (finding === undefined || findings.has(finding.sign)) continue
      const shown = JSON.stringify(message.bytes.subarray(0, 300).toString('latin1'))
      findings.set(finding.sign, { ...finding, detail: `${finding.detail} to ${shown}` })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const alive = await site.api.inject('/healthz')
  if (alive.statusCode !== 200)
    findings.set('dead', { sign: 'raw: not healthy after it', detail: alive.body })
  return { asked: messages.length, findings: [...findings.values()] }
}

/** All that comes back until the server closes, or the first event of a stream; undefined when it does neither. */
function exchange(port: number, { bytes, isDropped }: Sent): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const timer = setTimeout(() => end(undefined), LIMIT_MS)
    let text = ''
    const end = (answer: string | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', () => {
      if (isDropped) socket.write(bytes, () => end(''))
      else socket.end(bytes)
    })
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      if (text.includes('event: hello')) end(text)
    })
    socket.on('error', () => end(text))
    socket.on('end', () => end(text))
  })
}

function judgeRaw(document: ApiDocument, answer: string | undefined): Finding | undefined {
  if (answer === undefined) return { sign: 'raw: neither answer nor close', detail: '' }
  if (answer === '') return undefined
  for (const { status, head, type, body } of answersIn(answer)) {
    const detail = `${head} ${body}`.slice(0, 500)
    if (status >= 500) return { sign: `raw: status ${status}`, detail }
    if (status < 400 || body === '') continue
    const headers = { 'content-type': type, 'x-content-type-options': 'nosniff' }
    const isProblem = type.startsWith('application/problem+json')
    const isValid = isProblem && judge(document, 'GET', '/nowhere', { status, headers, body }) === undefined
    if (!isValid) return { sign: `raw: no problem document, ${status}`, detail }
  }
  return undefined
}

interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly type: string
  readonly body: string
}

/** Answers one behind the other, up to the first whose length is not told. */
function* answersIn(text: string): Generator<RawAnswer> {
  for (let rest = text; rest !== ''; ) {
    const at = rest.indexOf('\r\n\r\n')
    const head = at < 0 ? rest : rest.slice(0, at)
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 999)
    const type = /^content-type: (.*)$/im.exec(head)?.[1]?.trim() ?? ''
    const length = /^content-length: (\d+)/im.exec(head)?.[1]
    const body = at < 0 ? '' : rest.slice(at + 4, at + 4 + Number(length ?? 0))
    // The answer to a HEAD tells a length and has no body: what follows is the next answer, or nothing.
    const isHead = body === '' || body.startsWith('HTTP/1.1 ')
    yield { status, head, type, body: isHead ? '' : Buffer.from(body, 'latin1').toString() }
    if (at < 0 || (length === undefined && status !== 100)) return
    rest = rest.slice(at + 4 + (isHead ? 0 : body.length))
  }
}
