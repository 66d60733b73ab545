import { groupBy, type Groups } from './groups.ts'
import { feedingTree, type FeedingTree, type Network } from './network.ts'
import type { MeterColumns, Registry } from './registry.ts'
import type { SharedTexts } from './texts.ts'
import type { UsagePoints } from './usage-points.ts'

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
 * check, sums up the tree of normal feeding. Lists of numbers, no object per meter.
 */
export class SupplyIndex {
  readonly tree: FeedingTree
  readonly #network: Network
  readonly #usagePoints: UsagePoints
  readonly #children: Groups
  /** Usage points by device, rows of MeterColumns by usage point, meters by the device they check. */
  readonly #points: Groups
  readonly #bindings: Groups
  readonly #checkMeters: Groups
  /** Dense number of the meter of each row of MeterColumns. */
  readonly #meterOfRow: Uint32Array
  readonly #below: { devices: Uint32Array; usagePoints: Uint32Array; meters: Uint32Array }
  /** Usage points whose device nobody knows. */
  readonly unassigned: number

  constructor({ network, meters, usagePoints }: Registry) {
    const devices = network.ids.length
    this.#network = network
    this.#usagePoints = usagePoints
    this.tree = feedingTree(network, edge => network.normallyOpen[edge] === 1)
    this.#children = groupBy(this.tree.parent, devices)
    const deviceOfPoint = devicesOf(usagePoints.columns.device, network)
    this.#points = groupBy(deviceOfPoint, devices)
    this.unassigned = deviceOfPoint.reduce((sum, device) => sum + (device < 0 ? 1 : 0), 0)
    this.#checkMeters = groupBy(devicesOf(meters.device, network).subarray(0, meters.count), devices)
    this.#meterOfRow = metersOfRows(meters)
    const pointOfRow = usagePoints.numbers.allLike(meters.usagePoint)
    this.#bindings = groupBy(pointOfRow, usagePoints.size)
    this.#below = this.#sumUp(deviceOfPoint, pointOfRow, meters.removedAt)
  }

  /** Devices that this one feeds at present, ascending. */
  children(device: number): readonly number[] {
    return [...this.#children.of(device)]
  }

  usagePoints(device: number): readonly string[] {
    return Array.from(this.#points.of(device), point => this.#usagePoints.columns.id.get(point))
  }

  /** Meters that measure or have measured a usage point. */
  bindingsOf(usagePoint: string): readonly Binding[] {
    const point = this.#usagePoints.numbers.get(usagePoint) ?? -1
    return Array.from(this.#bindings.of(point), row => ({ meter: this.#meterOfRow[row] ?? -1, row }))
  }

  /** Meters that measure the device itself. */
  checkMeters(device: number): readonly number[] {
    return [...this.#checkMeters.of(device)]
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

  #sumUp(deviceOfPoint: Int32Array, pointOfRow: Int32Array, removedAt: Float64Array) {
    const count = this.#network.ids.length
    const devices = new Uint32Array(count).fill(1)
    const usagePoints = new Uint32Array(count)
    const meters = new Uint32Array(count)
    const raise = (column: Uint32Array, device: number, by: number): void => {
      if (device >= 0) column[device] = (column[device] ?? 0) + by
    }
    for (const device of deviceOfPoint) raise(usagePoints, device, 1)
    // A binding that has an end is history: what hangs where is said by the one without.
    for (const [row, point] of pointOfRow.entries())
      if (removedAt[row] === Infinity) raise(meters, deviceOfPoint[point] ?? -1, 1)
    for (const device of this.tree.order.toReversed()) {
      const parent = this.tree.parent[device] ?? -1
      for (const column of [devices, usagePoints, meters]) raise(column, parent, column[device] ?? 0)
    }
    return { devices, usagePoints, meters }
  }
}

/** Number of the device that each row names, -1 where it names none that is known. */
function devicesOf({ words, codes }: SharedTexts, network: Network): Int32Array {
  const numbers = words.map(word => network.numbers.get(word) ?? -1)
  const devices = new Int32Array(codes.length)
  for (let row = 0; row < codes.length; row++) devices[row] = numbers[codes[row] ?? 0] ?? -1
  return devices
}

function metersOfRows({ count, earlier }: MeterColumns): Uint32Array {
  const meters = new Uint32Array(earlier.length)
  for (let meter = 0; meter < count; meter++)
    for (let row = meter; row >= 0; row = earlier[row] ?? -1) meters[row] = meter
  return meters
}
