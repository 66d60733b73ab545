import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeSection } from '../../../processors/supply/judge-sections.ts'
import type { JudgedSource } from '../../../processors/supply/judge-sources.ts'
import type { Observation } from '../../../src/model/observation.ts'
import type { SourceState } from '../../../src/model/supply.ts'
import type { SwitchReport } from '../../../src/model/plant.ts'
import { observation, sectionOf } from './plant.ts'

const T0 = Date.UTC(2026, 10, 30)
const MINUTE = 60_000
const LIFETIME = 6 * MINUTE
const at = (minutes: number): number => T0 + minutes * MINUTE

const source = (state: SourceState, since = 0): JudgedSource => ({
  ...{ state, basis: 'measured', since: at(since), reason: 'VOLTAGE', until: at(99), isByHand: false }
})

interface Asked {
  readonly states: Readonly<Record<string, readonly [state: SourceState, since: number]>>
  /** What its switch said, and when. */
  readonly word?: readonly [minute: number, position: string, more?: Partial<SwitchReport>]
  /** What a person saw, and when; it holds for an hour. */
  readonly seen?: readonly [minute: number, said: Pick<Observation, 'fact' | 'fedBy'>]
  readonly transfer?: string
  readonly now?: number
}

function judge({ states, word, seen, transfer = 'ats', now = 3 }: Asked): string {
  const sources = new Map(Object.entries(states).map(([id, [state, since]]) => [id, source(state, since)]))
  const said = word && {
    at: at(word[0]),
    since: at(word[0]),
    said: { section: 'S1', position: word[1], isAutomatic: true, hasFault: false, ...word[2] }
  }
  const plugged = 'TRK' in states ? ['TRK'] : []
  const section = sectionOf('S1', { sources: ['G1', 'G2', 'GEN'], transfer })
  const seenWord = seen && {
    ...{ at: at(seen[0]), since: at(seen[0]) },
    said: observation({ section: 'S1', validUntil: at(seen[0] + 60), ...seen[1] })
  }
  const one = judgeSection(section, { word: said, seen: seenWord, plugged }, sources, LIFETIME, at(now))
  const since = Number.isNaN(one.since) ? '-' : (one.since - T0) / MINUTE
  return `${one.fedBy} ${one.basis} ${one.reason} since ${since}${one.isAutomatic ? '' : ', by hand'}`
}

const BOTH = { G1: ['live', 0], G2: ['live', 0], GEN: ['ready', 0] } as const
const ROWS: readonly [what: string, asked: Asked, said: string][] = [
  ['its switch stands on a feed that lives', { states: BOTH, word: [1, 'G1'] }, 'G1 measured SWITCH since 1'],
  [
    'it stands on a generator that runs',
    { states: { ...BOTH, GEN: ['running', 1] }, word: [2, 'GEN'] },
    'GEN measured SWITCH since 2'
  ],
  ['it stands on one that does not', { states: BOTH, word: [2, 'GEN'] }, 'dark inferred SOURCE_DEAD since 2'],
  [
    'its feed died since',
    { states: { ...BOTH, G1: ['dead', 2] }, word: [1, 'G1'] },
    'dark inferred SOURCE_DEAD since 2'
  ],
  [
    'nobody knows of its feed',
    { states: { ...BOTH, G1: ['unknown', 2] }, word: [1, 'G1'] },
    'unknown inferred NOT_KNOWN since 2'
  ],
  ['it is open', { states: BOTH, word: [1, 'open'] }, 'dark measured SWITCH_OPEN since 1'],
  [
    'it stands on what nobody has on file',
    { states: BOTH, word: [1, 'G9'] },
    'unknown inferred NOT_KNOWN since -'
  ],
  [
    'it stands on what nobody has on file, one can',
    { states: { ...BOTH, G1: ['dead', 0] }, word: [1, 'G9'] },
    'unknown inferred NOT_KNOWN since -'
  ],
  [
    'it is silent and stood open, one can',
    { states: { ...BOTH, G1: ['dead', 2] }, word: [-9, 'open'] },
    'unknown inferred NOT_KNOWN since -3'
  ],
  [
    'it is silent and had a fault, one can',
    { states: { ...BOTH, G1: ['dead', 2] }, word: [-9, 'G1', { hasFault: true }] },
    'unknown inferred NOT_KNOWN since -3'
  ],
  ['it says nothing of where', { states: BOTH, word: [1, ''] }, 'unknown inferred NOT_KNOWN since 7'],
  ['it is silent, two can', { states: BOTH, word: [-9, 'G1'] }, 'unknown inferred NOT_KNOWN since -3'],
  [
    'it is silent, one can',
    { states: { ...BOTH, G1: ['dead', 2] }, word: [-9, 'G1'] },
    'G2 inferred ONLY_SOURCE since 0'
  ],
  [
    'it is silent, one can, a person has to throw it',
    { states: { ...BOTH, G1: ['dead', 2] }, word: [-9, 'G1'], transfer: 'manual' },
    'unknown inferred NOT_KNOWN since -3, by hand'
  ],
  [
    'it is silent, none can',
    { states: { G1: ['dead', 1], G2: ['dead', 2], GEN: ['failed', 0] }, word: [-9, 'G1'] },
    'dark inferred SOURCE_DEAD since 2'
  ],
  ['it never said anything', { states: BOTH }, 'G1 inferred ONLY_SOURCE since 0'],
  [
    'it never said anything, and its first is dead',
    { states: { ...BOTH, G1: ['dead', 1] } },
    'G2 inferred ONLY_SOURCE since 0'
  ],
  [
    'nothing is known at all',
    { states: { G1: ['unknown', 0], G2: ['unknown', 0], GEN: ['unknown', 0] } },
    'unknown inferred NOT_KNOWN since -'
  ],
  [
    'it is not on auto',
    { states: BOTH, word: [1, 'G1', { isAutomatic: false }] },
    'G1 measured SWITCH since 1, by hand'
  ],
  [
    'it has a fault',
    { states: BOTH, word: [1, 'G1', { hasFault: true }] },
    'G1 measured SWITCH since 1, by hand'
  ],
  [
    'it is silent, and a person saw what feeds it',
    { states: BOTH, seen: [1, { fact: 'fed', fedBy: 'G2' }] },
    'G2 reported OBSERVED since 1'
  ],
  [
    'a person saw it dark, its switch said otherwise before',
    { states: BOTH, word: [1, 'G1'], seen: [2, { fact: 'dark' }] },
    'dark reported OBSERVED since 2'
  ],
  [
    'its switch says otherwise since',
    { states: BOTH, word: [2, 'G1'], seen: [1, { fact: 'dark' }] },
    'G1 measured SWITCH since 2'
  ],
  [
    'what fed it then has died since',
    { states: { ...BOTH, G2: ['dead', 2] }, seen: [1, { fact: 'fed', fedBy: 'G2' }] },
    'dark inferred SOURCE_DEAD since 2'
  ],
  [
    'its switch is open, a truck is plugged in behind it',
    { states: { ...BOTH, TRK: ['running', 2] }, word: [1, 'open'] },
    'TRK measured VOLTAGE since 2'
  ],
  [
    'it went dark with a truck behind it',
    { states: { ...BOTH, G1: ['dead', 2], TRK: ['running', 1] }, word: [1, 'G1'] },
    'TRK measured VOLTAGE since 2'
  ],
  [
    'a truck waits behind a switch that stands on a live feed',
    { states: { ...BOTH, TRK: ['running', 0] }, word: [1, 'G1'] },
    'G1 measured SWITCH since 1'
  ],
  [
    'the truck behind it does not run',
    { states: { ...BOTH, TRK: ['ready', 0] }, word: [1, 'open'] },
    'dark measured SWITCH_OPEN since 1'
  ],
  [
    'a person saw it dark after the truck had come',
    { states: { ...BOTH, TRK: ['running', 1] }, word: [0, 'open'], seen: [2, { fact: 'dark' }] },
    'dark reported OBSERVED since 2'
  ],
  [
    'a person saw it dark before the truck came',
    { states: { ...BOTH, TRK: ['running', 2] }, word: [0, 'open'], seen: [1, { fact: 'dark' }] },
    'TRK measured VOLTAGE since 2'
  ],
  [
    'what a person saw is old',
    { states: { ...BOTH, G1: ['unknown', 0] }, seen: [1, { fact: 'fed', fedBy: 'G2' }], now: 62 },
    'unknown inferred NOT_KNOWN since -'
  ]
]

for (const [what, asked, said] of ROWS) test(`section: ${what}`, () => assert.equal(judge(asked), said))
