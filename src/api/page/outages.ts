import type { IncidentRow } from '../../ledger/outage-port.ts'
import type { ApiContext } from '../context.ts'
import type { Reader } from './format.ts'
import { type Html, html } from './html.ts'

/** Rows of the list; the others are counted. */
const SHOWN = 8
const DAY_MS = 86_400_000

/** Confirmed incidents that are not restored, the newest first. Out of memory: it asks nobody. */
export function renderOutages(context: ApiContext, reader: Reader): Html {
  const { openIncidents, openLosses, newest } = context.outageFigures()
  const { word } = reader
  const shown = newest.slice(0, SHOWN)
  const sum = word('outagesSum', { n: reader.count(openIncidents), m: reader.count(openLosses) })
  const more = openIncidents - shown.length
  return html`<div id="live-outages" data-live><p class="aside">${sum}</p>${
    shown.length === 0
      ? html`<p class="calm">${word('outagesNone')}</p>`
      : html`<table class="outages"><thead><tr><th scope="col">${word('outageDevice')}</th><th scope="col">${word(
          'outageSince'
        )}</th><th scope="col" class="number">${word('outageAffected')}</th><th scope="col" class="number">${word(
          'outageConfidence'
        )}</th><th scope="col">${word('outageState')}</th></tr></thead><tbody>${shown.map(row =>
          renderRow(row, context, reader)
        )}</tbody></table>${more > 0 && html`<p class="note">${word('outagesMore', { n: reader.count(more) })}</p>`}`
  }</div>`
}

function renderRow(row: IncidentRow, context: ApiContext, reader: Reader): Html {
  const { id, device, phases, start, affected, confidence, state } = row
  const { word } = reader
  const now = context.clock.now()
  const name = nameOf(context, device)
  const day = now - start > DAY_MS && html`${reader.day(start)} `
  return html`<tr><td><a href="/incidents/${encodeURIComponent(id)}?lang=${reader.language}">${name === '' ? device : name}</a>${
    name !== '' && html` <small>${device}</small>`
  }${phases !== '' && html` <small>${word('outagePhases', { v: phases })}</small>`}</td><td><time datetime="${new Date(
    start
  ).toISOString()}">${day}${reader.clock(start)}</time> <small>${reader.duration(now - start)}</small></td><td class="number">${reader.count(
    affected
  )}</td><td class="number">${reader.percent(confidence)}</td><td>${word(
    state === 'updated' ? 'outageUpdated' : 'outageConfirmed'
  )}</td></tr>`
}

/** '' for what has none, and for the usage point of a service line. */
function nameOf(context: ApiContext, id: string): string {
  const { network, devices } = context.registry()
  const device = network.numbers.get(id)
  return device === undefined ? '' : devices.name.get(device)
}
