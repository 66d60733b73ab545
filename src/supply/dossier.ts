import type { DossierEntry, DossierKind, EntryOf } from '../model/dossier.ts'
import type { KeyCustomer } from '../registry/lookup/customers.ts'
import { DRILL_DAYS, NOTICE_DAYS, PATROL_DAYS, PLAN_DAYS, TEST_DAYS } from './grades.ts'

/** What one file, one plan, one person (三个一) take, and what has to be done again and again. */
export const DOSSIER_ITEMS = [
  'security-load',
  'feeds',
  'sections',
  'plan',
  'plan-approved',
  'persons',
  'patrol',
  'drill',
  'backup-test',
  'hazards-told',
  'hazards-in-time'
] as const
export type DossierItem = (typeof DOSSIER_ITEMS)[number]

export interface DossierResult {
  readonly item: DossierItem
  readonly isThere: boolean
  /** When it falls due, or fell due; epoch ms, null for what does not, or was never there. */
  readonly dueAt: number | null
  /** What is missing: sources, columns of key_customers.csv, hazards. */
  readonly missing: readonly string[]
}

const DAY_MS = 86_400_000
/** Columns of key_customers.csv without which there is no one person, and nobody to call. */
const PERSONS = ['utility_manager', 'utility_phone', 'customer_electrician', 'duty_phone']

/**
 * What of a customer's dossier is there. Pure.
 * @param entries what was done, in any order; withdrawn ones count for nothing
 * @param parts columns of key_customers.csv in which its persons stand @param now epoch ms
 */
export function dossierOf(
  customer: KeyCustomer,
  entries: readonly DossierEntry[],
  parts: readonly string[],
  now: number
): DossierResult[] {
  const results = [
    ...fileOf(customer),
    ...planOf(customer, now),
    result(
      'persons',
      PERSONS.filter(part => !parts.includes(part))
    ),
    repeated('patrol', lastOf(entries, 'patrol')?.at, PATROL_DAYS, now),
    repeated('drill', lastOf(entries, 'drill')?.at, DRILL_DAYS, now),
    ...testsOf(customer, entries, now),
    ...hazardsOf(entries, now)
  ]
  return results.sort((a, b) => DOSSIER_ITEMS.indexOf(a.item) - DOSSIER_ITEMS.indexOf(b.item))
}

/** Share of the items that are there, 0 to 1. */
export const completeness = (results: readonly DossierResult[]): number =>
  results.filter(({ isThere }) => isThere).length / results.length

/** Of those that passed and count, the latest test of each source. */
export function latestTests(entries: readonly DossierEntry[]): Map<string, EntryOf<'backup-test'>> {
  const latest = new Map<string, EntryOf<'backup-test'>>()
  for (const test of ofKind(entries, 'backup-test')) {
    const { source, passed } = test.body
    if (passed && !((latest.get(source)?.at ?? -Infinity) > test.at)) latest.set(source, test)
  }
  return latest
}

const result = (
  item: DossierItem,
  missing: readonly string[],
  dueAt: number | null = null
): DossierResult => ({ item, isThere: missing.length === 0, dueAt, missing })

const ofKind = <K extends DossierKind>(entries: readonly DossierEntry[], kind: K): EntryOf<K>[] =>
  entries.filter(entry => entry.kind === kind && !entry.isWithdrawn) as unknown as EntryOf<K>[]

function lastOf<K extends DossierKind>(entries: readonly DossierEntry[], kind: K): EntryOf<K> | undefined {
  return ofKind(entries, kind).reduce<EntryOf<K> | undefined>(
    (last, each) => (last === undefined || each.at > last.at ? each : last),
    undefined
  )
}

function fileOf({ id, securityLoadKw, sources, sections }: KeyCustomer): DossierResult[] {
  const feeds = sources.filter(({ kind }) => kind === 'grid')
  const isPlaced = feeds.length > 0 ? feeds.filter(({ usagePoint }) => usagePoint === '') : [{ id }]
  return [
    result('security-load', securityLoadKw >= 0 ? [] : ['security_load_kw']),
    result(
      'feeds',
      isPlaced.map(feed => feed.id)
    ),
    result('sections', sections.some(section => section.class === 'security') ? [] : [id])
  ]
}

function planOf({ planVersion, planDate, planApproval }: KeyCustomer, now: number): DossierResult[] {
  const dueAt = Number.isNaN(planDate) ? null : planDate + PLAN_DAYS * DAY_MS
  const missing = planVersion === '' ? ['plan_version'] : (dueAt ?? 0) > now ? [] : ['plan_date']
  return [
    result('plan', missing, dueAt),
    result('plan-approved', planApproval === '' ? ['plan_approval'] : [])
  ]
}

function repeated(
  item: DossierItem & DossierKind,
  last: number | undefined,
  days: number,
  now: number
): DossierResult {
  const dueAt = last === undefined ? null : last + days * DAY_MS
  return result(item, (dueAt ?? 0) > now ? [] : [item], dueAt)
}

/** Each generator and UPS of its own is tried. */
function testsOf({ sources }: KeyCustomer, entries: readonly DossierEntry[], now: number): DossierResult[] {
  const own = sources.filter(({ kind }) => kind === 'generator' || kind === 'ups')
  if (own.length === 0) return []
  const latest = latestTests(entries)
  const due = own.map(({ id }) => ({ id, at: (latest.get(id)?.at ?? -Infinity) + TEST_DAYS * DAY_MS }))
  const first = Math.min(...due.map(({ at }) => at))
  const missing = due.filter(({ at }) => !(at > now)).map(({ id }) => id)
  return [result('backup-test', missing, Number.isFinite(first) ? first : null)]
}

/** Hazards of which nobody has seen that they were put right. */
export const openHazards = (entries: readonly DossierEntry[]): EntryOf<'hazard'>[] =>
  ofKind(entries, 'hazard').filter(({ body }) => body.verified === null)

/** Of a hazard the customer is told within days (通知), and it is put right, and seen to be, until it is due. */
function hazardsOf(entries: readonly DossierEntry[], now: number): DossierResult[] {
  const open = openHazards(entries)
  const untold = open.filter(({ at, body }) => body.notified === null && at + NOTICE_DAYS * DAY_MS <= now)
  const late = open.filter(({ body }) => (body.due ?? Infinity) <= now)
  const dues = open.flatMap(({ body }) => body.due ?? [])
  return [
    result(
      'hazards-told',
      untold.map(({ id }) => id)
    ),
    result(
      'hazards-in-time',
      late.map(({ id }) => id),
      dues.length === 0 ? null : Math.min(...dues)
    )
  ]
}
