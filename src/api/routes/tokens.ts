import { z } from 'zod'
import { GridvigilError } from '../../errors.ts'
import type { TokenEntry } from '../../ledger/port.ts'
import { ADMIN, type Role } from '../../model/roles.ts'
import type { ApiContext } from '../context.ts'
import { defineRoute, InvalidRequest, type Route } from '../http/route.ts'
import { component, parseTime, showTime, textParameter, timeOut } from '../shapes/schemas.ts'
import { roleOut } from './session.ts'

const facts = {
  id: z.string(),
  role: roleOut,
  subject: z.string().nullable().meta({ description: 'key customer of the role key-customer' }),
  label: z.string(),
  createdAt: timeOut,
  createdBy: z.string(),
  expiresAt: timeOut.nullable(),
  revokedAt: timeOut.nullable()
}
const tokenOut = component('Token', z.object(facts))
const tokenListOut = component('TokenList', z.object({ items: z.array(tokenOut) }))
const newTokenOut = component(
  'NewToken',
  z.object({ token: tokenOut, secret: z.string().meta({ description: 'shown once; send it as Bearer' }) })
)

export const futureTime = z
  .string()
  .transform((text, context) => {
    const time = parseTime(text)
    if (time !== undefined) return time
    context.addIssue({ code: 'custom', message: 'not RFC 3339 with offset' })
    return z.NEVER
  })
  .meta({ description: 'RFC 3339 with offset, in the future' })

export const subjectIn = z.string().max(128).meta({ description: 'key customer; only for key-customer' })

/** A key customer's role needs a customer the registry knows; other roles have none. */
export function checkSubject(context: ApiContext, role: Role, subject: string): void {
  if (role !== 'key-customer') {
    if (subject !== '') refuse('body.subject', `the role ${role} has no subject`)
    return
  }
  if (!context.registry().keyCustomers.has(subject))
    refuse('body.subject', 'no such key customer in key_customers.csv')
}

function refuse(path: string, message: string): never {
  throw new InvalidRequest([{ path, message }])
}

const showToken = (token: TokenEntry) => ({
  id: token.id,
  role: token.role,
  subject: token.subject || null,
  label: token.label,
  createdAt: showTime(token.createdAt),
  createdBy: token.createdBy,
  expiresAt: token.expiresAt === null ? null : showTime(token.expiresAt),
  revokedAt: token.revokedAt === null ? null : showTime(token.revokedAt)
})

export const tokenRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/tokens',
    operation: 'listTokens',
    tag: 'access',
    access: ADMIN,
    summary: 'Every token that was ever issued, newest first, without its secret',
    response: tokenListOut,
    handle: async ({ ledger }) => ({ items: (await ledger.tokens()).map(showToken) })
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/tokens',
    operation: 'issueToken',
    tag: 'access',
    access: ADMIN,
    summary: 'Issues a token; its secret is shown once',
    body: z.strictObject({
      role: roleOut,
      subject: subjectIn.optional(),
      label: z.string().max(200).optional().meta({ description: 'what it is for' }),
      expiresAt: futureTime.optional()
    }),
    response: newTokenOut,
    status: 201,
    isSecret: true,
    async handle(context, { body }, { actor }) {
      const { role, subject = '', label = '', expiresAt = null } = body
      checkSubject(context, role, subject)
      if (expiresAt !== null && expiresAt <= actor.at) refuse('body.expiresAt', 'lies in the past')
      const issued = await context.access.issueToken({ role, subject, label, expiresAt }, actor)
      return { token: showToken(issued.token), secret: issued.secret }
    }
  }),
  defineRoute({
    method: 'DELETE',
    path: '/v1/tokens/{id}',
    operation: 'revokeToken',
    tag: 'access',
    access: ADMIN,
    summary: 'Revokes a token; it is refused from now on',
    params: z.strictObject({ id: textParameter(64, 'id of the token') }),
    response: tokenOut,
    errors: ['API_TOKEN_UNKNOWN'],
    async handle({ access, ledger }, { params }, { actor }) {
      await access.revokeToken(params.id, actor)
      const token = (await ledger.tokens()).find(({ id }) => id === params.id)
      if (token === undefined) throw new GridvigilError('API_TOKEN_UNKNOWN', params.id)
      return showToken(token)
    }
  })
]
