import { Readable } from 'node:stream'
import cookie from '@fastify/cookie'
import multipart from '@fastify/multipart'
import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit'
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController
} from 'fastify'
import { GridvigilError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import type { Caller } from '../model/roles.ts'
import type { ApiContext, SentFile } from './context.ts'
import { runOnce } from './http/idempotency.ts'
import { answerUnreadable } from './http/client-error.ts'
import { registerDocuments } from './http/documents.ts'
import { actorOf, admit, COOKIE } from './http/guard.ts'
import { chooseLanguage } from './http/language.ts'
import { buildOpenApi } from './http/openapi.ts'
import { registerBrowser } from './page/browser.ts'
import { registerPage } from './page/page.ts'
import { describeProblem, PROBLEM_TYPE } from './http/problem.ts'
import { QueryGate } from './http/query-gate.ts'
import type { Answer, RawRequest, Route } from './http/route.ts'
import { createRoutes } from './routes/all.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request, once a route that asks has admitted it. */
    caller: Caller | undefined
  }
}

/**
 * The HTTP server: routes of the table, the live page, documents.
 *
 *   request -> who? -> rate -> known already? -> ready? -> gate -> parse by schema -> handler -> JSON
 *          \________________________________ thrown _________________________________/-> problem+json
 */
export interface ApiOptions {
  /** Version of the product, for the OpenAPI document. */
  readonly version: string
  /** Folder with README.md and docs/, shown under /docs/; nothing is shown when absent. */
  readonly documents?: string
  readonly logger?: Logger
  /** Addresses of proxies whose word on a caller's address and TLS is taken; none when absent. */
  readonly trustedProxies?: readonly string[]
}

/** Larger JSON bodies are refused; uploads of files have a limit of their own. */
const BODY_LIMIT_BYTES = 65536
/** Files of one upload: a registry has eleven. */
const MAX_FILES = 20
const MAX_PARAM_LENGTH = 512
/** To receive a whole request; a registry of a million meters over a slow line takes minutes. */
const REQUEST_TIMEOUT_MS = 600_000
const RETRY_AFTER_S = 2

/** The API over `context`. Nothing listens and no timer runs before `listen` or `ready`; `close` stops all. */
export function createApi(context: ApiContext, options: ApiOptions): FastifyInstance {
  const app = fastify({
    ...(options.logger === undefined
      ? { logger: false as const }
      : { loggerInstance: options.logger as FastifyBaseLogger }),
    // The page asks once a second: a line per request would bury what matters.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: options.trustedProxies === undefined ? false : [...options.trustedProxies],
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket),
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply)
  })
  const routes = createRoutes()
  const gate = new QueryGate()
  const streams = new OpenStreams()
  app.addHook('preClose', async () => streams.close())
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  app.addHook('onSend', async (_request, reply) => {
    guardAnswer(reply)
  })
  app.decorateRequest('caller', undefined)
  app.register(cookie)
  app.register(multipart, { limits: { files: MAX_FILES, fileSize: context.maxUploadBytes } })
  app.register(rateLimit, rateLimitOf(context))
  // In a scope of its own, so that the plugins stand before the routes are made.
  app.register(async scope => {
    for (const route of routes) registerRoute(scope, route, context, gate, streams)
    const openApi = buildOpenApi(routes, options.version)
    scope.get('/v1/openapi.json', async () => openApi)
    registerPage(scope, context, gate)
    registerBrowser(scope)
    if (options.documents !== undefined) registerDocuments(scope, options.documents)
  })
  registerNotFound(app, routes)
  return app
}

/**
 * Commands pass the gate and are known by their key. Callers of public routes are nobody in particular, so they have no keys of
 * their own; an upload passes the gate when it has arrived, so that a slow one keeps nobody waiting.
 */
function runCommand(
  context: ApiContext,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  run: () => Promise<Answer>
): Promise<Answer> {
  const once = () =>
    route.access === 'public'
      ? run()
      : runOnce(context, route, request, reply, request.caller?.name ?? 'anonymous', run)
  return route.body === 'files' ? once() : context.commandGate.share(once)
}

/** Headers that all answers have, those too that Fastify gives before our hooks run. */
function guardAnswer(reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer')
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
}

/** Whether this request asks the store: some routes know the answer to some. */
const asksStore = ({ asksStore: asks }: Route, context: ApiContext, request: RawRequest): boolean =>
  typeof asks === 'function' ? asks(context, request) : asks

/** Whose calls are counted together: a login by itself, so that strangers at one address do not lock others out. */
function callerKey(request: FastifyRequest): string {
  const { login } = (request.body ?? {}) as { login?: unknown }
  return request.caller?.name ?? `${request.ip} ${typeof login === 'string' ? login.slice(0, 64) : ''}`
}

/** The common limit, by caller where there is one, else by address. */
const rateLimitOf = (context: ApiContext): RateLimitPluginOptions => ({
  max: context.maxRequestsPerSecond,
  timeWindow: 1000,
  hook: 'preHandler',
  // Commands on the machine itself are its operator's.
  allowList: request => request.caller?.name === 'local',
  keyGenerator: request => request.caller?.name ?? request.ip,
  errorResponseBuilder: (_request, { after }) => new GridvigilError('API_RATE', `again in ${after}`)
})

function registerRoute(
  app: FastifyInstance,
  route: Route,
  context: ApiContext,
  gate: QueryGate,
  streams: OpenStreams
): void {
  const url = route.path.replaceAll(/\{(\w+)\}/g, ':$1')
  const { mostPerMinute: max } = route
  const own = { timeWindow: 60_000, groupId: route.operation, keyGenerator: callerKey }
  const config = max === undefined ? {} : { rateLimit: { max, ...own } }
  app.route({
    method: route.method,
    url,
    config,
    // Who may not is told before his body is read.
    onRequest: async request => {
      request.caller = admit(context, request, route.access)
    },
    handler: async (request, reply) => {
      // Taken before the answer is made: an older tag on a newer answer is asked again, the reverse would stay.
      const tag = route.isOfRegistry ? tagOf(context) : undefined
      const actor = actorOf(context, request, request.caller)
      const body = route.body === 'files' ? sentFiles(request) : request.body
      const { params, query, caller } = request
      const releases: (() => void)[] = []
      const given = {
        ...{ params, query, body, caller, actor },
        cookie: request.cookies[COOKIE] ?? '',
        isSecure: request.protocol === 'https',
        mayStill: () => isStillAdmitted(context, request, route),
        header: (name: string) => String(request.headers[name] ?? ''),
        setHeader: (name: string, value: string) => void reply.header(name, value),
        onEnd: (release: () => void) => void releases.push(release)
      }
      const work = () => route.run(context, given)
      const asks = asksStore(route, context, given)
      if (asks && !context.ready()) throw context.failure() ?? new GridvigilError('API_NOT_READY')
      const gated = () => (asks ? gate.run(work) : work())
      const answer = await (route.method === 'GET'
        ? gated()
        : runCommand(context, route, request, reply, gated))
      if (tag !== undefined && isKept(tag, request, reply)) return reply.code(304).send()
      reply.code(answer.status)
      if (typeof route.response === 'string') reply.type(route.response)
      if (!isParts(answer.body)) return reply.send(answer.body)
      // A HEAD has no end that anybody would see: Fastify would read the stream for ever.
      if (request.method !== 'HEAD') return reply.send(streams.open(answer.body, releases))
      for (const release of releases) release()
      return reply.send('')
    }
  })
}

const isParts = (body: unknown): body is AsyncIterable<string> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body

/** The same parts, whose end does not wait for the one that is being made: that may take as long as nothing happens. */
function unawaited(parts: AsyncIterable<string>): AsyncIterable<string> {
  const iterator = parts[Symbol.asyncIterator]()
  const end = async (): Promise<IteratorResult<string>> => {
    iterator.return?.().catch(() => {})
    return { done: true, value: undefined }
  }
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next(), return: end }) }
}

/** Answers that go on for as long as somebody listens. They end when the server stops. */
class OpenStreams {
  readonly #open = new Set<Readable>()

  /** @param releases called as soon as nobody listens: the parts themselves may be waiting for what comes next */
  open(parts: AsyncIterable<string>, releases: readonly (() => void)[]): Readable {
    const stream = Readable.from(unawaited(parts), { objectMode: false })
    this.#open.add(stream)
    stream.once('close', () => {
      this.#open.delete(stream)
      for (const release of releases) release()
    })
    return stream
  }

  close(): void {
    for (const stream of this.#open) stream.destroy()
  }
}

function isStillAdmitted(context: ApiContext, request: FastifyRequest, route: Route): boolean {
  try {
    admit(context, request, route.access)
    return true
  } catch {
    return false
  }
}

/** The version of the registry. */
function tagOf(context: ApiContext): string {
  const { version, hash } = context.registry()
  return `"${version}-${hash.slice(0, 16)}"`
}

/**
 * Tells the version a good answer of the registry is of, and whether the caller has that one. What would be refused is
 * refused to him too (RFC 9110, 13.2.1).
 */
function isKept(tag: string, request: FastifyRequest, reply: FastifyReply): boolean {
  reply.header('etag', tag).header('cache-control', 'private, no-cache')
  const known = request.headers['if-none-match']?.split(',').map(one => one.trim().replace(/^W\//, ''))
  return known?.some(one => one === tag || one === '*') ?? false
}

async function* sentFiles(request: FastifyRequest): AsyncIterable<SentFile> {
  if (!request.isMultipart())
    throw new GridvigilError('API_BAD_REQUEST', 'send the files as multipart/form-data')
  try {
    for await (const part of request.files()) yield { name: part.filename, stream: part.file }
  } catch (thrown) {
    // The parser's own errors carry no status.
    if (thrown instanceof Error && !('statusCode' in thrown))
      throw new GridvigilError('API_BAD_REQUEST', thrown.message)
    throw thrown
  }
}

/** A path of the table with another method is told apart from a path that does not exist. */
function registerNotFound(app: FastifyInstance, routes: readonly Route[]): void {
  const own = ['/', '/welcome', '/login', '/account', '/api', '/page/live', '/v1/openapi.json'].map(path => ({
    path,
    method: 'GET'
  }))
  const known = [...routes, ...own].map(({ path, method }) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    method
  }))
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '/'
    const methods = known.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
    if (methods.length === 0) throw new GridvigilError('API_NOT_FOUND', path.slice(0, 200))
    const allowed = methods.flatMap(method => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    reply.header('allow', [...new Set(allowed)].join(', '))
    throw new GridvigilError('API_METHOD', `${request.method} ${path.slice(0, 200)}`)
  })
}

function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const language = chooseLanguage(undefined, request.headers['accept-language'])
  const problem = describeProblem(thrown, request, language)
  if (problem.code === 'API_INTERNAL')
    request.log.error({ err: thrown, request: request.id }, 'request failed')
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="gridvigil"')
  if (problem.status === 503) reply.header('retry-after', RETRY_AFTER_S)
  guardAnswer(reply)
  return reply
    .code(problem.status)
    .header('content-language', language)
    .header('vary', 'accept-language')
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem))
}
