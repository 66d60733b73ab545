/**
 * Share of the chart's width that the household's curve covers on the page, 0 when there is none: the x extent of
 * `<path class="line">` inside `<svg class="curve" viewBox="0 0 W H">`.
 */
export function curveShare(html: string): number {
  const chart = /<svg class="curve"[^>]*viewBox="0 0 ([\d.]+) [\d.]+"[\s\S]*?<\/svg>/.exec(html)
  if (chart === null) return 0
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const [, line = ''] of chart[0].matchAll(/<path class="(?:line|coarse)" d="([^"]+)"/g)) {
    for (const [, command, numbers = ''] of line.matchAll(/([MLH])([^MLHVZ]*)/g)) {
      const values = [...numbers.matchAll(/-?[\d.]+/g)].map(Number)
      for (const [index, value] of values.entries()) {
        if (command !== 'H' && index % 2 === 1) continue
        low = Math.min(low, value)
        high = Math.max(high, value)
      }
    }
  }
  if (high < low) return 0
  return Math.round(((high - low) / Number(chart[1])) * 1000) / 1000
}
