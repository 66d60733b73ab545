import type { FastifyRequest } from 'fastify'
import { GridvigilError } from '../../errors.ts'
import type { Actor } from '../../ledger/port.ts'
import { type Access, type Caller, mayUse } from '../../model/roles.ts'
import type { ApiContext } from '../context.ts'

/** How callers are named who do not say who they are. */
const ANONYMOUS = 'anonymous'

/** The cookie of a session. */
export const COOKIE = 'gridvigil_session'

/**
 * Who makes a request: a bearer token before a cookie before the role of anonymous callers. A token that is not valid
 * is refused rather than passed over, so that a revoked one is noticed.
 * @throws API_UNAUTHENTICATED
 */
export function identify(context: ApiContext, request: FastifyRequest): Caller | undefined {
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const [, secret] = BEARER.exec(authorization) ?? []
    const caller = secret === undefined ? undefined : context.access.callerOfBearer(secret)
    if (caller === undefined) throw new GridvigilError('API_UNAUTHENTICATED', 'the token is not valid')
    return caller
  }
  const cookie = request.cookies[COOKIE]
  const caller = cookie === undefined ? undefined : context.access.callerOfCookie(cookie)
  return caller ?? anonymous(context)
}

const BEARER = /^Bearer ([\w-]{1,200})$/i

function anonymous({ anonymousRole }: ApiContext): Caller | undefined {
  if (anonymousRole === undefined) return undefined
  return { name: ANONYMOUS, role: anonymousRole, subject: '', byCookie: false }
}

/**
 * Whoever may pass. Public routes do not ask, so that a stale token does not make a server look dead.
 * @throws API_UNAUTHENTICATED, API_FORBIDDEN, API_ORIGIN
 */
export function admit(context: ApiContext, request: FastifyRequest, access: Access): Caller | undefined {
  if (access === 'public') {
    // Logging somebody in or out is a change too.
    refuseForeignPages(request)
    return undefined
  }
  const caller = identify(context, request)
  if (caller === undefined) throw new GridvigilError('API_UNAUTHENTICATED')
  // Of whom nobody knows who he is, nobody can say what he may do.
  if (!mayUse(access, caller) && caller.name === ANONYMOUS)
    throw new GridvigilError('API_UNAUTHENTICATED', `for ${access.join(', ')}`)
  if (!mayUse(access, caller))
    throw new GridvigilError('API_FORBIDDEN', `for ${access.join(', ')}, not for ${caller.role}`)
  if (caller.byCookie) refuseForeignPages(request)
  return caller
}

/**
 * A browser sends our cookie also with what another site's page asks for. SameSite=Strict keeps it back; this is the
 * second lock (Fetch Metadata).
 * @throws API_ORIGIN
 */
export function refuseForeignPages(request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new GridvigilError('API_ORIGIN', String(site))
  const { origin, host } = request.headers
  if (origin !== undefined && !isOf(origin, host))
    throw new GridvigilError('API_ORIGIN', origin.slice(0, 200))
}

function isOf(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}

/** How the audit trail names who makes a request. */
export function actorOf(context: ApiContext, request: FastifyRequest, caller: Caller | undefined): Actor {
  return { name: caller?.name ?? ANONYMOUS, at: context.clock.now(), request: request.id }
}
