import type { SectionLine, SourceLine, SupplyPicture } from '../../model/supply.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { CustomerLook } from './customer-look.ts'
import { type Html, html } from './html.ts'

/** In units of the drawing. */
const [WIDTH, BOX, TALL, GAP] = [760, 270, 58, 18]

/**
 * Sources on the left, load sections on the right, and ways between them: thick where one feeds, thin where it could.
 *
 *   [ main feed · live ]━━━━━━━[ operating theatre ]
 *   [ generator · ready ]┄┄┄┄┄┄┘
 */
export function drawSupply(customer: KeyCustomer, picture: SupplyPicture, look: CustomerLook): Html {
  const { sources, sections } = picture
  const rows = Math.max(sources.length, sections.length)
  const height = rows * (TALL + GAP) + GAP
  const topOf = (place: number, count: number): number =>
    (height - count * (TALL + GAP) + GAP) / 2 + place * (TALL + GAP)
  const sourceTop = new Map(sources.map(({ source }, place) => [source, topOf(place, sources.length)]))
  const wires = sections.flatMap(({ section, fedBy }, place) => {
    const right = topOf(place, sections.length) + TALL / 2
    const able = customer.sections.find(({ id }) => id === section)?.sources ?? []
    // What carries is drawn last, over the others; a truck behind the switch is on no list.
    const ordered = [...new Set([...able, fedBy])].sort(
      (one, other) => Number(one === fedBy) - Number(other === fedBy)
    )
    return ordered.flatMap(id => {
      const top = sourceTop.get(id)
      const state = sources.find(({ source }) => source === id)?.state ?? 'unknown'
      return top === undefined
        ? []
        : [drawWire(top + TALL / 2, right, id === fedBy ? 'carries' : `could ${state}`)]
    })
  })
  return html`<svg class="supply-drawing" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${look.say('drawing')}">${wires}${sources.map(
    (source, place) => drawSource(source, topOf(place, sources.length), look)
  )}${sections.map((section, place) => drawSection(section, topOf(place, sections.length), customer, look))}</svg>`
}

function drawWire(from: number, to: number, kind: string): Html {
  const [left, right] = [BOX, WIDTH - BOX]
  const middle = (left + right) / 2
  return html`<path class="wire ${kind}" d="M${left} ${from}C${middle} ${from} ${middle} ${to} ${right} ${to}"/>`
}

function drawSource({ source, state, role }: SourceLine, top: number, { nameOf, word }: CustomerLook): Html {
  const what = role === 'none' || role === 'carrying' ? '' : ` · ${word(role)}`
  return drawBox(0, top, `source ${state}`, nameOf(source), `${word(state)}${what}`)
}

function drawSection(
  { section, fedBy }: SectionLine,
  top: number,
  customer: KeyCustomer,
  { nameOf, word }: CustomerLook
): Html {
  const kind = customer.sections.find(({ id }) => id === section)?.class ?? ''
  const state = fedBy === 'dark' || fedBy === 'unknown' ? fedBy : 'fed'
  const words = state === 'fed' ? nameOf(fedBy) : word(fedBy)
  return drawBox(WIDTH - BOX, top, `section ${state}`, nameOf(section), `${word(kind)} · ${words}`)
}

/** @param classes the state colours the edge and the lamp */
function drawBox(left: number, top: number, classes: string, name: string, words: string): Html {
  return html`<g class="${classes}"><rect x="${left + 1}" y="${top + 1}" width="${BOX - 2}" height="${TALL - 2}" rx="10"/><circle cx="${left + 20}" cy="${
    top + TALL / 2
  }" r="5"/><text x="${left + 36}" y="${top + 25}">${name}</text><text class="words" x="${left + 36}" y="${top + 44}">${words}</text></g>`
}
