import { figure } from '../likelihoods.ts'

// Looked up once: they are asked for with every meter.
const [GASPS_SILENT, GASP_SHARE_ALPHA, GASP_SHARE_BETA] = [
  figure('gaspsSilent'),
  figure('gaspShareAlpha'),
  figure('gaspShareBeta')
]

/**
 * ln P(exactly these k of n arrive | each with the same chance, which nobody knows): the beta-binomial of one certain choice,
 * B(k + a, n - k + b) / B(a, b).
 */
export function lnSharedChance(k: number, n: number, a: number, b: number): number {
  return lnBeta(k + a, n - k + b) - lnBeta(a, b)
}

/** ln P(of n dark meters exactly these k gasped | their words get out with the chance `able`). */
export function lnGasps(k: number, n: number, able: number): number {
  const speaks = able * (1 - GASPS_SILENT)
  const shared = lnSharedChance(k, n, GASP_SHARE_ALPHA, GASP_SHARE_BETA)
  return k > 0 ? Math.log(speaks) + shared : Math.log(1 - speaks + speaks * Math.exp(shared))
}

/** ln P(of n meters that have supply again exactly these k have proven it so far | nobody knows how fast they do). */
export const lnProven = (k: number, n: number): number => lnSharedChance(k, n, 1, 1)

const lnBeta = (a: number, b: number): number => lnGamma(a) + lnGamma(b) - lnGamma(a + b)

/** Lanczos, g = 7, n = 9: better than 1e-13 for all that is counted here. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7
]
const KNOWN = Float64Array.from({ length: 4096 }, (_, x) => (x === 0 ? Infinity : lanczos(x)))

/** ln of the gamma function, x > 0. */
export function lnGamma(x: number): number {
  return Number.isInteger(x) && x < KNOWN.length ? KNOWN[x] : lanczos(x)
}

function lanczos(x: number): number {
  const shifted = x - 1
  const t = shifted + 7.5
  let sum = LANCZOS[0]
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i] / (shifted + i)
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum)
}
