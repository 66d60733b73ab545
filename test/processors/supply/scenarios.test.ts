import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Blindness, scoreSupply, scoreTimeline, type TrueSupply } from '../../../scoring/supply.ts'
import { parseScenario } from '../../../src/simulator/scenario/read-scenario.ts'
import { Played, type TrueRow } from '../../simulator/scenario/played.ts'

/** What a hospital's plant meets, and states that have to be shown in this order, the first seconds left out. */
const SCENARIOS: readonly [name: string, states: readonly string[]][] = [
  ['quiet', ['normal']],
  ['hospital-main-lost', ['normal', 'interrupted', 'reduced', 'normal']],
  ['hospital-standby-lost', ['normal', 'reduced', 'normal']],
  [
    'hospital-both-lost',
    ['normal', 'interrupted', 'reduced', 'interrupted', 'emergency', 'reduced', 'normal']
  ],
  ['hospital-generator-fails', ['normal', 'interrupted', 'reduced', 'interrupted', 'reduced', 'normal']],
  ['hospital-transfer-stuck', ['normal', 'interrupted', 'reduced', 'normal']],
  ['hospital-slow-transfer', ['normal', 'interrupted', 'reduced', 'normal']],
  ['hospital-back-feed', ['normal', 'interrupted', 'reduced', 'normal']],
  ['hospital-tie-failed', ['normal', 'interrupted', 'normal']],
  ['hospital-generator-stuck', ['normal', 'interrupted', 'emergency', 'normal']],
  ['hospital-ups-battery', ['normal', 'emergency', 'normal']],
  ['hospital-generator-test', ['normal']],
  ['hospital-one-trench', ['normal', 'interrupted', 'emergency', 'normal']],
  ['hospital-meter-fuse', ['normal']],
  ['hospital-standby-discovered', ['normal', 'reduced', 'normal']],
  ['hospital-parallel', ['normal']],
  ['hospital-wrong-point', ['normal', 'interrupted', 'reduced', 'normal', 'reduced', 'normal']],
  ['hospital-truck', ['normal', 'interrupted', 'reduced', 'interrupted', 'emergency', 'reduced', 'normal']],
  ['hospital-standby-dead-days', ['normal', 'reduced', 'normal']]
]
/** DESIGN asks 0.99 of decidable minutes; readings come in every five minutes, so that a change is seen some seconds late. */
const [RIGHT_SHARE, SETTLED_SHARE, FALSELY_NORMAL_MIN] = [0.99, 0.995, 0.5]

for (const [name, states] of SCENARIOS)
  test(`${name}: shown as it is, minute by minute`, () => {
    const path = join(import.meta.dirname, '../../../scenarios', `${name}.yaml`)
    const played = new Played(parseScenario(readFileSync(path, 'utf8'), name))
    const lines = played.backtest().supply
    const truth = played.rows<TrueRow & TrueSupply & { decidableAt: number | null }>('supply')
    const answer = {
      truth: truth.map(row => ({ ...row, decidableAt: row.decidableAt ?? undefined })),
      blind: played.rows<TrueRow & Blindness>('blind'),
      lines
    }
    const score = scoreSupply(answer)
    const { right, wrong, unsure } = score.minutes.decidable
    const share = right / (right + wrong + unsure)
    assert.ok(share >= RIGHT_SHARE, `${share} of decidable minutes`)
    assert.ok(score.falselyNormal <= FALSELY_NORMAL_MIN, `${score.falselyNormal} min falsely normal`)
    assert.equal(score.shown, score.changes, 'every change was shown')
    const settled = scoreTimeline(answer)
    const settledShare = settled.right / (settled.right + settled.wrong + settled.unsure)
    assert.ok(settledShare >= SETTLED_SHARE, `${settledShare} of settled minutes`)
    for (const customer of new Set(lines.map(({ keyCustomer }) => keyCustomer))) {
      const own = lines.filter(
        ({ keyCustomer, state, end }) => keyCustomer === customer && state !== 'unknown' && end === undefined
      )
      const changes = own.filter(({ state }, i) => state !== own[i - 1]?.state)
      assert.deepEqual(
        changes.map(({ state }) => state),
        states,
        customer
      )
      // States follow each other in event time too; since when one is so may be known better later.
      const starts = changes.map(({ start }) => start)
      assert.deepEqual(
        starts,
        starts.toSorted((a, b) => a - b),
        customer
      )
    }
  })
