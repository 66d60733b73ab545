import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutageLines } from '../../../../src/model/outages.ts'
import type { Registry } from '../../../../src/registry/lookup/registry.ts'
import { packTexts } from '../../../../src/registry/texts.ts'
import { MINUTE, opened, OutageTape, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import {
  type DrawnMeters,
  type DrawnRegistry,
  type DrawnRow,
  drawRegistry,
  named,
  TOWN
} from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

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

/** The town after the meter of U-c0 was exchanged for another. */
function exchanged(version = 2, hash = 'second'): Registry {
  const numbers = [...METERS, 'n0']
  const registry = drawRegistry({
    ...{ ...TOWN, numbers, version, hash },
    meters: [
      ...TOWN.meters.map(row => ({ ...row, ids: row.ids.filter(id => id !== 'c0') })),
      { device: 'BC', terminal: 'KC', ids: ['c0'], removedAt: T0 + 25 * MINUTE },
      { device: 'BC', terminal: 'KC', ids: ['n0'] }
    ]
  })
  const usagePoint = packTexts(numbers.map(id => (id === 'n0' ? 'U-c0' : `U-${id}`)))
  return { ...registry, meters: { ...registry.meters, usagePoint } }
}

const isOfBoxes = (id: string): boolean => /^e|^c[0-3]/.test(id)
const AFTER: readonly (readonly [what: string, registry: Registry, minutes: readonly number[]])[] = [
  ['a meter is exchanged', exchanged(), [25, 35]],
  ['a meter is taken down', withoutC0, [25, 35]],
  ['eight of twelve are taken down', removed(isOfBoxes), [25, 35]],
  ['all are taken down', removed(id => KC.includes(id)), [35]]
]
for (const [what, registry, minutes] of AFTER)
  for (const minute of minutes)
    test(`${what} ${minute < 30 ? 'while it lasts' : 'when it is restored'}: all twelve usage points were interrupted`, () => {
      const tape = quietTown().until(LOST).gasp('KC', KC)
      const change = (at: number): void => {
        if (at === minute) tape.until(T0 + at * MINUTE).registry('second', 2)
      }
      change(25)
      tape
        .until(T0 + 30 * MINUTE)
        .powerUp('KC', KC)
        .status('KC', { bootCount: 2 })
      change(35)
      const { incidents } = said(tape.pass(30 * MINUTE), first, registry)
      const closed = incidents.find(({ state }) => state === 'closed')
      assert.deepEqual([...(closed?.usagePoints ?? [])].sort(), KC.map(id => `U-${id}`).sort())
      assert.deepEqual(closed?.steps, [{ end: T0 + 30 * MINUTE, usagePoints: 12 }])
      assert.deepEqual([closed?.affected, closed?.customerMinutes], [12, 120.4])
    })

test('the next meter comes with a later import: its usage point is named once, and waits for it', () => {
  const tape = quietTown().until(LOST).gasp('KC', KC)
  tape.until(T0 + 23 * MINUTE).registry('second', 2)
  tape.until(T0 + 25 * MINUTE).registry('third', 3)
  tape.until(T0 + 30 * MINUTE).powerUp('KC', ['n0', ...left])
  const { incidents } = said(tape.pass(30 * MINUTE), first, withoutC0, exchanged(3, 'third'))
  const closed = incidents.find(({ state }) => state === 'closed')
  assert.deepEqual([...(closed?.usagePoints ?? [])].sort(), KC.map(id => `U-${id}`).sort())
  assert.equal(closed?.affected, 12)
})

/** The service line of U-c0 dies at minute 45 and is read again at minute 61; another version comes at a minute. */
function lineOut(registry: Registry, minute: number) {
  const tape = round(quietTown(), T0 + 31 * MINUTE).until(T0 + 45 * MINUTE)
  round(tape.gasp('KC', ['c0']), T0 + 46 * MINUTE, ['c0'])
  if (minute < 61) tape.until(T0 + minute * MINUTE).registry('second', 2)
  round(tape, T0 + 61 * MINUTE)
  if (minute > 61) tape.until(T0 + minute * MINUTE).registry('second', 2)
  tape.read('KC', ['n0', ...left], tape.now)
  return opened(said(tape.pass(30 * MINUTE), first, registry))
}

test('the meter of a dead service line is exchanged, or taken down when the line is back: it was interrupted', () => {
  const rows: [registry: Registry, minute: number][] = [
    [exchanged(), 48],
    [exchanged(), 63],
    [withoutC0, 63]
  ]
  for (const [registry, minute] of rows) {
    const [line, ...others] = lineOut(registry, minute)
    assert.deepEqual(others, [])
    const { device, state, affected, usagePoints, steps = [] } = line!
    assert.deepEqual([device, state, affected, usagePoints], ['U-c0', 'closed', 1, ['U-c0']], `${minute}`)
    assert.equal(steps.length, 1)
  }
})

test('an account that has supply by another feed is not interrupted because the meter of the dead one is taken down', () => {
  const twoFeeds = (rows: readonly DrawnMeters[]): DrawnMeters[] =>
    rows
      .flatMap((row): DrawnMeters[] => [
        { ...row, ids: row.ids.filter(id => id !== 'c0' && id !== 'd0') },
        { ...row, ids: row.ids.filter(id => id === 'c0' || id === 'd0'), account: 'A-TWO' }
      ])
      .filter(({ ids }) => ids.length > 0)
  const before = drawRegistry({ ...TOWN, meters: twoFeeds(TOWN.meters) })
  const after = second({
    meters: twoFeeds(TOWN.meters).map(row =>
      row.ids.includes('c0') ? { ...row, removedAt: T0 + 25 * MINUTE } : row
    )
  })
  const tape = quietTown().until(LOST).gasp('KC', KC)
  tape
    .until(T0 + 30 * MINUTE)
    .powerUp('KC', KC)
    .pass(5 * MINUTE)
    .registry('second', 2)
  const { incidents } = said(tape.pass(30 * MINUTE), before, after)
  assert.equal(incidents.find(({ state }) => state === 'closed')?.affected, 11)
})

test('a device comes above the top of the tree before the records do: they are of the outage that is known', () => {
  const devices = TOWN.devices.map((row): DrawnRow => (row[0] === 'SUB' ? ['SUB', 'bus', 'GRID'] : row))
  const grown = second({ devices: [['GRID', 'substation', ''], ...devices] })
  const tape = quietTown().until(LOST).gasp('KC', KC)
  tape.until(T0 + 30 * MINUTE).powerUp('KC', KC)
  tape.until(T0 + 32 * MINUTE).registry('second', 2)
  tape.until(T0 + 36 * MINUTE).record('KC', KC, LOST - 2 * SECOND, T0 + 30 * MINUTE)
  const { incidents } = said(tape.pass(60 * MINUTE), first, grown)
  assert.deepEqual([...new Set(incidents.map(({ id }) => id))], ['I1'])
})
