import assert from 'node:assert/strict'
import { test } from 'node:test'
import { play } from '../../../support/outage-feed.ts'
import { MINUTE } from '../../../support/outage-feed.ts'
import { type DrawnRegistry, drawRegistry, named, TOWN } from '../../../support/outage-registry.ts'
import { READ } from '../busy-town.ts'
import { findingsOf, WatchedTown } from './watched-town.ts'

/** The town with more meters that KA reads and the books put elsewhere. */
const withRecords = (device: string, ids: readonly string[], hash = 'drawn'): DrawnRegistry => ({
  ...TOWN,
  meters: [...TOWN.meters, { device, terminal: 'KA', ids }],
  hash
})
const row = (meter: string): object => ({ meter, voltageV: 229, importKwh: 7 })

test('a meter that its terminal reads in another area than its record names, once it is heard', () => {
  const registry = drawRegistry(withRecords('BC', ['x0', 'x1']))
  const told = new WatchedTown().read(4, {}, [row('x1')])
  const said = told.said(registry)
  assert.deepEqual(findingsOf(said), ['registry-device x1 1'])
  assert.equal(
    said.findings[0]?.evidence,
    'Its record names BC of TC, but KA, which reads it, reads 14 of its 16 meters below TA.'
  )
})

test('many of one other area are no slips: the terminal reads both', () => {
  const ids = named('x', 3)
  assert.deepEqual(
    new WatchedTown().read(4, {}, ids.map(row)).said(drawRegistry(withRecords('BC', ids))).findings,
    []
  )
})

test('a registry that says the same again is not told again, one that names another wrong device is', () => {
  const registries = [
    drawRegistry(withRecords('BC', ['x0'])),
    drawRegistry({ ...withRecords('BC', ['x0'], 'same'), version: 2 }),
    drawRegistry({ ...withRecords('BD', ['x0'], 'other'), version: 3 })
  ]
  const told = new WatchedTown().read(2, {}, [row('x0')])
  told.tape.registry('same', 2)
  told.read(2, {}, [row('x0')])
  told.tape.registry('other', 3)
  told.read(2, {}, [row('x0')])
  told.tape.pass(MINUTE)
  assert.deepEqual(findingsOf(play(told.tape, registries)), ['registry-device x0 1', 'registry-device x0 4'])
})

/** KB hangs on TA by the registry, and reads TB. */
const hung: DrawnRegistry = {
  ...TOWN,
  terminals: (TOWN.terminals ?? []).map(each => (each.id === 'KB' ? { ...each, poweredBy: 'TA' } : each))
}
const onBattery = (told: WatchedTown): WatchedTown => {
  told.tape.status('KB', { supply: 'battery' })
  return told
}

test('a terminal on its backup where the meters beside it have supply', () => {
  const told = onBattery(new WatchedTown().read(2)).read(6)
  const said = told.said(drawRegistry(hung))
  assert.deepEqual(findingsOf(said), ['terminal-supply KB 4'])
  assert.match(said.findings[0]?.evidence ?? '', /30 min\), while 14 of 14 meters of TA/)
})

test('a terminal whose meters have just got their supply back is not yet told to have none', () => {
  const dark = Object.fromEntries(READ.KA!.map(meter => [meter, null]))
  const told = onBattery(new WatchedTown().read(2))
  told.tape.gasp('KA', READ.KA!)
  told.read(3, dark).tape.pass(MINUTE).powerUp('KA', READ.KA!)
  told.tape.pass(2 * MINUTE)
  assert.deepEqual(told.said(drawRegistry(hung)).findings, [])
  assert.deepEqual(findingsOf(told.read(3).said(drawRegistry(hung))), ['terminal-supply KB 6'])
})

test('a terminal on its backup where nobody is heard says nothing, nor one that has its supply back', () => {
  const silent = onBattery(new WatchedTown().read(2))
  silent.tape.pass(90 * MINUTE)
  assert.deepEqual(silent.said(drawRegistry(hung)).findings, [])
  const back = onBattery(new WatchedTown().read(2)).read(1)
  back.tape.status('KB', { supply: 'mains' })
  assert.deepEqual(back.read(6).said(drawRegistry(hung)).findings, [])
})
