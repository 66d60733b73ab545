import { DEVICE_KINDS } from '../../registry/tables.ts'
import { openPhaseVoltages } from '../electrics/open-phase.ts'
import { ABC, type Grid, phaseLetters } from '../grid/grid.ts'
import type { GridIndex } from '../grid/grid-index.ts'

/** How everything stands at a moment: what cannot feed, what is open, what else feeds. */
export interface GridState {
  /** Bits of failed phases by device. */
  readonly failed: Uint8Array
  readonly isOpen: Uint8Array
  readonly isTieOpen: Uint8Array
  readonly isNeutralBroken: Uint8Array
  /** Index into SOURCES by device: what feeds a transformer's low-voltage side besides the network. */
  readonly source: Uint8Array
}

export const SOURCES = ['grid', 'truck', 'panels'] as const
export type Source = (typeof SOURCES)[number]

/** How a place is supplied: per unit of rated voltage on a, b, c; by whom; and whether its neutral is whole. */
export interface Condition {
  readonly volts: readonly [a: number, b: number, c: number]
  readonly source: Source
  readonly isNeutralBroken: boolean
  /** Device whose broken neutral it is, -1 for none: those behind it float together. */
  readonly neutralAt: number
}

export const NORMAL: Condition = { volts: [1, 1, 1], source: 'grid', isNeutralBroken: false, neutralAt: -1 }
export const DEAD: Condition = { ...NORMAL, volts: [0, 0, 0] }

const TRANSFORMER = DEVICE_KINDS.indexOf('transformer')

/** Every device with the phases that reach it, and who feeds it now (-1: nobody). */
export interface Feeding {
  readonly mask: Uint8Array
  readonly fedBy: Int32Array
}

/**
 * Which phases reach which device, from the roots over all that is closed and whole, ties included, down to the transformers and on to
 * the boxes. A device that failed on a phase passes none of it on; an open one passes nothing between itself and its parent.
 */
export function feed(index: GridIndex, state: GridState): Feeding {
  const { devices, ties } = index.grid
  const mask = new Uint8Array(devices.count)
  const fedBy = new Int32Array(devices.count).fill(-1)
  const waiting: number[] = []
  const reach = (device: number, from: number, phases: number): void => {
    const carried = phases & (devices.phases[device] ?? ABC) & ~(state.failed[device] ?? 0)
    const more = carried & ~(mask[device] ?? 0)
    if (more === 0) return
    if (mask[device] === 0) fedBy[device] = from
    mask[device] = (mask[device] ?? 0) | carried
    waiting.push(device)
  }
  const closedTies = tiesByDevice(ties, state)
  // Ties wait until all are reached that can be without them: in a closed loop everybody is fed as usual.
  const tied: number[] = []
  for (const device of devices.order) if ((devices.parent[device] ?? -1) < 0) reach(device, -1, ABC)
  for (;;) {
    const device = waiting.pop()
    if (device === undefined) {
      const from = tied.shift()
      if (from === undefined) break
      for (const other of closedTies.get(from) ?? []) reach(other, from, mask[from] ?? 0)
      continue
    }
    const phases = mask[device] ?? 0
    const parent = devices.parent[device] ?? -1
    if (state.isOpen[device] === 0 && parent >= 0 && devices.transformer[device] === -1)
      reach(parent, device, phases)
    for (const child of index.children[device] ?? [])
      if (state.isOpen[child] === 0) reach(child, device, phases)
    if (closedTies.has(device)) tied.push(device)
  }
  return { mask, fedBy }
}

function tiesByDevice(ties: Grid['ties'], { isTieOpen }: GridState): Map<number, number[]> {
  const closed = new Map<number, number[]>()
  ties.forEach(({ a, b }, tie) => {
    if (isTieOpen[tie] === 1) return
    closed.set(a, [...(closed.get(a) ?? []), b])
    closed.set(b, [...(closed.get(b) ?? []), a])
  })
  return closed
}

/** Conditions by device; equal ones are the same object. At medium voltage a phase is there or not. */
export function conditionsOf(index: GridIndex, state: GridState, { mask }: Feeding): Condition[] {
  const { devices } = index.grid
  const known = new Map<string, Condition>()
  const conditions: Condition[] = new Array(devices.count).fill(NORMAL)
  for (const device of devices.order) {
    const own = ownCondition(index, state, mask, device, conditions[devices.parent[device] ?? -1])
    const key = `${own.volts.join(' ')} ${own.source} ${own.neutralAt}`
    const same = known.get(key)
    if (same === undefined) known.set(key, own)
    conditions[device] = same ?? own
  }
  return conditions
}

function ownCondition(
  { grid: { devices } }: GridIndex,
  state: GridState,
  mask: Uint8Array,
  device: number,
  above: Condition | undefined
): Condition {
  const isTransformer = devices.kind[device] === TRANSFORMER
  const passed = isTransformer || devices.transformer[device] === -1 ? undefined : above
  if (passed === undefined) {
    const source = SOURCES[state.source[device] ?? 0] ?? 'grid'
    const isWhole = (mask[device] ?? 0) === (devices.phases[device] ?? ABC)
    if (isWhole && source === 'grid' && state.isNeutralBroken[device] === 0)
      return devices.phases[device] === ABC ? NORMAL : { ...NORMAL, volts: voltsOf(mask[device] ?? 0) }
    const volts = isTransformer ? lowVolts(devices, state, mask, device) : voltsOf(mask[device] ?? 0)
    // A truck waits until the network is gone; panels alone keep up what little hangs on them.
    const isHelped = source !== 'grid' && Math.max(...volts) === 0
    const broken = state.isNeutralBroken[device] === 1
    return {
      volts: isHelped ? voltsOf(devices.phases[device] ?? ABC) : volts,
      source: isHelped ? source : 'grid',
      isNeutralBroken: broken,
      neutralAt: broken ? device : -1
    }
  }
  const failed = (state.failed[device] ?? 0) | (state.isOpen[device] === 1 ? ABC : 0)
  const broken = state.isNeutralBroken[device] === 1
  if (failed === 0 && !broken) return passed
  const [a, b, c] = passed.volts.map((volts, phase) => ((failed >> phase) & 1 ? 0 : volts))
  return {
    volts: [a ?? 0, b ?? 0, c ?? 0],
    source: passed.source,
    isNeutralBroken: passed.isNeutralBroken || broken,
    neutralAt: broken ? device : passed.neutralAt
  }
}

/** Low voltages of a transformer: what the open phases above it leave of them, less its own failed phases. */
function lowVolts(
  devices: Grid['devices'],
  state: GridState,
  mask: Uint8Array,
  device: number
): [number, number, number] {
  if (state.isOpen[device] === 1) return [0, 0, 0]
  const own = state.failed[device] ?? 0
  // Its own failed phases are windings or fuses below it: what reaches it from above is what its parent has.
  const reached =
    devices.phases[device] === ABC ? (mask[devices.parent[device] ?? -1] ?? ABC) : (mask[device] ?? 0)
  if (devices.phases[device] !== ABC) return voltsOf(reached & ~own)
  const group = devices.windings[device]?.startsWith('Yyn') ? 'Yyn0' : 'Dyn11'
  const volts = openPhaseVoltages(group, phaseLetters(ABC & ~reached))
  const [a, b, c] = volts.map((value, phase) => ((own >> phase) & 1 ? 0 : value))
  return [a ?? 0, b ?? 0, c ?? 0]
}

const voltsOf = (bits: number): [number, number, number] => [bits & 1, (bits >> 1) & 1, (bits >> 2) & 1]

/** Below this share of the rated voltage nobody calls it supply. */
export const DARK_BELOW = 0.45

/** The best of the voltages on the phases, per unit. @param phases bits */
export function bestVolts({ volts }: Condition, phases: number): number {
  return Math.max(...volts.map((value, phase) => ((phases >> phase) & 1 ? value : 0)))
}
