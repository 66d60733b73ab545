import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GridSection } from '../../../src/simulator/grid/grid.ts'
import type { Happenings, PlantTrouble } from '../../../src/simulator/scenario/happenings.ts'
import {
  type PlantEvent,
  type PlantStretch,
  playPlant,
  supplyWords
} from '../../../src/simulator/world/plant.ts'
import { sayings, worldOf } from '../hand-grid.ts'
import { BY_HAND, linesOf, OFFICES, OPERATIONS, WARDS, withSections } from './hospital.ts'

const AUTOMATIC = withSections([OPERATIONS, WARDS, OFFICES])
const { fails } = sayings(AUTOMATIC)
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

interface Case {
  readonly what: string
  readonly sections?: readonly GridSection[]
  readonly happens: Partial<Happenings>
  /** A line each: seconds from the beginning, feeds, generator, what feeds each section, and whether the UPS is on its battery. */
  readonly stretches: string
  /** A line each: when, what, and of what it tells. */
  readonly events: string
  /** A line each: from when on which state in the words of `supply.ndjson`. */
  readonly words: string
}

const CASES: Case[] = [
  {
    what: 'nothing happens',
    happens: {},
    stretches: '0 live live ready G1 G1 G1',
    events: '',
    words: '0 normal'
  },
  {
    what: 'main lost: over within 1.5 s, back a minute after it stands again',
    happens: { services: [cut('main', 2400, 6000)] },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2401.5 dead live ready G2 G2 G2
      6000 live live ready G2 G2 G2
      6060 live live ready G1 G1 G1`,
    events: `
      2400 ups-on-battery UPS
      2401.5 transfer OP+WARD+OFF G1 G2 1500
      2401.5 ups-on-line UPS
      6060 transfer OP+WARD+OFF G2 G1 200`,
    words: `
      0 normal
      2400 reduced
      6000 normal`
  },
  {
    what: 'main lost, and a section whose switch is thrown by hand: twelve minutes later, there and back',
    sections: [OPERATIONS, WARDS, BY_HAND],
    happens: { services: [cut('main', 2400, 6000)] },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2401.5 dead live ready G2 G2 -
      3120 dead live ready G2 G2 G2
      6000 live live ready G2 G2 G2
      6060 live live ready G1 G1 G2
      6780 live live ready G1 G1 G1`,
    events: `
      2400 ups-on-battery UPS
      2401.5 transfer OP+WARD G1 G2 1500
      2401.5 ups-on-line UPS
      3120 transfer OFF G1 G2 720000
      6060 transfer OP+WARD G2 G1 200
      6780 transfer OFF G2 G1 200`,
    words: `
      0 normal
      2400 interrupted
      3120 reduced
      6000 normal`
  },
  {
    what: 'both lost: the generator takes what it may, and the standby feed what was on it when it comes back',
    happens: { services: [cut('main', 2400, 6000), cut('standby', 3000, 5400)] },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2401.5 dead live ready G2 G2 G2
      3000 dead dead starting - - - battery
      3013 dead dead running - - - battery
      3014.5 dead dead running GEN GEN -
      5400 dead live running GEN GEN G2
      5460 dead live running G2 G2 G2
      5640 dead live ready G2 G2 G2
      6000 live live ready G2 G2 G2
      6060 live live ready G1 G1 G1`,
    events: `
      2400 ups-on-battery UPS
      2401.5 transfer OP+WARD+OFF G1 G2 1500
      2401.5 ups-on-line UPS
      3000 ups-on-battery UPS
      3013 generator-start GEN
      3014.5 transfer OP+WARD G2 GEN 14500
      3014.5 ups-on-line UPS
      5460 transfer OP+WARD GEN G2 200
      5640 generator-stop GEN
      6060 transfer OP+WARD+OFF G2 G1 200`,
    // The offices are dark, and for 14.5 s nothing of its own carries anything.
    words: `
      0 normal
      2400 reduced
      3000 interrupted
      3014.5 emergency
      5460 reduced
      6000 normal`
  },
  {
    what: 'both lost and the generator does not start: dark until the standby feed is back',
    happens: {
      services: [cut('main', 2400, 6000), cut('standby', 3000, 4200)],
      plants: [trouble('generator-fails', 1800, 7200)]
    },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2401.5 dead live ready G2 G2 G2
      3000 dead dead starting - - - battery
      3013 dead dead failed - - - battery
      4200 dead live failed G2 G2 G2
      6000 live live failed G2 G2 G2
      6060 live live failed G1 G1 G1
      7200 live live ready G1 G1 G1`,
    events: `
      2400 ups-on-battery UPS
      2401.5 transfer OP+WARD+OFF G1 G2 1500
      2401.5 ups-on-line UPS
      3000 ups-on-battery UPS
      3013 generator-start-failed GEN
      4200 ups-on-line UPS
      6060 transfer OP+WARD+OFF G2 G1 200`,
    words: `
      0 normal
      2400 reduced
      3000 interrupted
      4200 reduced
      7200 normal`
  },
  {
    what: 'a slow transfer takes four times what each section may be dark',
    happens: {
      services: [cut('main', 2400, 6000)],
      plants: [trouble('slow-transfer', 1800, 7200)]
    },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2460 dead live ready G2 - -
      2640 dead live ready G2 G2 -
      3600 dead live ready G2 G2 G2
      6000 live live ready G2 G2 G2
      6060 live live ready G1 G1 G1`,
    events: `
      2400 ups-on-battery UPS
      2460 transfer OP G1 G2 60000
      2460 ups-on-line UPS
      2640 transfer WARD G1 G2 240000
      3600 transfer OFF G1 G2 1200000
      6060 transfer OP+WARD+OFF G2 G1 200`,
    words: `
      0 normal
      2400 interrupted
      3600 reduced
      6000 normal`
  },
  {
    what: 'a stuck transfer: somebody throws it after 24 minutes, and it goes back when it is mended',
    happens: {
      services: [cut('main', 2400, 6000)],
      plants: [trouble('transfer-stuck', 1800, 7200)]
    },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      3840 dead live ready G2 G2 G2
      6000 live live ready G2 G2 G2
      7260 live live ready G1 G1 G1`,
    events: `
      2400 transfer-failed OP+WARD+OFF
      2400 ups-on-battery UPS
      3840 transfer OP+WARD+OFF G1 G2 1440000
      3840 ups-on-line UPS
      7260 transfer OP+WARD+OFF G2 G1 200`,
    words: `
      0 normal
      2400 interrupted
      3840 reduced
      6000 normal`
  },
  {
    what: 'a stuck transfer that is mended before anybody comes',
    happens: {
      services: [cut('main', 2400, 6000)],
      plants: [trouble('transfer-stuck', 1800, 2700)]
    },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2701.5 dead live ready G2 G2 G2
      6000 live live ready G2 G2 G2
      6060 live live ready G1 G1 G1`,
    events: `
      2400 transfer-failed OP+WARD+OFF
      2400 ups-on-battery UPS
      2701.5 transfer OP+WARD+OFF G1 G2 301500
      2701.5 ups-on-line UPS
      6060 transfer OP+WARD+OFF G2 G1 200`,
    // 301.5 s are more than any section may be dark.
    words: `
      0 normal
      2400 interrupted
      2701.5 reduced
      6000 normal`
  },
  {
    what: 'a stuck transfer, and the feed that was lost comes back to its switch: nothing is thrown',
    happens: {
      services: [cut('main', 2400, 2700)],
      plants: [trouble('transfer-stuck', 1800, 7200)]
    },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2700 live live ready G1 G1 G1`,
    events: `
      2400 transfer-failed OP+WARD+OFF
      2400 ups-on-battery UPS
      2700 ups-on-line UPS`,
    words: `
      0 normal
      2400 interrupted
      2700 normal`
  },
  {
    what: 'main is gone for a second: shorter than the switch needs',
    happens: { services: [cut('main', 2400, 2401)] },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2401 live live ready G1 G1 G1`,
    events: `
      2400 ups-on-battery UPS
      2401 ups-on-line UPS`,
    words: `
      0 normal
      2400 reduced
      2401 normal`
  },
  {
    what: 'main comes back and goes again within its minute: the minute begins anew',
    happens: { services: [cut('main', 2400, 2430), cut('main', 2460, 2500)] },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2401.5 dead live ready G2 G2 G2
      2430 live live ready G2 G2 G2
      2460 dead live ready G2 G2 G2
      2500 live live ready G2 G2 G2
      2560 live live ready G1 G1 G1`,
    events: `
      2400 ups-on-battery UPS
      2401.5 transfer OP+WARD+OFF G1 G2 1500
      2401.5 ups-on-line UPS
      2560 transfer OP+WARD+OFF G2 G1 200`,
    words: `
      0 normal
      2400 reduced
      2430 normal
      2460 reduced
      2500 normal`
  },
  {
    what: 'both are back before the generator is there: it runs up, cools down and stops',
    happens: { services: [cut('main', 2400, 2405), cut('standby', 2400, 2405)] },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead dead starting - - - battery
      2405 live live starting G1 G1 G1
      2413 live live running G1 G1 G1
      2593 live live ready G1 G1 G1`,
    events: `
      2400 ups-on-battery UPS
      2405 ups-on-line UPS
      2413 generator-start GEN
      2593 generator-stop GEN`,
    words: `
      0 normal
      2400 reduced
      2405 normal`
  },
  {
    what: 'the standby feed is lost and nobody notices',
    happens: { services: [cut('standby', 2400, 6000)] },
    stretches: `
      0 live live ready G1 G1 G1
      2400 live dead ready G1 G1 G1
      6000 live live ready G1 G1 G1`,
    events: '',
    words: `
      0 normal
      2400 reduced
      6000 normal`
  },
  {
    what: 'an open phase of the main feed is a lost one',
    happens: { failures: [fails('S1', 40, 100, 'B')] },
    stretches: `
      0 live live ready G1 G1 G1
      2400 dead live ready - - - battery
      2401.5 dead live ready G2 G2 G2
      6000 live live ready G2 G2 G2
      6060 live live ready G1 G1 G1`,
    events: `
      2400 ups-on-battery UPS
      2401.5 transfer OP+WARD+OFF G1 G2 1500
      2401.5 ups-on-line UPS
      6060 transfer OP+WARD+OFF G2 G1 200`,
    words: `
      0 normal
      2400 reduced
      6000 normal`
  },
  {
    what: 'a test run of the generator: it carries nothing, and all is normal',
    happens: { plants: [trouble('generator-test', 3000, 3600)] },
    stretches: `
      0 live live ready G1 G1 G1
      3000 live live starting G1 G1 G1
      3013 live live running G1 G1 G1
      3780 live live ready G1 G1 G1`,
    events: `
      3013 generator-start GEN
      3780 generator-stop GEN`,
    words: '0 normal'
  },
  {
    what: 'both lost during a test run: the generator is there at once',
    happens: {
      plants: [trouble('generator-test', 3000, 3600)],
      services: [cut('main', 3300, 3900), cut('standby', 3300, 7200)]
    },
    stretches: `
      0 live live ready G1 G1 G1
      3000 live live starting G1 G1 G1
      3013 live live running G1 G1 G1
      3300 dead dead running - - - battery
      3301.5 dead dead running GEN GEN -
      3900 live dead running GEN GEN G1
      3960 live dead running G1 G1 G1
      4140 live dead ready G1 G1 G1
      7200 live live ready G1 G1 G1`,
    events: `
      3013 generator-start GEN
      3300 ups-on-battery UPS
      3301.5 transfer OP+WARD G1 GEN 1500
      3301.5 ups-on-line UPS
      3960 transfer OP+WARD GEN G1 200
      4140 generator-stop GEN`,
    // Nothing is carried for 1.5 s, and the offices are dark for ten minutes.
    words: `
      0 normal
      3300 interrupted
      3301.5 emergency
      3960 reduced
      7200 normal`
  },
  {
    what: 'main is dead when the run begins',
    happens: { services: [cut('main', -600, 1200)] },
    stretches: `
      0 dead live ready - - - battery
      1.5 dead live ready G2 G2 G2
      1200 live live ready G2 G2 G2
      1260 live live ready G1 G1 G1`,
    events: `
      0 ups-on-battery UPS
      1.5 transfer OP+WARD+OFF G1 G2 1500
      1.5 ups-on-line UPS
      1260 transfer OP+WARD+OFF G2 G1 200`,
    words: `
      0 reduced
      1200 normal`
  }
]

const RUN_S = 10_800

for (const { what, sections, happens, stretches, events, words } of CASES) {
  test(what, () => {
    const grid = sections === undefined ? AUTOMATIC : withSections(sections)
    const played = playPlant(worldOf(grid, happens), 0)
    assert.deepEqual(
      played.stretches.map(stretch => `${stretch.start / 1000} ${stateText(stretch)}`),
      linesOf(stretches)
    )
    // They follow each other without a gap to the end.
    played.stretches.forEach(({ end }, i) => {
      assert.equal(end, played.stretches[i + 1]?.start ?? RUN_S * 1000)
    })
    assert.deepEqual(eventTexts(played.events), linesOf(events))
    const states = supplyWords(played.stretches, grid.keyCustomers[0]!)
    const changed = played.stretches.filter((_, i) => states[i] !== states[i - 1])
    assert.deepEqual(
      changed.map(stretch => `${stretch.start / 1000} ${states[played.stretches.indexOf(stretch)]}`),
      linesOf(words)
    )
  })
}

/** A line each; what sections do alike at the same moment stands in one. */
function eventTexts(events: readonly PlantEvent[]): string[] {
  const alike = Map.groupBy(events, ({ at, type, source, from, to, durationMs }) =>
    JSON.stringify([at, type, source, from, to, durationMs])
  )
  return [...alike.values()].map(same => {
    const { at, type, source, from, to, durationMs } = same[0]!
    const sections = same.flatMap(({ section }) => section ?? []).join('+')
    const words = [at / 1000, type, source, sections, from, to, durationMs]
    return words.filter(each => each !== undefined && each !== '').join(' ')
  })
}

function stateText({ isLive, generator, fedBy, isUpsOnBattery }: PlantStretch): string {
  const words = isLive.map(live => (live ? 'live' : 'dead'))
  const sections = fedBy.map(source => (source === '' ? '-' : source))
  return [...words, generator, ...sections, ...(isUpsOnBattery ? ['battery'] : [])].join(' ')
}
