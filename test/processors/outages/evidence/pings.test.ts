import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadScore } from '../../../../processors/outages/explain/dead-score.ts'
import { noTally, type Tally } from '../../../../processors/outages/explain/tally.ts'
import type { IncidentLine } from '../../../../src/model/outages.ts'
import { MINUTE, type OutageTape, opened, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

const registry = drawRegistry(TOWN)
const LOST = T0 + 20 * MINUTE
const TC = READ.KC!

const told = (tape: OutageTape): IncidentLine[] => play(tape, [registry]).incidents
const GASPED = ['c3', 'e1']
const OTHERS = TC.filter(meter => !GASPED.includes(meter))
/** Two of twelve gasp, each in another box; whoever is asked then answers before anything is opened. */
const suspected = (): OutageTape =>
  quietTown()
    .until(LOST)
    .gasp('KC', GASPED)
    .pass(22 * SECOND)
const unansweredIn = (lines: readonly IncidentLine[]) =>
  lines.flatMap(({ evidence = [] }) => evidence.filter(({ kind }) => kind === 'unanswered')).at(-1)
const lifeOf = (lines: readonly IncidentLine[]): string[] =>
  lines.map(({ state, device, at, reason = '' }) =>
    `${state} ${device} ${(at - LOST) / SECOND} ${reason}`.trim()
  )

test('meters that answer contradict those that gasped, and those that do not confirm them', () => {
  const asked = (): OutageTape => suspected().ask('P1', 'KC', OTHERS)
  const rows: readonly [what: string, tape: OutageTape, life: string[]][] = [
    ['nobody is asked', suspected(), ['suspected TC 1', 'withdrawn TC 912 NOT_CONFIRMED']],
    ['nobody replies', asked(), ['suspected TC 1', 'withdrawn TC 912 NOT_CONFIRMED']],
    [
      'all live',
      asked().reply('P1', 'KC', OTHERS),
      ['suspected TC 1', 'withdrawn TC 23 EXPLAINED_OTHERWISE']
    ],
    ['two are silent', asked().reply('P1', 'KC', [], OTHERS.slice(0, 2)), ['suspected TC 1', 'open TC 26']]
  ]
  for (const [what, tape, life] of rows) assert.deepEqual(lifeOf(told(tape.pass(20 * MINUTE))), life, what)
  const silent = told(asked().reply('P1', 'KC', [], OTHERS.slice(0, 2)).pass(MINUTE))
  assert.deepEqual(unansweredIn(silent), { kind: 'unanswered', count: 2, of: 12, weight: 7.8 })
})

test('who was missed in rounds and asked in vain is silent once', () => {
  const silent = { ...noTally(), n: 12, gasps: 2 }
  const scoreOf = (more: Partial<Tally>): number =>
    deadScore({ ...silent, ...more }, 1) - deadScore(silent, 1)
  const near = (score: number, expected: number): void =>
    assert.ok(Math.abs(score - expected) < 1e-9, `${score}`)
  near(scoreOf({ unanswered: 1 }), -Math.log(0.02))
  for (const more of [{ unanswered: 2 }, { unanswered: 9 }, { unanswered: 9, silent: 9, silentWeight: 40 }])
    near(scoreOf(more), -Math.log(0.001))
  near(scoreOf({ unanswered: 1, silent: 1, silentWeight: 2 }), 2 - Math.log(0.02))
})

test('a proof of life after the ask voids that nobody answered', () => {
  const failed = suspected().ask('P1', 'KC', OTHERS).reply('P1', 'KC', [], OTHERS)
  const lines = told(
    failed
      .pass(2 * SECOND)
      .read('KC', OTHERS)
      .pass(20 * MINUTE)
  )
  assert.deepEqual(opened({ incidents: lines }), [])
})

const NOTHING: readonly [what: string, with_: (tape: OutageTape) => OutageTape][] = [
  ['of an id that nobody asked', tape => tape.reply('P2', 'KC', TC)],
  ['of another terminal', tape => tape.reply('P1', 'KD', [], TC)],
  ['of a terminal without a session', tape => tape.reply('P1', 'K9', TC, TC)],
  ['of meters that were not asked', tape => tape.reply('P1', 'KC', OTHERS.slice(1), OTHERS.slice(1))],
  ['that it knows no such meter', tape => tape.reply('P1', 'KC', [], TC, { reason: 'unknown-meter' })],
  ['that it asked nobody', tape => tape.reply('P1', 'KC', [], TC, { reason: 'not-asked' })],
  ['of a reading before the ask', tape => tape.reply('P1', 'KC', ['c0'], [], { collectedAt: LOST })],
  ['that comes when all is history', tape => tape.pass(16 * MINUTE).reply('P1', 'KC', [], ['c0'])],
  ['that cannot be read', tape => tape.publish('KC', 'replies', { id: 'P1', failures: ['c0'] })],
  ['of none', tape => tape]
]
test('what says nothing of supply', () => {
  const ask = (): OutageTape => suspected().ask('P1', 'KC', ['c0'])
  const silent = told(ask().pass(40 * MINUTE))
  for (const [what, add] of NOTHING)
    assert.deepEqual(told(add(ask()).until(LOST + 40 * MINUTE + 22 * SECOND)), silent, `a reply ${what}`)
  const backup = (): OutageTape =>
    suspected().status('KC', { supply: 'battery', bootCount: 1 }).ask('P1', 'KC', TC)
  const lines = told(backup().reply('P1', 'KC', [], OTHERS).pass(MINUTE))
  assert.equal(unansweredIn(lines), undefined, 'a terminal on its backup reads nobody')
})

test('silence alone opens no case, however often it is looked for', () => {
  const tape = quietTown().until(LOST)
  for (let i = 0; i < 50; i++)
    tape
      .ask(`P${i}`, 'KC', TC)
      .reply(`P${i}`, 'KC', [], TC)
      .reply(`P${i}`, 'KC', [], TC)
      .pass(10 * SECOND)
  assert.deepEqual(told(round(tape, T0 + 31 * MINUTE, TC).pass(20 * MINUTE)), [])
})

test('a reply is no round: nobody else was missed in it', () => {
  const quiet = (tape: OutageTape): OutageTape => round(tape, T0 + 31 * MINUTE).pass(10 * MINUTE)
  const tape = quietTown().until(T0 + 30 * MINUTE)
  const asked = quietTown()
    .until(T0 + 30 * MINUTE)
    .ask('P1', 'KC', ['c0'])
    .reply('P1', 'KC', ['c0'])
  assert.deepEqual(play(quiet(asked), [registry]), play(quiet(tape), [registry]))
})

test('a meter with a supply of its own that is asked and shows nothing says that its feed is dead', () => {
  const pt = registry.meters.pt.slice()
  const own = registry.meterNumbers.get('t0')!
  pt[own] = 100
  const behind = { ...registry, meters: { ...registry.meters, pt } }
  const zeros = { voltageV: [0, 0, 0] }
  const tape = quietTown().until(LOST).ask('P1', 'KB', ['t0']).pass(SECOND)
  const lines = play(tape.reply('P1', 'KB', ['t0'], [], zeros).pass(5 * SECOND), [behind]).incidents
  assert.equal(lines[0]?.evidence?.[0]?.kind, 'no-voltage')
})

test('asks and answers are the same after a restart at any place', () => {
  const tape = suspected()
    .ask('P1', 'KC', TC)
    .pass(2 * SECOND)
    .reply('P1', 'KC', OTHERS.slice(0, 4), OTHERS.slice(4))
  round(tape.pass(MINUTE), T0 + 31 * MINUTE, TC)
  const lines = play(tape, [registry])
  assert.deepEqual(
    play(tape, [registry], place => place % 53 === 0),
    lines
  )
})
