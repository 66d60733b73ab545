import {
  columnsMessage,
  decimalText,
  rowsMessage,
  rowText,
  valueText
} from '../codecs/json-readings-encode.ts'
import type { ReadingKind } from '../model/fields.ts'
import { CHECK_METER_CT, type Customer, type District, type Transformer } from './district.ts'
import { hash } from './load-curve.ts'

/** What one meter shows at one time, secondary values. Single-phase meters have one element. */
export interface ShownReading {
  readonly meter: string
  readonly terminal: string
  /** Hundredths of a kWh. */
  readonly registerSteps: number
  readonly activePowerKw: number
  readonly reactivePowerKvar: number
  readonly powerFactor: number
  readonly voltageV: readonly number[]
  readonly currentA: readonly number[]
  readonly frequencyHz: number
}

export const REGISTER_DECIMALS = 2
/** Wh in one step of a register with two decimals. */
const STEP_WH = 10

const ELEMENTS = [0, 1, 2] as const
/** How the load of a three-phase customer lies on the phases. */
const SHARES = [0.36, 0.33, 0.31] as const
const NOMINAL_V = 230
/** Unloaded voltage at the transformer, and what a phase ampere takes from it there and at the line's end. */
const OPEN_V = 233.5
const SOURCE_OHM = 0.02
const LINE_OHM = 0.035
const SERVICE_OHM = 0.12
const LOWEST_V = 215
const HIGHEST_V = 238
const NOISE_STEP_MS = 600000

/**
 * All meters of a transformer at `time`: registers as of it, the rest averaged over the `spanMs` before it. The sum
 * of the customers makes the voltage drop and the check meter, so they are made together.
 */
export function readTransformer(transformer: Transformer, time: number, spanMs: number): ShownReading[] {
  const frequencyHz = 50 + 0.04 * (smoothNoise(50, time, 60000) - 0.5)
  const loads = transformer.customers.map(customer => splitLoad(customer, time, spanMs))
  const phaseAmperes = ELEMENTS.map(element =>
    loads.reduce((sum, load, i) => {
      const { powerFactor } = transformer.customers[i] ?? { powerFactor: 1 }
      return sum + ((load[element] ?? 0) * 1000) / (NOMINAL_V * powerFactor)
    }, 0)
  )
  const drift = 2.2 * (smoothNoise(220, time, NOISE_STEP_MS) - 0.5)
  const busV = phaseAmperes.map(amperes => OPEN_V + drift - SOURCE_OHM * amperes)
  const readings = transformer.customers.map((customer, i) =>
    readCustomer(customer, loads[i] ?? [], busV, phaseAmperes, time, frequencyHz)
  )
  readings.push(readCheckMeter(transformer, loads, busV, time, frequencyHz))
  return readings
}

/** Mean power on each phase, kW. */
function splitLoad(customer: Customer, time: number, spanMs: number): number[] {
  const kw = customer.curve.averageKw(time - spanMs, time)
  return ELEMENTS.map(element => {
    if (customer.phase === 'ABC') return kw * (SHARES[element] ?? 0)
    return customer.phase === 'ABC'[element] ? kw : 0
  })
}

function readCustomer(
  customer: Customer,
  load: readonly number[],
  busV: readonly number[],
  phaseAmperes: readonly number[],
  time: number,
  frequencyHz: number
): ShownReading {
  const { meter, terminal, powerFactor, position } = customer
  const elements = customer.phase === 'ABC' ? ELEMENTS : ELEMENTS.filter(e => 'ABC'[e] === customer.phase)
  const voltageV = elements.map(element => {
    const own = ((load[element] ?? 0) * 1000) / (NOMINAL_V * powerFactor)
    const lost = position * LINE_OHM * (phaseAmperes[element] ?? 0) + SERVICE_OHM * own
    return clamp((busV[element] ?? OPEN_V) - lost)
  })
  const currentA = elements.map(
    (element, i) => ((load[element] ?? 0) * 1000) / ((voltageV[i] ?? NOMINAL_V) * powerFactor)
  )
  const activePowerKw = load.reduce((sum, kw) => sum + kw, 0)
  return {
    meter,
    terminal,
    registerSteps: Math.floor((customer.initialWh + customer.curve.cumulativeWh(time)) / STEP_WH),
    activePowerKw,
    reactivePowerKvar: activePowerKw * Math.tan(Math.acos(powerFactor)),
    powerFactor,
    voltageV,
    currentA,
    frequencyHz
  }
}

/** The sum of all customers and the losses on the way to them, divided by the current transformers. */
function readCheckMeter(
  { checkMeter, checkTerminal, customers, lossShare, initialWh }: Transformer,
  loads: readonly (readonly number[])[],
  busV: readonly number[],
  time: number,
  frequencyHz: number
): ShownReading {
  const factor = (1 + lossShare) / CHECK_METER_CT
  const sum = (part: (customer: Customer, i: number) => number): number =>
    customers.reduce((total, customer, i) => total + part(customer, i), 0)
  const wh = sum(customer => customer.curve.cumulativeWh(time)) * factor
  const phaseKw = ELEMENTS.map(element => sum((_, i) => loads[i]?.[element] ?? 0) * factor)
  const activePowerKw = phaseKw.reduce((total, kw) => total + kw, 0)
  const reactivePowerKvar =
    sum(({ powerFactor }, i) => {
      const kw = (loads[i] ?? []).reduce((total, part) => total + part, 0)
      return kw * Math.tan(Math.acos(powerFactor))
    }) * factor
  const apparent = Math.hypot(activePowerKw, reactivePowerKvar)
  const powerFactor = apparent > 0 ? activePowerKw / apparent : 1
  const voltageV = busV.map(clamp)
  return {
    meter: checkMeter,
    terminal: checkTerminal,
    registerSteps: Math.floor((initialWh + wh) / STEP_WH),
    activePowerKw,
    reactivePowerKvar,
    powerFactor,
    voltageV,
    currentA: phaseKw.map((kw, element) => (kw * 1000) / ((voltageV[element] ?? NOMINAL_V) * powerFactor)),
    frequencyHz
  }
}

const clamp = (volts: number): number => Math.min(HIGHEST_V, Math.max(LOWEST_V, volts))

/** Noise in [0, 1) that moves evenly from one step of time to the next. */
function smoothNoise(seed: number, time: number, stepMs: number): number {
  const step = Math.floor(time / stepMs)
  const share = time / stepMs - step
  return hash(seed, step) * (1 - share) + hash(seed, step + 1) * share
}

/** All readings of the district at `time` by terminal id. */
export function readDistrict(district: District, time: number, spanMs: number): Map<string, ShownReading[]> {
  const byTerminal = new Map(district.terminals.map(terminal => [terminal.id, [] as ShownReading[]]))
  for (const transformer of district.transformers) {
    for (const reading of readTransformer(transformer, time, spanMs)) {
      byTerminal.get(reading.terminal)?.push(reading)
    }
  }
  return byTerminal
}

/** Names and texts of a reading's values, in the order of COLUMNS. */
const COLUMNS: readonly (readonly [name: string, text: (reading: ShownReading) => string])[] = [
  ['importKwh', reading => decimalText(reading.registerSteps, REGISTER_DECIMALS)],
  ['activePowerKw', reading => valueText(reading.activePowerKw, 4)],
  ['reactivePowerKvar', reading => valueText(reading.reactivePowerKvar, 4)],
  ['powerFactor', reading => valueText(reading.powerFactor, 3)],
  ['voltageV', reading => elementsText(reading.voltageV, 1)],
  ['currentA', reading => elementsText(reading.currentA, 3)],
  ['frequencyHz', reading => valueText(reading.frequencyHz, 2)]
]

function elementsText(values: readonly number[], decimals: number): string {
  const texts = values.map(value => valueText(value, decimals))
  return texts.length === 1 ? (texts[0] ?? 'null') : `[${texts.join(',')}]`
}

/** One reading of a rows message. */
export function shownRow(reading: ShownReading, time: number): string {
  return rowText(
    reading.meter,
    time,
    COLUMNS.map(([name, text]) => [name, text(reading)] as const)
  )
}

/** One message with all readings of one time, as columns. */
export function shownColumns(kind: ReadingKind, time: number, readings: readonly ShownReading[]): string {
  const columns = COLUMNS.map(([name, text]) => [name, readings.map(text)] as const)
  return columnsMessage(
    kind,
    time,
    readings.map(reading => reading.meter),
    columns
  )
}

/** Rows messages of at most `size` readings. */
export function rowMessages(kind: ReadingKind, rows: readonly string[], size: number): string[] {
  const messages: string[] = []
  for (let first = 0; first < rows.length; first += size) {
    messages.push(rowsMessage(kind, rows.slice(first, first + size)))
  }
  return messages
}
