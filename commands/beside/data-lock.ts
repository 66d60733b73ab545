import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asError, GridvigilError } from '../../src/errors.ts'

/** How a command on the same machine reaches the process that holds the folder. */
export interface SiteAddress {
  readonly url: string
  /** Bearer secret of that process, for those who may read the folder. */
  readonly secret: string
}

export interface DataLock {
  /** Tells where the holder answers, for commands beside it. */
  publish(address: SiteAddress): void
  release(): void
}

/** Only its owner reads it: it holds a secret. */
const MODE = 0o600

/**
 * One process per data folder. The lock file names the process by pid and start time, so a lock left by kill -9, or by
 * a process whose number was given to another since, does not stand in the way. Its second line, once the process
 * listens, is its address as JSON.
 */
export function lockData(folder: string): DataLock {
  makeFolder(folder)
  const path = join(folder, 'lock')
  const mine = `${process.pid} ${startOf(process.pid)}\n`
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: 'wx', mode: MODE })
      return {
        publish(address) {
          const next = `${path}.next`
          writeFileSync(next, `${mine}${JSON.stringify(address)}\n`, { mode: MODE })
          renameSync(next, path)
        },
        release: () => {
          if (textOf(path).startsWith(mine)) rmSync(path, { force: true })
        }
      }
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(folder, thrown)
    }
    const holder = readLock(path)
    if (holder !== undefined)
      throw new GridvigilError('DATA_LOCKED', `${folder} is in use by process ${holder}`)
    takeAway(path)
  }
}

/**
 * Takes a stale lock away. Others may see the same one and be faster: what is moved aside is looked at again, and put back when
 * it is the lock of somebody who lives.
 */
function takeAway(path: string): void {
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  if (readLock(aside) !== undefined) {
    try {
      linkSync(aside, path)
    } catch {
      // Somebody has made a new one meanwhile: two may hold the folder for a moment, and the one that looks next is refused.
    }
  }
  rmSync(aside, { force: true })
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Whether a living process holds the folder; nothing is made and nothing is taken. */
export const isHeld = (folder: string): boolean => readLock(join(folder, 'lock')) !== undefined

/** Where the living process that holds the folder answers; undefined when there is none or it does not listen. */
export function addressOf(folder: string): SiteAddress | undefined {
  const path = join(folder, 'lock')
  if (readLock(path) === undefined) return undefined
  try {
    const [, line = ''] = readFileSync(path, 'utf8').split('\n')
    return line === '' ? undefined : (JSON.parse(line) as SiteAddress)
  } catch {
    return undefined
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (thrown) {
    throw unusable(folder, thrown)
  }
}

const unusable = (folder: string, thrown: unknown): GridvigilError =>
  new GridvigilError('DATA_FOLDER', `${folder}: ${asError(thrown).message}`)

/** Pid of the living process that holds the lock. */
function readLock(path: string): number | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  const [pid, start] = (text.split('\n')[0] ?? '').split(' ')
  const number = Number(pid)
  if (!Number.isInteger(number) || number <= 0 || !isAlive(number) || isEnded(number)) return undefined
  const now = startOf(number)
  return start === undefined || start === '' || now === '' || start === now ? number : undefined
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether the process has ended and only waits for its parent to notice (a zombie). */
const isEnded = (pid: number): boolean => ['Z', 'X'].includes(statOf(pid)[0] ?? '')

/** Start time of a process in clock ticks since boot; '' where /proc does not tell. */
const startOf = (pid: number): string => statOf(pid)[19] ?? ''

/** Fields of /proc/PID/stat from the state on; none where there is no /proc. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
