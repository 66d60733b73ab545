import { openAsBlob, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { asError, GridvigilError } from '../src/errors.ts'
import { createLogger } from '../src/logger.ts'
import { describeDiff } from '../src/registry/version/describe-diff.ts'
import type { FileDiff } from '../src/registry/version/diff.ts'
import { OWN_FILES } from '../src/registry/tables.ts'
import { type FolderImport, importFolder } from '../src/registry/version/import-into.ts'
import { type ImportIssue, ImportRefused } from '../src/registry/read/issues.ts'
import { configOf, parseFlags, SETTING_FLAGS } from './arguments.ts'
import { factsOf, REJECTS_FILE, writeRejects, recordFacts } from './registry/import-facts.ts'
import { printIssues } from './registry/print-issues.ts'
import { openSite, type SiteClient } from './beside/site-client.ts'

export const IMPORT_USAGE = `gridvigil import REGISTRY_DIR --data DIR [--max-rejects PERCENT] [--dry-run] [--json] [--config FILE]

Imports the registry files of a folder as the next version: says what was rejected and what has changed against the version
before. What is rejected goes to registry-rejects.csv in the data folder, with remedies. --dry-run tells what would happen and
writes nothing, --json prints one JSON object on standard output. Beside a running server the files go through it: data is
judged by the new version from then on. A server that is started with --registry imports that folder again at each start.`

/** Rows of each kind per file that a report lists. */
const LISTED_ROWS = 20

/** @throws GridvigilError CLI_USAGE, DATA_LOCKED, and what the import is refused with */
export async function importCommand(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, ['--dry-run', '--json'], ['--config', '--max-rejects', ...SETTING_FLAGS])
  const [folder, ...more] = flags.words
  if (folder === undefined || more.length > 0)
    throw new GridvigilError('CLI_USAGE', folder === undefined ? 'which folder?' : `unexpected ${more[0]}`)
  const config = configOf(flags)
  const percent = Number(flags.values.get('--max-rejects') ?? config['registry.maxRejectsPercent'])
  if (!(percent >= 0 && percent <= 100))
    throw new GridvigilError('CLI_USAGE', '--max-rejects takes a percentage, 0 to 100')
  const dryRun = flags.switches.has('--dry-run')
  const print = (imported: Shown): void => {
    const isJson = flags.switches.has('--json')
    process.stdout.write(isJson ? printJson(imported, dryRun) : describe(imported, dryRun))
  }
  // Comparing reads only: it needs neither the lock nor the server.
  if (dryRun) return print(shownOf(run(folder, config, percent / 100, dryRun)))
  const site = await openSite(config, createLogger('warn', 'import'))
  try {
    if (site.ledger === undefined) return print(await send(site, folder, percent))
    const imported = run(folder, config, percent / 100, dryRun)
    await recordFacts(site.ledger, factsOf(imported), { name: 'local', at: systemClock.now(), request: '' })
    print(shownOf(imported))
  } finally {
    await site.close()
  }
}

/** What is told of an import, however it was done. */
interface Shown {
  readonly version: number
  readonly hash: string
  readonly changed: boolean
  readonly restored: string
  readonly files: FolderImport['result']['files']
  readonly notes: readonly string[]
  /** Rejected rows by code. */
  readonly rejects: Readonly<Record<string, number>>
  readonly diff: readonly FileDiff[] | undefined
}

function shownOf({ result, name, changed, restored, diff }: FolderImport): Shown {
  const { issues, notes, files } = result
  const rejects: Record<string, number> = {}
  for (const { code } of issues) rejects[code] = (rejects[code] ?? 0) + 1
  return { ...name, changed, restored, files, notes, rejects, diff }
}

/** What POST /v1/registry/import answers, as far as it is told. */
interface Answered extends Omit<Shown, 'restored' | 'rejects'> {
  readonly restored: string | null
  readonly rejected: {
    readonly total: number
    readonly byCode: Readonly<Record<string, number>>
    readonly items: readonly ImportIssue[]
  }
}

/** Through the server that holds the data folder. */
async function send(site: SiteClient, folder: string, percent: number): Promise<Shown> {
  const form = new FormData()
  for (const name of listFiles(folder)) form.append('files', await openAsBlob(join(folder, name)), name)
  process.stderr.write('a server runs on the data folder: the files go through it\n')
  const path = `/v1/registry/import?maxRejectsPercent=${percent}`
  const { restored, rejected, ...answer } = await site.call<Answered>('POST', path, form).catch(thrown => {
    if (thrown instanceof ImportRefused) printIssues(thrown.issues, thrown.total)
    throw thrown
  })
  printIssues(rejected.items, rejected.total)
  if (rejected.total > 0) process.stderr.write(`all of them are in ${REJECTS_FILE} of its data folder\n`)
  return { ...answer, restored: restored ?? '', rejects: rejected.byCode }
}

/** @throws CLI_USAGE */
function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => name.endsWith('.csv') && !OWN_FILES.includes(name))
  } catch (thrown) {
    throw new GridvigilError('CLI_USAGE', `${folder}: ${asError(thrown).message}`)
  }
}

function run(folder: string, config: Config, maxRejects: number, dryRun: boolean): FolderImport {
  const start = systemClock.monotonic()
  const onProgress = (step: string): void => {
    const seconds = ((systemClock.monotonic() - start) / 1000).toFixed(1)
    process.stderr.write(`${seconds.padStart(6)} s  ${step}\n`)
  }
  const options = { timezone: config.timezone, maxRejects, dryRun, listedRows: LISTED_ROWS, onProgress }
  try {
    const imported = importFolder(config.data, folder, options)
    onProgress('done')
    reportRejects(imported.result.issues, config, dryRun)
    return imported
  } catch (thrown) {
    if (thrown instanceof ImportRefused) reportRejects(thrown.issues, config, dryRun)
    throw thrown
  }
}

/** The first ones for people, all of them with their remedies into a file. */
function reportRejects(issues: readonly ImportIssue[], { data }: Config, dryRun: boolean): void {
  printIssues(issues, issues.length)
  if (dryRun || issues.length === 0) return
  writeRejects(data, issues)
  process.stderr.write(`all of them are in ${join(data, REJECTS_FILE)}\n`)
}

function describe({ version, hash, changed, restored, files, notes, diff }: Shown, dryRun: boolean): string {
  const rows = files.map(({ file, rows, rejected }) => `${file}: ${rows} rows, ${rejected} rejected\n`)
  const what = changed
    ? `version ${version} ${dryRun ? 'would be imported' : 'imported'}`
    : 'nothing to import'
  return [
    ...notes.map(note => `${note}\n`),
    ...rows,
    restored === '' ? '' : `${restored}\n`,
    `${what}, ${hash}\n`,
    diff === undefined ? '' : describeDiff(diff)
  ].join('')
}

function printJson(shown: Shown, dryRun: boolean): string {
  const { version, hash, changed, restored, files, rejects, notes, diff } = shown
  const issues = Object.fromEntries(Object.entries(rejects).sort(([a], [b]) => (a < b ? -1 : 1)))
  const report = { version, hash, changed, dryRun, restored, files, issues, notes, diff: diff ?? null }
  return `${JSON.stringify(report)}\n`
}
