import type { Caller } from '../../model/roles.ts'
import { CUSTOMER_STYLE } from './customer-style.ts'
import type { Reader } from './format.ts'
import { FORMS_SCRIPT } from './forms-script.ts'
import { Html, html } from './html.ts'
import { INCIDENT_STYLE } from './incident-style.ts'
import { sayIn } from './incident-words.ts'
import { SCRIPT } from './script.ts'
import { STYLE } from './style.ts'

/** The live parts of the page, each an element with an id. */
export interface LiveParts {
  readonly status: Html
  readonly board: Html
  readonly rates: Html
  readonly outages: Html
  readonly alarms: Html
  readonly watch: Html
  readonly audit: Html
  readonly household: Html
  readonly rooms: Html
}

export interface Shell {
  readonly reader: Reader
  /** The meter id in the field. */
  readonly typed: string
  readonly nonce: string
  readonly live: LiveParts
  readonly chooser: Html
  readonly simulated: boolean
  readonly caller: Caller | undefined
}

/** How often the page reloads itself where scripts are off, seconds. */
const RELOAD_S = 5

/** The whole page around its live parts. */
export function renderShell(shell: Shell): Html {
  const { reader, typed, nonce, live, chooser, simulated, caller } = shell
  const { language, word } = reader
  const address = `meter=${encodeURIComponent(typed)}&lang=${language}`
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Gridvigil · ${word('title')}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<noscript><meta http-equiv="refresh" content="${RELOAD_S}"></noscript>
<style nonce="${nonce}">${new Html(STYLE + INCIDENT_STYLE + CUSTOMER_STYLE)}</style>
</head>
<body data-live="/page/live?${address}">
<header>
<div class="brand">${new Html(BRAND)}<div><h1>Gridvigil</h1><p>${word('tagline')}</p></div></div>
${simulated && html`<p class="badge" title="${word('simulatedNote')}">${word('simulated')}</p>`}
${live.status}
${renderCaller(reader, caller)}
<a class="language" href="/?meter=${encodeURIComponent(typed)}&lang=${language === 'en' ? 'zh-CN' : 'en'}" hreflang="${
    language === 'en' ? 'zh-CN' : 'en'
  }" aria-label="${word('languageLabel')}: ${word('otherLanguage')}">${word('otherLanguage')}</a>
</header>
<p class="offline-note" role="alert">${word('offline')}</p>
<main>
<section aria-label="${word('intake')}">${live.rates}</section>
${live.board}
<section class="panel" aria-labelledby="outages">${live.outages}</section>
<section class="panel" aria-labelledby="alarms"><h2 id="alarms">${sayIn(language)('alarms')}</h2>${live.alarms}</section>
${live.watch}
<section class="panel" aria-labelledby="audit"><div class="head"><h2 id="audit">${word('audit')}</h2><p class="aside">${word('auditNote')}</p></div>${live.audit}</section>
<section class="panel" aria-labelledby="household"><div class="head"><h2 id="household">${word('household')}</h2>${chooser}</div>${live.household}${renderLegend(reader)}</section>
<div class="columns">
<section class="panel" aria-labelledby="rooms"><h2 id="rooms">${word('rooms')}</h2>${live.rooms}</section>
<section class="panel" aria-labelledby="guarantees"><h2 id="guarantees">${word('guarantees')}</h2>
<ol class="guarantees"><li>${word('guaranteeAck')}</li><li>${word('guaranteeAudit')}</li><li>${word('guaranteeGap')}</li></ol>
<p><a href="/docs/README.md">${word('guaranteeLink')}</a></p></section>
<section class="panel" aria-labelledby="links"><h2 id="links">${word('api')}</h2>${renderLinks(reader, typed)}</section>
</div>
${simulated && html`<p class="foot">${word('simulatedNote')}</p>`}
</main>
<script nonce="${nonce}">${new Html(`${SCRIPT};${FORMS_SCRIPT}`)}</script>
</body>
</html>
`
}

/** The way to one's account, or to the login where everybody may look. */
function renderCaller({ word }: Reader, caller: Caller | undefined): Html {
  const isKnown = caller?.byCookie === true
  const name = isKnown ? caller.name.replace(/^user:/, '') : word('logIn')
  return html`<a class="language" href="${isKnown ? '/account' : '/login'}">${name}</a>`
}

function renderLegend({ word }: Reader): Html {
  return html`<ul class="legend"><li class="key-line">${word('legendPower')}</li><li class="key-live">${word('legendLive')}</li><li class="key-suspect">${word(
    'legendSuspect'
  )}</li><li class="key-gap">${word('legendGap')}</li><li class="key-coarse">${word('legendCoarse')}</li></ul>`
}

function renderLinks({ word, language }: Reader, meter: string): Html {
  const path = `/v1/meters/${encodeURIComponent(meter)}`
  const links = [
    ['/api', word('apiBrowser')],
    ['/v1/openapi.json', word('openapi')],
    ['/v1/meters', word('apiMeters')],
    ...(meter === ''
      ? []
      : [
          [path, word('apiMeter')],
          [`${path}/readings`, word('apiReadings')],
          [`${path}/readings?step=1h`, word('apiSteps')]
        ]),
    ['/v1/incidents', word('apiIncidents')],
    ['/v1/ingest/audit', word('apiAudit')],
    ['/v1/quarantine', word('apiQuarantine')],
    ['/readyz', word('apiReady')],
    ['/metrics', word('apiMetrics')],
    ['/docs/outages.md', sayIn(language)('howFound')],
    ['/docs/quality.md', word('docQuality')],
    ['/docs/configuration.md', word('docConfiguration')],
    ['/docs/errors.md', word('docErrors')]
  ] as [string, string][]
  return html`<ul class="links">${links.map(([to, name]) => html`<li><a href="${to}">${name}</a></li>`)}</ul>`
}

/** A watchful eye over a load curve. */
export const BRAND = `<svg class="glyph" viewBox="0 0 40 40" aria-hidden="true"><circle class="ring" cx="20" cy="20" r="17"/><path class="pulse" d="M6 22h7l3-8 5 15 4-10 2 3h7"/></svg>`
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="9" fill="#0c1116"/><path d="M5 22h8l3-9 5 17 4-11 2 3h8" fill="none" stroke="#4fc3c7" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>'
