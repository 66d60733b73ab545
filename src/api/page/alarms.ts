import type { AlarmRow } from '../../ledger/outage-port.ts'
import type { ApiContext } from '../context.ts'
import { type Html, html } from './html.ts'
import { type Say, sayCode } from './incident-words.ts'
import type { Look } from './look.ts'
import { showPlace, showSince } from './outages.ts'

/** Rows of the list; the others are counted. */
const SHOWN = 8
const HOUR_MS = 3_600_000
/** What can hurt people or their appliances. */
const DANGEROUS: ReadonlySet<string> = new Set(['broken-neutral', 'back-feed'])

/** A condition in words, marked where it is dangerous. */
export const showCondition = (say: Say, code: string): Html =>
  html`${DANGEROUS.has(code) && html`<span class="danger">⚠ ${say('danger')}</span> `}${sayCode(say, code)}`

/**
 * Alarms that are not over, the newest first; whoever may decide acknowledges or shelves one with a button. Out of memory: it asks nobody.
 */
export function renderAlarms(context: ApiContext, look: Look): Html {
  const { alarms } = context.outageFigures()
  const { reader, say, mayDecide } = look
  const shown = alarms.slice(0, SHOWN)
  const more = alarms.length - shown.length
  return html`<div id="live-alarms" data-live>${
    shown.length === 0
      ? html`<p class="calm">${say('alarmsNone')}</p>`
      : html`<table class="outages alarms"><thead><tr><th scope="col">${say('alarmKind')}</th><th scope="col">${say(
          'alarmPlace'
        )}</th><th scope="col" class="number">${say('alarmVoltage')}</th><th scope="col">${say(
          'alarmSince'
        )}</th><th scope="col">${say('alarmState')}</th>${
          mayDecide && html`<th scope="col">${say('alarmDecide')}</th>`
        }</tr></thead><tbody>${shown.map(row =>
          renderRow(row, context.clock.now(), look)
        )}</tbody></table>${more > 0 && html`<p class="note">${say('alarmsMore', { n: reader.count(more) })}</p>`}`
  }</div>`
}

function renderRow(row: AlarmRow, now: number, look: Look): Html {
  const { id, kind, subject, state, value, start, by, note, until } = row
  const { reader, say, person, mayDecide } = look
  const path = `/v1/alarms/${encodeURIComponent(id)}`
  const standing =
    state === 'shelved' && until !== null ? say('shelved', { t: reader.clock(until) }) : sayCode(say, state)
  const words = [by !== null && person(by), note].filter(word => typeof word === 'string' && word !== '')
  return html`<tr><td><a href="${path}">${showCondition(say, kind)}</a></td><td class="free">${showPlace(
    look,
    subject
  )}</td><td class="number" data-label="${say('alarmVoltage')}">${value === null ? '–' : `${reader.fixed(value, 0)} V`}</td><td>${showSince(
    look,
    start,
    now
  )}</td><td><span class="pill ${state}">${standing}</span> <small class="free">${words.join(' · ')}</small></td>${
    mayDecide && html`<td class="ack">${renderButtons(path, state, now, say)}</td>`
  }</tr>`
}

/** A form each: what a person says of one act is refused by the other. */
const renderButtons = (path: string, state: string, now: number, say: Say): Html =>
  html`${
    state !== 'acknowledged' &&
    html`<form data-decide><button value="${path}/acknowledge">${say('acknowledge')}</button></form>`
  }${
    state !== 'shelved' &&
    html`<form data-decide><input type="hidden" name="until" value="${new Date(
      now + HOUR_MS
    ).toISOString()}"><button value="${path}/shelve">${say('shelveHour')}</button></form>`
  }`
