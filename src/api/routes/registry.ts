import { z } from 'zod'
import { ADMIN, STAFF } from '../../model/roles.ts'
import { registryFacts, showRegistryFacts } from '../shapes/registry-facts.ts'
import { issueOut, SHOWN_ISSUES } from '../shapes/registry-issues.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { component, count, showTime, timeOut, timezoneOut, wholeParameter } from '../shapes/schemas.ts'

const MAX_IMPORTS = 100
const IMPORTS_PER_MINUTE = 10

const fileOut = z.object({ file: z.string(), rows: count, rejected: count })

const cell = z.union([z.string(), z.number(), z.null()])
const diffOut = component(
  'RegistryDiff',
  z.object({
    file: z.string(),
    added: count,
    removed: count,
    changed: count,
    columns: z.record(z.string(), count).meta({ description: 'changed rows in which each column differs' }),
    rows: z
      .array(
        z.object({
          kind: z.enum(['added', 'removed', 'changed']),
          key: z.record(z.string(), cell),
          cells: z.array(z.object({ column: z.string(), from: cell, to: cell }))
        })
      )
      .meta({ description: 'the first of each kind; persons are never shown' })
  })
)

const importOut = component(
  'RegistryImport',
  z.object({
    dryRun: z.boolean(),
    version: count,
    hash: z.string(),
    changed: z.boolean().meta({ description: 'false: the files say what the version before said' }),
    files: z.array(fileOut),
    rejected: z.object({
      total: count,
      byCode: z.record(z.string(), count),
      items: z.array(issueOut).meta({ description: `the first ${SHOWN_ISSUES}` })
    }),
    notes: z.array(z.string()),
    restored: z.string().nullable(),
    diff: z
      .array(diffOut)
      .meta({ description: 'against the version before; files without a difference are left out' })
  })
)

const registryOut = component(
  'Registry',
  z.object({
    timezone: timezoneOut,
    ...registryFacts,
    imports: z.array(
      z.object({ version: count, hash: z.string(), at: timeOut, by: z.string(), files: z.array(fileOut) })
    )
  })
)

export const registryRoutes: readonly Route[] = [
  defineRoute({
    path: '/v1/registry',
    operation: 'getRegistry',
    tag: 'registry',
    access: STAFF,
    summary: 'The valid version of the registry, and the imports before it, newest first',
    query: z.strictObject({ limit: wholeParameter(1, MAX_IMPORTS, 'imports that are listed').optional() }),
    response: registryOut,
    async handle(context, { query }) {
      const imports = await context.ledger.imports({ limit: query.limit ?? 20 })
      return {
        timezone: context.timezone,
        ...showRegistryFacts(context.registry()),
        imports: imports.map(({ at, files, ...entry }) => ({ ...entry, at: showTime(at), files: [...files] }))
      }
    }
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/registry/import',
    operation: 'importRegistry',
    tag: 'registry',
    access: ADMIN,
    summary:
      'Imports registry files as the next version; data is judged by it from then on, and what waited for it is taken',
    query: z.strictObject({
      dryRun: z
        .enum(['true', 'false'])
        .optional()
        .meta({ description: 'tells what would happen, changes nothing' }),
      maxRejectsPercent: z
        .string()
        .regex(/^\d{1,3}(\.\d{1,3})?$/)
        .transform(Number)
        .refine(value => value <= 100, 'must be 0..100')
        .optional()
        .meta({
          type: 'number',
          minimum: 0,
          maximum: 100,
          description: 'rejected rows up to which the rest is taken'
        })
    }),
    body: 'files',
    response: importOut,
    mostPerMinute: IMPORTS_PER_MINUTE,
    errors: ['REGISTRY_FATAL', 'REGISTRY_REJECTS', 'REGISTRY_SNAPSHOT', 'REGISTRY_BUSY'],
    async handle({ registryDesk }, { query, body }, { actor }) {
      const dryRun = query.dryRun === 'true'
      const { maxRejectsPercent: percent } = query
      const wish = { dryRun, ...(percent !== undefined && { maxRejects: percent / 100 }) }
      const { rejected, restored, files, notes, diff, version, hash, changed } =
        await registryDesk.importFiles(body, wish, actor)
      return {
        ...{ dryRun, version, hash, changed },
        files: [...files],
        rejected: { ...rejected, items: [...rejected.items] },
        notes: [...notes],
        restored: restored === '' ? null : restored,
        diff: diff.map(file => ({
          ...file,
          rows: file.rows.map(row => ({ ...row, cells: [...row.cells] }))
        }))
      }
    }
  })
]
