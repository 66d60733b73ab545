import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import type { ComplianceItem, ComplianceResult } from '../../supply/compliance.ts'
import { sharedRoutes } from '../../supply/dependence.ts'
import type { Ways } from '../../supply/ways.ts'
import type { PlannedWork } from '../shapes/affected.ts'
import type { CustomerLook } from './customer-look.ts'
import type { CustomerWord } from './customer-words.ts'
import { type Html, html } from './html.ts'

/** What a customer's feeds hang on: the ways up, what they share, which single failure would do what. For staff: devices are the utility's. */
export function renderWays(customer: KeyCustomer, ways: Ways, registry: Registry, look: CustomerLook): Html {
  const { say, nameOf } = look
  const { network, devices } = registry
  const nameOfDevice = (device: number): string => devices.name.get(device) || network.ids.get(device)
  const { normal, present, isTemporarilyShared } = ways
  const shared = new Set(normal.failures.map(({ device }) => device))
  const feeds = [...normal.feeds].map(([source, path]) => {
    const chain =
      path === undefined
        ? html`<span>${say('wayUnknown')}</span>`
        : html`<span>${path.map(
            (device, place) =>
              html`${place > 0 && ' → '}${shared.has(device) ? html`<b class="danger">${nameOfDevice(device)}</b>` : nameOfDevice(device)}`
          )}</span>`
    return html`<li><b>${say('wayOf', { v: nameOf(source) })}</b>${chain}</li>`
  })
  const common =
    normal.common < 0 ? say('commonNone') : html`${say('common')} <b>${nameOfDevice(normal.common)}</b>`
  const now =
    isTemporarilyShared &&
    html`<p class="danger">${say('commonNow')} <b>${nameOfDevice(present.common)}</b></p>`
  const routes = sharedRoutes(customer.sources).map(
    ({ group, sources }) =>
      html`<p class="danger">${say('route', { g: group, v: sources.map(nameOf).join(' · ') })}</p>`
  )
  const failures = present.failures.map(
    ({ device, effect }) =>
      html`<li><b>${nameOfDevice(device)}</b><span>${say(effect === 'interrupted' ? 'failsDark' : 'failsOwn')}</span></li>`
  )
  return html`<ul class="short">${feeds}</ul><p>${common}</p>${now}${routes}<h2>${say('failures')}</h2>${
    failures.length === 0
      ? html`<p class="calm">${say('failuresNone')}</p>`
      : html`<ul class="short">${failures}</ul>`
  }`
}

/** How what is wanted and what there is is said of each item. */
const SAID: Readonly<Record<ComplianceItem, CustomerWord>> = {
  feeds: 'ofFeeds',
  'separate-origin': 'ofOrigin',
  'separate-route': 'ofRoute',
  'generator-capacity': 'ofKw',
  'start-class': 'ofSeconds',
  plan: 'ofDays',
  'generator-test': 'ofDays'
}

/** What its grade asks for, whether it is there, and how well that is known. */
export function renderCompliance(results: readonly ComplianceResult[], look: CustomerLook): Html {
  const { reader, say, word } = look
  const number = (value: number | string): string =>
    typeof value === 'number' ? reader.fixed(value, Number.isInteger(value) ? 0 : 1) : value
  return html`<ul class="short">${results.map(({ item, basis, isMet, wanted, found, shownAt }) => {
    const [verdict, kind] =
      isMet === null
        ? [say('cannotTell'), 'unknown']
        : isMet
          ? [say('met'), 'normal']
          : [say('notMet'), 'failed']
    const figures =
      found === null || found === 'none' ? false : say(SAID[item], { w: number(wanted), f: number(found) })
    const event = shownAt !== null && say('shownAt', { t: `${reader.day(shownAt)} ${reader.clock(shownAt)}` })
    const words = [figures, word(basis), event].filter(each => each !== false).join(' · ')
    return html`<li><b>${say(`item-${item}`)} <span class="pill ${kind}">${verdict}</span></b><span>${words}</span></li>`
  })}</ul>`
}

/** Work that is planned and takes a feed from it: when, and what will be left. */
export function renderPlanned(works: readonly PlannedWork[], { reader, say, nameOf }: CustomerLook): Html {
  const when = (from: number, to: number): string =>
    `${reader.day(from)} ${reader.clock(from)} – ${reader.day(to) === reader.day(from) ? '' : `${reader.day(to)} `}${reader.clock(to)}`
  return html`<ul class="short">${works.map(
    ({ id, from, to, effect, feeds }) =>
      html`<li><b>${when(from, to)} <span class="pill ${effect}">${say(`without-${effect}`)}</span></b><span>${say(
        'plannedLoses',
        { v: feeds.map(nameOf).join(reader.language === 'en' ? ', ' : '、') }
      )} · ${id}</span></li>`
  )}</ul>`
}
