import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeRecord, RECORD_HEADER, SEGMENT_HEADER } from '../../src/log/record-format.ts'
import { findRecord } from '../../src/log/segments.ts'

/** Flips a bit in the body of a record of a log. */
export function flipRecord(folder: string, seq: number): void {
  for (const file of readdirSync(folder).filter(each => each.endsWith('.seg'))) {
    const path = join(folder, file)
    const bytes = new Uint8Array(readFileSync(path))
    const view = new DataView(bytes.buffer)
    const at = findRecord(bytes, view, SEGMENT_HEADER, seq - 1)
    const record = at === undefined ? undefined : decodeRecord(bytes, view, at, true)
    if (at === undefined || typeof record !== 'object' || record.seq !== seq) continue
    bytes[at + RECORD_HEADER + 4]! ^= 1
    writeFileSync(path, bytes)
    return
  }
  throw new Error(`no record ${seq} in ${folder}`)
}
