import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import type { Condition } from '../../../src/simulator/world/feeding.ts'
import { drawnNetwork, MINUTE, sayings, worldOf } from '../hand-grid.ts'

const grid = drawnNetwork()
const { device, customer, fails, opens, closes, feeds, breaks, cuts, troubles } = sayings(grid)

const text = ({ volts, source, neutralAt }: Condition): string => {
  const words = volts.map(value => Math.round(value * 100) / 100).join(' ')
  return `${words}${source === 'grid' ? '' : ` ${source}`}${neutralAt < 0 ? '' : ` neutral of ${grid.devices.id[neutralAt]}`}`
}

/** How a device stands from minute to minute: [from, condition] where it changes, as its own list of changes says. */
function courseOf(happenings: Partial<Happenings>, id: string): [minute: number, condition: string][] {
  const world = worldOf(grid, happenings)
  const times = world.changesAt(device(id))
  // Between two changes nothing changes, and before the first all is as usual.
  for (let at = 0; at <= 200 * MINUTE; at += MINUTE / 2) {
    const since = times.findLast(time => time <= at) ?? -1
    assert.equal(world.conditionAt(device(id), at), world.conditionAt(device(id), since))
  }
  return times.map(time => [time / MINUTE, text(world.conditionAt(device(id), time))])
}

interface Timeline {
  readonly what: string
  readonly happens: Partial<Happenings>
  readonly courses: Readonly<Record<string, [minute: number, condition: string][]>>
}

const TIMELINES: Timeline[] = [
  {
    what: 'a transformer fails and is whole again; its neighbours never notice',
    happens: { failures: [fails('T1', 40, 90)] },
    courses: {
      T1: [
        [40, '0 0 0'],
        [90, '1 1 1']
      ],
      B2: [
        [40, '0 0 0'],
        [90, '1 1 1']
      ],
      T2: [],
      S1: [],
      B5: []
    }
  },
  {
    what: 'overlapping failures of one way: dark until the last is over',
    happens: { failures: [fails('FA', 40, 70), fails('T1', 60, 100), fails('B1', 30, 50)] },
    courses: {
      B1: [
        [30, '0 0 0'],
        [100, '1 1 1']
      ],
      B2: [
        [40, '0 0 0'],
        [100, '1 1 1']
      ],
      B4: [
        [40, '0 0 0'],
        [70, '1 1 1']
      ]
    }
  },
  {
    what: 'the same phase fails twice at once: the failure that is over does not mend the other',
    happens: { failures: [fails('T2', 40, 80, 'B'), fails('T2', 60, 120, 'BC')] },
    courses: {
      B3: [
        [40, '1 0 1'],
        [60, '1 0 0'],
        [120, '1 1 1']
      ]
    }
  },
  {
    what: 'phases of a lateral open one after the other',
    happens: { failures: [fails('FU', 40, 100, 'A'), fails('FU', 60, 80, 'B')] },
    courses: {
      B4: [
        [40, '0.5 1 0.5'],
        [60, '0 0 0'],
        [80, '0.5 1 0.5'],
        [100, '1 1 1']
      ],
      B3: [
        [40, '0 0.87 0.87'],
        [60, '0 0 0'],
        [80, '0 0.87 0.87'],
        [100, '1 1 1']
      ]
    }
  },
  {
    what: 'a trip with fast reclose',
    happens: { switchings: [opens('FA', 40, 40 + 2 / 60)] },
    courses: {
      B5: [
        [40, '0 0 0'],
        [40 + 2 / 60, '1 1 1']
      ],
      B6: []
    }
  },
  {
    what: 'of several switchings the one that began last holds; when it is over the one before does',
    happens: {
      switchings: [opens('SW', 40, 120), { ...opens('SW', 60, 80), isOpen: false }]
    },
    courses: {
      B5: [
        [40, '0 0 0'],
        [60, '1 1 1'],
        [80, '0 0 0'],
        [120, '1 1 1']
      ]
    }
  },
  {
    what: 'load transfer: the tie is closed while the feeder is open, and opened after it is back',
    happens: { switchings: [opens('FA', 40, 100), closes('TIE', 50, 105)] },
    courses: {
      B1: [
        [40, '0 0 0'],
        [50, '1 1 1']
      ],
      B6: []
    }
  },
  {
    what: 'a tie that opens too early',
    happens: { switchings: [opens('FA', 40, 100), closes('TIE', 50, 95)] },
    courses: {
      B1: [
        [40, '0 0 0'],
        [50, '1 1 1'],
        [95, '0 0 0'],
        [100, '1 1 1']
      ]
    }
  },
  {
    what: 'a truck comes and goes while its transformer is dead',
    happens: { failures: [fails('T1', 40, 130)], sources: [feeds('truck', 'T1', 70, 125)] },
    courses: {
      B1: [
        [40, '0 0 0'],
        [70, '1 1 1 truck'],
        [125, '0 0 0'],
        [130, '1 1 1']
      ]
    }
  },
  {
    what: 'panels from the same moment on: never dark, then dark',
    happens: { failures: [fails('T1', 40, 100)], sources: [feeds('panels', 'T1', 40, 52)] },
    courses: {
      B1: [
        [40, '1 1 1 panels'],
        [52, '0 0 0'],
        [100, '1 1 1']
      ]
    }
  },
  {
    what: 'a broken neutral that lasts beyond the end',
    happens: { neutrals: [breaks('B1', 40)] },
    courses: { B1: [[40, '1 1 1 neutral of B1']], B2: [] }
  },
  {
    what: 'a failure that is there from the first moment on',
    happens: { failures: [fails('T5', 0, 20)] },
    courses: {
      B6: [
        [0, '0 0 0'],
        [20, '1 1 1']
      ],
      B7: []
    }
  }
]

for (const { what, happens, courses } of TIMELINES)
  test(what, () => {
    for (const [id, course] of Object.entries(courses)) assert.deepEqual(courseOf(happens, id), course, id)
  })

test('a customer has what its device has, less its service line', () => {
  const world = worldOf(grid, {
    failures: [fails('B1', 60, 90)],
    services: [cuts('b1a', 40, 70), cuts('b2c', 50)],
    troubles: [troubles('relay', 'b1b', 30, 45), troubles('exchanged', 'b6a', 100)]
  })
  const rows: [id: string, changes: number[], conditions: Record<number, string>][] = [
    ['b1a', [40, 60, 70, 90], { 39: '1 1 1', 40: '0 0 0', 65: '0 0 0', 75: '0 0 0', 90: '1 1 1' }],
    // Its meter counts nothing behind an open relay, so that is a change; its voltage stays.
    ['b1b', [30, 45, 60, 90], { 29: '1 1 1', 30: '1 1 1', 60: '0 0 0', 90: '1 1 1' }],
    ['b1c', [60, 90], { 59.9: '1 1 1', 60: '0 0 0', 90: '1 1 1' }],
    ['b2c', [50], { 49: '1 1 1', 50: '0 0 0', 179: '0 0 0' }],
    ['b6a', [100], { 120: '1 1 1' }],
    ['b6b', [], { 100: '1 1 1' }],
    ['b7b', [], { 100: '0 1 0' }]
  ]
  for (const [id, changes, conditions] of rows) {
    assert.deepEqual(
      world.changesOf(customer(id)),
      changes.map(minute => minute * MINUTE),
      id
    )
    assert.equal(world.isTouched(customer(id)), changes.length > 0)
    for (const [minute, expected] of Object.entries(conditions))
      assert.equal(
        text(world.customerConditionAt(customer(id), Number(minute) * MINUTE)),
        expected,
        `${id} ${minute}`
      )
  }
  assert.equal(world.troubleAt(customer('b1b'), 'relay', 30 * MINUTE)?.kind, 'relay')
  assert.equal(world.troubleAt(customer('b1b'), 'relay', 45 * MINUTE), undefined)
  assert.equal(world.troubleAt(customer('b1b'), 'breaker', 40 * MINUTE), undefined)
})

test('moments are all times at which anything about supply changes, each once', () => {
  const world = worldOf(grid, {
    failures: [fails('B1', 60, 90), fails('B2', 60, 90)],
    services: [cuts('b1a', 40, 60)],
    switchings: [opens('FA', 90, 100)],
    neutrals: [breaks('B6', 45)],
    // Troubles of meters are not among them: nothing is fed otherwise.
    troubles: [troubles('relay', 'b1b', 30, 35)]
  })
  assert.deepEqual(
    world.moments.map(({ time }) => time / MINUTE),
    [40, 45, 60, 90, 100]
  )
  const names = [...world.touchedDevices].map(at => grid.devices.id[at]).sort()
  // What hangs on FA, and the box with the broken neutral.
  assert.deepEqual(names, 'B1 B2 B3 B4 B5 B6 FA FU S1 S2 SW T1 T2 T3 T4'.split(' '))
})
