import { Worker } from 'node:worker_threads'
import { GridvigilError } from '../src/errors.ts'
import { ImportRefused } from '../src/registry/issues.ts'
import type { RegistryParts } from '../src/registry/registry-parts.ts'
import type { FromRegistry, RegistryTask } from './threads/messages.ts'
import { unpackError } from './threads/thrown.ts'

/** An import in a thread of its own. @throws what the import throws, ImportRefused with the first of the rejected rows */
export async function importByThread(
  task: RegistryTask
): Promise<Extract<FromRegistry, { type: 'imported' }>> {
  const answer = await run(task)
  if (answer.type === 'imported') return answer
  throw refusal(answer)
}

/** A snapshot, read in a thread of its own. @throws as loadSnapshot */
export async function loadByThread(dataFolder: string, hash: string): Promise<RegistryParts> {
  const answer = await run({ dataFolder, task: { type: 'load', hash } })
  if (answer.type === 'loaded') return answer.parts
  throw refusal(answer)
}

function run(workerData: RegistryTask): Promise<FromRegistry> {
  return new Promise((resolve, reject) => {
    const entry = new URL('./threads/registry.ts', import.meta.url)
    const worker = new Worker(entry, { name: 'registry', workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', code => reject(new Error(`the registry thread ended with exit code ${code}`)))
  })
}

/** What refused the import, with its rows where it named any. */
function refusal(answer: FromRegistry): Error {
  if (answer.type !== 'refused') return new Error(`the registry thread answered ${answer.type}`)
  const { error, rejected } = answer
  const known = unpackError(error, new Error(error.message))
  if (!(known instanceof GridvigilError) || rejected.total === 0) return known
  return new ImportRefused(known.code, known.detail, rejected.items, rejected.total)
}
