import { z } from 'zod'
import type { UserEntry } from '../../ledger/port.ts'
import { ADMIN } from '../../model/roles.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { component, showTime, textParameter, timeOut } from '../shapes/schemas.ts'
import { loginIn, passwordIn, roleOut } from './session.ts'
import { checkSubject, subjectIn } from './tokens.ts'

const userOut = component(
  'User',
  z.object({
    login: z.string(),
    name: z.string(),
    role: roleOut,
    subject: z.string().nullable(),
    createdAt: timeOut,
    createdBy: z.string(),
    disabledAt: timeOut.nullable().meta({ description: 'since when this person may not log in' })
  })
)
const userListOut = component('UserList', z.object({ items: z.array(userOut) }))
const nameIn = z.string().max(200)

const showUser = (user: UserEntry) => ({
  login: user.login,
  name: user.name,
  role: user.role,
  subject: user.subject || null,
  createdAt: showTime(user.createdAt),
  createdBy: user.createdBy,
  disabledAt: user.disabledAt === null ? null : showTime(user.disabledAt)
})

/** People who log in. Their passwords are kept as argon2id and never told. */
export const userRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/users',
    operation: 'listUsers',
    tag: 'access',
    access: ADMIN,
    summary: 'People who may log in, and those who may not any more',
    response: userListOut,
    handle: async ({ ledger }) => ({ items: (await ledger.users()).map(showUser) })
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/users',
    operation: 'addUser',
    hidesBody: true,
    tag: 'access',
    access: ADMIN,
    summary: 'Adds a person with a first password',
    body: z.strictObject({
      login: loginIn,
      name: nameIn.optional(),
      role: roleOut,
      subject: subjectIn.optional(),
      password: passwordIn
    }),
    response: userOut,
    status: 201,
    errors: ['API_USER_TAKEN'],
    async handle(context, { body }, { actor }) {
      const { login, name = '', role, subject = '', password } = body
      checkSubject(context, role, subject)
      return showUser(await context.access.addUser({ login, name, role, subject, password }, actor))
    }
  }),
  defineRoute({
    method: 'PATCH',
    path: '/v1/users/{login}',
    operation: 'changeUser',
    hidesBody: true,
    tag: 'access',
    access: ADMIN,
    summary: 'Changes a person; a new password, role or the right to log in ends all sessions of that person',
    params: z.strictObject({ login: textParameter(64, 'login of the person') }),
    body: z.strictObject({
      name: nameIn.optional(),
      role: roleOut.optional(),
      subject: subjectIn.optional(),
      password: passwordIn.optional(),
      disabled: z.boolean().optional()
    }),
    response: userOut,
    errors: ['API_USER_UNKNOWN', 'API_LAST_ADMIN'],
    async handle(context, { params, body }, { actor }) {
      const { role, subject } = body
      if (role !== undefined || subject !== undefined) {
        const present = await context.access.user(params.login)
        checkSubject(context, role ?? present.role, subject ?? (role === undefined ? present.subject : ''))
      }
      const cleared = role !== undefined && subject === undefined ? { ...body, subject: '' } : body
      return showUser(await context.access.changeUser(params.login, definedOnly(cleared), actor))
    }
  })
]

/** Optional properties that are absent rather than undefined. */
const definedOnly = <T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
