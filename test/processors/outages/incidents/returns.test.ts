import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepsOf } from '../../../../processors/outages/incidents/returns.ts'
import type { IncidentLine } from '../../../../src/model/outages.ts'
import { MINUTE, type OutageTape, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

const LOST = T0 + 20 * MINUTE
const OTHERS = Object.keys(READ).filter(id => id !== 'KC')

const closedOf = (tape: OutageTape, town = TOWN): IncidentLine => {
  const line = play(tape, [drawRegistry(town)]).incidents.find(({ state }) => state === 'closed')
  assert.ok(line !== undefined, 'closed')
  return line
}

/** Account-minutes by the steps of a line. */
const minutesOf = ({ start, steps = [] }: IncidentLine): number =>
  steps.reduce((sum, { end, usagePoints }) => sum + (usagePoints * (end - start)) / MINUTE, 0)

/** A transformer of twelve, of whom the first seven record an outage of ten minutes by clocks of their own, the others were read later. */
function recordedInPart(): OutageTape {
  const tape = quietTown().until(LOST).gasp('KC', READ.KC!)
  round(tape, T0 + 31 * MINUTE, [], OTHERS)
    .until(LOST + 12 * MINUTE)
    .powerUp('KC', READ.KC!.slice(7))
  round(tape, T0 + 46 * MINUTE)
  for (const [i, meter] of READ.KC!.slice(0, 7).entries()) {
    const off = (i - 3) * SECOND
    tape.record('KC', [meter], LOST + off, LOST + 10 * MINUTE + off)
  }
  return tape.pass(40 * MINUTE)
}

test('each usage point ends by its own record, whatever its clock says, or with its part', () => {
  const line = closedOf(recordedInPart())
  assert.equal(line.usagePoints?.length, 12)
  assert.deepEqual(line.steps, [{ end: line.start + 10 * MINUTE, usagePoints: 12 }])
  assert.equal(minutesOf(line), line.customerMinutes)
})

test('who was out longer than his part by his own record is a step of the incident: it ends with him, and is as long', () => {
  const tape = quietTown().until(LOST).gasp('KC', READ.KC!)
  tape
    .pass(MINUTE)
    .powerUp('KC', READ.KC!.slice(0, 10))
    .pass(5 * MINUTE)
  tape.record('KC', READ.KC!.slice(0, 10), LOST, LOST + 55 * SECOND)
  tape.record('KC', READ.KC!.slice(10), LOST, LOST + 262 * SECOND)
  const { start, end, kind, steps } = closedOf(tape.pass(40 * MINUTE))
  assert.deepEqual(steps, [
    { end: start + 55 * SECOND, usagePoints: 10 },
    { end: start + 262 * SECOND, usagePoints: 2 }
  ])
  assert.deepEqual([end, kind], [start + 262 * SECOND, 'sustained'])
})

test('an account with supply elsewhere is not affected, and its usage point is named like the others', () => {
  const town = {
    ...TOWN,
    meters: TOWN.meters.flatMap(row => {
      const [first = '', ...rest] = row.ids
      return first === 'c0' || first === 'd0'
        ? [
            { ...row, ids: [first], account: 'A-TWO-FEEDS' },
            { ...row, ids: rest }
          ]
        : [row]
    })
  }
  const line = closedOf(recordedInPart(), town)
  assert.equal(line.affected, 11)
  assert.equal(line.usagePoints?.length, 12)
  assert.deepEqual(
    line.steps?.map(({ usagePoints }) => usagePoints),
    [12]
  )
  assert.equal(line.customerMinutes, 110)
})

test('who comes back at one time is one step; more steps than a line holds are told to the second, then to the minute', () => {
  assert.deepEqual(stepsOf([]), [])
  assert.deepEqual(stepsOf([T0, T0, T0 + 1]), [
    { end: T0, usagePoints: 2 },
    { end: T0 + 1, usagePoints: 1 }
  ])
  const apart = (count: number, ms: number): number[] => Array.from({ length: count }, (_, i) => T0 + i * ms)
  const rows: [ends: number[], steps: number, grainMs: number][] = [
    [apart(20_000, 1), 20_000, 1],
    [apart(30_000, 100), 3_000, 1_000],
    [apart(30_000, 1_000), 501, 60_000],
    [apart(30_000, 60_000), 1, 1]
  ]
  for (const [ends, steps, grainMs] of rows) {
    const told = stepsOf(ends)
    assert.ok(Math.abs(told.length - steps) <= 1, `${told.length}`)
    assert.ok(told.every(({ end }) => end % grainMs === 0))
    assert.equal(
      told.reduce((sum, { usagePoints }) => sum + usagePoints, 0),
      ends.length
    )
  }
})
