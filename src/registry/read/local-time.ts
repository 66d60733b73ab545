/**
 * Local dates and times of an IANA zone as epoch milliseconds, exactly, on days of 23, 24 or 25 hours
 * (ECMAScript Temporal, whose zone rules are those of the runtime's ICU).
 */

export type LocalTime = { readonly ms: number } | { readonly problem: 'format' | 'skipped' }

const FORM = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/

/**
 * Reads `2026-11-20` (the first instant of that day in `zone`), `2026-11-20T08:15[:00[.000]]` (local to `zone`;
 * of an hour that happens twice the first one is meant) or RFC 3339 with offset (`zone` plays no part).
 * A local time that the clocks skipped is a problem, not a guess.
 */
export function parseTime(text: string, zone: string): LocalTime {
  const match = FORM.exec(text)
  if (match === null) return { problem: 'format' }
  const [, date = '', time, offset] = match
  try {
    if (time === undefined)
      return { ms: Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds }
    if (offset !== undefined)
      return { ms: Temporal.Instant.from(`${date}T${time}${offset}`).epochMilliseconds }
    return readLocal(Temporal.PlainDateTime.from(`${date}T${time}`), zone)
  } catch (thrown) {
    if (thrown instanceof RangeError) return { problem: 'format' }
    throw thrown
  }
}

function readLocal(local: Temporal.PlainDateTime, zone: string): LocalTime {
  const instant = local.toZonedDateTime(zone, { disambiguation: 'earlier' })
  // A skipped time is moved to one that exists; reading it back shows that it is not the one asked for.
  return instant.toPlainDateTime().equals(local) ? { ms: instant.epochMilliseconds } : { problem: 'skipped' }
}

/** Whether the runtime knows the zone. */
export function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}
