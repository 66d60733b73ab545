import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Chance } from '../../../src/simulator/city/chance.ts'
import { lettersOf, type Stretch, TerminalLife } from '../../../src/simulator/collection/terminal-life.ts'
import type { Backup } from '../../../src/simulator/grid/grid.ts'
import type { Happenings } from '../../../src/simulator/scenario/happenings.ts'
import { drawnNetwork, MINUTE, sayings, TERMINALS, worldOf } from '../hand-grid.ts'

/** K1, fed by T1, with a backup. */
const gridWith = (backup: Backup) =>
  drawnNetwork({ terminals: TERMINALS.map(terminal => ({ ...terminal, backup })) })
const { fails, opens } = sayings(gridWith('none'))
const SECOND = 1000
const chance = new Chance('life')

const lifeOf = (happenings: Partial<Happenings>, backup: Backup = 'none', of = chance): TerminalLife =>
  new TerminalLife(worldOf(gridWith(backup), happenings), 0, of)

/** A stretch that is expected: how it stands, and when it begins, as so many seconds at least and at most; boots since the start. */
type Expected = readonly [least: number, most: number, power: string, link: string, boots: number]

/** Whether stretches are what is expected; what is drawn by chance is anywhere in its range. */
function check(life: TerminalLife, expected: readonly Expected[]): void {
  const { stretches } = life
  const first = stretches[0]!.boots
  const shown = stretches.map(({ power, isLinked, lostBy, boots }) =>
    [power, isLinked ? 'linked' : lostBy || 'silent', boots - first].join(' ')
  )
  assert.deepEqual(
    shown,
    expected.map(([, , ...state]) => state.join(' '))
  )
  expected.forEach(([least, most], i) => {
    const { start } = stretches[i]!
    assert.ok(
      start >= least * SECOND && start <= most * SECOND,
      `${shown[i]} begins at ${start / SECOND}, not in ${least}..${most}`
    )
  })
  checkForm(life)
}

/** From the beginning of time to its end, without a gap, each with a length; boots never fall. */
function checkForm({ stretches }: TerminalLife): void {
  assert.equal(stretches[0]!.start, Number.NEGATIVE_INFINITY)
  assert.equal(stretches.at(-1)!.end, Number.POSITIVE_INFINITY)
  stretches.forEach(({ start, end, boots, power, isLinked }, i) => {
    assert.ok(end > start, `stretch ${i} has a length`)
    if (i > 0) assert.equal(start, stretches[i - 1]!.end, `stretch ${i} follows`)
    assert.ok(Number.isInteger(start) || i === 0)
    assert.ok(boots >= (stretches[i - 1]?.boots ?? 0))
    assert.ok(power !== 'none' || !isLinked)
  })
}

const ALWAYS: readonly Expected[] = [
  [-Infinity, -Infinity, 'mains', 'silent', 0],
  [0, 5, 'mains', 'linked', 0]
]

interface Case {
  readonly what: string
  readonly backup?: Backup
  readonly happens: Partial<Happenings>
  /** After it has connected. */
  readonly stretches: readonly Expected[]
}

const link = (from: number, to: number) => ({
  start: Math.round(from * SECOND),
  end: Math.round(to * SECOND),
  scope: 'terminal' as const,
  subject: 'K1',
  terminals: [0],
  customers: []
})
const restart = (from: number, to: number) => ({
  start: Math.round(from * SECOND),
  end: Math.round(to * SECOND)
})
const reboot = (at: number) => ({ at: at * SECOND, terminal: 0, resends: false })

const CASES: Case[] = [
  { what: 'nothing happens', happens: {}, stretches: [] },
  {
    what: 'another terminal is lost, another transformer fails',
    happens: {
      failures: [fails('T2', 40, 60)],
      losses: [{ ...link(2400, 3600), subject: 'K2', terminals: [1] }],
      reboots: [{ ...reboot(600), terminal: 1 }]
    },
    stretches: []
  },
  {
    what: 'without a backup it dies at once, and starts 30 to 90 s after supply is back',
    happens: { failures: [fails('T1', 40, 60)] },
    stretches: [
      [2400, 2400, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'a capacitor holds it for 60 to 150 s',
    backup: 'supercap',
    happens: { failures: [fails('T1', 40, 60)] },
    stretches: [
      [2400, 2400, 'backup', 'linked', 0],
      [2460, 2550, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'a battery holds it for half an hour to two hours',
    backup: 'battery',
    happens: { failures: [fails('T1', 10)] },
    stretches: [
      [600, 600, 'backup', 'linked', 0],
      [2400, 7800, 'none', 'silent', 0]
    ]
  },
  {
    what: 'a short outage is bridged by a capacitor: it never starts anew',
    backup: 'supercap',
    happens: { switchings: [opens('FA', 40, 41)] },
    stretches: [
      [2400, 2400, 'backup', 'linked', 0],
      [2460, 2460, 'mains', 'linked', 0]
    ]
  },
  {
    what: 'an outage of twenty minutes is bridged by a battery',
    backup: 'battery',
    happens: { failures: [fails('T1', 40, 60)] },
    stretches: [
      [2400, 2400, 'backup', 'linked', 0],
      [3600, 3600, 'mains', 'linked', 0]
    ]
  },
  {
    what: 'two seconds without supply and without backup are a start',
    happens: { switchings: [opens('FA', 40, 40 + 2 / 60)] },
    stretches: [
      [2400, 2400, 'none', 'silent', 0],
      [2432, 2492, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'an open medium-voltage phase leaves enough to live on; two do not',
    happens: { failures: [fails('S1', 40, 60, 'A'), fails('S1', 50, 60, 'C')] },
    stretches: [
      [3000, 3000, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'a truck brings it back',
    happens: {
      failures: [fails('T1', 40, 80)],
      sources: [sayings(gridWith('none')).feeds('truck', 'T1', 60, 80)]
    },
    stretches: [
      [2400, 2400, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'supply goes again while it starts: it was never there, and counts one start',
    happens: { failures: [fails('T1', 40, 60), fails('T1', 60 + 10 / 60, 80)] },
    stretches: [
      [2400, 2400, 'none', 'silent', 0],
      [4830, 4890, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'the same with a capacitor, which a start cut short does not fill',
    backup: 'supercap',
    happens: { failures: [fails('T1', 40, 60), fails('T1', 60 + 10 / 60, 80)] },
    stretches: [
      [2400, 2400, 'backup', 'linked', 0],
      [2460, 2550, 'none', 'silent', 0],
      [4830, 4890, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'supply goes for good while it starts',
    happens: { failures: [fails('T1', 40, 60), fails('T1', 60 + 10 / 60)] },
    stretches: [[2400, 2400, 'none', 'silent', 0]]
  },
  {
    what: 'two outages with time enough between them',
    happens: { failures: [fails('T1', 40, 60), fails('FA', 70, 80)] },
    stretches: [
      [2400, 2400, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'linked', 1],
      [4200, 4200, 'none', 'silent', 1],
      [4830, 4890, 'mains', 'linked', 2]
    ]
  },
  {
    what: 'it is started again: 40 s of silence',
    happens: { reboots: [reboot(2400)] },
    stretches: [
      [2400, 2400, 'none', 'silent', 0],
      [2440, 2440, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'nobody starts it again while it has no supply',
    happens: { failures: [fails('T1', 40, 60)], reboots: [reboot(3000)] },
    stretches: [
      [2400, 2400, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'supply goes while it is started again: it is up when it has been back for a start',
    happens: { failures: [fails('T1', 40, 60)], reboots: [reboot(2390)] },
    stretches: [
      [2390, 2390, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'told to start again while it starts: it does so once',
    happens: { failures: [fails('T1', 40, 60)], reboots: [reboot(3605)] },
    stretches: [
      [2400, 2400, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'its link is lost: no start is counted, and it needs 2 to 20 s to find its way back',
    happens: { losses: [link(2400, 6000)] },
    stretches: [
      [2400, 2400, 'mains', 'link', 0],
      [6002, 6020, 'mains', 'linked', 0]
    ]
  },
  {
    what: 'a link that is lost for good',
    happens: { losses: [{ ...link(2400, 0), end: Number.POSITIVE_INFINITY }] },
    stretches: [[2400, 2400, 'mains', 'link', 0]]
  },
  {
    what: 'it dies while its link is lost: dead, then up without a link, then linked',
    happens: { failures: [fails('T1', 50, 60)], losses: [link(2400, 6000)] },
    stretches: [
      [2400, 2400, 'mains', 'link', 0],
      [3000, 3000, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'link', 1],
      [6002, 6020, 'mains', 'linked', 1]
    ]
  },
  {
    what: 'its link is lost while it lives on its battery',
    backup: 'battery',
    happens: { failures: [fails('T1', 40, 60)], losses: [link(2700, 4200)] },
    stretches: [
      [2400, 2400, 'backup', 'linked', 0],
      [2700, 2700, 'backup', 'link', 0],
      [3600, 3600, 'mains', 'link', 0],
      [4202, 4220, 'mains', 'linked', 0]
    ]
  },
  {
    what: 'the gateway is started again: closed by us, and back within 20 s',
    happens: { restarts: [restart(2400, 2420)] },
    stretches: [
      [2400, 2400, 'mains', 'gateway', 0],
      [2422, 2440, 'mains', 'linked', 0]
    ]
  },
  {
    what: 'a terminal that is dead when the gateway is started again does not notice',
    happens: { failures: [fails('T1', 30, 60)], restarts: [restart(2400, 2420)] },
    stretches: [
      [1800, 1800, 'none', 'silent', 0],
      [2400, 2400, 'none', 'silent', 0],
      [2422, 2440, 'none', 'silent', 0],
      [3630, 3690, 'mains', 'linked', 1]
    ]
  }
]

for (const { what, backup = 'none', happens, stretches } of CASES)
  test(what, () => {
    // Whatever is drawn: the ranges hold, and so does the order.
    for (let seed = 0; seed < 20; seed++)
      check(lifeOf(happens, backup, new Chance(`life ${seed}`)), [...ALWAYS, ...stretches])
    assert.equal(lifeOf(happens, backup).isQuiet, stretches.length === 0)
  })

test('the same life whenever it is asked for, and another of another terminal', () => {
  const happens = { failures: [fails('FA', 40, 60)] }
  const of = (terminal: number, seed: string): readonly Stretch[] =>
    new TerminalLife(worldOf(gridWith('supercap'), happens), terminal, new Chance(seed)).stretches
  assert.deepEqual(of(0, 'a'), of(0, 'a'))
  assert.notDeepEqual(of(0, 'a'), of(0, 'b'))
  assert.notDeepEqual(of(0, 'a'), of(1, 'a'))
})

test('the first moment at which it can send', () => {
  const life = lifeOf({ failures: [fails('T1', 40, 60), fails('T1', 170)], losses: [link(4200, 4800)] })
  const [up, relinked] = [life.stretches[3]!.start, life.stretches.at(-2)!.start]
  const rows: [second: number, isLasting: boolean, at: number | undefined][] = [
    [60, false, 60],
    // What is made while it is dead, or before it died without having been sent, is lost unless it lasts.
    [2400, false, undefined],
    [2400, true, up / SECOND],
    [3600, false, undefined],
    [3600, true, up / SECOND],
    [3700, false, 3700],
    // A lost link forgets nothing.
    [4200, false, relinked / SECOND],
    [4500, true, relinked / SECOND],
    [5000, false, 5000],
    [10_200, false, undefined],
    [10_200, true, undefined]
  ]
  for (const [second, isLasting, at] of rows)
    assert.equal(
      life.nextLinked(second * SECOND, isLasting),
      at === undefined ? undefined : at * SECOND,
      `${second} ${isLasting}`
    )
})

test('it waits for its link, dies in it and forgets what did not last', () => {
  const life = lifeOf({ failures: [fails('T1', 50, 60)], losses: [link(2400, 6000)] })
  assert.equal(life.nextLinked(2500 * SECOND, false), undefined)
  assert.equal(life.nextLinked(2500 * SECOND, true), life.stretches.at(-1)!.start)
  // Made after it was up again, without a link: kept.
  assert.equal(life.nextLinked(4000 * SECOND, false), life.stretches.at(-1)!.start)
})

test('many happenings in any order leave a life without gaps', () => {
  const random = new Chance('many')
  for (let round = 0; round < 300; round++) {
    const ask = random.named(String(round))
    const at = (question: number): number => Math.round(ask.at(question) * 10_800)
    const span = (question: number) => {
      const start = at(question)
      return [start / 60, (start + 1 + Math.round(ask.at(question + 50) ** 3 * 3000)) / 60] as const
    }
    const happens = {
      failures: [1, 2, 3, 4].map(question => fails(question % 2 === 0 ? 'T1' : 'FA', ...span(question))),
      switchings: [5, 6].map(question => opens('FA', ...span(question))),
      losses: [7, 8].map(question => {
        const [from, to] = span(question)
        return link(from * 60, to * 60)
      }),
      restarts: [9].map(question => {
        const [from, to] = span(question)
        return restart(from * 60, to * 60)
      }),
      reboots: [10, 11].map(question => reboot(at(question)))
    }
    for (const backup of ['none', 'supercap', 'battery'] as const) {
      const life = lifeOf(happens, backup, ask)
      checkForm(life)
      const world = worldOf(gridWith(backup), happens)
      for (const { start, end, power } of life.stretches) {
        if (power !== 'mains' || start < 0) continue
        // On mains is only who has supply, and has had it for a start.
        const middle = end === Infinity ? start + MINUTE : (start + end) / 2
        for (const time of [start, middle])
          assert.ok(
            world.conditionAt(4, time).volts[0] > 0.4,
            `round ${round}, ${backup}: on mains at ${time / SECOND} without supply`
          )
      }
    }
  }
})

test('letters of phases in messages', () => {
  assert.deepEqual([1, 2, 6, 7, 5].map(lettersOf), ['A', 'B', 'BC', '', 'AC'])
})
