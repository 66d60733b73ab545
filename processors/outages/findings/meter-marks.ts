import type { ByteReader, ByteWriter } from '../../../src/records/bytes.ts'

/** Findings whose subject is a meter, as bits of a mark; the last one says that a rule has its eye on it. */
export const MARK = {
  clock: 1,
  'relay-open': 2,
  'customer-side': 4,
  'metering-fault': 8,
  'meter-removed': 16,
  exchange: 32,
  watched: 64
} as const
export type MeterKind = Exclude<keyof typeof MARK, 'watched'>

/** What the rules remember of each meter, in columns by dense number. Times are epoch ms, NaN where there is none. */
export class MeterMarks {
  #size = 0
  /** What has been said of it and still is so. */
  marks = new Uint8Array(0)
  /** Of its latest row that shows a voltage: what comes later and is older says nothing of now. */
  lastAt = new Float64Array(0)
  /** Since when it is watched for what it draws; since when it draws nothing, and in how many rows. */
  firstAt = new Float64Array(0)
  idleSince = new Float64Array(0)
  /** When it drew last: what it did not draw before that belongs to another pause. */
  drewAt = new Float64Array(0)
  idleRows = new Uint8Array(0)
  /** How long it has drawn nothing before and drew again, the longest of it, slowly forgotten: s. */
  idleUsual = new Float64Array(0)
  /** Time of its latest gasp as it says it; how many of them within an hour, and since when. */
  gaspAt = new Float64Array(0)
  gaspSince = new Float64Array(0)
  gasps = new Uint8Array(0)
  /** Of the record and the place that contradict each other, told of a meter: a hash, 0 for none. */
  doubted = new Uint32Array(0)

  get size(): number {
    return this.#size
  }

  /** Makes room for so many meters. */
  grow(size: number): void {
    if (size <= this.#size) return
    for (const name of TIMES) {
      const column = new Float64Array(size).fill(Number.NaN)
      column.set(this[name])
      this[name] = column
    }
    for (const name of BYTES) {
      const column = new Uint8Array(size)
      column.set(this[name])
      this[name] = column
    }
    const doubted = new Uint32Array(size)
    doubted.set(this.doubted)
    this.doubted = doubted
    this.#size = size
  }

  has(meter: number, kind: keyof typeof MARK): boolean {
    return (this.marks[meter] & MARK[kind]) !== 0
  }

  set(meter: number, kind: keyof typeof MARK): void {
    this.marks[meter] |= MARK[kind]
  }

  clear(meter: number, kind: keyof typeof MARK): void {
    this.marks[meter] &= ~MARK[kind]
  }

  save(writer: ByteWriter): void {
    writer.u32(this.#size, 0)
    for (const name of TIMES) writer.f64s(this[name], this.#size)
    for (const name of BYTES) writer.u8s(this[name], this.#size)
    writer.u32s(this.doubted, this.#size)
  }

  load(reader: ByteReader): void {
    this.#size = 0
    const size = reader.u32()
    reader.u32()
    this.grow(size)
    for (const name of TIMES) this[name].set(reader.f64s(size))
    for (const name of BYTES) this[name].set(reader.u8s(size))
    this.doubted.set(reader.u32s(size))
  }
}

const TIMES = ['lastAt', 'firstAt', 'idleSince', 'drewAt', 'idleUsual', 'gaspAt', 'gaspSince'] as const
const BYTES = ['marks', 'idleRows', 'gasps'] as const
