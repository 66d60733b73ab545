import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, T0 } from '../../../support/outage-feed.ts'
import { findingsOf, WatchedTown } from './watched-town.ts'

const DEAD_CLOCK = Date.UTC(2000, 0, 1, 2)
const IDLE = { activePowerKw: 0, currentA: 0, importKwh: 150 }
const town = (): WatchedTown => new WatchedTown()
/** Rows of a1 without load, by minutes since the beginning. */
const idleRows = (...minutes: number[]): object[] =>
  minutes.map(minute => ({ meter: 'a1', voltageV: 229, ...IDLE, time: T0 + minute * MINUTE }))
const open = { meter: 'a1', type: 'relay-open' }
const closed = { meter: 'a1', type: 'relay-closed' }
const stands = { meter: 'a1', type: 'clock-fault' }
const loss = { meter: 'a1', type: 'voltage-loss', phases: 'A' }
const noPhase = { voltageV: [0, 229, 231], currentA: [1.2, 1, 1], activePowerKw: 0.5 }
const noVoltage = { voltageV: 0, currentA: 1.8, activePowerKw: 0 }
/** A live reading without voltage or current: a meter fills them in for a time without supply. */
const zeros = (kwh: number): object => ({ voltageV: 0, currentA: 0, activePowerKw: 0, importKwh: kwh })

const CASES: readonly (readonly [what: string, told: WatchedTown, wanted: readonly string[]])[] = [
  ['a day of nothing', town().read(96), []],

  ['a clock says that it stands', town().read(2).tell(stands), ['clock a1 2']],
  ['it says so again', town().read(2).tell(stands).tell(stands), ['clock a1 2']],
  [
    'it is set, and stands again',
    town().read(2).tell(stands).read(1).tell({ meter: 'a1', type: 'clock-set' }).read(1).tell(stands),
    ['clock a1 2', 'clock a1 4']
  ],
  [
    'of a test nothing is believed',
    town()
      .read(2)
      .tell({ ...stands, test: true }),
    []
  ],
  [
    'an event of the year 2000',
    town().read(2).tell({ meter: 'a1', type: 'cover-open', time: DEAD_CLOCK }),
    ['clock a1 2']
  ],
  [
    'the same, reported long ago',
    town()
      .read(2)
      .tell({ meter: 'a1', type: 'cover-open', time: DEAD_CLOCK, reportedAt: T0 - 60 * MINUTE }),
    []
  ],
  [
    'an event of an hour ahead',
    town()
      .read(2)
      .tell({ meter: 'a1', type: 'cover-open', time: T0 + 91 * MINUTE }),
    ['clock a1 2']
  ],
  [
    'an event of two minutes ahead',
    town()
      .read(2)
      .tell({ meter: 'a1', type: 'cover-closed', time: T0 + 32 * MINUTE }),
    []
  ],
  ['a reading of the year 2000', town().read(2, { a1: { time: DEAD_CLOCK } }), ['clock a1 1']],
  ['a reading of an hour ahead', town().read(1, { a1: { time: T0 + 90 * MINUTE } }), ['clock a1 1']],
  [
    'most readings of an hour ahead: the terminal',
    town().read(
      1,
      Object.fromEntries(
        ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7'].map(id => [id, { time: T0 + 90 * MINUTE }])
      )
    ),
    []
  ],
  ['a clock measured ten minutes off', town().read(1, { a1: { clockOffsetS: -600 } }), ['clock a1 1']],
  ['a clock measured a minute off', town().read(2, { a1: { clockOffsetS: 60 } }), []],
  [
    'old points with the labels of a clock that was set',
    town()
      .tell(stands)
      .read(1)
      .tell({ meter: 'a1', type: 'clock-set' })
      .read(1, { a1: { time: DEAD_CLOCK } }),
    ['clock a1 0']
  ],

  ['a relay opens', town().read(4).tell(open).read(8, { a1: IDLE }), ['relay-open a1 4']],
  [
    'it closes, and its old points come late',
    town()
      .read(8)
      .tell(open)
      .read(6, { a1: null })
      .tell(closed)
      .read(1, { a1: null }, idleRows(135, 150, 165, 180, 195)),
    ['relay-open a1 8']
  ],
  [
    'it opens again',
    town().read(2).tell(open).read(1).tell(closed).tell(open),
    ['relay-open a1 2', 'relay-open a1 3']
  ],

  ['somebody opens his own breaker', town().read(8).read(6, { a1: IDLE }), ['customer-side a1 12']],
  [
    'the first reading after it failed, and is made up for after the next one',
    town().read(8).read(1, { a1: null }).read(1, { a1: IDLE }, idleRows(135)).read(4, { a1: IDLE }),
    ['customer-side a1 12']
  ],
  [
    'the third one failed',
    town().read(8).read(2, { a1: IDLE }).read(1, { a1: null }).read(1, { a1: IDLE }, idleRows(165)),
    ['customer-side a1 12']
  ],
  [
    'what is made up for was before he drew',
    town()
      .read(8)
      .read(1, { a1: null })
      .read(1, {})
      .read(1, { a1: IDLE }, idleRows(135))
      .read(2, { a1: IDLE }),
    []
  ],
  [
    'only for ten minutes, read every minute',
    new WatchedTown(MINUTE).read(60).read(10, { a1: IDLE }).read(5),
    []
  ],
  [
    'old points come after newer ones',
    town()
      .read(12)
      .read(8, { a1: null })
      .read(1, {}, idleRows(195, 210, 225, 240, 255)),
    []
  ],
  ['only for half an hour', town().read(8).read(3, { a1: IDLE }).read(8), []],
  ['nobody lives there', town().read(40, { a1: IDLE }), []],
  [
    'a lamp burns for two hours where nobody lives',
    town().read(40, { a1: IDLE }).read(8).read(40, { a1: IDLE }),
    []
  ],
  [
    'pauses of an hour are usual there',
    town().read(8).read(4, { a1: IDLE }).read(8).read(4, { a1: IDLE }).read(8),
    ['customer-side a1 12']
  ],
  ['he has not been watched for as long', town().read(2).read(6, { a1: IDLE }), []],
  [
    'he draws a little',
    town()
      .read(8)
      .read(6, { a1: { activePowerKw: 0, currentA: 0.01 } }),
    []
  ],

  ['a meter lacks one phase', town().read(2).read(3, { a1: noPhase }), ['metering-fault a1 4']],
  ['it lacks its only phase', town().read(2).read(3, { a1: noVoltage }), ['metering-fault a1 4']],
  ['one torn reading', town().read(2).read(1, { a1: noPhase }).read(3), []],
  [
    'a phase without voltage and without current',
    town()
      .read(2)
      .read(6, { a1: { voltageV: [0, 229, 231], currentA: [0, 1, 1] } }),
    []
  ],
  [
    'zeros, and one torn reading',
    town()
      .read(2)
      .read(1, { a1: zeros(150) })
      .read(1, { a1: { ...noVoltage, importKwh: 150 } })
      .read(2),
    []
  ],
  [
    'zeros of an outage',
    town()
      .read(2)
      .read(3, { a1: zeros(150) })
      .read(2),
    []
  ],
  [
    'zeros while the register goes on',
    town()
      .read(2)
      .read(1, { a1: zeros(150) })
      .read(1, { a1: zeros(150.3) }),
    ['metering-fault a1 4']
  ],
  [
    'a word of a lost voltage that nobody shares',
    town().read(2).tell(loss).read(4, { a1: noPhase }),
    ['metering-fault a1 2']
  ],
  [
    'it is mended, and breaks again',
    town().read(2).read(3, { a1: noPhase }).read(6).read(3, { a1: noPhase }),
    ['metering-fault a1 4', 'metering-fault a1 13']
  ],
  [
    'a word that a neighbour shares',
    town()
      .read(2)
      .tell(loss)
      .tell({ ...loss, meter: 'b2' })
      .read(1),
    []
  ],
  [
    'a low voltage next door just before',
    town().read(2).tell({ meter: 'b2', type: 'under-voltage' }).tell(loss).read(1),
    []
  ]
]

for (const [what, told, wanted] of CASES) test(what, () => assert.deepEqual(findingsOf(told.said()), wanted))

test('evidence is a sentence with its figures, and the id is the same in every replay', () => {
  const told = town().read(8).read(5, { a1: IDLE })
  const [finding] = told.said().findings
  assert.deepEqual(finding, {
    at: T0 + 12 * 15 * MINUTE,
    id: `customer-side:a1:${T0 + 12 * 15 * MINUTE}`,
    kind: 'customer-side',
    subject: 'a1',
    evidence:
      'Voltage is there, and for 45 min (4 readings) neither current nor power; before, it drew for 120 min with no pause.'
  })
  assert.deepEqual(told.said().findings, [finding])
})
