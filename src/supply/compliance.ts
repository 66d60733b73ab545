import type { SupplyStretch } from '../ledger/supply-port.ts'
import type { SourceLine } from '../model/supply.ts'
import type { KeyCustomer } from '../registry/lookup/customers.ts'
import {
  GENERATOR_SHARE,
  GRADE_RULES,
  type GradeRule,
  PLAN_DAYS,
  START_CLASS_S,
  TEST_DAYS
} from './grades.ts'
import type { OwnRun } from './report.ts'

export const COMPLIANCE_ITEMS = [
  'feeds',
  'separate-origin',
  'separate-route',
  'generator-capacity',
  'start-class',
  'plan',
  'generator-test'
] as const
export type ComplianceItem = (typeof COMPLIANCE_ITEMS)[number]

/** How well it is known: as somebody wrote it; as the registry has it, which other parts rely on; shown by a dated event; shown to be otherwise; beyond what is on file. */
export const COMPLIANCE_BASES = ['declared', 'recorded', 'proven', 'contradicted', 'not-measurable'] as const
export type ComplianceBasis = (typeof COMPLIANCE_BASES)[number]

export interface ComplianceResult {
  readonly item: ComplianceItem
  readonly basis: ComplianceBasis
  /** Whether what is known fulfils the grade; null where nobody can tell. */
  readonly isMet: boolean | null
  /** What is wanted, and what there is, in the unit of the item; null where nothing is said. */
  readonly wanted: number | string
  readonly found: number | string | null
  /** When an event showed it, epoch ms; null for none. */
  readonly shownAt: number | null
  /** What it is about: devices, sources. */
  readonly subjects: readonly string[]
}

export interface ComplianceQuestion {
  readonly customer: KeyCustomer
  /** Nearest device that its feeds share by the registry, and its kind; undefined for none up to the top. */
  readonly common: { readonly device: string; readonly kind: string } | undefined
  /** Whether it is known where all its feeds hang. */
  readonly isPlaced: boolean
  readonly sharedRoutes: readonly { readonly group: string; readonly sources: readonly string[] }[]
  /** Of the time that is looked at, oldest first, and what ran in it. */
  readonly stretches: readonly SupplyStretch[]
  readonly ownRuns: readonly OwnRun[]
  /** Tests that somebody wrote down and that passed, of each source the latest. */
  readonly tests: readonly { readonly source: string; readonly at: number; readonly startS: number | null }[]
  readonly now: number
}

const DAY_MS = 86_400_000
/** Two feeds that are lost within so long were lost together. */
const TOGETHER_MS = 60_000

/** What a customer of its grade is to have, and how well it is known that it has it. Pure. */
export function complianceOf(question: ComplianceQuestion): ComplianceResult[] {
  const rule = GRADE_RULES[question.customer.grade]
  const ofGrade = rule === undefined ? [] : [feeds(question, rule), separateOrigin(question, rule)]
  return [
    ...ofGrade,
    separateRoute(question),
    generatorCapacity(question),
    startClass(question),
    plan(question),
    generatorTest(question)
  ]
}

const result = (
  item: ComplianceItem,
  basis: ComplianceBasis,
  isMet: boolean | null,
  wanted: number | string,
  found: number | string | null,
  more: Partial<Pick<ComplianceResult, 'shownAt' | 'subjects'>> = {}
): ComplianceResult => ({ item, basis, isMet, wanted, found, shownAt: null, subjects: [], ...more })

const gridOf = ({ sources }: KeyCustomer) => sources.filter(({ kind }) => kind === 'grid')
const generatorsOf = ({ sources }: KeyCustomer) => sources.filter(({ kind }) => kind === 'generator')

function feeds({ customer }: ComplianceQuestion, { feeds: wanted }: GradeRule): ComplianceResult {
  const found = gridOf(customer)
  // What has a place in the network is relied on by others; else it is a word.
  const isRecorded = found.every(({ usagePoint }) => usagePoint !== '')
  const subjects = found.map(({ id }) => id)
  return result('feeds', isRecorded ? 'recorded' : 'declared', found.length >= wanted, wanted, found.length, {
    subjects
  })
}

function separateOrigin(question: ComplianceQuestion, { mayShare }: GradeRule): ComplianceResult {
  const { customer, common, isPlaced } = question
  const wanted = mayShare.join(' ') || 'nothing'
  if (gridOf(customer).length < 2) return result('separate-origin', 'recorded', false, wanted, null)
  const lost = lostTogether(question)
  // That they died in one moment shows more than the file says of them.
  if (lost !== undefined)
    return result('separate-origin', 'contradicted', false, wanted, common?.device ?? null, {
      shownAt: lost.at,
      subjects: lost.sources
    })
  const isAllowed = common === undefined || mayShare.includes(common.kind)
  const shown = shownApart(question)
  if (shown !== undefined && isAllowed)
    return result('separate-origin', 'proven', true, wanted, common?.device ?? null, {
      shownAt: shown.at,
      subjects: shown.sources
    })
  if (!isPlaced) return result('separate-origin', 'declared', null, wanted, null)
  // What lies above the top of the registry nobody here can see.
  if (common === undefined) return result('separate-origin', 'not-measurable', null, wanted, null)
  return result('separate-origin', 'recorded', isAllowed, wanted, common.device, {
    subjects: [common.device]
  })
}

const isMeasured = ({ basis }: SourceLine): boolean => basis === 'measured'

/** The latest moment at which a feed was dead while another was measured live. */
function shownApart({
  customer,
  stretches
}: ComplianceQuestion): { at: number; sources: string[] } | undefined {
  const grid = new Set(gridOf(customer).map(({ id }) => id))
  for (const { from, line } of stretches.toReversed()) {
    const all = line.sources.filter(({ source }) => grid.has(source))
    const dead = all.find(({ state }) => state === 'dead')
    const live = all.find(each => each.state === 'live' && isMeasured(each))
    if (dead !== undefined && live !== undefined)
      return { at: dead.since ?? from, sources: [dead.source, live.source] }
  }
  return undefined
}

/** The latest moment at which all feeds were lost together. */
function lostTogether({
  customer,
  stretches
}: ComplianceQuestion): { at: number; sources: string[] } | undefined {
  const grid = new Set(gridOf(customer).map(({ id }) => id))
  for (const { line } of stretches.toReversed()) {
    const all = line.sources.filter(({ source }) => grid.has(source))
    if (all.length < 2 || all.some(({ state, since }) => state !== 'dead' || since === undefined)) continue
    const times = all.map(({ since = 0 }) => since)
    const at = Math.max(...times)
    if (at - Math.min(...times) <= TOGETHER_MS) return { at, sources: all.map(({ source }) => source) }
  }
  return undefined
}

function separateRoute({ sharedRoutes, customer }: ComplianceQuestion): ComplianceResult {
  const grid = new Set(gridOf(customer).map(({ id }) => id))
  const shared = sharedRoutes.find(({ sources }) => sources.filter(id => grid.has(id)).length > 1)
  const isTold = gridOf(customer).every(({ routeGroup }) => routeGroup !== '')
  if (shared !== undefined)
    return result('separate-route', 'declared', false, 'none', shared.group, { subjects: shared.sources })
  return result('separate-route', 'declared', isTold ? true : null, 'none', isTold ? 'none' : null)
}

function generatorCapacity({ customer }: ComplianceQuestion): ComplianceResult {
  const generators = generatorsOf(customer)
  const kw = generators.reduce((sum, { capacityKw }) => sum + (Number.isNaN(capacityKw) ? 0 : capacityKw), 0)
  const wanted = GENERATOR_SHARE * customer.securityLoadKw
  const isKnown = !Number.isNaN(wanted) && generators.every(({ capacityKw }) => !Number.isNaN(capacityKw))
  return result(
    'generator-capacity',
    'declared',
    isKnown ? kw >= wanted : null,
    Number.isNaN(wanted) ? '' : wanted,
    isKnown ? kw : null,
    { subjects: generators.map(({ id }) => id) }
  )
}

function startClass({ customer, ownRuns }: ComplianceQuestion): ComplianceResult {
  const generators = generatorsOf(customer)
  const ids = new Set(generators.map(({ id }) => id))
  const starts = ownRuns.filter(run => ids.has(run.source) && run.isMeasured && run.startDelayMs !== null)
  const last = starts.at(-1)
  if (last !== undefined) {
    const seconds = (last.startDelayMs ?? 0) / 1000
    const isMet = seconds <= START_CLASS_S
    return result('start-class', isMet ? 'proven' : 'contradicted', isMet, START_CLASS_S, seconds, {
      shownAt: last.start,
      subjects: [last.source]
    })
  }
  const classes = generators.map(({ startClassS }) => startClassS).filter(each => !Number.isNaN(each))
  const best = classes.length === 0 ? null : Math.min(...classes)
  return result(
    'start-class',
    'declared',
    best === null ? null : best <= START_CLASS_S,
    START_CLASS_S,
    best,
    {
      subjects: [...ids]
    }
  )
}

function plan({ customer, now }: ComplianceQuestion): ComplianceResult {
  const days = (now - customer.planDate) / DAY_MS
  const found = Number.isNaN(days) ? null : Math.floor(days)
  return result('plan', 'declared', found === null ? false : found <= PLAN_DAYS, PLAN_DAYS, found)
}

/** A run while a feed was alive was a test, or as good as one. The newest counts, of what was measured and what was written down. */
function generatorTest({ customer, ownRuns, tests, now }: ComplianceQuestion): ComplianceResult {
  const ids = new Set(generatorsOf(customer).map(({ id }) => id))
  if (ids.size === 0) return result('generator-test', 'declared', false, TEST_DAYS, null)
  // What somebody said is no proof.
  const run = ownRuns.filter(({ source, isMeasured: isProof }) => ids.has(source) && isProof).at(-1)
  const written = tests
    .filter(({ source }) => ids.has(source))
    .reduce<(typeof tests)[number] | undefined>(
      (last, each) => (last === undefined || each.at > last.at ? each : last),
      undefined
    )
  const of = (
    basis: ComplianceBasis,
    at: number,
    more: Partial<Pick<ComplianceResult, 'shownAt' | 'subjects'>>
  ) => {
    const days = Math.floor((now - at) / DAY_MS)
    return result('generator-test', basis, days <= TEST_DAYS, TEST_DAYS, days, more)
  }
  if (written !== undefined && !((run?.end ?? -Infinity) >= written.at))
    return of('declared', written.at, { subjects: [written.source] })
  return run === undefined
    ? result('generator-test', 'not-measurable', null, TEST_DAYS, null)
    : of('proven', run.end, { shownAt: run.start, subjects: [run.source] })
}
