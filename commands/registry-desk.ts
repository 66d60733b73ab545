import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import { makeId } from '../src/access/secrets.ts'
import type { ApiRegistryDesk, ImportReport, ImportWish, SentFile } from '../src/api/context.ts'
import type { Clock } from '../src/clock.ts'
import type { Config } from '../src/config.ts'
import { GridvigilError } from '../src/errors.ts'
import type { Logger } from '../src/logger.ts'
import type { Actor, LedgerCalls } from '../src/ledger/port.ts'
import { type ImportIssue, ImportRefused } from '../src/registry/issues.ts'
import type { Registry } from '../src/registry/registry.ts'
import { loadSnapshot } from '../src/registry/snapshot.ts'
import { recordFacts, reportRejects } from './registry-start.ts'
import type { FromImport, ImportData } from './threads/messages.ts'
import { unpackError } from './threads/thrown.ts'

export interface RegistryDeskOptions {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly ledger: LedgerCalls
  /** Makes a version that is saved the valid one. */
  readonly change: (registry: Registry) => void
}

/** Rows of each kind a report lists per file. */
const LISTED_ROWS = 50
const FILE_NAME = /^[\w-]{1,60}\.csv$/

/**
 * Registry imports beside live data, one at a time:
 *
 *   files ─> uploads/ID/ ─> thread: read, check, save, compare ─> load ─> valid from a record of the log on ─> ledger
 */
export class RegistryDesk implements ApiRegistryDesk {
  readonly #options: RegistryDeskOptions
  readonly #uploads: string
  #isBusy = false

  constructor(options: RegistryDeskOptions) {
    this.#options = options
    this.#uploads = join(options.config.data, 'uploads')
  }

  /** Takes away what uploads that were cut off have left. */
  start(): void {
    rmSync(this.#uploads, { recursive: true, force: true })
  }

  async importFiles(files: AsyncIterable<SentFile>, wish: ImportWish, by: Actor): Promise<ImportReport> {
    if (this.#isBusy) throw new GridvigilError('REGISTRY_BUSY')
    this.#isBusy = true
    const folder = join(this.#uploads, makeId())
    try {
      await receive(files, folder)
      return await this.#import(folder, wish, by)
    } finally {
      rmSync(folder, { recursive: true, force: true })
      this.#isBusy = false
    }
  }

  async #import(folder: string, { dryRun, maxRejects }: ImportWish, by: Actor): Promise<ImportReport> {
    const { config, logger, ledger, change } = this.#options
    const share = maxRejects ?? config['registry.maxRejectsPercent'] / 100
    const options = { timezone: config.timezone, maxRejects: share, dryRun, listedRows: LISTED_ROWS }
    const outcome = await runImport({ dataFolder: config.data, folder, options })
    if (outcome.type === 'refused') throw refusal(outcome)
    const { report, facts } = outcome
    if (dryRun) return report
    reportRejects(config, report.issues, logger)
    if (report.changed) change(loadSnapshot(config.data, report.hash))
    await recordFacts(ledger, facts, by)
    logger.info({ version: report.version, changed: report.changed, by: by.name }, 'registry imported')
    return report
  }
}

/** @throws API_BAD_REQUEST for odd or repeated names and forms without an end, API_TOO_LARGE for a file that was cut off */
async function receive(files: AsyncIterable<SentFile>, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const names = new Set<string>()
  for await (const { name, stream } of files) {
    if (!FILE_NAME.test(name) || names.has(name)) {
      stream.resume()
      throw new GridvigilError(
        'API_BAD_REQUEST',
        `${JSON.stringify(name.slice(0, 80))} is no name of a registry file`
      )
    }
    names.add(name)
    await pipeline(stream, createWriteStream(join(folder, name))).catch(thrown => {
      // What the disk refuses names its system call; the rest is a form that ended too early.
      if (thrown instanceof Error && !('syscall' in thrown))
        throw new GridvigilError('API_BAD_REQUEST', `${name}: ${thrown.message}`)
      throw thrown
    })
    if (stream.truncated === true) throw new GridvigilError('API_TOO_LARGE', name)
  }
  if (names.size === 0) throw new GridvigilError('API_BAD_REQUEST', 'no file was sent')
}

function runImport(workerData: ImportData): Promise<FromImport> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./threads/import.ts', import.meta.url), { name: 'import', workerData })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', code => reject(new Error(`the import ended with exit code ${code}`)))
  })
}

/** What refused the import, with its rows where it named any. */
function refusal({ error, issues }: { error: { message: string }; issues: readonly ImportIssue[] }): Error {
  const known = unpackError(error, new Error(error.message))
  if (!(known instanceof GridvigilError) || issues.length === 0) return known
  return new ImportRefused(known.code, known.detail, issues)
}
