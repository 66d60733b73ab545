import type { SupplyStretch } from '../../ledger/supply-port.ts'
import type { SupplyLine } from '../../model/supply.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import { darkThen } from '../../supply/lasting.ts'
import { transfersIn } from '../../supply/report.ts'
import { sayCustomer, sayWhy } from '../../supply/words.ts'
import type { CustomerLook } from './customer-look.ts'
import type { Reader } from './format.ts'
import { type Html, html } from './html.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** Steps of the timeline that are shown. */
const MOST_STEPS = 40

/** How it stands, in one look. */
export function renderHead(customer: KeyCustomer, line: SupplyLine, now: number, look: CustomerLook): Html {
  const { reader, say, word, nameOf } = look
  const { state, start, at, extent, securityLoadSupplied, atRisk } = line
  const extents = extent !== undefined && html` <small>${word(extent)}</small>`
  const isSafe = securityLoadSupplied === 'yes'
  return html`<p class="headline"><b>${customer.name}</b><span class="pill ${state}">${word(state)}</span>${extents}${
    atRisk && html`<small class="danger">${say('atRisk')}</small>`
  }</p><p class="why">${sayCustomer(line, reader.language, nameOf)}</p>${renderLasts(customer, line, now, look)}<p class="facts"><span>${say(
    'since',
    { t: moment(start, now, reader), d: reader.duration(now - start) }
  )}</span><span>${say('asOf', { t: moment(at, now, reader) })}</span><span>${say('securityLoad')} <b class="${isSafe ? '' : 'alert'}">${word(
    securityLoadSupplied
  )}</b></span><span>${word(customer.grade)} · ${customer.id}</span></p>`
}

const moment = (time: number, now: number, reader: Reader): string =>
  now - time > DAY_MS ? `${reader.day(time)} ${reader.clock(time)}` : reader.seconds(time)

/** How long own sources last, the low end large, and what comes then. */
function renderLasts(customer: KeyCustomer, line: SupplyLine, now: number, look: CustomerLook): Html | false {
  const { reader, say } = look
  const { state, autonomyMin, at } = line
  const isOn = state === 'emergency'
  if (autonomyMin === undefined)
    return isOn && html`<p class="lasts short"><small>${say('lastsUnknown')}</small></p>`
  const passed = isOn ? now - at : 0
  const [low, high] = autonomyMin.map(minutes => Math.max(0, minutes * MINUTE_MS - passed)) as [
    number,
    number
  ]
  const isShort = isOn && line.atRisk
  const until = isOn && html`<small>${say('lastsUntil', { t: reader.clock(now + low) })}</small>`
  return html`<p class="lasts${isShort ? ' short' : ''}"><small>${say(isOn ? 'lasts' : 'lastsStandby')}</small><b>${reader.duration(
    low
  )}</b><small>${say('lastsMost', { d: reader.duration(high) })}</small>${until}${isOn && html`<small>${sayThen(customer, line, look)}</small>`}</p>`
}

function sayThen(customer: KeyCustomer, line: SupplyLine, { say, nameOf }: CustomerLook): string {
  const dark = darkThen(customer, line)
  return dark.length === 0 ? say('thenNobody') : say('thenDark', { v: dark.map(nameOf).join(' ') })
}

/** Since when, and on what ground. */
const ground = (since: number | undefined, now: number, { reader }: CustomerLook): string =>
  since === undefined ? '–' : moment(since, now, reader)

export function renderSources({ sources }: SupplyLine, now: number, look: CustomerLook): Html {
  const { reader, say, word, nameOf } = look
  const head = (['source', 'state', 'role', 'why'] as const).map(
    name => html`<th scope="col">${say(name)}</th>`
  )
  return html`<table class="outages ways"><thead><tr>${head}</tr></thead><tbody>${sources.map(
    ({ source, state, role, basis, since, reason }) =>
      html`<tr><td class="free"><b>${nameOf(source)}</b> <small>${source}</small></td><td><span class="pill ${state}">${word(
        state
      )}</span> <small>${ground(since, now, look)}</small></td><td>${word(role)}</td><td class="free">${sayWhy(
        reason,
        reader.language
      )} <small>${word(basis)}</small></td></tr>`
  )}</tbody></table>`
}

export function renderSections(
  customer: KeyCustomer,
  { sections }: SupplyLine,
  now: number,
  look: CustomerLook
): Html {
  const { reader, say, word, nameOf } = look
  const head = (['sections', 'fedBy', 'why'] as const).map(name => html`<th scope="col">${say(name)}</th>`)
  return html`<table class="outages ways"><thead><tr>${head}</tr></thead><tbody>${sections.map(
    ({ section, fedBy, basis, since, reason }) => {
      const filed = customer.sections.find(({ id }) => id === section)
      const isSource = fedBy !== 'dark' && fedBy !== 'unknown'
      const standing = isSource
        ? nameOf(fedBy)
        : html`<span class="pill ${fedBy === 'dark' ? 'interrupted' : 'unknown'}">${word(fedBy)}</span>`
      return html`<tr><td class="free"><b>${nameOf(section)}</b> <small>${word(filed?.class ?? '')}</small></td><td>${standing} <small>${ground(
        since,
        now,
        look
      )}</small></td><td class="free">${sayWhy(reason, reader.language)} <small>${word(basis)}</small></td></tr>`
    }
  )}</tbody></table>`
}

/** Changes of state of a week, the newest first, with transfers among them. */
export function renderTimeline(stretches: readonly SupplyStretch[], look: CustomerLook): Html {
  const { reader, say, word, nameOf } = look
  const steps = runsOfState(stretches).toReversed().slice(0, MOST_STEPS)
  return html`<ol class="steps">${steps.map(run => {
    const [first, last] = [run[0] as SupplyStretch, run.at(-1) as SupplyStretch]
    const lasted = last.to === null ? '' : ` · ${reader.duration(last.to - first.from)}`
    const transfers = transfersIn(run).map(
      ({ section, from: left, to: taken, gapMs, resolutionMs }) =>
        html`<br>${say('transfer', {
          ...{ s: nameOf(section), a: nameOf(left), b: nameOf(taken) },
          g: sayGap(gapMs, reader)
        })}${resolutionMs > 0 && say('resolution', { r: sayGap(resolutionMs, reader) })}`
    )
    return html`<li><time datetime="${new Date(first.from).toISOString()}">${reader.day(first.from)} ${reader.seconds(
      first.from
    )}</time><b>${word(first.line.state)}</b><span>${sayCustomer(last.line, reader.language, nameOf)}${lasted}${transfers}</span></li>`
  })}</ol>`
}

/** Stretches that follow each other in one state: what else changed in it is told by what was said. */
function runsOfState(stretches: readonly SupplyStretch[]): SupplyStretch[][] {
  const runs: SupplyStretch[][] = []
  for (const stretch of stretches) {
    const run = runs.at(-1)
    const isSame = run?.[0]?.line.state === stretch.line.state && run.at(-1)?.to === stretch.from
    if (isSame) run?.push(stretch)
    else runs.push([stretch])
  }
  return runs
}

/** A gap of seconds with its tenths. */
const sayGap = (ms: number, reader: Reader): string =>
  ms < MINUTE_MS ? `${reader.fixed(ms / 1000, 1)} s` : reader.duration(ms)
