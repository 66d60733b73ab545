import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { GridvigilError } from '../src/errors.ts'
import { describeDiff } from '../src/registry/describe-diff.ts'
import { type FolderImport, importFolder } from '../src/registry/import-into.ts'
import { describeIssue, type ImportIssue, ImportRefused, rejectsCsv } from '../src/registry/issues.ts'
import { configOf, parseFlags, SETTING_FLAGS } from './arguments.ts'
import { lockData } from './data-lock.ts'

export const IMPORT_USAGE = `gridvigil import REGISTRY_DIR --data DIR [--max-rejects PERCENT] [--dry-run] [--json] [--config FILE]

Imports the registry files of a folder as the next version: says what was rejected and what has changed against the version
before. What is rejected goes to registry-rejects.csv in the data folder, with remedies. --dry-run tells what would happen and
writes nothing, --json prints one JSON object on standard output. Not beside a running server: it imports at its start
(serve --registry).`

/** Rows of each kind per file that a report lists, and rejected rows. */
const LISTED_ROWS = 20
export const REJECTS_FILE = 'registry-rejects.csv'

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
  const lock = dryRun ? undefined : lockData(config.data)
  try {
    const imported = run(folder, config, percent / 100, dryRun)
    process.stdout.write(
      flags.switches.has('--json') ? printJson(imported, dryRun) : describe(imported, dryRun)
    )
  } finally {
    lock?.release()
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
  if (issues.length === 0) return
  for (const issue of issues.slice(0, LISTED_ROWS))
    process.stderr.write(`${describeIssue(issue)}\n    ${issue.code}: ${issue.remedy}\n`)
  const more = issues.length - LISTED_ROWS
  if (more > 0) process.stderr.write(`and ${more} more\n`)
  if (dryRun) return
  const file = join(data, REJECTS_FILE)
  writeFileSync(file, rejectsCsv(issues))
  process.stderr.write(`all of them are in ${file}\n`)
}

function describe({ result, name, changed, restored, diff }: FolderImport, dryRun: boolean): string {
  const files = result.files.map(
    ({ file, rows, rejected }) => `${file}: ${rows} rows, ${rejected} rejected\n`
  )
  const what = changed
    ? `version ${name.version} ${dryRun ? 'would be imported' : 'imported'}`
    : 'nothing to import'
  return [
    ...result.notes.map(note => `${note}\n`),
    ...files,
    restored === '' ? '' : `${restored}\n`,
    `${what}, ${name.hash}\n`,
    diff === undefined ? '' : describeDiff(diff)
  ].join('')
}

function printJson({ result, name, changed, restored, diff }: FolderImport, dryRun: boolean): string {
  const { issues, notes, files } = result
  const rejects = new Map<string, number>()
  for (const { code } of issues) rejects.set(code, (rejects.get(code) ?? 0) + 1)
  const issueCounts = Object.fromEntries([...rejects].sort(([a], [b]) => (a < b ? -1 : 1)))
  const report = { ...name, changed, dryRun, restored, files, issues: issueCounts, notes, diff: diff ?? null }
  return `${JSON.stringify(report)}\n`
}
