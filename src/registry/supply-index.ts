import { feedingTree, type FeedingTree, type Network } from './network.ts'
import type { Registry } from './registry.ts'

/** What hangs below a device at present, the device itself included. */
export interface Below {
  readonly devices: number
  readonly usagePoints: number
  /** Customers' meters that were not removed. */
  readonly meters: number
}

/** A meter's time at a usage point: its dense number and the row of MeterColumns. */
export interface Binding {
  readonly meter: number
  readonly row: number
}

/**
 * Where everything hangs, made once per registry: usage points by device, meters by usage point and by the device they
 * check, sums up the tree of normal feeding.
 */
export class SupplyIndex {
  readonly tree: FeedingTree
  readonly #network: Network
  readonly #children: ReadonlyMap<number, readonly number[]>
  readonly #points = new Map<number, string[]>()
  readonly #bindings = new Map<string, Binding[]>()
  readonly #checkMeters = new Map<number, number[]>()
  readonly #below: { devices: Uint32Array; usagePoints: Uint32Array; meters: Uint32Array }
  /** Usage points whose device nobody knows. */
  readonly unassigned: number

  constructor({ network, meters, usagePoints }: Registry) {
    this.#network = network
    this.tree = feedingTree(network, edge => network.normallyOpen[edge] === 1)
    const children = new Map<number, number[]>()
    this.tree.parent.forEach((parent, device) => {
      if (parent >= 0) add(children, parent, device)
    })
    this.#children = children
    for (let meter = 0; meter < meters.count; meter++) {
      const checked = network.numbers.get(meters.device[meter] ?? '')
      if (checked !== undefined) add(this.#checkMeters, checked, meter)
      for (let row = meter; row >= 0; row = meters.earlier[row] ?? -1) {
        const point = meters.usagePoint[row] ?? ''
        if (point !== '') add(this.#bindings, point, { meter, row })
      }
    }
    let unassigned = 0
    for (const { id, device } of usagePoints.values()) {
      const number = network.numbers.get(device)
      if (number === undefined) unassigned++
      else add(this.#points, number, id)
    }
    this.unassigned = unassigned
    this.#below = this.#sumUp(meters.removedAt)
  }

  /** Devices that this one feeds at present, ascending. */
  children(device: number): readonly number[] {
    return this.#children.get(device) ?? []
  }

  usagePoints(device: number): readonly string[] {
    return this.#points.get(device) ?? []
  }

  /** Meters that measure or have measured a usage point. */
  bindingsOf(usagePoint: string): readonly Binding[] {
    return this.#bindings.get(usagePoint) ?? []
  }

  /** Meters that measure the device itself. */
  checkMeters(device: number): readonly number[] {
    return this.#checkMeters.get(device) ?? []
  }

  below(device: number): Below {
    const { devices, usagePoints, meters } = this.#below
    return {
      devices: devices[device] ?? 0,
      usagePoints: usagePoints[device] ?? 0,
      meters: meters[device] ?? 0
    }
  }

  /** The device and what feeds it, up to the top. */
  path(device: number): number[] {
    const path: number[] = []
    for (let at = device; at >= 0; at = this.tree.parent[at] ?? -1) path.push(at)
    return path
  }

  #sumUp(removedAt: Float64Array): { devices: Uint32Array; usagePoints: Uint32Array; meters: Uint32Array } {
    const count = this.#network.ids.length
    const devices = new Uint32Array(count).fill(1)
    const usagePoints = Uint32Array.from({ length: count }, (_, device) => this.usagePoints(device).length)
    // A binding that has an end is history: what hangs where is said by the one without.
    const metersAt = (point: string): number =>
      this.bindingsOf(point).filter(({ row }) => removedAt[row] === Infinity).length
    const meters = Uint32Array.from({ length: count }, (_, device) =>
      this.usagePoints(device).reduce((sum, point) => sum + metersAt(point), 0)
    )
    for (const device of this.tree.order.toReversed()) {
      const parent = this.tree.parent[device] ?? -1
      if (parent < 0) continue
      for (const column of [devices, usagePoints, meters])
        column[parent] = (column[parent] ?? 0) + (column[device] ?? 0)
    }
    return { devices, usagePoints, meters }
  }
}

function add<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
