import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { makeId } from '../../src/access/secrets.ts'
import type { ApiRegistryDesk, ImportReport, ImportWish, SentFile } from '../../src/api/context.ts'
import type { CommandGate } from '../../src/api/http/command-gate.ts'
import { receiveFiles } from '../../src/api/http/sent-files.ts'
import type { Clock } from '../../src/clock.ts'
import type { Config } from '../../src/config.ts'
import { GridvigilError } from '../../src/errors.ts'
import type { Logger } from '../../src/logger.ts'
import type { Actor, LedgerCalls } from '../../src/ledger/port.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { recordFacts, reportRejects } from './import-facts.ts'
import { importApart, loadApart } from './apart.ts'

export interface RegistryDeskOptions {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly ledger: LedgerCalls
  readonly commandGate: CommandGate
  /** Makes a version that is saved the valid one. */
  readonly change: (registry: Registry) => void
}

/** Rows of each kind a report lists per file. */
const LISTED_ROWS = 50
const FILE_NAME = /^[\w-]{1,60}\.csv$/

/**
 * Registry imports beside live data, one at a time:
 *
 *   files ─> uploads/ID/ ─> process: read, check, save, compare ─> thread: load ─> valid from a record of the log on ─> ledger
 */
export class RegistryDesk implements ApiRegistryDesk {
  readonly #options: RegistryDeskOptions
  readonly #uploads: string
  #isBusy = false
  readonly #stopped = new AbortController()

  constructor(options: RegistryDeskOptions) {
    this.#options = options
    this.#uploads = join(options.config.data, 'uploads')
  }

  /** Takes away what uploads that were cut off have left. */
  start(): void {
    rmSync(this.#uploads, { recursive: true, force: true })
  }

  /** Ends an import that runs. */
  stop(): void {
    this.#stopped.abort()
  }

  async importFiles(files: AsyncIterable<SentFile>, wish: ImportWish, by: Actor): Promise<ImportReport> {
    if (this.#isBusy) throw new GridvigilError('REGISTRY_BUSY')
    this.#isBusy = true
    const folder = join(this.#uploads, makeId())
    try {
      await receive(files, folder)
      // Only now: a slow upload would keep everybody waiting who waits to be alone.
      return await this.#options.commandGate.share(() => this.#import(folder, wish, by))
    } finally {
      rmSync(folder, { recursive: true, force: true })
      this.#isBusy = false
    }
  }

  async #import(folder: string, { dryRun, maxRejects }: ImportWish, by: Actor): Promise<ImportReport> {
    const { config, logger, ledger, change } = this.#options
    const share = maxRejects ?? config['registry.maxRejectsPercent'] / 100
    const options = { timezone: config.timezone, maxRejects: share, dryRun, listedRows: LISTED_ROWS }
    const task = { dataFolder: config.data, folder, options, isStart: false }
    const { report, facts } = await importApart(task, this.#stopped.signal)
    if (dryRun) return report
    reportRejects(config, report.rejected, logger)
    if (report.changed) change(await loadApart(config.data, report.hash))
    await recordFacts(ledger, facts, by)
    logger.info({ version: report.version, changed: report.changed, by: by.name }, 'registry imported')
    return report
  }
}

/** Writes the files of an upload into a folder. @throws as `receiveFiles` */
async function receive(files: AsyncIterable<SentFile>, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await receiveFiles(files, {
    what: 'a registry file',
    isName: name => FILE_NAME.test(name),
    keep: (name, stream) => pipeline(stream, createWriteStream(join(folder, name)))
  })
}
