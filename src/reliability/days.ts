import type { Span } from './spans.ts'

/** A local day of the site, 23, 24 or 25 hours long. */
export interface LocalDay extends Span {
  /** 2026-03-08 */
  readonly date: string
}

/** The local day with this date. @throws RangeError for what is no date or no time zone */
export const dayOf = (date: string, zone: string): LocalDay => dayFrom(Temporal.PlainDate.from(date), zone)

function dayFrom(date: Temporal.PlainDate, zone: string): LocalDay {
  return {
    date: date.toString(),
    from: date.toZonedDateTime(zone).epochMilliseconds,
    to: date.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds
  }
}

/** Whole local days that [from, to) touches, in order. */
export function daysIn(from: number, to: number, zone: string): LocalDay[] {
  const days: LocalDay[] = []
  let date = dateAt(from, zone)
  for (let day = dayFrom(date, zone); day.from < to; day = dayFrom(date, zone)) {
    days.push(day)
    date = date.add({ days: 1 })
  }
  return days
}

const dateAt = (time: number, zone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone).toPlainDate()

/** So many calendar days later, at the same time by the clock of the site. */
export const daysLater = (time: number, days: number, zone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone).add({ days }).epochMilliseconds
