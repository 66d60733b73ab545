import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { type Caller, KEEPS_CUSTOMERS, KEEPS_CUSTOMERS_OR_OWN, mayUse, STAFF } from '../../model/roles.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { ApiContext } from '../context.ts'
import { waysOf } from '../../supply/ways.ts'
import { chooseLanguage } from '../http/language.ts'
import { plannedFor } from '../shapes/affected.ts'
import { complianceNow } from '../shapes/compliance.ts'
import { dutyPhone } from '../shapes/danger.ts'
import { dossierNow } from '../shapes/dossier.ts'
import { MOST_STAYS, trucksHere } from '../shapes/trucks.ts'
import { renderDossier } from './customer-dossier.ts'
import { drawSupply } from './customer-drawing.ts'
import { renderObserve } from './customer-form.ts'
import { type CustomerLook, customerLook } from './customer-look.ts'
import { renderHead, renderSections, renderSources, renderTimeline } from './customer-sections.ts'
import { drawStrip } from './customer-strip.ts'
import { CUSTOMER_STYLE } from './customer-style.ts'
import { renderTrucks } from './customer-trucks.ts'
import { renderCompliance, renderPlanned, renderWays } from './customer-ways.ts'
import { customerWords } from './customer-words.ts'
import { wrongWords } from './dossier-forms.ts'
import { dossierWords } from './dossier-words.ts'
import { callerOf } from './entry.ts'
import { type Reader, readerOf } from './format.ts'
import { FORMS_SCRIPT } from './forms-script.ts'
import { Html, html } from './html.ts'
import { INCIDENT_STYLE } from './incident-style.ts'
import { SCRIPT } from './script.ts'
import { renderStatus } from './sections.ts'
import { contentPolicy, sendHtml } from './send.ts'
import { BRAND, ICON } from './shell.ts'
import { STYLE } from './style.ts'

const LIVE = `${SCRIPT};${FORMS_SCRIPT}`
/** How often the page looks for news, ms: each look asks the ledger. */
const REFRESH_MS = 2_000
const DAY_MS = 86_400_000
/** Of the timeline that is shown. */
const WEEK_MS = 7 * DAY_MS
const MOST_STRETCHES = 5000

/** The page of one key customer, `/key-customers/{id}`: how it is supplied, what it hangs on, what was; its own token sees its own. */
export function registerCustomerPage(app: FastifyInstance, context: ApiContext): void {
  app.get('/key-customers/:id', async (request, reply) => {
    const caller = callerOf(context, request)
    const id = (request.params as { id: string }).id.slice(0, 128).toWellFormed()
    if (!maySee(caller, id)) return reply.redirect(caller === undefined ? '/login' : '/account', 303)
    const { lang, live } = request.query as { lang?: unknown; live?: unknown }
    const reader = readerOf(chooseLanguage(lang, request.headers['accept-language']), context.timezone)
    const nonce = randomBytes(16).toString('base64')
    reply.header('content-security-policy', contentPolicy(nonce)).header('content-language', reader.language)
    const customer = context.registry().keyCustomers.get(id)
    if (customer === undefined) {
      reply.code(404)
      const unknown = html`<p class="message">${customerWords(reader.language)('unknownCustomer', { v: id })}</p>`
      return sendHtml(reply, renderPage(context, id, id, unknown, nonce, reader))
    }
    const body = await renderCustomer(context, customer, reader, caller)
    if (live !== undefined) return sendHtml(reply, html`${renderStatus(context, reader)}${body}`)
    return sendHtml(reply, renderPage(context, id, customer.name, body, nonce, reader, LIVE))
  })
}

/** Staff, and the key customer itself. */
const maySee = (caller: Caller | undefined, id: string): boolean =>
  mayUse(STAFF, caller) || (caller?.role === 'key-customer' && caller.subject === id)

async function renderCustomer(
  context: ApiContext,
  customer: KeyCustomer,
  reader: Reader,
  caller: Caller | undefined
): Promise<Html> {
  const { supply, clock } = context
  const now = clock.now()
  const stays = await context.ledger.truckStays({ customer: customer.id, limit: MOST_STAYS })
  const look = customerLook(customer, reader, id => stays.some(stay => stay.id === id))
  const { say } = look
  const span = { customer: customer.id, from: now - WEEK_MS, to: now + 1, limit: MOST_STRETCHES }
  const [present, stretches, planned] = await Promise.all([
    supply.supplyAt(customer.id, Number.MAX_SAFE_INTEGER),
    supply.supplyStretches(span),
    plannedFor(context, customer, now)
  ])
  const isStaff = mayUse(STAFF, caller)
  const form =
    isStaff &&
    html`<section class="panel"><h2>${say('observe')}</h2>${renderObserve(
      customer,
      trucksHere(stays).map(({ id }) => id),
      caller,
      look
    )}</section>`
  const trucks =
    mayUse(KEEPS_CUSTOMERS, caller) &&
    html`<section class="panel" id="live-trucks" data-live><h2>${say('trucks')}</h2>${renderTrucks(customer, stays, now, look)}</section>`
  const background = isStaff && (await renderBackground(context, customer, look))
  const mayWrite = mayUse(KEEPS_CUSTOMERS, caller)
  const wrong = mayWrite && html` data-wrong="${wrongWords(dossierWords(reader.language))}"`
  const dossier =
    isStaff &&
    html`<section class="panel" id="live-dossier" data-live${wrong}>${renderDossier(
      customer,
      await dossierNow(context.ledger, customer, now),
      now,
      look,
      mayWrite
    )}</section>`
  if (present === undefined)
    return html`<section class="panel" id="live-headline" data-live><p class="calm">${say('neverHeard')}</p></section><div class="stack">${form}${trucks}${background}${dossier}</div>`
  const { line } = present
  const api = `/v1/key-customers/${encodeURIComponent(customer.id)}`
  return html`<section class="panel supply-head" id="live-headline" data-live>${renderHead(customer, line, now, look)}${await renderDuty(context, customer, caller, look)}</section>
${
  planned.length > 0 &&
  html`<section class="panel" id="live-planned" data-live><h2>${say('planned')}</h2>${renderPlanned(planned, look)}</section>
`
}<section class="panel" id="live-drawing" data-live>${drawSupply(customer, line, look)}</section>
<section class="panel" id="live-day" data-live><div class="head"><h2>${say('day')}</h2></div>${drawStrip(
    stretches,
    now - DAY_MS,
    now,
    look
  )}</section>
<div class="halves"><section class="panel" id="live-sources" data-live><h2>${say('sources')}</h2>${renderSources(
    line,
    now,
    look
  )}</section><section class="panel" id="live-sections" data-live><h2>${say('sections')}</h2>${renderSections(
    customer,
    line,
    now,
    look
  )}</section></div>
<div class="halves"><div class="stack"><section class="panel" id="live-timeline" data-live><div class="head"><h2>${say('timeline')}</h2><a class="aside" href="${api}/timeline?view=said">${say(
    'allSaid'
  )}</a><a href="${api}/report">${say('report')}</a></div><p class="note">${say('timelineNote')}</p>${renderTimeline(
    stretches,
    look
  )}</section>${dossier}</div><div class="stack">${form}${trucks}${background}</div></div>`
}

/** The phone of who is on duty there, for those who may know it, the customer itself among them. */
async function renderDuty(
  { ledger }: ApiContext,
  { id }: KeyCustomer,
  caller: Caller | undefined,
  { say }: CustomerLook
): Promise<Html | false> {
  const phone = await dutyPhone({ ledger, caller }, id, KEEPS_CUSTOMERS_OR_OWN)
  return phone !== null && html`<p class="facts"><span>${say('duty')} <b>${phone}</b></span></p>`
}

/** What it hangs on, and what its grade asks for. */
async function renderBackground(
  context: ApiContext,
  customer: KeyCustomer,
  look: CustomerLook
): Promise<Html> {
  const { registry, switchingDesk, clock } = context
  const present = registry()
  const ways = waysOf(present, await switchingDesk.switchStates(), customer)
  const results = await complianceNow(context, present, customer, ways, clock.now())
  return html`<section class="panel" id="live-ways" data-live><h2>${look.say('hangsOn')}</h2>${renderWays(
    customer,
    ways,
    present,
    look
  )}</section><section class="panel" id="live-compliance" data-live><h2>${look.say('compliance')}</h2>${renderCompliance(
    results,
    look
  )}</section>`
}

function renderPage(
  context: ApiContext,
  id: string,
  name: string,
  body: Html,
  nonce: string,
  reader: Reader,
  script = ''
): Html {
  const { language, word } = reader
  const say = customerWords(language)
  const other = language === 'en' ? 'zh-CN' : 'en'
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Gridvigil · ${name}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style nonce="${nonce}">${new Html(STYLE + INCIDENT_STYLE + CUSTOMER_STYLE)}</style>
</head>
<body class="incident" data-live="/key-customers/${encodeURIComponent(id)}?lang=${language}&live" data-every="${REFRESH_MS}" data-zone="${context.timezone}">
<header><div class="brand">${new Html(BRAND)}<div><h1>${say('page')}</h1><p>${name}</p></div></div>
${context.simulated && html`<p class="badge" title="${word('simulatedNote')}">${word('simulated')}</p>`}
${renderStatus(context, reader)}
<a class="language home" href="/?lang=${language}">${say('back')}</a>
<a class="language" href="?lang=${other}" hreflang="${other}" aria-label="${word('languageLabel')}: ${word('otherLanguage')}">${word(
    'otherLanguage'
  )}</a></header>
<p class="offline-note" role="alert">${word('offline')}</p>
<main>${body}</main>
<script nonce="${nonce}">${new Html(script)}</script>
</body>
</html>
`
}
