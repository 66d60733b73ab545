import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { IncidentRow } from '../../ledger/outage-port.ts'
import type { IncidentLine } from '../../model/outages.ts'
import { mayUse, STAFF } from '../../model/roles.ts'
import type { ApiContext } from '../context.ts'
import { chooseLanguage } from '../http/language.ts'
import { callerOf } from './entry.ts'
import { readerOf } from './format.ts'
import { FORMS_SCRIPT } from './forms-script.ts'
import { Html, html } from './html.ts'
import { renderForms } from './incident-forms.ts'
import {
  type IncidentReader,
  renderDecided,
  renderDecisions,
  renderEvidence,
  renderLife,
  renderOpinion,
  renderPoints,
  showDevice
} from './incident-sections.ts'
import { INCIDENT_STYLE } from './incident-style.ts'
import { sayCode, sayIn } from './incident-words.ts'
import { contentPolicy, sendHtml } from './send.ts'
import { BRAND, ICON } from './shell.ts'
import { STYLE } from './style.ts'

/** Who may decide on the page: as the routes have it. */
export const DECIDES = ['dispatcher', 'admin'] as const
/** Steps, decisions and usage points that are shown. */
const [MOST_STEPS, MOST_DECISIONS, MOST_POINTS] = [500, 100, 60]

/** The page of one incident, `/incidents/{id}`: both opinions, why, its life, whom it hit, and what a dispatcher can decide. */
export function registerIncidentPage(app: FastifyInstance, context: ApiContext): void {
  app.get('/incidents/:id', async (request, reply) => {
    const caller = callerOf(context, request)
    if (!mayUse(STAFF, caller)) return reply.redirect(caller === undefined ? '/login' : '/account', 303)
    const { lang } = request.query as { lang?: unknown }
    const language = chooseLanguage(lang, request.headers['accept-language'])
    const look = { ...lookOf(context), reader: readerOf(language, context.timezone), say: sayIn(language) }
    const id = (request.params as { id: string }).id.slice(0, 128)
    const incident = await context.outages.incident(id)
    const nonce = randomBytes(16).toString('base64')
    reply.header('content-security-policy', contentPolicy(nonce)).header('content-language', language)
    if (incident === undefined) {
      reply.code(404)
      return sendHtml(
        reply,
        renderPage(id, html`<p class="message">${look.say('unknown', { v: id })}</p>`, nonce, look)
      )
    }
    const mayDecide = mayUse(DECIDES, caller)
    return sendHtml(
      reply,
      renderPage(id, await renderIncident(context, incident, mayDecide, look), nonce, look)
    )
  })
}

function lookOf({ registry }: ApiContext): Pick<IncidentReader, 'nameOf'> {
  const { network, devices } = registry()
  return {
    nameOf(id) {
      const device = network.numbers.get(id)
      return device === undefined ? '' : devices.name.get(device)
    }
  }
}

async function renderIncident(
  { outages, clock }: ApiContext,
  incident: IncidentRow,
  mayDecide: boolean,
  look: IncidentReader
): Promise<Html> {
  const { say } = look
  const { id, state, device, reason, decided } = incident
  const [lines, decisions, points] = await Promise.all([
    outages.life('incidents', id, { limit: MOST_STEPS }),
    outages.decisions({ about: 'incident', subject: id, limit: MOST_DECISIONS }),
    outages.points(id, { limit: MOST_POINTS, skip: 0 })
  ])
  const life = lines.map(({ line }) => JSON.parse(line) as IncidentLine)
  const forms = mayDecide
    ? renderForms(incident, clock.now(), look)
    : html`<p class="calm">${say('noRight')}</p>`
  return html`<section class="panel"><p class="headline">${showDevice(look, decided?.device ?? device)}<span class="pill ${state}">${sayCode(say, state === 'updated' ? 'open' : state)}</span>${reason !== null && html`<small>${sayCode(say, reason)}</small>`}</p></section>
<div class="halves"><section class="panel"><h2>${say('system')}</h2>${renderOpinion(incident, look)}<h2>${say(
    'evidence'
  )}</h2>${renderEvidence(incident.evidence, look)}</section>
<section class="panel"><h2>${say('people')}</h2>${renderDecided(incident, look)}<h2>${say('decide')}</h2>${forms}</section></div>
<div class="halves"><section class="panel"><h2>${say('life')}</h2>${renderLife(life, look)}</section>
<section class="panel"><h2>${say('decisions')}</h2>${renderDecisions(decisions, look)}<h2>${say(
    'points'
  )}</h2>${renderPoints(points, incident.usagePoints, look)}</section></div>`
}

function renderPage(id: string, body: Html, nonce: string, { reader, say }: IncidentReader): Html {
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
<style nonce="${nonce}">${new Html(STYLE + INCIDENT_STYLE)}</style>
</head>
<body class="incident">
<header><div class="brand">${new Html(BRAND)}<div><h1>${say('title')} ${id}</h1><p>${word('tagline')}</p></div></div>
<a class="language home" href="/?lang=${language}">${say('back')}</a>
<a class="language" href="?lang=${other}" hreflang="${other}" aria-label="${word('languageLabel')}: ${word('otherLanguage')}">${word(
    'otherLanguage'
  )}</a></header>
<main>${body}</main>
<script nonce="${nonce}">${new Html(FORMS_SCRIPT)}</script>
</body>
</html>
`
}
