import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CORRECTED, type MonthBook } from '../../../src/outages/reliability/month-book.ts'
import { emptyRegistry } from '../../../src/registry/lookup/registry.ts'
import { at, HOUR, MINUTE, NOON } from '../../support/interruptions.ts'
import { incident } from '../../support/outage-lines.ts'
import { closed, keptIncidents, townOf } from './kept-incidents.ts'

const TOWN = townOf(100)
const DAY = 24 * HOUR
const APRIL = at('2026-04-01T00:00+08:00')

type Kept = ReturnType<typeof keptIncidents>

async function runAll(book: MonthBook): Promise<void> {
  while (await book.turn());
}

const monthsOf = async ({ ledger }: Kept): Promise<string[]> =>
  (await ledger.reliability.publishedMonths('dl836')).map(({ month }) => month)

interface Told {
  readonly subject: string
  readonly changes: Readonly<Record<string, readonly [before: unknown, after: unknown]>>
}

/** Audit rows of corrections, oldest first, with the changes of what is asked for. */
async function corrections({ ledger }: Kept, ...names: string[]): Promise<Told[]> {
  const rows = await ledger.auditTrail({ limit: 99, action: CORRECTED })
  return rows.reverse().map(({ subject, detail }) => {
    const { indices, rules, incidents } = JSON.parse(detail)
    const changes = [...indices, ...rules, ...incidents].filter(({ what }) => names.includes(what))
    return {
      subject,
      changes: Object.fromEntries(changes.map(each => [each.what, [each.before, each.after]]))
    }
  })
}

/** March is published with one incident of an hour at ten of a hundred accounts. */
async function publishedMarch(): Promise<Kept & { book: MonthBook }> {
  const kept = keptIncidents(TOWN, APRIL + DAY)
  await kept.take(closed('I1', 10, 60, NOON))
  const book = kept.newBook()
  await runAll(book)
  return { ...kept, book }
}

test('a month is published a day after its end, from that of the first incident on', async () => {
  const kept = keptIncidents(TOWN, APRIL + DAY - MINUTE)
  await kept.take(closed('I1', 10, 60, at('2026-01-31T23:30+08:00')))
  const book = kept.newBook()
  await runAll(book)
  assert.deepEqual(await monthsOf(kept), ['2026-01', '2026-02'])
  kept.clock.advance(MINUTE)
  await runAll(book)
  assert.deepEqual(await monthsOf(kept), ['2026-01', '2026-02', '2026-03'])
  assert.deepEqual(await corrections(kept), [], 'what is told first is no correction')
  const [january] = await kept.ledger.reliability.publishedMonths('dl836')
  assert.equal(JSON.parse(january?.result ?? '').variants[0].customerHours, 5, 'half an hour of January')
})

test('nothing is published without a registry or an incident', async () => {
  const kept = keptIncidents(emptyRegistry(), APRIL + DAY)
  await kept.take(closed('I1', 10, 60, NOON))
  assert.equal(await kept.newBook().turn(), false)
  const quiet = keptIncidents(TOWN, APRIL + DAY)
  assert.equal(await quiet.newBook().turn(), false)
})

test('an incident that is restated: one audit row a profile, from what to what', async () => {
  const kept = await publishedMarch()
  await kept.take(closed('I1', 10, 90, NOON))
  await runAll(kept.book)
  assert.deepEqual(await corrections(kept, 'customer-hours', 'SAIDI', 'I1'), [
    { subject: 'dl836 2026-03', changes: { 'customer-hours': [10, 15], I1: [600, 900] } },
    { subject: 'ieee1366 2026-03', changes: { SAIDI: [6, 9], I1: [600, 900] } }
  ])
  const [march] = await kept.ledger.reliability.publishedMonths('dl836')
  assert.equal(JSON.parse(march?.result ?? '').variants[0].customerHours, 15)
  await runAll(kept.book)
  assert.equal((await corrections(kept)).length, 2, 'told once')
})

const LATER: readonly [what: string, line: Parameters<typeof incident>[0], hours: [unknown, unknown]][] = [
  ['withdrawn', { id: 'I1', state: 'withdrawn', counted: false, start: NOON, end: NOON + HOUR }, [10, 0]],
  [
    'moved to another month',
    { id: 'I1', state: 'closed', start: APRIL + HOUR, end: APRIL + 2 * HOUR, usagePoints: ['U-m1'] },
    [10, 0]
  ],
  [
    'opened again',
    { id: 'I1', state: 'updated', change: 'reopened', start: APRIL - 2 * HOUR, end: null },
    [10, 20]
  ],
  [
    'one more that was found late',
    { id: 'I2', state: 'closed', start: NOON, end: NOON + HOUR, usagePoints: ['U-m50', 'U-m51'] },
    [10, 12]
  ]
]
for (const [what, line, hours] of LATER)
  test(`an incident of a published month is corrected: ${what}`, async () => {
    const kept = await publishedMarch()
    await kept.take(incident({ at: APRIL + DAY, ...line }))
    await runAll(kept.book)
    const [dl836] = await corrections(kept, 'customer-hours')
    assert.deepEqual(dl836, { subject: 'dl836 2026-03', changes: { 'customer-hours': hours } })
  })

test('lines that change no figure leave no row', async () => {
  const kept = await publishedMarch()
  await kept.take(closed('I1', 10, 60, NOON, { confidence: 0.5, at: APRIL + DAY }))
  await kept.take(incident({ id: 'I9', state: 'suspected', counted: false, start: NOON }))
  await runAll(kept.book)
  assert.deepEqual(await corrections(kept), [])
})

test('a month that was published while an incident lasted is corrected when that is over', async () => {
  const kept = keptIncidents(TOWN, APRIL + DAY)
  await kept.take(incident({ id: 'I1', device: 'TR1', start: APRIL - HOUR }))
  await runAll(kept.newBook())
  await kept.take(closed('I1', 10, 120, APRIL - HOUR))
  await runAll(kept.newBook())
  assert.deepEqual(await corrections(kept, 'isFinal', 'customer-hours', 'SAIDI'), [
    { subject: 'dl836 2026-03', changes: { isFinal: ['false', 'true'], 'customer-hours': [100, 10] } },
    { subject: 'ieee1366 2026-03', changes: { isFinal: ['false', 'true'], SAIDI: [25 * 60, 12] } }
  ])
})

test('what was told while nobody looked is corrected by the next who does', async () => {
  const kept = await publishedMarch()
  await kept.take(closed('I1', 10, 90, NOON))
  await runAll(kept.newBook())
  assert.equal((await corrections(kept)).length, 2)
  await runAll(kept.newBook())
  assert.equal((await corrections(kept)).length, 2)
})

test('a publication that fails is done again, whole', async () => {
  const kept = await publishedMarch()
  await kept.take(closed('I1', 10, 90, NOON))
  const { publish } = kept.parts.ledger
  let isBroken = true
  Object.assign(kept.parts.ledger, {
    publish: async (...given: Parameters<typeof publish>) => {
      if (isBroken) throw new Error('no space left')
      return publish.apply(kept.parts.ledger, given)
    }
  })
  await assert.rejects(kept.book.turn(), /no space left/)
  isBroken = false
  await runAll(kept.book)
  assert.equal((await corrections(kept)).length, 2)
})
