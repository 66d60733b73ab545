import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MISSING, SUSPECT, UNCHECKED, VALID } from '../../src/model/quality.ts'
import { energySteps, type StepRule, stepBounds } from '../../src/series/energy-steps.ts'
import type { IntervalRow } from '../../src/series/port.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const at = (text: string): number => Date.parse(text)
const NONE = Number.NaN

const interval = (
  start: number,
  end: number,
  importKwh: number,
  quality: number = VALID,
  more: Partial<IntervalRow> = {}
): IntervalRow => ({
  meter: 1,
  start,
  end,
  at: end,
  revision: 1,
  energy: [importKwh, NONE, NONE, NONE],
  quality,
  reasons: 0,
  ...more
})

const hours = (hour: number): StepRule => ({ kind: 'fixed', stepMs: hour * HOUR })

/** [hours from 0, hours, kWh] -> [sum, coverage, quality] by step of one hour over three hours. */
const SUMS: [name: string, intervals: [number, number, number, number?][], steps: unknown[][]][] = [
  [
    'nothing known is null, never 0',
    [],
    [
      [null, 0, MISSING],
      [null, 0, MISSING],
      [null, 0, MISSING]
    ]
  ],
  [
    'quarters add up',
    [
      [0, 0.25, 1],
      [0.25, 0.5, 2],
      [0.5, 0.75, 3],
      [0.75, 1, 4],
      [1, 2, 0]
    ],
    [
      [10, 1, VALID],
      [0, 1, VALID],
      [null, 0, MISSING]
    ]
  ],
  [
    'a gap leaves a partial sum with its coverage',
    [
      [0, 0.25, 1],
      [0.75, 1, 4],
      [2.5, 3, 7]
    ],
    [
      [5, 0.5, VALID],
      [null, 0, MISSING],
      [7, 0.5, VALID]
    ]
  ],
  [
    "over a boundary is nobody's",
    [
      [0.5, 1.5, 8],
      [1.5, 2, 1]
    ],
    [
      [null, 0, MISSING],
      [1, 0.5, VALID],
      [null, 0, MISSING]
    ]
  ],
  [
    'unknown energy covers nothing',
    [
      [0, 0.5, NONE, MISSING],
      [0.5, 1, 2]
    ],
    [
      [2, 0.5, VALID],
      [null, 0, MISSING],
      [null, 0, MISSING]
    ]
  ],
  [
    'the worst quality shows',
    [
      [0, 0.5, 1, SUSPECT],
      [0.5, 1, 2, UNCHECKED],
      [1, 1.5, 1],
      [1.5, 2, 1, UNCHECKED]
    ],
    [
      [3, 1, SUSPECT],
      [2, 1, UNCHECKED],
      [null, 0, MISSING]
    ]
  ],
  [
    'what overlaps is not added twice',
    [
      [0, 0.5, 1],
      [0.25, 0.75, 9],
      [0.5, 1, 2]
    ],
    [
      [3, 1, VALID],
      [null, 0, MISSING],
      [null, 0, MISSING]
    ]
  ],
  [
    'outside the span',
    [
      [-1, 0, 5],
      [3, 4, 6]
    ],
    [
      [null, 0, MISSING],
      [null, 0, MISSING],
      [null, 0, MISSING]
    ]
  ]
]

for (const [name, given, expected] of SUMS) {
  test(`energy by steps: ${name}`, () => {
    const intervals = given.map(([from, to, kwh, quality]) => interval(from * HOUR, to * HOUR, kwh, quality))
    const steps = energySteps(intervals, 0, 3 * HOUR, hours(1))
    assert.deepEqual(
      steps.map(({ importKwh }) => [importKwh.sum, importKwh.coverage, importKwh.quality]),
      expected
    )
    assert.deepEqual(
      steps.map(({ start, end }) => [start, end]),
      [
        [0, HOUR],
        [HOUR, 2 * HOUR],
        [2 * HOUR, 3 * HOUR]
      ]
    )
  })
}

test('energy by steps: every register for itself', () => {
  const quality = VALID | (SUSPECT << 3) | (MISSING << 6) | (VALID << 9)
  const first = interval(0, HOUR, 0, quality, { energy: [1, 2, NONE, 4], reasons: 3 })
  const second = interval(HOUR, 2 * HOUR, 0, quality, { energy: [10, NONE, 30, NONE], reasons: 4 })
  const [step] = energySteps([first, second], 0, 2 * HOUR, hours(2))
  assert.deepEqual(step.importKwh, { sum: 11, coverage: 1, quality: VALID })
  assert.deepEqual(step.exportKwh, { sum: 2, coverage: 0.5, quality: SUSPECT })
  assert.deepEqual(step.importKvarh, { sum: 30, coverage: 0.5, quality: MISSING })
  assert.deepEqual(step.exportKvarh, { sum: 4, coverage: 0.5, quality: VALID })
  assert.equal(step.reasons, 7)
})

/** Local days: [zone, from, to, hours of each step]. */
const DAYS: [zone: string, kind: 'day' | 'month', from: string, to: string, hours: number[]][] = [
  ['Asia/Shanghai', 'day', '2026-11-19T16:00:00Z', '2026-11-21T16:00:00Z', [24, 24]],
  ['Asia/Shanghai', 'day', '2026-11-19T22:00:00Z', '2026-11-20T17:00:00Z', [18, 1]],
  ['Asia/Shanghai', 'day', '1986-05-02T16:00:00Z', '1986-05-04T15:00:00Z', [24, 23]],
  ['Europe/Zurich', 'day', '2026-03-27T23:00:00Z', '2026-03-30T22:00:00Z', [24, 23, 24]],
  ['Europe/Zurich', 'day', '2026-10-23T22:00:00Z', '2026-10-26T23:00:00Z', [24, 25, 24]],
  ['Australia/Sydney', 'day', '2026-04-03T13:00:00Z', '2026-04-06T14:00:00Z', [24, 25, 24]],
  ['Australia/Sydney', 'day', '2026-10-02T14:00:00Z', '2026-10-05T13:00:00Z', [24, 23, 24]],
  ['America/Havana', 'day', '2026-03-07T05:00:00Z', '2026-03-09T04:00:00Z', [24, 23]],
  ['Asia/Shanghai', 'month', '2026-01-31T16:00:00Z', '2026-03-31T16:00:00Z', [28 * 24, 31 * 24]],
  ['Europe/Zurich', 'month', '2026-02-28T23:00:00Z', '2026-04-30T22:00:00Z', [31 * 24 - 1, 30 * 24]],
  ['Europe/Zurich', 'month', '2026-10-15T22:00:00Z', '2026-10-31T23:00:00Z', [16 * 24 + 1]],
  ['Australia/Sydney', 'month', '2026-12-31T13:00:00Z', '2027-02-28T13:00:00Z', [31 * 24, 28 * 24]]
]

for (const [timeZone, kind, from, to, expected] of DAYS) {
  test(`${kind}s of ${timeZone} from ${from} have ${expected.join(', ')} hours`, () => {
    const bounds = stepBounds(at(from), at(to), { kind, timeZone })
    assert.deepEqual(
      bounds.map(([start, end]) => (end - start) / HOUR),
      expected
    )
    assert.equal(bounds[0][0], at(from))
    // One kWh in each half hour: a local day has as many as it has half hours.
    const halves = (at(to) - at(from)) / HOUR / 0.5
    const intervals = Array.from({ length: halves }, (_, i) =>
      interval(at(from) + i * 30 * MINUTE, at(from) + (i + 1) * 30 * MINUTE, 1)
    )
    const steps = energySteps(intervals, at(from), at(to), { kind, timeZone })
    assert.deepEqual(
      steps.map(step => [step.importKwh.sum, step.importKwh.coverage]),
      expected.map(count => [count * 2, 1])
    )
  })
}

test('steps that cannot be are refused', () => {
  for (const stepMs of [0, -1, Number.NaN]) {
    assert.throws(() => stepBounds(0, 1, { kind: 'fixed', stepMs }), RangeError)
  }
  assert.throws(() => stepBounds(0, 1, { kind: 'day', timeZone: 'Mars/Olympus' }), RangeError)
  assert.deepEqual(stepBounds(5, 5, hours(1)), [])
  assert.deepEqual(stepBounds(0, 90, { kind: 'fixed', stepMs: 60 }), [
    [0, 60],
    [60, 90]
  ])
})
