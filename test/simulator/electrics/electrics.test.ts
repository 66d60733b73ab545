import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admittanceOf, brokenNeutralVoltages } from '../../../src/simulator/electrics/broken-neutral.ts'
import { openPhaseVoltages } from '../../../src/simulator/electrics/open-phase.ts'
import { symmetrical } from '../../../src/simulator/electrics/phasors.ts'
import { radialDrop } from '../../../src/simulator/electrics/radial-drop.ts'

/** Within 2 % of what was calculated by hand, or of the rated value where that is 0. */
const near = (values: readonly number[], expected: readonly number[], rated = 1): void => {
  assert.equal(values.length, expected.length)
  values.forEach((value, i) => {
    const by = Math.abs(value - expected[i]!) / (expected[i] || rated)
    assert.ok(by <= 0.02, `${values.join(' / ')} is not ${expected.join(' / ')}`)
  })
}

test('an open medium-voltage phase: the patterns of both vector groups', () => {
  const rows: [group: 'Dyn11' | 'Yyn0', open: string, expected: [number, number, number]][] = [
    ['Dyn11', '', [1, 1, 1]],
    ['Dyn11', 'A', [0.5, 1, 0.5]],
    ['Dyn11', 'B', [0.5, 0.5, 1]],
    ['Dyn11', 'C', [1, 0.5, 0.5]],
    ['Dyn11', 'AB', [0, 0, 0]],
    ['Yyn0', '', [1, 1, 1]],
    ['Yyn0', 'A', [0, 0.866, 0.866]],
    ['Yyn0', 'B', [0.866, 0, 0.866]],
    ['Yyn0', 'C', [0.866, 0.866, 0]],
    ['Yyn0', 'ABC', [0, 0, 0]]
  ]
  for (const [group, open, expected] of rows) near(openPhaseVoltages(group, open), expected)
  assert.throws(() => openPhaseVoltages('Dyn11', 'D'), RangeError)
})

test('a broken neutral: the phase with the least load gets the most', () => {
  const source = symmetrical(220)
  const load = (kw: number) => admittanceOf(kw, 220)
  // Equal loads hold the point in the middle.
  near(brokenNeutralVoltages(source, [load(2), load(2), load(2)]), [220, 220, 220])
  // 4, 1 and 1 kW: the point goes a half of the way towards A, so A has 110 and the others
  // sqrt((110 + 110)^2 + 190.5^2) = 291.
  near(brokenNeutralVoltages(source, [load(4), load(1), load(1)]), [110, 291, 291])
  // Nothing on C: A and B are in series between two phases, 381 V, and share it by their resistance, 2 : 1;
  // the point is two thirds of the way from B to A, and C has 220 x sqrt(1 + 1.155^2) = 336.
  near(brokenNeutralVoltages(source, [load(2), load(1), load(0)]), [127, 254, 336])
  // An earth electrode of 4 Ohm pulls the point back: Y_e = 0.25 S beside 0.124 S of load.
  near(brokenNeutralVoltages(source, [load(4), load(1), load(1)], { re: 0.25, im: 0 }), [183.5, 240.6, 240.6])
  assert.deepEqual(
    brokenNeutralVoltages(source, [load(0), load(0), load(0)]).map(volts => Math.round(volts)),
    [220, 220, 220]
  )
})

test('the drop along a line: by hand for one stop, and what it does to the other phases', () => {
  const source = symmetrical(230)
  const line = { phase: { re: 0.5, im: 0 }, neutral: { re: 0.5, im: 0 } }
  const one = (kw: readonly [number, number, number]) =>
    radialDrop(source, [{ km: 0.2, kw, kvar: [0, 0, 0] }], line)
  // Balanced: no neutral current. 6 kW at V: V = 230 - 0.1 x 6000/V, so V = 227.36; losses 3 x 26.39^2 x 0.1 W.
  const balanced = one([6, 6, 6])
  near(balanced.volts[0]!, [227.36, 227.36, 227.36])
  near([balanced.lossKw], [0.2089])
  // On one phase out and back: V = 230 - 0.2 x 6000/V, so V = 224.66; I = 26.71 A lifts the neutral by 2.67 V, and the others,
  // 120 degrees off, rise by half of that. Losses 2 x 26.71^2 x 0.1 W.
  const single = one([6, 0, 0])
  near(single.volts[0]!.slice(0, 1), [224.66])
  assert.ok(Math.abs(single.volts[0]![1] - (230 + 2.67 / 2)) < 0.05)
  near([single.lossKw], [0.1427])
  // Fed back it rises.
  assert.ok(one([-6, -6, -6]).volts[0]![0] > 232.5)
  // Two stops: the first carries both.
  const { volts } = radialDrop(
    source,
    [
      { km: 0.1, kw: [3, 3, 3], kvar: [0, 0, 0] },
      { km: 0.1, kw: [3, 3, 3], kvar: [0, 0, 0] }
    ],
    line
  )
  assert.ok(Math.abs(volts[0]![0] - (230 - 0.05 * 26.2)) < 0.05)
  assert.ok(Math.abs(volts[1]![0] - (volts[0]![0] - 0.05 * 13.2)) < 0.05)
  assert.throws(() => one([300, 300, 300]), /cannot carry/)
  assert.deepEqual(radialDrop(source, []).volts, [])
})

test('the energy of a line closes: what goes in is what is drawn and what is lost', () => {
  const source = symmetrical(231)
  const kw = [2.5, 0.4, 1.1] as const
  const kvar = [0.5, 0.1, 0.3] as const
  const stops = Array.from({ length: 8 }, (_, i) => ({
    km: 0.04,
    kw: [kw[i % 3]!, kw[(i + 1) % 3]!, kw[(i + 2) % 3]!] as const,
    kvar: [kvar[i % 3]!, kvar[(i + 1) % 3]!, kvar[(i + 2) % 3]!] as const
  }))
  const { volts, lossKw, sentKw } = radialDrop(source, stops)
  const drawn = stops.reduce((sum, stop) => sum + stop.kw[0] + stop.kw[1] + stop.kw[2], 0)
  assert.ok(Math.abs(sentKw / (drawn + lossKw) - 1) < 0.001, `${sentKw} of ${drawn} + ${lossKw}`)
  assert.ok(lossKw > 0 && lossKw < drawn * 0.1)
  // One phase may rise where the others pull the neutral; together they fall.
  const together = volts.map(([a, b, c]) => a + b + c)
  for (let i = 1; i < 8; i++) assert.ok(together[i]! < together[i - 1]!)
})
