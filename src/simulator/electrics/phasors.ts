/** A complex number: voltages in V or per unit, currents in A, admittances in S. */
export interface Phasor {
  readonly re: number
  readonly im: number
}

export const ZERO: Phasor = { re: 0, im: 0 }

/** @param angle radians, counter-clockwise */
export const polar = (magnitude: number, angle: number): Phasor => ({
  re: magnitude * Math.cos(angle),
  im: magnitude * Math.sin(angle)
})

export const add = (a: Phasor, b: Phasor): Phasor => ({ re: a.re + b.re, im: a.im + b.im })
export const subtract = (a: Phasor, b: Phasor): Phasor => ({ re: a.re - b.re, im: a.im - b.im })
export const scale = (a: Phasor, factor: number): Phasor => ({ re: a.re * factor, im: a.im * factor })
export const magnitude = ({ re, im }: Phasor): number => Math.hypot(re, im)
export const conjugate = ({ re, im }: Phasor): Phasor => ({ re, im: -im })

export const multiply = (a: Phasor, b: Phasor): Phasor => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re
})

/** NaN where `b` is zero. */
export function divide(a: Phasor, b: Phasor): Phasor {
  const square = b.re * b.re + b.im * b.im
  const { re, im } = multiply(a, conjugate(b))
  return { re: re / square, im: im / square }
}

/** Of the three phases: A at 0, B a third of a turn behind it, C a third before it. */
export type Three<T> = readonly [a: T, b: T, c: T]

const THIRD = (2 * Math.PI) / 3

/** Symmetrical voltages of phase sequence A, B, C. */
export const symmetrical = (volts: number): Three<Phasor> => [
  polar(volts, 0),
  polar(volts, -THIRD),
  polar(volts, THIRD)
]
