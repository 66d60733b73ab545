import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import { SHOWN_ISSUES } from '../../src/api/shapes/registry-issues.ts'
import { type FolderImport, importFolder } from '../../src/registry/version/import-into.ts'
import { type ImportIssue, ImportRefused } from '../../src/registry/read/issues.ts'
import { factsOf, writeRejects } from '../registry/import-facts.ts'
import type { FromImport, ImportTask } from './messages.ts'
import { packError } from './thrown.ts'

/**
 * Process of one import: half a minute and some gigabytes for a million meters. A thread would leave most of them to the
 * server for good, in heaps that the C library and V8 keep for the next one.
 */
const NICE = 10

const server = process.ppid

process.once('message', (task: ImportTask) => {
  if (!task.isStart) giveWay()
  process.send?.(run(task), undefined, undefined, () => process.disconnect?.())
})
process.once('disconnect', () => process.exit())

/** Whoever takes readings in goes first. A priority is that of a thread, and the runtime has begun its threads already. */
function giveWay(): void {
  try {
    for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), NICE)
  } catch {
    // Where there is no such folder the import runs like anybody else.
  }
}

/** The folder is the server's, and the next one's once it has died: nothing is written there without it. */
function endWithServer(): void {
  if (process.ppid !== server) process.exit(1)
}

function run({ dataFolder, folder, options, isStart }: ImportTask): FromImport {
  try {
    const imported = importFolder(dataFolder, folder, { ...options, onProgress: endWithServer })
    if (options.dryRun !== true) writeRejects(dataFolder, imported.result.issues)
    return { type: 'imported', report: reportOf(imported), facts: factsOf(imported) }
  } catch (thrown) {
    const issues = thrown instanceof ImportRefused ? thrown.issues : []
    if (isStart) writeRejects(dataFolder, issues)
    return { type: 'refused', error: packError(thrown), rejected: rejectedOf(issues) }
  }
}

/** All but the tables, which would cost as much again to hand over. */
function reportOf({ result, name, changed, restored, diff = [] }: FolderImport) {
  const { issues, notes, files } = result
  return { ...name, changed, restored, rejected: rejectedOf(issues), notes, files, diff }
}

/** A hundred thousand rows may be rejected: people read the first, the others are in the file. */
function rejectedOf(issues: readonly ImportIssue[]) {
  const byCode: Record<string, number> = {}
  for (const { code } of issues) byCode[code] = (byCode[code] ?? 0) + 1
  return { total: issues.length, byCode, items: issues.slice(0, SHOWN_ISSUES) }
}
