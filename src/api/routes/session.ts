import { z } from 'zod'
import { MAX_PASSWORD, MIN_PASSWORD } from '../../access/passwords.ts'
import { ROLES, STAFF_OR_OWN } from '../../model/roles.ts'
import type { ApiContext } from '../context.ts'
import { COOKIE } from '../http/guard.ts'
import { defineRoute, type Route, type Who } from '../http/route.ts'
import { component, showTime, timeOut } from '../shapes/schemas.ts'

export const roleOut = z.enum(ROLES)
/** A login is typed and stands in audit rows. */
export const loginIn = z
  .string()
  .regex(/^[\p{L}\p{N}._@-]{1,64}$/u, 'letters, digits, `.`, `_`, `@` and `-`, at most 64')
  .meta({ description: 'letters, digits, `.`, `_`, `@` and `-`' })
export const passwordIn = z.string().min(MIN_PASSWORD).max(MAX_PASSWORD)

const callerOut = component(
  'Caller',
  z.object({
    name: z.string().meta({ description: '`user:LOGIN`, `token:ID`, `link`, `local` or `anonymous`' }),
    role: roleOut,
    subject: z.string().nullable().meta({ description: 'key customer of the role key-customer' })
  })
)
const sessionOut = component('Session', z.object({ expiresAt: timeOut }))
const endedOut = component('Ended', z.object({ ended: z.boolean() }))

/**
 * The cookie of a session: not for scripts, not for requests of other sites, and only over TLS where the request came
 * that way.
 */
export function cookieText(secret: string, maxAgeS: number, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : ''
  return `${COOKIE}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure}`
}

function setCookie({ clock }: ApiContext, who: Who, secret: string, expiresAt: number): void {
  const maxAgeS = Math.max(0, Math.floor((expiresAt - clock.now()) / 1000))
  who.setHeader('set-cookie', cookieText(secret, maxAgeS, who.isSecure))
}

/** Logins of one address a minute: people mistype, machines guess. */
const LOGINS_PER_MINUTE = 10

export const sessionRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/session',
    operation: 'getSession',
    tag: 'access',
    access: STAFF_OR_OWN,
    isOwn: () => true,
    summary: 'Who the caller is',
    response: callerOut,
    handle(_context, _input, { caller }) {
      const { name, role, subject } = caller ?? { name: 'anonymous', role: 'viewer' as const, subject: '' }
      return { name, role, subject: subject || null }
    }
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/session',
    operation: 'logIn',
    hidesBody: true,
    tag: 'access',
    access: 'public',
    summary: 'Opens a session for a person; its secret is the cookie of the answer',
    body: z.strictObject({ login: z.string().min(1).max(64), password: z.string().min(1).max(MAX_PASSWORD) }),
    response: sessionOut,
    isSecret: true,
    mostPerMinute: LOGINS_PER_MINUTE,
    errors: ['API_LOGIN'],
    async handle(context, { body }, who) {
      const { secret, expiresAt } = await context.access.logIn(body.login, body.password, who.actor)
      setCookie(context, who, secret, expiresAt)
      return { expiresAt: showTime(expiresAt) }
    }
  }),
  defineRoute({
    method: 'DELETE',
    path: '/v1/session',
    operation: 'logOut',
    tag: 'access',
    access: 'public',
    summary: 'Ends the session of the cookie',
    response: endedOut,
    async handle(context, _input, who) {
      const caller = who.cookie === '' ? undefined : context.access.callerOfCookie(who.cookie)
      if (caller !== undefined) await context.access.logOut(who.cookie, { ...who.actor, name: caller.name })
      who.setHeader('set-cookie', cookieText('', 0, who.isSecure))
      return { ended: caller !== undefined }
    }
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/session/password',
    operation: 'changePassword',
    hidesBody: true,
    tag: 'access',
    access: STAFF_OR_OWN,
    isOwn: () => true,
    summary: 'Changes the password of the person who asks; all sessions of that person end',
    body: z.strictObject({ current: z.string().min(1).max(MAX_PASSWORD), password: passwordIn }),
    response: endedOut,
    mostPerMinute: LOGINS_PER_MINUTE,
    errors: ['API_LOGIN'],
    async handle({ access }, { body }, { caller, actor }) {
      const login = caller?.name.startsWith('user:') ? caller.name.slice('user:'.length) : ''
      await access.changePassword(login, body.current, body.password, actor)
      return { ended: true }
    }
  })
]
