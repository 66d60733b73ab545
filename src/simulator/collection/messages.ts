import { decimalText } from '../../codecs/json-readings-encode.ts'
import type { ReadingKind } from '../../model/fields.ts'
import type { Shown } from '../meters/shown.ts'

/** Payloads of readings as terminals write them (docs/mqtt.md). */

/** A value rounded to `decimals`: half of `toFixed`'s time, and no more than 2^53 of its last digit. */
const fixed = (value: number, decimals: number): string =>
  decimalText(Math.round(value * 10 ** decimals), decimals)

function elements(values: readonly number[], decimals: number): string {
  const [first = 0, second, third] = values
  if (second === undefined || third === undefined) return fixed(first, decimals)
  return `[${fixed(first, decimals)},${fixed(second, decimals)},${fixed(third, decimals)}]`
}

/** One message with what many meters show at one time, as columns. Exports only where somebody feeds back. */
export function columnsText(
  kind: ReadingKind,
  time: number,
  collectedAt: number,
  shown: readonly Shown[]
): string {
  let [meters, energy, power, volts, amperes, exports] = ['', '', '', '', '', '']
  let hasExports = false
  for (const each of shown) {
    const comma = meters === '' ? '' : ','
    meters += `${comma}"${each.meter}"`
    energy += comma + decimalText(each.importSteps, each.decimals)
    power += comma + fixed(each.kw, 4)
    volts += comma + elements(each.volts, 1)
    amperes += comma + elements(each.amperes, 3)
    if (Number.isNaN(each.exportSteps)) exports += `${comma}null`
    else {
      exports += comma + decimalText(each.exportSteps, each.decimals)
      hasExports = true
    }
  }
  const back = hasExports ? `,"exportKwh":[${exports}]` : ''
  return (
    `{"kind":"${kind}","time":${time},"collectedAt":${collectedAt},"meters":[${meters}],"importKwh":[${energy}]${back}` +
    `,"activePowerKw":[${power}],"voltageV":[${volts}],"currentA":[${amperes}]}`
  )
}

/** One reading of a rows message. @param extra further members, each with its comma before it */
export function rowText(time: number, each: Shown, extra = ''): string {
  const back = Number.isNaN(each.exportSteps)
    ? ''
    : `,"exportKwh":${decimalText(each.exportSteps, each.decimals)}`
  return (
    `{"meter":"${each.meter}","time":${time},"importKwh":${decimalText(each.importSteps, each.decimals)}${back}` +
    `,"activePowerKw":${fixed(each.kw, 4)},"reactivePowerKvar":${fixed(each.kvar, 4)},"powerFactor":${fixed(each.powerFactor, 3)}` +
    `,"voltageV":${elements(each.volts, 1)},"currentA":${elements(each.amperes, 3)}${extra}}`
  )
}

export const rowsText = (kind: ReadingKind, collectedAt: number, rows: readonly string[]): string =>
  `{"kind":"${kind}","collectedAt":${collectedAt},"readings":[${rows.join(',')}]}`

/** Registers as of midnight, with how often each meter lost its supply. */
export function freezeText(
  time: number,
  collectedAt: number,
  shown: readonly Shown[],
  counts: readonly number[]
): string {
  const meters = shown.map(({ meter }) => `"${meter}"`).join(',')
  const energy = shown.map(each => decimalText(each.importSteps, each.decimals)).join(',')
  return (
    `{"kind":"daily-freeze","time":${time},"collectedAt":${collectedAt},"meters":[${meters}],"importKwh":[${energy}]` +
    `,"powerDownCount":[${counts.join(',')}]}`
  )
}
