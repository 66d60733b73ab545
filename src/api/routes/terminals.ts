import { z } from 'zod'
import { hashSecret, makeSecret } from '../../access/secrets.ts'
import { GridvigilError } from '../../errors.ts'
import { ADMIN, STAFF } from '../../model/roles.ts'
import { isTerminalId } from '../../registry/read/secrets-file.ts'
import { terminalIndexOf } from '../../registry/lookup/terminal-index.ts'
import type { ApiContext } from '../context.ts'
import { defineRoute, type Route } from '../http/route.ts'
import {
  component,
  count,
  showNumber,
  textParameter,
  timezoneOut,
  wholeParameter
} from '../shapes/schemas.ts'

const MAX_TERMINALS = 500
const DEFAULT_TERMINALS = 100
/** Terminals of one call that makes secrets. */
const MAX_SECRETS = 10_000

const terminalOut = component(
  'Terminal',
  z.object({
    id: z.string(),
    kind: z.string().nullable().meta({ description: 'null: the registry does not know it' }),
    poweredBy: z.string().nullable(),
    meters: count.meta({ description: 'meters bound to it now, its own sampling left out' }),
    sampleIntervalS: z.number().nullable(),
    uploadIntervalS: z.number().nullable(),
    secret: z
      .enum(['file', 'ledger'])
      .nullable()
      .meta({ description: 'where its secret comes from; null: it cannot log in' }),
    connected: z.boolean()
  })
)
const terminalListOut = component(
  'TerminalList',
  z.object({
    timezone: timezoneOut,
    items: z.array(terminalOut),
    next: z.string().nullable().meta({ description: '`after` of the next page' })
  })
)
const secretsOut = component(
  'TerminalSecrets',
  z.object({
    items: z.array(z.object({ id: z.string(), secret: z.string() })).meta({ description: 'shown once' })
  })
)
const removedOut = component(
  'RemovedSecret',
  z.object({
    id: z.string(),
    secret: z
      .enum(['file', 'ledger'])
      .nullable()
      .meta({ description: '`file`: the credentials file still lets it in; take it out there' })
  })
)

const idIn = z
  .string()
  .refine(isTerminalId, 'not a terminal id: letters, digits, `_` and `-`, at most 64')
  .meta({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const terminalParams = z.strictObject({ id: idIn })

function showTerminal(context: ApiContext, id: string): z.input<typeof terminalOut> {
  const registry = context.registry()
  const known = registry.terminals.get(id)
  return {
    id,
    kind: known?.kind ?? null,
    poweredBy: known?.poweredBy || null,
    meters: terminalIndexOf(registry).meterCount(id),
    sampleIntervalS: showNumber(known?.sampleIntervalS ?? Number.NaN),
    uploadIntervalS: showNumber(known?.uploadIntervalS ?? Number.NaN),
    secret: context.terminals.secretOf(id) ?? null,
    connected: context.terminals.isConnected(id)
  }
}

/** Every terminal that the registry knows or that has a secret, in order of id. */
function idsOf(context: ApiContext): string[] {
  const ids = new Set([...context.registry().terminals.keys(), ...context.terminals.known()])
  return [...ids].sort()
}

export const terminalRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/terminals',
    operation: 'listTerminals',
    tag: 'network',
    access: STAFF,
    summary: 'Terminals of the registry and those that have a secret, in order of id',
    query: z.strictObject({
      q: textParameter(64, 'part of an id').optional(),
      secret: z.enum(['none', 'file', 'ledger']).optional(),
      limit: wholeParameter(1, MAX_TERMINALS, 'items of the page').optional(),
      after: textParameter(64, '`next` of the page before').optional()
    }),
    response: terminalListOut,
    handle(context, { query }) {
      const { q = '', secret, limit = DEFAULT_TERMINALS, after = '' } = query
      const text = q.toLowerCase()
      const wanted = idsOf(context).filter(
        id =>
          id > after &&
          id.toLowerCase().includes(text) &&
          (secret === undefined || (context.terminals.secretOf(id) ?? 'none') === secret)
      )
      const items = wanted.slice(0, limit).map(id => showTerminal(context, id))
      const next = wanted.length > limit ? (items.at(-1)?.id ?? null) : null
      return { timezone: context.timezone, items, next }
    }
  }),
  defineRoute({
    path: '/v1/terminals/{id}',
    operation: 'getTerminal',
    tag: 'network',
    access: STAFF,
    summary: 'A terminal: what the registry says, whether it may log in and is connected',
    params: terminalParams,
    response: terminalOut,
    errors: ['API_TERMINAL_UNKNOWN'],
    handle(context, { params }) {
      const { registry, terminals } = context
      if (!registry().terminals.has(params.id) && terminals.secretOf(params.id) === undefined)
        throw new GridvigilError('API_TERMINAL_UNKNOWN', params.id)
      return showTerminal(context, params.id)
    }
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/terminals/secrets',
    operation: 'makeTerminalSecrets',
    tag: 'access',
    access: ADMIN,
    summary: 'New secrets of terminals, shown once; older ones end and their sessions are closed',
    body: z.strictObject({ ids: z.array(idIn).min(1).max(MAX_SECRETS) }),
    response: secretsOut,
    status: 201,
    isSecret: true,
    async handle(context, { body }, { actor }) {
      const items = [...new Set(body.ids)].map(id => ({ id, secret: makeSecret('') }))
      const hashes = items.map(({ id, secret }) => ({ terminal: id, hash: hashSecret(secret) }))
      await context.terminals.setSecrets(hashes, actor)
      return { items }
    }
  }),
  defineRoute({
    method: 'DELETE',
    path: '/v1/terminals/{id}/secret',
    operation: 'removeTerminalSecret',
    tag: 'access',
    access: ADMIN,
    summary: 'Ends the secret of a terminal and closes its session',
    params: terminalParams,
    response: removedOut,
    errors: ['API_TERMINAL_UNKNOWN'],
    async handle(context, { params }, { actor }) {
      const wasThere = await context.terminals.removeSecret(params.id, actor)
      const secret = context.terminals.secretOf(params.id) ?? null
      if (!wasThere && secret === null) throw new GridvigilError('API_TERMINAL_UNKNOWN', params.id)
      return { id: params.id, secret }
    }
  })
]
