import { REGISTER_COUNT } from '../../src/model/fields.ts'
import { type ByteReader, ByteWriter } from '../../src/records/bytes.ts'

/**
 * The newest readings of every meter, to tell duplicates from corrections and to find neighbours in time: a ring of
 * `capacity` entries per meter in typed arrays, oldest first.
 *
 *   meter m:   [ oldest … newest ]     entry = time, kind, version, hash of the values, registers, ratio
 *
 * Entries stand in order of time, then kind. What is newer than the oldest entry of a full ring is known for certain;
 * of that time and before, other readings may have been forgotten and must be asked of the store.
 */
export class ReadingWindow {
  readonly #grow: boolean
  #capacity: number
  #meters = 0
  #head: Uint32Array = new Uint32Array(0)
  #count: Uint32Array = new Uint32Array(0)
  #time: Float64Array = new Float64Array(0)
  #hash: Float64Array = new Float64Array(0)
  #ratio: Float64Array = new Float64Array(0)
  #registers: Float64Array = new Float64Array(0)
  #version: Uint32Array = new Uint32Array(0)
  #kind: Uint8Array = new Uint8Array(0)

  /** @param grow keep everything instead of the newest `capacity` (for runs without a store) */
  constructor(capacity: number, grow: boolean) {
    this.#capacity = capacity
    this.#grow = grow
  }

  count(meter: number): number {
    return meter < this.#meters ? (this.#count[meter] ?? 0) : 0
  }

  /** Every reading later than this is in the window; -Infinity while nothing was forgotten. */
  knownAfter(meter: number): number {
    return !this.#grow && this.count(meter) === this.#capacity ? this.time(meter, 0) : -Infinity
  }

  time(meter: number, position: number): number {
    return this.#time[this.#slot(meter, position)] ?? Number.NaN
  }

  kind(meter: number, position: number): number {
    return this.#kind[this.#slot(meter, position)] ?? 0
  }

  hash(meter: number, position: number): number {
    return this.#hash[this.#slot(meter, position)] ?? 0
  }

  version(meter: number, position: number): number {
    return this.#version[this.#slot(meter, position)] ?? 0
  }

  /** CT x PT that applied to the entry; 0 when its values were primary already. */
  ratio(meter: number, position: number): number {
    return this.#ratio[this.#slot(meter, position)] ?? 0
  }

  /** Register as shown, NaN when the reading had none. @param register 0..REGISTER_COUNT-1 */
  register(meter: number, position: number, register: number): number {
    return this.#registers[this.#slot(meter, position) * REGISTER_COUNT + register] ?? Number.NaN
  }

  /** Whether the entry carries any register: only such entries bound intervals. */
  hasRegisters(meter: number, position: number): boolean {
    const slot = this.#slot(meter, position) * REGISTER_COUNT
    for (let r = 0; r < REGISTER_COUNT; r++)
      if (!Number.isNaN(this.#registers[slot + r] ?? Number.NaN)) return true
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
   */
  insert(meter: number, time: number, kind: number, version: number, hash: number, ratio: number): number {
    this.#ensure(meter)
    if ((this.#count[meter] ?? 0) === this.#capacity) {
      if (this.#grow) this.#widen()
      else this.#dropOldest(meter)
    }
    const count = this.#count[meter] ?? 0
    this.#count[meter] = count + 1
    let position = count
    while (position > 0 && this.#isBehind(meter, position - 1, time, kind)) {
      this.#copy(this.#slot(meter, position - 1), this.#slot(meter, position))
      position--
    }
    const slot = this.#slot(meter, position)
    this.#time[slot] = time
    this.#kind[slot] = kind
    this.#registers.fill(Number.NaN, slot * REGISTER_COUNT, (slot + 1) * REGISTER_COUNT)
    this.restate(meter, position, version, hash, ratio)
    return position
  }

  /** Another version of the entry, whose registers are set one by one. */
  restate(meter: number, position: number, version: number, hash: number, ratio: number): void {
    const slot = this.#slot(meter, position)
    this.#ratio[slot] = ratio
    this.#version[slot] = version
    this.#hash[slot] = hash
  }

  setRegister(meter: number, position: number, register: number, value: number): void {
    this.#registers[this.#slot(meter, position) * REGISTER_COUNT + register] = value
  }

  save(): Uint8Array {
    const entries = this.#meters * this.#capacity
    const writer = new ByteWriter(64 + entries * 62)
    writer.u32(this.#meters, this.#capacity)
    writer.u32s(this.#head, this.#meters).u32s(this.#count, this.#meters)
    writer.f64s(this.#time, entries).f64s(this.#hash, entries).f64s(this.#ratio, entries)
    writer.f64s(this.#registers, entries * REGISTER_COUNT)
    return writer.u32s(this.#version, entries).u8s(this.#kind, entries).finish()
  }

  /** A ring saved with another capacity keeps that capacity: a smaller one would forget what was promised. */
  load(reader: ByteReader): void {
    this.#meters = reader.u32()
    this.#capacity = reader.u32()
    const entries = this.#meters * this.#capacity
    this.#head = reader.u32s(this.#meters)
    this.#count = reader.u32s(this.#meters)
    this.#time = reader.f64s(entries)
    this.#hash = reader.f64s(entries)
    this.#ratio = reader.f64s(entries)
    this.#registers = reader.f64s(entries * REGISTER_COUNT)
    this.#version = reader.u32s(entries)
    this.#kind = reader.u8s(entries)
  }

  #slot(meter: number, position: number): number {
    return meter * this.#capacity + (((this.#head[meter] ?? 0) + position) % this.#capacity)
  }

  #isBehind(meter: number, position: number, time: number, kind: number): boolean {
    const at = this.time(meter, position)
    return at > time || (at === time && this.kind(meter, position) > kind)
  }

  #dropOldest(meter: number): void {
    this.#head[meter] = ((this.#head[meter] ?? 0) + 1) % this.#capacity
    this.#count[meter] = (this.#count[meter] ?? 0) - 1
  }

  #copy(from: number, to: number): void {
    this.#time[to] = this.#time[from] ?? 0
    this.#hash[to] = this.#hash[from] ?? 0
    this.#ratio[to] = this.#ratio[from] ?? 0
    this.#version[to] = this.#version[from] ?? 0
    this.#kind[to] = this.#kind[from] ?? 0
    this.#registers.copyWithin(to * REGISTER_COUNT, from * REGISTER_COUNT, (from + 1) * REGISTER_COUNT)
  }

  /** Makes room for meter numbers up to this one. */
  #ensure(meter: number): void {
    if (meter < this.#meters) return
    this.#resize(Math.max(meter + 1, Math.ceil(this.#meters * 1.5), 64), this.#capacity)
  }

  #widen(): void {
    this.#resize(this.#meters, this.#capacity * 2)
  }

  #resize(meters: number, capacity: number): void {
    const old = { ...this.#arrays(), meters: this.#meters, capacity: this.#capacity }
    const spread = <T extends Float64Array | Uint32Array | Uint8Array>(
      from: T,
      into: T,
      width: number
    ): T => {
      for (let meter = 0; meter < old.meters; meter++) {
        const head = old.head[meter] ?? 0
        for (let p = 0; p < (old.count[meter] ?? 0); p++) {
          const start = (meter * old.capacity + ((head + p) % old.capacity)) * width
          into.set(from.subarray(start, start + width), (meter * capacity + p) * width)
        }
      }
      return into
    }
    const entries = meters * capacity
    this.#time = spread(old.time, new Float64Array(entries), 1)
    this.#hash = spread(old.hash, new Float64Array(entries), 1)
    this.#ratio = spread(old.ratio, new Float64Array(entries), 1)
    this.#registers = spread(old.registers, new Float64Array(entries * REGISTER_COUNT), REGISTER_COUNT)
    this.#version = spread(old.version, new Uint32Array(entries), 1)
    this.#kind = spread(old.kind, new Uint8Array(entries), 1)
    this.#head = new Uint32Array(meters)
    this.#count = new Uint32Array(meters)
    this.#count.set(old.count)
    this.#meters = meters
    this.#capacity = capacity
  }

  #arrays() {
    return {
      head: this.#head,
      count: this.#count,
      time: this.#time,
      hash: this.#hash,
      ratio: this.#ratio,
      registers: this.#registers,
      version: this.#version,
      kind: this.#kind
    }
  }
}
