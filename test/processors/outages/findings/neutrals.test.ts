import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutageLines } from '../../../../src/model/outages.ts'
import { MINUTE, SECOND, T0 } from '../../../support/outage-feed.ts'
import { drawRegistry, named, TOWN } from '../../../support/outage-registry.ts'
import { WatchedTown } from './watched-town.ts'

const town = (): WatchedTown => new WatchedTown()
const volts = (voltageV: number | readonly number[]): object => ({
  voltageV,
  currentA: 1,
  activePowerKw: 0.2
})
/** The neutral of box BA is open: its meters hang on three phases. */
const BROKEN = { a0: volts(281), a1: volts(151), a2: volts(251), a3: volts(281) }
const OTHER = { b0: volts(259), b1: volts(180) }
const all = (meters: readonly string[], value: number): Record<string, object> =>
  Object.fromEntries(meters.map(meter => [meter, volts(value)]))
const over = (meter: string): object => ({ meter, type: 'over-voltage' })
const under = (meter: string): object => ({ meter, type: 'under-voltage' })

/** Alarms as state, subject, value and minutes since T0. */
const alarmsOf = ({ alarms }: OutageLines): string[] =>
  alarms.map(
    ({ state, subject, value, at }) => `${state} ${subject} ${value} ${Math.floor((at - T0) / MINUTE)}`
  )

const CASES: readonly (readonly [what: string, told: WatchedTown, wanted: readonly string[]])[] = [
  ['some phases of a box too high, others low', town().read(2).read(1, BROKEN), ['firing BA 281 45']],
  [
    'it goes on, rises, and is over',
    town()
      .read(2)
      .read(1, BROKEN)
      .read(1, { ...BROKEN, a0: volts(301) })
      .read(2),
    ['firing BA 281 45', 'resolved BA 301 90']
  ],
  [
    'it is over and comes again',
    town().read(1, BROKEN).read(2).read(1, BROKEN),
    ['firing BA 281 15', 'resolved BA 281 45', 'firing BA 281 60']
  ],
  [
    'its loads balance in one round: it goes on',
    town().read(1, BROKEN).read(1).read(1, BROKEN).read(2),
    ['firing BA 281 15', 'resolved BA 281 75']
  ],
  ['one meter with three phases', town().read(1, { a0: volts([281, 160, 231]) }), ['firing BA 281 15']],
  ['two boxes of a transformer', town().read(1, { ...BROKEN, ...OTHER }), ['firing TA 281 15']],
  [
    'a second box shows it later',
    town()
      .read(1, BROKEN)
      .read(1, { ...BROKEN, ...OTHER }),
    ['firing BA 281 15', 'resolved BA 281 30', 'firing TA 281 30']
  ],
  [
    'a second box shows it later, it goes on and is over',
    town()
      .read(1, BROKEN)
      .read(3, { ...BROKEN, ...OTHER })
      .read(2),
    ['firing BA 281 15', 'resolved BA 281 30', 'firing TA 281 30', 'resolved TA 281 90']
  ],
  ['high in one box, low in another', town().read(3, { a0: volts(281), b0: volts(160) }), []],
  [
    'all too high: the tap of the transformer',
    town().read(3, all([...named('a', 8), ...named('b', 6)], 256)),
    []
  ],
  [
    'an open phase at medium voltage, Yyn',
    town().read(3, { ...all(['a0', 'a3', 'b0'], 0), ...all(['a1', 'a2', 'b1', 'b2'], 200) }),
    []
  ],
  [
    'an open phase at medium voltage, Dyn',
    town().read(3, { ...all(['a0', 'a3', 'b0'], 115), ...all(['a1', 'b1'], 116) }),
    []
  ],
  ['within what is allowed', town().read(3, { a0: volts(249.9), a1: volts(200) }), []],
  ['a phase without voltage beside a high one', town().read(3, { a0: volts(281), a1: volts(0) }), []],
  [
    'events of both kinds within a minute',
    town().read(2).tell(over('a0')).tell(under('a3')),
    ['firing BA null 30']
  ],
  [
    'a reading says how high',
    town().read(2).tell(over('a0')).tell(under('a3')).read(1, BROKEN),
    ['firing BA null 30', 'firing BA 281 45']
  ],
  ['events of one kind', town().read(2).tell(under('a0')).tell(under('a3')).read(1), []],
  ['events of both kinds, half an hour apart', town().read(2).tell(over('a0')).read(2).tell(under('a3')), []],
  [
    'it goes on though nothing is high just then',
    town()
      .read(1, BROKEN)
      .read(1, { a1: volts(190) })
      .read(2),
    ['firing BA 281 15', 'resolved BA 281 60']
  ],
  [
    'nobody of the box is read',
    town()
      .read(1, BROKEN)
      .read(2, Object.fromEntries(named('a', 8).map(id => [id, null]))),
    ['firing BA 281 15']
  ]
]

for (const [what, told, wanted] of CASES) test(what, () => assert.deepEqual(alarmsOf(told.said()), wanted))

test('an alarm is urgent: it stands 45 s after the reading, with its threshold and its beginning', () => {
  const { alarms } = town().read(2).read(1, BROKEN).said()
  const at = T0 + 45 * MINUTE
  assert.deepEqual(alarms, [
    {
      at: at + 45 * SECOND,
      id: `broken-neutral:BA:${at + 45 * SECOND}`,
      state: 'firing',
      kind: 'broken-neutral',
      subject: 'BA',
      value: 281,
      threshold: 250,
      start: at,
      end: null
    }
  ])
})

test('voltages of yesterday raise nothing when they come', () => {
  const late = (shown: Record<string, object>): Record<string, object> =>
    Object.fromEntries(
      Object.entries(shown).map(([meter, row]) => [meter, { ...row, time: T0 - 120 * MINUTE }])
    )
  assert.deepEqual(town().read(1, late(BROKEN)).said().alarms, [])
})

test('a meter whose box nobody knows stands in one of the others', () => {
  // Its record names a box of another transformer, and the terminal that reads it reads here.
  const registry = drawRegistry({
    ...TOWN,
    meters: [...TOWN.meters, { device: 'BD', terminal: 'KA', ids: ['x0', 'x1'] }]
  })
  const shown = { ...BROKEN, x0: volts(270), x1: volts(160) }
  const rows = Object.entries({ x0: shown.x0, x1: shown.x1 }).map(([meter, row]) => ({ meter, ...row }))
  const said = town().read(2).read(2, BROKEN, rows).said(registry)
  assert.deepEqual(alarmsOf(said), ['firing BA 281 45'])
})

test('an alarm ends though the reading that raised it says that it was collected in the future', () => {
  const told = town().read(1)
  const readings = Object.entries(BROKEN).map(([meter, shown]) => ({ meter, ...shown }))
  const time = told.tape.now
  told.tape.publish('KA', 'readings', { kind: 'curve', time: time + 1, collectedAt: 9e13, readings })
  assert.deepEqual(alarmsOf(told.read(2).said()), ['firing BA 281 15', 'resolved BA 281 45'])
})
