import { FIELD } from '../../model/fields.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import type { ReadingRow } from '../../series/port.ts'
import { primaryOf } from '../shapes/values.ts'
import { renderCurve } from './curve.ts'
import { sumEnergy } from './curve-model.ts'
import type { Reader } from './format.ts'
import type { Household } from './household.ts'
import { type Html, html } from './html.ts'

/** The chosen household, or why there is none. */
export type HouseholdState =
  | { readonly kind: 'shown'; readonly household: Household }
  | { readonly kind: 'unknown'; readonly id: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'failed' }

const MOST_CHOICES = 200

export function renderHousehold(state: HouseholdState, reader: Reader): Html {
  const facts = state.kind === 'shown' && renderFacts(state.household, reader)
  return html`<div id="live-facts" data-live>${facts}</div><div id="live-curve" data-live class="scroll">${renderState(state, reader)}</div>`
}

function renderState(state: HouseholdState, reader: Reader): Html {
  switch (state.kind) {
    case 'shown':
      return renderCurve(state.household.curve, reader)
    case 'unknown':
      return renderMessage(reader.word('unknownMeter', { v: state.id }))
    case 'empty':
      return renderMessage(reader.word('noMeters'))
    case 'starting':
      return renderMessage(reader.word('starting'))
    case 'failed':
      return renderMessage(reader.word('queryFailed'))
    default:
      return state satisfies never
  }
}

const renderMessage = (text: string): Html => html`<p class="message">${text}</p>`

function renderFacts({ curve, latest, now, today }: Household, reader: Reader): Html {
  const day = sumEnergy(curve.pieces, curve.from, now)
  return html`<dl class="facts">
${renderFact(reader.word('powerNow'), reader.fixed(curve.live?.kw ?? Number.NaN, 2), 'kW', '')}
${renderFact(reader.word('voltage'), latest === undefined ? '—' : showVoltage(latest, reader), 'V', '')}
${renderFact(reader.word('today'), reader.fixed(today.kwh, 2), 'kWh', reader.word('coverage', { v: reader.percent(today.coverage) }))}
${renderFact(reader.word('lastDay'), reader.fixed(day.kwh, 2), 'kWh', reader.word('coverage', { v: reader.percent(day.coverage) }))}
${renderFact(
  reader.word('lastReading'),
  latest === undefined ? reader.word('none') : reader.seconds(latest.time),
  '',
  latest === undefined ? '' : reader.word('ago', { v: reader.duration(now - latest.time) })
)}
</dl>`
}

const renderFact = (name: string, value: string, unit: string, note: string): Html =>
  html`<div><dt>${name}</dt><dd><b>${value}</b>${unit !== '' && html` <small>${unit}</small>`}${note !== '' && html`<span class="note">${note}</span>`}</dd></div>`

function showVoltage(row: ReadingRow, reader: Reader): string {
  const phases = [FIELD.voltageVA, FIELD.voltageVB, FIELD.voltageVC]
    .map(column => primaryOf(row, column))
    .filter(Number.isFinite)
  return phases.length === 0 ? '—' : phases.map(volts => reader.fixed(volts, 1)).join(' · ')
}

/** Choice of a meter: works as a plain form; the script sends it on change. Not live, so typing is not disturbed. */
export function renderChooser(
  registry: Registry,
  meter: number | undefined,
  typed: string,
  reader: Reader
): Html {
  const { meters } = registry
  const at = meter ?? 0
  const around = Math.max(0, Math.min(at - MOST_CHOICES / 2, meters.count - MOST_CHOICES))
  const shown = Math.min(MOST_CHOICES, meters.count - around)
  const choices = Array.from({ length: shown }, (_, i) => meters.id.get(around + i))
  const link = (number: number, word: 'previous' | 'next', sign: string): Html | undefined =>
    number < 0 || number >= meters.count || meter === undefined
      ? undefined
      : html`<a class="step" href="/?meter=${encodeURIComponent(meters.id.get(number))}&lang=${reader.language}" aria-label="${reader.word(word)}" title="${reader.word(word)}">${sign}</a>`
  const facts = [
    ['usagePoint', meters.usagePoint.get(at)],
    ['terminal', meters.terminal.get(at)]
  ] as const
  return html`<div class="chooser"><form method="get" action="/"><input type="hidden" name="lang" value="${reader.language}">
<label><span>${reader.word('meter')}</span> <input name="meter" list="meters" autocomplete="off" spellcheck="false" maxlength="128" value="${typed}" aria-label="${reader.word('meterList')}"></label>
<datalist id="meters">${choices.map(id => html`<option value="${id}"></option>`)}</datalist>
<button>${reader.word('show')}</button></form>${link(at - 1, 'previous', '‹')}${link(at + 1, 'next', '›')}
<p class="place">${
    meter !== undefined &&
    facts.map(([word, value]) => value && html`<span>${reader.word(word)} <b>${value}</b></span>`)
  }</p></div>`
}
