import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutageLines } from '../../../../src/model/outages.ts'
import type { Registry } from '../../../../src/registry/lookup/registry.ts'
import { MINUTE, opened, OutageTape, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import {
  type DrawnMeters,
  type DrawnRegistry,
  drawRegistry,
  named,
  TOWN
} from '../../../support/outage-registry.ts'
import { quietTown, READ } from '../busy-town.ts'

const METERS = TOWN.meters.flatMap(({ ids }) => ids)
const LOST = T0 + 20 * MINUTE
const [KB = [], KC = []] = [READ.KB, READ.KC]

const first = drawRegistry(TOWN)
const second = (drawn: Partial<DrawnRegistry>): Registry =>
  drawRegistry({ ...TOWN, numbers: METERS, version: 2, hash: 'second', ...drawn })

/** The town after some of its meters were taken down. */
const removed = (isGone: (id: string) => boolean): Registry =>
  second({
    meters: TOWN.meters
      .flatMap((row): DrawnMeters[] => [
        { ...row, ids: row.ids.filter(id => !isGone(id)) },
        { ...row, ids: row.ids.filter(isGone), removedAt: T0 + 25 * MINUTE }
      ])
      .filter(({ ids }) => ids.length > 0)
  })

/** What is said of a tape, the same when the stage is loaded anew before every so many records. */
function said(tape: OutageTape, ...registries: Registry[]): OutageLines {
  const whole = play(tape, registries)
  assert.deepEqual(
    play(tape, registries, place => place % 50 === 0),
    whole
  )
  return whole
}

test('a lateral of which one part is back when all its meters are taken down: it ended when that part came back', () => {
  const tape = quietTown().until(LOST).gasp('KC', KC).gasp('KB', KB)
  tape.status('KB', { supply: 'battery', bootCount: 1 }).status('KC', { supply: 'battery', bootCount: 1 })
  tape
    .until(T0 + 30 * MINUTE)
    .powerUp('KB', KB)
    .status('KB', { bootCount: 2 })
  tape.until(T0 + 35 * MINUTE).registry('second', 2)
  tape.pass(40 * MINUTE)
  const { incidents } = said(
    tape,
    first,
    removed(id => /^[cet]/.test(id))
  )
  for (const state of ['restored', 'closed'])
    assert.equal(incidents.find(line => line.state === state)?.end, T0 + 30 * MINUTE, state)
})

test('what records told of does not move to where another outage holds everybody by now', () => {
  const tape = new OutageTape().until(T0 + 1848 * SECOND)
  const volts = [252, 200, 110, 252, 110, 252, 229, 0, 110]
  const readings = [...named('d', 8), 'g1'].map((meter, i) => ({ meter, voltageV: volts[i], currentA: 1 }))
  tape.publish('KD', 'readings', { kind: 'instant', time: tape.now, collectedAt: tape.now, readings })
  tape.until(T0 + 2522 * SECOND).connect('KD')
  const recorded = ['d0', 'd2', 'd3', 'd4', 'g0', 'g2', 'g3']
  tape.until(T0 + 3637 * SECOND).record('KD', recorded, T0 + 709 * SECOND, T0 + 3548 * SECOND)
  tape.pass(22 * SECOND).status('KD', { supply: 'battery', bootCount: 2 })
  tape.until(T0 + 3882 * SECOND).gateway('stopped')
  tape.until(T0 + 3927 * SECOND).gasp('KD', ['d0', 'd1', 'd2', 'd4', 'd5', 'd7', 'g1'], 16 * SECOND)
  tape.pass(25 * SECOND).record('KB', KB.slice(0, 5), T0 + 1243 * SECOND, T0 + 3538 * SECOND)
  const { incidents } = said(tape.pass(30 * MINUTE), first)
  for (const line of incidents.filter(({ counted }) => counted)) {
    assert.ok(line.affected > 0, `${line.id} ${line.state} of nobody`)
    assert.ok(line.state !== 'restored' || line.end !== null, `${line.id} ended at no time`)
  }
  assert.deepEqual(opened({ incidents })[0]?.affected, 3)
})

const withoutC0 = removed(id => id === 'c0')
const left = KC.filter(id => id !== 'c0')
const GOES_ON: readonly (readonly [how: string, goOn: (tape: OutageTape) => void])[] = [
  ['the others gasp again', tape => tape.gasp('KC', left, SECOND)],
  ['a person opens it again', tape => tape.decide({ incident: 'I1', act: 'reopen' })]
]
for (const [how, goOn] of GOES_ON)
  test(`a meter is taken down after supply came back, then ${how}: it is over when they are back`, () => {
    const tape = quietTown().until(LOST).gasp('KC', KC)
    tape
      .pass(MINUTE)
      .powerUp('KC', KC)
      .pass(20 * SECOND)
      .registry('second', 2)
      .pass(20 * SECOND)
    goOn(tape)
    tape
      .until(T0 + 30 * MINUTE)
      .powerUp('KC', left)
      .pass(30 * MINUTE)
    const [incident] = opened(said(tape, first, withoutC0))
    assert.deepEqual([incident?.state, incident?.end], ['closed', T0 + 30 * MINUTE])
  })
