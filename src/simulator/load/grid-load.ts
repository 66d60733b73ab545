import { Chance } from '../city/chance.ts'
import { ABC, type Grid, LOAD_KINDS, type LoadKind } from '../grid/grid.ts'
import {
  DRAWN_GRID,
  drawFactories,
  drawHomes,
  drawHospitals,
  drawShops,
  drawSolarHomes
} from './drawn-patterns.ts'
import { CITY_EPOCH_MS, type LoadPatterns, runningEnergy, slotsSinceEpoch } from './load-patterns.ts'

/** Sets of patterns: one for each kind of customer, and one for homes with panels. */
const SETS = [...LOAD_KINDS, 'solar'] as const
type SetName = (typeof SETS)[number]
const SOLAR = SETS.indexOf('solar')
/** Enough of each that neighbours are not alike. */
const COUNTS: Readonly<Record<SetName, number>> = { home: 64, shop: 16, factory: 18, hospital: 4, solar: 16 }
/** Mean energy of a day, kWh, least and most; the middle is nearer to the least. A hospital's comes from its sections. */
const MEAN_KWH: Readonly<Record<LoadKind, readonly [least: number, most: number]>> = {
  home: [4, 18],
  shop: [15, 90],
  factory: [150, 1200],
  hospital: [0, 0]
}
const POWER_FACTORS: Readonly<Record<LoadKind, readonly [least: number, most: number]>> = {
  home: [0.93, 0.99],
  shop: [0.88, 0.96],
  factory: [0.86, 0.96],
  hospital: [0.92, 0.97]
}
/** A meter may be so many slots ahead of its pattern. */
const MOST_SLOTS = 3
/** Homes with panels on the roof. */
const SOLAR_SHARE = 0.03
/** Homes where nobody lives: what is always on, and no more. */
const VACANT_SHARE = 0.04
const VACANT_SCALE = 0.01
/** Homes that follow a recorded one take so much of what it took, least and most. */
const RECORDED_SPREAD: readonly [least: number, most: number] = [0.85, 1.15]
/** Mean power of a hospital as a share of its sections' loads. */
const HOSPITAL_LOAD_FACTOR = 0.6
const HOURS = 24
/** A meter is chosen so that its customer reaches this share of what it measures. */
const CHOSEN_SHARE = 0.65
const NOMINAL_V = 220
const MOST_INITIAL_KWH = 20000

/**
 * What everybody takes and feeds back, by number: customers first, then the key customers as a whole, whose feeds carry what their plant
 * says. Energies are those of undisturbed supply; what an outage takes out is the world's affair.
 */
export interface GridLoad {
  readonly count: number
  /** Index into SETS, which of it, and how many slots ahead of it. */
  readonly set: Uint8Array
  readonly pattern: Uint16Array
  readonly offset: Uint32Array
  /** kWh of a mean day. */
  readonly scale: Float64Array
  /** What the import register showed on the epoch, kWh as the meter shows them. */
  readonly initialKwh: Float64Array
  readonly powerFactor: Float64Array
  /** What its pattern had taken and fed back before the epoch, mean days: it begins somewhere in the middle. */
  readonly takenBefore: Float64Array
  readonly fedBackBefore: Float64Array
  readonly sets: readonly LoadPatterns[]
  /** What runs before this one took out of it. */
  readonly lost?: LostEnergy
}

/**
 * Energy that was drawn for customers and not counted, or not taken and not fed back, kWh by number; and what feeds have carried in all, by
 * customer.
 */
export interface LostEnergy {
  readonly counted: Float64Array
  readonly countedBack: Float64Array
  readonly taken: Float64Array
  readonly fedBack: Float64Array
  readonly feedKwh: ReadonlyMap<number, number>
}

/** Load of a grid. @param homes patterns that its homes follow instead of drawn ones */
export function makeGridLoad(grid: Grid, seed: string, homes?: LoadPatterns): GridLoad {
  const { customers, keyCustomers } = grid
  const chance = new Chance(`${seed}/load`)
  const sets = makeSets(seed, homes)
  const peaks = sets.map(set => Array.from({ length: set.count }, (_, pattern) => peakOf(set, pattern)))
  const count = customers.count + keyCustomers.length
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
    energy: chance.named('energy'),
    solar: chance.named('solar'),
    vacant: chance.named('vacant'),
    spread: chance.named('spread'),
    register: chance.named('register'),
    factor: chance.named('power factor')
  }
  for (let number = 0; number < count; number++) {
    const kind = number < customers.count ? (LOAD_KINDS[customers.kind[number] ?? 0] ?? 'home') : 'hospital'
    const set = kind === 'home' && ask.solar.at(number) < SOLAR_SHARE ? SOLAR : LOAD_KINDS.indexOf(kind)
    const patterns = sets[set]
    if (patterns === undefined) continue
    const { slotsPerDay, days } = patterns
    const pattern = ask.pattern.integer(number, patterns.count)
    // All panels have the weather of the same day.
    const weeks = set === SOLAR ? 0 : ask.week.integer(number, days / 7)
    const offset = weeks * 7 * slotsPerDay + ask.slots.integer(number, MOST_SLOTS + 1)
    load.set[number] = set
    load.pattern[number] = pattern
    load.offset[number] = offset
    load.takenBefore[number] = runningEnergy(patterns, patterns.taken, pattern, offset)
    if (patterns.fedBack !== undefined)
      load.fedBackBefore[number] = runningEnergy(patterns, patterns.fedBack, pattern, offset)
    const recorded = patterns.meanKwh?.[pattern]
    // A recorded home keeps what it took, whatever meter it has got here.
    const most = recorded === undefined ? mostKw(grid, number) / (peaks[set]?.[pattern] ?? 1) : Infinity
    load.scale[number] = Math.min(scaleOf(number, kind, recorded), most)
    load.initialKwh[number] = MOST_INITIAL_KWH * ask.register.at(number) ** 1.5
    load.powerFactor[number] = between(POWER_FACTORS[kind], ask.factor.at(number))
  }
  return load

  function scaleOf(number: number, kind: LoadKind, recorded: number | undefined): number {
    if (kind === 'hospital') {
      const { sections = [] } = keyCustomers[number - customers.count] ?? {}
      return sections.reduce((sum, { loadKw }) => sum + loadKw, 0) * HOSPITAL_LOAD_FACTOR * HOURS
    }
    if (recorded !== undefined) return recorded * between(RECORDED_SPREAD, ask.spread.at(number))
    const mean = between(MEAN_KWH[kind], ask.energy.at(number) ** 1.8)
    const isVacant = load.set[number] === LOAD_KINDS.indexOf('home') && ask.vacant.at(number) < VACANT_SHARE
    return isVacant ? mean * VACANT_SCALE : mean
  }
}

/** What a meter was chosen for, kW; a key customer as a whole has none. */
function mostKw({ customers }: Grid, number: number): number {
  const amperes = (customers.ratedA[number] ?? Number.NaN) * (customers.ct[number] ?? 1)
  const elements = customers.phases[number] === ABC ? 3 : 1
  const kw = (amperes * NOMINAL_V * elements * CHOSEN_SHARE) / 1000
  return Number.isNaN(kw) || customers.isThreeWire[number] === 1 ? Infinity : kw
}

/** Greatest power of a pattern, kW for a mean day of 1 kWh. */
function peakOf({ taken, slotsPerDay, days }: LoadPatterns, pattern: number): number {
  const slots = slotsPerDay * days
  let most = 0
  for (let at = pattern * (slots + 1); at < (pattern + 1) * (slots + 1) - 1; at++)
    most = Math.max(most, (taken[at + 1] ?? 0) - (taken[at] ?? 0))
  return (most * slotsPerDay) / HOURS
}

function makeSets(seed: string, homes: LoadPatterns | undefined): LoadPatterns[] {
  const grid = homes ?? DRAWN_GRID
  const draw = { shop: drawShops, factory: drawFactories, hospital: drawHospitals, solar: drawSolarHomes }
  return SETS.map(name =>
    name === 'home' ? (homes ?? drawHomes(seed, COUNTS.home, grid)) : draw[name](seed, COUNTS[name], grid)
  )
}

const between = ([least, most]: readonly [number, number], share: number): number =>
  least + (most - least) * share

/** Energy taken since the epoch, kWh (primary), had the supply never failed; 0 before it. */
export function takenKwh(load: GridLoad, number: number, time: number): number {
  const patterns = load.sets[load.set[number] ?? 0]
  if (patterns === undefined || time <= CITY_EPOCH_MS) return 0
  const at = slotsSinceEpoch(time, patterns.slotsPerDay) + (load.offset[number] ?? 0)
  const running = runningEnergy(patterns, patterns.taken, load.pattern[number] ?? 0, at)
  return (load.scale[number] ?? 0) * (running - (load.takenBefore[number] ?? 0))
}

/** Energy fed back since the epoch, kWh (primary), likewise. */
export function fedBackKwh(load: GridLoad, number: number, time: number): number {
  const patterns = load.sets[load.set[number] ?? 0]
  if (patterns?.fedBack === undefined || time <= CITY_EPOCH_MS) return 0
  const at = slotsSinceEpoch(time, patterns.slotsPerDay) + (load.offset[number] ?? 0)
  const running = runningEnergy(patterns, patterns.fedBack, load.pattern[number] ?? 0, at)
  return (load.scale[number] ?? 0) * (running - (load.fedBackBefore[number] ?? 0))
}

/** Whether somebody has panels. */
export const feedsBack = (load: GridLoad, number: number): boolean => load.set[number] === SOLAR

/** Mean power over [from, to), kW; what is fed back is negative. */
export function meanKw(load: GridLoad, number: number, from: number, to: number): number {
  const taken = takenKwh(load, number, to) - takenKwh(load, number, from)
  const fedBack = feedsBack(load, number) ? fedBackKwh(load, number, to) - fedBackKwh(load, number, from) : 0
  return ((taken - fedBack) / (to - from)) * 3_600_000
}
