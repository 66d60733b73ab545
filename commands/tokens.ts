import { GridvigilError } from '../src/errors.ts'
import { createLogger } from '../src/logger.ts'
import { ROLES } from '../src/model/roles.ts'
import { configOf, parseFlags } from './arguments.ts'
import { openSite, type SiteClient } from './beside/site-client.ts'

export const TOKENS_USAGE = `gridvigil tokens add --role ROLE [--subject KEY_CUSTOMER] [--label TEXT] [--expires 2027-01-01T00:00:00+08:00] [--data DIR]
gridvigil tokens list [--data DIR]
gridvigil tokens revoke ID [--data DIR]

Tokens for programs and screens: \`Authorization: Bearer TOKEN\`. \`add\` prints the token once, on standard output.
Roles: ${ROLES.join(', ')}; key-customer needs --subject.
Works beside a running server and without one.`

const VALUES = ['--data', '--config', '--role', '--subject', '--label', '--expires']

interface Token {
  readonly id: string
  readonly role: string
  readonly subject: string | null
  readonly label: string
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}

/** @throws CLI_USAGE, and what the API refuses */
export async function tokens(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, [], VALUES)
  const [verb, id, ...rest] = flags.words
  if (rest.length > 0) throw new GridvigilError('CLI_USAGE', `unexpected ${rest[0]}`)
  const config = configOf(flags)
  const site = await openSite(config, createLogger('warn', 'tokens'))
  try {
    if (verb === 'add' && id === undefined) await add(site, flags.values)
    else if (verb === 'list' && id === undefined) await list(site)
    else if (verb === 'revoke' && id !== undefined) await revoke(site, id)
    else throw new GridvigilError('CLI_USAGE', 'say `add`, `list` or `revoke ID`')
  } finally {
    await site.close()
  }
}

async function add(site: SiteClient, values: ReadonlyMap<string, string>): Promise<void> {
  const role = values.get('--role')
  if (role === undefined) throw new GridvigilError('CLI_USAGE', `--role is one of ${ROLES.join(', ')}`)
  if (role === 'key-customer' && !values.has('--subject'))
    throw new GridvigilError('CLI_USAGE', 'a key customer needs --subject, its id in key_customers.csv')
  const [subject, label, expiresAt] = ['--subject', '--label', '--expires'].map(name => values.get(name))
  const body = {
    role,
    ...(subject !== undefined && { subject }),
    ...(label !== undefined && { label }),
    ...(expiresAt !== undefined && { expiresAt })
  }
  const { token, secret } = await site.call<{ token: Token; secret: string }>('POST', '/v1/tokens', body)
  process.stdout.write(`${secret}\n`)
  process.stderr.write(`token ${token.id} (${token.role}); it is not shown again\n`)
}

async function list(site: SiteClient): Promise<void> {
  const { items } = await site.call<{ items: Token[] }>('GET', '/v1/tokens')
  for (const { id, role, subject, label, createdAt, expiresAt, revokedAt } of items) {
    const state =
      revokedAt !== null ? `revoked ${revokedAt}` : expiresAt !== null ? `until ${expiresAt}` : 'valid'
    const of = subject === null ? role : `${role} ${subject}`
    process.stdout.write(`${[id, of, createdAt, state, label].join('\t')}\n`)
  }
}

async function revoke(site: SiteClient, id: string): Promise<void> {
  await site.call('DELETE', `/v1/tokens/${encodeURIComponent(id)}`)
  process.stderr.write(`token ${id} is revoked\n`)
}
