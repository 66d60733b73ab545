import { changesOver, isOwnKind, type KeyCustomer } from '../../src/registry/lookup/customers.ts'
import type { SourceLine, SourceRole, SourceState, SupplyPicture } from '../../src/model/supply.ts'
import type { Autonomy } from './autonomy.ts'
import type { JudgedSection } from './judge-sections.ts'
import { isDeclared, type JudgedSource } from './judge-sources.ts'
import { SHORT_AUTONOMY_MIN } from './lifetimes.ts'

/** Sources and sections of a customer as they stand. */
export interface Standing {
  readonly customer: KeyCustomer
  readonly sources: ReadonlyMap<string, JudgedSource>
  readonly sections: ReadonlyMap<string, JudgedSection>
  /** How long its own sources last, minutes; undefined where nobody knows. */
  readonly autonomy?: Autonomy | undefined
}

/** A customer's state, and why. */
type Verdict = Pick<SupplyPicture, 'state' | 'reason' | 'extent'>

/** How a customer is supplied at a moment. Pure. */
export function judgeCustomer(standing: Standing, moment: number): SupplyPicture {
  const { customer, sources, sections, autonomy } = standing
  const roles = rolesOf(standing)
  const { state, reason, extent } = verdictOf(standing, roles, moment)
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
    state,
    ...(extent !== undefined && { extent }),
    securityLoadSupplied: securityOf(standing),
    sources: sourceLines,
    sections: sectionLines,
    atRisk: isAtRisk(standing, roles) || (state === 'emergency' && isShort(autonomy)),
    ...(autonomy !== undefined && { autonomyMin: autonomy }),
    reason
  }
}

/** What each source is to the sections that list it. */
function rolesOf({ customer, sources, sections }: Standing): Map<string, SourceRole> {
  const fed = new Set([...sections.values()].map(({ fedBy }) => fedBy))
  const roles = new Map<string, SourceRole>()
  for (const { id, kind } of customer.sources) {
    const judged = sources.get(id)
    const isThere = judged?.state === 'live' || judged?.state === 'ready' || judged?.state === 'running'
    // A UPS that is on line takes over without any switch.
    const isArmed =
      kind === 'ups' ||
      customer.sections.some(
        section => section.sources.includes(id) && sections.get(section.id)?.isAutomatic === true
      )
    roles.set(
      id,
      fed.has(id) || (kind === 'ups' && judged?.state === 'running')
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

/** The first of the states that fits (DESIGN section 6). */
function verdictOf(standing: Standing, roles: ReadonlyMap<string, SourceRole>, moment: number): Verdict {
  const { customer, sources } = standing
  const sections = customer.sections.map(section => ({
    section,
    judged: standing.sections.get(section.id) as JudgedSection
  }))
  const kindOf = new Map(customer.sources.map(({ id, kind }) => [id, kind]))
  const dark = sections.filter(({ judged }) => judged.fedBy === 'dark')
  const onOwn = sections.filter(({ judged }) => isOwnKind(kindOf.get(judged.fedBy) ?? ''))
  const isAll = sections.length > 0 && dark.length === sections.length
  const darkSecurity = dark.filter(({ section }) => section.class === 'security')
  if (darkSecurity.length > 0 || isAll || (dark.length > 0 && onOwn.length === 0)) {
    const those = darkSecurity.length > 0 ? darkSecurity : dark
    const isGap = those.every(
      ({ section, judged }) => judged.isAutomatic && moment - judged.since <= section.allowedGapS * 1000
    )
    return {
      state: 'interrupted',
      reason: isGap ? 'TRANSFERRING' : isAll ? 'ALL_DARK' : 'SECTION_DARK',
      extent: isAll ? 'full' : 'partial'
    }
  }
  const told = customer.sources.filter(({ id }) => !isDeclared(sources.get(id) as JudgedSource))
  const stateOf = ({ id }: { id: string }): SourceState => (sources.get(id) as JudgedSource).state
  // Of a customer without sections its feeds are all that is known.
  const feeds = told.filter(({ kind }) => kind === 'grid')
  if (sections.length === 0 && feeds.length > 0 && feeds.every(feed => stateOf(feed) === 'dead'))
    return told.some(source => isOwnKind(source.kind) && stateOf(source) === 'running')
      ? { state: 'emergency', reason: 'OWN_SOURCE' }
      : { state: 'interrupted', reason: 'ALL_DARK', extent: 'full' }
  // Whatever stands behind a UPS lives on its battery.
  const isOnBattery = customer.sources.some(
    ({ id, kind }) => kind === 'ups' && sources.get(id)?.state === 'running'
  )
  if (onOwn.length > 0 || isOnBattery) return { state: 'emergency', reason: 'OWN_SOURCE' }
  const isUnknown =
    sections.some(({ judged }) => judged.fedBy === 'unknown') ||
    told.some(source => stateOf(source) === 'unknown') ||
    (sections.length === 0 && told.length === 0)
  if (isUnknown) return { state: 'unknown', reason: 'NOT_KNOWN' }
  const isLost = told.some(
    source =>
      ['dead', 'failed'].includes(stateOf(source)) ||
      (roles.get(source.id) === 'open' && isWanted(source.id, customer))
  )
  return isLost ? { state: 'reduced', reason: 'SOURCE_LOST' } : { state: 'normal', reason: 'ALL_THERE' }
}

/** Whether a section that changes over by itself counts on a source. */
const isWanted = (id: string, { sections }: KeyCustomer): boolean =>
  sections.some(section => section.sources.includes(id) && changesOver(section))

function securityOf({ customer, sources, sections }: Standing): SupplyPicture['securityLoadSupplied'] {
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

const isShort = (autonomy: Autonomy | undefined): boolean =>
  autonomy !== undefined && autonomy[0] < SHORT_AUTONOMY_MIN

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
