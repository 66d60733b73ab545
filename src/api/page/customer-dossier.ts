import { type EntryOf, HAZARD_DUTIES } from '../../model/dossier.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import { completeness, type DossierResult, openHazards } from '../../supply/dossier.ts'
import type { DossierNow } from '../shapes/dossier.ts'
import type { CustomerLook } from './customer-look.ts'
import { renderHazardForm, renderWriteForms } from './dossier-forms.ts'
import { dossierWords, isDossierWord, type SayDossier } from './dossier-words.ts'
import { type Html, html } from './html.ts'

/** What of one file, one plan, one person is there, what is missing or due, and hazards that are open; forms for whoever may write. */
export function renderDossier(
  customer: KeyCustomer,
  { results, entries }: DossierNow,
  now: number,
  look: CustomerLook,
  mayWrite: boolean
): Html {
  const say = dossierWords(look.reader.language)
  const share = look.reader.fixed(Math.floor(completeness(results) * 100), 0)
  const lacking = results.filter(({ isThere }) => !isThere)
  const due = results.filter(({ isThere, dueAt }) => isThere && dueAt !== null)
  const hazards = openHazards(entries)
  const items = [...lacking, ...due].map(each => renderItem(customer, each, now, look, say))
  return html`<div class="head"><h2>${say('dossier')}</h2><b class="pill ${lacking.length === 0 ? 'normal' : 'unknown'}">${say(
    'complete',
    { p: `${share}%` }
  )}</b></div>${lacking.length === 0 && html`<p class="calm">${say('allThere')}</p>`}<ul class="short">${items}</ul><h2>${say(
    'openHazards'
  )}</h2>${
    hazards.length === 0
      ? html`<p class="calm">${say('noHazards')}</p>`
      : html`<ul class="short">${hazards.map(hazard => renderHazard(hazard, now, look, say, mayWrite))}</ul>`
  }${mayWrite && renderWriteForms(customer, entries, look, say)}`
}

function renderItem(
  { id }: KeyCustomer,
  { item, isThere, dueAt, missing }: DossierResult,
  now: number,
  { reader, nameOf }: CustomerLook,
  say: SayDossier
): Html {
  const isOver = dueAt !== null && dueAt <= now
  const [verdict, kind] = isThere
    ? [say('there'), 'normal']
    : [say(isOver ? 'overdue' : 'missing'), isOver ? 'failed' : 'unknown']
  const named = missing.map(each => {
    if (each === id) return say(item === 'feeds' ? 'noFeed' : 'noSection')
    if (each === item) return isOver ? '' : say('never')
    return isDossierWord(each) ? say(each) : nameOf(each)
  })
  const day = dueAt === null ? '' : say('dueOn', { d: reader.date(dueAt) })
  const words = [...named, day].filter(text => text !== '').join(' · ')
  return html`<li><b>${say(item)} <span class="pill ${kind}">${verdict}</span></b><span>${words}</span></li>`
}

function renderHazard(
  hazard: EntryOf<'hazard'>,
  now: number,
  { reader }: CustomerLook,
  say: SayDossier,
  mayWrite: boolean
): Html {
  const { at, body } = hazard
  const isLate = body.due !== null && body.due <= now
  const done = HAZARD_DUTIES.filter(duty => body[duty] !== null).map(duty => say(duty))
  const next =
    body.fixed !== null
      ? say('wasFixed', { d: reader.date(body.fixed) })
      : body.due !== null && say('fixBy', { d: reader.date(body.due) })
  const words = [say('foundOn', { d: reader.date(at) }), next, ...done].filter(text => text !== false)
  const kind = isLate || body.level === 'major' ? 'failed' : 'unknown'
  return html`<li><b>${body.what} <span class="pill ${kind}">${say(body.level)}</span></b><span>${words.join(' · ')}</span>${mayWrite && renderHazardForm(hazard, say)}</li>`
}
