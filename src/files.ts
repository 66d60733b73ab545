import {
  closeSync,
  fdatasync,
  fsync,
  fsyncSync,
  ftruncateSync,
  fstatSync,
  openSync,
  readSync,
  write
} from 'node:fs'
import { mkdirSync, readdirSync, renameSync, statfsSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

/**
 * The little of a file system that durable writing needs, as a port: the power-cut test puts a layer in its place
 * that drops or reorders everything no completed sync covers.
 *
 * What an implementation promises: after `sync` resolves, every write to that file that had resolved before `sync`
 * was called survives a power cut. After `syncFolder` resolves, so do names made, changed and removed before it.
 * Nothing else is promised: an unsynced write may survive, vanish, or survive in part, in any order.
 */
export interface FileLayer {
  /** Makes the folder with its parents. */
  makeFolder(folder: string): void
  /** Names of the files in the folder, sorted. */
  list(folder: string): string[]
  open(path: string, mode: 'read' | 'write' | 'create'): DurableFile
  rename(from: string, to: string): void
  remove(path: string): void
  syncFolder(folder: string): Promise<void>
  /** Bytes of the disk the folder is on, in all. */
  diskBytes(folder: string): number
}

export interface DurableFile {
  size(): number
  /** Bytes read, fewer at the end of the file. */
  readSync(into: Uint8Array, position: number): number
  /** Writes all of it. The bytes must stay unchanged until it resolves. */
  write(bytes: Uint8Array, position: number): Promise<void>
  sync(): Promise<void>
  /** Cuts the file, or extends it: what is added reads as zeros and takes no room yet. */
  resizeSync(bytes: number): void
  close(): void
}

const writeAt = promisify(write)
const syncData = promisify(fdatasync)
const syncAll = promisify(fsync)

/** Node's file system. Writes and syncs run on the libuv pool and never block the caller's event loop. */
export const nodeFiles: FileLayer = {
  makeFolder(folder) {
    const made = mkdirSync(folder, { recursive: true })
    if (made !== undefined) syncFolderNow(dirname(made))
  },
  list: folder => readdirSync(folder).sort(),
  open(path, mode) {
    const fd = openSync(path, mode === 'read' ? 'r' : mode === 'write' ? 'r+' : 'wx+')
    return nodeFile(fd)
  },
  rename: renameSync,
  remove: unlinkSync,
  async syncFolder(folder) {
    const fd = openSync(folder, 'r')
    try {
      await syncAll(fd)
    } finally {
      closeSync(fd)
    }
  },
  diskBytes(folder) {
    const { blocks, bsize } = statfsSync(folder)
    return blocks * bsize
  }
}

function nodeFile(fd: number): DurableFile {
  return {
    size: () => fstatSync(fd).size,
    readSync: (into, position) => readSync(fd, into, 0, into.length, position),
    async write(bytes, position) {
      let done = 0
      while (done < bytes.length) {
        const { bytesWritten } = await writeAt(fd, bytes, done, bytes.length - done, position + done)
        done += bytesWritten
      }
    },
    sync: () => syncData(fd),
    resizeSync: bytes => ftruncateSync(fd, bytes),
    close: () => closeSync(fd)
  }
}

function syncFolderNow(folder: string): void {
  const fd = openSync(folder, 'r')
  fsyncSync(fd)
  closeSync(fd)
}
