import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { OutagePlaces } from '../../src/ledger/outage-port.ts'
import type { PublishedMonth } from '../../src/ledger/reliability-port.ts'
import { batchOf, incident, T0 } from '../support/outage-lines.ts'
import type { LedgerUnderTest } from './ledger.ts'

const PLACES: OutagePlaces = { path: () => [], account: point => (point === 'U9' ? '' : `A-${point}`) }
const MINUTE = 60_000
const START = T0
const ALL = { from: START - MINUTE, to: START + 1000 * MINUTE }
const SYSTEM = { name: 'system', at: T0 }
const CLOSED = { state: 'closed' as const, start: START, end: START + 9 * MINUTE }

const month = (name: string, more: Partial<PublishedMonth> = {}): PublishedMonth => ({
  ...{ profile: 'dl836', month: name, at: T0, result: '{}', days: '[]' },
  ...more
})

export function reliabilityLedgerContract(open: () => Promise<LedgerUnderTest>): void {
  const opened = async () => {
    const under = await open()
    let next = 1
    return {
      under,
      take: (...lines: ReturnType<typeof incident>[]) =>
        under.ledger.outages.takeLines(batchOf(next++, { incidents: lines }), PLACES),
      ledger: () => under.ledger.reliability
    }
  }

  it('tells whom incidents that count interrupted, and until when each', async () => {
    const { under, take, ledger } = await opened()
    const steps = [
      { end: START + MINUTE, usagePoints: 2 },
      { end: START + 9 * MINUTE, usagePoints: 1 }
    ]
    await take(incident({ id: 'I1', ...CLOSED, steps, usagePoints: ['U3', 'U1', 'U9', 'U-ELSEWHERE'] }))
    await take(incident({ id: 'I2', ...CLOSED, usagePoints: ['U1'] }))
    await under.reopen()
    assert.deepEqual(await ledger().interruptedPoints(ALL, 99), [
      { incident: 'I1', usagePoint: 'U3', account: 'A-U3', end: START + MINUTE },
      { incident: 'I1', usagePoint: 'U1', account: 'A-U1', end: START + MINUTE },
      { incident: 'I1', usagePoint: 'U9', account: '', end: START + 9 * MINUTE },
      { incident: 'I2', usagePoint: 'U1', account: 'A-U1', end: null }
    ])
    assert.equal((await ledger().interruptedPoints(ALL, 2)).length, 2)
    await under.ledger.close()
  })

  it('counts what the latest line counts, in the spans that it touches', async () => {
    const { under, take, ledger } = await opened()
    assert.equal(await ledger().firstCounted(), undefined)
    const decided = { act: 'move', by: 'user:wang', at: T0, device: 'BOX1', cause: 'tree' } as const
    await take(
      incident({ id: 'I1', ...CLOSED, kind: 'planned', plan: 'P1', planType: 'temporary', cause: 'work' }),
      incident({ id: 'I2', state: 'suspected', counted: false }),
      incident({ id: 'I3', start: START + 5 * MINUTE, phases: 'A', usagePoints: ['U1'], decided })
    )
    assert.deepEqual(await ledger().countedIncidents(ALL), [
      {
        ...{ id: 'I1', device: 'TR1', phases: '', kind: 'planned', planType: 'temporary', cause: 'work' },
        ...{ start: START, end: START + 9 * MINUTE, isNamed: false, isClosed: true, affected: 40 }
      },
      {
        ...{ id: 'I3', device: 'BOX1', phases: 'A', kind: 'sustained', planType: null, cause: 'tree' },
        ...{ start: START + 5 * MINUTE, end: null, isNamed: true, isClosed: false, affected: 40 }
      }
    ])
    assert.equal(await ledger().firstCounted(), START)
    const idsIn = async (from: number, to: number): Promise<string> =>
      (await ledger().countedIncidents({ from, to })).map(({ id }) => id).join(' ')
    assert.equal(await idsIn(START + 9 * MINUTE, START + 10 * MINUTE), 'I3', 'what ended then is over')
    assert.equal(await idsIn(START - MINUTE, START), '', 'what begins then comes later')
    assert.equal(await idsIn(START - MINUTE, START + 1), 'I1')
    await take(incident({ id: 'I1', at: T0 + 1, ...CLOSED, state: 'withdrawn', counted: false }))
    assert.equal(await idsIn(ALL.from, ALL.to), 'I3')
    await under.ledger.close()
  })

  it('publishes months, audit rows and its place together; a month takes the place of itself', async () => {
    const { under, take, ledger } = await opened()
    await take(incident({ id: 'I1' }), incident({ id: 'I2' }))
    await take(incident({ id: 'I1', at: T0 + 1, ...CLOSED }))
    assert.equal(await ledger().correctedUpTo(), 0)
    const told = await ledger().toldBehind(0, 99)
    assert.deepEqual(
      told.map(({ n, id, end }) => [n, id, end]),
      [
        [1, 'I1', CLOSED.end],
        [2, 'I2', null],
        [3, 'I1', CLOSED.end]
      ]
    )
    const months = [month('2026-09'), month('2026-10'), month('2026-10', { profile: 'ieee1366' })]
    await ledger().publish({ months, notes: [], upTo: 2 }, SYSTEM)
    const note = { action: 'reliability.correct', subject: 'dl836 2026-10', detail: { a: 1 } }
    await ledger().publish({ months: [month('2026-10', { days: '[1]' })], notes: [note] }, SYSTEM)
    await under.reopen()
    assert.equal(await ledger().correctedUpTo(), 2)
    assert.deepEqual(
      (await ledger().toldBehind(2, 99)).map(({ id }) => id),
      ['I1']
    )
    const publishedDays = async (...given: Parameters<ReturnType<typeof ledger>['publishedMonths']>) =>
      (await ledger().publishedMonths(...given)).map(({ month: name, days }) => `${name} ${days}`)
    assert.deepEqual(await publishedDays('dl836'), ['2026-09 []', '2026-10 [1]'])
    assert.deepEqual(await publishedDays('dl836', '2026-10', '2026-12'), ['2026-10 [1]'])
    assert.deepEqual(await publishedDays('ieee1366', '2026-01', '2026-10'), ['2026-10 []'])
    const [row] = await under.ledger.auditTrail({ limit: 1, action: 'reliability.correct' })
    assert.deepEqual([row?.actor, row?.subject, row?.detail], ['system', 'dl836 2026-10', '{"a":1}'])
    await under.ledger.close()
  })
}
