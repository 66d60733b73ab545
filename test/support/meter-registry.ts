import { packTexts, shareTexts } from '../../src/registry/texts.ts'
import { emptyRegistry, type Registry, type Terminal } from '../../src/registry/lookup/registry.ts'

/** A meter as a test writes it. What is left out is that of a household: 220 V, 60 A, 6.2 registers, no ratios. */
export interface GivenMeter {
  readonly id: string
  readonly terminal?: string
  readonly wiring?: string
  readonly ratedV?: number
  readonly ratedA?: number
  readonly ct?: number
  readonly pt?: number
  readonly registerDigits?: number
  readonly registerDecimals?: number
  readonly installedAt?: number
  readonly removedAt?: number
  readonly initialRegister?: number
  readonly removedRegister?: number
  /** Bindings before this one, the latest first. */
  readonly before?: readonly Omit<GivenMeter, 'id' | 'before'>[]
}

/** A concentrator that samples and uploads every quarter of an hour. */
const TERMINAL: Terminal = {
  id: '',
  kind: 'concentrator',
  poweredBy: '',
  sampleIntervalS: 900,
  uploadIntervalS: 900,
  uploadDelayS: 0,
  heartbeatS: 60,
  carrier: '',
  cell: '',
  backup: 'none',
  protocol: ''
}

/** Terminals by id; what is left out is that of a concentrator. */
export const terminalsOf = (terminals: readonly Partial<Terminal>[]): Map<string, Terminal> =>
  new Map(terminals.map(({ id = 'T0', ...given }) => [id, { ...TERMINAL, ...given, id }]))

/** A registry of these meters, numbered in order; terminal T0 unless said otherwise. */
export function registryOf(
  meters: readonly GivenMeter[],
  terminals: readonly Partial<Terminal>[] = []
): Registry {
  const rows = [...meters]
  const earlier = meters.map(() => -1)
  for (const [number, { id, before = [] }] of meters.entries()) {
    let at = number
    for (const binding of before) {
      earlier[at] = rows.length
      at = rows.length
      earlier.push(-1)
      rows.push({ id, ...binding })
    }
  }
  const column = (of: (meter: GivenMeter) => number | undefined, other: number): Float64Array =>
    Float64Array.from(rows, meter => of(meter) ?? other)
  return {
    ...emptyRegistry(),
    version: 1,
    hash: 'given',
    terminals: terminalsOf(terminals),
    meterNumbers: new Map(meters.map(({ id }, number) => [id, number])),
    meters: {
      count: meters.length,
      id: packTexts(meters.map(({ id }) => id)),
      earlier: Int32Array.from(earlier),
      terminal: shareTexts(rows.map(({ terminal }) => terminal ?? 'T0')),
      usagePoint: packTexts(rows.map(({ id }) => `U-${id}`)),
      device: shareTexts(rows.map(() => '')),
      wiring: shareTexts(rows.map(({ wiring }) => wiring ?? '1p2w')),
      ratedV: column(meter => meter.ratedV, 220),
      ratedA: column(meter => meter.ratedA, 60),
      ct: column(meter => meter.ct, 1),
      pt: column(meter => meter.pt, 1),
      registerDigits: column(meter => meter.registerDigits, 6),
      registerDecimals: column(meter => meter.registerDecimals, 2),
      installedAt: column(meter => meter.installedAt, -Infinity),
      removedAt: column(meter => meter.removedAt, Infinity),
      initialRegister: column(meter => meter.initialRegister, Number.NaN),
      removedRegister: column(meter => meter.removedRegister, Number.NaN)
    }
  }
}
