/**
 * Pieces of line protocol (InfluxData, "Line protocol reference"):
 *
 *   measurement,tag=value,tag=value field=value,field=value time
 *
 * A tag value may not end in a backslash nor hold a line break, so what people named like that is written with %5C and the
 * like; nobody reads it back, since it is known who was asked about.
 */

const UNSAFE = /[\\%\p{Cc}]/gu
const SPECIAL = /[,= ]/g
/** Most names: nothing in them needs care. */
const PLAIN = /^[A-Za-z0-9_:.-]*$/

/** A tag's value as it stands in the database. */
export const tagValue = (text: string): string =>
  text.replace(UNSAFE, char => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/** The same in a line. */
export const tagInLine = (text: string): string =>
  PLAIN.test(text) ? text : tagValue(text).replace(SPECIAL, '\\$&')

/** A text field in a line. Line breaks may stand in it. */
export const textInLine = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

/** A tag's value in InfluxQL. */
export const tagInQuery = (text: string): string => `'${tagValue(text).replace(/'/g, "\\'")}'`

/** Largest and smallest times that InfluxDB takes, ms: whole days inside 1677-09-21 and 2262-04-11. */
export const MOST_MS = 9_223_286_400_000

/** A time in nanoseconds with six digits below the millisecond. @param ms epoch ms, may be infinite @param below 0..999999 */
export function nanoseconds(ms: number, below = 0): string {
  const whole = Math.max(-MOST_MS, Math.min(MOST_MS, ms))
  if (whole === 0) return String(below)
  if (whole > 0) return `${whole}${String(below).padStart(6, '0')}`
  return String(BigInt(whole) * 1_000_000n + BigInt(below))
}

/** A time out of an answer, which has it as RFC 3339 with up to nine digits, and not always a zone. */
export function timeOf(text: string): { readonly ms: number; readonly below: number } {
  const digits = /\.(\d+)/.exec(text)?.[1] ?? ''
  const all = digits.padEnd(9, '0')
  return { ms: Date.parse(`${text.slice(0, 19)}Z`) + Number(all.slice(0, 3)), below: Number(all.slice(3, 9)) }
}
