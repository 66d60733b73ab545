import { readFileSync } from 'node:fs'
import { asError, GridvigilError } from '../src/errors.ts'
import { createLogger } from '../src/logger.ts'
import { isTerminalId } from '../src/registry/read/secrets-file.ts'
import { configOf, parseFlags } from './arguments.ts'
import { openSite, type SiteClient } from './beside/site-client.ts'

export const TERMINALS_USAGE = `gridvigil terminals add ID... [--data DIR]
gridvigil terminals import FILE.csv [--data DIR]     FILE: terminals.csv, or a list of ids, one a line
gridvigil terminals list [--data DIR]
gridvigil terminals remove ID [--data DIR]

Secrets that terminals log in with over MQTT. \`add\` and \`import\` make new ones and print lines \`id,secret\` once, on
standard output: the CSV that --credentials takes. A terminal that had a secret loses it.
Works beside a running server and without one.`

/** Secrets made in one request. */
const AT_ONCE = 1000

interface Terminal {
  readonly id: string
  readonly kind: string | null
  readonly meters: number
  readonly secret: string | null
  readonly connected: boolean
}

/** @throws CLI_USAGE, and what the API refuses */
export async function terminals(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, [], ['--data', '--config'])
  const [verb, ...words] = flags.words
  const [first = ''] = words
  const site = await openSite(configOf(flags), createLogger('error', 'terminals'))
  try {
    if (verb === 'add' && words.length > 0) await make(site, words)
    else if (verb === 'import' && words.length === 1) await make(site, readIds(first))
    else if (verb === 'list' && words.length === 0) await list(site)
    else if (verb === 'remove' && words.length === 1) await remove(site, first)
    else throw new GridvigilError('CLI_USAGE', 'say `add ID`, `import FILE`, `list` or `remove ID`')
  } finally {
    await site.close()
  }
}

async function make(site: SiteClient, ids: readonly string[]): Promise<void> {
  const odd = ids.find(id => !isTerminalId(id))
  if (odd !== undefined) {
    const rule = 'letters, digits, `_` and `-`, at most 64'
    throw new GridvigilError('CLI_USAGE', `${JSON.stringify(odd)} is no terminal id: ${rule}`)
  }
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const body = { ids: ids.slice(at, at + AT_ONCE) }
    const made = await site.call<{ items: { id: string; secret: string }[] }>(
      'POST',
      '/v1/terminals/secrets',
      body
    )
    for (const { id, secret } of made.items) process.stdout.write(`${id},${secret}\n`)
  }
  process.stderr.write(
    ids.length === 1
      ? 'one secret; it is not shown again\n'
      : `${ids.length} secrets; they are not shown again\n`
  )
}

/** Ids of the column `id`, or of the first one where there is no header. */
function readIds(path: string): string[] {
  let lines: string[]
  try {
    lines = readFileSync(path, 'utf8')
      .replace(/^\ufeff/, '')
      .split(/\r?\n/)
  } catch (thrown) {
    throw new GridvigilError('CLI_USAGE', `${path}: ${asError(thrown).message}`)
  }
  const [header = '', ...rest] = lines
  const column = header
    .split(',')
    .map(name => name.trim())
    .indexOf('id')
  const rows = column < 0 ? lines : rest
  const ids = rows.map(line => (line.split(',')[Math.max(0, column)] ?? '').trim().replace(/^"(.*)"$/, '$1'))
  return [...new Set(ids.filter(id => id !== ''))]
}

async function list(site: SiteClient): Promise<void> {
  let after = ''
  do {
    const page = await site.call<{ items: Terminal[]; next: string | null }>(
      'GET',
      `/v1/terminals?limit=500${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`
    )
    for (const { id, kind, meters, secret, connected } of page.items) {
      const state = connected ? 'connected' : secret === null ? 'no secret' : `secret in ${secret}`
      process.stdout.write(`${[id, kind ?? 'not in the registry', `${meters} meters`, state].join('\t')}\n`)
    }
    after = page.next ?? ''
  } while (after !== '')
}

async function remove(site: SiteClient, id: string): Promise<void> {
  const { secret } = await site.call<{ secret: string | null }>(
    'DELETE',
    `/v1/terminals/${encodeURIComponent(id)}/secret`
  )
  const still = secret === 'file' ? '; the credentials file still lets it in' : ''
  process.stderr.write(`${id} has no secret in the ledger any more${still}\n`)
}
