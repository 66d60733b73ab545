import { type Caller, KEEPS_CUSTOMERS, mayUse } from '../../model/roles.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { CustomerLook } from './customer-look.ts'
import type { CustomerWord } from './customer-words.ts'
import { type Html, html } from './html.ts'

const OWN_FACTS: readonly (readonly [fact: string, word: CustomerWord])[] = [
  ['running', 'ownRunning'],
  ['ready', 'ownReady'],
  ['failed', 'ownFailed']
]

/** One choice says all of it: what, and how it is. */
export function renderObserve(
  customer: KeyCustomer,
  trucks: readonly string[],
  caller: Caller | undefined,
  look: CustomerLook
): Html {
  const { say, nameOf } = look
  if (!mayUse(KEEPS_CUSTOMERS, caller))
    return html`<p class="calm"><a href="/login">${say('noRight')}</a>${say('toObserve')}</p>`
  const option = (said: object, words: string): Html =>
    html`<option value="${JSON.stringify(said)}">${words}</option>`
  const brought = trucks.map(id => ({ id, kind: 'truck' }))
  const sources = [...customer.sources, ...brought].map(({ id, kind }) => {
    const facts =
      kind === 'grid'
        ? ([
            ['live', 'feedLive'],
            ['dead', 'feedDead']
          ] as const)
        : OWN_FACTS
    const options = facts.map(([fact, word]) => option({ source: id, fact }, say(word, { v: nameOf(id) })))
    return html`<optgroup label="${nameOf(id)}">${options}</optgroup>`
  })
  const sections = customer.sections.map(({ id, sources: able }) => {
    const fed = [...able, ...trucks].map(by =>
      option({ section: id, fact: 'fed', fedBy: by }, say('sectionFed', { v: nameOf(id), by: nameOf(by) }))
    )
    const dark = option({ section: id, fact: 'dark' }, say('sectionDark', { v: nameOf(id) }))
    return html`<optgroup label="${nameOf(id)}">${dark}${fed}</optgroup>`
  })
  const path = `/v1/key-customers/${encodeURIComponent(customer.id)}/observations`
  return html`<p class="note">${say('observeNote')}</p><form class="decide" data-decide data-sent="${say('sent')}">
<label class="wide"><span>${say('fact')}</span><select name="*" required><option value=""></option>${sources}${sections}</select></label>
<label class="wide"><span>${say('heardFrom')}</span><input name="heardFrom" required maxlength="128" autocomplete="off" placeholder="${say(
    'heardHint'
  )}"></label>
<p class="buttons"><button value="${path}">${say('submit')}</button></p><p class="said" role="status"></p></form>`
}
