import type { AlarmRow } from '../../ledger/outage-port.ts'
import type { ApiContext } from '../context.ts'
import type { Reader } from './format.ts'
import { type Html, html } from './html.ts'
import { showPerson } from './incident-sections.ts'
import { type Say, sayCode, sayIn } from './incident-words.ts'

/** Rows of the list; the others are counted. */
const SHOWN = 8
const DAY_MS = 86_400_000

/**
 * Alarms that are not over, the newest first; whoever may decide acknowledges one with a button. Out of memory: it asks nobody.
 */
export function renderAlarms(context: ApiContext, mayDecide: boolean, reader: Reader): Html {
  const { alarms } = context.outageFigures()
  const say = sayIn(reader.language)
  const shown = alarms.slice(0, SHOWN)
  const more = alarms.length - shown.length
  return html`<div id="live-alarms" data-live>${
    shown.length === 0
      ? html`<p class="calm">${say('alarmsNone')}</p>`
      : html`<table class="outages alarms"><tbody>${shown.map(row =>
          renderRow(row, context, mayDecide, reader, say)
        )}</tbody></table>${more > 0 && html`<p class="note">${say('alarmsMore', { n: reader.count(more) })}</p>`}`
  }</div>`
}

function renderRow(row: AlarmRow, context: ApiContext, mayDecide: boolean, reader: Reader, say: Say): Html {
  const { id, kind, subject, state, value, start, by, note, until } = row
  const { network, devices } = context.registry()
  const device = network.numbers.get(subject)
  const name = device === undefined ? '' : devices.name.get(device)
  const day = context.clock.now() - start > DAY_MS && html`${reader.day(start)} `
  const path = `/v1/alarms/${encodeURIComponent(id)}`
  const standing =
    state === 'shelved' && until !== null ? say('shelved', { t: reader.clock(until) }) : sayCode(say, state)
  const words = [by !== null && showPerson(by), note].filter(word => typeof word === 'string' && word !== '')
  return html`<tr><td><a href="${path}">${sayCode(say, kind)}</a></td><td>${name === '' ? subject : name}${
    name !== '' && html` <small>${subject}</small>`
  }${value !== null && html` <small>${reader.fixed(value, 0)} V</small>`}</td><td><time datetime="${new Date(
    start
  ).toISOString()}">${day}${reader.clock(start)}</time></td><td><span class="pill ${state}">${standing}</span> <small>${words.join(
    ' · '
  )}</small></td><td class="number">${
    mayDecide &&
    state !== 'acknowledged' &&
    html`<form class="ack" data-decide><button value="${path}/acknowledge">${say('acknowledge')}</button></form>`
  }</td></tr>`
}
