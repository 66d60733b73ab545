import { add, divide, magnitude, multiply, type Phasor, subtract, type Three, ZERO } from './phasors.ts'

/**
 * Voltages from each phase to a neutral that is broken above the loads. The point where the loads meet goes where their
 * currents add up to nothing (Millman's theorem): V_n = sum(Y_k E_k) / (sum(Y_k) + Y_earth). The phase with the least load
 * gets the most.
 *
 * @param source voltages of the phases to the transformer's neutral, V
 * @param loads admittances of the loads of each phase, S; constant, as heaters are
 * @param earth admittance of what still joins the broken neutral to the transformer's, through earth electrodes; S
 * @returns V by phase; as at the source where nothing hangs on the neutral
 */
export function brokenNeutralVoltages(
  source: Three<Phasor>,
  loads: Three<Phasor>,
  earth: Phasor = ZERO
): Three<number> {
  const total = loads.reduce(add, earth)
  const current = source.reduce((sum, phase, i) => add(sum, multiply(phase, loads[i] ?? ZERO)), ZERO)
  const point = magnitude(total) === 0 ? ZERO : divide(current, total)
  const [a, b, c] = source.map(phase => magnitude(subtract(phase, point)))
  return [a ?? 0, b ?? 0, c ?? 0]
}

/** Admittance that draws `kw` at `volts` with a lagging power factor. */
export function admittanceOf(kw: number, volts: number, powerFactor = 1): Phasor {
  const watts = kw * 1000
  const vars = watts * Math.tan(Math.acos(powerFactor))
  return { re: watts / volts ** 2, im: -vars / volts ** 2 }
}
