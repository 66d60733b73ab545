import { ABC, type Phases } from '../../../src/model/phases.ts'
import { CLAIM, TOO_HIGH } from '../evidence/meter-book.ts'
import { figure } from '../likelihoods.ts'
import { deadScore } from './dead-score.ts'
import { lnSharedChance } from './score.ts'
import type { Books } from '../books.ts'
import { addTally, livingSpan, type Moment, noTally, type Tally, tallyMeter } from './tally.ts'

/** What the meters of an area say of a moment, phase by phase. Index 0, 1, 2 stand for A, B, C. */
export interface PhaseTally {
  /** Single-phase meters by their phase: who could have lost supply, who claims so. */
  readonly dark: readonly Tally[]
  /** The same of those whose phase nobody knows, as far as they claim something. */
  readonly unknown: Tally
  /** And of those that are proven to live. */
  readonly unknownLive: number
  /** Single-phase meters that live at a low voltage, and those that were read at a good one, by phase. */
  readonly low: readonly number[]
  readonly good: readonly number[]
  readonly single: readonly number[]
  readonly lowUnknown: number
  /** Three-phase meters that find some phases low or gone, by the bits of these; and those read with all of them good. */
  readonly three: readonly number[]
  readonly threeGood: number
  /** Meters that find a voltage too high: no open phase makes that, a broken neutral does. */
  readonly high: number
}

const LN_WRONG_RECORD = Math.log(figure('wrongRecord'))
const SINGLE: readonly Phases[] = [1, 2, 4]

/** Asks all meters of an area, phase by phase. @param now log time */
export function tallyPhases({ grid, meters }: Books, area: number, moment: Moment, now: number): PhaseTally {
  const dark = [noTally(), noTally(), noTally()]
  const unknown = noTally()
  const [low, good, single] = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0]
  ]
  const three = new Array<number>(ABC + 1).fill(0)
  let [lowUnknown, threeGood, unknownLive, high] = [0, 0, 0, 0]
  for (const meter of grid.metersIn.of(area)) {
    const holder = meters.incident[meter]
    if (holder >= 0 && !moment.incidents.has(holder)) continue
    const phases = grid.phases[meter]
    const own = SINGLE.indexOf(phases)
    const isOdd = meters.oddCase[meter] === moment.id
    if (isOdd && meters.oddPhases[meter] === TOO_HIGH) {
      high++
      continue
    }
    const isGood = !isOdd && meters.goodAt[meter] > moment.start + figure('clockTolerance')
    if (phases === ABC) {
      if (isOdd) three[meters.oddPhases[meter] & ABC]++
      else if (isGood) threeGood++
      continue
    }
    if (own < 0) {
      if (isOdd) lowUnknown++
      else if (meters.claimsIn(meter, moment.id)) addTally(unknown, tallyMeter(meters, meter, moment))
      else if (meters.wasAlive(meter, ...livingSpan(moment, now))) unknownLive++
      continue
    }
    single[own]++
    if (isOdd) low[own]++
    else if (isGood) good[own]++
    const claims =
      (meters.lostCase[meter] === moment.id && meters.lostBy[meter] !== CLAIM.none) ||
      meters.recordCase[meter] === moment.id
    if (!claims && (isOdd || meters.wasAlive(meter, ...livingSpan(moment, now)))) {
      dark[own].live++
      dark[own].doubt += LN_WRONG_RECORD
    } else addTally(dark[own], tallyMeter(meters, meter, moment))
  }
  return { dark, unknown, unknownLive, low, good, single, lowUnknown, three, threeGood, high }
}

/**
 * ln of how much likelier what an area says is, were one of its phases without supply: its single-phase customers dark, the others as
 * they were, three-phase ones in trouble on it.
 * @param phase 0, 1, 2
 */
export function darkPhaseScore(
  { dark, unknown, unknownLive, three, threeGood, high }: PhaseTally,
  phase: number
): number {
  const all = noTally()
  addTally(all, dark[phase])
  // Who claims so and has no phase in the records is on this one as often as on another.
  addTally(all, unknown)
  return (
    deadScore(all, figure('terminalAbleMains')) +
    unknown.n * Math.log(1 / 3) +
    unknownLive * Math.log(2 / 3) +
    troubled(three[1 << phase]) +
    high * Math.log(figure('falseLow')) -
    Math.min(threeGood, MOST_GOOD)
  )
}

/**
 * The same with two phases low: an open phase of medium voltage above a transformer of group Dyn.
 * @param pair bits of the two
 */
export function lowPairScore(
  { low, good, single, lowUnknown, three, threeGood, high }: PhaseTally,
  pair: Phases
): number {
  let [told, silent, against] = [lowUnknown, 0, 0]
  SINGLE.forEach((bit, phase) => {
    if ((pair & bit) === 0) return
    told += low[phase]
    silent += single[phase] - low[phase] - good[phase]
    against += good[phase]
  })
  const whole = three[pair] + SINGLE.reduce((sum, bit) => sum + ((pair & bit) === bit ? three[bit] : 0), 0)
  const singles =
    told === 0
      ? 0
      : lnSharedChance(told, told + silent, 1, 1) -
        told * Math.log(figure('falseLow')) +
        lowUnknown * Math.log(2 / 3)
  return (
    singles +
    high * Math.log(figure('falseLow')) +
    troubled(whole) +
    against * Math.log(figure('wrongRecord')) -
    Math.min(threeGood, MOST_GOOD)
  )
}

/** What good readings of three-phase meters weigh against it at most: they tell of one place, not of many. */
const MOST_GOOD = 6
const MOST_TROUBLED = 24

/** What three-phase meters that see it weigh. */
const troubled = (count: number): number =>
  Math.min(MOST_TROUBLED, -count * Math.log(figure('falseLow') / figure('lowTold')))

/**
 * Phases that are low below a transformer of group Dyn11 while one of medium voltage is open: its winding a lies between A and B, b
 * between B and C, c between C and A; the two that meet in the open phase share one voltage.
 */
export const lowPairOf = (open: Phases): Phases => (open === 1 ? 5 : open === 2 ? 3 : 6)
