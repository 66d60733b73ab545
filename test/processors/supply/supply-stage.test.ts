import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SupplyLine } from '../../../src/model/supply.ts'
import { MINUTE, type OutageTape, SECOND, T0 } from '../../support/outage-feed.ts'
import { backup, feeds, play, quiet, reading, registryOf } from './hospital-tape.ts'
import { HOSPITAL, sectionOf, sourceOf } from './plant.ts'

const shortly = ({ state, reason, at }: SupplyLine): string => `${state} ${reason} ${(at - T0) / SECOND}s`
const sourceIn = (line: SupplyLine | undefined, id: string): string => {
  const found = line?.sources.find(({ source }) => source === id)
  return `${found?.state} ${found?.role} ${found?.reason}`
}

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

test('what a person saw holds for its hour, gives way to a newer measurement, and can be taken back', () => {
  const tape = quiet().until(T0 + 20 * MINUTE)
  tape.observe({ keyCustomer: 'H1', section: 'S1', fact: 'fed', fedBy: 'G2' }).pass(2 * SECOND)
  const seen = play(tape).at(-1)
  assert.equal(sourceIn(seen, 'G2'), 'live carrying OBSERVED', 'what feeds a section lives')
  assert.deepEqual(seen?.sections[0], {
    ...{ section: 'S1', fedBy: 'G2', basis: 'reported' },
    ...{ since: T0 + 20 * MINUTE, reason: 'OBSERVED' }
  })
  assert.equal(seen?.securityLoadSupplied, 'yes')
  assert.equal(seen?.state, 'unknown', 'nobody knows of the other feed')

  const taken = play(tape.observe({ keyCustomer: 'H1', section: 'S1', fact: 'withdrawn' }).pass(2 * SECOND))
  assert.equal(sourceIn(taken.at(-1), 'G2'), 'unknown none STALE')
  assert.equal(taken.at(-1)?.sections[0]?.fedBy, 'unknown')

  const old = quiet().until(T0 + 20 * MINUTE)
  old.observe({ keyCustomer: 'H1', source: 'G2', fact: 'live' })
  const expired = play(old.until(T0 + 80 * MINUTE + 2 * SECOND))
  assert.equal(expired.at(-1)?.at, T0 + 80 * MINUTE + SECOND)
  assert.equal(sourceIn(expired.at(-1), 'G2'), 'unknown none STALE')

  const measured = quiet().until(T0 + 20 * MINUTE)
  measured.observe({ keyCustomer: 'H1', source: 'G1', fact: 'dead' })
  const newer = play(feeds(measured.pass(MINUTE)).pass(SECOND))
  assert.equal(sourceIn(newer.at(-1), 'G1').split(' ')[0], 'live')
})

test('a section that a person changes over allows no gap, and every line says from when on it holds', () => {
  const byHand = sectionOf('S2', { transfer: 'manual', allowedGapS: Number.NaN })
  const sections = HOSPITAL.sections.map(section => (section.id === 'S2' ? byHand : section))
  const tape = backup(quiet().until(T0 + 2 * MINUTE), { mode: 'off' }).pass(3 * SECOND)
  const said = play(tape, undefined, registryOf({ ...HOSPITAL, sections }))
  assert.deepEqual(
    said.map(({ state, from }) => [state, (from - T0) / SECOND]),
    [
      ['unknown', 1],
      ['normal', 60],
      ['reduced', 120]
    ]
  )
})

test('what somebody saw elsewhere, or of what is not there, moves nothing', () => {
  const known = play(quiet().pass(10 * SECOND))
  const told = quiet()
  told.observe({ keyCustomer: 'H2', source: 'G1', fact: 'dead' })
  told.observe({ keyCustomer: 'H1', source: 'G9', fact: 'dead' })
  told.observe({ keyCustomer: 'H1', section: 'S9', fact: 'dark' })
  assert.deepEqual(play(told.pass(10 * SECOND)), known)
})

test('who lives on its generator is told how long that lasts, anew when it turns out otherwise', () => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  const onGenerator = (fuelPct: number): OutageTape =>
    tape.publish('K', 'backup', {
      time: tape.now,
      generators: [{ source: 'GEN', running: true, mode: 'auto', fuelPct, powerKw: 300 }],
      switches: HOSPITAL.sections.map(({ id }) => ({
        section: id,
        position: 'GEN',
        auto: true,
        fault: false
      })),
      ups: [{ source: 'UPS', mode: 'line' }]
    })
  feeds(onGenerator(50), 0, 0).pass(2 * SECOND)
  const first = play(tape)
  // (490 - 100) l and 510 l at 75 l an hour, a second later.
  assert.deepEqual([first.at(-1)?.state, first.at(-1)?.autonomyMin], ['emergency', [311, 408]])
  for (let minute = 3; minute < 8; minute++) {
    tape.until(T0 + minute * MINUTE)
    feeds(onGenerator(50), 0, 0)
  }
  const more = play(tape).slice(first.length - 1)
  for (const [place, line] of more.slice(1).entries())
    assert.notDeepEqual(line.sources, more[place]?.sources, 'it lasts as it was to be expected')
  feeds(onGenerator(20), 0, 0).pass(2 * SECOND)
  const low = play(tape).at(-1)
  assert.deepEqual([low?.state, low?.autonomyMin?.[0]], ['emergency', 71])
})

/** What was said of each moment last: state by state, in seconds. */
function settled(lines: readonly SupplyLine[], from: number, to: number): string[] {
  const states: string[] = []
  for (let moment = from; moment < to; moment += SECOND) {
    const line = lines.findLast(
      each => each.from <= moment && moment < (each.end ?? Number.POSITIVE_INFINITY)
    )
    const said = `${line?.state ?? '-'} ${line?.reason ?? ''}`
    if (states.at(-1)?.split('@')[0] !== said) states.push(`${said}@${(moment - T0) / SECOND}`)
  }
  return states
}

test('an outage that its meter tells of an hour later is put where it was, and both stand in the timeline', () => {
  const tape = quiet()
  for (let minute = 2; minute <= 60; minute++) feeds(backup(tape.until(T0 + minute * MINUTE)))
  tape.pass(2 * SECOND).events('K', {
    ...{ meter: 'M-G1', type: 'power-outage-record', origin: 'meter' },
    ...{ start: T0 + 10 * MINUTE, end: T0 + 14 * MINUTE, time: T0 + 14 * MINUTE }
  })
  const lines = play(tape.pass(5 * SECOND))
  const late = lines.filter(({ end }) => end !== undefined)
  assert.deepEqual(
    late.map(({ state, from, end, supersedes, start }) => [state, from, end, supersedes, start]),
    [['interrupted', T0 + 10 * MINUTE, T0 + 14 * MINUTE, T0 + 61 * SECOND, T0 + 10 * MINUTE]],
    'its switch was said to stand on it all the time'
  )
  assert.deepEqual(settled(lines, T0 + 5 * MINUTE, T0 + 60 * MINUTE), [
    'normal ALL_THERE@300',
    'interrupted ALL_DARK@600',
    'normal ALL_THERE@840'
  ])
  const last = lines.at(-1)
  assert.deepEqual([last?.state, last?.from, last?.sources[0]?.since], ['normal', last?.at, T0 + 14 * MINUTE])
})

test('readings that come late fill what nobody knew', () => {
  const tape = quiet()
  const heard = [2, 3]
  const late = [4, 8, 12, 16, 20]
  for (const minute of heard) feeds(backup(tape.until(T0 + minute * MINUTE)))
  tape.until(T0 + 21 * MINUTE)
  for (const minute of late) {
    const time = T0 + minute * MINUTE
    tape.publish('K', 'readings', {
      ...{ kind: 'instant', time, collectedAt: time },
      readings: [reading('M-G1', 100), reading('M-G2', 100)]
    })
    tape.publish('K', 'backup', {
      time,
      generators: [{ source: 'GEN', running: false, mode: 'auto' }],
      switches: HOSPITAL.sections.map(({ id }) => ({
        section: id,
        position: 'G1',
        auto: true,
        fault: false
      })),
      ups: [{ source: 'UPS', mode: 'line' }]
    })
  }
  const lines = play(tape.pass(2 * SECOND))
  assert.ok(lines.some(({ state, at }) => state === 'unknown' && at > T0 + 5 * MINUTE))
  assert.deepEqual(settled(lines, T0 + 2 * MINUTE, T0 + 21 * MINUTE), ['normal ALL_THERE@120'])
})

test('a gap that ended while it was allowed was a transfer, with how long it took and how well that is known', () => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  backup(tape, { position: 'open', ups: 'battery' }).pass(2 * SECOND)
  const transfer = (section: string) => ({
    ...{ section, type: 'transfer', origin: 'terminal', from: 'G1', to: 'G2' },
    ...{ durationMs: 1500, time: tape.now }
  })
  tape.events('K', transfer('S1'), transfer('S2'))
  const lines = play(backup(tape, { position: 'G2' }).pass(3 * SECOND))
  const last = lines.at(-1)
  assert.deepEqual([last?.state, last?.from], ['reduced', T0 + 2 * MINUTE])
  assert.deepEqual(
    last?.transfers?.map(({ section, from, to, gapMs }) => [section, from, to, gapMs]),
    [
      ['S1', 'G1', 'G2', 2000],
      ['S2', 'G1', 'G2', 2000]
    ]
  )
  assert.deepEqual(settled(lines, T0 + MINUTE, T0 + 2 * MINUTE + 5 * SECOND), [
    'normal ALL_THERE@60',
    'reduced SOURCE_LOST@120'
  ])
})

test('a gap that took longer than is allowed was an interruption from its beginning', () => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  backup(tape, { position: 'open', ups: 'battery' }).pass(40 * SECOND)
  const lines = play(backup(tape, { position: 'G2' }).pass(3 * SECOND))
  assert.deepEqual(settled(lines, T0 + MINUTE, T0 + 3 * MINUTE), [
    'normal ALL_THERE@60',
    'interrupted TRANSFERRING@120',
    'interrupted ALL_DARK@136',
    'reduced SOURCE_LOST@160'
  ])
})

/** All is dark from the second minute on, and the generator does not start. */
const dark = (): OutageTape => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  backup(feeds(tape, 0, 0), { position: 'open', mode: 'off', ups: 'battery' }).pass(MINUTE)
  return tape
}

test('a truck behind the switch carries what it is plugged into, from when it came, whenever that is told', () => {
  const tape = dark().until(T0 + 5 * MINUTE)
  const [came, left] = [T0 + 4 * MINUTE, T0 + 8 * MINUTE]
  const stay = { keyCustomer: 'H1', source: 'TRK-1', sections: ['S1'], attachedAt: came }
  tape.truck({ ...stay, capacityKw: 400, fuelLitres: 300, litresPerKwh: 0.25 }).pass(SECOND)
  backup(feeds(tape, 0, 0), { position: 'open', mode: 'off' }).until(T0 + 9 * MINUTE)
  tape.truck({ ...stay, detachedAt: left }).pass(2 * SECOND)
  const said = play(tape)
  const first = said.find(line => line.sources.some(({ source }) => source === 'TRK-1'))
  assert.equal(first?.state, 'emergency')
  assert.equal(first?.start, came)
  assert.equal(sourceIn(first, 'TRK-1'), 'running carrying ATTACHED')
  assert.deepEqual(
    first?.sections.map(({ section, fedBy, basis }) => `${section} ${fedBy} ${basis}`),
    ['S1 TRK-1 reported', 'S2 dark measured']
  )
  assert.equal(first?.securityLoadSupplied, 'yes')
  assert.equal(first?.atRisk, true)
  // 300 l at 300 kW and 0.25 l/kWh are four hours, of which more than a minute is over.
  assert.deepEqual(first?.autonomyMin, [238, 240])
  const last = said.at(-1)
  assert.equal(last?.state, 'interrupted')
  assert.equal(last?.from, left)
  assert.equal(sourceIn(last, 'TRK-1'), 'undefined undefined undefined')
  assert.deepEqual(
    said,
    play(tape, place => place % 3 === 0),
    'the same after restarts'
  )
})

test('a truck of the plant’s own place is told by its terminal; a stranger’s word is none', () => {
  const tape = dark()
  tape.truck({ keyCustomer: 'H1', source: 'TRK-1', sections: [], attachedAt: tape.now }).pass(SECOND)
  tape
    .events('X', { source: 'TRK-1', type: 'truck-detached', origin: 'terminal', time: tape.now })
    .pass(SECOND)
  backup(tape, { position: 'TRK-1', mode: 'off' }).pass(SECOND)
  const held = play(tape).at(-1)
  assert.equal(sourceIn(held, 'TRK-1'), 'running carrying ATTACHED')
  assert.deepEqual(
    held?.sections.map(({ fedBy, basis }) => `${fedBy} ${basis}`),
    ['TRK-1 measured', 'TRK-1 measured']
  )
  tape
    .events('K', { source: 'TRK-1', type: 'truck-detached', origin: 'terminal', time: tape.now })
    .pass(SECOND)
  const gone = play(tape).at(-1)
  assert.ok(!gone?.sources.some(({ source }) => source === 'TRK-1'))
})

test('what a person saw gives way at the next word of its terminal, also where words come more often than its file says', () => {
  const tape = quiet()
  const told = (seconds: number): void => {
    backup(tape.until(T0 + 2 * MINUTE + seconds * SECOND))
  }
  for (let seconds = 0; seconds <= 105; seconds += 15) told(seconds)
  const seenAt = T0 + 2 * MINUTE + 109 * SECOND
  tape.until(seenAt).observe({ keyCustomer: 'H1', source: 'UPS', fact: 'failed' })
  for (let seconds = 120; seconds <= 300; seconds += 15) told(seconds)
  const lines = play(tape.pass(2 * SECOND))
  const upsAt = (moment: number): string => {
    const line = lines.findLast(({ from, end = Infinity }) => from <= moment && moment < end)
    return sourceIn(line, 'UPS')
  }
  assert.equal(upsAt(seenAt - SECOND), 'ready available MESSAGE')
  assert.equal(upsAt(seenAt + SECOND), 'failed none OBSERVED')
  assert.equal(upsAt(seenAt + 12 * SECOND), 'ready available MESSAGE', 'it was told again 11 s later')
  assert.equal(upsAt(seenAt + 60 * SECOND), 'ready available MESSAGE')
  assert.deepEqual(
    lines.filter(({ at, end }) => at > seenAt + 15 * SECOND && end !== undefined),
    [],
    'and stays so, whatever is told since'
  )
})

/** Where the switches of both sections stand, in one message. */
const switches = (tape: OutageTape, s1: string, s2: string, isS1Automatic = true): OutageTape =>
  tape.publish('K', 'backup', {
    time: tape.now,
    generators: [{ source: 'GEN', running: s1 === 'GEN', mode: 'auto' }],
    switches: [
      { section: 'S1', position: s1, auto: isS1Automatic, fault: false },
      { section: 'S2', position: s2, auto: true, fault: false }
    ],
    ups: [{ source: 'UPS', mode: 'line' }]
  })

test('a section that leaves a feed on which another stands still says nothing of the feed', () => {
  const tried = play(switches(quiet(), 'GEN', 'G1').pass(2 * SECOND)).at(-1)
  assert.deepEqual([tried?.state, sourceIn(tried, 'G1')], ['emergency', 'live carrying VOLTAGE'])
  assert.equal(tried?.sections[1]?.fedBy, 'G1', 'a generator that is tried under load')
  const opened = play(
    switches(switches(quiet(), 'G1', 'G1', false).pass(MINUTE), 'G1', 'open', false).pass(2 * SECOND)
  )
  const last = opened.at(-1)
  assert.deepEqual(
    [sourceIn(last, 'G1'), last?.sections.map(({ fedBy }) => fedBy)],
    ['live carrying VOLTAGE', ['G1', 'dark']],
    'somebody opened one of them'
  )
})

test('between two readings with a hole between them an incident counts, whatever came after it', () => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  feeds(backup(tape)).until(T0 + 200 * SECOND)
  tape.events('K', { type: 'last-gasp', origin: 'module', meter: 'M-G1', time: tape.now })
  tape.gasp('KA', ['a0', 'a1', 'a2', 'a3', 'a4', 'a5']).until(T0 + 7 * MINUTE)
  backup(tape, { position: 'G1' })
  const back = tape.until(T0 + 8 * MINUTE + 20 * SECOND)
  const lines = play(feeds(backup(back)).pass(5 * SECOND))
  const stateAt = (second: number) =>
    lines.findLast(({ from, end = Infinity }) => from <= T0 + second * SECOND && T0 + second * SECOND < end)
  for (const second of [210, 300, 400, 480])
    assert.equal(sourceIn(stateAt(second), 'G1').split(' ')[0], 'dead', `${second}`)
})

test('of trucks that a terminal tells of, words told again, late or out of order make no stay', () => {
  const customer = {
    ...HOSPITAL,
    sources: [
      ...HOSPITAL.sources,
      sourceOf('TRK', { kind: 'truck', usagePoint: '', meter: '', terminal: 'K' })
    ]
  }
  const said = (tape: OutageTape, isHere: boolean, time: number): OutageTape =>
    tape.events('K', {
      source: 'TRK',
      type: isHere ? 'truck-attached' : 'truck-detached',
      origin: 'terminal',
      time
    })
  const stays = (tape: OutageTape): string => {
    const lines = play(tape.pass(2 * SECOND), () => false, registryOf(customer))
    const moments = Array.from({ length: 12 }, (_, i) => T0 + (i + 1) * 30 * SECOND)
    return moments
      .map(moment => lines.findLast(({ from, end = Infinity }) => from <= moment && moment < end))
      .map(line => (sourceIn(line, 'TRK').startsWith('running') ? '#' : '.'))
      .join('')
  }
  const [came, left] = [T0 + 2 * MINUTE, T0 + 4 * MINUTE]
  const begun = (): OutageTape => feeds(backup(quiet().until(came)))
  const whole = said(said(begun(), true, came).until(left), false, left)
  assert.equal(stays(whole.until(T0 + 6 * MINUTE)), '...####.....')
  const again = said(said(begun(), true, came).until(left), false, left).pass(10 * SECOND)
  assert.equal(stays(said(again, true, came).until(T0 + 6 * MINUTE)), '...####.....', 'its coming again')
  const twice = said(said(begun(), true, came).until(left), false, left).until(T0 + 5 * MINUTE)
  assert.equal(
    stays(said(twice, false, twice.now).until(T0 + 6 * MINUTE)),
    '...####.....',
    'its leaving again'
  )
  const late = said(begun().until(left), false, left).pass(10 * SECOND)
  assert.equal(stays(said(late, true, came).until(T0 + 6 * MINUTE)), '...####.....', 'in the other order')
})

test('a meter behind the switch of a feed says nothing of it when it is without voltage', () => {
  const sources = HOSPITAL.sources.map(source =>
    source.id === 'G2' ? { ...source, measuredAt: 'load' } : source
  )
  const tape = quiet()
  tape.events('K', { type: 'power-down', origin: 'meter', meter: 'M-G2', time: tape.now }).pass(SECOND)
  tape.events('K', {
    ...{ type: 'power-outage-record', origin: 'meter', meter: 'M-G2' },
    ...{ start: tape.now - 30 * SECOND, end: tape.now - SECOND, time: tape.now }
  })
  const lines = play(tape.pass(2 * SECOND), () => false, registryOf({ ...HOSPITAL, sources }))
  assert.equal(sourceIn(lines.at(-1), 'G2').split(' ')[0], 'live')
})

test('the drift of a meter is no load: without voltage it is dead', () => {
  const tape = feeds(backup(quiet().until(T0 + 2 * MINUTE)), 0, 100, 0.001)
  assert.equal(sourceIn(play(tape.pass(2 * SECOND)).at(-1), 'G1'), 'dead none NO_VOLTAGE')
})

test('a truck feeds back into a dead feed as a generator does', () => {
  const tape = quiet().until(T0 + 2 * MINUTE)
  tape.events('K', { type: 'last-gasp', origin: 'module', meter: 'M-G1', time: tape.now - 2 * SECOND })
  tape.gasp('KA', ['a0', 'a1', 'a2', 'a3', 'a4', 'a5']).pass(MINUTE)
  feeds(backup(tape, { position: 'G2' }), 0, 100).pass(MINUTE)
  tape.truck({ keyCustomer: 'H1', source: 'TRK', sections: ['S1'], attachedAt: tape.now }).pass(MINUTE)
  const last = play(feeds(backup(tape, { position: 'G2' })).pass(2 * SECOND)).at(-1)
  assert.equal(sourceIn(last, 'G1'), 'dead none BACK_FEED')
})
