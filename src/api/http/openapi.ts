import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../../errors.ts'
import { COOKIE } from './guard.ts'
import { problemOut } from './problem.ts'
import type { Route } from './route.ts'
import { components } from '../shapes/schemas.ts'

type Json = Record<string, unknown>

const REFERENCE = '#/components/schemas/'
/** Any route may answer these. */
const COMMON: readonly ErrorCode[] = ['API_BAD_REQUEST', 'API_RATE', 'API_INTERNAL']
/** Routes that ask who calls. */
const GUARDED: readonly ErrorCode[] = ['API_UNAUTHENTICATED', 'API_FORBIDDEN']
/** Routes that change something. */
const COMMAND: readonly ErrorCode[] = [
  'API_ORIGIN',
  'API_KEY_REUSED',
  'API_KEY_RUNNING',
  'API_KEY_CUT_OFF',
  'API_TOO_LARGE',
  'API_MEDIA_TYPE'
]
const STORE: readonly ErrorCode[] = [
  'API_NOT_READY',
  'API_BUSY',
  'SERIES_OPEN_FAILED',
  'SERIES_DAY_UNREADABLE'
]

/** The OpenAPI 3.1 document of a route table. Pure: docs/openapi.json is its output, proven fresh by a test. */
export function buildOpenApi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const operation = { [route.method.toLowerCase()]: describeOperation(route) }
    paths[route.path] = { ...paths[route.path], ...operation }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gridvigil',
      version,
      summary: 'Readings of smart meters, durable, validated and queryable',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    tags: [
      { name: 'meters', description: 'Meters and their readings' },
      { name: 'network', description: 'Devices, usage points and who feeds whom' },
      { name: 'outages', description: 'Lost supply, lost communication, what else was found, and alarms' },
      { name: 'registry', description: 'Versions of the registry files' },
      { name: 'key-customers', description: 'Important users (重要用户) and their supply' },
      { name: 'ingest', description: 'What became of everything that was acknowledged' },
      { name: 'access', description: 'Who may do what, and who did what' },
      { name: 'health', description: 'For supervisors and monitoring' }
    ],
    paths,
    security: [{ token: [] }, { session: [] }],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'a token of `gridvigil tokens add`' },
        session: { type: 'apiKey', in: 'cookie', name: COOKIE, description: 'of POST /v1/session' }
      },
      schemas: describeComponents()
    }
  }
}

function describeComponents(): Json {
  const { schemas } = z.toJSONSchema(components, { uri: id => `${REFERENCE}${id}`, io: 'output' })
  return Object.fromEntries(
    Object.entries(schemas)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([id, schema]) => [id, withoutHeads(schema)])
  )
}

/** $schema and $id belong to documents of their own. */
function withoutHeads(schema: object): Json {
  const { $schema: _schema, $id: _id, ...rest } = schema as Json
  return rest
}

function describeOperation(route: Route): Json {
  const statuses = new Map<number, ErrorCode[]>()
  for (const code of codesOf(route)) {
    const { status } = ERRORS[code]
    statuses.set(status, [...(statuses.get(status) ?? []), code])
  }
  const problems = [...statuses]
    .sort(([a], [b]) => a - b)
    .map(([status, codes]) => [
      String(status),
      {
        description: codes.map(code => `\`${code}\`: ${ERRORS[code].message}`).join('; '),
        content: { 'application/problem+json': { schema: reference(problemOut) } }
      }
    ])
  const parameters = [
    ...describeParameters(route.params, 'path'),
    ...describeParameters(route.query, 'query'),
    ...(route.method === 'GET' ? [] : [IDEMPOTENCY_KEY]),
    ...(route.isOfRegistry ? [IF_NONE_MATCH] : [])
  ]
  return {
    operationId: route.operation,
    tags: [route.tag],
    summary: route.summary,
    description: describeAccess(route),
    ...(route.access === 'public' && { security: [] }),
    parameters,
    ...(route.body !== undefined && { requestBody: describeBody(route.body) }),
    responses: { ...Object.fromEntries(problems), ...describeAnswers(route) }
  }
}

const IDEMPOTENCY_KEY: Json = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'a repeated key is told the first answer, for a day',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$' }
}

const IF_NONE_MATCH: Json = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'the ETag of an earlier answer; 304 while the registry is the same',
  schema: { type: 'string' }
}

function codesOf(route: Route): ErrorCode[] {
  return [
    ...COMMON,
    ...(route.access === 'public' ? [] : GUARDED),
    ...(route.method === 'GET' ? [] : COMMAND),
    ...(route.isSecret ? (['API_KEY_SECRET'] as const) : []),
    ...(route.asksStore ? STORE : []),
    ...route.errors
  ]
}

function describeAccess({ access }: Route): string {
  if (access === 'public') return 'Open to everybody.'
  const own = access.includes('key-customer') ? ' A key customer sees what is its own.' : ''
  return `For the roles ${access.filter(role => role !== 'key-customer').join(', ')}.${own}`
}

function describeBody(body: z.ZodType | 'files'): Json {
  if (body === 'files') {
    const files = { type: 'array', items: { type: 'string', format: 'binary' } }
    const schema = { type: 'object', properties: { files } }
    return { required: true, content: { 'multipart/form-data': { schema } } }
  }
  const { $schema: _schema, ...schema } = z.toJSONSchema(body, { io: 'input' })
  return { required: true, content: { 'application/json': { schema } } }
}

function describeAnswers(route: Route): Json {
  const content = describeContent(route)
  const others = route.otherStatuses.map(status => [
    String(status),
    { description: 'Not OK, same form', content }
  ])
  const kept = route.isOfRegistry ? { '304': { description: 'The registry is still the same' } } : {}
  return { [route.status]: { description: 'OK', content }, ...kept, ...Object.fromEntries(others) }
}

function describeContent({ response }: Route): Json {
  if (typeof response === 'string')
    return { [response.split(';')[0] ?? response]: { schema: { type: 'string' } } }
  return { 'application/json': { schema: reference(response) } }
}

function reference(schema: z.ZodType): Json {
  const id = components.get(schema)?.id
  if (id !== undefined) return { $ref: `${REFERENCE}${id}` }
  if (schema instanceof z.ZodUnion) {
    return { oneOf: schema.options.map(option => reference(option as z.ZodType)) }
  }
  throw new Error('a response that is no component')
}

function describeParameters(schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' })
  return Object.entries(properties).map(([name, property]) => {
    // A whole number arrives as text; clients see the number, not our way to read it.
    const { description, pattern, ...rest } = property as Json
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema: pattern === undefined || rest.type === 'integer' ? rest : { ...rest, pattern }
    }
  })
}
