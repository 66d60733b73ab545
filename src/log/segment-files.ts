import { join } from 'node:path'
import type { DurableFile, FileLayer } from '../files.ts'
import { SEGMENT_HEADER } from './record-format.ts'
import type { Segment } from './segments.ts'

/** A file of its full size, durable but for its name: a commit changes its blocks, never its length. */
export async function prepareSegment(
  files: FileLayer,
  folder: string,
  bytes: number,
  name: string
): Promise<DurableFile> {
  const path = join(folder, `${name}.tmp`)
  if (files.list(folder).includes(`${name}.tmp`)) files.remove(path)
  const file = files.open(path, 'create')
  try {
    file.resizeSync(bytes)
    await file.sync()
    return file
  } catch (thrown) {
    file.close()
    throw thrown
  }
}

export function sizeOf(files: FileLayer, path: string): number {
  const file = files.open(path, 'read')
  try {
    return file.size()
  } finally {
    file.close()
  }
}

/** Log time of a segment's first record: all records of the segment before it are older. */
export function firstTimeOf(files: FileLayer, next: Segment): number {
  const file = files.open(next.path, 'read')
  try {
    const bytes = new Uint8Array(SEGMENT_HEADER + 40)
    file.readSync(bytes, 0)
    return new DataView(bytes.buffer).getFloat64(SEGMENT_HEADER + 24, true)
  } finally {
    file.close()
  }
}
