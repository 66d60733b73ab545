import { createHash } from 'node:crypto'
import { constants, createReadStream, type Dirent } from 'node:fs'
import { copyFile, mkdir, open, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { asError, GridvigilError } from '../src/errors.ts'

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
}

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
  readonly onProgress: (files: number, bytes: number) => void
}

export const MANIFEST = 'manifest.json'
/** Of a folder that nobody uses: what is made anew, or is of one process only. */
const NOT_COPIED = /^(lock|lock\.next|uploads|ledger\.sqlite-shm)$/

/** A backup of a running site, in the order of docs/decisions/0011-backup.md. @throws BACKUP_FAILED */
export function backupRunning(source: BackupSource, wish: BackupWish): Promise<BackupManifest> {
  const { folder } = wish
  return making(wish, async copy => {
    await source.hold(true)
    try {
      await copy.tree('checkpoints')
      const leftOut = await source.copySeries(join(folder, 'series'))
      await copy.tree('logs/results')
      let marks: Marks = { frames: 0, events: 0 }
      let takenAt = 0
      await source.atPoint(async () => {
        await source.copyLedger(join(folder, 'ledger.sqlite'))
        await copy.file('registry/latest.json')
        marks = source.marks()
        takenAt = wish.now()
      })
      for (const part of ['logs/events', 'logs/frames']) await copy.tree(part)
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
    return { marks: { frames: 0, events: 0 }, takenAt: wish.now(), leftOut: [] }
  })
}

interface Copier {
  /** A folder of the data folder with all below it; one that is not there has nothing. */
  tree(path: string, isWanted?: (name: string) => boolean): Promise<void>
  file(path: string): Promise<void>
}

interface Point {
  readonly marks: Marks
  readonly takenAt: number
  readonly leftOut: readonly number[]
}

async function making(wish: BackupWish, work: (copy: Copier) => Promise<Point>): Promise<BackupManifest> {
  const { data, folder, version, onProgress } = wish
  try {
    await mkdir(folder, { recursive: true })
    // Of what it is really: a link may lead into the data folder, and the copy would copy itself.
    const inside = relative(await realpath(data), await realpath(folder))
    if (!inside.startsWith('..')) throw new Error(`${folder} lies in the data folder`)
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
    const { marks, takenAt, leftOut } = await work({ tree, file })
    const files = await describeFiles(folder)
    const manifest: BackupManifest = {
      ...{ format: 1, version, takenAt: new Date(takenAt).toISOString(), marks, leftOut, files }
    }
    await writeSynced(join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 1)}\n`)
    await syncPath(folder)
    return manifest
  } catch (thrown) {
    throw new GridvigilError('BACKUP_FAILED', asError(thrown).message, { cause: thrown })
  }
}

/** Reads every file back, which says its sum, and makes it durable with its folder. */
async function describeFiles(folder: string): Promise<BackupFile[]> {
  const files: BackupFile[] = []
  const folders: string[] = []
  const visit = async (at: string): Promise<void> => {
    folders.push(at)
    for (const entry of await entriesOf(at)) {
      const path = join(at, entry.name)
      if (entry.isDirectory()) await visit(path)
      else {
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
    if (relative(folder, at).startsWith('..'))
      throw new GridvigilError('BACKUP_DAMAGED', `${path} leads out of the folder`)
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
  return manifest
}

/** Copies the files of a checked backup into a data folder that is not there or empty. @throws BACKUP_FAILED */
export async function copyBackup(folder: string, manifest: BackupManifest, data: string): Promise<void> {
  for (const { path } of manifest.files) {
    const to = join(data, path)
    await mkdir(dirname(to), { recursive: true })
    await copyWhole(join(folder, path), to)
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

async function sumOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part)
  return hash.digest('hex')
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w')
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
