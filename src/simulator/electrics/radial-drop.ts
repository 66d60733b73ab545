import {
  add,
  conjugate,
  divide,
  magnitude,
  multiply,
  type Phasor,
  scale,
  subtract,
  type Three,
  ZERO
} from './phasors.ts'

/** A place along a low-voltage line, in order from the transformer, with what is drawn there. */
export interface LineStop {
  /** km of line from the stop before it, or from the transformer. */
  readonly km: number
  /** Drawn from each phase: kW and kvar (lagging positive); what is fed back is negative. */
  readonly kw: Three<number>
  readonly kvar: Three<number>
}

export interface Conductor {
  /** Ohm for a km, of a phase conductor and of the neutral. */
  readonly phase: Phasor
  readonly neutral: Phasor
}

/** 4 x 70 mm2 aluminium bundle, Ohm/km at 50 Hz (GB/T 12527: 0.443 at 20 degrees; reactance of bundles about 0.09). */
export const BUNDLE_70: Conductor = { phase: { re: 0.443, im: 0.09 }, neutral: { re: 0.443, im: 0.09 } }

export interface DropResult {
  /** To the neutral at each stop, by phase, V. */
  readonly volts: readonly Three<number>[]
  readonly lossKw: number
  /** What the transformer sends into the line. */
  readonly sentKw: number
}

const SWEEPS = 30
const TOLERANCE_V = 1e-6

/**
 * Voltages to the neutral at each stop of a radial line by backward and forward sweeps: currents of the loads at the voltages of
 * now, summed towards the transformer, then the drops of phases and neutral on the way out, until nothing changes. The
 * neutral carries the sum of the phases, so the load of one phase lowers that phase and lifts the others.
 *
 * @param source voltages at the transformer, V, to its neutral
 * @throws RangeError when the line cannot carry the load
 */
export function radialDrop(
  source: Three<Phasor>,
  stops: readonly LineStop[],
  conductor: Conductor = BUNDLE_70
): DropResult {
  if (stops.length === 0) return { volts: [], lossKw: 0, sentKw: 0 }
  let at: Phasor[][] = stops.map(() => [...source])
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const flows = flowsOf(stops, at)
    const { reached, lossKw } = walkOut(source, stops, flows, conductor)
    const change = Math.max(
      0,
      ...reached.flatMap((phases, stop) =>
        phases.map((volts, phase) => magnitude(subtract(volts, at[stop]?.[phase] ?? ZERO)))
      )
    )
    at = reached
    if (change < TOLERANCE_V) return { volts: at.map(threeOf), lossKw, sentKw: sentInto(source, flows) }
  }
  throw new RangeError('the line cannot carry this load')
}

/** Power at the beginning of the line, kW. */
const sentInto = (source: Three<Phasor>, [first = []]: readonly (readonly Phasor[])[]): number =>
  source.reduce((sum, phase, i) => sum + multiply(phase, conjugate(first[i] ?? ZERO)).re, 0) / 1000

const threeOf = (phases: readonly Phasor[]): Three<number> => {
  const [a, b, c] = phases.map(magnitude)
  return [a ?? 0, b ?? 0, c ?? 0]
}

/** Currents of the phases on the way to each stop: what is drawn there and behind it. */
function flowsOf(stops: readonly LineStop[], at: readonly (readonly Phasor[])[]): Phasor[][] {
  const flows: Phasor[][] = []
  let behind: Phasor[] = [ZERO, ZERO, ZERO]
  for (let stop = stops.length - 1; stop >= 0; stop--) {
    const { kw, kvar } = stops[stop] ?? { kw: [0, 0, 0], kvar: [0, 0, 0] }
    behind = behind.map((flow, phase) => {
      const power = { re: (kw[phase] ?? 0) * 1000, im: (kvar[phase] ?? 0) * 1000 }
      return add(flow, conjugate(divide(power, at[stop]?.[phase] ?? ZERO)))
    })
    flows[stop] = behind
  }
  return flows
}

function walkOut(
  source: Three<Phasor>,
  stops: readonly LineStop[],
  flows: readonly (readonly Phasor[])[],
  conductor: Conductor
): { reached: Phasor[][]; lossKw: number } {
  let volts: readonly Phasor[] = source
  let lossKw = 0
  const reached = stops.map(({ km }, stop) => {
    const flow = flows[stop] ?? []
    const neutral = flow.reduce(add, ZERO)
    const back = multiply(neutral, scale(conductor.neutral, km))
    volts = volts.map((phase, i) => {
      const out = multiply(flow[i] ?? ZERO, scale(conductor.phase, km))
      lossKw += (magnitude(flow[i] ?? ZERO) ** 2 * conductor.phase.re * km) / 1000
      return subtract(phase, add(out, back))
    })
    lossKw += (magnitude(neutral) ** 2 * conductor.neutral.re * km) / 1000
    return [...volts]
  })
  return { reached, lossKw }
}
