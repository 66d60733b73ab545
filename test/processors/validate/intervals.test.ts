import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SETTINGS } from '../../support/meter-line.ts'
import { registryOf } from '../../support/meter-registry.ts'
import { type Given, intervals, lineOf, publish, rows } from './timeline.ts'

const registry = registryOf([{ id: 'M0' }])

/** Each row: readings of M0 in order of arrival, and the intervals that stand at the end. */
const INTERVALS: [name: string, given: Given[], stated: string[]][] = [
  ['one reading bounds nothing', [{ at: 0, importKwh: 5 }], []],
  [
    'in order',
    [
      { at: 0, importKwh: 5 },
      { at: 15, importKwh: 5.5 },
      { at: 30, importKwh: 5.75 }
    ],
    ['0-15 0.5 valid', '15-30 0.25 valid']
  ],
  [
    'a late reading splits an interval',
    [
      { at: 0, importKwh: 5 },
      { at: 30, importKwh: 5.75 },
      { at: 15, importKwh: 5.5 }
    ],
    ['0-15 0.5 valid LATE_INSERT', '15-30 0.25 valid LATE_INSERT']
  ],
  [
    'a reading before the first',
    [
      { at: 15, importKwh: 5.5 },
      { at: 0, importKwh: 5 }
    ],
    ['0-15 0.5 valid LATE_INSERT']
  ],
  [
    'a correction restates both sides',
    [
      { at: 0, importKwh: 5 },
      { at: 15, importKwh: 5.5 },
      { at: 30, importKwh: 6 },
      { at: 15, importKwh: 5.25 }
    ],
    ['0-15 0.25 valid CORRECTED', '15-30 0.75 valid CORRECTED']
  ],
  [
    'a correction of other values restates nothing',
    [
      { at: 0, importKwh: 5 },
      { at: 15, importKwh: 5.5 },
      { at: 30, importKwh: 6 },
      { at: 15, importKwh: 5.5, voltageV: 220 }
    ],
    ['0-15 0.5 valid', '15-30 0.5 valid']
  ],
  [
    'a correction that takes the register',
    [
      { at: 0, importKwh: 5 },
      { at: 15, importKwh: 5.5 },
      { at: 30, importKwh: 6 },
      { at: 15, voltageV: 220 }
    ],
    ['0-15 NaN missing CORRECTED', '0-30 1 valid CORRECTED']
  ],
  [
    'the first reading loses its register',
    [
      { at: 0, importKwh: 5 },
      { at: 15, importKwh: 5.5 },
      { at: 0, voltageV: 220 }
    ],
    ['0-15 NaN missing CORRECTED']
  ],
  [
    'readings without registers bound nothing',
    [
      { at: 0, importKwh: 5 },
      { at: 5, voltageV: 220 },
      { at: 15, importKwh: 5.5 },
      { at: 10, voltageV: 220 }
    ],
    ['0-15 0.5 valid']
  ],
  [
    'curve and daily freeze of one time give one interval',
    [
      { at: 0, importKwh: 5 },
      { at: 15, importKwh: 5.5 },
      { at: 15, importKwh: 5.5, kind: 'daily-freeze' },
      { at: 30, importKwh: 6 }
    ],
    ['0-15 0.5 valid', '15-30 0.5 valid']
  ],
  [
    'of two kinds the curve speaks, whichever came first',
    [
      { at: 0, importKwh: 5 },
      { at: 15, importKwh: 5.49, kind: 'daily-freeze' },
      { at: 15, importKwh: 5.5 },
      { at: 30, importKwh: 6 }
    ],
    ['0-15 0.5 valid LATE_INSERT', '15-30 0.5 valid']
  ],
  [
    'too much is kept beside the doubt',
    [
      { at: 0, importKwh: 5 },
      { at: 15, importKwh: 50 }
    ],
    ['0-15 45 suspect INCREMENT_LIMIT']
  ],
  [
    'a momentary zero gives no energy and loses none',
    [
      { at: 0, importKwh: 5000 },
      { at: 15, importKwh: 0 },
      { at: 30, importKwh: 0 },
      { at: 45, importKwh: 5001 },
      { at: 60, importKwh: 5001.5 }
    ],
    [
      '0-15 NaN missing REGISTER_FELL',
      '15-30 NaN missing REGISTER_FELL',
      '0-45 1 valid REGISTER_RECOVERED',
      '45-60 0.5 valid'
    ]
  ],
  [
    'a late reading inside a momentary zero',
    [
      { at: 0, importKwh: 5000 },
      { at: 15, importKwh: 0 },
      { at: 45, importKwh: 5001 },
      { at: 30, importKwh: 0 }
    ],
    [
      '0-15 NaN missing REGISTER_FELL',
      '15-30 NaN missing REGISTER_FELL',
      '0-45 1 valid REGISTER_RECOVERED LATE_INSERT'
    ]
  ],
  [
    'the zero is corrected: there was no fall',
    [
      { at: 0, importKwh: 5000 },
      { at: 15, importKwh: 0 },
      { at: 30, importKwh: 5001 },
      { at: 15, importKwh: 5000.5 },
      { at: 45, importKwh: 5001.5 }
    ],
    ['0-15 0.5 valid CORRECTED', '15-30 0.5 valid CORRECTED', '30-45 0.5 valid']
  ],
  [
    'the newest reading is corrected to zero, then all is well again',
    [
      { at: 0, importKwh: 5000 },
      { at: 15, importKwh: 5000.5 },
      { at: 15, importKwh: 0 },
      { at: 30, importKwh: 5001 }
    ],
    ['0-15 NaN missing REGISTER_FELL', '0-30 1 valid REGISTER_RECOVERED']
  ],
  [
    'a reset register goes on from zero',
    [
      { at: 0, importKwh: 5000 },
      { at: 15, importKwh: 0 },
      { at: 30, importKwh: 0.5 },
      { at: 45, importKwh: 1 },
      { at: 2 * 1440 + 1, importKwh: 9 },
      { at: 2 * 1440 + 16, importKwh: 9.5 }
    ],
    [
      '0-15 NaN missing REGISTER_FELL',
      '15-30 0.5 valid REGISTER_RESET',
      '30-45 0.5 valid REGISTER_RESET',
      '45-2881 8 valid',
      '2881-2896 0.5 valid'
    ]
  ],
  [
    'rollover',
    [
      { at: 0, importKwh: 999_999.75 },
      { at: 15, importKwh: 0.25 },
      { at: 30, importKwh: 0.5 }
    ],
    ['0-15 0.5 valid REGISTER_ROLLOVER', '15-30 0.25 valid']
  ]
]

for (const [name, given, stated] of INTERVALS) {
  test(`intervals: ${name}`, async () => {
    for (const options of [{}, { growWindow: true, windowReadings: 4 }]) {
      const line = await lineOf({ registry, ...options })
      await publish(line, given)
      assert.deepEqual(await intervals(line), stated)
    }
  })
}

/** The same timelines through the store: a window of four that is full of later readings. */
for (const [name, given, stated] of INTERVALS.slice(1, 11)) {
  test(`intervals, when the store must be asked: ${name}`, async () => {
    const line = await lineOf({ registry, windowReadings: 4 })
    const newer = [2000, 2015, 2030, 2045].map(at => ({ at: at * 10, voltageV: 220 }))
    await publish(line, newer)
    for (const reading of given) {
      await publish(line, [reading])
      await line.settle()
    }
    const codes = (text: string): string => text.replaceAll(/ (LATE_INSERT|CORRECTED)/g, '')
    assert.deepEqual((await intervals(line)).map(codes), stated.map(codes))
    assert.equal(line.counted.held, 0)
  })
}

test('a late reading joins its neighbours of the store however far away they are', async () => {
  const settings = { ...SETTINGS, pastDays: 36_500 }
  const line = await lineOf({ registry, settings, windowReadings: 4 })
  const day = 1440
  const newer = [900, 901, 902, 903].map(days => ({ at: days * day, importKwh: 9 }))
  await publish(line, [{ at: 0, importKwh: 5 }, ...newer, { at: 450 * day, importKwh: 7 }])
  await line.settle()
  assert.deepEqual((await intervals(line)).slice(0, 2), [
    `0-${450 * day} 2 valid LATE_INSERT`,
    `${450 * day}-${900 * day} 2 valid LATE_INSERT`
  ])
})

test('a reading with registers finds the one before although the window holds none', async () => {
  const line = await lineOf({ registry, windowReadings: 4 })
  const volts = [1, 2, 3, 4, 5, 6].map(hour => ({ at: hour * 60, voltageV: 220 }))
  await publish(line, [{ at: 0, importKwh: 5 }, ...volts, { at: 1440, importKwh: 9, kind: 'daily-freeze' }])
  assert.deepEqual([line.counted.held, await intervals(line)], [1, []])
  await line.settle()
  assert.deepEqual(await intervals(line), ['0-1440 4 valid'])
  assert.deepEqual((await rows(line)).at(-1), '1440 daily-freeze v1 9 valid')
})

test('a fall seen by a reading that had to wait is made good by the next', async () => {
  const line = await lineOf({ registry, windowReadings: 4 })
  const volts = [1, 2, 3, 4].map(at => ({ at, voltageV: 220 }))
  await publish(line, [{ at: 0, importKwh: 5000 }, ...volts, { at: 15, importKwh: 0 }])
  await line.settle()
  await publish(line, [{ at: 30, importKwh: 5001 }])
  await line.settle()
  assert.deepEqual(await intervals(line), [
    '0-15 NaN missing REGISTER_FELL',
    '0-30 1 valid REGISTER_RECOVERED'
  ])
})
