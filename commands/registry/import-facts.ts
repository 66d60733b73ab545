import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RejectedRows } from '../../src/api/context.ts'
import type { Config } from '../../src/config.ts'
import type { Logger } from '../../src/logger.ts'
import type { Contact, ImportEntry, LedgerCalls } from '../../src/ledger/port.ts'
import { contactsOf } from '../../src/registry/read/contacts.ts'
import type { FolderImport } from '../../src/registry/version/import-into.ts'
import { describeIssue, type ImportIssue, rejectsCsv } from '../../src/registry/read/issues.ts'

/** Rejected rows that are logged one by one. */
const SHOWN_REJECTS = 20
export const REJECTS_FILE = 'registry-rejects.csv'

/** What the ledger is to know of an import. */
export interface ImportFacts {
  readonly entry: Omit<ImportEntry, 'at' | 'by'>
  readonly contacts: readonly Contact[]
}

/** The first rejected rows into the log; the file that has them all was written where they were found. */
export function reportRejects(
  config: Config,
  { items, total }: Pick<RejectedRows, 'items' | 'total'>,
  logger: Logger
): void {
  if (total === 0) return
  for (const issue of items.slice(0, SHOWN_REJECTS)) logger.warn(describeIssue(issue))
  const file = join(config.data, REJECTS_FILE)
  logger.warn({ rejected: total, file }, 'registry rows rejected; all of them are in the file')
}

/** All rejected rows with their remedies into a file; without any, that of an import before goes. */
export function writeRejects(dataFolder: string, issues: readonly ImportIssue[]): void {
  const file = join(dataFolder, REJECTS_FILE)
  rmSync(file, { force: true })
  if (issues.length > 0) writeFileSync(file, rejectsCsv(issues), { mode: 0o600 })
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
