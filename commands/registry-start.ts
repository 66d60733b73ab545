import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../src/config.ts'
import type { Logger } from '../src/logger.ts'
import type { Contact, ImportEntry, LedgerCalls } from '../src/ledger/port.ts'
import { contactsOf } from '../src/registry/contacts.ts'
import { type FolderImport, importInto } from '../src/registry/import-into.ts'
import { describeIssue, type ImportIssue, ImportRefused, rejectsCsv } from '../src/registry/issues.ts'
import { emptyRegistry, type Registry } from '../src/registry/registry.ts'
import { latestSnapshot, loadSnapshot } from '../src/registry/snapshot.ts'

/** Rejected rows that are logged one by one. */
const SHOWN_REJECTS = 20
export const REJECTS_FILE = 'registry-rejects.csv'

/** What the ledger is to know of an import. */
export interface ImportFacts {
  readonly entry: Omit<ImportEntry, 'at' | 'by'>
  readonly contacts: readonly Contact[]
}

export interface StartRegistry {
  readonly registry: Registry
  /** Undefined when nothing was imported at this start. */
  readonly facts: ImportFacts | undefined
}

/** The registry to serve with: the folder's when one is given, else the one imported last, else an empty one. */
export function openRegistry(config: Config, logger: Logger): StartRegistry {
  if (config.registry !== '') return importAtStart(config, logger)
  const latest = latestSnapshot(config.data)
  if (latest !== undefined) return { registry: loadSnapshot(config.data, latest.hash), facts: undefined }
  logger.warn(
    'no registry is imported: all readings are quarantined (gridvigil import DIR, or --registry DIR)'
  )
  return { registry: emptyRegistry(), facts: undefined }
}

/** Imports the folder; what makes it refused is reported row by row before the error goes on. */
function importAtStart(config: Config, logger: Logger): StartRegistry {
  const maxRejects = config['registry.maxRejectsPercent'] / 100
  try {
    const imported = importInto(config.data, config.registry, { timezone: config.timezone, maxRejects })
    const { result, registry, changed, restored } = imported
    if (restored !== '') logger.error({ code: 'REGISTRY_SNAPSHOT' }, restored)
    for (const note of result.notes) logger.info(note)
    reportRejects(config, result.issues, logger)
    logger.info({ version: registry.version, meters: registry.meters.count, changed }, 'registry')
    return { registry, facts: factsOf(imported) }
  } catch (thrown) {
    if (thrown instanceof ImportRefused) reportRejects(config, thrown.issues, logger)
    throw thrown
  }
}

/** The first rejected rows into the log, all of them with their remedies into a file. */
export function reportRejects(config: Config, issues: readonly ImportIssue[], logger: Logger): void {
  if (issues.length === 0) return
  for (const issue of issues.slice(0, SHOWN_REJECTS)) logger.warn(describeIssue(issue))
  const file = join(config.data, REJECTS_FILE)
  writeFileSync(file, rejectsCsv(issues))
  logger.warn({ rejected: issues.length, file }, 'registry rows rejected; all of them are in the file')
}

/** What the ledger keeps of an import. */
export function factsOf({ result, name }: FolderImport): ImportFacts {
  return { entry: { ...name, files: result.files }, contacts: contactsOf(result.tables) }
}

/** Tells the ledger; an import of what it knows already leaves no row. */
export async function recordFacts(
  ledger: LedgerCalls,
  { entry, contacts }: ImportFacts,
  by: { readonly name: string; readonly at: number; readonly request: string }
): Promise<void> {
  await ledger.recordImport({ ...entry, at: by.at, by: by.name }, contacts, by)
}
