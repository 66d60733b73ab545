import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { GridvigilError } from '../../errors.ts'

const ROOT_FILES = ['README.md', 'CHANGELOG.md', 'AGENTS.md', 'LICENSE']

/** Shows README.md and everything under docs/ as text. Only names listed at the start are answered. */
export function registerDocuments(app: FastifyInstance, folder: string): void {
  const files = listDocuments(folder)
  const index = join(folder, 'docs', 'README.md')
  app.get('/docs', async (_request, reply) => {
    reply.type('text/plain; charset=utf-8').header('content-security-policy', "default-src 'none'")
    return readFile(index, 'utf8')
  })
  app.get<{ Params: { '*': string } }>('/docs/*', async (request, reply) => {
    const path = files.get(request.params['*'])
    if (path === undefined) throw new GridvigilError('API_NOT_FOUND', 'no such document')
    reply.type(path.endsWith('.json') ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8')
    reply.header('content-security-policy', "default-src 'none'")
    return readFile(path, 'utf8')
  })
}

/** Path on disk by name: `README.md`, `errors.md`, `decisions/0001-log.md`. */
function listDocuments(folder: string): ReadonlyMap<string, string> {
  const names = list(join(folder, 'docs')).filter(name => /\.(md|json)$/.test(name))
  const roots = list(folder).filter(name => ROOT_FILES.includes(name))
  return new Map([
    ...names.map((name): [string, string] => [name, join(folder, 'docs', name)]),
    ...roots.map((name): [string, string] => [name, join(folder, name)])
  ])
}

function list(folder: string): string[] {
  try {
    const recursive = folder.endsWith('docs')
    return readdirSync(folder, { recursive, encoding: 'utf8' }).map(name => name.replaceAll('\\', '/'))
  } catch {
    return []
  }
}
