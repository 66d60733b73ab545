/**
 * The grid that the simulator plays on, in columns by number: read from registry files (read-grid.ts), so that any registry can be
 * simulated, made up or recorded. What it says is taken for true: a registry with dirt in it is the server's.
 */
export interface Grid {
  readonly devices: GridDevices
  readonly ties: readonly GridTie[]
  readonly customers: GridCustomers
  /** Meters that measure a device. */
  readonly checkMeters: readonly CheckMeter[]
  readonly terminals: readonly GridTerminal[]
  readonly keyCustomers: readonly GridKeyCustomer[]
}

export interface GridDevices {
  readonly count: number
  readonly id: readonly string[]
  /** Index into the registry's DEVICE_KINDS. */
  readonly kind: Uint8Array
  /** Who feeds it normally, -1 for a root. */
  readonly parent: Int32Array
  /** Phases it has, as bits. */
  readonly phases: Uint8Array
  /** kVA, NaN when not said. */
  readonly ratedKva: Float64Array
  readonly windings: readonly string[]
  /** Numbers in an order in which everybody comes after who feeds him. */
  readonly order: Uint32Array
  /** The transformer at or above a device, -1 where there is none: at medium voltage. */
  readonly transformer: Int32Array
}

export interface GridTie {
  readonly id: string
  readonly a: number
  readonly b: number
  readonly isOpen: boolean
}

/** What a customer is like, which decides what it draws. */
export const LOAD_KINDS = ['home', 'shop', 'factory', 'hospital'] as const
export type LoadKind = (typeof LOAD_KINDS)[number]

/** Usage points with a meter. Columns by number. */
export interface GridCustomers {
  readonly count: number
  readonly point: readonly string[]
  readonly account: readonly string[]
  readonly meter: readonly string[]
  /** The device it hangs on. */
  readonly device: Int32Array
  /** Phases of its meter, as bits. */
  readonly phases: Uint8Array
  /** Index into LOAD_KINDS. */
  readonly kind: Uint8Array
  readonly terminal: Int32Array
  readonly ct: Float64Array
  readonly pt: Float64Array
  readonly ratedV: Float64Array
  /** Most that a meter measures, A, secondary; NaN when not said. */
  readonly ratedA: Float64Array
  /** Three wires, no neutral. */
  readonly isThreeWire: Uint8Array
  readonly registerDecimals: Uint8Array
}

export interface CheckMeter {
  readonly meter: string
  readonly device: number
  readonly terminal: number
  readonly ct: number
}

export interface GridTerminal {
  readonly id: string
  /** Whose supply it has, -1 when the registry does not say. */
  readonly poweredBy: number
  readonly carrier: string
  readonly cell: string
  readonly backup: Backup
  readonly sampleMs: number
  readonly uploadMs: number
  readonly uploadDelayMs: number
  readonly heartbeatMs: number
}

export type Backup = 'none' | 'supercap' | 'battery'

/** A key customer with what feeds it. */
export interface GridKeyCustomer {
  readonly id: string
  /** Numbers of its usage points that are fed from the grid, in order of preference, with the ids of these sources. */
  readonly feeds: readonly { readonly source: string; readonly customer: number }[]
  readonly generator: string | undefined
  readonly generatorKw: number
  readonly startClassS: number
  readonly fuelLitres: number
  readonly ups: string | undefined
  readonly sections: readonly GridSection[]
  /** Place of the terminal that tells of its plant, -1 without one. */
  readonly terminal: number
}

export interface GridSection {
  readonly id: string
  readonly isSecurity: boolean
  readonly loadKw: number
  /** Ids of sources in order of preference. */
  readonly sources: readonly string[]
  /** Whether it changes over by itself. */
  readonly isAutomatic: boolean
  readonly allowedGapMs: number
}

/** Bits of phases. */
export const [A, B, C, ABC] = [1, 2, 4, 7] as const
const LETTERS = [
  ['A', A],
  ['B', B],
  ['C', C]
] as const

export const phaseBits = (letters: string): number =>
  LETTERS.reduce((bits, [letter, bit]) => (letters.includes(letter) ? bits | bit : bits), 0)

export const phaseLetters = (bits: number): string =>
  LETTERS.map(([letter, bit]) => ((bits & bit) === 0 ? '' : letter)).join('')
