import { FIGURES, type Figure } from '../../processors/outages/likelihoods.ts'
import { code, fillParts, table } from './marked.ts'

/** Units of time that people read, ms. */
const SPANS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000]
] as const

/** A span in the largest unit in which it is a whole number. */
function spanOf(ms: number): [value: string, unit: string] {
  const [unit, length] = SPANS.find(([, each]) => ms % each === 0) ?? ['ms', 1]
  return [String(ms / length), unit]
}

/** Small chances in full: 0.00001 is easier to compare than 1e-5. */
const plain = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 9 })

function rowOf([name, { value, unit, why }]: [string, Figure]): string[] {
  if (unit === 'ms') return [code(name), ...spanOf(value), '', why]
  const ln = unit === 'chance' ? Math.log(value).toFixed(2).replace('-', '−') : ''
  return [code(name), plain(value), unit === 'ratio' ? '' : unit, ln, why]
}

export function renderOutages(present: string): string {
  const head = ['figure', 'value', 'unit', 'ln', 'why']
  return fillParts(present, { figures: table(head, Object.entries(FIGURES).map(rowOf)) })
}
