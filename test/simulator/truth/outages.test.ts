import assert from 'node:assert/strict'
import { test } from 'node:test'
import { phaseLetters } from '../../../src/simulator/grid/grid.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import { type Outage, outagesOf } from '../../../src/simulator/truth/outages.ts'
import { CUSTOMERS, drawnNetwork, MINUTE, NETWORK, sayings, worldOf } from '../hand-grid.ts'

/** The drawn network, and a key customer that is fed from S1 and, alone on it, from S4 of the other feeder. */
const grid = drawnNetwork({
  devices: [...NETWORK, { id: 'S4', kind: 'section', parent: 'S3' }],
  customers: [
    ...CUSTOMERS,
    { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true },
    { id: 'standby', device: 'S4', phases: 'ABC', isThreeWire: true }
  ],
  keyCustomers: [
    {
      id: 'H1',
      feeds: [
        ['G1', 'main'],
        ['G2', 'standby']
      ]
    }
  ]
})
const { fails, opens, closes, feeds, cuts } = sayings(grid)

const in_ = (...boxes: string[]): string => {
  const ids = CUSTOMERS.map(({ id }) => id).filter(id => boxes.includes(id.slice(0, 2)))
  return ids.join(' ')
}
const A_SIDE = in_('b1', 'b2', 'b3', 'b4', 'b5')
const B_SIDE = in_('b6', 'b7')

interface Told {
  /** Device or customer, and phases when not all. */
  readonly what: string
  /** Minutes. */
  readonly span: readonly [from: number, to: number]
  readonly dark?: string
  readonly low?: string
  readonly feeds?: string
  /** `minute:left` each. */
  readonly steps?: string
  readonly customerMinutes: number
  readonly supply?: Outage['supply']
  readonly cause?: string
  readonly plan?: string
}

interface Case {
  readonly what: string
  readonly happens: Partial<Happenings>
  readonly outages: readonly Told[]
}

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
      ['FU', in_('b3', 'b4'), 8, ''],
      ['SW', in_('b5'), 4, ''],
      ['S2', in_('b5'), 4, ''],
      ['T1', in_('b1', 'b2'), 8, ''],
      ['T6', in_('b7'), 2, ''],
      ['B1', in_('b1'), 4, ''],
      ['B7', in_('b7'), 2, ''],
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
        dark: `${in_('b5')} ${B_SIDE}`,
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
      { what: 'T4', span: [90, 110], dark: in_('b5'), steps: '110:0', customerMinutes: 80 }
    ]
  },
  {
    what: 'a fault inside an outage: its customers are in the outage that took them until they have supply',
    happens: { failures: [fails('FA', 40, 70), fails('T1', 60, 100)] },
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
      { what: 'T1', span: [40, 100], dark: in_('b1', 'b2'), steps: '100:0', customerMinutes: 480 },
      {
        what: 'FA',
        span: [60, 80],
        dark: in_('b3', 'b4', 'b5'),
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
      { what: 'T1', span: [40, 80], dark: in_('b1', 'b2'), steps: '80:0', customerMinutes: 320 },
      {
        what: 'FA',
        span: [60, 80],
        dark: in_('b3', 'b4', 'b5'),
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
      { what: 'T2', span: [40, 80], dark: in_('b3'), steps: '80:0', customerMinutes: 160, cause: 'fuse' },
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
        dark: in_('b1', 'b2'),
        steps: '60:4 90:0',
        customerMinutes: 8 * 20 + 4 * 30,
        cause: 'fuse'
      }
    ]
  },
  {
    what: 'two devices of one class: the higher one',
    happens: { failures: [fails('S2', 40, 60), fails('T4', 40, 60)] },
    outages: [{ what: 'S2', span: [40, 60], dark: in_('b5'), steps: '60:0', customerMinutes: 80 }]
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
    outages: [{ what: 'FU AB', span: [40, 100], dark: in_('b3', 'b4'), steps: '100:0', customerMinutes: 480 }]
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
  },
  {
    what: 'a truck: the device stays dead, its customers stop accruing',
    happens: { failures: [fails('T1', 40, 130)], sources: [feeds('truck', 'T1', 70, 125)] },
    outages: [
      {
        what: 'T1',
        span: [40, 130],
        dark: in_('b1', 'b2'),
        steps: '130:0',
        customerMinutes: 8 * (30 + 5),
        supply: 'temporary'
      }
    ]
  },
  {
    what: 'a truck that stands ready when planned work begins: nobody accrues but when it has left',
    happens: {
      failures: [fails('T1', 40, 130, 'ABC', '', 'PLAN-1')],
      sources: [feeds('truck', 'T1', 30, 125)]
    },
    outages: [
      {
        what: 'T1',
        span: [40, 130],
        dark: in_('b1', 'b2'),
        steps: '130:0',
        customerMinutes: 8 * 5,
        supply: 'temporary',
        plan: 'PLAN-1'
      }
    ]
  },
  {
    what: 'a truck at one of the transformers of a dead lateral',
    happens: { failures: [fails('FU', 40, 100)], sources: [feeds('truck', 'T2', 60, 100)] },
    outages: [
      {
        what: 'FU',
        span: [40, 100],
        dark: in_('b3', 'b4'),
        steps: '100:0',
        customerMinutes: 8 * 20 + 4 * 40,
        supply: 'temporary'
      }
    ]
  },
  {
    what: 'panels keep it alive: the network does not, and that is what counts',
    happens: { failures: [fails('T1', 40, 100)], sources: [feeds('panels', 'T1', 40, 52)] },
    outages: [
      {
        what: 'T1',
        span: [40, 100],
        dark: in_('b1', 'b2'),
        steps: '100:0',
        customerMinutes: 480,
        supply: 'back-feed'
      }
    ]
  },
  {
    what: 'a service line',
    happens: { services: [cuts('b1a', 40, 100, 'digger')] },
    outages: [{ what: 'b1a', span: [40, 100], dark: 'b1a', customerMinutes: 60, cause: 'digger' }]
  },
  {
    what: 'the line of a feed: no account is interrupted',
    happens: { services: [cuts('main', 40, 100)] },
    outages: [{ what: 'main', span: [40, 100], feeds: 'main', customerMinutes: 0 }]
  },
  {
    what: 'whose line is dead already loses nothing when the transformer fails, and has it back with it',
    happens: { services: [cuts('b1a', 30, 50)], failures: [fails('T1', 40, 60)] },
    outages: [
      { what: 'b1a', span: [30, 60], dark: 'b1a', customerMinutes: 30 },
      {
        what: 'T1',
        span: [40, 60],
        dark: in_('b1', 'b2').replace('b1a ', ''),
        steps: '60:0',
        customerMinutes: 7 * 20
      }
    ]
  },
  {
    what: 'a line that dies unnoticed in an outage is an outage from its end on',
    happens: { services: [cuts('b1a', 50, 100)], failures: [fails('T1', 40, 60)] },
    outages: [
      { what: 'T1', span: [40, 60], dark: in_('b1', 'b2'), steps: '60:0', customerMinutes: 160 },
      { what: 'b1a', span: [60, 100], dark: 'b1a', customerMinutes: 40 }
    ]
  },
  {
    what: 'and one that is whole again before that end is none',
    happens: { services: [cuts('b1a', 50, 55)], failures: [fails('T1', 40, 60)] },
    outages: [{ what: 'T1', span: [40, 60], dark: in_('b1', 'b2'), steps: '60:0', customerMinutes: 160 }]
  },
  {
    what: 'what lasts ends with the run, and what begins after it is not of it',
    happens: {
      failures: [fails('T1', 150), fails('T2', 200, 210)],
      services: [cuts('b6a', 170), cuts('b6b', 190)]
    },
    outages: [
      { what: 'T1', span: [150, 180], dark: in_('b1', 'b2'), customerMinutes: 240 },
      { what: 'b6a', span: [170, 180], dark: 'b6a', customerMinutes: 10 }
    ]
  },
  {
    what: 'a broken neutral, a lost link and a blown fuse of a meter leave nobody dark',
    happens: {
      neutrals: [{ device: sayings(grid).device('B1'), start: 40 * MINUTE, end: 80 * MINUTE }],
      troubles: [sayings(grid).troubles('meter-fuse', 'b2a', 40, 80, 'A')]
    },
    outages: []
  }
]

for (const { what, happens, outages } of CASES) {
  test(what, () => {
    const found = outagesOf(worldOf(grid, happens))
    assert.deepEqual(
      found.map(told),
      outages.map(each => ({
        dark: '',
        low: '',
        feeds: '',
        steps: '',
        supply: 'none',
        cause: '',
        plan: '',
        ...each,
        customerMinutes: rounded(each.customerMinutes)
      }))
    )
    assert.equal(new Set(found.map(({ id }) => id)).size, found.length)
  })
}

const rounded = (minutes: number): number => Math.round(minutes * 1e6) / 1e6

function told(outage: Outage): Required<Told> {
  const names = (customers: readonly number[]): string =>
    customers.map(customer => grid.customers.point[customer]).join(' ')
  const name = outage.customer >= 0 ? names([outage.customer]) : grid.devices.id[outage.device]
  const minute = (time: number): number => rounded(time / MINUTE)
  return {
    what: `${name}${outage.phases === 7 ? '' : ` ${phaseLetters(outage.phases)}`}`,
    span: [time(outage.start), time(outage.end)],
    dark: names(outage.affected.toSorted((a, b) => a - b)),
    low: names(outage.degraded.toSorted((a, b) => a - b)),
    feeds: names(outage.feeds.toSorted((a, b) => a - b)),
    steps: outage.steps.map(step => `${time(step.time)}:${step.left}`).join(' '),
    customerMinutes: rounded(outage.customerMinutes),
    supply: outage.supply,
    cause: outage.cause,
    plan: outage.plan
  }

  function time(ms: number): number {
    return ms % MINUTE === 0 ? minute(ms) : ms / MINUTE
  }
}
