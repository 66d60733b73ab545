import type { Config } from '../../src/config.ts'
import type { Logger } from '../../src/logger.ts'
import { ImportRefused } from '../../src/registry/read/issues.ts'
import { emptyRegistry, type Registry } from '../../src/registry/lookup/registry.ts'
import { latestSnapshot } from '../../src/registry/version/snapshot.ts'
import { type ImportFacts, reportRejects } from './import-facts.ts'
import { importApart, loadApart } from './apart.ts'

export interface StartRegistry {
  readonly registry: Registry
  /** Undefined when nothing was imported at this start. */
  readonly facts: ImportFacts | undefined
}

/** The registry to serve with: the folder's when one is given, else the one imported last, else an empty one. */
export async function openRegistry(config: Config, logger: Logger): Promise<StartRegistry> {
  if (config.registry !== '') return importAtStart(config, logger)
  const latest = latestSnapshot(config.data)
  if (latest !== undefined) return { registry: await loadApart(config.data, latest.hash), facts: undefined }
  logger.warn(
    'no registry is imported: all readings are quarantined (gridvigil import DIR, or --registry DIR)'
  )
  return { registry: emptyRegistry(), facts: undefined }
}

/** Imports the folder; what makes it refused is reported row by row before the error goes on. */
async function importAtStart(config: Config, logger: Logger): Promise<StartRegistry> {
  const options = { timezone: config.timezone, maxRejects: config['registry.maxRejectsPercent'] / 100 }
  const task = { dataFolder: config.data, folder: config.registry, options, isStart: true }
  try {
    const { report, facts } = await importApart(task)
    const { restored, notes, rejected, changed } = report
    if (restored !== '') logger.error({ code: 'REGISTRY_SNAPSHOT' }, restored)
    for (const note of notes) logger.info(note)
    reportRejects(config, rejected, logger)
    const registry = await loadApart(config.data, report.hash)
    logger.info({ version: registry.version, meters: registry.meters.count, changed }, 'registry')
    return { registry, facts }
  } catch (thrown) {
    if (thrown instanceof ImportRefused)
      reportRejects(config, { items: thrown.issues, total: thrown.total }, logger)
    throw thrown
  }
}
