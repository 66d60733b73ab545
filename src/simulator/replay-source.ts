import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { asError, GridvigilError } from '../errors.ts'

/**
 * Household data sets as interval energies per meter. Formats, by the first line of the file:
 *
 *   swiss  week,VID,V001..V672                       kWh per 15 min; V001 is Monday 00:00-00:15; weeks of 2018
 *   sgsc   customer_id,reading_datetime,general_supply_kwh    kWh of the half hour that starts at the time
 *   ihepc  datetime,Global_active_power,…            kW, kvar, V, A averaged over the minute that starts at the time
 *
 * None of the files names a zone: their wall clock is read as UTC, so days have 24 hours and weeks start on Monday
 * 00:00 UTC. Energies are whole numbers of a unit small enough for the file (Register.unitsPerKwh): sums are exact.
 */
export const REPLAY_FORMATS = ['swiss', 'sgsc', 'ihepc'] as const
export type ReplayFormat = (typeof REPLAY_FORMATS)[number]

/** One register: energy of each interval in whole units. */
export interface Register {
  readonly name: 'importKwh' | 'importKvarh'
  readonly units: Float64Array
  readonly unitsPerKwh: number
}

/** A value averaged over each interval, as the file writes it. */
export interface Gauge {
  readonly name: 'activePowerKw' | 'reactivePowerKvar' | 'voltageV' | 'currentA'
  readonly texts: readonly string[]
}

/** Everything a file says about one meter. */
export interface MeterSeries {
  readonly meter: string
  readonly intervalMs: number
  /** Start of each interval that is present, epoch ms, ascending; a missing interval is absent. */
  readonly starts: Float64Array
  readonly registers: readonly Register[]
  readonly gauges: readonly Gauge[]
}

export const MINUTE_MS = 60000
export const WEEK_MS = 7 * 86400000

/** Units of energy columns that the file gives in kWh: micro-kWh, the step of a register with 6 decimals. */
const MICRO = 1000000
/** Kilowatts with three decimals, one minute each: a kWh has 60 x 1000 of them. */
const WATT_MINUTES = 60000

const SWISS_INTERVAL_MS = 15 * MINUTE_MS
const SWISS_INTERVALS = 672
/** Monday of week 44 of 2018, the first in the file. */
const SWISS_WEEK_44 = Date.UTC(2018, 9, 29)

/** The meters of a file, in the order of their first line. @throws SENDER_FORMAT with file and line */
export async function* replaySource(format: ReplayFormat, path: string): AsyncGenerator<MeterSeries> {
  const drafts = new Map<string, Draft>()
  const take = { swiss: takeSwiss, sgsc: takeSgsc, ihepc: takeIhepc }[format]
  let header: string | undefined
  for await (const { cells, line } of readRows(path)) {
    try {
      if (header !== undefined) take(cells, drafts)
      else header = checkHeader(format, cells)
    } catch (thrown) {
      throw new GridvigilError('SENDER_FORMAT', `${path} line ${line}: ${asError(thrown).message}`)
    }
  }
  if (header === undefined) throw new GridvigilError('SENDER_FORMAT', `${path} is empty`)
  for (const draft of drafts.values()) yield finishSeries(draft)
}

/**
 * What each meter of the file used in each week, kWh, by the week's start (Monday 00:00 UTC, epoch ms, before any
 * shift). This is what a server that was sent the file must give back.
 */
export async function expectedWeekly(
  format: ReplayFormat,
  path: string
): Promise<Map<string, Map<number, number>>> {
  const weekly = new Map<string, Map<number, number>>()
  for await (const series of replaySource(format, path)) {
    const units = new Map<number, number>()
    const [register] = series.registers
    if (register === undefined) continue
    series.starts.forEach((start, i) => {
      const week = weekStart(start)
      units.set(week, (units.get(week) ?? 0) + (register.units[i] ?? 0))
    })
    const kwh = [...units].map(([week, sum]) => [week, sum / register.unitsPerKwh] as const)
    weekly.set(series.meter, new Map(kwh))
  }
  return weekly
}

/** Monday 00:00 UTC at or before `time`. 1970-01-05 was a Monday. */
export function weekStart(time: number): number {
  const monday = 4 * 86400000
  return Math.floor((time - monday) / WEEK_MS) * WEEK_MS + monday
}

/** Whole weeks to add to `end` so that it lies at or before `now` by less than a week; weekdays and hours stay. */
export function wholeWeekShift(end: number, now: number): number {
  return Math.floor((now - end) / WEEK_MS) * WEEK_MS
}

/** End of the last interval of all series, epoch ms. */
export function lastEnd(all: readonly MeterSeries[]): number {
  return Math.max(...all.map(series => (series.starts.at(-1) ?? -Infinity) + series.intervalMs))
}

interface Draft {
  readonly meter: string
  readonly intervalMs: number
  readonly unitsPerKwh: number
  readonly starts: number[]
  readonly energy: number[]
  readonly reactive: number[]
  readonly gauges: Map<Gauge['name'], string[]>
}

async function* readRows(path: string): AsyncGenerator<{ cells: string[]; line: number }> {
  const file = createReadStream(path)
  const text = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  // A failure of the file must end the reading of the text, else it would wait for ever.
  if (text !== file) file.on('error', error => text.destroy(error))
  let line = 0
  try {
    for await (const raw of createInterface({ input: text, crlfDelay: Infinity })) {
      line++
      const row = line === 1 ? raw.replace(/^\ufeff/, '') : raw
      if (row !== '') yield { cells: row.split(','), line }
    }
  } catch (thrown) {
    if (thrown instanceof GridvigilError) throw thrown
    throw new GridvigilError('SENDER_FORMAT', `${path}: ${asError(thrown).message}`)
  }
}

const HEADERS: Readonly<Record<ReplayFormat, { starts: readonly string[]; columns: number }>> = {
  swiss: { starts: ['week', 'VID', 'V001'], columns: SWISS_INTERVALS + 2 },
  sgsc: { starts: ['customer_id', 'reading_datetime', 'general_supply_kwh'], columns: 3 },
  ihepc: {
    starts: ['datetime', 'Global_active_power', 'Global_reactive_power', 'Voltage', 'Global_intensity'],
    columns: 8
  }
}

function checkHeader(format: ReplayFormat, cells: readonly string[]): string {
  const { starts, columns } = HEADERS[format]
  const fits = cells.length === columns && starts.every((name, i) => cells[i] === name)
  if (!fits)
    throw new Error(`the header is not that of format ${format} (${starts.join(',')}…, ${columns} columns)`)
  return cells.join(',')
}

function takeSwiss(cells: readonly string[], drafts: Map<string, Draft>): void {
  checkCells(cells, SWISS_INTERVALS + 2)
  const [week = '', meter = ''] = cells
  const number = /^w(\d{1,2})$/.exec(week)?.[1]
  if (number === undefined) throw new Error(`"${week}" is not a week such as w44`)
  const draft = draftOf(drafts, meter, SWISS_INTERVAL_MS, MICRO)
  const monday = SWISS_WEEK_44 + (Number(number) - 44) * WEEK_MS
  for (let i = 0; i < SWISS_INTERVALS; i++) {
    const cell = cells[i + 2] ?? ''
    if (cell === '') continue
    append(draft, monday + i * SWISS_INTERVAL_MS, scaledInteger(cell, 6))
  }
}

function takeSgsc(cells: readonly string[], drafts: Map<string, Draft>): void {
  checkCells(cells, 3)
  const [meter = '', time = '', kwh = ''] = cells
  if (kwh !== '')
    append(draftOf(drafts, meter, 30 * MINUTE_MS, MICRO), readWallClock(time), scaledInteger(kwh, 6))
}

/** The one house of the file has no id in it. */
export const IHEPC_METER = 'ihepc'

function takeIhepc(cells: readonly string[], drafts: Map<string, Draft>): void {
  checkCells(cells, 8)
  const [time = '', active = '', reactive = '', voltage = '', current = ''] = cells
  if (active === '') return
  const draft = draftOf(drafts, IHEPC_METER, MINUTE_MS, WATT_MINUTES)
  append(draft, readWallClock(time), scaledInteger(active, 3))
  draft.reactive.push(scaledInteger(reactive, 3))
  const gauges = { activePowerKw: active, reactivePowerKvar: reactive, voltageV: voltage, currentA: current }
  for (const [name, text] of Object.entries(gauges) as [Gauge['name'], string][]) {
    scaledInteger(text, 3)
    const texts = draft.gauges.get(name)
    if (texts === undefined) draft.gauges.set(name, [text])
    else texts.push(text)
  }
}

function checkCells(cells: readonly string[], expected: number): void {
  if (cells.length !== expected) throw new Error(`${cells.length} cells instead of ${expected}`)
}

function draftOf(drafts: Map<string, Draft>, meter: string, intervalMs: number, unitsPerKwh: number): Draft {
  if (meter === '') throw new Error('the customer id is blank')
  const known = drafts.get(meter)
  if (known !== undefined) return known
  const draft = { meter, intervalMs, unitsPerKwh, starts: [], energy: [], reactive: [], gauges: new Map() }
  drafts.set(meter, draft)
  return draft
}

function append(draft: Draft, start: number, units: number): void {
  const previous = draft.starts.at(-1)
  if (previous !== undefined && start < previous + draft.intervalMs) {
    throw new Error(
      `${new Date(start).toISOString()} of ${draft.meter} does not follow the interval before it`
    )
  }
  draft.starts.push(start)
  draft.energy.push(units)
}

function finishSeries(draft: Draft): MeterSeries {
  const { unitsPerKwh } = draft
  const registers: Register[] = [{ name: 'importKwh', units: Float64Array.from(draft.energy), unitsPerKwh }]
  if (draft.reactive.length > 0) {
    registers.push({ name: 'importKvarh', units: Float64Array.from(draft.reactive), unitsPerKwh })
  }
  return {
    meter: draft.meter,
    intervalMs: draft.intervalMs,
    starts: Float64Array.from(draft.starts),
    registers,
    gauges: [...draft.gauges].map(([name, texts]) => ({ name, texts }))
  }
}

/** Decimal text as a whole number of 10^-decimals, without passing through a binary fraction. */
export function scaledInteger(text: string, decimals: number): number {
  const match = /^(\d{1,9})(?:\.(\d+))?$/.exec(text)
  const fraction = (match?.[2] ?? '').replace(/0+$/, '')
  if (match === null || fraction.length > decimals) {
    throw new Error(`"${text}" is not a number with at most ${decimals} decimals`)
  }
  return Number(`${match[1]}${fraction.padEnd(decimals, '0')}`)
}

function readWallClock(text: string): number {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})$/.exec(text)
  const time = match === null ? NaN : Date.parse(`${match[1]}T${match[2]}Z`)
  if (Number.isNaN(time)) throw new Error(`"${text}" is not a time such as 2012-02-10T08:30:00`)
  return time
}
