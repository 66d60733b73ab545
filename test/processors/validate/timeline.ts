import { FIELD, type FieldName } from '../../../src/model/fields.ts'
import { QUALITIES, qualityAt, reasonCodes } from '../../../src/model/quality.ts'
import type { IntervalRow, ReadingRow } from '../../../src/series/port.ts'
import { type LineOptions, MeterLine } from '../../support/meter-line.ts'

/** 2026-11-20 00:00 UTC; times of timelines are minutes after it. */
export const T0 = Date.UTC(2026, 10, 20)
export const MINUTE = 60_000
export const DAY = 86_400_000

export const minutes = (time: number): number => (time - T0) / MINUTE

export interface Given {
  readonly meter?: string
  /** Minutes after T0. */
  readonly at: number
  readonly kind?: string
  readonly [field: string]: unknown
}

/** A line with its registry in place. */
export async function lineOf(options: LineOptions): Promise<MeterLine> {
  const line = new MeterLine(options)
  await line.useRegistry()
  return line
}

/** Publishes each reading in a frame of its own, arrived a minute after the latest time so far. */
export async function publish(line: MeterLine, readings: readonly Given[], terminal = 'T0'): Promise<void> {
  let latest = 0
  for (const { at, meter = 'M0', kind = 'curve', ...fields } of readings) {
    latest = Math.max(latest, at)
    await line.publish(
      T0 + (latest + 1) * MINUTE,
      { readings: [{ meter, kind, time: T0 + at * MINUTE, ...fields }] },
      terminal
    )
  }
}

/** `15-30 0.5 valid [REASON …]`: an interval in minutes, its import energy. */
export function showInterval({ start, end, energy, quality, reasons }: IntervalRow, register = 0): string {
  const words = [
    `${minutes(start)}-${minutes(end)}`,
    String(energy[register]),
    QUALITIES[qualityAt(quality, 0, register)],
    ...reasonCodes(reasons)
  ]
  return words.join(' ')
}

export async function intervals(line: MeterLine, register = 0, meter = 0): Promise<string[]> {
  return (await line.intervals(meter)).map(row => showInterval(row, register))
}

/** `12.5 valid [REASON …]`: a value of a stored reading. */
export function showValue(row: ReadingRow, name: FieldName): string {
  const field = FIELD[name]
  const quality = QUALITIES[qualityAt(row.qualityLow, row.qualityHigh, field)]
  return [String(row.values[field]), quality, ...reasonCodes(row.reasons.get(field) ?? 0)].join(' ')
}

/** `15 curve v2 12.5 valid`: all versions, in order of time. */
export async function rows(line: MeterLine, name: FieldName = 'importKwh', meter = 0): Promise<string[]> {
  const kinds = ['instant', 'curve', 'hour-freeze', 'daily-freeze', 'month-freeze', 'billing']
  return (await line.readings(meter)).map(
    row => `${minutes(row.time)} ${kinds[row.kind]} v${row.version} ${showValue(row, name)}`
  )
}
