import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { OutageLedger, OutagePlaces } from '../../src/ledger/outage-port.ts'
import { alarm, batchOf, decision, finding, incident, loss, T0 } from '../support/outage-lines.ts'
import type { LedgerUnderTest } from './ledger.ts'

/** F1 ─ TR1 ─ BOX1 ─ U1, U2; TR2 hangs on F1 too. */
const ABOVE: Readonly<Record<string, readonly string[]>> = {
  U1: ['U1', 'BOX1', 'TR1', 'F1'],
  BOX1: ['BOX1', 'TR1', 'F1'],
  TR1: ['TR1', 'F1'],
  TR2: ['TR2', 'F1'],
  F1: ['F1']
}
const PLACES: OutagePlaces = {
  path: device => ABOVE[device] ?? [],
  account: point => (point === 'U9' ? '' : `A-${point}`)
}
const PAGE = { limit: 50 }

const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id)

export function outageLedgerContract(open: () => Promise<LedgerUnderTest>): void {
  const opened = async () => {
    const under = await open()
    const take = (...given: Parameters<typeof batchOf>) =>
      under.ledger.outages.takeLines(batchOf(...given), PLACES)
    const life = async (id: string) =>
      (await under.ledger.outages.life('incidents', id, PAGE)).map(({ at, state }) => [at - T0, state])
    return { under, take, life, outages: (): OutageLedger => under.ledger.outages }
  }

  it('keeps how an incident stands, and every line of its life', async () => {
    const { under, take, life, outages } = await opened()
    const evidence = [{ kind: 'last-gasp', count: 9, of: 12, weight: 40.5 }]
    await take(1, {
      incidents: [incident({ id: 'I1', state: 'suspected', confidence: 0.6, sameAs: ['BOX1'] })]
    })
    await take(2, {
      incidents: [
        incident({ id: 'I1', at: T0 + 5000, evidence }),
        incident({ id: 'I1', at: T0 + 9000, state: 'updated', change: 'partial', confirmed: 14 })
      ]
    })
    const end = T0 + 60_000
    await take(3, { incidents: [incident({ id: 'I1', at: T0 + 99_000, state: 'restored', end })] })
    await under.reopen()
    const stands = await outages().incident('I1')
    assert.deepEqual(
      [stands?.state, stands?.openedAt, stands?.firstAt, stands?.at, stands?.end, stands?.confirmed],
      ['restored', T0 + 5000, T0, T0 + 99_000, end, 12]
    )
    assert.deepEqual([stands?.evidence, stands?.sameAs], [evidence, ['BOX1']], 'what is left out stays')
    assert.deepEqual(await life('I1'), [
      [0, 'suspected'],
      [5000, 'open'],
      [9000, 'updated'],
      [99_000, 'restored']
    ])
    const [first, second] = await outages().life('incidents', 'I1', { limit: 2 })
    const [third] = await outages().life('incidents', 'I1', { limit: 2, after: second?.n ?? 0 })
    assert.deepEqual([third?.change, JSON.parse(first?.line ?? '').confidence], ['partial', 0.6])
    assert.equal(await outages().incident('I2'), undefined)
    await under.ledger.close()
  })

  it('keeps the plan of an incident while it is planned work, and its minutes while it is over', async () => {
    const { under, take, outages } = await opened()
    const said = async () => {
      const row = await outages().incident('I1')
      return [row?.kind, row?.plan, row?.planType, row?.earlyS, row?.overrunS, row?.customerMinutes]
    }
    const planned = { kind: 'planned', plan: 'P1', planType: 'temporary' } as const
    await take(1, { incidents: [incident({ id: 'I1', ...planned, earlyS: 60, overrunS: 0 })] })
    assert.deepEqual(await said(), ['planned', 'P1', 'temporary', 60, 0, null])
    const end = T0 + 60_000
    const over = { ...planned, overrunS: 30, end, customerMinutes: 80.5 }
    await take(2, { incidents: [incident({ id: 'I1', at: T0 + 1, state: 'restored', ...over })] })
    assert.deepEqual(await said(), ['planned', 'P1', 'temporary', 60, 30, 80.5])
    await take(3, { incidents: [incident({ id: 'I1', at: T0 + 2, state: 'closed', kind: 'planned', end })] })
    assert.deepEqual(await said(), ['planned', 'P1', 'temporary', 60, 30, 80.5], 'what is left out stays')
    await take(4, { incidents: [incident({ id: 'I1', at: T0 + 3, state: 'updated', change: 'reopened' })] })
    assert.deepEqual(await said(), ['sustained', null, null, null, null, null])
    await under.ledger.close()
  })

  it('takes nothing twice: neither behind its cursor, nor what a log made anew tells again', async () => {
    const { under, take, life, outages } = await opened()
    assert.equal(await outages().cursor(), 0)
    const lines = [incident({ id: 'I1' }), incident({ id: 'I1', at: T0 + 1, state: 'updated' })]
    assert.equal(await take(1, { incidents: lines.slice(0, 1) }, { incidents: lines.slice(1) }), 2)
    assert.equal(await take(1, { incidents: lines }), 0)
    assert.equal(await take(2, { incidents: [incident({ id: 'I9' })] }), 0)
    await under.reopen()
    assert.equal(await outages().cursor(), 2)
    assert.equal(await take(2, {}, { incidents: [...lines, incident({ id: 'I1', at: T0 + 2 })] }), 1)
    assert.deepEqual(await life('I1'), [
      [0, 'open'],
      [1, 'updated'],
      [2, 'open']
    ])
    assert.deepEqual((await outages().figures()).lines, [
      { table: 'incidents', state: 'open', count: 2 },
      { table: 'incidents', state: 'updated', count: 1 }
    ])
    await under.ledger.close()
  })

  it('moves its cursor over steps without lines', async () => {
    const { under, outages } = await opened()
    await outages().takeLines({ seq: 700, parts: [] }, PLACES)
    assert.equal(await outages().cursor(), 700)
    await outages().takeLines({ seq: 600, parts: [] }, PLACES)
    assert.equal(await outages().cursor(), 700)
    await under.ledger.close()
  })

  it('accepts an id that is first seen as updated', async () => {
    const { under, take, outages } = await opened()
    await take(1, {
      incidents: [incident({ id: 'I1', state: 'updated', change: 'partial' })],
      communication: [loss({ id: 'C1', state: 'updated' })]
    })
    assert.equal((await outages().incident('I1'))?.openedAt, T0)
    const { openIncidents, openLosses, newest } = await outages().figures()
    assert.deepEqual([openIncidents, openLosses, idsOf(newest)], [1, 1, ['I1']])
    await under.ledger.close()
  })

  it('keeps at hand what the live page lists: what is over, what is silent, what was found', async () => {
    const { under, take, outages } = await opened()
    await take(1, {
      incidents: [
        incident({ id: 'I1', state: 'closed', end: T0 }),
        incident({ id: 'I2', state: 'withdrawn' }),
        incident({ id: 'I3', state: 'restored', end: T0 })
      ],
      communication: [loss({ id: 'C1' }), loss({ id: 'C2', state: 'closed', end: T0 })],
      findings: [finding({ id: 'F1' }), finding({ id: 'F2' })]
    })
    const { past, losses, findings } = await outages().figures()
    assert.deepEqual([idsOf(past), idsOf(losses), idsOf(findings)], [['I3', 'I1'], ['C1'], ['F2', 'F1']])
    await under.ledger.close()
  })

  it('finds incidents by state, kind, time and the device at or above them, newest first', async () => {
    const { under, take, outages } = await opened()
    const hour = 3_600_000
    await take(1, {
      incidents: [
        incident({ id: 'I1', device: 'U1', start: T0, end: T0 + hour, state: 'closed' }),
        incident({ id: 'I2', device: 'TR2', start: T0 + hour, kind: 'momentary' }),
        incident({ id: 'I3', device: 'F1', start: T0 + 2 * hour, state: 'suspected' }),
        incident({ id: 'I4', device: 'UNKNOWN', start: T0, end: T0 + 1, state: 'withdrawn' })
      ]
    })
    type Query = Parameters<OutageLedger['incidents']>[0]
    const rows: [query: Partial<Query>, ids: string[]][] = [
      [{}, ['I4', 'I3', 'I2', 'I1']],
      [{ states: ['open', 'closed'] }, ['I2', 'I1']],
      [{ kind: 'momentary' }, ['I2']],
      [{ device: 'F1' }, ['I3', 'I2', 'I1']],
      [{ device: 'TR1' }, ['I1']],
      [{ device: 'UNKNOWN' }, ['I4']],
      [{ device: 'NOWHERE' }, []],
      [{ from: T0 + hour }, ['I3', 'I2']],
      [{ to: T0 + hour }, ['I4', 'I1']],
      [{ from: T0 + 10, to: T0 + hour }, ['I1']],
      [{ limit: 2 }, ['I4', 'I3']],
      [{ limit: 2, before: 3 }, ['I2', 'I1']]
    ]
    for (const [query, ids] of rows)
      assert.deepEqual(idsOf(await outages().incidents({ ...PAGE, ...query })), ids, JSON.stringify(query))
    await take(2, { incidents: [incident({ id: 'I2', device: 'TR1', state: 'updated', change: 'moved' })] })
    assert.deepEqual(idsOf(await outages().incidents({ ...PAGE, device: 'TR1' })), ['I2', 'I1'])
    assert.deepEqual(idsOf(await outages().incidents({ ...PAGE, device: 'TR2' })), [])
    await under.ledger.close()
  })

  it('tells what hit a usage point: what names it, and what stands on its path', async () => {
    const { under, take, outages } = await opened()
    await take(1, {
      incidents: [
        incident({ id: 'I1', device: 'TR1', state: 'closed', end: T0, usagePoints: ['U1', 'U2', 'U9'] }),
        incident({ id: 'I2', device: 'F1', state: 'closed', end: T0, usagePoints: ['U2'] }),
        incident({ id: 'I3', device: 'TR1' }),
        incident({ id: 'I4', device: 'TR2' }),
        incident({ id: 'I5', device: 'F1', state: 'suspected' }),
        incident({ id: 'I6', device: 'F1', state: 'withdrawn' })
      ]
    })
    const of = async (usagePoint: string, accounts?: readonly string[]) =>
      (
        await outages().outagesOf({
          ...{ limit: 50, usagePoint, path: ABOVE.U1 ?? [] },
          ...(accounts !== undefined && { accounts })
        })
      ).map(({ incident: { id }, basis }) => `${id} ${basis}`)
    assert.deepEqual(await of('U1'), ['I3 located', 'I1 stated'])
    assert.deepEqual(await of('U1', ['A-U1']), ['I3 located', 'I1 stated'])
    assert.deepEqual(await of('U1', ['A-OTHER']), ['I3 located'], 'it was of somebody else then')
    assert.deepEqual(await of('U9', ['A-U1']), ['I3 located'], 'nobody knows whose it was')
    assert.equal((await outages().incident('I1'))?.usagePoints, 3)
    const points = (skip: number, limit: number) => outages().points('I1', { skip, limit })
    assert.deepEqual(await points(1, 9), [
      { usagePoint: 'U2', account: 'A-U2' },
      { usagePoint: 'U9', account: '' }
    ])
    assert.equal((await points(0, 1))[0]?.usagePoint, 'U1')
    const [told] = await outages().life('incidents', 'I1', PAGE)
    assert.equal(JSON.parse(told?.line ?? '').usagePoints, 3)
    await take(2, {
      incidents: [incident({ id: 'I3', at: T0 + 1, state: 'closed', end: T0, usagePoints: [] })]
    })
    await take(3, {
      incidents: [incident({ id: 'I1', at: T0 + 1, state: 'closed', end: T0, usagePoints: ['U2'] })]
    })
    assert.deepEqual(await of('U1'), [], 'a later list holds instead of the one before')
    await under.ledger.close()
  })

  it('keeps lost communication, findings and alarms by their latest line', async () => {
    const { under, take, outages } = await opened()
    await take(1, {
      communication: [
        loss({ id: 'C1', scope: 'branch', subject: 'T1', meters: ['M1'], reason: 'POWER_OR_COMMUNICATION' }),
        loss({ id: 'C2', scope: 'carrier', subject: 'cmcc', terminals: ['T1', 'T2'] }),
        loss({ id: 'C1', at: T0 + 9, state: 'closed', scope: 'branch', subject: 'T1', end: T0 + 5 })
      ],
      findings: [finding({ id: 'F1' }), finding({ id: 'F2', kind: 'exchange', subject: 'M2' })],
      alarms: [
        alarm({ id: 'A1' }),
        alarm({ id: 'A2', kind: 'back-feed', value: null, threshold: null }),
        alarm({ id: 'A1', at: T0 + 9, state: 'resolved', end: T0 + 5 })
      ]
    })
    await under.reopen()
    const losses = await outages().communication(PAGE)
    assert.deepEqual(
      losses.map(({ id, state, reason, meters, terminals }) => [id, state, reason, meters, terminals]),
      [
        ['C2', 'open', null, [], ['T1', 'T2']],
        ['C1', 'closed', 'POWER_OR_COMMUNICATION', ['M1'], []]
      ]
    )
    assert.deepEqual(idsOf(await outages().communication({ ...PAGE, subject: 'T1' })), ['C1'])
    assert.deepEqual(idsOf(await outages().communication({ ...PAGE, scope: 'carrier' })), ['C2'])
    assert.deepEqual(idsOf(await outages().communication({ ...PAGE, states: ['open'] })), ['C2'])
    assert.deepEqual(idsOf(await outages().communication({ ...PAGE, from: T0 + 5 })), ['C2'])
    assert.deepEqual(idsOf(await outages().findings({ ...PAGE, kind: 'exchange' })), ['F2'])
    assert.deepEqual(idsOf(await outages().findings({ ...PAGE, subject: 'M1', from: T0, to: T0 + 1 })), [
      'F1'
    ])
    assert.deepEqual(
      (await outages().alarms(PAGE)).map(({ id, state, value, end }) => [id, state, value, end]),
      [
        ['A2', 'firing', null, null],
        ['A1', 'resolved', 261.5, T0 + 5]
      ]
    )
    assert.deepEqual(idsOf(await outages().alarms({ ...PAGE, states: ['firing'], kind: 'back-feed' })), [
      'A2'
    ])
    assert.equal((await outages().figures()).openLosses, 1)
    assert.equal((await outages().life('alarms', 'A1', PAGE)).length, 2)
    await under.ledger.close()
  })

  it('keeps what people decided: of each how it went, of an incident and an alarm what stands', async () => {
    const { under, take, outages } = await opened()
    const decided = { act: 'claim', by: 'li', at: T0 + 1, claimedBy: 'li', crew: '7' } as const
    const acknowledged = { state: 'acknowledged', by: 'li', note: 'seen' } as const
    await take(1, {
      incidents: [incident({ id: 'I1' }), incident({ id: 'I1', at: T0 + 1, decided })],
      alarms: [
        alarm({ id: 'A1' }),
        alarm({ id: 'A1', at: T0 + 1, state: 'shelved', by: 'li', until: T0 + 9 }),
        alarm({ id: 'A2', ...acknowledged })
      ],
      decisions: [
        decision({ id: 'D1', crew: '7' }),
        decision({ id: 'D2', state: 'refused', reason: 'STATE', note: 'why' }),
        decision({ id: 'D3', about: 'alarm', subject: 'A1', act: 'shelve', until: T0 + 9 })
      ]
    })
    await take(2, { incidents: [incident({ id: 'I1', at: T0 + 2, affected: 41 })] })
    await under.reopen()
    assert.deepEqual((await outages().incident('I1'))?.decided, decided, 'a line without leaves it')
    const shelved = await outages().alarm('A1')
    assert.deepEqual([shelved?.state, shelved?.by, shelved?.until], ['shelved', 'li', T0 + 9])
    await take(3, { alarms: [alarm({ id: 'A1', at: T0 + 9 })] })
    const firing = await outages().alarm('A1')
    assert.deepEqual([firing?.state, firing?.by, firing?.note, firing?.until], ['firing', null, null, null])
    assert.deepEqual((await outages().alarm('A2'))?.note, 'seen')
    const rows: [query: object, ids: string[]][] = [
      [{}, ['D3', 'D2', 'D1']],
      [{ about: 'incident', subject: 'I1' }, ['D2', 'D1']],
      [{ about: 'alarm' }, ['D3']],
      [{ states: ['refused'] }, ['D2']],
      [{ subject: 'I1', before: 2 }, ['D1']]
    ]
    for (const [query, ids] of rows)
      assert.deepEqual(idsOf(await outages().decisions({ ...PAGE, ...query })), ids)
    const [refused] = await outages().decisions({ ...PAGE, states: ['refused'] })
    assert.deepEqual(
      [refused?.reason, refused?.act, refused?.by, refused?.facts],
      ['STATE', 'claim', 'li', { note: 'why' }]
    )
    assert.deepEqual(
      [await outages().alarm('A9'), await outages().loss('C9'), await outages().finding('F9')],
      [undefined, undefined, undefined]
    )
    await under.ledger.close()
  })

  it('takes a storm: thousands of lines in one batch, and an outage of a whole city', async () => {
    const { under, take, outages } = await opened()
    const many = Array.from({ length: 3000 }, (_, i) => incident({ id: `I${i}`, device: 'TR2' }))
    const usagePoints = Array.from({ length: 40_000 }, (_, i) => `U${i}`)
    assert.equal(await take(1, { incidents: many }), 3000)
    await take(2, { incidents: [incident({ id: 'I7', at: T0 + 1, state: 'closed', end: T0, usagePoints })] })
    assert.equal((await outages().figures()).openIncidents, 2999)
    const [last] = await outages().outagesOf({ limit: 1, usagePoint: 'U39999', path: [] })
    assert.deepEqual([last?.incident.id, last?.incident.usagePoints], ['I7', 40_000])
    await under.ledger.close()
  })
}
