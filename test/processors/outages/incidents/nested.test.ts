import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SWITCH_STATE } from '../../../../src/records/gateway-record.ts'
import { MINUTE, opened, type OutageTape, play, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { quietTown, READ, round } from '../busy-town.ts'

const registry = drawRegistry({
  ...TOWN,
  terminals: TOWN.terminals!.map(each => ({ ...each, backup: 'battery' }))
})
const LOST = T0 + 20 * MINUTE
const [HOST_BACK, BACK] = [LOST + 20 * MINUTE, LOST + 60 * MINUTE]
const BELOW_FA = ['KA', 'KB', 'KC']

/** FA is dead; TA and TB are back after twenty minutes, TC after an hour. @param says what the terminal of TC says of its supply meanwhile */
function feederThenTransformer(says: (tape: OutageTape) => void): OutageTape {
  const tape = quietTown().until(LOST)
  for (const terminal of BELOW_FA)
    tape.status(terminal, { supply: 'battery' }).gasp(terminal, READ[terminal]!.slice(0, 6))
  round(tape, LOST + 11 * MINUTE, [], ['KD'])
  tape.until(HOST_BACK)
  for (const terminal of ['KA', 'KB']) tape.status(terminal).powerUp(terminal, READ[terminal]!)
  for (let minute = 0; minute < 40; minute += 5) {
    tape.until(HOST_BACK + minute * MINUTE + 20 * SECOND)
    says(tape)
    if (minute % 15 === 5) round(tape, tape.now, [], ['KA', 'KB', 'KD'])
  }
  tape.until(BACK).status('KC').powerUp('KC', READ.KC!)
  return round(tape, BACK + MINUTE).pass(30 * MINUTE)
}

const onBattery = (tape: OutageTape): void => void tape.status('KC', { supply: 'battery' })

test('what stays dark below a feeder that is back is a nested incident', () => {
  const tape = feederThenTransformer(onBattery)
  const said = play(tape, [registry])
  const [host, nested, ...others] = opened(said)
  assert.deepEqual(others, [])
  assert.deepEqual([host?.device, host?.parent, host?.state], ['FA', undefined, 'closed'])
  assert.deepEqual([nested?.device, nested?.parent, nested?.state], ['TC', host?.id, 'closed'])
  assert.deepEqual([host?.affected, nested?.affected], [34, 12])
  const times = [host!.start - LOST, host!.end! - HOST_BACK, nested!.start - HOST_BACK, nested!.end! - BACK]
  for (const off of times) assert.ok(Math.abs(off) <= 5 * SECOND, `${times}`)
  // It is known ten minutes after the feeder is back, and the feeder's own is over then.
  const first = said.incidents.find(({ id }) => id === nested!.id)!
  assert.ok(first.at >= HOST_BACK + 10 * MINUTE && first.at <= HOST_BACK + 16 * MINUTE)
  assert.equal(said.incidents.find(({ id, state }) => id === host!.id && state === 'restored')?.at, first.at)
  assert.ok(Math.abs(host!.customerMinutes! - 34 * 20) < 5, `${host!.customerMinutes}`)
  assert.ok(Math.abs(nested!.customerMinutes! - 12 * 40) < 5, `${nested!.customerMinutes}`)
})

test('records of its meters, which span both, leave the times of each', () => {
  const tape = feederThenTransformer(onBattery)
  // Before both are closed.
  const early = quietTown().inputs.length
  assert.ok(early > 0)
  const said = play(tape.record('KC', READ.KC!.slice(0, 8), LOST - SECOND, BACK + SECOND).pass(30 * MINUTE), [
    registry
  ])
  const [host, nested] = opened(said)
  assert.ok(Math.abs(host!.end! - HOST_BACK) <= 5 * SECOND)
  assert.ok(Math.abs(nested!.start - HOST_BACK) <= 5 * SECOND)
})

test('a part of which nothing is heard waits in the incident above', () => {
  const said = play(
    feederThenTransformer(() => {}),
    [registry]
  )
  assert.deepEqual(
    opened(said).map(({ device, state }) => [device, state]),
    [['FA', 'closed']]
  )
})

test('who waits for a switch is restored in steps, and has ten minutes when it is closed', () => {
  const drawn = {
    ...TOWN,
    devices: TOWN.devices.map(([id, kind, parent]) =>
      id === 'TC' ? ([id, kind, 'SW'] as const) : ([id, kind, parent] as const)
    ),
    terminals: TOWN.terminals!.map(each => ({ ...each, backup: 'battery' }))
  }
  const withSwitch = drawRegistry({ ...drawn, devices: [...drawn.devices, ['SW', 'switch', 'LA']] })
  const tape = quietTown().until(LOST)
  const state = (to: 'open' | 'closed'): OutageTape =>
    tape.control(SWITCH_STATE, { device: 'SW', state: to, at: tape.now, origin: 'scada' })
  for (const terminal of BELOW_FA)
    tape.status(terminal, { supply: 'battery' }).gasp(terminal, READ[terminal]!.slice(0, 6))
  tape.until(HOST_BACK - MINUTE)
  state('open').until(HOST_BACK)
  for (const terminal of ['KA', 'KB']) tape.status(terminal).powerUp(terminal, READ[terminal]!)
  for (let minute = 1; minute < 40; minute += 5) onBattery(tape.until(HOST_BACK + minute * MINUTE))
  tape.until(BACK - 2 * MINUTE)
  onBattery(state('closed').pass(MINUTE))
  tape.until(BACK).status('KC').powerUp('KC', READ.KC!)
  const said = play(round(tape, BACK + MINUTE).pass(30 * MINUTE), [withSwitch])
  assert.deepEqual(
    opened(said).map(({ device, state: last }) => [device, last]),
    [['FA', 'closed']]
  )
})

test('a stage that was saved anywhere says the same of it', () => {
  const tape = feederThenTransformer(onBattery)
  assert.deepEqual(
    play(tape, [registry], place => place % 101 === 0),
    play(tape, [registry])
  )
})
