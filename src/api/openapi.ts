import { z } from 'zod'
import { ERRORS, type ErrorCode } from '../errors.ts'
import { problemOut } from './problem.ts'
import type { Route } from './route.ts'
import { components } from './schemas.ts'

type Json = Record<string, unknown>

const REFERENCE = '#/components/schemas/'
/** Any route may answer these. */
const COMMON: readonly ErrorCode[] = ['API_BAD_REQUEST', 'API_INTERNAL']
const STORE: readonly ErrorCode[] = [
  'API_NOT_READY',
  'API_BUSY',
  'SERIES_OPEN_FAILED',
  'SERIES_DAY_UNREADABLE'
]

/** The OpenAPI 3.1 document of a route table. Pure: docs/openapi.json is its output, proven fresh by a test. */
export function buildOpenApi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) paths[route.path] = { ...paths[route.path], get: describeOperation(route) }
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
      { name: 'ingest', description: 'What became of everything that was acknowledged' },
      { name: 'health', description: 'For supervisors and monitoring' }
    ],
    paths,
    components: { schemas: describeComponents() }
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
  for (const code of [...COMMON, ...(route.asksStore ? STORE : []), ...route.errors]) {
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
  return {
    operationId: route.operation,
    tags: [route.tag],
    summary: route.summary,
    parameters: [...describeParameters(route.params, 'path'), ...describeParameters(route.query, 'query')],
    responses: { ...Object.fromEntries(problems), ...describeAnswers(route) }
  }
}

function describeAnswers(route: Route): Json {
  const content = describeContent(route)
  const others = route.otherStatuses.map(status => [
    String(status),
    { description: 'Not OK, same form', content }
  ])
  return { '200': { description: 'OK', content }, ...Object.fromEntries(others) }
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
