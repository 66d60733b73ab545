import { DEVICE_KINDS } from '../../src/registry/tables.ts'
import {
  type CheckMeter,
  type Grid,
  type GridKeyCustomer,
  type GridTerminal,
  LOAD_KINDS,
  type LoadKind,
  phaseBits
} from '../../src/simulator/grid/grid.ts'
import { GridIndex } from '../../src/simulator/grid/grid-index.ts'
import type { GridLoad } from '../../src/simulator/load/grid-load.ts'
import { CITY_EPOCH_MS, type LoadPatterns } from '../../src/simulator/load/load-patterns.ts'
import type { Happenings } from '../../src/simulator/scenario/happenings.ts'
import { World } from '../../src/simulator/world/world.ts'

/** A device of a drawn grid: what it is and who feeds it come first. */
export interface DrawnDevice {
  readonly id: string
  readonly kind: (typeof DEVICE_KINDS)[number]
  /** '' for a root. */
  readonly parent: string
  readonly phases?: string
  readonly windings?: 'Dyn11' | 'Yyn0'
  readonly ratedKva?: number
}

export interface DrawnCustomer {
  readonly id: string
  readonly device: string
  /** 'ABC' for three. */
  readonly phases: string
  readonly kind?: LoadKind
  readonly terminal?: string
  readonly ct?: number
  readonly pt?: number
  readonly isThreeWire?: boolean
}

export interface DrawnGrid {
  readonly devices: readonly DrawnDevice[]
  readonly customers: readonly DrawnCustomer[]
  /** Open ties between two devices: id, one, other. */
  readonly ties?: readonly (readonly [id: string, a: string, b: string])[]
  readonly terminals?: readonly (Partial<Omit<GridTerminal, 'poweredBy'>> & {
    readonly id: string
    readonly poweredBy: string
  })[]
  readonly checkMeters?: readonly (Omit<CheckMeter, 'device' | 'terminal'> & {
    readonly device: string
    readonly terminal: string
  })[]
  readonly keyCustomers?: readonly (Omit<Partial<GridKeyCustomer>, 'feeds' | 'terminal'> & {
    readonly id: string
    /** Source and customer. */
    readonly feeds: readonly (readonly [source: string, customer: string])[]
    readonly terminal?: string
  })[]
}

const TRANSFORMER = DEVICE_KINDS.indexOf('transformer')

/** Columns of a grid that is drawn by hand, parents before children. Ids of customers are those of their usage points; meters have an M before. */
export function drawGrid(drawn: DrawnGrid): Grid {
  const { devices, customers, ties = [], terminals = [], checkMeters = [], keyCustomers = [] } = drawn
  const device = placeIn(devices)
  const terminal = placeIn(terminals)
  const customer = placeIn(customers)
  const parent = Int32Array.from(devices, each => (each.parent === '' ? -1 : device(each.parent)))
  const kind = Uint8Array.from(devices, each => DEVICE_KINDS.indexOf(each.kind))
  const transformer = new Int32Array(devices.length).fill(-1)
  for (let at = 0; at < devices.length; at++)
    transformer[at] = kind[at] === TRANSFORMER ? at : (transformer[parent[at]!] ?? -1)
  return {
    devices: {
      count: devices.length,
      id: devices.map(({ id }) => id),
      kind,
      parent,
      phases: Uint8Array.from(devices, ({ phases = 'ABC' }) => phaseBits(phases)),
      ratedKva: Float64Array.from(devices, ({ ratedKva = Number.NaN }) => ratedKva),
      windings: devices.map(({ windings = '' }) => windings),
      order: Uint32Array.from(devices.keys()),
      transformer
    },
    ties: ties.map(([id, a, b]) => ({ id, a: device(a), b: device(b), isOpen: true })),
    customers: {
      count: customers.length,
      point: customers.map(({ id }) => id),
      account: customers.map(({ id }) => `A-${id}`),
      meter: customers.map(({ id }) => `M${id}`),
      device: Int32Array.from(customers, each => device(each.device)),
      phases: Uint8Array.from(customers, ({ phases }) => phaseBits(phases)),
      kind: Uint8Array.from(customers, each => LOAD_KINDS.indexOf(each.kind ?? 'home')),
      terminal: Int32Array.from(customers, each =>
        each.terminal === undefined ? -1 : terminal(each.terminal)
      ),
      ct: Float64Array.from(customers, ({ ct = 1 }) => ct),
      pt: Float64Array.from(customers, ({ pt = 1 }) => pt),
      ratedV: Float64Array.from(customers, ({ isThreeWire }) => (isThreeWire ? 100 : 220)),
      ratedA: Float64Array.from(customers, () => 60),
      isThreeWire: Uint8Array.from(customers, ({ isThreeWire }) => (isThreeWire ? 1 : 0)),
      registerDecimals: Uint8Array.from(customers, () => 2)
    },
    checkMeters: checkMeters.map(each => ({
      ...each,
      device: device(each.device),
      terminal: terminal(each.terminal)
    })),
    terminals: terminals.map(each => ({
      carrier: 'CMCC',
      cell: '1',
      backup: 'none',
      sampleMs: 900_000,
      uploadMs: 900_000,
      uploadDelayMs: 60_000,
      heartbeatMs: 300_000,
      ...each,
      poweredBy: each.poweredBy === '' ? -1 : device(each.poweredBy)
    })),
    keyCustomers: keyCustomers.map(each => ({
      generator: undefined,
      generatorKw: 500,
      startClassS: 15,
      fuelLitres: 1000,
      ups: undefined,
      sections: [],
      ...each,
      feeds: each.feeds.map(([source, id]) => ({ source, customer: customer(id) })),
      terminal: each.terminal === undefined ? -1 : terminal(each.terminal)
    }))
  }
}

/** The place of each id, a mistake in a drawing told at once. */
export function placeIn(list: readonly { readonly id: string }[]): (id: string) => number {
  return id => {
    const place = list.findIndex(each => each.id === id)
    if (place < 0) throw new RangeError(`nothing drawn is called ${id}`)
    return place
  }
}

/**
 * The network that most tests play on. TIE is open.
 *
 *   SUB ─ BUS ─┬─ FA ─ S1 ─┬─ T1 (Dyn) ─┬─ B1      FU ─┬─ T2 (Yyn) ─ B3
 *              │           │            └─ B2         └─ T3 (Dyn) ─ B4
 *              │           ├─ FU
 *              │           └─ SW ─ S2 ─ T4 (Dyn) ─ B5
 *              │                   ┊ TIE
 *              └─ FB ─ S3 ─┬─ T5 (Dyn) ─ B6
 *                          └─ T6 (phase B only) ─ B7
 */
export const NETWORK: readonly DrawnDevice[] = [
  { id: 'SUB', kind: 'substation', parent: '' },
  { id: 'BUS', kind: 'bus', parent: 'SUB' },
  { id: 'FA', kind: 'feeder', parent: 'BUS' },
  { id: 'S1', kind: 'section', parent: 'FA' },
  { id: 'T1', kind: 'transformer', parent: 'S1', windings: 'Dyn11', ratedKva: 400 },
  { id: 'B1', kind: 'box', parent: 'T1' },
  { id: 'B2', kind: 'box', parent: 'T1' },
  { id: 'FU', kind: 'fuse', parent: 'S1' },
  { id: 'T2', kind: 'transformer', parent: 'FU', windings: 'Yyn0', ratedKva: 400 },
  { id: 'B3', kind: 'box', parent: 'T2' },
  { id: 'T3', kind: 'transformer', parent: 'FU', windings: 'Dyn11', ratedKva: 400 },
  { id: 'B4', kind: 'box', parent: 'T3' },
  { id: 'SW', kind: 'switch', parent: 'S1' },
  { id: 'S2', kind: 'section', parent: 'SW' },
  { id: 'T4', kind: 'transformer', parent: 'S2', windings: 'Dyn11', ratedKva: 400 },
  { id: 'B5', kind: 'box', parent: 'T4' },
  { id: 'FB', kind: 'feeder', parent: 'BUS' },
  { id: 'S3', kind: 'section', parent: 'FB' },
  { id: 'T5', kind: 'transformer', parent: 'S3', windings: 'Dyn11', ratedKva: 400 },
  { id: 'B6', kind: 'box', parent: 'T5' },
  { id: 'T6', kind: 'transformer', parent: 'S3', phases: 'B', ratedKva: 30 },
  { id: 'B7', kind: 'box', parent: 'T6', phases: 'B' }
]

export const BOXES = ['B1', 'B2', 'B3', 'B4', 'B5', 'B6', 'B7'] as const

/** Four customers in each box: one on each phase, and one on all three, b1a b1b b1c b1t; in B7 two on phase B, b7b and b7d. */
export const CUSTOMERS: readonly DrawnCustomer[] = BOXES.flatMap((box): DrawnCustomer[] => {
  const name = box.toLowerCase()
  if (box === 'B7')
    return ['b', 'd'].map(letter => ({ id: name + letter, device: box, phases: 'B', terminal: 'K6' }))
  const terminal = { B1: 'K1', B2: 'K1', B3: 'K2', B4: 'K3', B5: 'K4', B6: 'K5' }[box]
  return [
    { id: `${name}a`, device: box, phases: 'A', terminal },
    { id: `${name}b`, device: box, phases: 'B', terminal },
    { id: `${name}c`, device: box, phases: 'C', terminal },
    { id: `${name}t`, device: box, phases: 'ABC', terminal }
  ]
})

/** A concentrator at each transformer. */
export const TERMINALS = [1, 2, 3, 4, 5, 6].map(number => ({ id: `K${number}`, poweredBy: `T${number}` }))

export const drawnNetwork = (more: Partial<DrawnGrid> = {}): Grid =>
  drawGrid({
    devices: NETWORK,
    customers: CUSTOMERS,
    ties: [['TIE', 'S2', 'S3']],
    terminals: TERMINALS,
    ...more
  })

export const MINUTE = 60_000

/** A world in which only that happens which is said, from 0 to three hours when nothing else is said. */
export function worldOf(grid: Grid, happenings: Partial<Happenings>): World {
  return new World(new GridIndex(grid), happeningsOf(happenings))
}

export const happeningsOf = (happenings: Partial<Happenings>): Happenings => ({
  start: 0,
  end: 180 * MINUTE,
  pace: 1,
  failures: [],
  services: [],
  switchings: [],
  neutrals: [],
  sources: [],
  losses: [],
  restarts: [],
  reboots: [],
  troubles: [],
  pushes: [],
  plants: [],
  plans: [],
  ...happenings
})

/** Ways to say what happens in a drawn grid, minutes from `base`; what has no end lasts. */
export function sayings(grid: Grid, base = 0) {
  const device = placeIn(grid.devices.id.map(id => ({ id })))
  const tie = placeIn(grid.ties)
  const customer = placeIn(grid.customers.point.map(id => ({ id })))
  const span = (from: number, to = Number.POSITIVE_INFINITY) => ({
    start: base + Math.round(from * MINUTE),
    end: base + Math.round(to * MINUTE)
  })
  const switching = { isReported: true }
  return {
    device,
    customer,
    span,
    fails: (id: string, from: number, to?: number, phases = 'ABC', cause = '', plan = '') => ({
      ...span(from, to),
      device: device(id),
      phases: phaseBits(phases),
      cause,
      plan
    }),
    opens: (id: string, from: number, to?: number) => ({
      ...span(from, to),
      ...switching,
      device: device(id),
      tie: -1,
      isOpen: true
    }),
    closes: (id: string, from: number, to?: number) => ({
      ...span(from, to),
      ...switching,
      device: -1,
      tie: tie(id),
      isOpen: false
    }),
    feeds: (source: 'truck' | 'panels', id: string, from: number, to?: number) => ({
      ...span(from, to),
      device: device(id),
      source
    }),
    breaks: (id: string, from: number, to?: number) => ({ ...span(from, to), device: device(id) }),
    cuts: (id: string, from: number, to?: number, cause = '') => ({
      ...span(from, to),
      customer: customer(id),
      cause
    }),
    troubles: (
      kind: Happenings['troubles'][number]['kind'],
      id: string,
      from: number,
      to?: number,
      phases = ''
    ) => ({ ...span(from, to), customer: customer(id), kind, phases: phaseBits(phases) })
  }
}

/** Ten days after registers began to count: a customer of 1 kW has taken 240 kWh. */
export const BASE = CITY_EPOCH_MS + 10 * 86_400_000
export const HOURS_BEFORE = 240

const FLAT_DAYS = 7
const SOLAR = 4

/**
 * A load that never changes, so that energies are hours times kW. @param kwOf by the customer's id; negative for one that feeds back all the
 * time @param initialKwh what each register showed on the epoch, as the meter shows it
 */
export function flatLoad(
  grid: Grid,
  kwOf: (id: string) => number,
  initialKwh = 0,
  powerFactor = 0.95
): GridLoad {
  const slots = 288 * FLAT_DAYS
  const rising = Float64Array.from({ length: slots + 1 }, (_, slot) => slot / 288)
  const flat: LoadPatterns = { count: 1, slotsPerDay: 288, days: FLAT_DAYS, taken: rising }
  const back: LoadPatterns = { ...flat, taken: new Float64Array(slots + 1), fedBack: rising }
  const { customers, keyCustomers } = grid
  const ids = [...customers.point, ...keyCustomers.map(({ id }) => id)]
  const kw = ids.map(kwOf)
  const zeros = new Uint32Array(ids.length)
  return {
    count: ids.length,
    set: Uint8Array.from(kw, each => (each < 0 ? SOLAR : 0)),
    pattern: new Uint16Array(ids.length),
    offset: zeros,
    scale: Float64Array.from(kw, each => Math.abs(each) * 24),
    initialKwh: new Float64Array(ids.length).fill(initialKwh),
    powerFactor: new Float64Array(ids.length).fill(powerFactor),
    takenBefore: new Float64Array(ids.length),
    fedBackBefore: new Float64Array(ids.length),
    sets: [flat, flat, flat, flat, back]
  }
}
