import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DossierEntry, Hazard } from '../../src/model/dossier.ts'
import type { KeyCustomer } from '../../src/registry/lookup/customers.ts'
import { completeness, type DossierItem, dossierOf, latestTests } from '../../src/supply/dossier.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-20T08:00:00+08:00')
const PARTS = ['utility_manager', 'utility_phone', 'customer_electrician', 'duty_phone']
const CUSTOMER = {
  ...{
    id: 'K',
    securityLoadKw: 300,
    planVersion: 'V3',
    planDate: NOW - 100 * DAY,
    planApproval: '浙电〔2026〕7'
  },
  sources: [
    { id: 'G1', kind: 'grid', usagePoint: 'U1' },
    { id: 'GEN', kind: 'generator' },
    { id: 'UPS', kind: 'ups' }
  ],
  sections: [{ id: 'S', class: 'security' }]
} as unknown as KeyCustomer
const HAZARD: Hazard = {
  ...{ what: '电缆沟积水', level: 'serious', served: null, notified: null, reported: null, supervised: null },
  ...{ due: null, fixed: null, verified: null, verifiedBy: null }
}
const BODIES = {
  patrol: { occasion: 'routine', found: 'all well' },
  drill: { scenario: '双电源失电', minutes: 40, passed: true },
  'backup-test': { source: 'GEN', loadPct: 60, minutes: 30, startS: 9, passed: true },
  hazard: HAZARD
} as const

const entry = (
  kind: DossierEntry['kind'],
  daysAgo: number,
  body: object = {},
  more: object = {}
): DossierEntry =>
  ({
    ...{ id: `${kind}-${daysAgo}`, keyCustomer: 'K', kind, at: NOW - daysAgo * DAY, isWithdrawn: false },
    ...{ writtenAt: NOW, writtenBy: 'user:wang', body: { ...BODIES[kind], ...body } },
    ...more
  }) as DossierEntry

/** What is missing of an item, and in how many days it is due. */
function item(
  wanted: DossierItem,
  entries: readonly DossierEntry[] = [],
  customer = {},
  parts = PARTS
): string {
  const found = dossierOf({ ...CUSTOMER, ...customer }, entries, parts, NOW).find(
    each => each.item === wanted
  )
  if (found === undefined) return 'none'
  const due = found.dueAt === null ? '' : `, due in ${(found.dueAt - NOW) / DAY} d`
  assert.equal(found.isThere, found.missing.length === 0)
  return `${found.isThere ? 'there' : `missing ${found.missing.join(' ')}`}${due}`
}

test('the file: security load, feeds with a place, a security section', () => {
  assert.deepEqual([item('security-load'), item('feeds'), item('sections')], ['there', 'there', 'there'])
  assert.equal(item('security-load', [], { securityLoadKw: Number.NaN }), 'missing security_load_kw')
  assert.equal(item('feeds', [], { sources: [{ id: 'G1', kind: 'grid', usagePoint: '' }] }), 'missing G1')
  assert.equal(item('feeds', [], { sources: [] }), 'missing K')
  assert.equal(item('sections', [], { sections: [{ id: 'S', class: 'general' }] }), 'missing K')
})

test('the plan: a version younger than a year, approved', () => {
  assert.equal(item('plan'), 'there, due in 265 d')
  assert.equal(item('plan', [], { planDate: NOW - 365 * DAY }), 'missing plan_date, due in 0 d')
  assert.equal(item('plan', [], { planDate: Number.NaN }), 'missing plan_date')
  assert.equal(item('plan', [], { planVersion: '' }), 'missing plan_version, due in 265 d')
  assert.deepEqual(
    [item('plan-approved'), item('plan-approved', [], { planApproval: '' })],
    ['there', 'missing plan_approval']
  )
})

test('the persons: whoever answers for it, and whom to call', () => {
  assert.equal(item('persons'), 'there')
  assert.equal(
    item('persons', [], {}, ['duty_phone', 'deputy']),
    'missing utility_manager utility_phone customer_electrician'
  )
})

test('patrols and drills come again; withdrawn ones count for nothing', () => {
  assert.equal(item('patrol'), 'missing patrol')
  assert.equal(
    item('patrol', [entry('patrol', 100), entry('patrol', 90), entry('patrol', 95)]),
    'there, due in 2 d'
  )
  assert.equal(item('patrol', [entry('patrol', 92)]), 'missing patrol, due in 0 d')
  assert.equal(item('patrol', [entry('patrol', 1, {}, { isWithdrawn: true })]), 'missing patrol')
  assert.equal(item('drill', [entry('drill', 300)]), 'there, due in 65 d')
})

test('each source of its own is tried; a test that failed is none', () => {
  const ups = entry('backup-test', 5, { source: 'UPS' })
  assert.equal(item('backup-test', [ups]), 'missing GEN')
  assert.equal(item('backup-test', [ups, entry('backup-test', 30)]), 'there, due in 1 d')
  assert.equal(item('backup-test', [ups, entry('backup-test', 2, { passed: false })]), 'missing GEN')
  assert.equal(item('backup-test', [], { sources: [] }), 'none')
  const both = [entry('backup-test', 9), entry('backup-test', 3), entry('backup-test', 6)]
  assert.equal(latestTests(both).get('GEN')?.id, 'backup-test-3')
})

test('hazards are told of, and put right until they are due', () => {
  assert.deepEqual([item('hazards-told'), item('hazards-in-time')], ['there', 'there'])
  assert.equal(item('hazards-told', [entry('hazard', 3)]), 'missing hazard-3')
  assert.equal(item('hazards-told', [entry('hazard', 2)]), 'there')
  assert.equal(item('hazards-told', [entry('hazard', 9, { notified: NOW })]), 'there')
  const due = { notified: NOW, due: NOW - DAY }
  assert.equal(item('hazards-in-time', [entry('hazard', 9, due)]), 'missing hazard-9, due in -1 d')
  assert.equal(
    item('hazards-in-time', [entry('hazard', 9, { ...due, fixed: NOW })]),
    'missing hazard-9, due in -1 d'
  )
  assert.equal(item('hazards-in-time', [entry('hazard', 9, { ...due, fixed: NOW, verified: NOW })]), 'there')
})

test('complete is the share of what is there', () => {
  const done = [
    entry('patrol', 1),
    entry('drill', 1),
    entry('backup-test', 1),
    entry('backup-test', 1, { source: 'UPS' })
  ]
  assert.equal(completeness(dossierOf(CUSTOMER, done, PARTS, NOW)), 1)
  assert.equal(completeness(dossierOf(CUSTOMER, [], PARTS, NOW)), 8 / 11)
})
