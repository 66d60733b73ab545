import { test } from 'node:test'
import { sayings } from '../hand-grid.ts'
import { A_SIDE, B_SIDE, type Case, checkOutages, grid, inBoxes } from './told-outages.ts'

const { fails, opens, closes } = sayings(grid)

const CASES: Case[] = [
  { what: 'nothing', happens: {}, outages: [] },
  // A failure at every level.
  ...(
    [
      ['SUB', `${A_SIDE} ${B_SIDE}`, 26, 'main standby'],
      ['BUS', `${A_SIDE} ${B_SIDE}`, 26, 'main standby'],
      ['FA', A_SIDE, 20, 'main'],
      ['FB', B_SIDE, 6, 'standby'],
      ['S1', A_SIDE, 20, 'main'],
      ['FU', inBoxes('b3', 'b4'), 8, ''],
      ['SW', inBoxes('b5'), 4, ''],
      ['S2', inBoxes('b5'), 4, ''],
      ['T1', inBoxes('b1', 'b2'), 8, ''],
      ['T6', inBoxes('b7'), 2, ''],
      ['B1', inBoxes('b1'), 4, ''],
      ['B7', inBoxes('b7'), 2, ''],
      ['S4', '', 0, 'standby']
    ] as const
  ).map(
    ([id, dark, count, keyed]): Case => ({
      what: `${id} fails for half an hour`,
      happens: { failures: [fails(id, 40, 70, 'ABC', 'cable', '')] },
      outages: [
        {
          what: id,
          span: [40, 70],
          dark,
          feeds: keyed,
          steps: count === 0 ? '' : '70:0',
          customerMinutes: count * 30,
          cause: 'cable'
        }
      ]
    })
  ),
  {
    what: 'a feeder trips and recloses after two seconds',
    happens: { switchings: [opens('FA', 40, 40 + 2 / 60)] },
    outages: [
      {
        what: 'FA',
        span: [40, 40 + 2 / 60],
        dark: A_SIDE,
        feeds: 'main',
        steps: `${40 + 2 / 60}:0`,
        customerMinutes: (20 * 2) / 60
      }
    ]
  },
  {
    what: 'a trip with a fault that stays: restored in steps, some by the neighbour, one outage',
    happens: {
      // The feeder is closed on its first yards at 60; those behind the fault come back by the tie at 65.
      switchings: [opens('FA', 40, 60), opens('SW', 58, 146), closes('TIE', 65, 150)],
      failures: [fails('S1', 40, 140, 'ABC', 'insulator')]
    },
    outages: [
      {
        what: 'FA',
        span: [40, 140],
        dark: A_SIDE,
        feeds: 'main',
        steps: '65:16 140:0',
        // 20 for 25 minutes, 16 for 75.
        customerMinutes: 500 + 1200,
        supply: 'transferred'
      }
    ]
  },
  {
    what: 'a fault behind a switch: the switch is opened and the feeder closed again',
    happens: {
      switchings: [opens('FA', 40, 52), opens('SW', 50, 120)],
      failures: [fails('S2', 40, 110)]
    },
    outages: [
      {
        what: 'FA',
        span: [40, 120],
        dark: A_SIDE,
        feeds: 'main',
        steps: '52:4 120:0',
        customerMinutes: 20 * 12 + 4 * 68
      }
    ]
  },
  {
    what: 'all of a feeder is taken over by its neighbour',
    happens: { switchings: [opens('FA', 40, 100), closes('TIE', 50, 105)] },
    outages: [
      {
        what: 'FA',
        span: [40, 50],
        dark: A_SIDE,
        feeds: 'main',
        steps: '50:0',
        customerMinutes: 200,
        supply: 'transferred'
      }
    ]
  },
  {
    what: 'the tie opens before the feeder is back: the same area is dark once more',
    happens: { switchings: [opens('FA', 40, 100), closes('TIE', 50, 95)] },
    outages: [
      {
        what: 'FA',
        span: [40, 50],
        dark: A_SIDE,
        feeds: 'main',
        steps: '50:0',
        customerMinutes: 200,
        supply: 'transferred'
      },
      { what: 'FA', span: [95, 100], dark: A_SIDE, feeds: 'main', steps: '100:0', customerMinutes: 100 }
    ]
  },
  {
    what: 'what is fed by a tie is dark when the neighbour is',
    happens: {
      switchings: [opens('SW', 50, 150), closes('TIE', 55, 155)],
      failures: [fails('S1', 40, 140), fails('FB', 90, 100, 'ABC', 'cable')]
    },
    outages: [
      {
        what: 'S1',
        span: [40, 140],
        dark: A_SIDE,
        feeds: 'main',
        steps: '55:16 140:0',
        customerMinutes: 20 * 15 + 16 * 85,
        supply: 'transferred'
      },
      {
        what: 'FB',
        span: [90, 100],
        dark: `${inBoxes('b5')} ${B_SIDE}`,
        feeds: 'standby',
        steps: '100:0',
        customerMinutes: 100,
        cause: 'cable'
      }
    ]
  },
  {
    what: 'a transformer fails on a section that was opened and is fed by a tie: the transformer it is',
    happens: {
      switchings: [opens('S2', 50, 150), closes('TIE', 55, 155)],
      failures: [fails('S1', 40, 140), fails('T4', 90, 110)]
    },
    outages: [
      {
        what: 'S1',
        span: [40, 140],
        dark: A_SIDE,
        feeds: 'main',
        steps: '55:16 140:0',
        customerMinutes: 20 * 15 + 16 * 85,
        supply: 'transferred'
      },
      { what: 'T4', span: [90, 110], dark: inBoxes('b5'), steps: '110:0', customerMinutes: 80 }
    ]
  },
  {
    what: 'a fault inside an outage is one of its own from when that is over',
    happens: { failures: [fails('FA', 40, 70), fails('T1', 60, 100)] },
    outages: [
      { what: 'FA', span: [40, 70], dark: A_SIDE, feeds: 'main', steps: '70:0', customerMinutes: 600 },
      { what: 'T1', span: [70, 100], dark: inBoxes('b1', 'b2'), steps: '100:0', customerMinutes: 240 }
    ]
  },
  {
    what: 'what failed with an outage and is not mended with it is restored in steps',
    happens: { failures: [fails('FA', 40, 70), fails('T1', 40, 100)] },
    outages: [
      {
        what: 'FA',
        span: [40, 100],
        dark: A_SIDE,
        feeds: 'main',
        steps: '70:8 100:0',
        customerMinutes: 20 * 30 + 8 * 30
      }
    ]
  },
  {
    what: 'an outage around a fault: each has its own, and nobody is in both',
    happens: { failures: [fails('T1', 40, 100), fails('FA', 60, 80)] },
    outages: [
      { what: 'T1', span: [40, 100], dark: inBoxes('b1', 'b2'), steps: '100:0', customerMinutes: 480 },
      {
        what: 'FA',
        span: [60, 80],
        dark: inBoxes('b3', 'b4', 'b5'),
        feeds: 'main',
        steps: '80:0',
        customerMinutes: 240
      }
    ]
  },
  {
    what: 'a fault that is mended while the feeder is dead is over when the feeder is back',
    happens: { failures: [fails('T1', 40, 70), fails('FA', 60, 80)] },
    outages: [
      { what: 'T1', span: [40, 80], dark: inBoxes('b1', 'b2'), steps: '80:0', customerMinutes: 320 },
      {
        what: 'FA',
        span: [60, 80],
        dark: inBoxes('b3', 'b4', 'b5'),
        feeds: 'main',
        steps: '80:0',
        customerMinutes: 240
      }
    ]
  },
  {
    what: 'two faults at the same moment, apart',
    happens: { failures: [fails('T2', 40, 80, 'ABC', 'fuse'), fails('FB', 40, 60, 'ABC', 'cable')] },
    outages: [
      { what: 'T2', span: [40, 80], dark: inBoxes('b3'), steps: '80:0', customerMinutes: 160, cause: 'fuse' },
      {
        what: 'FB',
        span: [40, 60],
        dark: B_SIDE,
        feeds: 'standby',
        steps: '60:0',
        customerMinutes: 120,
        cause: 'cable'
      }
    ]
  },
  {
    what: 'two faults at the same moment, one below the other',
    happens: { failures: [fails('B1', 40, 90, 'ABC', 'water'), fails('T1', 40, 60, 'ABC', 'fuse')] },
    outages: [
      {
        what: 'T1',
        span: [40, 90],
        dark: inBoxes('b1', 'b2'),
        steps: '60:4 90:0',
        customerMinutes: 8 * 20 + 4 * 30,
        cause: 'fuse'
      }
    ]
  },
  {
    what: 'two devices of one class: the higher one',
    happens: { failures: [fails('S2', 40, 60), fails('T4', 40, 60)] },
    outages: [{ what: 'S2', span: [40, 60], dark: inBoxes('b5'), steps: '60:0', customerMinutes: 80 }]
  },
  {
    what: 'phase A of a lateral is open: one dark below Yyn, half voltage below Dyn',
    happens: { failures: [fails('FU', 40, 100, 'A', 'conductor')] },
    outages: [
      {
        what: 'FU A',
        span: [40, 100],
        dark: 'b3a',
        low: 'b3t b4a b4c b4t',
        steps: '100:0',
        customerMinutes: 60,
        cause: 'conductor'
      }
    ]
  },
  {
    what: 'phase A of a section: nobody is dark below Dyn, and the key customer has lost a feed',
    happens: { failures: [fails('S3', 40, 100, 'A')] },
    outages: [{ what: 'S3 A', span: [40, 100], low: 'b6a b6c b6t', feeds: 'standby', customerMinutes: 0 }]
  },
  {
    what: 'a low-voltage phase of a transformer',
    happens: { failures: [fails('T1', 40, 100, 'B')] },
    outages: [
      {
        what: 'T1 B',
        span: [40, 100],
        dark: 'b1b b2b',
        low: 'b1t b2t',
        steps: '100:0',
        customerMinutes: 120
      }
    ]
  },
  {
    what: 'two open phases leave nothing',
    happens: { failures: [fails('FU', 40, 100, 'AB')] },
    outages: [
      { what: 'FU AB', span: [40, 100], dark: inBoxes('b3', 'b4'), steps: '100:0', customerMinutes: 480 }
    ]
  },
  {
    what: 'a second phase opens: who was well until then is in an outage of its own, by that phase',
    happens: { failures: [fails('FU', 40, 100, 'A'), fails('FU', 60, 80, 'B', 'tree')] },
    outages: [
      {
        what: 'FU A',
        span: [40, 100],
        dark: 'b3a',
        low: 'b3t b4a b4c b4t',
        steps: '100:0',
        // One, five in the twenty minutes in which nothing was left, one.
        customerMinutes: 20 + 100 + 20
      },
      {
        what: 'FU B',
        span: [60, 80],
        dark: 'b3b b3c b4b',
        steps: '80:0',
        customerMinutes: 60,
        cause: 'tree'
      }
    ]
  },
  {
    what: 'a transformer below an open phase fails: it is the cause, not the phase of before',
    happens: { failures: [fails('FU', 40, 100, 'A'), fails('T3', 60, 80, 'ABC', 'fuse')] },
    outages: [
      {
        what: 'FU A',
        span: [40, 100],
        dark: 'b3a',
        low: 'b3t b4a b4c b4t',
        steps: '100:0',
        customerMinutes: 20 + 4 * 20 + 20
      },
      { what: 'T3', span: [60, 80], dark: 'b4b', steps: '80:0', customerMinutes: 20, cause: 'fuse' }
    ]
  },
  {
    what: 'the whole transformer after one of its phases: by the failure that began last',
    happens: { failures: [fails('T1', 30, 100, 'B', 'fuse'), fails('T1', 60, 90, 'ABC', 'oil')] },
    outages: [
      {
        what: 'T1 B',
        span: [30, 100],
        dark: 'b1b b2b',
        low: 'b1t b2t',
        steps: '100:0',
        customerMinutes: 2 * 30 + 4 * 30 + 2 * 10,
        cause: 'fuse'
      },
      {
        what: 'T1',
        span: [60, 90],
        dark: 'b1a b1c b2a b2c',
        steps: '90:0',
        customerMinutes: 120,
        cause: 'oil'
      }
    ]
  }
]

for (const each of CASES) test(each.what, () => checkOutages(each))
