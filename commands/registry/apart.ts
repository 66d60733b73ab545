import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { GridvigilError } from '../../src/errors.ts'
import { ImportRefused } from '../../src/registry/read/issues.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { openRegistryParts } from '../../src/registry/lookup/registry-parts.ts'
import type { FromImport, FromRegistry, ImportTask, RegistryTask } from '../threads/messages.ts'
import { unpackError } from '../threads/thrown.ts'

type Imported = Omit<Extract<FromImport, { type: 'imported' }>, 'type'>

/**
 * An import in a process of its own, which ends with this one.
 * @param signal ends it at once
 * @throws what the import throws, ImportRefused with the first of the rejected rows
 */
export async function importApart(task: ImportTask, signal?: AbortSignal): Promise<Imported> {
  const answer = await new Promise<FromImport>((resolve, reject) => {
    const entry = fileURLToPath(new URL('../threads/import.ts', import.meta.url))
    const child = fork(entry, { serialization: 'advanced', ...(signal !== undefined && { signal }) })
    child.once('message', message => resolve(message as FromImport))
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`the import ended with ${signal ?? `exit code ${code}`}`))
    )
    child.send(task)
  })
  if (answer.type === 'imported') return answer
  const { error, rejected } = answer
  const known = unpackError(error, new Error(error.message))
  if (!(known instanceof GridvigilError) || rejected.total === 0) throw known
  throw new ImportRefused(known.code, known.detail, rejected.items, rejected.total)
}

/** A snapshot, loaded by a thread of its own: this one is held up by milliseconds. @throws as loadSnapshot */
export async function loadApart(dataFolder: string, hash: string): Promise<Registry> {
  const answer = await new Promise<FromRegistry>((resolve, reject) => {
    const entry = new URL('../threads/registry.ts', import.meta.url)
    const workerData: RegistryTask = { dataFolder, hash }
    const worker = new Worker(entry, { name: 'registry', workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', code => reject(new Error(`the registry thread ended with exit code ${code}`)))
  })
  if (answer.type === 'loaded') return openRegistryParts(answer.parts)
  throw unpackError(answer.error, new Error(answer.error.message))
}
