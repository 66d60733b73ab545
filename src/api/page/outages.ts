import type { IncidentRow } from '../../ledger/outage-port.ts'
import type { Decided } from '../../model/outages.ts'
import type { ApiContext } from '../context.ts'
import { type Html, html } from './html.ts'
import { sayCode } from './incident-words.ts'
import type { Look } from './look.ts'

/** Rows of the list; the others are counted. */
const SHOWN = 8
const DAY_MS = 86_400_000
/** Where nothing can be said of customers. */
export const NOBODY = '–'

/** One word for one state: `updated` is open, or restored where it tells of times after the end. */
export const stateOf = ({ state, end }: Pick<IncidentRow, 'state' | 'end'>): string =>
  state === 'updated' ? (end === null ? 'open' : 'restored') : state

/** Since when, with the day where it was not today. */
export function showSince({ reader }: Look, at: number, now: number): Html {
  const day = now - at > DAY_MS && html`${reader.day(at)} `
  return html`<time datetime="${new Date(at).toISOString()}">${day}${reader.clock(at)}</time> <small>${reader.duration(now - at)}</small>`
}

/** Where it is: at the device that a person says, else that the system thinks. */
export const standsAt = ({
  decided,
  device
}: Pick<IncidentRow, 'device'> & { readonly decided?: Decided | null }): string => decided?.device ?? device

/** The name of a place, with its id. */
export function showPlace({ nameOf }: Look, id: string): Html {
  const name = nameOf(id)
  return html`<b>${name === '' ? id : name}</b>${name !== '' && html` <small>${id}</small>`}`
}

/** How many customers it interrupts. None is said in words where they are fed elsewhere, and not at all while nobody knows. */
export function showAffected(
  { device, affected, state }: Pick<IncidentRow, 'device' | 'affected' | 'state'>,
  { reader, say, isFedElsewhere }: Look
): string {
  if (affected > 0) return reader.count(affected)
  return state !== 'suspected' && isFedElsewhere(device) ? say('fedElsewhere') : NOBODY
}

/** Confirmed incidents that are not restored, the newest first. Out of memory: it asks nobody. */
export function renderOutages(context: ApiContext, look: Look): Html {
  const { openIncidents, openLosses, newest } = context.outageFigures()
  const { reader } = look
  const { word } = reader
  const shown = newest.slice(0, SHOWN)
  const sum = word('outagesSum', { n: reader.count(openIncidents), m: reader.count(openLosses) })
  const more = openIncidents - shown.length
  return html`<div id="live-outages" data-live><div class="head"><h2 id="outages">${word('outages')}</h2><p class="aside">${sum}</p></div>${
    shown.length === 0
      ? html`<p class="calm">${word('outagesNone')}</p>`
      : html`<table class="outages"><thead><tr><th scope="col">${word('outageDevice')}</th><th scope="col">${word(
          'outageSince'
        )}</th><th scope="col" class="number">${word('outageAffected')}</th><th scope="col" class="number">${word(
          'outageConfidence'
        )}</th><th scope="col">${word('outageState')}</th></tr></thead><tbody>${shown.map(row =>
          renderRow(row, context.clock.now(), look)
        )}</tbody></table>${more > 0 && html`<p class="note">${word('outagesMore', { n: reader.count(more) })}</p>`}`
  }</div>`
}

function renderRow(row: IncidentRow, now: number, look: Look): Html {
  const { id, phases, start, kind, confidence, decided } = row
  const { reader, say, person } = look
  const { word } = reader
  const claimed =
    decided?.claimedBy !== undefined &&
    html` <small class="free">${say('claimedNow', { v: person(decided.claimedBy) })}</small>`
  return html`<tr><td class="free"><a href="/incidents/${encodeURIComponent(id)}?lang=${reader.language}">${showPlace(
    look,
    standsAt(row)
  )}</a>${phases !== '' && html` <small>${word('outagePhases', { v: phases })}</small>`}</td><td>${showSince(
    look,
    start,
    now
  )}</td><td class="number" data-label="${word('outageAffected')}">${showAffected(
    row,
    look
  )}</td><td class="number" data-label="${word('outageConfidence')}">${reader.percent(
    confidence
  )}</td><td>${kind === 'planned' ? say('plannedNow') : sayCode(say, stateOf(row))}${claimed}</td></tr>`
}
