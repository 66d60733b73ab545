import type { FindingRow, IncidentRow, LossRow } from '../../ledger/outage-port.ts'
import type { ApiContext } from '../context.ts'
import { type Html, html } from './html.ts'
import { type IncidentWord, sayCode } from './incident-words.ts'
import type { Look } from './look.ts'
import { showPlace, showSince, standsAt } from './outages.ts'

/** Rows of each list. */
const SHOWN = 5

/** Short lists beside the outages of now: what is over, who is silent, what was found; each leads to all of it. Out of memory. */
export function renderWatch(context: ApiContext, look: Look): Html {
  const { past, losses, findings } = context.outageFigures()
  const now = context.clock.now()
  return html`<div id="live-watch" data-live class="columns watch">${renderList(
    look,
    ['past', 'pastNone', '/v1/incidents?state=restored,closed'],
    past.map(row => renderPast(row, now, look))
  )}${renderList(
    look,
    ['losses', 'lossesNone', '/v1/communication'],
    losses.map(row => renderLoss(row, now, look))
  )}${renderList(
    look,
    ['findings', 'findingsNone', '/v1/findings'],
    findings.map(row => renderFinding(row, now, look))
  )}</div>`
}

type ListWords = readonly [title: IncidentWord, none: IncidentWord, all: string]

const renderList = ({ say }: Look, [title, none, all]: ListWords, rows: readonly Html[]): Html =>
  html`<section class="panel"><div class="head"><h2>${say(title)}</h2><a class="aside" href="${all}">${say(
    'allOf'
  )}</a></div>${
    rows.length === 0
      ? html`<p class="calm">${say(none)}</p>`
      : html`<ul class="short">${rows.slice(0, SHOWN).map(row => html`<li>${row}</li>`)}</ul>`
  }</section>`

function renderPast(row: IncidentRow, now: number, look: Look): Html {
  const { id, start, end, kind } = row
  const { reader, say } = look
  const planned = kind === 'planned' && html` <small>${say('plannedNow')}</small>`
  const lasted = end !== null && html` <small>${say('lasted')} ${reader.duration(end - start)}</small>`
  return html`<a href="/incidents/${encodeURIComponent(id)}?lang=${reader.language}">${showPlace(
    look,
    standsAt(row)
  )}</a><span>${showSince(look, start, now)}${lasted}${planned}</span>`
}

function renderLoss({ id, scope, subject, reason, start }: LossRow, now: number, look: Look): Html {
  const { say } = look
  const unsure = reason !== null && html` <small>${sayCode(say, reason)}</small>`
  return html`<a href="/v1/communication/${encodeURIComponent(id)}">${sayCode(say, scope)} <b>${subject}</b></a><span>${showSince(
    look,
    start,
    now
  )}${unsure}</span>`
}

const renderFinding = ({ id, kind, subject, evidence, at }: FindingRow, now: number, look: Look): Html =>
  html`<a href="/v1/findings/${encodeURIComponent(id)}" title="${evidence}">${sayCode(look.say, kind)} <b>${subject}</b></a><span>${showSince(
    look,
    at,
    now
  )}</span>`
