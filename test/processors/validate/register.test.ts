import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeAdvance, type RegisterRules } from '../../../processors/validate/intervals/register.ts'
import { QUALITIES, reasonCodes } from '../../../src/model/quality.ts'

const HOUR = 3_600_000
const QUARTER = HOUR / 4

/** 6.2 register without ratios on a 12 kW meter: 3 kWh a quarter, 5 steps are 0.05 kWh. */
const household: RegisterRules = { width: 1e6, step: 0.01, ratio: 1, limitKw: 12, minimumSteps: 5 }
const unrated = { ...household, limitKw: Infinity }
const unbounded = { ...unrated, width: Infinity }
/** 0.01 kWh x 8000 is 80 kWh a step; 400 kW make 100 kWh a quarter. */
const large = { ...household, ratio: 8000, limitKw: 400 }
const fine = { ...household, step: 0.000001 }

type Row = [
  name: string,
  rules: RegisterRules,
  given: { before: number; now: number; ms?: number; fellFrom?: { value: number; ms: number } },
  expected: [energy: number, quality: string, ...reasons: string[]]
]

const ROWS: Row[] = [
  ['goes on', household, { before: 12345.67, now: 12346.17 }, [0.5, 'valid']],
  ['stands still', household, { before: 12345.67, now: 12345.67 }, [0, 'valid']],
  ['one step without float noise', household, { before: 12345.66, now: 12345.67 }, [0.01, 'valid']],
  ['minute data in steps of 0.01', household, { before: 7.01, now: 7.02, ms: 60_000 }, [0.01, 'valid']],
  ['exactly the limit', household, { before: 100, now: 103 }, [3, 'valid']],
  ['a step above the limit', household, { before: 100, now: 103.01 }, [3.01, 'suspect', 'INCREMENT_LIMIT']],
  [
    'a limit that binary fractions miss',
    { ...household, limitKw: 1.4 * 3 },
    { before: 0, now: 4.2, ms: HOUR },
    [4.2, 'valid']
  ],
  ['five steps in a second', household, { before: 100, now: 100.05, ms: 1000 }, [0.05, 'valid']],
  [
    'six steps in a second',
    household,
    { before: 100, now: 100.06, ms: 1000 },
    [0.06, 'suspect', 'INCREMENT_LIMIT']
  ],
  ['no rating, no limit', unrated, { before: 100, now: 9100 }, [9000, 'valid']],
  ['ratio 8000: one step is 80 kWh', large, { before: 12.34, now: 12.35 }, [80, 'valid']],
  ['ratio 8000: five steps beyond the rating', large, { before: 12.34, now: 12.39 }, [400, 'valid']],
  ['ratio 8000: six steps', large, { before: 12.34, now: 12.4 }, [480, 'suspect', 'INCREMENT_LIMIT']],
  ['ratio 8000: six steps in two hours', large, { before: 12.34, now: 12.4, ms: 2 * HOUR }, [480, 'valid']],
  [
    'rollover at the width',
    household,
    { before: 999_999.5, now: 0.25 },
    [0.75, 'valid', 'REGISTER_ROLLOVER']
  ],
  ['rollover onto zero', household, { before: 999_999.99, now: 0 }, [0.01, 'valid', 'REGISTER_ROLLOVER']],
  [
    'six decimals at the width',
    fine,
    { before: 999_999.999999, now: 0 },
    [0.000001, 'valid', 'REGISTER_ROLLOVER']
  ],
  [
    'six decimals before the width',
    fine,
    { before: 999_999.999998, now: 999_999.999999 },
    [0.000001, 'valid']
  ],
  [
    'rollover that the rating forbids',
    household,
    { before: 999_990, now: 0.25 },
    [NaN, 'suspect', 'REGISTER_FELL']
  ],
  [
    'rollover, rating unknown',
    unrated,
    { before: 999_990, now: 0.25 },
    [10.25, 'valid', 'REGISTER_ROLLOVER']
  ],
  [
    'from the middle, rating unknown',
    unrated,
    { before: 500_000, now: 0.25 },
    [NaN, 'suspect', 'REGISTER_FELL']
  ],
  [
    'width unknown: no rollover',
    unbounded,
    { before: 999_999.5, now: 0.25 },
    [NaN, 'suspect', 'REGISTER_FELL']
  ],
  ['a rollover is multiplied', large, { before: 999_999.99, now: 0 }, [80, 'valid', 'REGISTER_ROLLOVER']],
  ['falls', household, { before: 12345.67, now: 0 }, [NaN, 'suspect', 'REGISTER_FELL']],
  ['falls by a step', household, { before: 12345.67, now: 12345.66 }, [NaN, 'suspect', 'REGISTER_FELL']],
  [
    'goes on after a fall',
    household,
    { before: 0, now: 0.5, fellFrom: { value: 12345.67, ms: 2 * QUARTER } },
    [0.5, 'valid', 'REGISTER_RESET']
  ],
  [
    'back where it was',
    household,
    { before: 0, now: 12345.67, fellFrom: { value: 12345.67, ms: 2 * QUARTER } },
    [0, 'valid', 'REGISTER_RECOVERED']
  ],
  [
    'back above what it fell from',
    household,
    { before: 0, now: 12346.67, fellFrom: { value: 12345.67, ms: 2 * QUARTER } },
    [1, 'valid', 'REGISTER_RECOVERED']
  ],
  [
    'back, rating unknown: the climb is no energy',
    unrated,
    { before: 0, now: 12346.67, fellFrom: { value: 12345.67, ms: 2 * QUARTER } },
    [1, 'valid', 'REGISTER_RECOVERED']
  ],
  [
    'back after a day in which the climb was deliverable too',
    household,
    { before: 0, now: 255, ms: 24 * HOUR, fellFrom: { value: 250, ms: 48 * HOUR } },
    [5, 'valid', 'REGISTER_RECOVERED']
  ],
  [
    'a reset register grows past its old value',
    household,
    { before: 2.9, now: 3.1, fellFrom: { value: 3, ms: 4 * HOUR } },
    [0.2, 'valid', 'REGISTER_RESET']
  ],
  [
    'back, but too far',
    household,
    { before: 0, now: 12400, fellFrom: { value: 12345.67, ms: 2 * QUARTER } },
    [12400, 'suspect', 'INCREMENT_LIMIT']
  ],
  [
    'half way back',
    household,
    { before: 0, now: 6000, fellFrom: { value: 12345.67, ms: 2 * QUARTER } },
    [6000, 'suspect', 'INCREMENT_LIMIT']
  ],
  [
    'falls further',
    household,
    { before: 50, now: 0, fellFrom: { value: 100, ms: 2 * QUARTER } },
    [NaN, 'suspect', 'REGISTER_FELL']
  ]
]

for (const [name, rules, { before, now, ms = QUARTER, fellFrom }, expected] of ROWS) {
  test(`register: ${name}`, () => {
    const { energy, quality, reasons } = judgeAdvance(rules, before, now, ms, fellFrom)
    assert.deepEqual([energy, QUALITIES[quality], ...reasonCodes(reasons)], expected)
  })
}
