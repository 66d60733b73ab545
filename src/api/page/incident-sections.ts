import type { DecisionRow, IncidentRow, NamedPoint } from '../../ledger/outage-port.ts'
import type { EvidenceItem, IncidentLine } from '../../model/outages.ts'
import type { Reader } from './format.ts'
import { type Html, html } from './html.ts'
import { type IncidentWord, type Say, sayCode } from './incident-words.ts'

/** How one reader reads the page of an incident. */
export interface IncidentReader {
  readonly reader: Reader
  readonly say: Say
  /** Name of a device, '' for what has none. */
  nameOf(device: string): string
}

const CHANGES: Readonly<Record<string, IncidentWord>> = {
  split: 'changeSplit',
  decided: 'changeDecided',
  evidence: 'changeEvidence',
  supply: 'changeSupply'
}

export const showMoment = ({ reader }: IncidentReader, at: number): Html =>
  html`<time datetime="${new Date(at).toISOString()}">${reader.day(at)} ${reader.seconds(at)}</time>`

/** Who acted, without how he came in. */
export const showPerson = (by: string): string => by.replace(/^user:/, '')

const fact = (name: string, value: Html | string | false): Html | false =>
  value !== false && html`<div><dt>${name}</dt><dd>${value}</dd></div>`

export function showDevice({ nameOf }: IncidentReader, device: string): Html {
  const name = nameOf(device)
  return html`<b>${name === '' ? device : name}</b>${name !== '' && html` <small>${device}</small>`}`
}

/** What the system thinks. */
export function renderOpinion(row: IncidentRow, look: IncidentReader): Html {
  const { reader, say } = look
  const { device, sameAs, phases, start, end, affected, confirmed, confidence, kind, supply } = row
  return html`<dl class="sheet">${fact(say('device'), showDevice(look, device))}${fact(
    say('sameAs'),
    sameAs.length > 0 && sameAs.join(', ')
  )}${fact(say('phases'), phases !== '' && phases)}${fact(say('confidence'), reader.percent(confidence))}${fact(
    say('affected'),
    reader.count(affected)
  )}${fact(say('confirmedMeters'), reader.count(confirmed))}${fact(say('start'), showMoment(look, start))}${fact(
    say('end'),
    end === null ? say('lasts') : showMoment(look, end)
  )}${fact(say('kind'), sayCode(say, kind))}${fact(say('supply'), supply !== 'none' && sayCode(say, supply))}</dl>`
}

/** What people decided, as it stands. */
export function renderDecided({ decided }: IncidentRow, look: IncidentReader): Html {
  const { say } = look
  if (decided === null) return html`<p class="calm">${say('nobodyDecided')}</p>`
  const { state, device, claimedBy, crew, cause, expectedAt, merged, into, splitOff, splitFrom } = decided
  const links = (ids: readonly string[]): Html =>
    html`${ids.map(id => html`<a href="/incidents/${encodeURIComponent(id)}?lang=${look.reader.language}">${id}</a> `)}`
  return html`<dl class="sheet">${fact(
    say('says'),
    state !== undefined && say(state === 'open' ? 'saysOpen' : 'saysClosed')
  )}${fact(say('decidedDevice'), device !== undefined && showDevice(look, device))}${fact(
    say('claimedBy'),
    claimedBy !== undefined && showPerson(claimedBy)
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

/** Reasons in words, those for it first. */
export function renderEvidence(evidence: readonly EvidenceItem[], { reader, say }: IncidentReader): Html {
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
export function renderLife(lines: readonly IncidentLine[], look: IncidentReader): Html {
  const { reader, say } = look
  return html`<ol class="steps">${lines.toReversed().map(line => {
    const { at, state, change, reason, device, affected, decided } = line
    const what = change === undefined ? sayCode(say, state) : sayCode(say, CHANGES[change] ?? change)
    const who =
      change === 'decided' &&
      decided !== undefined &&
      `${sayAct(say, decided.act)} · ${showPerson(decided.by)}`
    return html`<li>${showMoment(look, at)}<b>${what}</b><span>${who !== false && `${who} · `}${device} · ${say('customers', { n: reader.count(affected) })} · ${reader.percent(line.confidence)}${
      reason !== undefined && ` · ${sayCode(say, reason)}`
    }</span></li>`
  })}</ol>`
}

export const sayAct = (say: Say, act: string): string => sayCode(say, act === 'note' ? 'notes' : act)

/** What was decided, the newest first, with what became of it. */
export function renderDecisions(rows: readonly DecisionRow[], look: IncidentReader): Html {
  const { say } = look
  if (rows.length === 0) return html`<p class="calm">${say('nobodyDecided')}</p>`
  return html`<ol class="steps">${rows.map(({ at, act, by, state, reason, facts }) => {
    const { device, into, crew, cause, expectedAt, note } = facts
    const words = [device, into, crew, cause !== undefined && sayCode(say, cause), note].filter(
      word => word !== undefined && word !== false
    )
    return html`<li class="${state}">${showMoment(look, at)}<b>${sayAct(say, act)}</b><span>${[
      showPerson(by),
      ...words
    ].join(
      ' · '
    )}${expectedAt !== undefined && html` · ${say('expectedAt')} ${showMoment(look, expectedAt)}`} <small>${say(
      state === 'taken' ? 'taken' : 'refused'
    )}${reason !== null && `: ${sayCode(say, reason)}`}</small></span></li>`
  })}</ol>`
}

/** Some of those without supply. @param count all of them; null until they are named */
export function renderPoints(
  points: readonly NamedPoint[],
  count: number | null,
  { reader, say }: IncidentReader
): Html {
  if (count === null) return html`<p class="calm">${say('pointsLater')}</p>`
  const more =
    count > points.length && html`<p class="note">${say('pointsMore', { n: reader.count(count) })}</p>`
  return html`<p class="points">${points.map(({ usagePoint }) => html`<span>${usagePoint}</span> `)}</p>${more}`
}
