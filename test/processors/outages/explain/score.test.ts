import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lnGamma, lnGasps, lnProven, lnSharedChance } from '../../../../processors/outages/explain/score.ts'
import { figure } from '../../../../processors/outages/likelihoods.ts'
import { seededRandom } from '../../../../src/random.ts'

const nearly = (is: number, wanted: number, what: string, within = 1e-12): void =>
  assert.ok(
    Math.abs(is - wanted) <= within * Math.max(1, Math.abs(wanted)),
    `${what}: ${is} instead of ${wanted}`
  )

/** Who of `n` speaks, all 2^n ways. */
const subsets = (n: number): boolean[][] =>
  Array.from({ length: 2 ** n }, (_, bits) => Array.from({ length: n }, (_, i) => ((bits >> i) & 1) === 1))

/** One after the other, from an urn of a words and b silences that gets one more of what was drawn (Pólya). */
function urn(drawn: readonly boolean[], a: number, b: number): number {
  let [words, silences, chance] = [a, b, 1]
  for (const speaks of drawn) {
    chance *= (speaks ? words : silences) / (words + silences)
    if (speaks) words++
    else silences++
  }
  return chance
}

const countOf = (drawn: readonly boolean[]): number => drawn.filter(speaks => speaks).length

test('lnGamma: factorials, halves, what lies between, and large numbers', () => {
  let lnFactorial = 0
  for (let n = 1; n <= 10_000; n++) {
    if (n > 1) lnFactorial += Math.log(n - 1)
    nearly(lnGamma(n), lnFactorial, `${n}`)
  }
  nearly(lnGamma(0.5), Math.log(Math.PI) / 2, '1/2')
  nearly(lnGamma(2.5), Math.log((3 / 4) * Math.sqrt(Math.PI)), '5/2')
  const random = seededRandom('gamma')
  for (let i = 0; i < 1000; i++) {
    const x = 0.5 + random.next() * 10 ** (random.next() * 6)
    nearly(lnGamma(x + 1), lnGamma(x) + Math.log(x), `${x}`)
  }
})

const SHARES: readonly (readonly [a: number, b: number])[] = [
  [1, 1],
  [2, 1],
  [1, 3],
  [2.5, 0.5]
]

for (const [a, b] of SHARES)
  test(`lnSharedChance with ${a} and ${b}: that of an urn, whatever the order, and 1 in all`, () => {
    for (let n = 0; n <= 9; n++) {
      let sum = 0
      for (const drawn of subsets(n)) {
        const chance = urn(drawn, a, b)
        nearly(lnSharedChance(countOf(drawn), n, a, b), Math.log(chance), `${countOf(drawn)} of ${n}`, 1e-11)
        sum += Math.exp(lnSharedChance(countOf(drawn), n, a, b))
      }
      nearly(sum, 1, `all of ${n}`, 1e-11)
    }
  })

test('lnGasps: nobody can speak, or each with a chance that nobody knows; 1 in all', () => {
  const [a, b] = [figure('gaspShareAlpha'), figure('gaspShareBeta')]
  for (const able of [0.05, 0.6, 0.95, 1]) {
    const speaks = able * (1 - figure('gaspsSilent'))
    for (let n = 0; n <= 8; n++) {
      let sum = 0
      for (const drawn of subsets(n)) {
        const k = countOf(drawn)
        const chance = speaks * urn(drawn, a, b) + (k === 0 ? 1 - speaks : 0)
        nearly(lnGasps(k, n, able), Math.log(chance), `${k} of ${n}`, 1e-11)
        sum += Math.exp(lnGasps(k, n, able))
      }
      nearly(sum, 1, `all of ${n}`, 1e-11)
    }
  }
})

test('lnProven: any number is as likely as any other', () => {
  for (const n of [1, 2, 5, 40]) {
    let choices = 1
    for (let k = 0; k <= n; k++) {
      nearly(Math.exp(lnProven(k, n)) * choices, 1 / (n + 1), `${k} of ${n}`, 1e-10)
      choices = (choices * (n - k)) / (k + 1)
    }
  }
})

test('no count overflows or turns into nothing: a million meters', () => {
  for (const k of [0, 1, 1000, 999_999, 1_000_000]) {
    assert.ok(Number.isFinite(lnGasps(k, 1_000_000, 0.95)), `${k}`)
    assert.ok(lnGasps(k, 1_000_000, 0.95) < 0, `${k}`)
  }
})
