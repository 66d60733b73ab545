import type { Chance } from './chance.ts'
import type { Network } from './network.ts'

/**
 * A hospital with two feeds of different feeders, an automatic transfer switch, a generator and a UPS. It is measured at
 * high voltage, once a feed, and its own terminal says how its plant is.
 */
export interface Hospital {
  readonly number: number
  /** Device numbers of the sections that feed it. */
  readonly feeds: readonly [main: number, standby: number]
  readonly peakKw: number
  readonly securityKw: number
  readonly generatorKw: number
  readonly fuelLitres: number
  readonly batteryKwh: number
  readonly batteryMinutes: number
}

/** One for so many meters, and one at least. */
const METERS_PER_HOSPITAL = 50_000

/** How many a city of so many meters has. */
export const usualHospitals = (meters: number): number =>
  Math.max(1, Math.floor(meters / METERS_PER_HOSPITAL))

/** Hospitals of a city; none where there are not two feeders. Each is the same however many there are. */
export function placeHospitals(network: Network, wanted: number, chance: Chance): Hospital[] {
  const { feeders } = network
  if (feeders.length < 2) return []
  const [size, place] = [chance.named('size of a hospital'), chance.named('feeder of a hospital')]
  return Array.from({ length: wanted }, (_, number) => {
    const main = place.integer(number, feeders.length)
    // The neighbour is on the other bus of its substation, or of another one.
    const standby = main + 1 < feeders.length ? main + 1 : main - 1
    const peakKw = Math.round(600 + 1400 * size.at(number))
    const securityKw = Math.round(peakKw * 0.35)
    return {
      number,
      feeds: [feeders[main]?.first ?? 0, feeders[standby]?.last ?? 0] as const,
      peakKw,
      securityKw,
      generatorKw: Math.round(securityKw * 1.25),
      fuelLitres: Math.round(securityKw * 3),
      batteryKwh: Math.round(securityKw * 0.2),
      batteryMinutes: 30
    }
  })
}
