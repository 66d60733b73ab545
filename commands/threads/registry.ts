import { parentPort, workerData } from 'node:worker_threads'
import { SHOWN_ISSUES } from '../../src/api/registry-issues.ts'
import { buildRegistry } from '../../src/registry/build.ts'
import { type FolderImport, importFolder } from '../../src/registry/import-into.ts'
import { type ImportIssue, ImportRefused } from '../../src/registry/issues.ts'
import { type RegistryParts, shareRegistry } from '../../src/registry/registry-parts.ts'
import { loadSnapshot } from '../../src/registry/snapshot.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { factsOf, writeRejects } from '../import-facts.ts'
import type { FromRegistry, RegistryTask } from './messages.ts'
import { packError } from './thrown.ts'

/**
 * Worker of one import or of one load: half a minute and some gigabytes for a million meters, given back when it ends. The
 * registry goes to the others in shared memory; nobody else builds it.
 */
const { dataFolder, task } = workerData as RegistryTask
const port = parentPort
if (port === null) throw new Error('threads/registry.ts runs as a worker')

port.postMessage(run())

function run(): FromRegistry {
  try {
    if (task.type === 'load')
      return { type: 'loaded', parts: shareRegistry(loadSnapshot(dataFolder, task.hash)) }
    const imported = importFolder(dataFolder, task.folder, task.options)
    if (task.options.dryRun !== true) writeRejects(dataFolder, imported.result.issues)
    return { type: 'imported', ...shown(imported), facts: factsOf(imported), ...partsOf(imported) }
  } catch (thrown) {
    const issues = thrown instanceof ImportRefused ? thrown.issues : []
    if (task.type === 'import' && task.isStart) writeRejects(dataFolder, issues)
    return { type: 'refused', error: packError(thrown), rejected: rejectedOf(issues) }
  }
}

/** All but the tables, which would cost as much again to hand over. */
function shown({ result, name, changed, restored, diff = [] }: FolderImport) {
  const { issues, notes, files } = result
  return { report: { ...name, changed, restored, rejected: rejectedOf(issues), notes, files, diff } }
}

/** A hundred thousand rows may be rejected: people read the first, the others are in the file. */
function rejectedOf(issues: readonly ImportIssue[]) {
  const byCode: Record<string, number> = {}
  for (const { code } of issues) byCode[code] = (byCode[code] ?? 0) + 1
  return { total: issues.length, byCode, items: issues.slice(0, SHOWN_ISSUES) }
}

/** The registry, unless whoever asked has it already. */
function partsOf({ result, name, changed }: FolderImport): { parts?: RegistryParts } {
  if (task.type !== 'import' || task.options.dryRun === true || !(changed || task.isStart)) return {}
  return {
    parts: shareRegistry(buildRegistry(sourceOf(result.tables, result.book), name.version, name.hash))
  }
}
