import { groupBy, type Groups } from '../../../src/registry/lookup/groups.ts'
import { type FeedingTree, SwitchStates, UNFED } from '../../../src/registry/lookup/network.ts'
import { TextIndex } from '../../../src/registry/texts.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { phasesOf } from '../../../src/model/phases.ts'

export type Backup = 'none' | 'supercap' | 'battery' | 'unknown'

export interface GridTerminal {
  readonly id: string
  /** Device that feeds it; where the registry does not say, that of most of its meters; -1 for none. */
  readonly poweredBy: number
  readonly backup: Backup
  readonly heartbeatMs: number
  readonly uploadMs: number
  readonly uploadDelayMs: number
  readonly carrier: string
  readonly cell: string
  /** Area where nearly all of its meters hang, -1 when there is none. */
  readonly area: number
}

interface PresentTree {
  readonly of: FeedingTree
  readonly parent: Int32Array
  readonly children: Groups
  readonly below: Uint32Array
}

/** Share of a terminal's meters that have to hang in one area for its other records to be doubted, and of how many. */
const [MAIN_SHARE, MAIN_LEAST] = [0.6, 5]
const DEFAULTS = { heartbeatS: 300, uploadIntervalS: 900, uploadDelayS: 600 }

/**
 * The network as outages see it: meters by the device that feeds them, devices in areas, areas in the tree of the present
 * switch states. An area is what one of the lowest transformers feeds, whatever boxes and lines are below it; a device above them with
 * customers of its own is one too.
 *
 *   substation ─ feeder ─ section ─┬─ transformer ─┬─ box ─ meters        area: the transformer with its boxes
 *                                  │               └─ box ─ meters
 *                                  └─ (customer at medium voltage)        area: the section, with its own meters alone
 */
export class PresentGrid {
  readonly registry: Registry
  readonly switches: SwitchStates
  readonly kinds: readonly string[]
  /** Whether a device is one of the lowest transformers: an area ends the tree above. */
  readonly isLowest: Uint8Array
  /** Area of each device; -1 above all of them. */
  readonly areaOf: Int32Array
  /** Device that feeds each meter as far as is believed, -1 for meters that measure no customer. By dense number. */
  readonly placeOf: Int32Array
  /** Device that the registry names. */
  readonly recordedPlaceOf: Int32Array
  /** Number of each meter's terminal, -1 for none. */
  readonly terminalOf: Int32Array
  /** Device that each meter checks, -1 for those that measure a customer. */
  readonly checkedBy: Int32Array
  /** Phases of each meter's service, 0 where nobody knows. */
  readonly phases: Uint8Array
  /** Number of each meter's account, -1 for none, and how many meters each account has. */
  readonly accountOf: Int32Array
  readonly accountSize: Uint32Array
  readonly terminals: readonly GridTerminal[]
  readonly terminalNumbers: ReadonlyMap<string, number>
  /** Of all terminals: so late a lost link may be noticed. */
  readonly slowestHeartbeatMs: number
  /** Meters by place, by area, by terminal; terminals by the device that feeds them. */
  readonly metersAt: Groups
  readonly metersIn: Groups
  readonly metersRead: Groups
  readonly terminalsAt: Groups
  #tree: PresentTree | undefined

  constructor(registry: Registry, switches = new SwitchStates(registry.network)) {
    const { network, devices, meters } = registry
    this.registry = registry
    this.switches = switches
    this.kinds = [...devices.kind]
    this.isLowest = lowestTransformers(network.normalParent, this.kinds)
    this.areaOf = areasOf(network.normalParent, this.isLowest)
    this.recordedPlaceOf = placesOf(registry)
    for (const place of this.recordedPlaceOf)
      if (place >= 0 && this.areaOf[place] < 0) this.areaOf[place] = place
    const ids = [...registry.terminals.keys()]
    this.terminalNumbers = new Map(ids.map((id, number) => [id, number]))
    this.terminalOf = Int32Array.from({ length: meters.count }, (_, meter) =>
      this.recordedPlaceOf[meter] < 0 ? -1 : (this.terminalNumbers.get(meters.terminal.get(meter)) ?? -1)
    )
    this.metersRead = groupBy(this.terminalOf, ids.length)
    const main = ids.map((_, number) => this.#mainArea(number))
    this.placeOf = this.recordedPlaceOf.map((place, meter) => {
      const area = main[this.terminalOf[meter]] ?? -1
      return place < 0 || area < 0 || this.areaOf[place] === area ? place : area
    })
    this.terminals = ids.map((id, number) => terminalOf(registry, id, main[number]))
    this.slowestHeartbeatMs = this.terminals.reduce((most, { heartbeatMs }) => Math.max(most, heartbeatMs), 0)
    this.checkedBy = checkedBy(registry)
    this.phases = phasesOfMeters(registry)
    this.accountOf = accountsOf(registry, this.recordedPlaceOf)
    this.accountSize = new Uint32Array(meters.count)
    for (const account of this.accountOf) if (account >= 0) this.accountSize[account]++
    this.metersAt = groupBy(this.placeOf, network.ids.length)
    this.metersIn = groupBy(
      this.placeOf.map(place => (place < 0 ? -1 : this.areaOf[place])),
      network.ids.length
    )
    this.terminalsAt = groupBy(
      Int32Array.from(this.terminals, ({ poweredBy }) => (poweredBy < 0 ? -1 : this.areaOf[poweredBy])),
      network.ids.length
    )
  }

  /** Who feeds each device under the present switch states; of what nobody feeds now, who does so normally. */
  get parent(): Int32Array {
    return this.#present().parent
  }

  /** Devices that each feeds at present. */
  children(device: number): Uint32Array {
    return this.#present().children.of(device)
  }

  /** The present tree. What is cut off keeps its shape: what failed in it is asked for where it was fed until then. */
  #present(): PresentTree {
    const { tree } = this.switches
    if (this.#tree?.of !== tree) {
      const { normalParent } = this.registry.network
      const parent = tree.parent.map((above, device) => (above === UNFED ? normalParent[device] : above))
      const children = groupBy(parent, parent.length)
      this.#tree = { of: tree, parent, children, below: this.#countBelow(parent, children) }
    }
    return this.#tree
  }

  id(device: number): string {
    return this.registry.network.ids.get(device)
  }

  /** Id of the terminal that reads a meter, '' for none. */
  terminalIdOf(meter: number): string {
    return this.terminals[this.terminalOf[meter]]?.id ?? ''
  }

  meterId(meter: number): string {
    return this.registry.meters.id.get(meter)
  }

  /** Customers' meters at or below a device: devices on one way with as many leave the same ones dark. */
  meterCount(device: number): number {
    return this.#present().below[device]
  }

  #countBelow(parent: Int32Array, children: Groups): Uint32Array {
    const below = Uint32Array.from(parent, (_, device) => this.metersAt.of(device).length)
    const order: number[] = []
    for (let device = 0; device < parent.length; device++) if (parent[device] < 0) order.push(device)
    for (let at = 0; at < order.length; at++) order.push(...children.of(order[at]))
    for (const device of order.reverse()) if (parent[device] >= 0) below[parent[device]] += below[device]
    return below
  }

  isAtOrBelow(device: number, above: number): boolean {
    const { parent } = this
    for (let at = device; at >= 0; at = parent[at]) if (at === above) return true
    return false
  }

  /** The same where it is fed normally: what was fed another way meanwhile went with it. */
  wasAtOrBelow(device: number, above: number): boolean {
    const { normalParent } = this.registry.network
    for (let at = device; at >= 0; at = normalParent[at]) if (at === above) return true
    return false
  }

  /** Whether a switch that is known to be open keeps a device from being fed. */
  isCutOff(device: number): boolean {
    return this.switches.tree.parent[device] === UNFED
  }

  /** Whether a device is fed another way than normally. */
  isTransferred(device: number): boolean {
    const { normalParent } = this.registry.network
    return this.wayUp(device).some(at => this.parent[at] !== normalParent[at])
  }

  /** A device and what feeds it, up to the top. */
  wayUp(device: number): number[] {
    const { parent } = this
    const way: number[] = []
    for (let at = device; at >= 0; at = parent[at]) way.push(at)
    return way
  }

  /** The feeder above a device where it is fed normally; the top of its tree where there is none. */
  feederOf(device: number): number {
    const { normalParent } = this.registry.network
    let top = device
    for (let at = device; at >= 0; at = normalParent[at]) {
      if (this.kinds[at] === 'feeder') return at
      top = at
    }
    return top
  }

  /** Areas at or below a device of the present tree. */
  areasBelow(device: number): number[] {
    const areas: number[] = []
    const open = [device]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.areaOf[at] === at) areas.push(at)
      if (this.isLowest[at] === 0) open.push(...this.children(at))
    }
    return areas
  }

  /** Meters at or below a device. */
  metersBelow(device: number): number[] {
    const meters: number[] = []
    const open = [device]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const meter of this.metersAt.of(at)) meters.push(meter)
      open.push(...this.children(at))
    }
    return meters
  }

  /** Meters that measure these usage points, by the id of the usage point; who has none is left out. */
  metersOf(usagePoints: readonly string[]): Map<string, number> {
    const { numbers } = this.registry.usagePoints
    const idOf = new Map(usagePoints.map(id => [numbers.get(id) ?? -1, id]))
    idOf.delete(-1)
    const found = new Map<string, number>()
    if (idOf.size === 0) return found
    numbers.allLike(this.registry.meters.usagePoint).forEach((point, meter) => {
      const id = idOf.get(point)
      if (id !== undefined && this.placeOf[meter] >= 0) found.set(id, meter)
    })
    return found
  }

  #mainArea(terminal: number): number {
    const counts = new Map<number, number>()
    const meters = this.metersRead.of(terminal)
    for (const meter of meters) {
      const area = this.areaOf[this.recordedPlaceOf[meter]]
      counts.set(area, (counts.get(area) ?? 0) + 1)
    }
    const [area, most] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [-1, 0]
    return meters.length >= MAIN_LEAST && most >= MAIN_SHARE * meters.length ? area : -1
  }
}

/** Transformers without another one below them. */
function lowestTransformers(parent: Int32Array, kinds: readonly string[]): Uint8Array {
  const isLowest = Uint8Array.from(kinds, kind => (kind === 'transformer' ? 1 : 0))
  for (let device = 0; device < kinds.length; device++) {
    if (kinds[device] !== 'transformer') continue
    for (let at = parent[device]; at >= 0; at = parent[at]) isLowest[at] = 0
  }
  return isLowest
}

/** The lowest transformer at or above each device, -1 where there is none. */
function areasOf(parent: Int32Array, isLowest: Uint8Array): Int32Array {
  const unknown = -2
  const areas = new Int32Array(parent.length).fill(unknown)
  for (let device = 0; device < parent.length; device++) {
    const way: number[] = []
    let at = device
    while (at >= 0 && areas[at] === unknown && isLowest[at] === 0) {
      way.push(at)
      at = parent[at]
    }
    const area = at < 0 ? -1 : isLowest[at] === 1 ? at : areas[at]
    if (at >= 0) areas[at] = area
    for (const each of way) areas[each] = area
  }
  return areas
}

/** Device of each meter that measures a customer now, by its latest binding. */
function placesOf({ meters, usagePoints, network }: Registry): Int32Array {
  const { device } = usagePoints.columns
  const points = usagePoints.numbers.allLike(meters.usagePoint)
  const words = Array.from(device.packed, word => network.numbers.get(word) ?? -1)
  return Int32Array.from({ length: meters.count }, (_, meter) => {
    const point = points[meter]
    return point < 0 || meters.removedAt[meter] !== Infinity ? -1 : (words[device.codes[point]] ?? -1)
  })
}

function checkedBy({ meters, network }: Registry): Int32Array {
  const words = Array.from(meters.device.packed, word => network.numbers.get(word) ?? -1)
  return Int32Array.from({ length: meters.count }, (_, meter) => words[meters.device.codes[meter]] ?? -1)
}

/** Accounts by a number of their own: the first meter of each. A usage point without an account stands for itself. */
function accountsOf({ meters, usagePoints }: Registry, placeOf: Int32Array): Int32Array {
  const { account } = usagePoints.columns
  const points = usagePoints.numbers.allLike(meters.usagePoint)
  const first = TextIndex.of(account)
  const meterOfPoint = new Int32Array(account.length).fill(-1)
  return Int32Array.from({ length: meters.count }, (_, meter) => {
    if (placeOf[meter] < 0) return -1
    const point = account.isText(points[meter], '')
      ? points[meter]
      : first.getNear(account.get(points[meter]), points[meter])
    if (meterOfPoint[point] < 0) meterOfPoint[point] = meter
    return meterOfPoint[point]
  })
}

function phasesOfMeters({ meters, usagePoints }: Registry): Uint8Array {
  const { phase } = usagePoints.columns
  const points = usagePoints.numbers.allLike(meters.usagePoint)
  return Uint8Array.from({ length: meters.count }, (_, meter) =>
    points[meter] < 0 ? 0 : (phasesOf(phase.get(points[meter])) ?? 0)
  )
}

function terminalOf(registry: Registry, id: string, area = -1): GridTerminal {
  const given = registry.terminals.get(id)
  const known = (value: number | undefined, usual: number): number =>
    1000 * (value === undefined || Number.isNaN(value) ? usual : value)
  const backup = given?.backup ?? ''
  return {
    id,
    poweredBy: registry.network.numbers.get(given?.poweredBy ?? '') ?? area,
    backup: backup === 'none' || backup === 'supercap' || backup === 'battery' ? backup : 'unknown',
    heartbeatMs: known(given?.heartbeatS, DEFAULTS.heartbeatS),
    uploadMs: known(given?.uploadIntervalS, DEFAULTS.uploadIntervalS),
    uploadDelayMs: known(given?.uploadDelayS, DEFAULTS.uploadDelayS),
    carrier: given?.carrier ?? '',
    cell: given?.cell ?? '',
    area
  }
}
