import {
  type DossierEntry,
  type DossierKind,
  type EntryOf,
  HAZARD_DUTIES,
  HAZARD_LEVELS,
  PATROL_OCCASIONS
} from '../../model/dossier.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import { showEntry } from '../shapes/dossier.ts'
import type { CustomerLook } from './customer-look.ts'
import type { DossierWord, SayDossier } from './dossier-words.ts'
import { type Html, html } from './html.ts'

/** Entries of a kind that can be withdrawn from the page, the latest of them. */
const SHOWN_ENTRIES = 5
const MAX_TEXT = 2000
const MAX_NAME = 128

const PATHS: Readonly<Record<DossierKind, string>> = {
  ...{ patrol: 'patrols', drill: 'drills', 'backup-test': 'backup-tests', hazard: 'hazards' }
}
const pathOf = (customer: string, kind: DossierKind): string =>
  `/v1/key-customers/${encodeURIComponent(customer)}/${PATHS[kind]}`

/** What to do when a member is refused, or the whole of it. */
const WRONG: Readonly<Record<string, DossierWord>> = {
  ...{ at: 'wrongAt', found: 'wrongText', scenario: 'wrongText', what: 'wrongText', minutes: 'wrongMinutes' },
  ...{ source: 'wrongSource', loadPct: 'wrongLoad', startS: 'wrongStart', due: 'wrongDue' },
  ...{ served: 'wrongDuty', notified: 'wrongDuty', reported: 'wrongDuty', supervised: 'wrongDuty' },
  ...{ fixed: 'wrongDuty', verified: 'wrongVerified', verifiedBy: 'wrongVerifier' },
  ...{ API_UNAUTHENTICATED: 'loggedOut', API_FORBIDDEN: 'mayNot', API_RATE: 'tooOften' },
  unreachable: 'unreachable'
}

/** The same in the reader's language, as the script of forms has it from `data-wrong`. */
export const wrongWords = (say: SayDossier): string =>
  JSON.stringify(Object.fromEntries(Object.entries(WRONG).map(([member, word]) => [member, say(word)])))

/** One form for each kind, folded up, with the latest entries of that kind. */
export function renderWriteForms(
  customer: KeyCustomer,
  entries: readonly DossierEntry[],
  look: CustomerLook,
  say: SayDossier
): Html {
  const kinds: readonly (readonly [kind: DossierKind, title: DossierWord, fields: Html | undefined])[] = [
    ['patrol', 'writePatrol', patrolFields(say)],
    ['drill', 'writeDrill', drillFields(say)],
    ['backup-test', 'writeTest', testFields(customer, look, say)],
    ['hazard', 'writeHazard', hazardFields(say)]
  ]
  return html`<div class="write">${kinds.map(([kind, title, fields]) => {
    if (fields === undefined) return false
    const latest = entries.filter(entry => entry.kind === kind && !entry.isWithdrawn).slice(0, SHOWN_ENTRIES)
    return html`<details id="write-${kind}"><summary>${say(title)}</summary><form class="decide" data-decide data-sent="${say(
      'written'
    )}">${fields}<p class="buttons"><button value="${pathOf(customer.id, kind)}">${say('write')}</button></p>${SAID}</form>${
      latest.length > 0 &&
      html`<h3>${say('latest')}</h3><ul class="short">${latest.map(entry => renderEntry(entry, look, say))}</ul>`
    }</details>`
  })}</div>`
}

/**
 * What can be said of a hazard that is open: which duties are done by now, that it was put right, seen to be, or a mistake. The form
 * has the whole entry with it, because an entry is told anew whole.
 */
export function renderHazardForm(hazard: EntryOf<'hazard'>, say: SayDossier): Html {
  const { keyCustomer, body } = hazard
  const path = pathOf(keyCustomer, 'hazard')
  const isFixed = body.fixed !== null
  const open = [...HAZARD_DUTIES, 'fixed' as const].filter(member => body[member] === null)
  const done = open.map(
    member => html`<button value="${path}" data-now="${member}" formnovalidate>${say(member)}</button>`
  )
  return html`<form class="decide" data-decide data-sent="${say('written')}">${whole(hazard)}${
    isFixed &&
    html`<label class="wide"><span>${say('verifiedBy')}</span><input name="verifiedBy" required maxlength="${MAX_NAME}" autocomplete="off"></label>`
  }<p class="buttons">${isFixed && html`<button value="${path}" data-now="verified">${say('verify')}</button>`}${
    done.length > 0 &&
    html`<span role="group" aria-label="${say('doneNow')}: ${body.what}"><span>${say('doneNow')}</span>${done}</span>`
  }${withdraw(hazard, body.what, say)}</p>${SAID}</form>`
}

const SAID = html`<p class="said" role="status"></p>`

/** An entry as its route takes it. */
function whole(entry: DossierEntry): Html {
  const { writtenAt: _at, writtenBy: _by, ...members } = showEntry(entry)
  return html`<input type="hidden" name="*" value="${JSON.stringify(members)}">`
}

/** @param named what is withdrawn, for whoever hears the page: there are several such buttons */
const withdraw = ({ keyCustomer, kind }: DossierEntry, named: string, say: SayDossier): Html =>
  html`<button value="${pathOf(keyCustomer, kind)}" data-with="${JSON.stringify({ withdrawn: true })}" data-ask="${say(
    'withdrawAsk'
  )}" aria-label="${say('withdraw')}: ${named}" formnovalidate>${say('withdraw')}</button>`

function renderEntry(entry: DossierEntry, { reader, nameOf }: CustomerLook, say: SayDossier): Html {
  const title = `${reader.day(entry.at)} ${reader.clock(entry.at)}`
  const words = wordsOf(entry, nameOf, say)
  return html`<li><b>${title}</b><span>${words}</span><form class="decide" data-decide data-sent="${say(
    'withdrawn'
  )}">${whole(entry)}<p class="buttons">${withdraw(entry, `${title} ${words}`, say)}</p>${SAID}</form></li>`
}

function wordsOf({ kind, body }: DossierEntry, nameOf: CustomerLook['nameOf'], say: SayDossier): string {
  const result = (passed: boolean): string => say(passed ? 'passed' : 'notPassed')
  switch (kind) {
    case 'patrol':
      return `${say(body.occasion)} · ${body.found}`
    case 'drill':
      return `${body.scenario} · ${result(body.passed)}`
    case 'backup-test':
      return `${nameOf(body.source)} · ${result(body.passed)}`
    case 'hazard':
      return `${say(body.level)} · ${body.what}`
    default:
      return kind satisfies never
  }
}

const label = (words: string, field: Html, isWide = false): Html =>
  html`<label${isWide && html` class="wide"`}><span>${words}</span>${field}</label>`

const time = (say: SayDossier, word: DossierWord): Html =>
  label(say(word), html`<input type="datetime-local" name="at" step="60">`)

const text = (say: SayDossier, name: DossierWord, hint: DossierWord): Html =>
  label(
    say(name),
    html`<textarea name="${name}" required maxlength="${MAX_TEXT}" rows="2" placeholder="${say(hint)}"></textarea>`,
    true
  )

const number = (say: SayDossier, name: 'minutes' | 'loadPct' | 'startS', most: number): Html =>
  label(
    say(name),
    html`<input type="number" name="${name}" min="0" max="${most}" step="any"${name === 'minutes' && html` required`}>`
  )

const choice = (
  words: string,
  name: string,
  options: readonly (readonly [value: string, words: string])[]
): Html =>
  label(
    words,
    html`<select name="${name}" required><option value=""></option>${options.map(
      ([value, words]) => html`<option value="${value}">${words}</option>`
    )}</select>`
  )

/** Under the name of a field that has members as JSON: they are no text. */
const passed = (say: SayDossier): Html =>
  choice(say('result'), '*', [
    [JSON.stringify({ passed: true }), say('passed')],
    [JSON.stringify({ passed: false }), say('notPassed')]
  ])

const patrolFields = (say: SayDossier): Html => {
  const occasions = PATROL_OCCASIONS.map(occasion => [occasion, say(occasion)] as const)
  return html`${choice(say('occasion'), 'occasion', occasions)}${time(say, 'doneAt')}${text(say, 'found', 'foundHint')}`
}

const drillFields = (say: SayDossier): Html =>
  html`${text(say, 'scenario', 'scenarioHint')}${number(say, 'minutes', 1440)}${passed(say)}${time(say, 'doneAt')}`

/** Nothing for a customer without a source of its own. */
function testFields({ sources }: KeyCustomer, { nameOf }: CustomerLook, say: SayDossier): Html | undefined {
  const own = sources.filter(({ kind }) => kind !== 'grid').map(({ id }) => [id, nameOf(id)] as const)
  if (own.length === 0) return undefined
  return html`${choice(say('source'), 'source', own)}${passed(say)}${number(say, 'minutes', 1440)}${number(
    say,
    'loadPct',
    200
  )}${number(say, 'startS', 86_400)}${time(say, 'doneAt')}`
}

const hazardFields = (say: SayDossier): Html => {
  const levels = HAZARD_LEVELS.map(level => [level, say(level)] as const)
  return html`${text(say, 'what', 'whatHint')}${choice(say('level'), 'level', levels)}${label(
    say('due'),
    html`<input type="date" name="due">`
  )}${time(say, 'foundAt')}`
}
