import { z } from 'zod'
import { type ErrorCode, GridvigilError } from '../../errors.ts'
import type { Actor } from '../../ledger/port.ts'
import type { Access, Caller } from '../../model/roles.ts'
import type { ApiContext, SentFile } from '../context.ts'

export const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

/**
 * One HTTP operation: its words for the OpenAPI document, its schemas, who may use it, and its handler. All operations
 * are values in the table of routes/all.ts; server.ts, openapi.ts and the access test read the same table, so they cannot
 * disagree.
 */
export interface Route {
  readonly method: Method
  /** OpenAPI form, `/v1/meters/{id}`. */
  readonly path: string
  readonly operation: string
  readonly tag: string
  readonly summary: string
  readonly access: Access
  readonly params: z.ZodObject | undefined
  readonly query: z.ZodObject | undefined
  /** JSON body; 'files' is multipart/form-data with files. */
  readonly body: z.ZodType | 'files' | undefined
  /** A registered component, or a media type whose body is text. */
  readonly response: z.ZodType | string
  /** Whether it asks the store, or this request does: then it waits for readiness and for its turn. */
  readonly asksStore: AsksStore
  /** Whether its answer follows from the registry alone and may be kept until that changes. */
  readonly isOfRegistry: boolean
  /** Whether its answer holds a secret that is shown once. */
  readonly isSecret: boolean
  /** Whether its body holds a password. */
  readonly hidesBody: boolean
  /** Most calls of one caller a minute, where the common limit is too generous. */
  readonly mostPerMinute: number | undefined
  /** Status of success. */
  readonly status: number
  /** Errors it may answer beyond those that any route may. */
  readonly errors: readonly ErrorCode[]
  /** Statuses beside that of success that have the same body. */
  readonly otherStatuses: readonly number[]
  /** @throws API_BAD_REQUEST (InvalidRequest), API_FORBIDDEN and the listed errors */
  run(context: ApiContext, request: RawRequest): Promise<Answer>
}

export interface RawRequest {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  /** Undefined on public routes for whoever has not said who he is. */
  readonly caller: Caller | undefined
  readonly actor: Actor
  /** Cookie of its session, '' when there is none. */
  readonly cookie: string
  /** Whether it came over TLS. */
  readonly isSecure: boolean
  /** Whether it would still be let in: what goes on for long asks again. */
  mayStill(): boolean
  /** Header of the request, '' when it has none. */
  header(name: string): string
  /** Gives the answer a header beside those that all have. */
  setHeader(name: string, value: string): void
  /** For an answer that goes on: `release` is called when it is over, whoever ends it. */
  onEnd(release: () => void): void
}

export interface Answer {
  readonly status: number
  readonly body: unknown
}

type AsksStore = boolean | ((context: ApiContext, request: Pick<RawRequest, 'params' | 'query'>) => boolean)

interface Definition<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType | 'files',
  R extends z.ZodType | string
> {
  readonly method?: Method
  readonly path: string
  readonly operation: string
  readonly tag: string
  readonly summary: string
  readonly access: Access
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly response: R
  readonly asksStore?: AsksStore
  readonly isOfRegistry?: boolean
  readonly isSecret?: boolean
  readonly hidesBody?: boolean
  readonly mostPerMinute?: number
  readonly errors?: readonly ErrorCode[]
  /** HTTP status of success; 200 when absent. */
  readonly status?: number | ((body: Body<R>) => number)
  readonly otherStatuses?: readonly number[]
  /** For routes that a key customer may use: whether what it asks for is its own. */
  readonly isOwn?: (context: ApiContext, subject: string, input: Input<P, Q, B>) => boolean
  readonly handle: (context: ApiContext, input: Input<P, Q, B>, who: Who) => Body<R> | Promise<Body<R>>
}

interface Input<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType | 'files'> {
  readonly params: z.output<P>
  readonly query: z.output<Q>
  readonly body: B extends z.ZodType ? z.output<B> : AsyncIterable<SentFile>
}

/** Who asks, and how the audit trail names it. */
export type Who = Omit<RawRequest, 'params' | 'query' | 'body'>

/** Text may come in parts, as it is made. */
type Body<R> = R extends z.ZodType ? z.input<R> : string | AsyncIterable<string>

/** A route of the table from its definition; requests are parsed before `handle` sees them. */
export function defineRoute<
  P extends z.ZodObject,
  Q extends z.ZodObject,
  B extends z.ZodType | 'files',
  R extends z.ZodType | string
>(definition: Definition<P, Q, B, R>): Route {
  const { path, operation, tag, summary, access, params, query, body, response, status } = definition
  return {
    ...{ path, operation, tag, summary, access, params, query, body, response },
    method: definition.method ?? 'GET',
    asksStore: definition.asksStore ?? false,
    isOfRegistry: definition.isOfRegistry ?? false,
    isSecret: definition.isSecret ?? false,
    hidesBody: definition.hidesBody ?? false,
    mostPerMinute: definition.mostPerMinute,
    status: typeof status === 'number' ? status : 200,
    errors: definition.errors ?? [],
    otherStatuses: definition.otherStatuses ?? [],
    async run(context, request) {
      const { caller } = request
      const isForeign = (): boolean =>
        caller?.role === 'key-customer' &&
        access !== 'public' &&
        !(definition.isOwn?.(context, caller.subject, input) ?? false)
      const input = {
        params: parsePart(params ?? NOTHING, request.params, 'path'),
        query: parsePart(query ?? NOTHING, request.query, 'query'),
        body: body === 'files' ? request.body : parsePart(body ?? NO_BODY, request.body, 'body')
      } as Input<P, Q, B>
      if (isForeign()) throw new GridvigilError('API_FORBIDDEN', 'not of this key customer')
      // What was its own at the beginning may be another's by now.
      const who = { ...request, mayStill: () => request.mayStill() && !isForeign() }
      const answer = await definition.handle(context, input, who)
      const code = typeof status === 'function' ? status(answer) : (status ?? 200)
      return { status: code, body: answer }
    }
  }
}

const NOTHING = z.strictObject({})
/** Clients send `null`, `{}` or nothing where nothing is asked for. */
const NO_BODY = z.union([NOTHING, z.null(), z.undefined()])

/** A request that does not fit its schema; `findings` names every offending place. */
export class InvalidRequest extends GridvigilError {
  readonly findings: readonly { path: string; message: string }[]

  constructor(findings: readonly { path: string; message: string }[]) {
    super('API_BAD_REQUEST', findings.map(({ path, message }) => `${path}: ${message}`).join('; '))
    this.findings = findings
  }
}

/** What is wrong with one member of a body. */
export const wrongMember = (member: string, message: string): InvalidRequest =>
  new InvalidRequest([{ path: `body.${member}`, message }])

function parsePart(schema: z.ZodType, given: unknown, part: string): unknown {
  const result = schema.safeParse(given ?? {})
  if (result.success) return result.data
  throw new InvalidRequest(
    result.error.issues.flatMap(issue => {
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map(key => ({
          path: `${part}.${key}`,
          message: part === 'body' ? 'no such property' : 'no such parameter'
        }))
      }
      return [{ path: [part, ...issue.path.map(String)].join('.'), message: issue.message }]
    })
  )
}
