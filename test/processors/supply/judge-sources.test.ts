import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SupplyFacts } from '../../../processors/supply/facts.ts'
import { judgeSource, type PathOutage } from '../../../processors/supply/judge-sources.ts'
import { CONCLUDED_MS } from '../../../processors/supply/lifetimes.ts'
import type { GeneratorReport, UpsReport } from '../../../src/model/plant.ts'
import { HOSPITAL, observation, sourceOf } from './plant.ts'

const T0 = Date.UTC(2026, 10, 30)
const MINUTE = 60_000
const LIFETIME = 6 * MINUTE
const RHYTHM = { stepMs: MINUTE, keepsMs: LIFETIME }
const QUIET: PathOutage = { openSince: Number.NaN, overAt: Number.NaN }
const at = (minutes: number): number => T0 + minutes * MINUTE

/** Minutes since the beginning, for reading. */
interface Asked {
  /** Facts of its own meter, in the order in which they came. */
  readonly read?: readonly (readonly [minute: number, isLive: boolean])[]
  readonly hint?: readonly [minute: number, isLive: boolean]
  readonly open?: number
  readonly over?: number
  /** Since when a generator runs. */
  readonly generating?: number
  /** What a person saw; it holds for an hour. */
  readonly seen?: readonly [minute: number, isLive: boolean]
  readonly now: number
}

function feed(
  { read = [], hint, open, over, generating = Infinity, seen, now }: Asked,
  source = sourceOf('G1')
) {
  const facts = new SupplyFacts()
  for (const [minute, isLive] of read)
    facts.measured('G1', at(minute), { isLive, reason: isLive ? 'VOLTAGE' : 'NO_VOLTAGE' }, RHYTHM)
  if (hint !== undefined) facts.hinted('G1', at(hint[0]), hint[1])
  if (seen !== undefined) {
    const fact = seen[1] ? 'live' : 'dead'
    const said = observation({ source: 'G1', fact, observedAt: at(seen[0]) })
    facts.seen('source', 'G1', at(seen[0]), said)
  }
  const path = {
    openSince: open === undefined ? Number.NaN : at(open),
    overAt: over === undefined ? Number.NaN : at(over)
  }
  const question = { source, facts: facts.at(at(now)), path, generatingSince: at(generating) }
  const said = judgeSource({ ...question, lifetimeMs: LIFETIME, now: at(now) })
  const since = Number.isNaN(said.since) ? '-' : (said.since - T0) / MINUTE
  return `${said.state} ${said.basis} ${said.reason} since ${since}`
}

const FEEDS: readonly [what: string, asked: Asked, said: string][] = [
  ['never read', { now: 1 }, 'unknown measured STALE since -'],
  [
    'read live',
    {
      read: [
        [0, true],
        [1, true]
      ],
      now: 3
    },
    'live measured VOLTAGE since 0'
  ],
  [
    'read dead since',
    {
      read: [
        [0, true],
        [1, false],
        [2, false]
      ],
      now: 3
    },
    'dead measured NO_VOLTAGE since 1'
  ],
  [
    'an older reading comes later',
    {
      read: [
        [2, true],
        [1, false]
      ],
      now: 3
    },
    'live measured VOLTAGE since 2'
  ],
  ['to the end of its lifetime', { read: [[0, true]], now: 6 }, 'live measured VOLTAGE since 0'],
  ['behind it nobody knows', { read: [[0, true]], now: 6.01 }, 'unknown measured STALE since 6'],
  ['what was dead is not known either', { read: [[0, false]], now: 7 }, 'unknown measured STALE since 6'],
  ['an incident that is newer', { read: [[0, true]], open: 2, now: 3 }, 'dead inferred INCIDENT since 2'],
  ['an incident and no meter', { open: 2, now: 3 }, 'dead inferred INCIDENT since 2'],
  [
    'read within the clocks of it',
    { read: [[2.2, true]], open: 2, now: 3 },
    'dead inferred INCIDENT since 2'
  ],
  ['who has voltage has it', { read: [[3, true]], open: 2, now: 4 }, 'live measured VOLTAGE since 3'],
  [
    'and is not known when that is old',
    { read: [[3, true]], open: 2, now: 10 },
    'unknown inferred CONTRADICTED since 9'
  ],
  [
    'its meter agrees, later',
    {
      read: [
        [0, true],
        [3, false]
      ],
      open: 2,
      now: 4
    },
    'dead measured NO_VOLTAGE since 2'
  ],
  [
    'and is silent then',
    {
      read: [
        [0, true],
        [3, false]
      ],
      open: 2,
      now: 20
    },
    'dead inferred INCIDENT since 2'
  ],
  [
    'the incident is over',
    {
      read: [
        [0, true],
        [3, false]
      ],
      over: 9,
      now: 20
    },
    'live inferred INCIDENT_OVER since 9'
  ],
  [
    'over, and read dead since',
    { read: [[10, false]], over: 9, now: 11 },
    'dead measured NO_VOLTAGE since 10'
  ],
  ['over long ago', { over: 0, now: CONCLUDED_MS / MINUTE + 1 }, 'unknown measured STALE since -'],
  ['another one begins', { over: 5, open: 8, now: 9 }, 'dead inferred INCIDENT since 8'],
  ['a section left it', { read: [[0, true]], hint: [1, false], now: 2 }, 'dead inferred TRANSFERRED since 1'],
  ['and came back', { read: [[0, false]], hint: [1, true], now: 2 }, 'live inferred TRANSFERRED since 1'],
  [
    'left it for a test: it is read live',
    { read: [[2, true]], hint: [1, false], now: 3 },
    'live measured VOLTAGE since 2'
  ],
  [
    'its own generator holds up a dead line',
    {
      read: [
        [0, true],
        [3, false],
        [5, true]
      ],
      open: 2,
      generating: 4,
      now: 6
    },
    'dead inferred BACK_FEED since 2'
  ],
  [
    'a generator that ran before the line came back has not brought its voltage',
    {
      read: [
        [0, true],
        [3, false],
        [5, true]
      ],
      open: 2,
      generating: 2.5,
      now: 6
    },
    'live measured VOLTAGE since 5'
  ],
  [
    'a generator beside a feed that lives',
    { read: [[5, true]], generating: 2, now: 6 },
    'live measured VOLTAGE since 5'
  ],
  ['a person saw it live', { seen: [1, true], now: 3 }, 'live reported OBSERVED since 1'],
  [
    'a person saw it dead after it was read',
    { read: [[0, true]], seen: [1, false], now: 3 },
    'dead reported OBSERVED since 1'
  ],
  [
    'it was read after a person saw it',
    { read: [[2, true]], seen: [1, false], now: 3 },
    'live measured VOLTAGE since 2'
  ],
  ['what a person saw is old', { seen: [1, true], now: 62 }, 'unknown measured STALE since -'],
  [
    'a word against an incident that is open',
    { seen: [3, true], open: 2, now: 4 },
    'unknown reported CONTRADICTED since -'
  ],
  ['an incident after that word', { seen: [1, true], open: 2, now: 4 }, 'dead inferred INCIDENT since 2']
]

for (const [what, asked, said] of FEEDS) test(`feed: ${what}`, () => assert.equal(feed(asked), said))

test('feed: without a meter it is declared, until an incident says otherwise', () => {
  const source = sourceOf('G1', { meter: '' })
  assert.equal(feed({ now: 1 }, source), 'unknown declared DECLARED since -')
  assert.equal(feed({ open: 0, now: 1 }, source), 'dead inferred INCIDENT since 0')
})

const silent: GeneratorReport = {
  ...{
    source: 'GEN',
    isRunning: false,
    voltageV: 0,
    powerKw: 0,
    fuelPct: 80,
    startBatteryV: 27,
    mode: 'auto'
  }
}
const GENERATORS: readonly [
  what: string,
  words: readonly (readonly [minute: number, Partial<GeneratorReport>])[],
  failedAt: number | undefined,
  said: string
][] = [
  ['not a word', [], undefined, 'unknown measured STALE'],
  ['stands on auto', [[0, {}]], undefined, 'ready measured MESSAGE'],
  [
    'runs',
    [
      [0, {}],
      [1, { isRunning: true }]
    ],
    undefined,
    'running measured MESSAGE'
  ],
  ['waits for a person', [[0, { mode: 'manual' }]], undefined, 'ready measured BY_HAND by hand'],
  ['is off', [[0, { mode: 'off' }]], undefined, 'failed measured SWITCHED_OFF'],
  ['does not say', [[0, { mode: '' }]], undefined, 'unknown measured NOT_KNOWN'],
  ['does not say whether it runs', [[0, { isRunning: undefined }]], undefined, 'unknown measured NOT_KNOWN'],
  ['did not start', [[0, {}]], 1, 'failed measured START_FAILED'],
  [
    'did not start, and locked itself',
    [
      [0, {}],
      [1.1, { mode: 'off' }]
    ],
    1,
    'failed measured START_FAILED'
  ],
  [
    'started after all',
    [
      [0, {}],
      [2, { isRunning: true }]
    ],
    1,
    'running measured MESSAGE'
  ],
  ['is on auto again', [[2, {}]], 1, 'ready measured MESSAGE'],
  ['an old word', [[-5, { isRunning: true }]], undefined, 'unknown measured STALE']
]

for (const [what, words, failedAt, said] of GENERATORS)
  test(`generator: it ${what}`, () => {
    const facts = new SupplyFacts()
    for (const [minute, more] of words)
      facts.generator({ ...silent, ...more }, at(minute), Number.NaN, RHYTHM)
    if (failedAt !== undefined) facts.failedStart('GEN', at(failedAt))
    const source = HOSPITAL.sources[2]!
    const one = judgeSource({
      source,
      facts: facts.at(at(3)),
      path: QUIET,
      generatingSince: Infinity,
      lifetimeMs: LIFETIME,
      now: at(3)
    })
    assert.equal(`${one.state} ${one.basis} ${one.reason}${one.isByHand ? ' by hand' : ''}`, said)
  })

test('a UPS says what it feeds its load from; on the bypass there is no battery behind it', () => {
  const said = (mode: UpsReport['mode']) => {
    const facts = new SupplyFacts()
    facts.ups({ source: 'UPS', mode, loadPct: 40, minutesLeft: 30 }, at(0), RHYTHM)
    const source = HOSPITAL.sources[3]!
    const question = { source, facts: facts.at(at(1)), path: QUIET, generatingSince: Infinity }
    return judgeSource({ ...question, lifetimeMs: LIFETIME, now: at(1) }).state
  }
  assert.deepEqual((['line', 'battery', 'bypass', 'off', ''] as const).map(said), [
    'ready',
    'running',
    'failed',
    'failed',
    'unknown'
  ])
})

test('a generator that no terminal watches is declared', () => {
  const source = { ...HOSPITAL.sources[2]!, terminal: '' }
  const facts = new SupplyFacts()
  const one = judgeSource({
    source,
    facts: facts.at(at(1)),
    path: QUIET,
    generatingSince: Infinity,
    lifetimeMs: LIFETIME,
    now: at(1)
  })
  assert.deepEqual([one.state, one.basis, one.reason], ['unknown', 'declared', 'DECLARED'])
})

test('a generator as a person saw it, until it says something newer itself', () => {
  const asked = (words: readonly (readonly [minute: number, Partial<GeneratorReport>])[], terminal = 'K') => {
    const facts = new SupplyFacts()
    for (const [minute, more] of words)
      facts.generator({ ...silent, ...more }, at(minute), Number.NaN, RHYTHM)
    const said = observation({ source: 'GEN', fact: 'failed', observedAt: at(2) })
    facts.seen('source', 'GEN', at(2), said)
    const source = { ...HOSPITAL.sources[2]!, terminal }
    const one = judgeSource({
      ...{ source, facts: facts.at(at(3)), path: QUIET, generatingSince: Infinity, lifetimeMs: LIFETIME },
      now: at(3)
    })
    return `${one.state} ${one.basis} ${one.reason}`
  }
  assert.equal(asked([[1, {}]]), 'failed reported OBSERVED')
  assert.equal(asked([[2.5, {}]]), 'ready measured MESSAGE')
  assert.equal(asked([], ''), 'failed reported OBSERVED', 'nobody else tells of it')
})
