import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SupplyLine } from '../../../src/model/supply.ts'
import { joined } from '../../../src/records/bytes.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { MINUTE, newPipeline, OutageTape, SECOND, T0 } from '../../support/outage-feed.ts'
import { drawRegistry } from '../../support/outage-registry.ts'
import { HOSPITAL } from './plant.ts'

/** A hospital whose two feeds hang on two feeders; K reads them each minute and watches the plant, X reads nobody. */
function registryOf(): Registry {
  const rhythm = { sampleIntervalS: 60, uploadIntervalS: 300, uploadDelayS: 5, heartbeatS: 60 }
  const drawn = drawRegistry({
    devices: [
      ['SUB', 'substation', ''],
      ['FA', 'feeder', 'SUB'],
      ['FB', 'feeder', 'SUB'],
      ['TA', 'transformer', 'FA']
    ],
    meters: [
      { device: 'FA', terminal: 'K', ids: ['M-G1'] },
      { device: 'FB', terminal: 'K', ids: ['M-G2'] },
      { device: 'TA', terminal: 'KA', ids: ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'] }
    ],
    terminals: [
      { id: 'K', ...rhythm },
      { id: 'X', ...rhythm },
      { id: 'KA', poweredBy: 'TA', backup: 'supercap', ...rhythm }
    ]
  })
  const { meters } = drawn
  const high = {
    ratedV: new Float64Array(meters.count).fill(100),
    pt: new Float64Array(meters.count).fill(100)
  }
  return { ...drawn, meters: { ...meters, ...high }, keyCustomers: new Map([['H1', HOSPITAL]]) }
}
const REGISTRY = registryOf()

/** K says how the plant stands. */
const backup = (
  tape: OutageTape,
  { running = false, mode = 'auto', position = 'G1', ups = 'line' } = {},
  terminal = 'K'
): OutageTape =>
  tape.publish(terminal, 'backup', {
    time: tape.now,
    generators: [{ source: 'GEN', running, mode }],
    switches: HOSPITAL.sections.map(({ id }) => ({ section: id, position, auto: true, fault: false })),
    ups: [{ source: 'UPS', mode: ups }]
  })

const reading = (meter: string, volts: number, amps = 0) => ({
  meter,
  voltageV: [volts, null, volts],
  currentA: [amps, null, amps],
  activePowerKw: 0.1 * amps
})

/** K has read its feeds. */
const feeds = (tape: OutageTape, g1 = 100, g2 = 100, amps = 0): OutageTape =>
  tape.publish('K', 'readings', {
    ...{ kind: 'instant', time: tape.now, collectedAt: tape.now },
    readings: [reading('M-G1', g1, amps), reading('M-G2', g2)]
  })

function play({ inputs }: OutageTape, isSaved: (place: number) => boolean = () => false): SupplyLine[] {
  let pipeline = newPipeline(REGISTRY)
  const lines: SupplyLine[] = []
  inputs.forEach(({ log, record }, place) => {
    if (isSaved(place)) {
      const saved = joined(pipeline.save())
      pipeline = newPipeline(REGISTRY)
      pipeline.load(saved)
    }
    pipeline.take(log, record)
    lines.push(...pipeline.out.supply)
    pipeline.out.reset()
  })
  return lines
}

const shortly = ({ state, reason, at }: SupplyLine): string => `${state} ${reason} ${(at - T0) / SECOND}s`
const sourceIn = (line: SupplyLine | undefined, id: string): string => {
  const found = line?.sources.find(({ source }) => source === id)
  return `${found?.state} ${found?.role} ${found?.reason}`
}

/** All is known and there, a minute after the beginning. */
const quiet = (): OutageTape => feeds(backup(new OutageTape().connect('K').pass(MINUTE))).pass(SECOND)

test('a line is given when all is known, and no other while nothing changes', () => {
  const tape = quiet()
  for (let minute = 2; minute < 10; minute++) feeds(backup(tape.until(T0 + minute * MINUTE)))
  const said = play(tape.pass(SECOND))
  assert.deepEqual(said.map(shortly), ['unknown NOT_KNOWN 1s', 'normal ALL_THERE 61s'])
  assert.equal(said[1]?.start, T0 + MINUTE)
})

test('what is not told again is not known any more, with the time until which it held', () => {
  const said = play(quiet().pass(20 * MINUTE))
  const last = said.at(-1)
  assert.equal(last?.state, 'unknown')
  assert.equal(sourceIn(last, 'G1'), 'unknown none STALE')
  // Sample, upload and delay of its terminal after the data time.
  assert.equal(last?.sources[0]?.since, T0 + MINUTE + 365 * SECOND)
  assert.ok(Math.abs((last?.at ?? 0) - (T0 + MINUTE + 365 * SECOND)) <= 2 * SECOND)
})

test('who loses one feed goes over to the other: a gap, and then one source less', () => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  backup(tape, { position: 'open', ups: 'battery' }).pass(2 * SECOND)
  tape.events('K', {
    ...{
      section: 'S1',
      type: 'transfer',
      origin: 'terminal',
      from: 'G1',
      to: 'G2',
      durationMs: 1500,
      time: tape.now
    }
  })
  const said = play(backup(tape, { position: 'G2' }).pass(3 * SECOND)).slice(2)
  assert.deepEqual(
    said.map(({ state, reason, securityLoadSupplied }) => [state, reason, securityLoadSupplied]),
    [
      ['interrupted', 'TRANSFERRING', 'partly'],
      ['reduced', 'SOURCE_LOST', 'yes']
    ]
  )
  assert.equal(sourceIn(said[1], 'G1'), 'dead none TRANSFERRED')
  assert.equal(sourceIn(said[1], 'G2'), 'live carrying TRANSFERRED')
})

test('gasps of its neighbours tell of a feed that was read before', () => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  const said = play(
    tape
      .pass(2 * SECOND)
      .gasp('KA', ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'])
      .events('K', { meter: 'M-G1', type: 'power-down', origin: 'meter', time: tape.now })
      .pass(30 * SECOND)
  )
  assert.equal(sourceIn(said.at(-1), 'G1').split(' ')[0], 'dead')
  assert.equal(said.at(-1)?.state, 'interrupted', 'its switch stands on it still')
})

test('of a plant only the terminal may speak that watches it, of a feed the one that reads its meter', () => {
  const known = play(quiet().pass(10 * SECOND))
  const told = backup(quiet(), { mode: 'off', position: 'open' }, 'X')
  told.events('X', { meter: 'M-G1', type: 'power-down', origin: 'meter', time: told.now })
  told.events('X', { source: 'GEN', type: 'generator-start-failed', origin: 'terminal', time: told.now })
  assert.deepEqual(play(told.pass(10 * SECOND)), known)
})

test('a test and what somebody concluded move nothing', () => {
  const known = play(quiet().pass(10 * SECOND))
  const told = quiet()
  const failed = { source: 'GEN', type: 'generator-start-failed', time: told.now }
  told.events('K', { ...failed, origin: 'terminal', test: true }, { ...failed, origin: 'inferred' })
  assert.deepEqual(play(told.pass(10 * SECOND)), known)
})

test('a blown fuse of the voltage transformer is no dead feed: all its phases carry load', () => {
  const said = play(feeds(quiet().until(T0 + 2 * MINUTE), 0, 100, 3).pass(SECOND))
  assert.equal(sourceIn(said.at(-1), 'G1'), 'live carrying METER_FUSE')
  assert.equal(said.at(-1)?.state, 'normal')
  const dead = play(feeds(quiet().until(T0 + 2 * MINUTE), 0, 100, 0).pass(SECOND))
  assert.equal(sourceIn(dead.at(-1), 'G1'), 'dead none NO_VOLTAGE')
})

test('a generator that starts, fails, and stands on auto again', () => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  tape.events('K', { source: 'GEN', type: 'generator-start', origin: 'terminal', time: tape.now })
  tape
    .pass(10 * SECOND)
    .events('K', { source: 'GEN', type: 'generator-stop', origin: 'terminal', time: tape.now })
  tape.pass(10 * SECOND)
  tape.events('K', { source: 'GEN', type: 'generator-start-failed', origin: 'terminal', time: tape.now })
  backup(tape.pass(10 * SECOND))
  const said = play(tape.pass(2 * SECOND)).slice(1)
  assert.deepEqual(
    said.map(line => `${sourceIn(line, 'GEN')} ${line.state}`),
    [
      'ready available MESSAGE normal',
      'running available MESSAGE normal',
      'ready available MESSAGE normal',
      'failed none START_FAILED reduced',
      'ready available MESSAGE normal'
    ]
  )
})

test('a restart at any record changes no line', () => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  backup(tape, { position: 'open', ups: 'battery' }).pass(2 * SECOND)
  feeds(backup(tape, { position: 'G2' }).until(T0 + 3 * MINUTE), 0)
  backup(feeds(tape.until(T0 + 5 * MINUTE)), { position: 'G2' })
  backup(tape.until(T0 + 6 * MINUTE)).pass(9 * MINUTE)
  const whole = play(tape)
  assert.ok(whole.length > 5)
  for (const every of [1, 7, 50])
    assert.deepEqual(
      play(tape, place => place > 0 && place % every === 0),
      whole
    )
})
