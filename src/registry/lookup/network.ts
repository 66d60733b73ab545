import type { RegistrySource } from '../source.ts'
import { type NumberById, type PackedTexts, TextIndex } from '../texts.ts'

/** A device that nothing feeds at present. */
export const UNFED = -2
/** A device that feeds itself: the top of what it feeds. */
export const ROOT = -1

/**
 * The network as a graph. Devices are its nodes; a device's edge joins it to the one that feeds it in normal operation,
 * a tie joins any two. An edge conducts while it is closed: opening a switch, a fuse or a breaker opens the edge above it,
 * so what hangs below goes with it and may be fed from below over a tie.
 *
 *   substation ─ feeder 1 ─ switch ─ section ┈ tie ┈ section ─ switch ─ feeder 2 ─ substation
 */
export interface Network {
  /** Id of each device, by its number. */
  readonly ids: PackedTexts
  readonly numbers: NumberById
  /** Number of the device that feeds each in normal operation, ROOT at the top. */
  readonly normalParent: Int32Array
  /** Edge d is that of device d (both ends d where it is a root); ties follow in file order. */
  readonly edges: number
  readonly endA: Int32Array
  readonly endB: Int32Array
  /** 1 for edges that are open in normal operation. */
  readonly normallyOpen: Uint8Array
  /** Edge by the id of its device or tie. */
  readonly edgeNumbers: NumberById
  /** Edges at device d: `edgeList[firstEdge[d]] .. edgeList[firstEdge[d + 1] - 1]`, ascending. */
  readonly firstEdge: Int32Array
  readonly edgeList: Int32Array
}

/** Edges by the id of their device or tie; a tie goes before a device of the same id. */
export class EdgeNumbers implements NumberById {
  readonly devices: TextIndex
  readonly ties: TextIndex

  constructor(devices: TextIndex, ties: TextIndex) {
    this.devices = devices
    this.ties = ties
  }

  get size(): number {
    return [...this].length
  }

  get(id: string): number | undefined {
    const tie = this.ties.get(id)
    return tie === undefined ? this.devices.get(id) : this.devices.texts.length + tie
  }

  has(id: string): boolean {
    return this.get(id) !== undefined
  }

  *[Symbol.iterator](): Generator<[id: string, edge: number]> {
    for (const entry of this.devices) if (!this.ties.has(entry[0])) yield entry
    for (const [id, tie] of this.ties) yield [id, this.devices.texts.length + tie]
  }
}

export function buildNetwork(source: Pick<RegistrySource, 'rows' | 'shared' | 'packed'>): Network {
  const ids = source.packed('devices', 'id')
  const parents = source.shared('devices', 'parent')
  const ties = source.packed('ties', 'id')
  const [tieA, tieB] = [source.packed('ties', 'device_a'), source.packed('ties', 'device_b')]
  const tieOpen = source.shared('ties', 'normally_open')
  const count = ids.length
  const numbers = TextIndex.of(ids)
  const normalParent = Int32Array.from(parents, id => numbers.get(id) ?? ROOT)
  const edges = count + ties.length
  const endA = new Int32Array(edges)
  const endB = new Int32Array(edges)
  const normallyOpen = new Uint8Array(edges)
  const edgeNumbers = new EdgeNumbers(numbers, TextIndex.of(ties))
  for (let device = 0; device < count; device++) {
    endA[device] = device
    const parent = normalParent[device] ?? ROOT
    endB[device] = parent === ROOT ? device : parent
  }
  for (let tie = 0; tie < ties.length; tie++) {
    const edge = count + tie
    endA[edge] = numbers.get(tieA.get(tie)) ?? 0
    endB[edge] = numbers.get(tieB.get(tie)) ?? 0
    normallyOpen[edge] = tieOpen.get(tie) === 'true' ? 1 : 0
  }
  const { firstEdge, edgeList } = edgesByDevice(count, endA, endB)
  return { ids, numbers, normalParent, edges, endA, endB, normallyOpen, edgeNumbers, firstEdge, edgeList }
}

function edgesByDevice(
  count: number,
  endA: Int32Array,
  endB: Int32Array
): { firstEdge: Int32Array; edgeList: Int32Array } {
  const firstEdge = new Int32Array(count + 1)
  const each = (visit: (device: number, edge: number) => void): void => {
    for (let edge = 0; edge < endA.length; edge++) {
      const a = endA[edge] ?? 0
      const b = endB[edge] ?? 0
      if (a === b) continue
      visit(a, edge)
      visit(b, edge)
    }
  }
  each(device => {
    firstEdge[device + 1] = (firstEdge[device + 1] ?? 0) + 1
  })
  for (let device = 0; device < count; device++)
    firstEdge[device + 1] = (firstEdge[device + 1] ?? 0) + (firstEdge[device] ?? 0)
  const edgeList = new Int32Array(firstEdge[count] ?? 0)
  const next = firstEdge.slice()
  each((device, edge) => {
    const at = next[device] ?? 0
    edgeList[at] = edge
    next[device] = at + 1
  })
  return { firstEdge, edgeList }
}

/** Who feeds whom under given switch states. */
export interface FeedingTree {
  /** Device that feeds each at present, ROOT, or UNFED. */
  readonly parent: Int32Array
  /** Edge over which each is fed, ROOT or UNFED. */
  readonly over: Int32Array
  /** Fed devices, each after the one that feeds it: backwards, sums go up. */
  readonly order: Int32Array
  /** Closed edges that would feed a device from a second side. Empty while the network is radial. */
  readonly loops: readonly number[]
}

/**
 * The tree under the present switch states. It depends on the states alone, not on how they came about: breadth first
 * from the roots in order of their numbers, each device fed by whom reaches it first, over the edge with the lowest number.
 * A root cut off from its own edge does not exist: a root feeds itself whatever is open.
 * @param isOpen by edge number
 */
export function feedingTree(network: Network, isOpen: (edge: number) => boolean): FeedingTree {
  const { normalParent, endA, endB, firstEdge, edgeList, edges } = network
  const count = normalParent.length
  const parent = new Int32Array(count).fill(UNFED)
  const over = new Int32Array(count).fill(UNFED)
  const queue = new Int32Array(count)
  let end = 0
  for (let device = 0; device < count; device++) {
    if (normalParent[device] !== ROOT) continue
    parent[device] = ROOT
    over[device] = ROOT
    queue[end++] = device
  }
  for (let at = 0; at < end; at++) {
    const device = queue[at] ?? 0
    for (let i = firstEdge[device] ?? 0; i < (firstEdge[device + 1] ?? 0); i++) {
      const edge = edgeList[i] ?? 0
      const other = endA[edge] === device ? (endB[edge] ?? 0) : (endA[edge] ?? 0)
      if (parent[other] !== UNFED || isOpen(edge)) continue
      parent[other] = device
      over[other] = edge
      queue[end++] = other
    }
  }
  const loops: number[] = []
  for (let edge = 0; edge < edges; edge++) {
    const a = endA[edge] ?? 0
    const b = endB[edge] ?? 0
    const isSpare =
      a !== b && parent[a] !== UNFED && parent[b] !== UNFED && over[a] !== edge && over[b] !== edge
    if (isSpare && !isOpen(edge)) loops.push(edge)
  }
  return { parent, over, order: queue.slice(0, end), loops }
}

/** Switch states as they are known: normal until somebody said otherwise. */
export class SwitchStates {
  readonly #network: Network
  readonly #isOpen: Uint8Array
  #tree: FeedingTree | undefined

  constructor(network: Network) {
    this.#network = network
    this.#isOpen = network.normallyOpen.slice()
  }

  /** Sets the state of a device's or tie's edge. @returns false when no device or tie has this id */
  set(id: string, state: 'open' | 'closed'): boolean {
    const edge = this.#network.edgeNumbers.get(id)
    if (edge === undefined) return false
    const isOpen = state === 'open' ? 1 : 0
    if (this.#isOpen[edge] !== isOpen) this.#tree = undefined
    this.#isOpen[edge] = isOpen
    return true
  }

  isOpen(edge: number): boolean {
    return this.#isOpen[edge] === 1
  }

  /** The tree under these states, made anew after a change: 5 ms for 100,000 devices. */
  get tree(): FeedingTree {
    this.#tree ??= feedingTree(this.#network, edge => this.#isOpen[edge] === 1)
    return this.#tree
  }
}
