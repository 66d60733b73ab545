import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildCurve, roundStep, sumEnergy } from '../../../src/api/page/curve-model.ts'
import { SUSPECT } from '../../../src/model/quality.ts'
import type { IntervalRow } from '../../../src/series/port.ts'
import { interval } from '../context.ts'

const MIN = 60_000
const DAY = 1440

/** Intervals in minutes of the window: [start, end, kWh, quality]. */
const rows = (...given: [number, number, number, number?][]): IntervalRow[] =>
  given.map(([start, end, kwh, quality]) => interval(start * MIN, end * MIN, kwh, quality))

const curveOf = (...given: [number, number, number, number?][]) => {
  const { pieces, gaps } = buildCurve(rows(...given), undefined, 0, DAY * MIN)
  return {
    pieces: pieces.map(({ start, end, kw, isCoarse, isSuspect, isYoung }) =>
      [
        start / MIN,
        end / MIN,
        Number(kw.toFixed(6)),
        isYoung ? 'young' : isCoarse ? 'coarse' : 'fine',
        isSuspect ? 'suspect' : ''
      ]
        .join(' ')
        .trim()
    ),
    gaps: gaps.map(({ start, end }) => [start / MIN, end / MIN])
  }
}

const CURVES: [
  name: string,
  given: [number, number, number, number?][],
  pieces: string[],
  gaps: number[][]
][] = [
  ['nothing known is one gap', [], [], [[0, DAY]]],
  [
    'energy becomes mean power',
    [
      [0, 15, 0.5],
      [15, 30, 0]
    ],
    ['0 15 2 fine', '15 30 0 fine'],
    [[30, DAY]]
  ],
  [
    'a hole is a gap, not zero',
    [
      [0, 15, 1],
      [45, 60, 1]
    ],
    ['0 15 4 fine', '45 60 4 fine'],
    [
      [15, 45],
      [60, DAY]
    ]
  ],
  [
    'a missing energy is a gap',
    [
      [0, 15, 1],
      [15, 30, Number.NaN],
      [30, 45, 1]
    ],
    ['0 15 4 fine', '30 45 4 fine'],
    [
      [15, 30],
      [45, DAY]
    ]
  ],
  [
    'a long interval is coarse',
    [
      [0, 15, 1],
      [15, 30, 1],
      [30, 90, 1]
    ],
    ['0 15 4 fine', '15 30 4 fine', '30 90 1 coarse'],
    [[90, DAY]]
  ],
  ['a suspect one is marked', [[0, 15, 1, SUSPECT]], ['0 15 4 fine suspect'], [[15, DAY]]],
  [
    'the window cuts, power stays',
    [
      [-30, 30, 2],
      [1410, 1470, 3]
    ],
    ['0 30 2 fine', '1410 1440 3 fine'],
    [[30, 1410]]
  ],
  [
    'the end waits for its next reading',
    [
      [0, 715, 1],
      [715, 1430, 1]
    ],
    ['0 715 0.083916 fine', '715 1430 0.083916 fine'],
    []
  ],
  [
    'short ones are joined to quarters, holes stay',
    [
      [0, 5, 0.1],
      [5, 10, 0.2],
      [10, 16, 0.3],
      [16, 20, 0.1],
      [25, 29, 0.2, SUSPECT],
      [29, 30, 0]
    ],
    ['0 16 2.25 fine', '16 20 1.5 fine', '25 30 2.4 fine suspect'],
    [
      [20, 25],
      [30, DAY]
    ]
  ],
  [
    'the beginning of the present quarter is no power yet',
    [
      [1410, 1425, 1],
      [1425, 1438, 1],
      [1438, 1439, 0.05]
    ],
    ['1410 1425 4 fine', '1425 1439 4.5 fine'],
    [[0, 1410]]
  ],
  [
    'the first minutes of a quarter are young',
    [
      [1395, 1410, 1],
      [1410, 1425, 1],
      [1425, 1426, 0.06]
    ],
    ['1395 1410 4 fine', '1410 1425 4 fine', '1425 1426 3.6 young'],
    [[0, 1395]]
  ],
  ['an interval of no length is no power', [[5, 5, 1]], [], [[0, DAY]]]
]

for (const [name, given, pieces, gaps] of CURVES) {
  test(`curve: ${name}`, () => assert.deepEqual(curveOf(...given), { pieces, gaps }))
}

test('curve: export counts against import, zero is always in sight', () => {
  const solar = { ...interval(0, 60 * MIN, 1), energy: [1, 3, Number.NaN, Number.NaN] as const }
  const model = buildCurve([solar], { time: 10, kw: 0.5, isSuspect: false }, 0, DAY * MIN)
  assert.deepEqual([model.pieces[0]?.kw, model.lowKw, model.highKw], [-2, -2, 0.5])
})

test('energy of a span with its coverage', () => {
  const { pieces } = buildCurve(rows([0, 60, 1], [60, 120, 2]), undefined, 0, DAY * MIN)
  const sum = (from: number, to: number) => sumEnergy(pieces, from * MIN, to * MIN)
  assert.deepEqual(sum(0, 120), { kwh: 3, coverage: 1 })
  assert.deepEqual(sum(30, 240), { kwh: 2.5, coverage: 90 / 210 })
  assert.deepEqual(sum(200, 300), { kwh: Number.NaN, coverage: 0 })
})

test('steps of an axis are round', () => {
  const rows: [span: number, step: number][] = [
    [0, 0.25],
    [0.2, 0.05],
    [1, 0.25],
    [4.6, 2],
    [8, 2],
    [9, 2.5],
    [130, 50]
  ]
  for (const [span, step] of rows)
    assert.ok(Math.abs(roundStep(span, 4) - step) < 1e-12, `${span}: ${roundStep(span, 4)}`)
})
