import type { ReadingKind } from '../model/fields.ts'

/**
 * Sender side of `gv1/{terminal}/readings` (docs/mqtt.md): numbers are written as decimal text, because a meter
 * shows a fixed number of decimals and a sum of binary fractions would not.
 *
 *   rows     {"kind":K,"readings":[{"meter":M,"time":T,"importKwh":1.250},…]}
 */

/** A whole number of units of 10^-decimals as decimal text: (1250, 3) is "1.250". Exact below 2^53. */
export function decimalText(units: number, decimals: number): string {
  if (decimals === 0) return String(units)
  const digits = String(Math.abs(units)).padStart(decimals + 1, '0')
  const sign = units < 0 ? '-' : ''
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** One reading of a rows message. @param fields name and JSON text of each value */
export function rowText(
  meter: string,
  time: number,
  fields: readonly (readonly [name: string, text: string])[]
): string {
  let text = `{"meter":${JSON.stringify(meter)},"time":${time}`
  for (const [name, value] of fields) text += `,"${name}":${value}`
  return `${text}}`
}

/** @param rows texts made by `rowText` */
export function rowsMessage(kind: ReadingKind, rows: readonly string[]): string {
  return `{"kind":"${kind}","readings":[${rows.join(',')}]}`
}
