import { Chance } from '../city/chance.ts'
import type { City } from '../city/city.ts'
import {
  DRAWN_GRID,
  drawFactories,
  drawHomes,
  drawHospitals,
  drawShops,
  drawSolarHomes,
  SOLAR_RATIOS
} from './drawn-patterns.ts'
import { CITY_EPOCH_MS, type LoadPatterns, runningEnergy, slotsSinceEpoch } from './load-patterns.ts'

/** Patterns of a city: how many of each are enough that neighbours are not alike. */
const COUNTS = { home: 64, solar: 16, shop: 16, factory: 18, hospital: 4 } as const
/** Places in the list of pattern sets. */
const [HOME, SHOP, FACTORY, SOLAR, HOSPITAL] = [0, 1, 2, 3, 4] as const
/** A meter may be so many slots behind its pattern. */
const LATEST_SLOTS = 3
/** Homes where nobody lives: what is always on, and no more. */
const VACANT_SHARE = 0.04
const VACANT_SCALE = 0.01
/** Homes that follow a recorded one take so much of what it took, least and most. */
const RECORDED_SPREAD: readonly [least: number, most: number] = [0.85, 1.15]
/** Power factors by set of patterns, least and most. */
const POWER_FACTORS: readonly (readonly [least: number, most: number])[] = [
  [0.93, 0.99],
  [0.88, 0.96],
  [0.86, 0.96],
  [0.93, 0.99],
  [0.92, 0.97]
]
/** Mean power of a hospital as a share of its peak. */
const HOSPITAL_LOAD_FACTOR = 0.6
const HOURS = 24
const MOST_INITIAL_KWH = 20000

/**
 * What everybody in a city takes and feeds back, by number: customers first, then the hospitals. Energies are those of undisturbed supply;
 * what an outage takes out is the world's affair.
 */
export interface CityLoad {
  readonly count: number
  /** Which set of patterns, which of it, and how many slots ahead of it. */
  readonly set: Uint8Array
  readonly pattern: Uint16Array
  readonly offset: Uint32Array
  /** kWh of a mean day. */
  readonly scale: Float64Array
  /** What the import register showed on the epoch, kWh (primary). */
  readonly initialKwh: Float64Array
  readonly powerFactor: Float64Array
  /** What its pattern had taken and fed back before the epoch, mean days: it begins somewhere in the middle. */
  readonly takenBefore: Float64Array
  readonly fedBackBefore: Float64Array
  readonly sets: readonly LoadPatterns[]
}

/** Load of a city. @param homes patterns that its homes follow instead of drawn ones */
export function makeCityLoad(city: City, homes?: LoadPatterns): CityLoad {
  const { customers, hospitals, seed } = city
  const chance = new Chance(`${seed}/load`)
  const grid = homes ?? DRAWN_GRID
  const sets = [
    homes ?? drawHomes(seed, COUNTS.home, grid),
    drawShops(seed, COUNTS.shop, grid),
    drawFactories(seed, COUNTS.factory, grid),
    drawSolarHomes(seed, COUNTS.solar, grid),
    drawHospitals(seed, COUNTS.hospital, grid)
  ]
  const count = customers.count + hospitals.length
  const load = {
    count,
    set: new Uint8Array(count),
    pattern: new Uint16Array(count),
    offset: new Uint32Array(count),
    scale: new Float64Array(count),
    initialKwh: new Float64Array(count),
    powerFactor: new Float64Array(count),
    takenBefore: new Float64Array(count),
    fedBackBefore: new Float64Array(count),
    sets
  }
  const ask = {
    pattern: chance.named('pattern'),
    week: chance.named('week'),
    slots: chance.named('slots'),
    vacant: chance.named('vacant'),
    spread: chance.named('spread'),
    register: chance.named('register'),
    factor: chance.named('power factor')
  }
  for (let number = 0; number < count; number++) {
    const set = setOf(city, number)
    const patterns = sets[set]
    if (patterns === undefined) continue
    const mean = customers.meanKwhPerDay[number] ?? 0
    let pattern = ask.pattern.integer(number, patterns.count)
    if (set === SOLAR) pattern = withRatio(pattern, (customers.solarKw[number] ?? 0) / mean)
    // All panels have the weather of the same day.
    const weeks = set === SOLAR ? 0 : ask.week.integer(number, grid.days / 7)
    const offset = weeks * 7 * grid.slotsPerDay + ask.slots.integer(number, LATEST_SLOTS + 1)
    load.set[number] = set
    load.pattern[number] = pattern
    load.offset[number] = offset
    load.takenBefore[number] = runningEnergy(patterns, patterns.taken, pattern, offset)
    if (patterns.fedBack !== undefined)
      load.fedBackBefore[number] = runningEnergy(patterns, patterns.fedBack, pattern, offset)
    load.scale[number] = scaleOf(number, mean, patterns.meanKwh?.[pattern])
    load.initialKwh[number] = MOST_INITIAL_KWH * ask.register.at(number) ** 1.5
    const [least, most] = POWER_FACTORS[set] ?? [1, 1]
    load.powerFactor[number] = least + (most - least) * ask.factor.at(number)
  }
  return load

  function scaleOf(number: number, mean: number, recorded: number | undefined): number {
    const hospital = hospitals[number - customers.count]
    if (hospital !== undefined) return hospital.peakKw * HOSPITAL_LOAD_FACTOR * HOURS
    if (recorded !== undefined) {
      const [least, most] = RECORDED_SPREAD
      return recorded * (least + (most - least) * ask.spread.at(number))
    }
    const isVacant = load.set[number] === HOME && ask.vacant.at(number) < VACANT_SHARE
    return isVacant ? mean * VACANT_SCALE : mean
  }
}

function setOf({ customers }: City, number: number): number {
  if (number >= customers.count) return HOSPITAL
  if ((customers.solarKw[number] ?? 0) > 0) return SOLAR
  return [HOME, SHOP, FACTORY][customers.kind[number] ?? 0] ?? HOME
}

/** The pattern nearby whose panels are the nearest to so many kW for each kWh of a mean day. */
function withRatio(pattern: number, ratio: number): number {
  const apart = SOLAR_RATIOS.map(each => Math.abs(each - ratio))
  return pattern - (pattern % SOLAR_RATIOS.length) + apart.indexOf(Math.min(...apart))
}

/** Energy taken since the epoch, kWh (primary), had the supply never failed; 0 before it. */
export function takenKwh(load: CityLoad, number: number, time: number): number {
  const patterns = load.sets[load.set[number] ?? 0]
  if (patterns === undefined || time <= CITY_EPOCH_MS) return 0
  const at = slotsSinceEpoch(time, patterns.slotsPerDay) + (load.offset[number] ?? 0)
  const running = runningEnergy(patterns, patterns.taken, load.pattern[number] ?? 0, at)
  return (load.scale[number] ?? 0) * (running - (load.takenBefore[number] ?? 0))
}

/** Energy fed back since the epoch, kWh (primary), likewise. */
export function fedBackKwh(load: CityLoad, number: number, time: number): number {
  const patterns = load.sets[load.set[number] ?? 0]
  if (patterns?.fedBack === undefined || time <= CITY_EPOCH_MS) return 0
  const at = slotsSinceEpoch(time, patterns.slotsPerDay) + (load.offset[number] ?? 0)
  const running = runningEnergy(patterns, patterns.fedBack, load.pattern[number] ?? 0, at)
  return (load.scale[number] ?? 0) * (running - (load.fedBackBefore[number] ?? 0))
}

/** Whether somebody has panels. */
export const feedsBack = (load: CityLoad, number: number): boolean => load.set[number] === SOLAR
