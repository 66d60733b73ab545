import { add, magnitude, type Phasor, scale, subtract, symmetrical, type Three, ZERO } from './phasors.ts'

/** Windings that the network has: delta or star on the medium-voltage side, star with neutral on the other. */
export type VectorGroup = 'Dyn11' | 'Yyn0'

const PHASES = 'ABC'

/**
 * Low voltages of the phases a, b, c of a transformer of which some medium-voltage phases are open, per unit of their rated
 * value and unloaded. Loads that pull an open phase somewhere else (motors, another transformer on the same open conductor)
 * are not in it.
 *
 * Dyn11: winding a lies between A and B, b between B and C, c between C and A. With A open the windings a and c are in series
 * between B and C and share that voltage: 0.5, 1, 0.5 (the pattern 1 / 0.5 / 0.5 of DESIGN section 6).
 * Yyn0: without a neutral on the star the two windings left are in series between two phases: sqrt(3)/2 each, and on a core of three
 * limbs the third has the difference of their fluxes, none: 0, 0.87, 0.87.
 *
 * @param open letters of the open phases; two of them leave no loop for a current, so nothing is left
 * @throws RangeError for other letters
 */
export function openPhaseVoltages(group: VectorGroup, open: string): Three<number> {
  if (![...open].every(letter => PHASES.includes(letter))) throw new RangeError(`${open} are no phases`)
  const isOpen = [...PHASES].map(letter => open.includes(letter))
  const count = isOpen.filter(Boolean).length
  if (count === 0) return [1, 1, 1]
  if (count > 1) return [0, 0, 0]
  const source = symmetrical(1)
  const windings = group === 'Dyn11' ? deltaWindings(source, isOpen) : starWindings(source, isOpen)
  const [a, b, c] = windings.map(magnitude)
  return [a ?? 0, b ?? 0, c ?? 0]
}

/** Voltages of the delta's windings as a share of the line voltage. */
function deltaWindings(source: Three<Phasor>, isOpen: readonly boolean[]): Phasor[] {
  const ends = source.map((phase, i) => {
    if (isOpen[i] !== true) return phase
    // The open corner lies in the middle between the two others: both windings that meet there are alike.
    const others = source.filter((_, other) => other !== i)
    return scale(add(others[0] ?? ZERO, others[1] ?? ZERO), 0.5)
  })
  return ends.map((end, i) => scale(subtract(end, ends[(i + 1) % 3] ?? ZERO), 1 / Math.sqrt(3)))
}

/** Voltages of the star's windings: its point lies in the middle of the two phases that are left. */
function starWindings(source: Three<Phasor>, isOpen: readonly boolean[]): Phasor[] {
  const left = source.filter((_, i) => isOpen[i] !== true)
  const point = scale(add(left[0] ?? ZERO, left[1] ?? ZERO), 0.5)
  return source.map((phase, i) => (isOpen[i] === true ? ZERO : subtract(phase, point)))
}
