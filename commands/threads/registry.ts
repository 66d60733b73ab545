import { parentPort, workerData } from 'node:worker_threads'
import { shareRegistry } from '../../src/registry/lookup/registry-parts.ts'
import { loadSnapshot } from '../../src/registry/version/snapshot.ts'
import type { FromRegistry, RegistryTask } from './messages.ts'
import { packError } from './thrown.ts'

/** Worker that loads one snapshot: the others get the registry in shared memory, and nobody else builds it. */
const { dataFolder, hash } = workerData as RegistryTask
parentPort?.postMessage(run())

function run(): FromRegistry {
  try {
    return { type: 'loaded', parts: shareRegistry(loadSnapshot(dataFolder, hash)) }
  } catch (thrown) {
    return { type: 'failed', error: packError(thrown) }
  }
}
