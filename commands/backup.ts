import { resolve } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { GridvigilError } from '../src/errors.ts'
import { createLogger } from '../src/logger.ts'
import { configOf, parseFlags } from './arguments.ts'
import { backupResting } from './backup/files.ts'
import { openSite, type SiteClient } from './beside/site-client.ts'
import { VERSION } from './version.ts'

export const BACKUP_USAGE = `gridvigil backup --out FOLDER [--data DIR]

Copies a data folder into a new folder: logs, series, ledger and registry as of one point, with the sum of every file.
Beside a running server it goes through it: intake and queries go on. Restore it with \`gridvigil restore\`.`

const POLL_MS = 500

/** What GET /v1/backup answers, as far as it is told. */
interface State {
  readonly state: 'none' | 'running' | 'done' | 'failed'
  readonly files: number
  readonly bytes: number
  readonly problem: string | null
}

/** @throws CLI_USAGE, BACKUP_FAILED, BACKUP_BUSY */
export async function backup(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args, [], ['--data', '--config', '--out'])
  const out = flags.values.get('--out')
  if (out === undefined || flags.words.length > 0) throw new GridvigilError('CLI_USAGE', 'say --out FOLDER')
  const config = configOf(flags)
  const folder = resolve(out)
  const site = await openSite(config, createLogger('warn', 'backup'))
  try {
    if (site.isRunning) await throughServer(site, folder)
    // Its own ledger is closed first: the files are copied as they lie.
    else await site.whileResting(() => ofFolder(config.data, folder))
  } finally {
    await site.close()
  }
}

async function throughServer(site: SiteClient, folder: string): Promise<void> {
  let now = await site.call<State>('POST', '/v1/backup', { folder })
  while (now.state === 'running') {
    await systemClock.delay(POLL_MS)
    now = await site.call<State>('GET', '/v1/backup')
    tell(now.files, now.bytes)
  }
  if (now.state !== 'done') throw new GridvigilError('BACKUP_FAILED', now.problem ?? now.state)
  done(folder, now.files, now.bytes)
}

async function ofFolder(data: string, folder: string): Promise<void> {
  const wish = { data, folder, version: VERSION, now: () => systemClock.now(), onProgress: tell }
  const { files } = await backupResting(wish)
  done(
    folder,
    files.length,
    files.reduce((sum, { bytes }) => sum + bytes, 0)
  )
}

const inMb = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`

function tell(files: number, bytes: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${files} files, ${inMb(bytes)} `)
}

function done(folder: string, files: number, bytes: number): void {
  process.stderr.write(`${process.stderr.isTTY ? '\r' : ''}${files} files, ${inMb(bytes)} in ${folder}\n`)
}
