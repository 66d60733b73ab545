import fc from 'fast-check'
import type { Operation } from './fuzz/document.ts'
import { fitting } from './fuzz/values.ts'

/** One request, and the ids that it names. */
export interface Ask {
  readonly operation: string
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly body: string | undefined
  readonly names: readonly string[]
}

/** Ids by the path up to them, such as `/v1/meters`, and by the names of parameters. */
export type Ids = Readonly<Record<string, readonly string[]>>

/** Ends whoever asks, or goes on for ever: the stream is listened to by itself. */
const NOT_ASKED = new Set(['listen', 'logOut', 'changePassword'])
/** Beside the contract. */
const PAGES = ['/', '/page/live', '/account', '/login', '/api']

/** Every operation with every id that may stand in it; each query parameter that may name something, with each of those. */
export function* asksOf(operations: readonly Operation[], ids: Ids): Generator<Ask> {
  for (const operation of operations) {
    if (NOT_ASKED.has(operation.id)) continue
    const required = operation.parameters.filter(each => each.in === 'query' && each.required)
    const query = required.map(({ name, schema }) => `${name}=${filled(ids[name], schema)}`)
    const paths = pathsOf(operation, ids)
    for (const { path, names } of paths) yield askOf(operation, path, query, names)
    const [first] = paths
    for (const { name, in: place } of operation.parameters)
      for (const id of place === 'query' && first !== undefined ? (ids[name] ?? []) : []) {
        const others = query.filter(part => !part.startsWith(`${name}=`))
        const named = [...(first?.names ?? []), ...id.split(',')]
        yield askOf(operation, first?.path ?? '', [...others, `${name}=${encodeURIComponent(id)}`], named)
      }
  }
  const page = (url: string, names: readonly string[]): Ask => ({
    ...{ operation: 'page', method: 'GET', url, body: undefined, names }
  })
  for (const url of PAGES) yield page(url, [])
  for (const id of ids['/v1/key-customers'] ?? []) yield page(`/key-customers/${id}`, [id])
  for (const id of ids['/v1/incidents'] ?? []) yield page(`/incidents/${id}`, [id])
  for (const id of ids['/v1/meters'] ?? []) yield page(`/?meter=${id}`, [id])
}

function pathsOf({ path }: Operation, ids: Ids): { path: string; names: readonly string[] }[] {
  const [root = '', ...rest] = path.split(/\/\{\w+\}/)
  if (rest.length === 0) return [{ path, names: [] }]
  return (ids[root] ?? ['x1']).map(id => ({
    path: `${root}/${encodeURIComponent(id)}${rest.join('')}`,
    names: [id]
  }))
}

function askOf(
  { id, method, body }: Operation,
  path: string,
  query: readonly string[],
  names: readonly string[]
): Ask {
  const text =
    body?.type === 'application/json' ? JSON.stringify(sample(fitting(body.schema, '', {}))) : undefined
  return {
    operation: id,
    method,
    url: query.length === 0 ? path : `${path}?${query.join('&')}`,
    body: text,
    names
  }
}

const SEED = 7
const sample = (values: fc.Arbitrary<unknown>): unknown => fc.sample(values, { numRuns: 1, seed: SEED })[0]
const filled = (known: readonly string[] | undefined, schema: Parameters<typeof fitting>[0]): string =>
  encodeURIComponent(known?.[0] ?? String(sample(fitting(schema, '', {}))))
