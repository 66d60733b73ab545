import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IncidentBook } from '../../commands/backtest/reliability.ts'
import { incident, T0 } from '../support/outage-lines.ts'
import { drawRegistry } from '../support/outage-registry.ts'

const MINUTE = 60_000
const registry = drawRegistry({
  devices: [['TR1', 'transformer', '']],
  meters: [{ device: 'TR1', terminal: 'K1', ids: ['a', 'b', 'c', 'd'] }]
})
const period = { registry, zone: 'Asia/Shanghai', from: T0, to: T0 + 100 * MINUTE }
const closed = (id: string, minutes: number, more: object = {}) =>
  incident({
    id,
    state: 'closed',
    start: T0,
    end: T0 + minutes * MINUTE,
    usagePoints: ['U-a', 'U-b'],
    ...more
  })

interface Indices {
  readonly isProvisional: boolean
  readonly servedAccounts: number
  readonly ieee1366: { readonly indices: Readonly<Record<string, number>>; readonly momentary: number }
  readonly dl836: { readonly customerMinutes: number }
}
const indicesOf = (...lines: ReturnType<typeof incident>[]): Indices => {
  const book = new IncidentBook()
  for (const line of lines) book.take({ incidents: [line] })
  return book.indices(period) as unknown as Indices
}

test('what the last line of each incident says', () => {
  const steps = [
    { end: T0 + 4 * MINUTE, usagePoints: 1 },
    { end: T0 + 10 * MINUTE, usagePoints: 1 }
  ]
  const said = indicesOf(incident({ id: 'I1', start: T0 }), closed('I1', 10, { steps }))
  assert.deepEqual([said.isProvisional, said.servedAccounts], [false, 4])
  assert.deepEqual([said.ieee1366.indices.SAIDI, said.ieee1366.indices.SAIFI], [2.5, 0.25])
  assert.deepEqual([said.ieee1366.momentary, said.dl836.customerMinutes], [1, 14])
  const withdrawn = indicesOf(closed('I1', 10), closed('I1', 10, { state: 'withdrawn', counted: false }))
  assert.equal(withdrawn.dl836.customerMinutes, 0)
})

test('what lasts at the end counts for all below its device until then', () => {
  const said = indicesOf(incident({ id: 'I1', device: 'TR1', start: T0 + 40 * MINUTE }))
  assert.deepEqual([said.isProvisional, said.dl836.customerMinutes], [true, 240])
})

test('a later line leaves out what it does not change', () => {
  const end = T0 + 20 * MINUTE
  const { usagePoints: _, ...restated } = closed('I1', 20)
  assert.equal(indicesOf(closed('I1', 10), { ...restated, end }).dl836.customerMinutes, 40)
})

test('a file in which no time has passed has no indices', () => {
  assert.equal(new IncidentBook().indices({ ...period, to: T0 }), undefined)
})
