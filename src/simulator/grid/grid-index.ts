import { DEVICE_KINDS } from '../../registry/tables.ts'
import type { Grid } from './grid.ts'

/** What is asked of a grid again and again: who hangs where. */
export class GridIndex {
  readonly grid: Grid
  /** Customers at or below each device. */
  readonly customersBelow: Uint32Array
  /** Customers of each device itself. */
  readonly customersOf: readonly (readonly number[])[]
  /** Customers and check meters that each terminal reads. */
  readonly customersRead: readonly (readonly number[])[]
  readonly checkMetersRead: readonly (readonly number[])[]
  readonly children: readonly (readonly number[])[]
  readonly deviceNumbers: ReadonlyMap<string, number>
  /** Customer numbers of the key customers' feeds. */
  readonly feeds: ReadonlySet<number>

  constructor(grid: Grid) {
    const { devices, customers, terminals, checkMeters } = grid
    this.grid = grid
    this.feeds = new Set(grid.keyCustomers.flatMap(({ feeds }) => feeds.map(({ customer }) => customer)))
    this.deviceNumbers = new Map(devices.id.map((id, number) => [id, number]))
    const below = new Uint32Array(devices.count)
    for (const device of customers.device) if (device >= 0) below[device] = (below[device] ?? 0) + 1
    for (const device of devices.order.toReversed()) {
      const parent = devices.parent[device] ?? -1
      if (parent >= 0) below[parent] = (below[parent] ?? 0) + (below[device] ?? 0)
    }
    this.customersBelow = below
    this.customersOf = groups(customers.device, devices.count)
    this.children = groups(devices.parent, devices.count)
    this.customersRead = groups(customers.terminal, terminals.length)
    this.checkMetersRead = groups(
      checkMeters.map(({ terminal }) => terminal),
      terminals.length
    )
  }

  isAtOrBelow(device: number, above: number): boolean {
    for (let at = device; at >= 0; at = this.grid.devices.parent[at] ?? -1) if (at === above) return true
    return false
  }

  /** The feeder that feeds a device normally; the root above it where there is none. */
  feederOf(device: number): number {
    const { kind, parent } = this.grid.devices
    let at = device
    for (; (parent[at] ?? -1) >= 0; at = parent[at] ?? -1) if (kind[at] === FEEDER) return at
    return at
  }

  /** Customers at or below a device, from above. */
  customersAt(device: number): number[] {
    const found: number[] = []
    const devices = [device]
    for (const at of devices) {
      found.push(...(this.customersOf[at] ?? []))
      devices.push(...(this.children[at] ?? []))
    }
    return found
  }

  /** A device from above to below, itself first. */
  devicesAt(device: number): number[] {
    const devices = [device]
    for (const at of devices) devices.push(...(this.children[at] ?? []))
    return devices
  }
}

const FEEDER = DEVICE_KINDS.indexOf('feeder')

/** Places by the group they belong to; negative groups are none. */
function groups(groupOf: ArrayLike<number>, count: number): number[][] {
  const found: number[][] = Array.from({ length: count }, () => [])
  for (let place = 0; place < groupOf.length; place++) found[groupOf[place] ?? -1]?.push(place)
  return found
}
