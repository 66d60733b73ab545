import { createHash } from 'node:crypto'
import { constants, createReadStream, type Dirent } from 'node:fs'
import { chmod, copyFile, mkdir, open, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { asError, GridvigilError } from '../../src/errors.ts'
import { copyLog } from './logs.ts'

/** What a running site gives a backup. Without one, nothing moves and the files are copied as they lie. */
export interface BackupSource {
  /** No trims, no checkpoints while held. */
  hold(isHeld: boolean): Promise<void>
  /** @returns days of the store that cannot be used and are left out */
  copySeries(folder: string): Promise<number[]>
  /** Runs while no command does. */
  atPoint(work: () => Promise<void>): Promise<void>
  copyLedger(path: string): Promise<void>
  marks(): Marks
}

/** Seq of the last durable record. */
export interface Marks {
  readonly frames: number
  readonly events: number
  readonly results: number
}

/** Of a folder that nobody writes to: everything in it is durable. */
const NO_MARKS: Marks = { frames: 0, events: 0, results: 0 }

export interface BackupManifest {
  readonly format: 1
  /** Version of the product that made it. */
  readonly version: string
  /** The point: everything durable then is in it. ISO 8601. */
  readonly takenAt: string
  readonly marks: Marks
  /** Days of the store that could not be used. */
  readonly leftOut: readonly number[]
  /** Paths relative to the folder, with slashes. */
  readonly files: readonly BackupFile[]
  /** SHA-256 of all of the above as JSON. */
  readonly sum: string
}

export interface BackupFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

export interface BackupWish {
  readonly data: string
  /** Must not exist, or be empty. */
  readonly folder: string
  readonly version: string
  readonly now: () => number
  /** @throws what ends the backup */
  readonly onProgress: (files: number, bytes: number) => void
}

export const MANIFEST = 'manifest.json'
/** Only its owner reads what a backup holds: contacts, hashes of secrets, readings of households. */
const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
/** Of a folder that nobody uses: what is made anew, or is of one process only. */
const NOT_COPIED = /^(lock|lock\.next|uploads|ledger\.sqlite-shm)$/

/** A backup of a running site, in the order of docs/decisions/0011-backup.md. @throws BACKUP_FAILED */
export function backupRunning(source: BackupSource, wish: BackupWish): Promise<BackupManifest> {
  const { folder } = wish
  return making(wish, async copy => {
    try {
      await source.hold(true)
      await copy.tree('checkpoints')
      const leftOut = await source.copySeries(join(folder, 'series'))
      // Results are copied before the point: what came after is made again from the frames.
      const { results } = source.marks()
      await copy.log('results', results)
      let marks = NO_MARKS
      let takenAt = 0
      await source.atPoint(async () => {
        await source.copyLedger(join(folder, 'ledger.sqlite'))
        marks = { ...source.marks(), results }
        takenAt = wish.now()
      })
      // Events first: a tick says how far the frames were.
      for (const log of ['events', 'frames'] as const) await copy.log(log, source.marks()[log])
      // An import may have come meanwhile. The version that is named last is at least that of the logs, so that no number of a
      // meter is given again; and what it names is there.
      await copy.file('registry/latest.json')
      await copy.tree('registry', name => name !== 'latest.json')
      return { marks, takenAt, leftOut }
    } finally {
      await source.hold(false).catch(() => {})
    }
  })
}

/** A backup of a folder that no server runs on; the caller holds its lock. @throws BACKUP_FAILED */
export function backupResting(wish: BackupWish): Promise<BackupManifest> {
  return making(wish, async copy => {
    await copy.tree('', name => !NOT_COPIED.test(name))
    return { marks: NO_MARKS, takenAt: wish.now(), leftOut: [] }
  })
}

interface Copier {
  /** A folder of the data folder with all below it; one that is not there has nothing. */
  tree(path: string, isWanted?: (name: string) => boolean): Promise<void>
  file(path: string): Promise<void>
  /** A log that is written meanwhile, up to a record that is durable. */
  log(name: keyof Marks, upToSeq: number): Promise<void>
}

interface Point {
  readonly marks: Marks
  readonly takenAt: number
  readonly leftOut: readonly number[]
}

async function making(wish: BackupWish, work: (copy: Copier) => Promise<Point>): Promise<BackupManifest> {
  const { data, folder, version, onProgress } = wish
  try {
    await refuseInside(data, folder)
    await mkdir(folder, { recursive: true, mode: FOLDER_MODE })
    if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty`)
    let copied = 0
    let bytes = 0
    const file = async (path: string): Promise<void> => {
      const to = join(folder, path)
      if (!(await isThere(join(data, path)))) return
      await mkdir(dirname(to), { recursive: true })
      await copyWhole(join(data, path), to)
      bytes += (await stat(to)).size
      onProgress(++copied, bytes)
    }
    const tree = async (path: string, isWanted: (name: string) => boolean = () => true): Promise<void> => {
      for (const entry of await entriesOf(join(data, path))) {
        const below = join(path, entry.name)
        if (!isWanted(entry.name)) continue
        if (entry.isDirectory()) await tree(below)
        else await file(below)
      }
    }
    const log = async (name: keyof Marks, upToSeq: number): Promise<void> => {
      for (const copy of await copyLog(join(data, 'logs', name), join(folder, 'logs', name), upToSeq)) {
        bytes += (await stat(copy)).size
        onProgress(++copied, bytes)
      }
    }
    const { marks, takenAt, leftOut } = await work({ tree, file, log })
    const files = await describeFiles(folder)
    const told = {
      format: 1 as const,
      version,
      takenAt: new Date(takenAt).toISOString(),
      marks,
      leftOut,
      files
    }
    const manifest: BackupManifest = { ...told, sum: sumOfText(JSON.stringify(told)) }
    await writeSynced(join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`)
    await syncPath(folder)
    return manifest
  } catch (thrown) {
    throw new GridvigilError('BACKUP_FAILED', asError(thrown).message, { cause: thrown })
  }
}

/** The copy would copy itself. Looked at by what is there already: a link may lead into the data folder. @throws Error */
async function refuseInside(data: string, folder: string): Promise<void> {
  let there = resolve(folder)
  while (!(await isThere(there))) there = dirname(there)
  if (isBelow(await realpath(data), await realpath(there)))
    throw new Error(`${folder} lies in the data folder`)
}

/** Whether a path is the folder or lies in it. */
function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}

/** Reads every file back, which says its sum, and makes it durable with its folder. */
async function describeFiles(folder: string): Promise<BackupFile[]> {
  const files: BackupFile[] = []
  const folders: string[] = []
  const visit = async (at: string): Promise<void> => {
    folders.push(at)
    await chmod(at, FOLDER_MODE)
    for (const entry of await entriesOf(at)) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) await visit(path)
      else {
        await chmod(path, FILE_MODE)
        await syncPath(path)
        const { size: bytes } = await stat(path)
        files.push({ path: relative(folder, path).replaceAll('\\', '/'), bytes, sha256: await sumOf(path) })
      }
    }
  }
  await visit(folder)
  for (const at of folders) await syncPath(at)
  return files
}

/** The manifest of a whole backup: every file is there with its sum. @throws BACKUP_DAMAGED naming the first that is not */
export async function checkBackup(folder: string): Promise<BackupManifest> {
  const manifest = await readManifest(folder)
  for (const { path, bytes, sha256 } of manifest.files) {
    const at = join(folder, path)
    if (!isBelow(folder, at)) throw new GridvigilError('BACKUP_DAMAGED', `${path} leads out of the folder`)
    const size = await stat(at).then(
      found => found.size,
      () => -1
    )
    if (size !== bytes)
      throw new GridvigilError('BACKUP_DAMAGED', `${at} has ${size < 0 ? 'no' : size} bytes, not ${bytes}`)
    if ((await sumOf(at)) !== sha256)
      throw new GridvigilError('BACKUP_DAMAGED', `${at} has other content than was written`)
  }
  return manifest
}

async function readManifest(folder: string): Promise<BackupManifest> {
  const path = join(folder, MANIFEST)
  let manifest: BackupManifest
  try {
    manifest = JSON.parse(await readFile(path, 'utf8'))
  } catch (thrown) {
    throw new GridvigilError('BACKUP_DAMAGED', `${path}: ${asError(thrown).message}; it was not finished`)
  }
  if (manifest.format !== 1 || !Array.isArray(manifest.files)) {
    throw new GridvigilError('BACKUP_DAMAGED', `${path} is no manifest that this version reads`)
  }
  const { sum, ...told } = manifest
  if (sumOfText(JSON.stringify(told)) !== sum)
    throw new GridvigilError('BACKUP_DAMAGED', `${path} has other content than was written`)
  return manifest
}

/** Copies the files of a checked backup into a data folder that is not there or empty. @throws BACKUP_FAILED */
export async function copyBackup(folder: string, manifest: BackupManifest, data: string): Promise<void> {
  for (const { path } of manifest.files) {
    const to = join(data, path)
    await mkdir(dirname(to), { recursive: true })
    await copyWhole(join(folder, path), to)
    await chmod(to, FILE_MODE)
    await syncPath(to)
  }
}

const CHUNK_BYTES = 1 << 20
const ZEROS = Buffer.alloc(CHUNK_BYTES)

/** A log's newest segment is a large file with little in it: its holes stay holes. */
async function copyWhole(from: string, to: string): Promise<void> {
  const { size, blocks } = await stat(from)
  const isSparse = blocks * 512 < size * 0.9
  if (!isSparse) return copyFile(from, to, constants.COPYFILE_FICLONE)
  const [source, target] = [await open(from, 'r'), await open(to, 'w')]
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES)
    for (let at = 0; at < size; ) {
      const { bytesRead } = await source.read(buffer, 0, CHUNK_BYTES, at)
      if (bytesRead === 0) break
      const part = buffer.subarray(0, bytesRead)
      if (!part.equals(ZEROS.subarray(0, bytesRead))) await target.write(part, 0, bytesRead, at)
      at += bytesRead
    }
    await target.truncate(size)
  } finally {
    await Promise.all([source.close(), target.close()])
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw thrown
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false
  )

const sumOfText = (text: string): string => createHash('sha256').update(text).digest('hex')

async function sumOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part)
  return hash.digest('hex')
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', FILE_MODE)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
