import { seededRandom } from '../../random.ts'
import { drawBusiness, drawFactory, drawHome, drawSun, type FactoryKind, MINUTES } from './draw-day.ts'
import type { LoadPatterns } from './load-patterns.ts'

/** How finely patterns are kept, and for how long they are drawn before they come round. */
export interface Grid {
  readonly slotsPerDay: number
  /** Whole weeks. */
  readonly days: number
}

/** Five minutes, six weeks. */
export const DRAWN_GRID: Grid = { slotsPerDay: 288, days: 42 }

/** kW of panels for each kWh of a mean day: what a pattern of a home with panels is drawn for. */
export const SOLAR_RATIOS = [0.2, 0.35, 0.5, 0.7] as const

const FACTORY_KINDS: readonly FactoryKind[] = ['one-shift', 'two-shifts', 'continuous']

export const drawHomes = (seed: string, count: number, grid: Grid): LoadPatterns =>
  drawPatterns(count, grid, (pattern, day, watts) => {
    const name = `${seed}/home/${pattern}`
    drawHome(watts, seededRandom(`${name}/${day}`), seededRandom(`${name}/habits`), isWeekend(day))
  })

export const drawShops = (seed: string, count: number, grid: Grid): LoadPatterns =>
  drawPatterns(count, grid, (pattern, day, watts) =>
    drawBusiness(watts, seededRandom(`${seed}/shop/${pattern}/${day}`), 'shop', isWeekend(day))
  )

export const drawHospitals = (seed: string, count: number, grid: Grid): LoadPatterns =>
  drawPatterns(count, grid, (pattern, day, watts) => {
    drawBusiness(watts, seededRandom(`${seed}/hospital/${pattern}/${day}`), 'clinic', isWeekend(day))
    // Wards never sleep: half of the load goes on through the night.
    const mean = watts.reduce((sum, each) => sum + each, 0) / MINUTES
    for (let minute = 0; minute < MINUTES; minute++) watts[minute] = (watts[minute] ?? 0) + mean
  })

export const drawFactories = (seed: string, count: number, grid: Grid): LoadPatterns =>
  drawPatterns(count, grid, (pattern, day, watts) => {
    const kind = FACTORY_KINDS[pattern % FACTORY_KINDS.length] ?? 'one-shift'
    drawFactory(watts, seededRandom(`${seed}/factory/${pattern}/${day}`), kind, isWeekend(day))
  })

/**
 * Homes with panels on the roof: what is drawn and not covered by the panels, and what is left over. All have the same weather on
 * the same day. Pattern p has the ratio p modulo the number of ratios.
 */
export function drawSolarHomes(seed: string, count: number, grid: Grid): LoadPatterns {
  const homes = drawHomes(`${seed}/solar`, count, grid)
  const slots = grid.slotsPerDay * grid.days
  const sun = new Float64Array(slots)
  const watts = new Float64Array(MINUTES)
  for (let day = 0; day < grid.days; day++) {
    const random = seededRandom(`${seed}/weather/${day}`)
    drawSun(watts, random, random.next() ** 0.7)
    // kWh of each slot, for 1 kW of panels.
    addSlots(watts, sun, day * grid.slotsPerDay, grid.slotsPerDay)
  }
  const taken = new Float64Array(homes.taken.length)
  const fedBack = new Float64Array(homes.taken.length)
  for (let pattern = 0; pattern < count; pattern++) {
    const ratio = SOLAR_RATIOS[pattern % SOLAR_RATIOS.length] ?? 0
    const first = pattern * (slots + 1)
    for (let slot = 0; slot < slots; slot++) {
      const at = first + slot
      const net = (homes.taken[at + 1] ?? 0) - (homes.taken[at] ?? 0) - ratio * (sun[slot] ?? 0)
      taken[at + 1] = (taken[at] ?? 0) + Math.max(0, net)
      fedBack[at + 1] = (fedBack[at] ?? 0) + Math.max(0, -net)
    }
  }
  return { ...homes, taken, fedBack }
}

type DrawDay = (pattern: number, day: number, watts: Float64Array) => void

/** @param draw sets the watts of each minute of a day; their size says nothing, every pattern is made to a mean day of 1 */
function drawPatterns(count: number, { slotsPerDay, days }: Grid, draw: DrawDay): LoadPatterns {
  const slots = slotsPerDay * days
  const taken = new Float64Array(count * (slots + 1))
  const watts = new Float64Array(MINUTES)
  const energies = new Float64Array(slots)
  for (let pattern = 0; pattern < count; pattern++) {
    energies.fill(0)
    for (let day = 0; day < days; day++) {
      watts.fill(0)
      draw(pattern, day, watts)
      addSlots(watts, energies, day * slotsPerDay, slotsPerDay)
    }
    accumulate(energies, taken, pattern * (slots + 1), days)
  }
  return { count, slotsPerDay, days, taken }
}

/** Running sums of the energies, scaled so that a mean day is 1. */
export function accumulate(energies: Float64Array, into: Float64Array, first: number, days: number): number {
  const mean = energies.reduce((sum, each) => sum + each, 0) / days
  const scale = mean > 0 ? 1 / mean : 0
  let sum = 0
  for (let slot = 0; slot < energies.length; slot++) {
    sum += (energies[slot] ?? 0) * scale
    into[first + slot + 1] = sum
  }
  return mean
}

/** Adds the energy of each slot, kWh of watts by minute. */
function addSlots(watts: Float64Array, into: Float64Array, first: number, slotsPerDay: number): void {
  const minutes = MINUTES / slotsPerDay
  for (let minute = 0; minute < MINUTES; minute++) {
    const slot = first + Math.floor(minute / minutes)
    into[slot] = (into[slot] ?? 0) + (watts[minute] ?? 0) / 60000
  }
}

/** Patterns begin on a Monday. */
const isWeekend = (day: number): boolean => day % 7 >= 5
