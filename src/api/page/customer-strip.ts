import type { SupplyStretch } from '../../ledger/supply-port.ts'
import type { CustomerLook } from './customer-look.ts'
import { type Html, html } from './html.ts'

/** In units of the drawing. */
const [WIDTH, TALL, LEAST] = [960, 26, 1.5]
const HOUR_MS = 3_600_000
const TICK_HOURS = 4

/** A time as a strip coloured by state; short stretches keep a width that can be seen. @param from epoch ms @param to epoch ms */
export function drawStrip(
  stretches: readonly SupplyStretch[],
  from: number,
  to: number,
  { reader, say, word }: CustomerLook
): Html {
  const at = (time: number): number => ((Math.min(Math.max(time, from), to) - from) / (to - from)) * WIDTH
  const shown = stretches.filter(stretch => stretch.from < to && (stretch.to ?? to) > from)
  const pieces = shown.map(stretch => {
    const [left, right] = [at(stretch.from), at(stretch.to ?? to)]
    return { left, width: Math.max(LEAST, right - left), stretch }
  })
  // Short ones last: what is long must not cover them.
  pieces.sort((one, other) => other.width - one.width)
  const ticks: number[] = []
  const step = TICK_HOURS * HOUR_MS
  for (let tick = Math.ceil(from / step) * step; tick < to; tick += step) ticks.push(tick)
  return html`<svg class="strip" viewBox="0 0 ${WIDTH} 46" role="img" aria-label="${say('day')}"><rect class="unknown" x="0" y="0" width="${WIDTH}" height="${TALL}"/>${pieces.map(
    ({ left, width, stretch }) =>
      html`<rect class="${stretch.line.state}" x="${left.toFixed(2)}" y="0" width="${width.toFixed(2)}" height="${TALL}"><title>${word(
        stretch.line.state
      )} ${reader.clock(Math.max(stretch.from, from))}–${reader.clock(stretch.to ?? to)}</title></rect>`
  )}${ticks.map(
    tick =>
      html`<line x1="${at(tick).toFixed(2)}" x2="${at(tick).toFixed(2)}" y1="${TALL}" y2="${TALL + 4}"/><text x="${at(tick).toFixed(2)}" y="${
        TALL + 17
      }">${reader.clock(tick)}</text>`
  )}</svg>`
}
