/**
 * Who feeds whom, as far as scoring needs it: a fault is known by the customers it leaves dark, so devices that leave the same
 * ones dark are one class. No answer can tell them apart, and none is asked to.
 *
 *   SEC1 ─ SW2 ─ SEC3 ─┬─ TR4        SW2 and SEC3 are one class: whichever fails, TR4 and TR5 are dark
 *                      └─ TR5
 */
export interface TreeDevice {
  readonly id: string
  /** Id of the device that feeds it, '' for a root. */
  readonly parent: string
  /** Customers that hang on the device itself. */
  readonly customers: number
  /** Letters of the phases that they hang on; all when left out. */
  readonly phases?: string
}

const ALL_PHASES = 'ABC'

export class FeedingTree {
  readonly #numbers: ReadonlyMap<string, number>
  readonly #parent: Int32Array
  /** Customers at or below each device. */
  readonly #below: Float64Array
  /** Phases of the customers at or below each device, as bits. */
  readonly #phases: Uint8Array
  /** The lowest device of each device's class. */
  readonly #classOf: Int32Array

  /** @throws RangeError for a parent that does not exist, or devices that feed each other */
  constructor(devices: readonly TreeDevice[]) {
    this.#numbers = new Map(devices.map(({ id }, number) => [id, number]))
    this.#parent = Int32Array.from(devices, ({ id, parent }) => {
      const number = parent === '' ? -1 : this.#numbers.get(parent)
      if (number === undefined) throw new RangeError(`${id} is fed by ${parent}, which does not exist`)
      return number
    })
    this.#below = Float64Array.from(devices, ({ customers }) => customers)
    this.#phases = Uint8Array.from(devices, ({ customers, phases = ALL_PHASES }) =>
      customers > 0 ? phaseBits(phases) : 0
    )
    const order = fromBelow(this.#parent)
    for (const device of order) {
      const parent = this.#parent[device] ?? -1
      if (parent < 0) continue
      this.#below[parent] = (this.#below[parent] ?? 0) + (this.#below[device] ?? 0)
      this.#phases[parent] = (this.#phases[parent] ?? 0) | (this.#phases[device] ?? 0)
    }
    this.#classOf = Int32Array.from(devices, (_, number) => number)
    // From below, so that a chain ends at its lowest device.
    for (const device of order) {
      const parent = this.#parent[device] ?? -1
      const isAll = parent >= 0 && this.#below[parent] === this.#below[device]
      if (isAll && (this.#below[device] ?? 0) > 0) this.#classOf[parent] = this.#classOf[device] ?? device
    }
  }

  /** @throws RangeError for a device that does not exist */
  number(id: string): number {
    const number = this.#numbers.get(id)
    if (number === undefined) throw new RangeError(`${id} is no device of the network`)
    return number
  }

  has(id: string): boolean {
    return this.#numbers.has(id)
  }

  customersBelow(device: number): number {
    return this.#below[device] ?? 0
  }

  isSameClass(one: number, other: number): boolean {
    return this.#classOf[one] === this.#classOf[other]
  }

  /** Whether phases that fail leave the same customers dark: of a house with one phase that phase is all. '' stands for all three. */
  isSamePhases(device: number, one: string, other: string): boolean {
    const here = this.#phases[device] || phaseBits(ALL_PHASES)
    return ((phaseBits(one || ALL_PHASES) ^ phaseBits(other || ALL_PHASES)) & here) === 0
  }

  /** Customers that two devices both feed: all of the lower one where it hangs below the other, else none. */
  sharedCustomers(one: number, other: number): number {
    if (this.#isAtOrBelow(one, other)) return this.customersBelow(one)
    return this.#isAtOrBelow(other, one) ? this.customersBelow(other) : 0
  }

  /**
   * How many classes an answer is above the truth; negative when below it, 0 for the same class. Undefined when it is beside.
   */
  levelsOff(answer: number, truth: number): number | undefined {
    if (this.isSameClass(answer, truth)) return 0
    const above = this.#classesUp(truth, answer)
    if (above !== undefined) return above
    const below = this.#classesUp(answer, truth)
    return below === undefined ? undefined : -below
  }

  #isAtOrBelow(device: number, above: number): boolean {
    for (let at = device; at >= 0; at = this.#parent[at] ?? -1) if (at === above) return true
    return false
  }

  /** Steps from class to class on the way up; undefined when the way does not lead there. */
  #classesUp(from: number, to: number): number | undefined {
    let steps = 0
    let last = this.#classOf[from]
    for (let at = from; at >= 0; at = this.#parent[at] ?? -1) {
      if (this.#classOf[at] !== last) {
        steps++
        last = this.#classOf[at]
      }
      if (this.isSameClass(at, to)) return steps
    }
    return undefined
  }
}

const phaseBits = (letters: string): number =>
  [...letters].reduce((bits, letter) => bits | (1 << ALL_PHASES.indexOf(letter)), 0)

/** Devices in an order in which everybody comes before who feeds him. @throws RangeError for devices that feed each other */
function fromBelow(parent: Int32Array): number[] {
  const children = new Uint32Array(parent.length)
  for (const above of parent) if (above >= 0) children[above] = (children[above] ?? 0) + 1
  const order = [...children.keys()].filter(device => children[device] === 0)
  for (const device of order) {
    const above = parent[device] ?? -1
    if (above < 0) continue
    children[above] = (children[above] ?? 0) - 1
    if (children[above] === 0) order.push(above)
  }
  if (order.length < parent.length) throw new RangeError('devices feed each other')
  return order
}
