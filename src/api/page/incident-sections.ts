import type { AlarmRow, DecisionRow, IncidentRow, NamedPoint } from '../../ledger/outage-port.ts'
import type { Decided, EvidenceItem, IncidentLine } from '../../model/outages.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { Affected } from '../../supply/affected.ts'
import { showCondition } from './alarms.ts'
import { customerLook } from './customer-look.ts'
import type { Reader } from './format.ts'
import { type Html, html } from './html.ts'
import { type IncidentWord, type Say, sayCode } from './incident-words.ts'
import type { Look } from './look.ts'
import { NOBODY, showAffected, showPlace, standsAt, stateOf } from './outages.ts'

const CHANGES: Readonly<Record<string, IncidentWord>> = {
  split: 'changeSplit',
  decided: 'changeDecided',
  evidence: 'changeEvidence',
  supply: 'changeSupply'
}

const PLAN_TYPES: Readonly<Record<string, IncidentWord>> = {
  temporary: 'planTemporary',
  'user-request': 'planUserRequest',
  shortage: 'planShortage'
}

export const showMoment = ({ reader }: Look, at: number): Html =>
  html`<time datetime="${new Date(at).toISOString()}">${reader.day(at)} ${reader.seconds(at)}</time>`

const fact = (name: string, value: Html | string | false): Html | false =>
  value !== false && html`<div><dt>${name}</dt><dd>${value}</dd></div>`

/** Up to here an interruption is momentary: as the outage stage has it, DL/T 836.1. */
const MOMENTARY_MS = 180_000

/** An alarm of a line that may be live, and whom to call about it. */
export interface Danger {
  readonly alarm: AlarmRow
  readonly customer: KeyCustomer | undefined
  /** Null for who may not know it. */
  readonly phone: string | null
}

/** What may be live there: whoever works on it has to know first. */
export function renderDangers(dangers: readonly Danger[], { reader, say }: Look): Html {
  return html`${dangers.map(({ alarm: { id, kind, state }, customer, phone }) => {
    const isSeen = state === 'acknowledged'
    const whose =
      customer !== undefined &&
      html` · <a href="/key-customers/${encodeURIComponent(customer.id)}?lang=${reader.language}">${customer.name}</a>`
    return html`<p class="facts"><span><a href="/v1/alarms/${encodeURIComponent(id)}">${showCondition(say, kind)}</a>${whose} <span class="pill ${state}">${sayCode(say, state)}</span></span>${
      phone !== null && html`<span>${say('dutyPhone')} <b>${phone}</b></span>`
    }${!isSeen && html`<span>${say('dangerNote')}</span>`}</p>`
  })}`
}

/** What the system thinks. */
export function renderOpinion(row: IncidentRow, now: number, look: Look): Html {
  const { reader, say } = look
  const { parent, device, sameAs, phases, start, end, affected, confirmed, confidence, kind, supply } = row
  const { plan, planType, earlyS, overrunS } = row
  const lasted = (end ?? now) - start
  // While it is as short as a momentary one nobody knows which of both it is.
  const hasKind = end !== null || kind !== 'sustained' || lasted > MOMENTARY_MS
  return html`<dl class="sheet">${fact(say('device'), showPlace(look, device))}${fact(
    say('sameAs'),
    sameAs.length > 0 && sameAs.join(', ')
  )}${fact(say('nestedIn'), parent !== null && linkTo(look, parent))}${fact(say('phases'), phases !== '' && phases)}${fact(say('confidence'), reader.percent(confidence))}${fact(
    say('affected'),
    showAffected(row, look)
  )}${fact(say('confirmedMeters'), (affected > 0 || confirmed > 0) && reader.count(confirmed))}${fact(say('start'), showMoment(look, start))}${fact(
    say('end'),
    end === null ? say('lasts') : showMoment(look, end)
  )}${fact(say('lasted'), reader.duration(lasted))}${fact(say('kind'), hasKind && sayCode(say, kind))}${fact(
    say('plan'),
    plan !== null && html`<b>${plan}</b>${showPlanType(planType, say)}`
  )}${fact(say('early'), showSeconds(earlyS, reader))}${fact(say('overrun'), showSeconds(overrunS, reader))}${fact(say('supply'), supply !== 'none' && showCondition(say, supply))}</dl>`
}

/** Why work was planned, where that is more than that it was. */
function showPlanType(type: string | null, say: Say): Html | false {
  if (type === null || type === 'planned') return false
  const word = PLAN_TYPES[type]
  return html` <small>${word === undefined ? type : say(word)}</small>`
}

const showSeconds = (seconds: number | null, { duration }: Reader): string | false =>
  seconds !== null && seconds > 0 && duration(seconds * 1000)

const linkTo = ({ reader }: Look, id: string): Html =>
  html`<a href="/incidents/${encodeURIComponent(id)}?lang=${reader.language}">${id}</a>`

/** What people decided, as it stands. */
export function renderDecided({ decided, reason }: IncidentRow, look: Look): Html {
  const { say } = look
  if (decided === null) return html`<p class="calm">${say('nobodyDecided')}</p>`
  const { state, device, claimedBy, crew, cause, expectedAt, merged, into, splitOff, splitFrom } = decided
  const links = (ids: readonly string[]): Html => html`${ids.map(id => html`${linkTo(look, id)} `)}`
  return html`<dl class="sheet">${fact(
    say('says'),
    state !== undefined && say(state === 'open' ? 'saysOpen' : closedWord(decided, reason))
  )}${fact(say('decidedDevice'), device !== undefined && showPlace(look, device))}${fact(
    say('claimedBy'),
    claimedBy !== undefined && look.person(claimedBy)
  )}${fact(say('crew'), crew ?? false)}${fact(say('cause'), cause !== undefined && sayCode(say, cause))}${fact(
    say('expectedAt'),
    expectedAt !== undefined && showMoment(look, expectedAt)
  )}${fact(say('into'), into !== undefined && links([into]))}${fact(
    say('merged'),
    merged !== undefined && links(merged)
  )}${fact(say('splitOff'), splitOff !== undefined && links(splitOff))}${fact(
    say('splitFrom'),
    splitFrom !== undefined && links([splitFrom])
  )}</dl>`
}

/** What a person meant who closed it: it is part of another, it was none, or it is over. */
const closedWord = ({ into }: Decided, reason: string | null): IncidentWord =>
  into !== undefined ? 'MERGED' : reason === 'DISMISSED' ? 'saysNone' : 'saysOver'

/** Reasons in words, those for it first. */
export function renderEvidence(evidence: readonly EvidenceItem[], { reader, say }: Look): Html {
  if (evidence.length === 0) return html`<p class="calm">${say('evidenceNone')}</p>`
  const sorted = evidence.toSorted((one, other) => Number(other.weight > 0) - Number(one.weight > 0))
  return html`<ul class="reasons">${sorted.map(({ kind, count, of, weight }) => {
    const isFor = weight > 0
    const words = sayCode((word, values) => say(word, { n: reader.count(count), ...values }), kind)
    return html`<li class="${isFor ? 'for' : 'against'}"><small>${say(isFor ? 'speaksFor' : 'speaksAgainst')}</small>${words}${
      of !== undefined && say('ofMany', { n: reader.count(of) })
    }</li>`
  })}</ul>`
}

/** Every step, the newest first. */
export function renderLife(lines: readonly IncidentLine[], look: Look): Html {
  const { reader, say, nameOf } = look
  return html`<ol class="steps">${lines.toReversed().map(line => {
    const { at, change, reason, affected, decided } = line
    // The system moves it by what it thinks itself; else it is where a person says.
    const place = change === 'moved' ? line.device : standsAt(line)
    const isDecided = decided !== undefined && decided.at === at
    const what = sayCode(say, change === undefined ? stateOf(line) : (CHANGES[change] ?? change))
    const who = isDecided && `${sayAct(say, decided.act)} · ${look.person(decided.by)}`
    const hit =
      affected > 0
        ? say(affected === 1 ? 'customer1' : 'customers', { n: reader.count(affected) })
        : showAffected(line, look)
    const facts = [who, nameOf(place) || place, hit, reader.percent(line.confidence)]
    return html`<li>${showMoment(look, at)}<b>${isDecided && change === 'reopened' ? say('reopen') : what}</b><span>${[
      ...facts,
      reason !== undefined && sayCode(say, reason)
    ]
      .filter(fact => fact !== false && fact !== NOBODY)
      .join(' · ')}</span></li>`
  })}</ol>`
}

export const sayAct = (say: Say, act: string): string => sayCode(say, act === 'note' ? 'notes' : act)

/** What was decided, the newest first, with what became of it. */
export function renderDecisions(rows: readonly DecisionRow[], look: Look): Html {
  const { say } = look
  return html`<ol class="steps">${rows.map(({ at, act, by, state, reason, facts }) => {
    const { device, into, crew, cause, expectedAt, note } = facts
    const words = [device, into, crew, cause !== undefined && sayCode(say, cause), note].filter(
      word => word !== undefined && word !== false
    )
    return html`<li class="${state}">${showMoment(look, at)}<b>${sayAct(say, act)}</b><span>${[
      look.person(by),
      ...words
    ].join(
      ' · '
    )}${expectedAt !== undefined && html` · ${say('expectedAt')} ${showMoment(look, expectedAt)}`} <small>${say(
      state === 'taken' ? 'taken' : 'refused'
    )}${reason !== null && `: ${sayCode(say, reason)}`}</small></span></li>`
  })}</ol>`
}

/** Key customers that lose a feed by it, with what is left of them by the network. */
export function renderAffected(all: readonly Affected[], { reader, say }: Look): Html {
  return html`<ul class="short">${all.map(({ customer, effect, feeds }) => {
    const look = customerLook(customer, reader)
    const named = feeds.map(look.nameOf).join(reader.language === 'en' ? ', ' : '、')
    const page = `/key-customers/${encodeURIComponent(customer.id)}?lang=${reader.language}`
    return html`<li><b><a href="${page}">${customer.name}</a> <span class="pill ${effect}">${look.say(
      `without-${effect}`
    )}</span></b><span>${say('losesFeeds', { v: named })}</span></li>`
  })}</ul>`
}

/** Some of those without supply. @param count all of them; null until they are named */
export function renderPoints(
  points: readonly NamedPoint[],
  count: number | null,
  { reader, say }: Look
): Html {
  if (count === null) return html`<p class="calm">${say('pointsLater')}</p>`
  const more =
    count > points.length && html`<p class="note">${say('pointsMore', { n: reader.count(count) })}</p>`
  return html`<p class="points">${points.map(({ usagePoint }) => html`<span>${usagePoint}</span> `)}</p>${more}`
}
