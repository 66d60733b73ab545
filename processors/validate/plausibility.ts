import { FIELD, FIELD_COUNT } from '../../src/model/fields.ts'
import { REASON, SUSPECT, UNCHECKED, VALID } from '../../src/model/quality.ts'

/**
 * Limits of one meter for the electrical rules, in the units of the values they judge: secondary or primary. NaN means
 * that the registry does not say: then no rule judges the value and it stays unchecked.
 */
export interface ElectricalLimits {
  readonly ratedV: number
  /** Rated (maximum) current of the meter itself, A. */
  readonly maxA: number
  /** Most active power, kW. */
  readonly maxKw: number
}

export interface Judgement {
  quality: number
  reasons: number
}

/** Below this share of rated a phase counts as near zero, below the next as low, above the last as implausible. */
const ZERO_SHARE = 0.05
const LOW_SHARE = 0.6
const HIGH_SHARE = 1.5
const LEAST_HZ = 40
const MOST_HZ = 70
/** Meters round; 1.0005 is 1.000 with its last digit. */
const POWER_FACTOR_SLACK = 0.0005

/** Rule of each field, 0 where none judges it. */
const VOLTAGE = 1
const CURRENT = 2
const POWER = 3
const APPARENT_POWER = 4
const POWER_FACTOR = 5
const FREQUENCY = 6
const RULES: readonly (readonly [number, readonly number[]])[] = [
  [VOLTAGE, [FIELD.voltageVA, FIELD.voltageVB, FIELD.voltageVC]],
  [CURRENT, [FIELD.currentAA, FIELD.currentAB, FIELD.currentAC]],
  [POWER, [FIELD.activePowerKw, FIELD.reactivePowerKvar]],
  [APPARENT_POWER, [FIELD.apparentPowerKva]],
  [POWER_FACTOR, [FIELD.powerFactor]],
  [FREQUENCY, [FIELD.frequencyHz]]
]
const RULE_OF = new Uint8Array(FIELD_COUNT)
for (const [rule, fields] of RULES) for (const field of fields) RULE_OF[field] = rule

/**
 * Judges an instantaneous value (everything but the registers). A broken physical limit makes it suspect; low voltage
 * is evidence of an outage and stays valid. The least set of VEE practice: what a meter
 * of this rating cannot have measured.
 * @param row values of the whole reading by field number, NaN absent
 * @param live whether the reading was taken now: only then must some phase have voltage
 */
export function judgeValue(
  field: number,
  row: readonly number[],
  limits: ElectricalLimits,
  live: boolean,
  into: Judgement
): void {
  into.quality = UNCHECKED
  into.reasons = 0
  const value = row[field] ?? Number.NaN
  switch (RULE_OF[field]) {
    case VOLTAGE:
      judgeVoltage(value, row, limits.ratedV, live, into)
      return
    case CURRENT:
      within(Math.abs(value), limits.maxA, REASON.CURRENT_LIMIT, into)
      return
    case POWER:
      within(Math.abs(value), limits.maxKw, REASON.POWER_LIMIT, into)
      return
    case APPARENT_POWER:
      if (value < 0) set(into, SUSPECT, REASON.NEGATIVE_VALUE)
      else within(value, limits.maxKw, REASON.POWER_LIMIT, into)
      return
    case POWER_FACTOR:
      within(Math.abs(value), 1 + POWER_FACTOR_SLACK, REASON.POWER_FACTOR_RANGE, into)
      return
    case FREQUENCY:
      set(into, value >= LEAST_HZ && value <= MOST_HZ ? VALID : SUSPECT, 0)
      if (into.quality === SUSPECT) into.reasons = REASON.FREQUENCY_RANGE
      return
    default:
  }
}

function judgeVoltage(
  value: number,
  row: readonly number[],
  ratedV: number,
  live: boolean,
  into: Judgement
): void {
  if (value < 0) {
    set(into, SUSPECT, REASON.NEGATIVE_VALUE)
    return
  }
  if (Number.isNaN(ratedV)) return
  if (value > ratedV * HIGH_SHARE) {
    set(into, SUSPECT, REASON.VOLTAGE_HIGH)
    return
  }
  if (value >= ratedV * LOW_SHARE) {
    set(into, VALID, 0)
    return
  }
  const highest = Math.max(
    ...[FIELD.voltageVA, FIELD.voltageVB, FIELD.voltageVC].map(phase => numberOr(row[phase], 0))
  )
  if (highest >= ratedV * LOW_SHARE) set(into, VALID, REASON.VOLTAGE_LOW)
  else if (live && highest < ratedV * ZERO_SHARE) set(into, SUSPECT, REASON.VOLTAGE_ALL_ZERO)
  else set(into, VALID, 0)
}

function within(magnitude: number, limit: number, reason: number, into: Judgement): void {
  if (Number.isNaN(limit)) return
  set(into, magnitude <= limit ? VALID : SUSPECT, magnitude <= limit ? 0 : reason)
}

function set(into: Judgement, quality: number, reasons: number): void {
  into.quality = quality
  into.reasons = reasons
}

const numberOr = (value: number | undefined, other: number): number =>
  value === undefined || Number.isNaN(value) ? other : value
