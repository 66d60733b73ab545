import assert from 'node:assert/strict'
import { test } from 'node:test'
import { named } from '../../../support/outage-registry.ts'
import { findingsOf, WatchedTown } from './watched-town.ts'

const town = (): WatchedTown => new WatchedTown()
const GONE = { a1: null }
const opened = { meter: 'a1', type: 'terminal-cover-open' }
/** A meter that no registry names. */
const stranger = (more: object = {}): object => ({ meter: 'N1', importKwh: 0.2, voltageV: 230, ...more })
const silent = (...meters: string[]): Record<string, null> =>
  Object.fromEntries(meters.map(meter => [meter, null]))

const CASES: readonly (readonly [what: string, told: WatchedTown, wanted: readonly string[]])[] = [
  ['a cover is opened, and then nothing', town().read(4).tell(opened).read(4, GONE), ['meter-removed a1 7']],
  ['it stays away: said once', town().read(4).tell(opened).read(40, GONE), ['meter-removed a1 7']],
  ['nothing without a cover', town().read(4).read(20, GONE), []],
  ['a cover, and it is read on', town().read(4).tell(opened).read(1).read(20, GONE), []],
  [
    'a cover, and its box is silent with it',
    town()
      .read(4)
      .tell(opened)
      .read(6, silent(...named('a', 8))),
    []
  ],
  [
    'it is there again and is taken away again',
    town().read(4).tell(opened).read(4, GONE).read(2).tell(opened).read(4, GONE),
    ['meter-removed a1 7', 'meter-removed a1 13']
  ],

  ['a meter is exchanged', town().read(4).read(4, GONE, [stranger()]), ['exchange a1 7']],
  [
    'a meter is exchanged whose cover was opened some time before',
    town().read(2).tell(opened).read(4).read(4, GONE, [stranger()]),
    ['exchange a1 9']
  ],
  [
    'the new one is read from the next day on',
    town().read(4).read(90, GONE).read(4, GONE, [stranger()]),
    ['exchange a1 97']
  ],
  ['the new one is there first', town().read(4, {}, [stranger()]).read(8, GONE, [stranger()]), []],
  ['two fall silent: nobody knows which', town().read(4).read(8, silent('a1', 'b1'), [stranger()]), []],
  [
    'two fall silent, one of them comes back',
    town().read(4).read(8, silent('a1', 'b1'), [stranger()]).read(1, GONE, [stranger()]),
    ['exchange a1 13']
  ],
  [
    'the new one has three phases',
    town()
      .read(4)
      .read(8, GONE, [stranger({ voltageV: [229, 230, 231] })]),
    []
  ],
  ['a stranger while all are read', town().read(20, {}, [stranger()]), []],
  [
    'two are exchanged, one after the other',
    town()
      .read(4)
      .read(4, GONE, [stranger()])
      .read(4, silent('a1', 'b1'), [stranger(), stranger({ meter: 'N2' })]),
    ['exchange a1 7', 'exchange b1 11']
  ],
  [
    'one is taken away when another is exchanged',
    town().read(4).tell(opened).read(6, silent('a1', 'b1'), [stranger()]),
    ['meter-removed a1 7', 'exchange b1 7']
  ]
]

for (const [what, told, wanted] of CASES) test(what, () => assert.deepEqual(findingsOf(told.said()), wanted))

test('whose silence is explained has lost no communication', () => {
  const scopes = (told: WatchedTown): string[] => told.said().communication.map(({ subject }) => subject)
  assert.deepEqual(scopes(town().read(8).read(12, GONE)), ['a1'])
  assert.deepEqual(scopes(town().read(8).tell(opened).read(12, GONE)), [])
  assert.deepEqual(scopes(town().read(8).read(12, GONE, [stranger()])), [])
  assert.deepEqual(scopes(town().read(8).tell({ meter: 'a1', type: 'clock-fault' }).read(12, GONE)), [])
})
