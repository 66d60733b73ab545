import type { ApiBackups, BackupState } from '../../src/api/context.ts'
import type { Clock } from '../../src/clock.ts'
import { asError, GridvigilError, isError } from '../../src/errors.ts'
import type { Logger } from '../../src/logger.ts'
import type { Actor, LedgerCalls } from '../../src/ledger/port.ts'
import { type BackupSource, backupRunning } from './files.ts'

export interface BackupDeskOptions {
  readonly data: string
  readonly version: string
  readonly source: BackupSource
  readonly ledger: LedgerCalls
  readonly clock: Clock
  readonly logger: Logger
}

/** Backups of a running site, one at a time; whoever asked for one looks how far it is. */
export class BackupDesk implements ApiBackups {
  readonly #options: BackupDeskOptions
  #state: BackupState = {
    state: 'none',
    folder: '',
    startedAt: 0,
    endedAt: null,
    files: 0,
    bytes: 0,
    problem: null
  }
  #running: Promise<void> = Promise.resolve()
  #isStopping = false

  constructor(options: BackupDeskOptions) {
    this.#options = options
  }

  get state(): BackupState {
    return this.#state
  }

  begin(folder: string, by: Actor): BackupState {
    if (this.#state.state === 'running') throw new GridvigilError('BACKUP_BUSY')
    const startedAt = this.#options.clock.now()
    this.#state = { state: 'running', folder, startedAt, endedAt: null, files: 0, bytes: 0, problem: null }
    this.#running = this.#run(folder, by)
    return this.#state
  }

  /** Ends what is under way at its next file: without a manifest it is no backup. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  async #run(folder: string, by: Actor): Promise<void> {
    const { data, version, source, ledger, clock, logger } = this.#options
    const onProgress = (files: number, bytes: number): void => {
      this.#state = { ...this.#state, files, bytes }
      if (this.#isStopping) throw new Error('the server stops')
    }
    try {
      const wish = { data, folder, version, now: () => clock.now(), onProgress }
      const { files, leftOut, takenAt } = await backupRunning(source, wish)
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
      this.#state = { ...this.#state, state: 'done', files: files.length, bytes, endedAt: clock.now() }
      if (leftOut.length > 0)
        logger.warn({ days: leftOut.length }, 'days that cannot be used are not in the backup')
      await ledger.note('backup.take', folder, { bytes, takenAt }, by)
      logger.info({ folder, bytes }, 'backup taken')
    } catch (thrown) {
      const problem = isError(thrown) ? `${thrown.code}: ${thrown.detail}` : asError(thrown).message
      this.#state = { ...this.#state, state: 'failed', problem, endedAt: clock.now() }
      logger.error({ code: 'BACKUP_FAILED', folder }, problem)
    }
  }
}
