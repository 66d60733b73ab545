import fc from 'fast-check'
import { type Body, bodyOf, type Uploads } from './bodies.ts'
import type { Operation, Parameter } from './document.ts'
import { fitting, hostile, type Known } from './values.ts'

/** One request, as it is sent. */
export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Body | undefined
  /** Address it comes from: passwords may be guessed ten times a minute from one. */
  readonly from: string
}

/** What requests are made of, beside the document. */
export interface Material {
  readonly operations: readonly Operation[]
  /** Values by `operation.name`, `path.name` (the path up to its first parameter) or name. */
  readonly known: Known
  /** Headers of who asks, each with its weight. */
  readonly callers: readonly { readonly weight: number; readonly headers: Readonly<Record<string, string>> }[]
  /** Files by name, of each operation that takes some. */
  readonly files: Uploads
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']
const ODD_PATHS = [
  '/',
  '//',
  '/v1',
  '/v1/',
  '/v2/meters',
  '/V1/meters',
  '/v1/meters/',
  '/v1/meters//latest',
  '/v1/meters/%2e%2e/tokens',
  '/v1/%zz',
  '/v1/meters/%ff',
  '/v1/meters/%00/latest',
  `/v1/meters/${'x'.repeat(600)}`,
  '/v1/meters/M1;x=1',
  '/v1/openapi.json',
  '/docs/errors.md',
  '/docs/../package.json',
  '/docs/%2e%2e/package.json',
  '/docs/..%2fpackage.json',
  '/docs/',
  '/api',
  '/api/swagger-ui.css',
  '/welcome',
  '/welcome?key=x',
  '/login',
  '/account',
  '/page/live',
  '/page/live?meter=M1&lang=zh-CN',
  '/?meter=%00&lang=xx',
  '/?meter=a&meter=b&lang=en&lang=zh',
  '/.env',
  '/metrics/',
  '/healthz/x',
  '*'
]
const ODD_QUERIES = [
  '?',
  '?&&&',
  '?=',
  '?limit',
  '?limit=1&limit=2',
  '?limit[]=1',
  '?limit[a]=1',
  '?__proto__=1',
  '?__proto__[x]=1',
  '?constructor=1',
  '?%zz=1',
  '?q=%zz',
  '?q=%ff%fe',
  '?q=a+b',
  '?unknown=1',
  '#x',
  `?q=${'y'.repeat(9000)}`
]

/** Requests to every operation of the document, and some that are to none. */
export function requests(material: Material): fc.Arbitrary<Asked> {
  const { operations } = material
  const toOne = fc.oneof(...operations.map(operation => requestTo(operation, material)))
  const any = fc.constantFrom(...operations)
  const otherMethod = any.chain(operation =>
    fc
      .tuple(requestTo(operation, material), fc.constantFrom(...METHODS))
      .map(([asked, method]) => ({ ...asked, method }))
  )
  const lost = fc
    .record({
      method: fc.constantFrom(...METHODS),
      url: fc.oneof(
        fc.constantFrom(...ODD_PATHS),
        fc.webPath().map(path => `/${path}`)
      ),
      headers: headersFor([], material),
      body: any.chain(operation => bodyOf(operation, material.files, material.known)),
      from: address
    })
    .map(({ headers, body, ...rest }) => ({ ...rest, body, headers: withType(headers, body) }))
  return fc.oneof(
    { weight: 20, arbitrary: toOne },
    { weight: 2, arbitrary: otherMethod },
    { weight: 2, arbitrary: lost }
  )
}

const address = fc.nat({ max: 250 }).map(last => `10.1.0.${last + 1}`)

function requestTo(operation: Operation, material: Material): fc.Arbitrary<Asked> {
  const { parameters, method } = operation
  const of = (place: Parameter['in']): Parameter[] => parameters.filter(it => it.in === place)
  return fc
    .record({
      path: pathOf(operation, of('path'), material.known),
      query: queryOf(operation, of('query'), material.known),
      headers: headersFor(of('header'), material),
      body: bodyOf(operation, material.files, material.known),
      from: address
    })
    .map(({ path, query, headers, body, from }) => ({
      method,
      url: `${path}${query}`,
      headers: withType(headers, body),
      body,
      from
    }))
}

function withType(headers: Asked['headers'], body: Body | undefined): Asked['headers'] {
  return body === undefined || body.type === '' ? headers : { ...headers, 'content-type': body.type }
}

/** The value of a parameter, known ones before those that only fit. */
function textOf(operation: Operation, { name, schema }: Parameter, known: Known): fc.Arbitrary<string> {
  const root = operation.path.split('/{')[0]
  const own = known[`${operation.id}.${name}`] ?? known[`${root}.${name}`] ?? known[name] ?? []
  const fit = fitting(schema, '', {}).map(String)
  const values = own.length === 0 ? fit : fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...own) }, fit)
  return fc.oneof({ weight: 9, arbitrary: values }, { weight: 1, arbitrary: hostile })
}

const encode = (text: string): string => encodeURIComponent(text.toWellFormed())

function pathOf(operation: Operation, parameters: readonly Parameter[], known: Known): fc.Arbitrary<string> {
  const values = parameters.map(parameter => textOf(operation, parameter, known))
  return fc.tuple(fc.nat({ max: 19 }), ...values).map(([odd, ...texts]) => {
    const parts = (texts as string[]).map(text => (odd === 0 ? text.toWellFormed() : encode(text)))
    const path = parameters.reduce(
      (made, { name }, index) => made.replace(`{${name}}`, () => parts[index] ?? ''),
      operation.path
    )
    return odd === 1 ? `${path}/` : path
  })
}

function queryOf(operation: Operation, parameters: readonly Parameter[], known: Known): fc.Arbitrary<string> {
  const pairs = parameters.map(parameter =>
    fc.option(
      textOf(operation, parameter, known).map(text => `${parameter.name}=${encode(text)}`),
      { freq: parameter.required ? 20 : 2 }
    )
  )
  const made = fc.tuple(...pairs).map(given => {
    const text = given.filter(pair => pair !== null).join('&')
    return text === '' ? '' : `?${text}`
  })
  return fc.oneof({ weight: 19, arbitrary: made }, fc.constantFrom(...ODD_QUERIES))
}

/** Who asks, and the headers of the contract with right and odd values. */
function headersFor(
  parameters: readonly Parameter[],
  { callers, known }: Material
): fc.Arbitrary<Asked['headers']> {
  const caller = fc.oneof(
    ...callers.map(({ weight, headers }) => ({ weight, arbitrary: fc.constant(headers) }))
  )
  // Node writes no others into a header.
  const visible = fc
    .string({ maxLength: 60, unit: 'binary-ascii' })
    .map(text => text.replaceAll(/[^\x20-\x7e]/g, '').trim())
  const own = ['Idempotency-Key', 'If-None-Match', 'Last-Event-ID', 'Accept-Language', 'Cookie', 'Range']
  const names = [...new Set([...parameters.map(({ name }) => name), ...own])]
  const model = Object.fromEntries(
    names.map(name => {
      const values = known[name] ?? []
      const value = values.length === 0 ? visible : fc.oneof(fc.constantFrom(...values), visible)
      return [name.toLowerCase(), value]
    })
  )
  const few = fc.subarray(Object.keys(model), { maxLength: 2 })
  return fc.tuple(caller, fc.record(model), few, fc.boolean()).map(([who, extra, kept, isPlain]) => ({
    ...(isPlain ? {} : Object.fromEntries(Object.entries(extra).filter(([name]) => kept.includes(name)))),
    ...who
  }))
}
