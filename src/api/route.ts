import { z } from 'zod'
import { type ErrorCode, GridvigilError } from '../errors.ts'
import type { ApiContext } from './context.ts'

/**
 * One HTTP operation: its words for the OpenAPI document, its schemas and its handler. All operations are
 * values in the table of routes.ts; server.ts and openapi.ts read the same table, so they cannot disagree.
 */
export interface Route {
  /** OpenAPI form, `/v1/meters/{id}`. */
  readonly path: string
  readonly operation: string
  readonly tag: string
  readonly summary: string
  readonly params: z.ZodObject | undefined
  readonly query: z.ZodObject | undefined
  /** A registered component, or a media type whose body is text. */
  readonly response: z.ZodType | string
  /** Whether it asks the store, or this request does: then it waits for readiness and for its turn. */
  readonly asksStore: AsksStore
  /** Errors it may answer beyond those that any route may. */
  readonly errors: readonly ErrorCode[]
  /** Statuses beside 200 that have the same body. */
  readonly otherStatuses: readonly number[]
  /** @throws API_BAD_REQUEST (InvalidRequest) and the listed errors */
  run(context: ApiContext, request: RawRequest): Promise<Answer>
}

export interface RawRequest {
  readonly params: unknown
  readonly query: unknown
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

type AsksStore = boolean | ((context: ApiContext, request: RawRequest) => boolean)

interface Definition<P extends z.ZodObject, Q extends z.ZodObject, R extends z.ZodType | string> {
  readonly path: string
  readonly operation: string
  readonly tag: string
  readonly summary: string
  readonly params?: P
  readonly query?: Q
  readonly response: R
  readonly asksStore?: AsksStore
  readonly errors?: readonly ErrorCode[]
  /** HTTP status by body; 200 when absent. */
  readonly status?: (body: Body<R>) => number
  readonly otherStatuses?: readonly number[]
  readonly handle: (
    context: ApiContext,
    input: { params: z.output<P>; query: z.output<Q> }
  ) => Body<R> | Promise<Body<R>>
}

type Body<R> = R extends z.ZodType ? z.input<R> : string

/** A route of the table from its definition; requests are parsed before `handle` sees them. */
export function defineRoute<P extends z.ZodObject, Q extends z.ZodObject, R extends z.ZodType | string>(
  definition: Definition<P, Q, R>
): Route {
  const { path, operation, tag, summary, params, query, response, status, handle } = definition
  return {
    path,
    operation,
    tag,
    summary,
    params,
    query,
    response,
    asksStore: definition.asksStore ?? false,
    errors: definition.errors ?? [],
    otherStatuses: definition.otherStatuses ?? [],
    async run(context, request) {
      const input = {
        params: parsePart(params ?? NOTHING, request.params, 'path') as z.output<P>,
        query: parsePart(query ?? NOTHING, request.query, 'query') as z.output<Q>
      }
      const body = await handle(context, input)
      return { status: status?.(body) ?? 200, body }
    }
  }
}

const NOTHING = z.strictObject({})

/** A request that does not fit its schema; `findings` names every offending place. */
export class InvalidRequest extends GridvigilError {
  readonly findings: readonly { path: string; message: string }[]

  constructor(findings: readonly { path: string; message: string }[]) {
    super('API_BAD_REQUEST', findings.map(({ path, message }) => `${path}: ${message}`).join('; '))
    this.findings = findings
  }
}

function parsePart(schema: z.ZodObject, given: unknown, part: string): unknown {
  const result = schema.safeParse(given ?? {})
  if (result.success) return result.data
  throw new InvalidRequest(
    result.error.issues.flatMap(issue => {
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map(key => ({ path: `${part}.${key}`, message: 'no such parameter' }))
      }
      return [{ path: [part, ...issue.path.map(String)].join('.'), message: issue.message }]
    })
  )
}
