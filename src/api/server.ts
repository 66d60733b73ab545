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
import type { ApiContext } from './context.ts'
import { registerDocuments } from './documents.ts'
import { chooseLanguage } from './language.ts'
import { buildOpenApi } from './openapi.ts'
import { registerPage } from './page/page.ts'
import { describeProblem, PROBLEM_TYPE } from './problem.ts'
import { QueryGate } from './query-gate.ts'
import type { Route } from './route.ts'
import { createRoutes } from './routes.ts'

/**
 * The HTTP server: routes of the table, the live page, documents. Nothing it answers changes anything.
 *
 *   request -> parse by schema -> ready? -> gate (bounded queries) -> handler -> JSON
 *          \________________________ thrown ________________________/-> problem+json
 */
export interface ApiOptions {
  /** Version of the product, for the OpenAPI document. */
  readonly version: string
  /** Folder with README.md and docs/, shown under /docs/; nothing is shown when absent. */
  readonly documents?: string
  readonly logger?: Logger
}

/** No route takes a body; what somebody sends anyway is refused when larger. */
const BODY_LIMIT_BYTES = 65536
const MAX_PARAM_LENGTH = 512
const REQUEST_TIMEOUT_MS = 30_000
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
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply)
  })
  const routes = createRoutes()
  const gate = new QueryGate()
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer')
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  })
  for (const route of routes) registerRoute(app, route, context, gate)
  const openApi = buildOpenApi(routes, options.version)
  app.get('/v1/openapi.json', async () => openApi)
  registerPage(app, context, gate)
  if (options.documents !== undefined) registerDocuments(app, options.documents)
  registerNotFound(app, routes)
  return app
}

function registerRoute(app: FastifyInstance, route: Route, context: ApiContext, gate: QueryGate): void {
  app.get(route.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (request, reply) => {
    const { params, query } = request
    const work = () => route.run(context, { params, query })
    const { asksStore } = route
    const asks = typeof asksStore === 'function' ? asksStore(context, { params, query }) : asksStore
    if (asks && !context.ready()) throw context.failure() ?? new GridvigilError('API_NOT_READY')
    const { status, body } = await (asks ? gate.run(work) : work())
    reply.code(status)
    if (typeof route.response === 'string') reply.type(route.response)
    return reply.send(body)
  })
}

/** A path of the table with another method is told apart from a path that does not exist. */
function registerNotFound(app: FastifyInstance, routes: readonly Route[]): void {
  const known = [...routes.map(({ path }) => path), '/', '/page/live', '/v1/openapi.json'].map(
    path => new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`)
  )
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '/'
    if (!known.some(pattern => pattern.test(path)))
      throw new GridvigilError('API_NOT_FOUND', path.slice(0, 200))
    reply.header('allow', 'GET, HEAD')
    throw new GridvigilError('API_METHOD', `${request.method} ${path.slice(0, 200)}`)
  })
}

function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const language = chooseLanguage(undefined, request.headers['accept-language'])
  const problem = describeProblem(thrown, request, language)
  if (problem.code === 'API_INTERNAL')
    request.log.error({ err: thrown, request: request.id }, 'request failed')
  if (problem.status === 503) reply.header('retry-after', RETRY_AFTER_S)
  return reply
    .code(problem.status)
    .header('content-language', language)
    .header('vary', 'accept-language')
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem))
}
