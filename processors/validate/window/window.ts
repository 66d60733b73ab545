import { REGISTER_COUNT } from '../../../src/model/fields.ts'
import { type ByteReader, ByteWriter, bytesOf } from '../../../src/records/bytes.ts'

/** Numbers of an entry, in the order in which they stand. */
const TIME = 0
const HASH = 1
const RATIO = 2
/** version x KINDS + kind. */
const VERSION_KIND = 3
const REGISTERS = 4
const WIDTH = REGISTERS + REGISTER_COUNT
/** More than there are kinds, a power of two. */
const KINDS = 8

/**
 * The newest readings of every meter, to tell duplicates from corrections and to find neighbours in time: a ring of
 * `capacity` entries per meter, oldest first.
 *
 *   meter m:   [ oldest … newest ]     entry = time, hash of the values, ratio, version and kind, registers
 *
 * An entry's eight numbers stand side by side, a cache line: with many meters each reading finds its ring cold.
 * Entries stand in order of time, then kind. What is newer than the oldest entry of a full ring is known for certain;
 * of that time and before, other readings may have been forgotten and must be asked of the store.
 */
export class ReadingWindow {
  readonly #grow: boolean
  #capacity: number
  #meters = 0
  #head: Uint32Array = new Uint32Array(0)
  #count: Uint32Array = new Uint32Array(0)
  /** The latest time of which readings were forgotten while the ring was of another size. */
  #forgotten: Float64Array = new Float64Array(0)
  #entries: Float64Array = new Float64Array(0)
  /** Where everything is kept: the entries of a meter that outgrew its ring, in order, with room for more. */
  readonly #grown: (Float64Array | undefined)[] = []

  /** @param grow keep everything instead of the newest `capacity` (for runs without a store) */
  constructor(capacity: number, grow: boolean) {
    this.#capacity = capacity
    this.#grow = grow
  }

  /** From here on a ring has this many entries. What was forgotten before stays unknown, however large it is now. */
  setCapacity(capacity: number): void {
    if (this.#grow || capacity === this.#capacity) return
    for (let meter = 0; meter < this.#meters; meter++) {
      const knownAfter = this.knownAfter(meter)
      while (this.count(meter) > capacity) this.#dropOldest(meter)
      this.#forgotten[meter] = knownAfter
    }
    this.#resize(this.#meters, capacity)
  }

  count(meter: number): number {
    return meter < this.#meters ? (this.#count[meter] ?? 0) : 0
  }

  /** Every reading later than this is in the window; -Infinity while nothing was forgotten. */
  knownAfter(meter: number): number {
    if (this.#grow || meter >= this.#meters) return -Infinity
    const forgotten = this.#forgotten[meter] ?? -Infinity
    return this.count(meter) === this.#capacity ? Math.max(forgotten, this.time(meter, 0)) : forgotten
  }

  time(meter: number, position: number): number {
    return this.#of(meter)[this.#entry(meter, position) + TIME] ?? Number.NaN
  }

  kind(meter: number, position: number): number {
    return (this.#of(meter)[this.#entry(meter, position) + VERSION_KIND] ?? 0) % KINDS
  }

  hash(meter: number, position: number): number {
    return this.#of(meter)[this.#entry(meter, position) + HASH] ?? 0
  }

  version(meter: number, position: number): number {
    return Math.floor((this.#of(meter)[this.#entry(meter, position) + VERSION_KIND] ?? 0) / KINDS)
  }

  /** CT x PT that applied to the entry; 0 when its values were primary already. */
  ratio(meter: number, position: number): number {
    return this.#of(meter)[this.#entry(meter, position) + RATIO] ?? 0
  }

  /** Register as shown, NaN when the reading had none. @param register 0..REGISTER_COUNT-1 */
  register(meter: number, position: number, register: number): number {
    return this.#of(meter)[this.#entry(meter, position) + REGISTERS + register] ?? Number.NaN
  }

  /** Whether the entry carries any register: only such entries bound intervals. */
  hasRegisters(meter: number, position: number): boolean {
    const entries = this.#of(meter)
    const start = this.#entry(meter, position) + REGISTERS
    for (let r = 0; r < REGISTER_COUNT; r++) if (!Number.isNaN(entries[start + r] ?? Number.NaN)) return true
    return false
  }

  /** Whether an entry with registers lies inside (from, to). */
  hasPointBetween(meter: number, from: number, to: number): boolean {
    for (let p = this.count(meter) - 1; p >= 0 && this.time(meter, p) > from; p--)
      if (this.time(meter, p) < to && this.hasRegisters(meter, p)) return true
    return false
  }

  /** Position of (time, kind), or -1. */
  find(meter: number, time: number, kind: number): number {
    for (let position = this.count(meter) - 1; position >= 0; position--) {
      const at = this.time(meter, position)
      if (at < time) return -1
      if (at === time && this.kind(meter, position) === kind) return position
    }
    return -1
  }

  /**
   * Puts an entry in its place and returns its position; a full ring forgets its oldest entry, so the new one must be
   * later than `knownAfter`.
   * @param registers as shown, NaN absent; what stands behind them is not looked at
   */
  insert(
    meter: number,
    time: number,
    kind: number,
    version: number,
    hash: number,
    ratio: number,
    registers: readonly number[]
  ): number {
    this.#ensure(meter)
    if (this.#grow) this.#makeRoom(meter)
    else if ((this.#count[meter] ?? 0) === this.#capacity) this.#dropOldest(meter)
    const count = this.#count[meter] ?? 0
    const entries = this.#of(meter)
    this.#count[meter] = count + 1
    let position = count
    while (position > 0 && this.#isBehind(meter, position - 1, time, kind)) {
      const from = this.#entry(meter, position - 1)
      entries.copyWithin(this.#entry(meter, position), from, from + WIDTH)
      position--
    }
    const entry = this.#entry(meter, position)
    entries[entry + TIME] = time
    write(entries, entry, kind, version, hash, ratio, registers)
    return position
  }

  /** Another version of the entry. */
  restate(
    meter: number,
    position: number,
    version: number,
    hash: number,
    ratio: number,
    registers: readonly number[]
  ): void {
    const kind = this.kind(meter, position)
    write(this.#of(meter), this.#entry(meter, position), kind, version, hash, ratio, registers)
  }

  /** The entries are given as they stand: with many meters a copy of them would stop the pipeline for long. */
  save(): readonly Uint8Array[] {
    this.#level()
    const meters = this.#usedMeters()
    const writer = new ByteWriter(64 + meters * 16).u32(meters, this.#capacity)
    writer.u32s(this.#head, meters).u32s(this.#count, meters).f64s(this.#forgotten, meters)
    return [writer.finish(), bytesOf(this.#entries.subarray(0, meters * this.#capacity * WIDTH))]
  }

  /** A ring saved with another capacity keeps that capacity: a smaller one would forget what was promised. */
  load(reader: ByteReader): void {
    this.#grown.length = 0
    this.#meters = reader.u32()
    this.#capacity = reader.u32()
    this.#head = reader.u32s(this.#meters)
    this.#count = reader.u32s(this.#meters)
    this.#forgotten = reader.f64s(this.#meters)
    this.#entries = reader.f64s(this.#meters * this.#capacity * WIDTH)
  }

  /** Where a meter's entries are. */
  #of(meter: number): Float64Array {
    return this.#grow ? (this.#grown[meter] ?? this.#entries) : this.#entries
  }

  /** Where an entry begins. */
  #entry(meter: number, position: number): number {
    let place = (this.#head[meter] ?? 0) + position
    if (this.#grow && this.#grown[meter] !== undefined) return position * WIDTH
    if (place >= this.#capacity) place -= this.#capacity
    return (meter * this.#capacity + place) * WIDTH
  }

  #isBehind(meter: number, position: number, time: number, kind: number): boolean {
    const at = this.time(meter, position)
    return at > time || (at === time && this.kind(meter, position) > kind)
  }

  /** Room is made for more meters than there are. */
  #usedMeters(): number {
    let meters = this.#meters
    while (meters > 0 && this.#count[meters - 1] === 0 && this.#forgotten[meters - 1] === -Infinity) meters--
    return meters
  }

  #dropOldest(meter: number): void {
    this.#head[meter] = ((this.#head[meter] ?? 0) + 1) % this.#capacity
    this.#count[meter] = (this.#count[meter] ?? 0) - 1
  }

  /** Makes room for meter numbers up to this one. */
  #ensure(meter: number): void {
    if (meter < this.#meters) return
    this.#resize(Math.max(meter + 1, Math.ceil(this.#meters * 1.5), 64), this.#capacity)
  }

  /** A full ring is moved to a place of its own, where it doubles: meters of a minute do not widen those of a quarter. */
  #makeRoom(meter: number): void {
    const count = this.#count[meter] ?? 0
    const own = this.#grown[meter]
    if (own === undefined ? count < this.#capacity : count * WIDTH < own.length) return
    const first = meter * this.#capacity * WIDTH
    const wider = new Float64Array(2 * count * WIDTH)
    wider.set(own ?? this.#entries.subarray(first, first + count * WIDTH))
    this.#grown[meter] = wider
  }

  /** All rings as wide as the widest, side by side, as they are saved. */
  #level(): void {
    if (this.#grown.length === 0) return
    const widest = this.#count.reduce((most, count) => Math.max(most, count), this.#capacity)
    this.#resize(this.#meters, widest)
    this.#grown.splice(0).forEach((own, meter) => {
      if (own === undefined) return
      this.#entries.set(own.subarray(0, this.count(meter) * WIDTH), meter * widest * WIDTH)
    })
  }

  #resize(meters: number, capacity: number): void {
    const entries = new Float64Array(meters * capacity * WIDTH)
    for (let meter = 0; meter < this.#meters; meter++) {
      // What was moved to a place of its own stays there.
      if (this.#grown[meter] !== undefined) continue
      for (let position = 0; position < this.count(meter); position++) {
        const from = this.#entry(meter, position)
        entries.set(this.#entries.subarray(from, from + WIDTH), (meter * capacity + position) * WIDTH)
      }
    }
    const count = new Uint32Array(meters)
    count.set(this.#count)
    const forgotten = new Float64Array(meters).fill(-Infinity)
    forgotten.set(this.#forgotten)
    this.#forgotten = forgotten
    this.#entries = entries
    this.#count = count
    this.#head = new Uint32Array(meters)
    this.#meters = meters
    this.#capacity = capacity
  }
}

function write(
  entries: Float64Array,
  entry: number,
  kind: number,
  version: number,
  hash: number,
  ratio: number,
  registers: readonly number[]
): void {
  entries[entry + HASH] = hash
  entries[entry + RATIO] = ratio
  entries[entry + VERSION_KIND] = version * KINDS + kind
  for (let r = 0; r < REGISTER_COUNT; r++) entries[entry + REGISTERS + r] = registers[r] ?? Number.NaN
}
