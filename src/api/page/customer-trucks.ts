import type { TruckEntry } from '../../model/dossier.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import { trucksHere } from '../shapes/trucks.ts'
import type { CustomerLook } from './customer-look.ts'
import { type Html, html } from './html.ts'

const MAX_ID = 128

/** Generator trucks that are there, what can be said of each now, and a form for one that came. */
export function renderTrucks(
  customer: KeyCustomer,
  stays: readonly TruckEntry[],
  now: number,
  look: CustomerLook
): Html {
  const { say } = look
  const path = `/v1/key-customers/${encodeURIComponent(customer.id)}/sources`
  const here = trucksHere(stays)
  return html`${
    here.length > 0 && html`<ul class="short">${here.map(stay => renderStay(stay, path, now, look))}</ul>`
  }<details id="write-truck"${here.length === 0 && html` open`}><summary>${say('truckCame')}</summary><p class="note">${say(
    'truckNote'
  )}</p><form class="decide" data-decide data-sent="${say('sent')}">
<label class="wide"><span>${say('truckSections')}</span><select name="*" required><option value=""></option>${choicesOf(
    customer,
    look
  )}</select></label>
<label><span>${say('truckId')}</span><input name="id" maxlength="${MAX_ID}" autocomplete="off" placeholder="TRK-07"></label>
<label><span>${say('truckCapacity')}</span><input type="number" name="capacityKw" min="0" step="any"></label>
<label><span>${say('truckFuel')}</span><input type="number" name="fuelLitres" min="0" step="any"></label>
<label><span>${say('truckSince')}</span><input type="datetime-local" name="attachedAt" step="60"></label>
<p class="buttons"><button value="${path}">${say('submit')}</button></p><p class="said" role="status"></p></form></details>`
}

/** All security sections at once, where there are several, and each section. */
function choicesOf({ sections }: KeyCustomer, { say, nameOf }: CustomerLook): Html {
  const option = (ids: readonly string[], words: string): Html =>
    html`<option value="${JSON.stringify({ sections: ids })}">${words}</option>`
  const security = sections.filter(section => section.class === 'security').map(({ id }) => id)
  return html`${security.length > 1 && option(security, say('truckSecurity'))}${sections.map(({ id }) =>
    option([id], nameOf(id))
  )}`
}

function renderStay(stay: TruckEntry, path: string, now: number, look: CustomerLook): Html {
  const { id, at, body } = stay
  const { reader, say, nameOf } = look
  const sections = body.sections.map(nameOf).join(' ')
  const since = say('truckHere', { t: reader.clock(at), d: reader.duration(now - at), v: sections })
  const isOld = body.validUntil <= now
  const until = `${reader.day(body.validUntil)} ${reader.clock(body.validUntil)}`
  return html`<li><b>${nameOf(id)}</b><span>${since} <small class="${isOld && 'danger'}">${say(
    isOld ? 'truckOld' : 'truckUntil',
    { t: until }
  )}</small></span><form class="decide" data-decide data-sent="${say('sent')}"><input type="hidden" name="id" value="${id}"><p class="buttons"><button value="${path}">${say(
    'truckStill'
  )}</button><button value="${path}" data-now="detachedAt" data-ask="${say('truckLeftAsk', { v: id })}">${say(
    'truckLeft'
  )}</button></p><p class="said" role="status"></p></form></li>`
}
