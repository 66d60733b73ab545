import { emptyRegistry, type Registry } from '../../src/registry/registry.ts'

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
}

/** A registry of these meters, numbered in order; terminal T0 unless said otherwise. */
export function registryOf(meters: readonly GivenMeter[]): Registry {
  const column = (of: (meter: GivenMeter) => number | undefined, other: number): Float64Array =>
    Float64Array.from(meters, meter => of(meter) ?? other)
  return {
    ...emptyRegistry(),
    version: 1,
    hash: 'given',
    meterNumbers: new Map(meters.map(({ id }, number) => [id, number])),
    meters: {
      count: meters.length,
      id: meters.map(({ id }) => id),
      terminal: meters.map(({ terminal }) => terminal ?? 'T0'),
      usagePoint: meters.map(({ id }) => `U-${id}`),
      device: meters.map(() => ''),
      wiring: meters.map(({ wiring }) => wiring ?? '1p2w'),
      ratedV: column(meter => meter.ratedV, 220),
      ratedA: column(meter => meter.ratedA, 60),
      ct: column(meter => meter.ct, 1),
      pt: column(meter => meter.pt, 1),
      registerDigits: column(meter => meter.registerDigits, 6),
      registerDecimals: column(meter => meter.registerDecimals, 2),
      installedAt: column(meter => meter.installedAt, -Infinity),
      removedAt: column(meter => meter.removedAt, Infinity)
    }
  }
}
