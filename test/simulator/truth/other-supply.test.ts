import { test } from 'node:test'
import { MINUTE, sayings } from '../hand-grid.ts'
import { type Case, checkOutages, grid, inBoxes } from './told-outages.ts'

const { fails, feeds, cuts } = sayings(grid)

/** Outages in which something else feeds, those of service lines, and what is none. */
const CASES: Case[] = [
  {
    what: 'a truck: the device stays dead, its customers stop accruing',
    happens: { failures: [fails('T1', 40, 130)], sources: [feeds('truck', 'T1', 70, 125)] },
    outages: [
      {
        what: 'T1',
        span: [40, 130],
        dark: inBoxes('b1', 'b2'),
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
        dark: inBoxes('b1', 'b2'),
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
        dark: inBoxes('b3', 'b4'),
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
        dark: inBoxes('b1', 'b2'),
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
        dark: inBoxes('b1', 'b2').replace('b1a ', ''),
        steps: '60:0',
        customerMinutes: 7 * 20
      }
    ]
  },
  {
    what: 'a line that dies unnoticed in an outage is an outage from its end on',
    happens: { services: [cuts('b1a', 50, 100)], failures: [fails('T1', 40, 60)] },
    outages: [
      { what: 'T1', span: [40, 60], dark: inBoxes('b1', 'b2'), steps: '60:0', customerMinutes: 160 },
      { what: 'b1a', span: [60, 100], dark: 'b1a', customerMinutes: 40 }
    ]
  },
  {
    what: 'and one that is whole again before that end is none',
    happens: { services: [cuts('b1a', 50, 55)], failures: [fails('T1', 40, 60)] },
    outages: [{ what: 'T1', span: [40, 60], dark: inBoxes('b1', 'b2'), steps: '60:0', customerMinutes: 160 }]
  },
  {
    what: 'what lasts ends with the run, and what begins after it is not of it',
    happens: {
      failures: [fails('T1', 150), fails('T2', 200, 210)],
      services: [cuts('b6a', 170), cuts('b6b', 190)]
    },
    outages: [
      { what: 'T1', span: [150, 180], dark: inBoxes('b1', 'b2'), customerMinutes: 240 },
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

for (const each of CASES) test(each.what, () => checkOutages(each))
