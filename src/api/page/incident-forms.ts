import type { IncidentRow } from '../../ledger/outage-port.ts'
import { type Html, html } from './html.ts'
import { CAUSES, type IncidentWord } from './incident-words.ts'
import type { Look } from './look.ts'

/** Times that are offered for when supply is back, minutes from now. */
const AHEAD_MIN = [30, 60, 120, 240, 480] as const

/** What a dispatcher can decide about an incident in its state. @param now epoch ms */
export function renderForms({ id, state, reason }: IncidentRow, now: number, look: Look): Html {
  const { reader, say } = look
  const path = (act: string): string => `/v1/incidents/${encodeURIComponent(id)}/${act}`
  const button = (act: string, word: IncidentWord): Html =>
    html`<button value="${path(act)}">${say(word)}</button>`
  const closing = html`<button value="${path('close')}" data-ask="${say('closeAsk', { v: id })}">${say('close')}</button>`
  const isOpen = state === 'open' || state === 'updated'
  const isSuspected = state === 'suspected'
  const isLive = isOpen || isSuspected || state === 'restored'
  const isAgain = state === 'restored' || state === 'closed' || reason === 'DISMISSED'
  const times = AHEAD_MIN.map(minutes => {
    const at = now + minutes * 60_000
    const words = say('inTime', { v: reader.duration(minutes * 60_000), t: reader.clock(at) })
    return html`<option value="${new Date(at).toISOString()}">${words}</option>`
  })
  const status = html`<p class="said" role="status"></p>`
  return html`<form class="decide" data-decide data-sent="${say('sent')}">
<label><span>${say('cause')}</span><select name="cause"><option value="">${say('optional')}</option>${CAUSES.map(
    cause => html`<option value="${cause}">${say(cause)}</option>`
  )}</select></label>
<label><span>${say('crew')}</span><input name="crew" maxlength="64" autocomplete="off"></label>
<label><span>${say('expectedAt')}</span><select name="expectedAt"><option value="">${say('optional')}</option>${times}</select></label>
<label class="wide"><span>${say('note')}</span><input name="note" maxlength="1000" autocomplete="off"></label>
<p class="buttons">${isLive && button('claim', 'claim')}${isSuspected && button('confirm', 'confirm')}${
    isLive && (isSuspected ? button('close', 'dismiss') : closing)
  }${isAgain && button('reopen', 'reopen')}${button('notes', 'notes')}</p>${status}</form>${
    (isOpen || isSuspected) &&
    html`<div class="pair-forms"><form class="decide" data-decide data-sent="${say('sent')}"><label><span>${say(
      'otherDevice'
    )}</span><input name="device" required maxlength="128" autocomplete="off"></label><p class="buttons">${button(
      'move',
      'move'
    )}${isOpen && button('split', 'split')}</p>${status}</form><form class="decide" data-decide data-sent="${say(
      'sent'
    )}"><label><span>${say(
      'otherIncident'
    )}</span><input name="into" required maxlength="128" autocomplete="off"></label><p class="buttons">${button(
      'merge',
      'merge'
    )}</p>${status}</form></div>`
  }`
}
