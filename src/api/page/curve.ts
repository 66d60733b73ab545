import { type CurveModel, type Piece, roundStep } from './curve-model.ts'
import type { Reader } from './format.ts'
import { type Html, html } from './html.ts'

/**
 * The 24-hour curve as SVG.
 *
 *   LEFT |  steps of mean power, gaps hatched   | live point, its figure | RIGHT
 */
const WIDTH = 1120
const HEIGHT = 330
const LEFT = 52
const RIGHT = 96
const TOP = 30
const BOTTOM = 34
const GRID_LINES = 4
const TICK_HOURS = 3
const QUARTER_MS = 900_000

interface Scale {
  x(time: number): number
  y(kw: number): number
}

/** The chart with its title and a description in words. */
export function renderCurve(model: CurveModel, reader: Reader): Html {
  const step = roundStep(Math.max(model.highKw - model.lowKw, 0.2), GRID_LINES)
  const low = Math.floor(model.lowKw / step) * step
  const high = Math.max(Math.ceil((model.highKw * 1.04) / step) * step, low + step)
  const plotWidth = WIDTH - LEFT - RIGHT
  const plotHeight = HEIGHT - TOP - BOTTOM
  const scale: Scale = {
    x: time => LEFT + ((time - model.from) / (model.to - model.from)) * plotWidth,
    y: kw => TOP + (1 - (kw - low) / (high - low)) * plotHeight
  }
  return html`<svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="curve-title curve-desc">
<title id="curve-title">${reader.word('curveTitle')}</title>
<desc id="curve-desc">${describeCurve(model, reader)}</desc>
<defs>
<linearGradient id="curve-fill" x1="0" y1="0" x2="0" y2="1"><stop class="fill-top" offset="0"/><stop class="fill-end" offset="1"/></linearGradient>
<pattern id="gap-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V7"/></pattern>
</defs>
${renderGrid(low, high, step, scale, reader)}
${renderHours(model, scale, reader)}
${renderGaps(model, scale)}
${renderSteps(model, scale)}
${renderLive(model, scale, reader)}
</svg>`
}

function describeCurve(model: CurveModel, reader: Reader): string {
  if (model.pieces.length === 0) return reader.word('chartNone')
  const top = model.pieces.reduce((best, piece) => (piece.kw > best.kw ? piece : best))
  const peak = reader.word('chartPeak', { v: reader.fixed(top.kw, 2), t: reader.clock(top.start) })
  return `${peak}; ${reader.word('chartGaps', { n: model.gaps.length })}`
}

function renderGrid(low: number, high: number, step: number, scale: Scale, reader: Reader): Html {
  const digits = step < 0.1 ? 2 : step < 1 || step % 1 !== 0 ? ((step * 10) % 1 === 0 ? 1 : 2) : 0
  const lines = Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => low + index * step)
  return html`<g class="axis">${lines.map(
    kw =>
      html`<path class="${Math.abs(kw) < step / 2 ? 'zero' : 'grid'}" d="M${LEFT} ${round(scale.y(kw))}H${WIDTH - RIGHT}"/><text x="${LEFT - 10}" y="${round(scale.y(kw) + 4)}" text-anchor="end">${reader.fixed(kw, digits)}</text>`
  )}<text class="unit" x="${LEFT - 10}" y="${TOP - 14}" text-anchor="end">kW</text></g>`
}

/** Every third local hour; midnight carries the new day's date. */
function renderHours(model: CurveModel, scale: Scale, reader: Reader): Html {
  const marks: Html[] = []
  for (let time = Math.ceil(model.from / QUARTER_MS) * QUARTER_MS; time <= model.to; time += QUARTER_MS) {
    const label = reader.clock(time)
    if (!label.endsWith(':00') || Number(label.slice(0, 2)) % TICK_HOURS !== 0) continue
    const x = round(scale.x(time))
    const isMidnight = label.startsWith('00')
    marks.push(
      html`<path class="${isMidnight ? 'midnight' : 'tick'}" d="M${x} ${isMidnight ? TOP : HEIGHT - BOTTOM}V${
        HEIGHT - BOTTOM + 5
      }"/><text class="${isMidnight ? 'date' : 'hour'}" x="${x}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${
        isMidnight ? reader.day(time) : label
      }</text>`
    )
  }
  return html`<g class="axis">${marks}</g>`
}

function renderGaps(model: CurveModel, scale: Scale): Html {
  return html`<g class="gaps">${model.gaps.map(
    ({ start, end }) =>
      html`<rect x="${round(scale.x(start))}" y="${TOP}" width="${round(scale.x(end) - scale.x(start))}" height="${HEIGHT - TOP - BOTTOM}" fill="url(#gap-hatch)"/>`
  )}</g>`
}

/** Unbroken runs of fine pieces as one stepped line with its area; coarse and suspect pieces each for itself. */
function renderSteps(model: CurveModel, scale: Scale): Html {
  const pieces = model.pieces.filter(({ isYoung }) => !isYoung)
  const runs: Piece[][] = []
  for (const piece of pieces) {
    const last = runs.at(-1)?.at(-1)
    if (last !== undefined && !last.isCoarse && !piece.isCoarse && last.end === piece.start)
      runs.at(-1)?.push(piece)
    else runs.push([piece])
  }
  const zero = round(scale.y(0))
  return html`<g class="steps">${runs.map(run => {
    const [first, last] = [run[0], run.at(-1)]
    if (first === undefined || last === undefined) return undefined
    const line = run
      .map(({ start, end, kw }, index) => {
        const y = round(scale.y(kw))
        return `${index === 0 ? `M${round(scale.x(start))} ${y}` : `V${y}`}H${round(scale.x(end))}`
      })
      .join('')
    const area = `${line}V${zero}H${round(scale.x(first.start))}Z`
    return first.isCoarse
      ? html`<path class="coarse" d="${line}"/>`
      : html`<path class="area" d="${area}"/><path class="line" d="${line}"/>`
  })}${pieces
    .filter(({ isSuspect }) => isSuspect)
    .map(({ start, end, kw }) => {
      const y = round(scale.y(kw))
      const [x1, x2] = [round(scale.x(start)), round(scale.x(end))]
      return html`<path class="suspect" d="M${x1} ${y}H${x2}"/><circle class="suspect-mark" cx="${round((x1 + x2) / 2)}" cy="${y}" r="4.5"/>`
    })}</g>`
}

function renderLive({ live, pieces, to }: CurveModel, scale: Scale, reader: Reader): Html | undefined {
  if (live === undefined) return undefined
  const x = round(scale.x(Math.min(live.time, to)))
  const y = round(scale.y(live.kw))
  const last = pieces.findLast(({ isYoung }) => !isYoung)
  const lead =
    last !== undefined && !last.isCoarse && last.end <= live.time
      ? html`<path class="lead" d="M${round(scale.x(last.end))} ${round(scale.y(last.kw))}L${x} ${y}"/>`
      : undefined
  const tone = live.isSuspect ? 'live suspect-live' : 'live'
  return html`<g class="${tone}">${lead}<circle class="halo" cx="${x}" cy="${y}" r="5"/><circle class="dot" cx="${x}" cy="${y}" r="5"/><text x="${x + 13}" y="${y - 1}">${reader.fixed(
    live.kw,
    2
  )}<tspan class="unit" dx="4">kW</tspan></text><text class="when" x="${x + 13}" y="${y + 16}">${reader.seconds(live.time)}</text></g>`
}

/** A sparkline of numbers, oldest first; the newest is at the right edge whatever the length. */
export function renderSparkline(values: readonly number[], most: number, title: string): Html {
  const top = Math.max(...values, 1e-9)
  const points = values.map((value, index) => {
    const x = 240 - ((values.length - 1 - index) / Math.max(most - 1, 1)) * 240
    return `${round(x)} ${round(42 - (value / top) * 38)}`
  })
  const first = points[0]?.split(' ')[0] ?? '240'
  return html`<svg class="spark" viewBox="0 0 240 44" preserveAspectRatio="none" role="img"><title>${title}</title><path class="base" d="M0 43H240"/>${
    points.length > 1 &&
    html`<path class="area" d="M${points.join('L')}V43H${first}Z"/><path class="line" d="M${points.join('L')}"/>`
  }</svg>`
}

const round = (value: number): number => Math.round(value * 10) / 10
