import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { IncidentRow } from '../../ledger/outage-port.ts'
import type { IncidentLine } from '../../model/outages.ts'
import { type Caller, mayUse, STAFF } from '../../model/roles.ts'
import type { ApiContext } from '../context.ts'
import { chooseLanguage } from '../http/language.ts'
import { affectedNow } from '../shapes/affected.ts'
import { customerOf, dangersAt, dutyPhone } from '../shapes/danger.ts'
import { CUSTOMER_STYLE } from './customer-style.ts'
import { callerOf } from './entry.ts'
import { readerOf } from './format.ts'
import { FORMS_SCRIPT } from './forms-script.ts'
import { Html, html } from './html.ts'
import { renderForms } from './incident-forms.ts'
import {
  type Danger,
  renderAffected,
  renderDangers,
  renderDecided,
  renderDecisions,
  renderEvidence,
  renderLife,
  renderOpinion,
  renderPoints
} from './incident-sections.ts'
import { INCIDENT_STYLE } from './incident-style.ts'
import { sayCode } from './incident-words.ts'
import { type Look, lookOf } from './look.ts'
import { showPlace, standsAt, stateOf } from './outages.ts'
import { SCRIPT } from './script.ts'
import { renderStatus } from './sections.ts'
import { contentPolicy, sendHtml } from './send.ts'
import { BRAND, ICON } from './shell.ts'
import { STYLE } from './style.ts'

/** Steps, decisions and usage points that are shown. */
const [MOST_STEPS, MOST_DECISIONS, MOST_POINTS] = [500, 100, 60]

/** What a page of an incident does that is there. */
const LIVE = `${SCRIPT};${FORMS_SCRIPT}`
/** How often the page looks for news, ms: each look asks the ledger. */
const REFRESH_MS = 3_000

/** The page of one incident, `/incidents/{id}`: both opinions, why, its life, whom it hit, and what a dispatcher can decide. */
export function registerIncidentPage(app: FastifyInstance, context: ApiContext): void {
  app.get('/incidents/:id', async (request, reply) => {
    const caller = callerOf(context, request)
    if (!mayUse(STAFF, caller)) return reply.redirect(caller === undefined ? '/login' : '/account', 303)
    const { lang, live } = request.query as { lang?: unknown; live?: unknown }
    const language = chooseLanguage(lang, request.headers['accept-language'])
    const look = lookOf(context, readerOf(language, context.timezone), caller)
    const id = (request.params as { id: string }).id.slice(0, 128).toWellFormed()
    const incident = await context.outages.incident(id)
    const nonce = randomBytes(16).toString('base64')
    reply.header('content-security-policy', contentPolicy(nonce)).header('content-language', language)
    if (incident === undefined) {
      reply.code(404)
      const unknown = html`<p class="message">${look.say('unknown', { v: id })}</p>`
      return sendHtml(reply, renderPage(context, id, unknown, nonce, look))
    }
    const body = await renderIncident(context, incident, look, caller)
    if (live !== undefined) return sendHtml(reply, html`${renderStatus(context, look.reader)}${body}`)
    return sendHtml(reply, renderPage(context, id, body, nonce, look, LIVE))
  })
}

async function renderIncident(
  context: ApiContext,
  incident: IncidentRow,
  look: Look,
  caller: Caller | undefined
): Promise<Html> {
  const { outages, clock } = context
  const { say, mayDecide } = look
  const { id, reason } = incident
  const [state, now] = [stateOf(incident), clock.now()]
  const [lines, decisions, points] = await Promise.all([
    outages.life('incidents', id, { limit: MOST_STEPS }),
    outages.decisions({ about: 'incident', subject: id, limit: MOST_DECISIONS }),
    outages.points(id, { limit: MOST_POINTS, skip: 0 })
  ])
  const [affected = []] = await affectedNow(context, [[standsAt(incident)]])
  const dangers = await dangersOf(context, incident, caller)
  const life = lines.map(({ line }) => JSON.parse(line) as IncidentLine)
  const forms = mayDecide
    ? renderForms(incident, now, look)
    : html`<p class="calm"><a href="/login">${say('noRight')}</a>${say('toDecide')}</p>`
  return html`<section class="panel" id="live-headline" data-live><p class="headline">${showPlace(look, standsAt(incident))}<span class="pill ${state}">${sayCode(say, state)}</span>${reason !== null && html`<small>${sayCode(say, reason)}</small>`}</p>${renderDangers(dangers, look)}</section>
<div class="halves"><section class="panel" id="live-system" data-live><h2>${say('system')}</h2>${renderOpinion(incident, now, look)}<h2>${say(
    'evidence'
  )}</h2>${renderEvidence(incident.evidence, look)}</section>
<section class="panel"><div id="live-people" data-live><h2>${say('people')}</h2>${renderDecided(incident, look)}</div><div id="live-forms" data-live><h2>${say(
    'decide'
  )}</h2>${forms}</div></section></div>
<div class="halves"><section class="panel" id="live-life" data-live><h2>${say('life')}</h2>${renderLife(life, look)}</section>
<section class="panel" id="live-decisions" data-live>${
    affected.length > 0 && html`<h2>${say('keyCustomers')}</h2>${renderAffected(affected, look)}`
  }${
    decisions.length > 0 && html`<h2>${say('decisions')}</h2>${renderDecisions(decisions, look)}`
  }<h2>${say('points')}</h2>${renderPoints(points, incident.usagePoints, look)}</section></div>`
}

async function dangersOf(
  { registry, outages, ledger }: ApiContext,
  incident: IncidentRow,
  caller: Caller | undefined
): Promise<Danger[]> {
  const reader = { registry: registry(), ledger, caller }
  const alarms = await dangersAt(reader.registry, outages, standsAt(incident))
  return Promise.all(
    alarms.map(async alarm => {
      const customer = customerOf(reader.registry, alarm.subject)
      const phone = customer === undefined ? null : await dutyPhone(reader, customer.id)
      return { alarm, customer, phone }
    })
  )
}

function renderPage(
  context: ApiContext,
  id: string,
  body: Html,
  nonce: string,
  { reader, say }: Look,
  script = ''
): Html {
  const { language, word } = reader
  const other = language === 'en' ? 'zh-CN' : 'en'
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Gridvigil · ${say('title')} ${id}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style nonce="${nonce}">${new Html(STYLE + INCIDENT_STYLE + CUSTOMER_STYLE)}</style>
</head>
<body class="incident" data-live="/incidents/${encodeURIComponent(id)}?lang=${language}&live" data-every="${REFRESH_MS}">
<header><div class="brand">${new Html(BRAND)}<div><h1>${say('title')} ${id}</h1><p>${word('tagline')}</p></div></div>
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
