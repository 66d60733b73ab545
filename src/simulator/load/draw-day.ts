import type { Random } from '../../random.ts'

/** Minutes of a day, which all curves here have. */
export const MINUTES = 1440

/** Adds `watts` from minute `start` for `minutes`; what passes midnight is cut off. */
function run(into: Float64Array, start: number, minutes: number, watts: number): void {
  const first = Math.max(0, Math.round(start))
  const end = Math.min(MINUTES, first + Math.round(minutes))
  for (let minute = first; minute < end; minute++) into[minute] = (into[minute] ?? 0) + watts
}

const between = (random: Random, low: number, high: number): number => low + (high - low) * random.next()

/** @param random of this day @param habits of this household, the same every day */
export function drawHome(watts: Float64Array, random: Random, habits: Random, weekend: boolean): void {
  const standby = between(habits, 35, 90)
  const fridge = {
    watts: between(habits, 85, 130),
    period: between(habits, 40, 58),
    duty: between(habits, 0.36, 0.5)
  }
  const heater = habits.next() < 0.55 ? between(habits, 1500, 2000) : 0
  const usual = {
    wake: between(habits, 350, 430),
    home: between(habits, 1020, 1110),
    sleep: between(habits, 1335, 1410)
  }
  const works = habits.next() < 0.7

  const phase = between(random, 0, fridge.period)
  for (let minute = 0; minute < MINUTES; minute++) {
    const cooling = ((minute + phase) % fridge.period) / fridge.period < fridge.duty
    watts[minute] = standby * between(random, 0.9, 1.1) + (cooling ? fridge.watts : 0)
  }
  const wake = usual.wake + (weekend ? 75 : 0) + 12 * random.normal()
  const back = works && !weekend ? usual.home + 15 * random.normal() : wake + 60
  const sleep = usual.sleep + 15 * random.normal()
  run(watts, wake, 65, between(random, 80, 160))
  run(watts, Math.max(back, 960), sleep - Math.max(back, 960), between(random, 140, 320))

  run(watts, wake + 8, 4, 1800)
  run(watts, wake + 15, between(random, 8, 14), between(random, 900, 1400))
  if (!works || weekend) {
    run(watts, 690 + 15 * random.normal(), between(random, 18, 30), between(random, 1100, 1600))
    run(watts, 730, 240, between(random, 60, 180))
  }
  run(
    watts,
    Math.max(back + 20, 1050) + 10 * random.normal(),
    between(random, 25, 40),
    between(random, 1300, 1900)
  )
  for (let kettle = random.integer(3); kettle > 0; kettle--)
    run(watts, between(random, Math.max(back, 900), sleep), 4, 1800)
  if (heater > 0) {
    run(watts, sleep - between(random, 80, 120), between(random, 25, 40), heater)
    run(watts, wake - 20, between(random, 6, 12), heater)
  }
  if (random.next() < (weekend ? 0.6 : 0.3)) {
    const start = weekend ? between(random, 540, 960) : back + between(random, 30, 90)
    run(watts, start, 45, 180)
    run(watts, start + 6, 12, 1500)
  }
  if (random.next() < 0.5) {
    for (let start = Math.max(back + 30, 1080); start < sleep; start += 25)
      run(watts, start, 15, between(random, 600, 900))
  }
}

export function drawBusiness(
  watts: Float64Array,
  random: Random,
  kind: 'shop' | 'clinic',
  weekend: boolean
): void {
  const [open, close] = kind === 'shop' ? [540, 1260] : weekend ? [510, 750] : [450, 1080]
  const night = kind === 'shop' ? 350 : 1600
  const day = kind === 'shop' ? 2600 : 4200
  for (let minute = 0; minute < MINUTES; minute++) {
    const opened =
      Math.min(1, Math.max(0, (minute - open) / 30)) * Math.min(1, Math.max(0, (close - minute) / 30))
    watts[minute] = (night + day * opened) * between(random, 0.94, 1.06)
  }
  const cycles = kind === 'shop' ? 30 : 18
  for (let cycle = 0; cycle < cycles; cycle++) {
    run(
      watts,
      (cycle * MINUTES) / cycles + between(random, 0, 10),
      between(random, 8, 20),
      kind === 'shop' ? 500 : 900
    )
  }
}

/** How a factory works: one shift, two, or without a stop. */
export type FactoryKind = 'one-shift' | 'two-shifts' | 'continuous'

const SHIFTS: Readonly<Record<FactoryKind, readonly [start: number, end: number, night: number]>> = {
  'one-shift': [470, 1050, 0.12],
  'two-shifts': [410, 1330, 0.15],
  continuous: [0, MINUTES, 0.8]
}
/** Lunch, when machines of a shift stand still. */
const LUNCH: readonly [start: number, end: number] = [690, 750]

/** Watts of a factory that takes 1 kW when it works: machines that come and go above what always runs. */
export function drawFactory(watts: Float64Array, random: Random, kind: FactoryKind, weekend: boolean): void {
  const [start, end, night] = SHIFTS[kind]
  const works = kind === 'continuous' || !weekend || random.next() < 0.25
  const [from, to] = [start + 8 * random.normal(), end + 12 * random.normal()]
  let machines = 0.8
  for (let minute = 0; minute < MINUTES; minute++) {
    // Machines start and stop every few minutes: a walk that is drawn back to its middle.
    machines += 0.08 * (0.8 - machines) + 0.03 * random.normal()
    const ramp = Math.min(1, Math.max(0, (minute - from) / 20)) * Math.min(1, Math.max(0, (to - minute) / 20))
    const opened = kind === 'continuous' ? 1 : ramp
    const isLunch = kind !== 'continuous' && minute >= LUNCH[0] && minute < LUNCH[1]
    const share = works ? opened * (isLunch ? 0.45 : 1) * Math.min(1.2, Math.max(0.3, machines)) : 0
    watts[minute] = 1000 * Math.max(night * between(random, 0.9, 1.1), share)
  }
}

/**
 * Watts of panels with a peak of 1 kW on one day: a bell between sunrise and sunset, with clouds that pass.
 * @param clearness of the day: 0 is overcast, 1 a clear sky
 */
export function drawSun(watts: Float64Array, random: Random, clearness: number): void {
  const [rise, set] = [380, 1060]
  let cloud = 0
  for (let minute = 0; minute < MINUTES; minute++) {
    cloud += 0.1 * (0 - cloud) + 0.12 * random.normal()
    const height = Math.sin((Math.PI * (minute - rise)) / (set - rise))
    const through = Math.min(1, Math.max(0.08, clearness + (1 - clearness) * 0.5 * cloud))
    watts[minute] = minute > rise && minute < set ? 780 * height ** 1.3 * through : 0
  }
}
