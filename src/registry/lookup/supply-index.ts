import { groupBy, type Groups } from './groups.ts'
import { feedingTree, type FeedingTree, type Network } from './network.ts'
import type { MeterColumns, Registry } from './registry.ts'
import type { SharedTexts } from '../texts.ts'

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

/** What the index is made of: lists of numbers, no object per meter. */
export interface SupplyColumns {
  /** The tree of normal feeding. */
  readonly tree: FeedingTree
  readonly children: Groups
  /** Usage points by device, rows of MeterColumns by usage point, meters by the device they check. */
  readonly points: Groups
  readonly bindings: Groups
  readonly checkMeters: Groups
  /** Dense number of the meter of each row of MeterColumns. */
  readonly meterOfRow: Uint32Array
  readonly below: Readonly<Record<keyof Below, Uint32Array>>
  /** Usage points whose device nobody knows. */
  readonly unassigned: number
}

const indexes = new WeakMap<Registry, SupplyIndex>()

/** The index of a registry: given with it, or made when it is first asked for. */
export function supplyIndexOf(registry: Registry): SupplyIndex {
  return indexes.get(registry) ?? keepSupplyIndex(registry, supplyColumns(registry))
}

/** From now on this is the index of the registry. @param columns made for it before */
export function keepSupplyIndex(registry: Registry, columns: SupplyColumns): SupplyIndex {
  const index = new SupplyIndex(registry, columns)
  indexes.set(registry, index)
  return index
}

/** Half a second for a million meters. */
export function supplyColumns({ network, meters, usagePoints }: Registry): SupplyColumns {
  const devices = network.ids.length
  const tree = feedingTree(network, edge => network.normallyOpen[edge] === 1)
  const deviceOfPoint = devicesOf(usagePoints.columns.device, network)
  const pointOfRow = usagePoints.numbers.allLike(meters.usagePoint)
  return {
    tree,
    children: groupBy(tree.parent, devices),
    points: groupBy(deviceOfPoint, devices),
    bindings: groupBy(pointOfRow, usagePoints.size),
    checkMeters: groupBy(devicesOf(meters.device, network).subarray(0, meters.count), devices),
    meterOfRow: metersOfRows(meters),
    below: sumUp(tree, deviceOfPoint, pointOfRow, meters.removedAt),
    unassigned: deviceOfPoint.reduce((sum, device) => sum + (device < 0 ? 1 : 0), 0)
  }
}

/** Where everything hangs: usage points by device, meters by usage point and by the device they check, sums up the tree. */
export class SupplyIndex {
  readonly #registry: Registry
  readonly #columns: SupplyColumns

  constructor(registry: Registry, columns = supplyColumns(registry)) {
    this.#registry = registry
    this.#columns = columns
  }

  get tree(): FeedingTree {
    return this.#columns.tree
  }

  get unassigned(): number {
    return this.#columns.unassigned
  }

  /** Devices that this one feeds at present, ascending. */
  children(device: number): readonly number[] {
    return [...this.#columns.children.of(device)]
  }

  usagePoints(device: number): readonly string[] {
    const { id } = this.#registry.usagePoints.columns
    return Array.from(this.#columns.points.of(device), point => id.get(point))
  }

  /** Meters that measure or have measured a usage point. */
  bindingsOf(usagePoint: string): readonly Binding[] {
    const point = this.#registry.usagePoints.numbers.get(usagePoint) ?? -1
    const { bindings, meterOfRow } = this.#columns
    return Array.from(bindings.of(point), row => ({ meter: meterOfRow[row] ?? -1, row }))
  }

  /** Meters that measure the device itself. */
  checkMeters(device: number): readonly number[] {
    return [...this.#columns.checkMeters.of(device)]
  }

  below(device: number): Below {
    const { devices, usagePoints, meters } = this.#columns.below
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
}

function sumUp(
  tree: FeedingTree,
  deviceOfPoint: Int32Array,
  pointOfRow: Int32Array,
  removedAt: Float64Array
): SupplyColumns['below'] {
  const count = tree.parent.length
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
  for (const device of tree.order.toReversed()) {
    const parent = tree.parent[device] ?? -1
    for (const column of [devices, usagePoints, meters]) raise(column, parent, column[device] ?? 0)
  }
  return { devices, usagePoints, meters }
}

/** Number of the device that each row names, -1 where it names none that is known. */
function devicesOf({ packed, codes }: SharedTexts, network: Network): Int32Array {
  const numbers = Array.from(packed, word => network.numbers.get(word) ?? -1)
  const devices = new Int32Array(codes.length)
  for (let row = 0; row < codes.length; row++) devices[row] = numbers[codes[row] ?? 0] ?? -1
  return devices
}

/** Dense number of the meter of each row. */
export function metersOfRows({ count, earlier }: MeterColumns): Uint32Array {
  const meters = new Uint32Array(earlier.length)
  for (let meter = 0; meter < count; meter++)
    for (let row = meter; row >= 0; row = earlier[row] ?? -1) meters[row] = meter
  return meters
}
