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

/** A month of the site. */
export interface LocalMonth extends Span {
  /** 2026-03 */
  readonly month: string
}

/** The local month with this name. @throws RangeError for what is no month or no time zone */
export const monthOf = (month: string, zone: string): LocalMonth =>
  monthFrom(Temporal.PlainYearMonth.from(month), zone)

const monthFrom = (month: Temporal.PlainYearMonth, zone: string): LocalMonth => ({
  month: month.toString(),
  from: month.toPlainDate({ day: 1 }).toZonedDateTime(zone).epochMilliseconds,
  to: month.add({ months: 1 }).toPlainDate({ day: 1 }).toZonedDateTime(zone).epochMilliseconds
})

/** Whole local months that [from, to) touches, in order. */
export function monthsIn(from: number, to: number, zone: string): LocalMonth[] {
  const months: LocalMonth[] = []
  let at = dateAt(from, zone).toPlainYearMonth()
  for (let month = monthFrom(at, zone); month.from < to; month = monthFrom(at, zone)) {
    months.push(month)
    at = at.add({ months: 1 })
  }
  return months
}
