import { parentPort, workerData } from 'node:worker_threads'
import { type FolderImport, importFolder } from '../../src/registry/import-into.ts'
import { type ImportIssue, ImportRefused } from '../../src/registry/issues.ts'
import { factsOf } from '../registry-start.ts'
import type { FromImport, ImportData } from './messages.ts'
import { packError } from './thrown.ts'

/** Worker of one import: half a minute and some gigabytes for a million meters, given back when it ends. */
const data = workerData as ImportData
const port = parentPort
if (port === null) throw new Error('threads/import.ts runs as a worker')

port.postMessage(run())

function run(): FromImport {
  try {
    return { type: 'imported', ...shown(importFolder(data.dataFolder, data.folder, data.options)) }
  } catch (thrown) {
    const issues: readonly ImportIssue[] = thrown instanceof ImportRefused ? thrown.issues : []
    return { type: 'refused', error: packError(thrown), issues }
  }
}

/** All but the tables, which would cost as much again to hand over. */
function shown(imported: FolderImport) {
  const { result, name, changed, restored, diff = [] } = imported
  const { issues, notes, files } = result
  return { report: { ...name, changed, restored, issues, notes, files, diff }, facts: factsOf(imported) }
}
