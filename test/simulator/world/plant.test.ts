import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GridSection } from '../../../src/simulator/grid/grid.ts'
import type { Happenings, PlantTrouble } from '../../../src/simulator/scenario/happenings.ts'
import { type PlantStretch, playPlant, supplyWords } from '../../../src/simulator/world/plant.ts'
import { CUSTOMERS, drawnNetwork, sayings, worldOf } from '../hand-grid.ts'

const section = (id: string, sources: string, gapS: number, isAutomatic = true): GridSection => ({
  id,
  isSecurity: id === 'OP',
  loadKw: 100,
  sources: sources.split(' '),
  isAutomatic,
  allowedGapMs: gapS * 1000
})
const OPERATIONS = section('OP', 'G1 G2 GEN', 15)
const WARDS = section('WARD', 'G1 G2 GEN', 60)
const OFFICES = section('OFF', 'G1 G2', 300)
const BY_HAND = section('OFF', 'G1 G2', 60, false)

/** Fed by section S1, and by S3 of the other feeder. */
const withSections = (sections: readonly GridSection[]) =>
  drawnNetwork({
    customers: [
      ...CUSTOMERS,
      { id: 'main', device: 'S1', phases: 'ABC', isThreeWire: true },
      { id: 'standby', device: 'S3', phases: 'ABC', isThreeWire: true }
    ],
    keyCustomers: [
      {
        id: 'H1',
        feeds: [
          ['G1', 'main'],
          ['G2', 'standby']
        ],
        generator: 'GEN',
        ups: 'UPS',
        sections
      }
    ]
  })

const AUTOMATIC = withSections([OPERATIONS, WARDS, OFFICES])
const { fails } = sayings(AUTOMATIC)
const MINUTE_S = 60
const cut = (id: string, fromS: number, toS: number) => ({
  customer: sayings(AUTOMATIC).customer(id),
  cause: '',
  start: fromS * 1000,
  end: toS * 1000
})
const trouble = (does: PlantTrouble['does'], fromS: number, toS: number) => ({
  keyCustomer: 0,
  does,
  start: fromS * 1000,
  end: toS * 1000
})

/** [from, feeds, generator, what feeds each section, and whether the UPS is on its battery]. */
type Stretch = [second: number, state: string]
/** [at, type and what it says of]. */
type Told = [second: number, event: string]

interface Case {
  readonly what: string
  readonly sections?: readonly GridSection[]
  readonly happens: Partial<Happenings>
  readonly stretches: readonly Stretch[]
  readonly events: readonly Told[]
  /** States in the words of `supply.ndjson`, where they change. */
  readonly words: readonly Stretch[]
}

const USUAL: Stretch = [0, 'live live ready G1 G1 G1']

const CASES: Case[] = [
  { what: 'nothing happens', happens: {}, stretches: [USUAL], events: [], words: [[0, 'normal']] },
  {
    what: 'main lost: over within 1.5 s, back a minute after it stands again',
    happens: { services: [cut('main', 2400, 6000)] },
    stretches: [
      USUAL,
      [2400, 'dead live ready - - - battery'],
      [2401.5, 'dead live ready G2 G2 G2'],
      [6000, 'live live ready G2 G2 G2'],
      [6060, USUAL[1]]
    ],
    events: [
      [2400, 'ups-on-battery UPS'],
      [2401.5, 'transfer OP G1 G2 1500'],
      [2401.5, 'transfer WARD G1 G2 1500'],
      [2401.5, 'transfer OFF G1 G2 1500'],
      [2401.5, 'ups-on-line UPS'],
      [6060, 'transfer OP G2 G1 200'],
      [6060, 'transfer WARD G2 G1 200'],
      [6060, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'normal'],
      [2400, 'reduced'],
      [6000, 'normal']
    ]
  },
  {
    what: 'main lost, and a section whose switch is thrown by hand: twelve minutes later, there and back',
    sections: [OPERATIONS, WARDS, BY_HAND],
    happens: { services: [cut('main', 2400, 6000)] },
    stretches: [
      USUAL,
      [2400, 'dead live ready - - - battery'],
      [2401.5, 'dead live ready G2 G2 -'],
      [3120, 'dead live ready G2 G2 G2'],
      [6000, 'live live ready G2 G2 G2'],
      [6060, 'live live ready G1 G1 G2'],
      [6780, USUAL[1]]
    ],
    events: [
      [2400, 'ups-on-battery UPS'],
      [2401.5, 'transfer OP G1 G2 1500'],
      [2401.5, 'transfer WARD G1 G2 1500'],
      [2401.5, 'ups-on-line UPS'],
      [3120, 'transfer OFF G1 G2 720000'],
      [6060, 'transfer OP G2 G1 200'],
      [6060, 'transfer WARD G2 G1 200'],
      [6780, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'normal'],
      [2400, 'interrupted'],
      [3120, 'reduced'],
      [6000, 'normal']
    ]
  },
  {
    what: 'both lost: the generator takes what it may, and the standby feed what was on it when it comes back',
    happens: { services: [cut('main', 2400, 6000), cut('standby', 3000, 5400)] },
    stretches: [
      USUAL,
      [2400, 'dead live ready - - - battery'],
      [2401.5, 'dead live ready G2 G2 G2'],
      [3000, 'dead dead starting - - - battery'],
      [3013, 'dead dead running - - - battery'],
      [3014.5, 'dead dead running GEN GEN -'],
      [5400, 'dead live running GEN GEN G2'],
      [5460, 'dead live running G2 G2 G2'],
      [5640, 'dead live ready G2 G2 G2'],
      [6000, 'live live ready G2 G2 G2'],
      [6060, USUAL[1]]
    ],
    events: [
      [2400, 'ups-on-battery UPS'],
      [2401.5, 'transfer OP G1 G2 1500'],
      [2401.5, 'transfer WARD G1 G2 1500'],
      [2401.5, 'transfer OFF G1 G2 1500'],
      [2401.5, 'ups-on-line UPS'],
      [3000, 'ups-on-battery UPS'],
      [3013, 'generator-start GEN'],
      [3014.5, 'transfer OP G2 GEN 14500'],
      [3014.5, 'transfer WARD G2 GEN 14500'],
      [3014.5, 'ups-on-line UPS'],
      [5460, 'transfer OP GEN G2 200'],
      [5460, 'transfer WARD GEN G2 200'],
      [5640, 'generator-stop GEN'],
      [6060, 'transfer OP G2 G1 200'],
      [6060, 'transfer WARD G2 G1 200'],
      [6060, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'normal'],
      [2400, 'reduced'],
      // The offices are dark, and for 14.5 s nothing of its own carries anything.
      [3000, 'interrupted'],
      [3014.5, 'emergency'],
      [5460, 'reduced'],
      [6000, 'normal']
    ]
  },
  {
    what: 'both lost and the generator does not start: dark until the standby feed is back',
    happens: {
      services: [cut('main', 2400, 6000), cut('standby', 3000, 4200)],
      plants: [trouble('generator-fails', 1800, 7200)]
    },
    stretches: [
      USUAL,
      [2400, 'dead live ready - - - battery'],
      [2401.5, 'dead live ready G2 G2 G2'],
      [3000, 'dead dead starting - - - battery'],
      [3013, 'dead dead failed - - - battery'],
      [4200, 'dead live failed G2 G2 G2'],
      [6000, 'live live failed G2 G2 G2'],
      [6060, 'live live failed G1 G1 G1'],
      [7200, USUAL[1]]
    ],
    events: [
      [2400, 'ups-on-battery UPS'],
      [2401.5, 'transfer OP G1 G2 1500'],
      [2401.5, 'transfer WARD G1 G2 1500'],
      [2401.5, 'transfer OFF G1 G2 1500'],
      [2401.5, 'ups-on-line UPS'],
      [3000, 'ups-on-battery UPS'],
      [3013, 'generator-start-failed GEN'],
      [4200, 'ups-on-line UPS'],
      [6060, 'transfer OP G2 G1 200'],
      [6060, 'transfer WARD G2 G1 200'],
      [6060, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'normal'],
      [2400, 'reduced'],
      [3000, 'interrupted'],
      [4200, 'reduced'],
      [7200, 'normal']
    ]
  },
  {
    what: 'a slow transfer takes four times what each section may be dark',
    happens: {
      services: [cut('main', 2400, 6000)],
      plants: [trouble('slow-transfer', 1800, 7200)]
    },
    stretches: [
      USUAL,
      [2400, 'dead live ready - - - battery'],
      [2460, 'dead live ready G2 - -'],
      [2640, 'dead live ready G2 G2 -'],
      [3600, 'dead live ready G2 G2 G2'],
      [6000, 'live live ready G2 G2 G2'],
      [6060, USUAL[1]]
    ],
    events: [
      [2400, 'ups-on-battery UPS'],
      [2460, 'transfer OP G1 G2 60000'],
      [2460, 'ups-on-line UPS'],
      [2640, 'transfer WARD G1 G2 240000'],
      [3600, 'transfer OFF G1 G2 1200000'],
      [6060, 'transfer OP G2 G1 200'],
      [6060, 'transfer WARD G2 G1 200'],
      [6060, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'normal'],
      [2400, 'interrupted'],
      [3600, 'reduced'],
      [6000, 'normal']
    ]
  },
  {
    what: 'a stuck transfer: somebody throws it after 24 minutes, and it goes back when it is mended',
    happens: {
      services: [cut('main', 2400, 6000)],
      plants: [trouble('transfer-stuck', 1800, 7200)]
    },
    stretches: [
      USUAL,
      [2400, 'dead live ready - - - battery'],
      [3840, 'dead live ready G2 G2 G2'],
      [6000, 'live live ready G2 G2 G2'],
      [7260, USUAL[1]]
    ],
    events: [
      [2400, 'transfer-failed OP'],
      [2400, 'transfer-failed WARD'],
      [2400, 'transfer-failed OFF'],
      [2400, 'ups-on-battery UPS'],
      [3840, 'transfer OP G1 G2 1440000'],
      [3840, 'transfer WARD G1 G2 1440000'],
      [3840, 'transfer OFF G1 G2 1440000'],
      [3840, 'ups-on-line UPS'],
      [7260, 'transfer OP G2 G1 200'],
      [7260, 'transfer WARD G2 G1 200'],
      [7260, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'normal'],
      [2400, 'interrupted'],
      [3840, 'reduced'],
      [6000, 'normal']
    ]
  },
  {
    what: 'a stuck transfer that is mended before anybody comes',
    happens: {
      services: [cut('main', 2400, 6000)],
      plants: [trouble('transfer-stuck', 1800, 2700)]
    },
    stretches: [
      USUAL,
      [2400, 'dead live ready - - - battery'],
      [2701.5, 'dead live ready G2 G2 G2'],
      [6000, 'live live ready G2 G2 G2'],
      [6060, USUAL[1]]
    ],
    events: [
      [2400, 'transfer-failed OP'],
      [2400, 'transfer-failed WARD'],
      [2400, 'transfer-failed OFF'],
      [2400, 'ups-on-battery UPS'],
      [2701.5, 'transfer OP G1 G2 301500'],
      [2701.5, 'transfer WARD G1 G2 301500'],
      [2701.5, 'transfer OFF G1 G2 301500'],
      [2701.5, 'ups-on-line UPS'],
      [6060, 'transfer OP G2 G1 200'],
      [6060, 'transfer WARD G2 G1 200'],
      [6060, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'normal'],
      // 301.5 s are more than any section may be dark.
      [2400, 'interrupted'],
      [2701.5, 'reduced'],
      [6000, 'normal']
    ]
  },
  {
    what: 'a stuck transfer, and the feed that was lost comes back to its switch: nothing is thrown',
    happens: {
      services: [cut('main', 2400, 2700)],
      plants: [trouble('transfer-stuck', 1800, 7200)]
    },
    stretches: [USUAL, [2400, 'dead live ready - - - battery'], [2700, USUAL[1]]],
    events: [
      [2400, 'transfer-failed OP'],
      [2400, 'transfer-failed WARD'],
      [2400, 'transfer-failed OFF'],
      [2400, 'ups-on-battery UPS'],
      [2700, 'ups-on-line UPS']
    ],
    words: [
      [0, 'normal'],
      [2400, 'interrupted'],
      [2700, 'normal']
    ]
  },
  {
    what: 'main is gone for a second: shorter than the switch needs',
    happens: { services: [cut('main', 2400, 2401)] },
    stretches: [USUAL, [2400, 'dead live ready - - - battery'], [2401, USUAL[1]]],
    events: [
      [2400, 'ups-on-battery UPS'],
      [2401, 'ups-on-line UPS']
    ],
    words: [
      [0, 'normal'],
      [2400, 'reduced'],
      [2401, 'normal']
    ]
  },
  {
    what: 'main comes back and goes again within its minute: the minute begins anew',
    happens: { services: [cut('main', 2400, 2430), cut('main', 2460, 2500)] },
    stretches: [
      USUAL,
      [2400, 'dead live ready - - - battery'],
      [2401.5, 'dead live ready G2 G2 G2'],
      [2430, 'live live ready G2 G2 G2'],
      [2460, 'dead live ready G2 G2 G2'],
      [2500, 'live live ready G2 G2 G2'],
      [2560, USUAL[1]]
    ],
    events: [
      [2400, 'ups-on-battery UPS'],
      [2401.5, 'transfer OP G1 G2 1500'],
      [2401.5, 'transfer WARD G1 G2 1500'],
      [2401.5, 'transfer OFF G1 G2 1500'],
      [2401.5, 'ups-on-line UPS'],
      [2560, 'transfer OP G2 G1 200'],
      [2560, 'transfer WARD G2 G1 200'],
      [2560, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'normal'],
      [2400, 'reduced'],
      [2430, 'normal'],
      [2460, 'reduced'],
      [2500, 'normal']
    ]
  },
  {
    what: 'both are back before the generator is there: it runs up, cools down and stops',
    happens: { services: [cut('main', 2400, 2405), cut('standby', 2400, 2405)] },
    stretches: [
      USUAL,
      [2400, 'dead dead starting - - - battery'],
      [2405, 'live live starting G1 G1 G1'],
      [2413, 'live live running G1 G1 G1'],
      [2593, USUAL[1]]
    ],
    events: [
      [2400, 'ups-on-battery UPS'],
      [2405, 'ups-on-line UPS'],
      [2413, 'generator-start GEN'],
      [2593, 'generator-stop GEN']
    ],
    words: [
      [0, 'normal'],
      [2400, 'reduced'],
      [2405, 'normal']
    ]
  },
  {
    what: 'the standby feed is lost and nobody notices',
    happens: { services: [cut('standby', 2400, 6000)] },
    stretches: [USUAL, [2400, 'live dead ready G1 G1 G1'], [6000, USUAL[1]]],
    events: [],
    words: [
      [0, 'normal'],
      [2400, 'reduced'],
      [6000, 'normal']
    ]
  },
  {
    what: 'an open phase of the main feed is a lost one',
    happens: { failures: [fails('S1', 40, 100, 'B')] },
    stretches: [
      USUAL,
      [40 * MINUTE_S, 'dead live ready - - - battery'],
      [2401.5, 'dead live ready G2 G2 G2'],
      [6000, 'live live ready G2 G2 G2'],
      [6060, USUAL[1]]
    ],
    events: [
      [2400, 'ups-on-battery UPS'],
      [2401.5, 'transfer OP G1 G2 1500'],
      [2401.5, 'transfer WARD G1 G2 1500'],
      [2401.5, 'transfer OFF G1 G2 1500'],
      [2401.5, 'ups-on-line UPS'],
      [6060, 'transfer OP G2 G1 200'],
      [6060, 'transfer WARD G2 G1 200'],
      [6060, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'normal'],
      [2400, 'reduced'],
      [6000, 'normal']
    ]
  },
  {
    what: 'a test run of the generator: it carries nothing, and all is normal',
    happens: { plants: [trouble('generator-test', 3000, 3600)] },
    stretches: [
      USUAL,
      [3000, 'live live starting G1 G1 G1'],
      [3013, 'live live running G1 G1 G1'],
      [3780, USUAL[1]]
    ],
    events: [
      [3013, 'generator-start GEN'],
      [3780, 'generator-stop GEN']
    ],
    words: [[0, 'normal']]
  },
  {
    what: 'both lost during a test run: the generator is there at once',
    happens: {
      plants: [trouble('generator-test', 3000, 3600)],
      services: [cut('main', 3300, 3900), cut('standby', 3300, 7200)]
    },
    stretches: [
      USUAL,
      [3000, 'live live starting G1 G1 G1'],
      [3013, 'live live running G1 G1 G1'],
      [3300, 'dead dead running - - - battery'],
      [3301.5, 'dead dead running GEN GEN -'],
      [3900, 'live dead running GEN GEN G1'],
      [3960, 'live dead running G1 G1 G1'],
      [4140, 'live dead ready G1 G1 G1'],
      [7200, USUAL[1]]
    ],
    events: [
      [3013, 'generator-start GEN'],
      [3300, 'ups-on-battery UPS'],
      [3301.5, 'transfer OP G1 GEN 1500'],
      [3301.5, 'transfer WARD G1 GEN 1500'],
      [3301.5, 'ups-on-line UPS'],
      [3960, 'transfer OP GEN G1 200'],
      [3960, 'transfer WARD GEN G1 200'],
      [4140, 'generator-stop GEN']
    ],
    words: [
      [0, 'normal'],
      // Nothing is carried for 1.5 s, and the offices are dark for ten minutes.
      [3300, 'interrupted'],
      [3301.5, 'emergency'],
      [3960, 'reduced'],
      [7200, 'normal']
    ]
  },
  {
    what: 'main is dead when the run begins',
    happens: { services: [cut('main', -600, 1200)] },
    stretches: [
      [0, 'dead live ready - - - battery'],
      [1.5, 'dead live ready G2 G2 G2'],
      [1200, 'live live ready G2 G2 G2'],
      [1260, USUAL[1]]
    ],
    events: [
      [0, 'ups-on-battery UPS'],
      [1.5, 'transfer OP G1 G2 1500'],
      [1.5, 'transfer WARD G1 G2 1500'],
      [1.5, 'transfer OFF G1 G2 1500'],
      [1.5, 'ups-on-line UPS'],
      [1260, 'transfer OP G2 G1 200'],
      [1260, 'transfer WARD G2 G1 200'],
      [1260, 'transfer OFF G2 G1 200']
    ],
    words: [
      [0, 'reduced'],
      [1200, 'normal']
    ]
  }
]

const RUN_S = 10_800

for (const { what, sections, happens, stretches, events, words } of CASES) {
  test(what, () => {
    const grid = sections === undefined ? AUTOMATIC : withSections(sections)
    const played = playPlant(worldOf(grid, happens), 0)
    assert.deepEqual(
      played.stretches.map(stretch => [stretch.start / 1000, stateText(stretch)]),
      stretches
    )
    // They follow each other without a gap to the end.
    played.stretches.forEach(({ end }, i) => {
      assert.equal(end, played.stretches[i + 1]?.start ?? RUN_S * 1000)
    })
    assert.deepEqual(
      played.events.map(({ at, type, source, section, from, to, durationMs }) => [
        at / 1000,
        [type, source, section, from, to, durationMs].filter(each => each !== undefined).join(' ')
      ]),
      events
    )
    const states = supplyWords(played.stretches, grid.keyCustomers[0]!)
    const said = played.stretches.map(({ start }, i): Stretch => [start / 1000, states[i]!])
    assert.deepEqual(
      said.filter(([, state], i) => state !== said[i - 1]?.[1]),
      words
    )
  })
}

function stateText({ isLive, generator, fedBy, isUpsOnBattery }: PlantStretch): string {
  const words = isLive.map(live => (live ? 'live' : 'dead'))
  const sections = fedBy.map(source => (source === '' ? '-' : source))
  return [...words, generator, ...sections, ...(isUpsOnBattery ? ['battery'] : [])].join(' ')
}

test('states in the words of DESIGN section 6, the first that fits', () => {
  const customer = AUTOMATIC.keyCustomers[0]!
  const stretch = (start: number, end: number, state: string): PlantStretch => {
    const [main, standby, generator, ...fedBy] = state.split(' ')
    return {
      start: start * 1000,
      end: end * 1000,
      isLive: [main === 'live', standby === 'live'],
      generator: generator as PlantStretch['generator'],
      fedBy: fedBy.slice(0, 3).map(source => (source === '-' ? '' : source)),
      isUpsOnBattery: false
    }
  }
  const rows: [what: string, stretches: [number, number, string][], words: string][] = [
    [
      'a security section dark for longer than it may, though a generator carries the rest',
      [
        [0, 10, 'live live running G1 GEN G1'],
        [10, 26, 'live live running - GEN G1'],
        [26, 30, 'live live running G1 GEN G1']
      ],
      'emergency interrupted emergency'
    ],
    [
      'and for as long as it may',
      [
        [0, 10, 'live live ready G1 G1 G1'],
        [10, 25, 'live live ready - G1 G1'],
        [25, 30, 'live live ready G1 G1 G1']
      ],
      'normal normal normal'
    ],
    [
      'a gap in several stretches is one gap',
      [
        [0, 10, 'live live ready G1 G1 G1'],
        [10, 20, 'live live ready - G1 G1'],
        [20, 30, 'live live starting - G1 G1'],
        [30, 40, 'live live ready G1 G1 G1']
      ],
      'normal interrupted interrupted normal'
    ],
    [
      'it never ends in the run',
      [
        [0, 10, 'live live ready G1 G1 G1'],
        [10, 11, 'live live ready - G1 G1']
      ],
      'normal interrupted'
    ],
    [
      'it was there when the run began',
      [
        [0, 10, 'dead live ready - G1 G1'],
        [10, 20, 'live live ready - G1 G1'],
        [20, 30, 'live live ready G1 G1 G1']
      ],
      'interrupted interrupted normal'
    ],
    [
      'another section dark: interrupted when nothing of its own carries anything, emergency when something does',
      [
        [0, 10, 'live live ready G1 G1 G1'],
        [10, 400, 'live live ready G1 G1 -'],
        [400, 800, 'dead dead running GEN GEN -'],
        [800, 900, 'live live ready G1 G1 G1']
      ],
      'normal interrupted emergency normal'
    ],
    [
      'all sections on the generator, and one',
      [
        [0, 10, 'dead dead running GEN GEN GEN'],
        [10, 20, 'live live running GEN G1 G1']
      ],
      'emergency emergency'
    ],
    [
      'a feed lost, a generator failed',
      [
        [0, 10, 'dead live ready G2 G2 G2'],
        [10, 20, 'live dead ready G1 G1 G1'],
        [20, 30, 'live live failed G1 G1 G1'],
        [30, 40, 'live live running G1 G1 G1'],
        [40, 50, 'live live ready G2 G1 G1']
      ],
      'reduced reduced reduced normal normal'
    ]
  ]
  for (const [what, stretches, words] of rows)
    assert.equal(
      supplyWords(
        stretches.map(each => stretch(...each)),
        customer
      ).join(' '),
      words,
      what
    )
})

test('a key customer of which no sections are known has what its feeds have', () => {
  const grid = withSections([])
  const { stretches } = playPlant(
    worldOf(grid, { services: [cut('main', 2400, 6000), cut('standby', 3000, 5400)] }),
    0
  )
  const words = supplyWords(stretches, grid.keyCustomers[0]!)
  assert.deepEqual(
    stretches.map(({ start }, i) => [start / 1000, words[i]]),
    [
      [0, 'normal'],
      [2400, 'reduced'],
      [3000, 'interrupted'],
      [5400, 'reduced'],
      [6000, 'normal']
    ]
  )
})
