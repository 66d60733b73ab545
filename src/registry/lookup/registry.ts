import type { KeyCustomer, PlannedOutage } from './customers.ts'
import { buildNetwork, type Network } from './network.ts'
import {
  type NumberById,
  type PackedTexts,
  packTexts,
  type SharedTexts,
  shareTexts,
  TextIndex
} from '../texts.ts'
import { UsagePoints } from './usage-points.ts'

/**
 * The registry as the hot path sees it: columns by dense meter number. Immutable; a new version is a new object.
 * Numbers are handed out once and kept for the life of a data folder, because logs and stores carry them.
 */
export interface Registry {
  readonly version: number
  /** SHA-256 of the imported content. */
  readonly hash: string
  /** Dense number by meter id; the terminal's own sampling is `self:{terminal}`. */
  readonly meterNumbers: NumberById
  readonly meters: MeterColumns
  readonly terminals: ReadonlyMap<string, Terminal>
  readonly usagePoints: UsagePoints
  /** The network of devices and ties; devices have numbers of their own, valid within this version. */
  readonly network: Network
  readonly devices: DeviceColumns
  /** Key customers by id. */
  readonly keyCustomers: ReadonlyMap<string, KeyCustomer>
  /** In order of their beginning. */
  readonly plannedOutages: readonly PlannedOutage[]
}

/**
 * What meters are bound to and when. Rows 0 .. count - 1 are by dense number: the latest binding of each meter; earlier
 * ones of meters that were moved or changed follow. NaN means that the registry does not say.
 *
 *   row       0  1  2 | 3        meter 1 was moved twice:  1 ── earlier ──> 3 ── earlier ──> 4
 *   earlier  -1  3 -1 | 4 -1
 */
export interface MeterColumns {
  /** Dense numbers given out. */
  readonly count: number
  /** By dense number. */
  readonly id: PackedTexts
  /** Row of the same meter's binding before this one, -1 when there is none. */
  readonly earlier: Int32Array
  /** Terminal id, '' when none. */
  readonly terminal: SharedTexts
  readonly usagePoint: PackedTexts
  /** Device a check meter measures, '' for customers' meters. */
  readonly device: SharedTexts
  /** 1p2w, 3p4w, 3p3w, '' unknown. */
  readonly wiring: SharedTexts
  readonly ratedV: Float64Array
  readonly ratedA: Float64Array
  readonly ct: Float64Array
  readonly pt: Float64Array
  /** Digits before the point; the register rolls over at 10^digits. NaN: unknown, no rollover is assumed. */
  readonly registerDigits: Float64Array
  /** Decimals; the register step is 10^-decimals. NaN: unknown, 2 is taken. */
  readonly registerDecimals: Float64Array
  /** Epoch ms; -Infinity / Infinity when blank. */
  readonly installedAt: Float64Array
  readonly removedAt: Float64Array
  /** What the import register (kWh) showed at these times, as shown; NaN: not known. */
  readonly initialRegister: Float64Array
  readonly removedRegister: Float64Array
}

export interface Terminal {
  readonly id: string
  readonly kind: string
  readonly poweredBy: string
  readonly sampleIntervalS: number
  readonly uploadIntervalS: number
  readonly uploadDelayS: number
  readonly heartbeatS: number
  readonly carrier: string
  readonly cell: string
  readonly backup: string
  readonly protocol: string
}

/** One entry per device of the network. NaN means that the registry does not say. */
export interface DeviceColumns {
  readonly kind: SharedTexts
  readonly name: PackedTexts
  /** Phases it carries, such as ABC. */
  readonly phases: SharedTexts
  readonly ratedKva: Float64Array
  readonly ratedA: Float64Array
  readonly nominalKv: Float64Array
  /** Of a transformer, such as Dyn11; '' for others. */
  readonly vectorGroup: SharedTexts
  /** Degrees, north and east positive. */
  readonly latitude: Float64Array
  readonly longitude: Float64Array
}

/**
 * Row of the binding that counts for a meter at a time: late data is judged by what was true then. The latest that had
 * begun, or else the first one.
 */
export function bindingAt({ earlier, installedAt }: MeterColumns, meter: number, time: number): number {
  let row = meter
  while (time < (installedAt[row] ?? -Infinity)) {
    const before = earlier[row] ?? -1
    if (before < 0) break
    row = before
  }
  return row
}

const NO_ROWS = { rows: () => 0, shared: () => shareTexts([]), packed: () => packTexts([]) }

/** A registry that knows nothing: before the first import every reading is of an unknown meter. */
export function emptyRegistry(): Registry {
  const none = new Float64Array(0)
  return {
    version: 0,
    hash: '',
    meterNumbers: TextIndex.of(packTexts([])),
    meters: {
      count: 0,
      id: packTexts([]),
      earlier: new Int32Array(0),
      terminal: shareTexts([]),
      usagePoint: packTexts([]),
      device: shareTexts([]),
      wiring: shareTexts([]),
      ratedV: none,
      ratedA: none,
      ct: none,
      pt: none,
      registerDigits: none,
      registerDecimals: none,
      installedAt: none,
      removedAt: none,
      initialRegister: none,
      removedRegister: none
    },
    terminals: new Map(),
    usagePoints: UsagePoints.of([]),
    network: buildNetwork(NO_ROWS),
    devices: {
      kind: shareTexts([]),
      name: packTexts([]),
      phases: shareTexts([]),
      ratedKva: none,
      ratedA: none,
      nominalKv: none,
      vectorGroup: shareTexts([]),
      latitude: none,
      longitude: none
    },
    keyCustomers: new Map(),
    plannedOutages: []
  }
}
