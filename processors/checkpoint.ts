import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { GridvigilError } from '../src/errors.ts'
import type { DurableFile, FileLayer } from '../src/files.ts'
import { ByteReader, ByteWriter, lengthOf } from '../src/records/bytes.ts'

/**
 * State and offsets together, in one file per checkpoint: `<number>.ckpt`
 *
 *   u32 crc32 of all that follows | u32 format version | f64 framesSeq eventsSeq resultsSeq
 *   historyFrom | u32 length, state
 *
 * A file is written aside, synced, renamed and its folder synced: a checkpoint exists whole or not at all. The one
 * before it is kept, should the newest fail its checksum.
 */
export interface CheckpointHead {
  readonly framesSeq: number
  readonly eventsSeq: number
  readonly resultsSeq: number
  /** History requests behind this results seq may lack their answer: they are to be asked again. */
  readonly historyFrom: number
}

export interface Checkpoint extends CheckpointHead {
  readonly state: Uint8Array
}

/** Its state in parts, which must stay as they are until it is saved. */
export interface CheckpointToSave extends CheckpointHead {
  readonly state: readonly Uint8Array[]
}

/** Written. 3 added what was replayed and what waits for its meter; without them a checkpoint begins with none. */
const FORMAT = 3
const READABLE = [2, 3]
const KEPT = 2
const SUFFIX = '.ckpt'
const HEAD_BYTES = 44
/** The checksum of so much is taken at once, about half a millisecond, and it is written while others have a turn. */
const WRITE_BYTES = 1 << 20
/** So much is synced at once: a disk that has hundreds of MB to write lets the logs wait for their syncs. */
const SYNC_BYTES = 16 << 20

export class Checkpoints {
  readonly #files: FileLayer
  readonly #folder: string

  constructor(files: FileLayer, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  async save(checkpoint: CheckpointToSave): Promise<void> {
    const names = this.#names()
    const number = Number((names.at(-1) ?? '0').replace(SUFFIX, '')) + 1
    const aside = join(this.#folder, 'next.tmp')
    if (this.#files.list(this.#folder).includes('next.tmp')) this.#files.remove(aside)
    const file = this.#files.open(aside, 'create')
    try {
      await writeTo(file, checkpoint)
    } finally {
      file.close()
    }
    this.#files.rename(aside, join(this.#folder, `${String(number).padStart(12, '0')}${SUFFIX}`))
    await this.#files.syncFolder(this.#folder)
    for (const name of names.slice(0, Math.max(0, names.length - KEPT + 1)))
      this.#files.remove(join(this.#folder, name))
  }

  /**
   * The newest intact checkpoint.
   * @param onDamaged told of each newer one that is not intact
   * @param maxResultsSeq those that count on later results are passed over
   * @throws LOG_FORMAT for one of another version: its state, and the results beside it, would be misread
   */
  load(onDamaged: (path: string) => void, maxResultsSeq = Infinity): Checkpoint | undefined {
    this.#files.makeFolder(this.#folder)
    for (const name of this.#names().reverse()) {
      const path = join(this.#folder, name)
      const found = this.#read(path)
      if (found === undefined) onDamaged(path)
      else if (found.resultsSeq <= maxResultsSeq) return found
    }
    return undefined
  }

  /** As `load`, without the state, which is not kept in memory for it. @throws LOG_FORMAT */
  head(): CheckpointHead | undefined {
    this.#files.makeFolder(this.#folder)
    for (const name of this.#names().reverse()) {
      const found = this.#readHead(join(this.#folder, name))
      if (found !== undefined) return found
    }
    return undefined
  }

  #names(): string[] {
    return this.#files.list(this.#folder).filter(name => name.endsWith(SUFFIX))
  }

  #read(path: string): Checkpoint | undefined {
    const file = this.#files.open(path, 'read')
    const bytes = new Uint8Array(file.size())
    try {
      if (!fill(file, bytes, 0)) return undefined
    } finally {
      file.close()
    }
    if (bytes.length < HEAD_BYTES) return undefined
    const reader = new ByteReader(bytes, 'in place')
    const head = parseHead(reader, crc32(bytes.subarray(4)), path)
    return head === undefined ? undefined : { ...head, state: reader.view() }
  }

  #readHead(path: string): CheckpointHead | undefined {
    const file = this.#files.open(path, 'read')
    try {
      const length = file.size()
      if (length < HEAD_BYTES) return undefined
      const head = new Uint8Array(HEAD_BYTES)
      if (!fill(file, head, 0)) return undefined
      let sum = crc32(head.subarray(4))
      const piece = new Uint8Array(WRITE_BYTES)
      for (let at = HEAD_BYTES; at < length; at += piece.length) {
        const bytes = piece.subarray(0, Math.min(piece.length, length - at))
        if (!fill(file, bytes, at)) return undefined
        sum = crc32(bytes, sum)
      }
      return parseHead(new ByteReader(head), sum, path)
    } finally {
      file.close()
    }
  }
}

/** @returns false when the file ends before */
function fill(file: DurableFile, bytes: Uint8Array, position: number): boolean {
  for (let at = 0; at < bytes.length; ) {
    const read = file.readSync(bytes.subarray(at), position + at)
    if (read === 0) return false
    at += read
  }
  return true
}

/** Up to the state. @returns undefined when the checksum is another @throws LOG_FORMAT */
function parseHead(reader: ByteReader, sum: number, path: string): CheckpointHead | undefined {
  if (reader.u32() !== sum) return undefined
  const format = reader.u32()
  if (!READABLE.includes(format)) {
    const readable = READABLE.join(' and ')
    throw new GridvigilError('LOG_FORMAT', `${path} has format ${format}, this version reads ${readable}`)
  }
  const [framesSeq, eventsSeq] = [reader.f64(), reader.f64()]
  return { framesSeq, eventsSeq, resultsSeq: reader.f64(), historyFrom: reader.f64() }
}

/** Without the state, which would stay in memory with it. */
export function headOf(checkpoint: Checkpoint | undefined): CheckpointHead | undefined {
  if (checkpoint === undefined) return undefined
  const { framesSeq, eventsSeq, resultsSeq, historyFrom } = checkpoint
  return { framesSeq, eventsSeq, resultsSeq, historyFrom }
}

/** Everything behind the head first, since the head tells its checksum. Synced when it resolves. */
async function writeTo(file: DurableFile, checkpoint: CheckpointToSave): Promise<void> {
  const { framesSeq, eventsSeq, resultsSeq, historyFrom, state } = checkpoint
  const writer = new ByteWriter(HEAD_BYTES).u32(0, FORMAT)
  writer.f64(framesSeq, eventsSeq, resultsSeq, historyFrom).u32(lengthOf(state))
  const head = writer.finish()
  let sum = crc32(head.subarray(4))
  let position = head.length
  let unsynced = 0
  for (const part of state) {
    for (let from = 0; from < part.length; from += WRITE_BYTES) {
      const bytes = part.subarray(from, from + WRITE_BYTES)
      sum = crc32(bytes, sum)
      await file.write(bytes, position)
      position += bytes.length
      unsynced += bytes.length
      if (unsynced < SYNC_BYTES) continue
      await file.sync()
      unsynced = 0
    }
  }
  new DataView(head.buffer, head.byteOffset).setUint32(0, sum, true)
  await file.write(head, 0)
  await file.sync()
}
