import type { ApiContext } from '../context.ts'
import { renderSparkline } from './curve.ts'
import type { Reader } from './format.ts'
import { HISTORY_SAMPLES, type RateHistory } from './history.ts'
import { type Html, html } from './html.ts'
import type { Word } from './words.ts'

/** The live parts that need no query. Each is an element with an id; the script swaps their content. */
export function renderRates(context: ApiContext, history: RateHistory, reader: Reader): Html {
  const { framesPerSecond, readingsPerSecond } = context.rates()
  const { connections } = context.gateway()
  const samples = history.samples()
  return html`<div id="live-rates" data-live class="tiles">
${renderRate(
  'framesPerSecond',
  framesPerSecond,
  samples.map(it => it.framesPerSecond),
  reader
)}
${renderRate(
  'readingsPerSecond',
  readingsPerSecond,
  samples.map(it => it.readingsPerSecond),
  reader
)}
<div class="tile"><p class="figure">${reader.count(connections)}</p><p class="label">${reader.word('connections')}</p></div>
<div class="tile"><p class="figure small">${reader.duration(context.clock.now() - context.startedAt)}</p><p class="label">${reader.word('uptime')}</p></div>
</div>`
}

function renderRate(word: Word, value: number, samples: readonly number[], reader: Reader): Html {
  const window = reader.word('lastMinutes', { n: HISTORY_SAMPLES / 60 })
  const peak = reader.word('peak', { v: reader.rate(Math.max(0, ...samples)) })
  return html`<div class="tile wide"><div><p class="figure">${reader.rate(value)}</p><p class="label">${reader.word(word)}</p></div>
<div class="trend">${renderSparkline(samples, HISTORY_SAMPLES, `${reader.word(word)}, ${window}`)}<p class="note"><span>${window}</span><span>${peak}</span></p></div></div>`
}

/** Both equations, every term named, and whether they hold. */
export function renderAudit(context: ApiContext, reader: Reader): Html {
  const { frames, readings } = context.audit()
  return html`<div id="live-audit" data-live>
${renderEquation(
  'frames',
  ['acknowledged', frames.acknowledged],
  [
    ['decoded', frames.decoded],
    ['quarantined', frames.quarantined],
    ['pending', frames.pending]
  ],
  reader
)}
${renderEquation(
  'readings',
  ['decoded', readings.decoded],
  [
    ['stored', readings.stored],
    ['corrections', readings.corrections],
    ['duplicates', readings.duplicates],
    ['quarantined', readings.quarantined],
    ['held', readings.held],
    ['unbound', readings.unbound]
  ],
  reader
)}
</div>`
}

type Term = readonly [word: Word, value: number]

function renderEquation(name: Word, total: Term, terms: readonly Term[], reader: Reader): Html {
  const difference = total[1] - terms.reduce((sum, [, value]) => sum + value, 0)
  const holds = difference === 0
  const verdict = holds ? reader.word('holds') : reader.word('differs', { v: reader.count(difference) })
  return html`<div class="equation ${holds ? 'holds' : 'differs'}"><h3>${reader.word(name)}</h3>
<p class="terms">${renderTerm(total, reader)}${terms.map(
    (term, index) =>
      html`<span class="pair"><span class="operator">${index === 0 ? (holds ? '=' : '≠') : '+'}</span>${renderTerm(term, reader)}</span>`
  )}</p>
<p class="verdict"><span class="mark" aria-hidden="true">${holds ? '✓' : '!'}</span>${verdict}</p></div>`
}

const renderTerm = ([word, value]: Term, reader: Reader): Html =>
  html`<span class="term ${value === 0 ? 'nil' : 'some'} ${word}"><b>${reader.count(value)}</b><small>${reader.word(word)}</small></span>`

/** State of every room, in the order data passes them. */
export function renderRooms(context: ApiContext, reader: Reader): Html {
  return html`<ul id="live-rooms" data-live class="rooms">${context
    .health()
    .map(
      ({ room, ok, detail }) =>
        html`<li class="${ok ? 'ok' : 'bad'}"><span class="lamp" aria-hidden="true"></span><b>${reader.room(room)}</b><span class="state">${reader.word(
          ok ? 'healthy' : 'failing'
        )}</span>${detail !== '' && html`<span class="detail">${detail}</span>`}</li>`
    )}</ul>`
}

/** The line under the name: whether the server is ready, and its time. */
export function renderStatus(context: ApiContext, reader: Reader): Html {
  const now = context.clock.now()
  return html`<p id="live-status" data-live class="status"><span class="zone">${reader.word('siteTime')} ${context.timezone}</span><time datetime="${new Date(now).toISOString()}">${reader.day(now)} <b>${reader.seconds(now)}</b></time>${
    !context.ready() && html`<span class="starting">${reader.word('starting')}</span>`
  }</p>`
}
