import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { nodeFiles } from '../../files.ts'

/**
 * Folds a file's log in so that a crash in the middle leaves a file that can be opened. DuckDB writes the blocks that hold
 * its metadata over the old ones before it writes the header that makes them count, and one checksum covers a whole block:
 * a kill or a power cut during the write of one leaves a file it refuses. So they are kept beside the file meanwhile:
 *
 *   file.duckdb.undo  <- headers, metadata blocks (durable)  ->  CHECKPOINT  ->  undo is removed
 *   at the next attach: an undo, and headers still as it has them? The fold did not happen: its blocks are put back.
 *
 * docs/decisions/0023-folds-a-crash-cannot-tear.md tells what was seen and tried.
 */

/** A main header and two headers that take turns, 4096 bytes each (DuckDB storage format). */
const HEADER_BYTES = 3 * 4096
/** DuckDB's default, which the store's files have. */
const BLOCK_BYTES = 262_144

const undoPath = (path: string): string => `${path}.undo`

/** Folds the log of an attached file in. Nobody may write to the file meanwhile. @throws Error when it cannot; the log stays then */
export async function fold(connection: DuckDBConnection, path: string, alias: string): Promise<void> {
  const undo = undoPath(path)
  await keepUndo(path, undo, await metadataBlocks(connection, alias))
  await connection.run(`CHECKPOINT ${alias}`)
  await rm(undo)
}

/** Puts back what a fold that did not end has overwritten. The file may be absent, and is not attached. */
export async function undoTornFold(path: string): Promise<void> {
  const undo = undoPath(path)
  const bytes = await readFile(undo).catch(() => undefined)
  if (bytes === undefined) return
  const kept = readUndo(bytes)
  // One that is not whole was not durable yet when the crash came, so nothing had been overwritten.
  if (kept !== undefined) await putBack(path, kept)
  await rm(undo)
}

/** Bytes of the log that is not folded in. */
export async function logBytes(path: string): Promise<number> {
  const found = await stat(`${path}.wal`).catch(() => undefined)
  return found?.size ?? 0
}

async function metadataBlocks(connection: DuckDBConnection, alias: string): Promise<number[]> {
  const result = await connection.runAndReadAll(
    `SELECT block_id::DOUBLE FROM pragma_metadata_info('${alias}') ORDER BY block_id`
  )
  return result.getRows().map(([id]) => Number(id))
}

/** SHA-256 of the rest | count of blocks, u32 | their ids, u32 each | headers | blocks */
async function keepUndo(path: string, undo: string, blocks: readonly number[]): Promise<void> {
  const directory = Buffer.alloc(4 + 4 * blocks.length)
  directory.writeUInt32LE(blocks.length, 0)
  for (const [at, id] of blocks.entries()) directory.writeUInt32LE(id, 4 + 4 * at)
  const parts: Buffer[] = [directory]
  const file = await open(path, 'r')
  try {
    parts.push(await readAt(file, 0, HEADER_BYTES))
    for (const id of blocks) parts.push(await readAt(file, placeOf(id), BLOCK_BYTES))
  } finally {
    await file.close()
  }
  const handle = await open(undo, 'w')
  try {
    await handle.writev([digestOf(parts), ...parts])
    await handle.sync()
  } finally {
    await handle.close()
  }
  await nodeFiles.syncFolder(dirname(path))
}

interface Kept {
  readonly headers: Buffer
  readonly blocks: readonly { readonly id: number; readonly bytes: Buffer }[]
}

const DIGEST_BYTES = 32

/** @returns undefined when it is not whole */
function readUndo(bytes: Buffer): Kept | undefined {
  const rest = bytes.subarray(DIGEST_BYTES)
  if (rest.length < 4 || !digestOf([rest]).equals(bytes.subarray(0, DIGEST_BYTES))) return undefined
  const count = rest.readUInt32LE(0)
  const headersAt = 4 + 4 * count
  const blocksAt = headersAt + HEADER_BYTES
  return {
    headers: rest.subarray(headersAt, blocksAt),
    blocks: Array.from({ length: count }, (_, at) => ({
      id: rest.readUInt32LE(4 + 4 * at),
      bytes: rest.subarray(blocksAt + at * BLOCK_BYTES, blocksAt + (at + 1) * BLOCK_BYTES)
    }))
  }
}

/** Other headers are those of a fold that did happen, or of another file in this one's place. */
async function putBack(path: string, kept: Kept): Promise<void> {
  const file = await open(path, 'r+').catch(() => undefined)
  if (file === undefined) return
  try {
    const headers = await readAt(file, 0, HEADER_BYTES)
    if (!headers.equals(kept.headers)) return
    for (const { id, bytes } of kept.blocks) await file.write(bytes, 0, bytes.length, placeOf(id))
    await file.sync()
  } finally {
    await file.close()
  }
}

const placeOf = (block: number): number => HEADER_BYTES + block * BLOCK_BYTES

/** What the file has there; less than asked for at its end, which is what is put back then. */
async function readAt(file: FileHandle, place: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  await file.read(buffer, 0, length, place)
  return buffer
}

function digestOf(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
