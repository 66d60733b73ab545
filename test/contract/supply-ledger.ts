import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { OutagePlaces } from '../../src/ledger/outage-port.ts'
import type { SupplyLine, SupplyState } from '../../src/model/supply.ts'
import { seededRandom } from '../../src/random.ts'
import { supplyLine, T0 } from '../support/supply-lines.ts'
import type { LedgerUnderTest } from './ledger.ts'

const PLACES: OutagePlaces = { path: () => [], account: () => '' }
const MINUTE = 60_000
const at = (minute: number): number => T0 + minute * MINUTE
const STATES: readonly SupplyState[] = ['interrupted', 'emergency', 'unknown', 'reduced', 'normal']

/** What every ledger keeps of how key customers are supplied. */
export function supplyLedgerContract(open: () => Promise<LedgerUnderTest>): void {
  const take = ({ ledger }: LedgerUnderTest, seq: number, ...supply: SupplyLine[]): Promise<number> =>
    ledger.outages.takeLines({ seq, parts: [{ seq: seq - 1, tables: {}, supply }] }, PLACES)
  const stretches = async ({ ledger }: LedgerUnderTest, customer = 'K1'): Promise<string[]> => {
    const rows = await ledger.supply.supplyStretches({ customer, from: 0, to: at(1e6), limit: 1000 })
    return rows.map(
      ({ from, to, line }) => `${line.state} ${(from - T0) / MINUTE}-${to === null ? '' : (to - T0) / MINUTE}`
    )
  }
  const said = (minute: number, state: SupplyState, more: Partial<SupplyLine> = {}): SupplyLine =>
    supplyLine({ at: at(minute), state, ...more })

  it('knows how a customer is supplied now and at any time', async () => {
    const under = await open()
    const { supply } = under.ledger
    assert.deepEqual([await supply.supplyNow(), await supply.supplyAt('K1', at(0))], [[], undefined])
    assert.equal(await take(under, 2, said(1, 'normal'), said(1, 'unknown', { keyCustomer: 'K2' })), 2)
    assert.equal(await take(under, 4, said(10, 'reduced', { from: at(8) })), 1)
    const now = (await supply.supplyNow()).map(({ line }) => `${line.keyCustomer} ${line.state}`)
    assert.deepEqual(now.sort(), ['K1 reduced', 'K2 unknown'])
    const states = await Promise.all(
      [0.9, 1, 7.9, 8, 1e5].map(async minute => (await supply.supplyAt('K1', at(minute)))?.line.state)
    )
    assert.deepEqual(states, [undefined, 'normal', 'normal', 'reduced', 'reduced'])
    await under.reopen()
    assert.deepEqual(await stretches(under), ['normal 1-8', 'reduced 8-'])
  })

  it('puts what is said late where it was, and keeps what was said before', async () => {
    const under = await open()
    await take(under, 2, said(0, 'normal'), said(30, 'unknown'), said(40, 'normal'))
    await take(under, 4, said(50, 'interrupted', { from: at(10), end: at(14), supersedes: at(0) }))
    assert.deepEqual(await stretches(under), [
      'normal 0-10',
      'interrupted 10-14',
      'normal 14-30',
      'unknown 30-40',
      'normal 40-'
    ])
    await take(under, 6, said(60, 'reduced', { from: at(12), end: at(45) }))
    assert.deepEqual(await stretches(under), [
      'normal 0-10',
      'interrupted 10-12',
      'reduced 12-45',
      'normal 45-'
    ])
    const { supply } = under.ledger
    const lines = await supply.supplyLines({ customer: 'K1', limit: 9 })
    assert.deepEqual(
      lines.map(({ line }) => line.state),
      ['reduced', 'interrupted', 'normal', 'unknown', 'normal']
    )
    const older = await supply.supplyLines({ customer: 'K1', limit: 2, before: lines[1]?.n ?? 0 })
    assert.deepEqual(
      older.map(({ line }) => line.state),
      ['normal', 'unknown']
    )
    const page = await supply.supplyStretches({ customer: 'K1', from: at(11), to: at(45), limit: 9 })
    assert.deepEqual(
      page.map(({ line }) => line.state),
      ['interrupted', 'reduced']
    )
  })

  it('leaves a row in the audit trail where a report of the past says otherwise now', async () => {
    const under = await open()
    const trail = async (): Promise<string[]> =>
      (await under.ledger.auditTrail({ limit: 9 }))
        .filter(({ action }) => action === 'supply.restate')
        .reverse()
        .map(({ subject, actor, at: when, detail }) => {
          const { from, to, state, before } = JSON.parse(detail) as {
            from: number
            to: number | null
            state: string
            before: { from: number; to: number; state: string }[]
          }
          const minutes = (time: number | null): string => (time === null ? '' : String((time - T0) / MINUTE))
          const was = before.map(each => `${each.state} ${minutes(each.from)}-${minutes(each.to)}`)
          return `${minutes(when)} ${actor} ${subject}: ${minutes(from)}-${minutes(to)} ${state}, was ${was.join(', ')}`
        })
    await take(under, 2, said(0, 'normal'), said(30, 'unknown'), said(40, 'normal'))
    // What was well after all, what is known otherwise and stands as it stood, and what just came in.
    await take(under, 4, said(41, 'normal', { from: at(30), end: at(40) }))
    await take(under, 6, said(42, 'normal', { from: at(20), end: at(30), atRisk: true }))
    await take(under, 8, said(42.6, 'reduced', { from: at(42) }))
    assert.deepEqual(await trail(), [])
    await take(under, 10, said(50, 'interrupted', { from: at(10), end: at(14), supersedes: at(0) }))
    await take(under, 12, said(60, 'interrupted', { from: at(20) }))
    const rows = [
      '50 system K1: 10-14 interrupted, was normal 10-14',
      '60 system K1: 20- interrupted, was normal 20-30, normal 30-40, normal 40-42, reduced 42-60'
    ]
    assert.deepEqual(await trail(), rows)
    await take(under, 14, said(60, 'interrupted', { from: at(20) }))
    assert.deepEqual(await trail(), rows, 'told again it is one')
  })

  it('takes a line once, whatever the log it comes from', async () => {
    const under = await open()
    const lines = [said(0, 'normal'), said(5, 'reduced')]
    assert.equal(await take(under, 10, ...lines), 2)
    assert.equal(await take(under, 10, ...lines), 0, 'at the cursor')
    assert.equal(await take(under, 20, ...lines, said(7, 'normal')), 1, 'a log that was made anew')
    assert.deepEqual(await stretches(under), ['normal 0-5', 'reduced 5-7', 'normal 7-'])
  })

  it('has of each moment what was said of it last', async () => {
    const random = seededRandom('supply-ledger')
    for (let round = 0; round < 20; round++) {
      const under = await open()
      const painted: (SupplyState | undefined)[] = Array.from({ length: 60 })
      for (let line = 0; line < 15; line++) {
        const state = STATES[random.integer(5)] as SupplyState
        const from = random.integer(60)
        const end = random.next() < 0.5 ? undefined : from + random.integer(20)
        painted.fill(state, from, end ?? 60)
        const more = { from: at(from), ...(end !== undefined && { end: at(end) }) }
        await take(under, 2 + 2 * line, said(100 + line, state, more))
      }
      for (const [minute, state] of painted.entries()) {
        const found = await under.ledger.supply.supplyAt('K1', at(minute))
        assert.equal(found?.line.state, state, `${minute}`)
      }
      await under.ledger.close()
    }
  })
}
