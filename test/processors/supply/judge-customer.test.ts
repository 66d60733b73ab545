import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeCustomer } from '../../../processors/supply/judge-customer.ts'
import type { JudgedSection } from '../../../processors/supply/judge-sections.ts'
import type { JudgedSource } from '../../../processors/supply/judge-sources.ts'
import type { Basis, SourceState } from '../../../src/model/supply.ts'
import { HOSPITAL } from './plant.ts'

const T0 = Date.UTC(2026, 10, 30)
const MINUTE = 60_000
const at = (minutes: number): number => T0 + minutes * MINUTE

interface Asked {
  readonly states?: Readonly<Record<string, SourceState>>
  readonly basis?: Readonly<Record<string, Basis>>
  readonly byHand?: readonly string[]
  readonly fed?: Readonly<Record<string, string>>
  readonly darkSince?: number
  readonly isAutomatic?: boolean
  readonly autonomy?: readonly [low: number, high: number]
}

const NORMAL = { G1: 'live', G2: 'live', GEN: 'ready', UPS: 'ready' } as const

function judge(asked: Asked) {
  const { states, basis = {}, byHand = [], fed, darkSince = 0, isAutomatic = true, autonomy } = asked
  const sources = new Map<string, JudgedSource>(
    Object.entries({ ...NORMAL, ...states }).map(([id, state]) => [
      id,
      {
        ...{ state, basis: basis[id] ?? 'measured', since: at(0), reason: 'MESSAGE', until: at(99) },
        isByHand: byHand.includes(id)
      }
    ])
  )
  const sections = new Map<string, JudgedSection>(
    Object.entries({ S1: 'G1', S2: 'G1', ...fed }).map(([id, fedBy]) => [
      id,
      {
        ...{ fedBy, basis: 'measured', reason: 'SWITCH', until: at(99), isAutomatic },
        since: at(fedBy === 'dark' ? darkSince : 0)
      }
    ])
  )
  return judgeCustomer({ customer: HOSPITAL, sources, sections, autonomy }, at(10))
}

const ROWS: readonly [what: string, asked: Asked, said: string][] = [
  ['all is there', {}, 'normal ALL_THERE yes'],
  ['one feed is dead', { states: { G1: 'dead' }, fed: { S1: 'G2', S2: 'G2' } }, 'reduced SOURCE_LOST yes'],
  ['the standby is dead', { states: { G2: 'dead' } }, 'reduced SOURCE_LOST yes'],
  ['the generator failed', { states: { GEN: 'failed' } }, 'reduced SOURCE_LOST yes'],
  ['the generator waits for a person', { byHand: ['GEN'] }, 'reduced SOURCE_LOST yes'],
  ['nobody knows of the standby', { states: { G2: 'unknown' } }, 'unknown NOT_KNOWN yes'],
  [
    'nobody ever knows of the standby',
    { states: { G2: 'unknown' }, basis: { G2: 'declared' } },
    'normal ALL_THERE yes'
  ],
  ['nobody knows of a section', { fed: { S2: 'unknown' } }, 'unknown NOT_KNOWN yes'],
  ['nobody knows of the security section', { fed: { S1: 'unknown' } }, 'unknown NOT_KNOWN unknown'],
  [
    'the security section is on the generator, the rest dark',
    { states: { G1: 'dead', G2: 'dead', GEN: 'running' }, fed: { S1: 'GEN', S2: 'dark' } },
    'emergency OWN_SOURCE yes'
  ],
  [
    'a section is dark, nothing of its own carries',
    { fed: { S2: 'dark' } },
    'interrupted SECTION_DARK yes partial'
  ],
  ['the security section is dark', { fed: { S1: 'dark' } }, 'interrupted SECTION_DARK no partial'],
  [
    'it is dark beside a UPS on its battery',
    { states: { UPS: 'running' }, fed: { S1: 'dark' } },
    'interrupted SECTION_DARK partly partial'
  ],
  [
    'all is dark',
    { states: { G1: 'dead', G2: 'dead', GEN: 'failed' }, fed: { S1: 'dark', S2: 'dark' } },
    'interrupted ALL_DARK no full'
  ],
  [
    'its gap is allowed still',
    { fed: { S1: 'dark' }, darkSince: 9.9 },
    'interrupted TRANSFERRING no partial'
  ],
  ['its gap is not', { fed: { S1: 'dark' }, darkSince: 9.7 }, 'interrupted SECTION_DARK no partial'],
  [
    'a person would have to end it',
    { fed: { S1: 'dark' }, darkSince: 9.9, isAutomatic: false },
    'interrupted SECTION_DARK no partial'
  ],
  [
    'dark before unknown',
    { states: { G2: 'unknown' }, fed: { S1: 'dark' } },
    'interrupted SECTION_DARK no partial'
  ]
]

for (const [what, asked, said] of ROWS)
  test(`customer: ${what}`, () => {
    const { state, reason, securityLoadSupplied, extent } = judge(asked)
    assert.equal([state, reason, securityLoadSupplied, extent].filter(Boolean).join(' '), said)
  })

test('roles: who carries, who is there at once, for whom a person has to come, who cannot', () => {
  const roles = (asked: Asked) => judge(asked).sources.map(({ source, role }) => `${source} ${role}`)
  assert.deepEqual(roles({}), ['G1 carrying', 'G2 available', 'GEN available', 'UPS available'])
  assert.deepEqual(roles({ byHand: ['GEN'], states: { G2: 'dead' } }), [
    'G1 carrying',
    'G2 none',
    'GEN open',
    'UPS available'
  ])
  assert.deepEqual(roles({ isAutomatic: false }), ['G1 carrying', 'G2 open', 'GEN open', 'UPS available'])
})

test('at risk is who has one way left of more, or none; who has one on file is as always', () => {
  assert.equal(judge({}).atRisk, false)
  assert.equal(judge({ states: { G2: 'dead' } }).atRisk, false, 'the generator is there')
  assert.equal(judge({ states: { G2: 'dead', GEN: 'failed' } }).atRisk, true)
  assert.equal(
    judge({ states: { G2: 'unknown', GEN: 'unknown' } }).atRisk,
    true,
    'who is not known counts for nothing'
  )
  const declared = { G2: 'declared', GEN: 'declared' } as const
  assert.equal(judge({ states: { G2: 'unknown', GEN: 'unknown' }, basis: declared }).atRisk, false)
})

test('at risk is who lives on own sources for less than two hours more', () => {
  const onGenerator = { states: { GEN: 'running' }, fed: { S1: 'GEN' } } as const
  const risk = (low: number) => judge({ ...onGenerator, autonomy: [low, 500] }).atRisk
  assert.deepEqual([risk(119), risk(120)], [true, false])
  assert.equal(judge({ autonomy: [30, 60] }).atRisk, false, 'who lives on the grid is not')
})

test('of a customer without sections its feeds are all that is known', () => {
  const customer = { ...HOSPITAL, sections: [] }
  const said = (states: Readonly<Record<string, SourceState>>): string => {
    const sources = new Map<string, JudgedSource>(
      Object.entries({ ...NORMAL, ...states }).map(([id, state]) => [
        id,
        {
          ...{ state, basis: 'measured', since: at(0), reason: 'MESSAGE', until: at(99) },
          isByHand: false
        }
      ])
    )
    const { state, extent = '-' } = judgeCustomer({ customer, sources, sections: new Map() }, at(10))
    return `${state} ${extent}`
  }
  assert.equal(said({}), 'normal -')
  assert.equal(said({ G1: 'dead' }), 'reduced -')
  assert.equal(said({ G1: 'dead', G2: 'dead' }), 'interrupted full')
  assert.equal(said({ G1: 'dead', G2: 'dead', GEN: 'running' }), 'emergency -')
  assert.equal(said({ G1: 'dead', G2: 'unknown' }), 'unknown -')
})
