import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, opened, type OutageTape, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

const LOST = T0 + 20 * MINUTE
const BACK = T0 + 60 * MINUTE
/** Points of a quarter while it lasted. */
const DARK = [31, 46].map(minute => T0 + minute * MINUTE)

const withBackup = (backup: string) =>
  drawRegistry({ ...TOWN, terminals: TOWN.terminals!.map(each => ({ ...each, backup })) })

/** A terminal has read points of before of some meters. */
const curve = (
  tape: OutageTape,
  meters: readonly string[],
  times: readonly number[],
  volts = 0
): OutageTape =>
  tape.publish('KC', 'readings', {
    ...{ kind: 'curve', collectedAt: tape.now },
    readings: meters.flatMap(meter =>
      times.map(time => ({ meter, time, voltageV: volts, currentA: 0, activePowerKw: 0 }))
    )
  })

/** TC is dead from LOST to BACK; nobody says a word, and its terminal is only gone. */
function untold(): OutageTape {
  const tape = quietTown()
    .until(LOST + 70 * SECOND)
    .disconnect('KC')
  for (const time of DARK) round(tape, time, [], ['KA', 'KB', 'KD'])
  return tape
    .until(BACK + 30 * SECOND)
    .connect('KC')
    .status('KC', { bootCount: 2 })
}

test('points filled with zeros tell of an outage of which nobody said a word', () => {
  const tape = round(untold(), T0 + 61 * MINUTE)
  curve(tape.pass(SECOND), READ.KC!.slice(4, 9), DARK)
  const said = play(round(tape, T0 + 76 * MINUTE).pass(30 * MINUTE), [withBackup('none')])
  const [incident, ...others] = opened(said)
  assert.deepEqual(others, [])
  assert.deepEqual([incident?.device, incident?.state, incident?.affected], ['TC', 'closed', 12])
  assert.ok(Math.abs(incident!.start - LOST) <= 90 * SECOND, `began ${incident!.start - LOST} ms after`)
  assert.ok(Math.abs(incident!.end! - BACK) <= 60 * SECOND, `ended ${incident!.end! - BACK} ms after`)
  const kinds = incident!.evidence!.map(({ kind, count }) => `${kind} ${count}`)
  assert.ok(kinds.includes('filled-points 5'), kinds.join(', '))
})

test('a terminal that had a backup may have gone away later: what began on the feeder is meant', () => {
  const tape = quietTown().until(LOST).gasp('KC', READ.KC!.slice(2, 10))
  tape
    .until(LOST + 9 * MINUTE)
    .disconnect('KC')
    .until(BACK + 30 * SECOND)
  tape.connect('KC').status('KC', { bootCount: 2 })
  // Two who did not gasp tell so hours later, each of one point.
  round(tape, T0 + 61 * MINUTE)
  round(tape, T0 + 76 * MINUTE)
  round(tape, T0 + 91 * MINUTE)
  curve(curve(tape.pass(SECOND), ['e2'], [DARK[1]!]), ['e3'], [DARK[0]!])
  const said = play(tape.pass(40 * MINUTE), [withBackup('supercap')])
  assert.deepEqual(
    opened(said).map(({ device, state }) => [device, state]),
    [['TC', 'closed']]
  )
})

test('no proof: zeros of who never lives again, of who was read meanwhile, and voltages', () => {
  const silent = READ.KC!
  const never = curve(round(untold(), T0 + 61 * MINUTE, silent), silent, [BACK + 90 * SECOND])
  assert.deepEqual(opened(play(never.pass(40 * MINUTE), [withBackup('none')])), [])

  const quiet = quietTown()
  for (const time of DARK) round(quiet, time)
  curve(round(quiet, T0 + 61 * MINUTE).pass(SECOND), READ.KC!.slice(0, 4), [
    DARK[0]! - 5 * MINUTE,
    DARK[1]! + 5 * MINUTE
  ])
  assert.deepEqual(opened(play(quiet.pass(40 * MINUTE), [withBackup('none')])), [])

  const lost = curve(round(untold(), T0 + 61 * MINUTE).pass(SECOND), READ.KC!, DARK, 229)
  assert.deepEqual(opened(play(lost.pass(40 * MINUTE), [withBackup('none')])), [])
})

test('a point of the second in which supply came back is of the outage that its meters recorded', () => {
  const tape = untold()
  tape.record('KC', READ.KC!.slice(0, 6), LOST, BACK - 3 * SECOND)
  round(tape, T0 + 61 * MINUTE)
  curve(tape.pass(16 * MINUTE), READ.KC!.slice(0, 6), [BACK])
  curve(tape.pass(SECOND), READ.KC!.slice(6), [BACK])
  const said = play(tape.pass(40 * MINUTE), [withBackup('none')])
  assert.equal(opened(said).length, 1)
})

test('a stage that was saved between the points and the tick says the same', () => {
  const tape = curve(round(untold(), T0 + 61 * MINUTE).pass(SECOND), READ.KC!.slice(0, 4), DARK).pass(
    30 * MINUTE
  )
  const registries = [withBackup('none')]
  const saved = play(tape, registries, place => place % 37 === 0 || place === tape.inputs.length - 30 * 60)
  assert.deepEqual(saved, play(tape, registries))
})

test('a feed that shows no voltage belongs to what began on its feeder since it was seen live', () => {
  const base = withBackup('supercap')
  const pt = base.meters.pt.slice()
  pt[base.meterNumbers.get('t0')!] = 100
  const behind = { ...base, meters: { ...base.meters, pt } }
  // TB and TC are dead with the line above them; the feed was seen live most of a minute before, and shows nothing after.
  const tape = quietTown()
    .until(LOST - 58 * SECOND)
    .read('KB', ['t0'])
  tape.until(LOST).gasp('KC', READ.KC!).gasp('KB', READ.KB!.slice(1))
  tape.until(LOST + 5 * SECOND).publish('KB', 'readings', {
    ...{ kind: 'instant', time: tape.now, collectedAt: tape.now },
    readings: [{ meter: 't0', voltageVA: 0, voltageVB: 0, voltageVC: 0, currentA: 0, activePowerKw: 0 }]
  })
  const found = opened(play(tape.pass(2 * MINUTE), [behind]))
  assert.deepEqual(
    found.map(({ device, affected }) => [device, affected]),
    [['LA', 20]]
  )
})
