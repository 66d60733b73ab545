import { changesOver, type KeyCustomer } from '../../src/registry/lookup/customers.ts'
import type { SourceLine, SourceRole, SupplyLine, SupplyReason, SupplyState } from '../../src/model/supply.ts'
import type { JudgedSection } from './judge-sections.ts'
import { isDeclared, type JudgedSource } from './judge-sources.ts'

/** Sources and sections of a customer as they stand. */
export interface Standing {
  readonly customer: KeyCustomer
  readonly sources: ReadonlyMap<string, JudgedSource>
  readonly sections: ReadonlyMap<string, JudgedSection>
}

/** A customer's state, since when, and why. */
interface Verdict {
  readonly state: SupplyState
  readonly since: number
  readonly reason: SupplyReason
  readonly extent?: 'partial' | 'full'
}

/**
 * The line that says how a customer is supplied. Pure.
 * @param now log time @param firstAt log time at which it was asked about first: since then is what was never known
 */
export function judgeCustomer(standing: Standing, now: number, firstAt: number): SupplyLine {
  const { customer, sources, sections } = standing
  const roles = rolesOf(standing)
  const { state, since, reason, extent } = verdictOf(standing, roles, now)
  const sourceLines = customer.sources.map(({ id }): SourceLine => {
    const { state: own, basis, since: from, reason: why } = sources.get(id) as JudgedSource
    return {
      ...{ source: id, state: own, role: roles.get(id) ?? 'none', basis },
      ...(!Number.isNaN(from) && { since: from }),
      reason: why
    }
  })
  const sectionLines = customer.sections.map(({ id }) => {
    const { fedBy, basis, since: from, reason: why } = sections.get(id) as JudgedSection
    return { section: id, fedBy, basis, ...(!Number.isNaN(from) && { since: from }), reason: why }
  })
  return {
    at: now,
    start: Math.min(Number.isNaN(since) ? firstAt : since, now),
    keyCustomer: customer.id,
    state,
    ...(extent !== undefined && { extent }),
    securityLoadSupplied: securityOf(standing),
    sources: sourceLines,
    sections: sectionLines,
    atRisk: isAtRisk(standing, roles),
    reason
  }
}

const OWN_KINDS = ['generator', 'ups', 'truck']

/** What each source is to the sections that list it. */
function rolesOf({ customer, sources, sections }: Standing): Map<string, SourceRole> {
  const fed = new Set([...sections.values()].map(({ fedBy }) => fedBy))
  const roles = new Map<string, SourceRole>()
  for (const { id } of customer.sources) {
    const judged = sources.get(id)
    const isThere = judged?.state === 'live' || judged?.state === 'ready' || judged?.state === 'running'
    const isArmed = customer.sections.some(
      section => section.sources.includes(id) && sections.get(section.id)?.isAutomatic === true
    )
    roles.set(
      id,
      fed.has(id)
        ? 'carrying'
        : !isThere
          ? 'none'
          : isArmed && judged?.isByHand !== true
            ? 'available'
            : 'open'
    )
  }
  return roles
}

/** The latest of some times, those that are not known left out; NaN when none is. */
const latest = (times: readonly number[]): number =>
  times.reduce((most, time) => (time > most || Number.isNaN(most) ? time : most), Number.NaN)
const earliest = (times: readonly number[]): number =>
  times.reduce((least, time) => (time < least || Number.isNaN(least) ? time : least), Number.NaN)

/** The first of the states that fits (DESIGN section 6). */
function verdictOf(standing: Standing, roles: ReadonlyMap<string, SourceRole>, now: number): Verdict {
  const { customer, sources } = standing
  const sections = customer.sections.map(section => ({
    section,
    judged: standing.sections.get(section.id) as JudgedSection
  }))
  const kindOf = new Map(customer.sources.map(({ id, kind }) => [id, kind]))
  const dark = sections.filter(({ judged }) => judged.fedBy === 'dark')
  const onOwn = sections.filter(({ judged }) => OWN_KINDS.includes(kindOf.get(judged.fedBy) ?? ''))
  const isAll = sections.length > 0 && dark.length === sections.length
  const darkSecurity = dark.filter(({ section }) => section.class === 'security')
  if (darkSecurity.length > 0 || isAll || (dark.length > 0 && onOwn.length === 0)) {
    const those = darkSecurity.length > 0 ? darkSecurity : dark
    const since = earliest(those.map(({ judged }) => judged.since))
    const isGap = those.every(
      ({ section, judged }) => judged.isAutomatic && now - judged.since <= section.allowedGapS * 1000
    )
    return {
      state: 'interrupted',
      since,
      reason: isGap ? 'TRANSFERRING' : isAll ? 'ALL_DARK' : 'SECTION_DARK',
      extent: isAll ? 'full' : 'partial'
    }
  }
  if (onOwn.length > 0)
    return {
      state: 'emergency',
      since: earliest(onOwn.map(({ judged }) => judged.since)),
      reason: 'OWN_SOURCE'
    }
  const told = customer.sources.filter(({ id }) => !isDeclared(sources.get(id) as JudgedSource))
  const judgedOf = ({ id }: { id: string }): JudgedSource => sources.get(id) as JudgedSource
  const unknown = [
    ...sections.filter(({ judged }) => judged.fedBy === 'unknown').map(({ judged }) => judged.since),
    ...told.filter(source => judgedOf(source).state === 'unknown').map(source => judgedOf(source).since)
  ]
  if (unknown.length > 0 || (sections.length === 0 && told.length === 0))
    return { state: 'unknown', since: latest(unknown), reason: 'NOT_KNOWN' }
  const lost = told.filter(
    source =>
      ['dead', 'failed'].includes(judgedOf(source).state) ||
      (roles.get(source.id) === 'open' && isWanted(source.id, customer))
  )
  // All sections are fed from the grid: since the last of them is.
  const fedSince = latest(sections.map(({ judged }) => judged.since))
  if (lost.length > 0) {
    const lostSince = earliest(lost.map(source => judgedOf(source).since))
    return { state: 'reduced', since: latest([lostSince, fedSince]), reason: 'SOURCE_LOST' }
  }
  const since = latest([fedSince, ...told.map(source => judgedOf(source).since)])
  return { state: 'normal', since, reason: 'ALL_THERE' }
}

/** Whether a section that changes over by itself counts on a source. */
const isWanted = (id: string, { sections }: KeyCustomer): boolean =>
  sections.some(section => section.sources.includes(id) && changesOver(section))

function securityOf({ customer, sources, sections }: Standing): SupplyLine['securityLoadSupplied'] {
  const own = customer.sections.filter(section => section.class === 'security')
  const fed = own.map(({ id }) => (sections.get(id) as JudgedSection).fedBy)
  const dark = fed.filter(each => each === 'dark').length
  const unknown = fed.filter(each => each === 'unknown').length
  const hasUps = customer.sources.some(
    ({ id, kind }) => kind === 'ups' && sources.get(id)?.state === 'running'
  )
  if (fed.length === 0 || unknown > 0) return 'unknown'
  if (dark === 0) return 'yes'
  return dark < fed.length || hasUps ? 'partly' : 'no'
}

/** Fewer ways to feed all security sections than are on file and tell of themselves, and one at most. */
function isAtRisk({ customer, sources }: Standing, roles: ReadonlyMap<string, SourceRole>): boolean {
  const own = customer.sections.filter(section => section.class === 'security')
  const ways = customer.sources.filter(
    ({ id }) => own.length > 0 && own.every(section => section.sources.includes(id))
  )
  const usual = ways.filter(({ id }) => !isDeclared(sources.get(id) as JudgedSource)).length
  const there = ways.filter(({ id }) => ['carrying', 'available'].includes(roles.get(id) ?? '')).length
  return there <= 1 && there < usual
}
