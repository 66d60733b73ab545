import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ReadingWindow } from '../../../processors/validate/window/window.ts'
import { ByteReader, joined } from '../../../src/records/bytes.ts'

const CAPACITY = 5
const METERS = [0, 3, 70]
const TIMES = 14

interface Entry {
  readonly time: number
  readonly kind: number
  version: number
  hash: number
  ratio: number
  registers: number[]
}

/** The window said plainly: an array per meter in order of time and kind, the newest kept. */
class ArrayWindow {
  readonly #meters = new Map<number, Entry[]>()
  readonly #grow: boolean
  readonly #forgotten = new Map<number, number>()
  #capacity = CAPACITY

  constructor(grow: boolean) {
    this.#grow = grow
  }

  entries(meter: number): Entry[] {
    return this.#meters.get(meter) ?? []
  }

  knownAfter(meter: number): number {
    const entries = this.entries(meter)
    if (this.#grow) return -Infinity
    const forgotten = this.#forgotten.get(meter) ?? -Infinity
    return entries.length < this.#capacity ? forgotten : Math.max(forgotten, entries[0].time)
  }

  setCapacity(capacity: number): void {
    if (this.#grow || capacity === this.#capacity) return
    for (const meter of this.#meters.keys()) {
      this.#forgotten.set(meter, this.knownAfter(meter))
      this.#meters.set(meter, this.entries(meter).slice(-capacity))
    }
    this.#capacity = capacity
  }

  insert(meter: number, entry: Entry): number {
    const entries = [...this.entries(meter), entry]
    if (!this.#grow && entries.length > this.#capacity) entries.shift()
    entries.sort((a, b) => a.time - b.time || a.kind - b.kind)
    this.#meters.set(meter, entries)
    return entries.indexOf(entry)
  }
}

const registers = fc.array(fc.oneof(fc.constant(Number.NaN), fc.nat(1000)), { minLength: 4, maxLength: 4 })
const steps = fc.array(
  fc.record({
    meter: fc.constantFrom(...METERS),
    time: fc.nat(TIMES),
    kind: fc.nat(2),
    hash: fc.nat(2 ** 40),
    ratio: fc.constantFrom(0, 1, 80),
    registers,
    capacity: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(1, 3, 5, 9) }
    ),
    reload: fc.oneof(
      { weight: 5, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) }
    )
  }),
  { minLength: 1, maxLength: 60, size: 'max' }
)

function reloaded(window: ReadingWindow, grow: boolean): ReadingWindow {
  // A capacity changed in between does not make the window forget.
  const other = new ReadingWindow(CAPACITY - 2, grow)
  other.load(new ByteReader(joined(window.save())))
  return other
}

for (const grow of [false, true]) {
  test(`window ${grow ? 'that grows' : 'of five'}: inserted in any order, saved and loaded, it agrees with arrays`, () => {
    fc.assert(
      fc.property(steps, given => {
        let window = new ReadingWindow(CAPACITY, grow)
        const plain = new ArrayWindow(grow)
        for (const { meter, time, kind, hash, ratio, registers, capacity, reload } of given) {
          if (capacity > 0) {
            window.setCapacity(capacity)
            plain.setCapacity(capacity)
          }

          const found = window.find(meter, time, kind)
          const own = plain.entries(meter).find(entry => entry.time === time && entry.kind === kind)
          assert.equal(found, own === undefined ? -1 : plain.entries(meter).indexOf(own))
          if (own !== undefined) {
            Object.assign(own, { version: own.version + 1, hash, ratio, registers })
            window.restate(meter, found, own.version, hash, ratio, registers)
          } else if (time > plain.knownAfter(meter)) {
            const entry = { time, kind, version: 1, hash, ratio, registers }
            const position = window.insert(meter, time, kind, 1, hash, ratio, registers)
            assert.equal(position, plain.insert(meter, entry))
          }
          if (reload) window = reloaded(window, grow)
          for (const each of METERS) compare(window, plain, each)
        }
      }),
      { numRuns: 300 }
    )
  })
}

function compare(window: ReadingWindow, plain: ArrayWindow, meter: number): void {
  const entries = plain.entries(meter)
  const shown = Array.from({ length: window.count(meter) }, (_, p) => ({
    time: window.time(meter, p),
    kind: window.kind(meter, p),
    version: window.version(meter, p),
    hash: window.hash(meter, p),
    ratio: window.ratio(meter, p),
    registers: [0, 1, 2, 3].map(r => window.register(meter, p, r))
  }))
  assert.deepEqual(shown, entries)
  assert.equal(window.knownAfter(meter), plain.knownAfter(meter))
  for (const [from, to] of [
    [-Infinity, 7],
    [3, 9],
    [5, 6],
    [8, Infinity]
  ] as const) {
    const between = entries.some(
      ({ time, registers }) => time > from && time < to && registers.some(value => !Number.isNaN(value))
    )
    assert.equal(window.hasPointBetween(meter, from, to), between)
  }
}

test('window: a meter never seen knows that it has forgotten nothing', () => {
  const window = new ReadingWindow(CAPACITY, false)
  assert.deepEqual([window.count(9), window.find(9, 1, 0), window.knownAfter(9)], [0, -1, -Infinity])
})

test('window: a full ring does not vouch for the time of its oldest entry, which may have had another kind', () => {
  const window = new ReadingWindow(2, false)
  for (const kind of [1, 3]) window.insert(0, 10, kind, 1, 0, 1, [])
  assert.equal(window.knownAfter(0), 10)
  window.insert(0, 20, 1, 1, 0, 1, [])
  assert.deepEqual([window.find(0, 10, 1), window.find(0, 10, 3), window.knownAfter(0)], [-1, 0, 10])
})
