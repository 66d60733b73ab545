import { chmod, copyFile, mkdir, open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { nodeFiles } from '../../src/files.ts'
import { endOfRecord, listSegments, type Segment } from '../../src/log/segments.ts'

/** Only its owner reads what a backup holds: contacts, hashes of secrets, readings of households. */
const MODE = 0o600

/**
 * Copies a log that is being written, up to a record that is durable. What the writer adds meanwhile is left out: copied
 * piece by piece it could have a hole with records behind it, which is damage and not the end of a log.
 * @param upToSeq a record that was durable before this was called
 * @returns paths of the copies
 */
export async function copyLog(from: string, to: string, upToSeq: number): Promise<string[]> {
  await mkdir(to, { recursive: true })
  const segments = listSegments(nodeFiles, from)
  // One that begins behind the record, beside the first one, which says where the log stands.
  const kept = segments.filter(({ firstSeq }, at) => at === 0 || firstSeq <= upToSeq)
  const copies: string[] = []
  for (const [at, segment] of kept.entries()) {
    const copy = join(to, basename(segment.path))
    if (at + 1 < kept.length) await copyFile(segment.path, copy)
    else await copyPart(segment, copy, upToSeq)
    await chmod(copy, MODE)
    copies.push(copy)
  }
  return copies
}

async function copyPart(segment: Segment, to: string, upToSeq: number): Promise<void> {
  const source = await open(segment.path, 'r')
  try {
    const { size } = await source.stat()
    const bytes = new Uint8Array(size)
    for (let at = 0; at < size; ) {
      const { bytesRead } = await source.read(bytes, at, size - at, at)
      if (bytesRead === 0) break
      at += bytesRead
    }
    const target = await open(to, 'w', MODE)
    try {
      const end = endOfRecord(bytes, segment, upToSeq)
      for (let at = 0; at < end; ) at += (await target.write(bytes, at, end - at, at)).bytesWritten
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}
