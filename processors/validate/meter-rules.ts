import { READING_KINDS } from '../../src/model/fields.ts'
import type { SettingsRecord } from '../../src/records/gateway-record.ts'
import { bindingAt, type Registry } from '../../src/registry/lookup/registry.ts'
import type { ElectricalLimits } from './plausibility.ts'
import { type RegisterRules, withoutNoise } from './intervals/register.ts'

/** What the rules need to know of one meter. */
export interface MeterRules {
  readonly ct: number
  readonly pt: number
  /** `ratio` is CT x PT. Readings whose values are primary already take the rules named so. */
  readonly register: RegisterRules
  readonly primary: RegisterRules
  readonly limits: ElectricalLimits
  readonly primaryLimits: ElectricalLimits
}

/** Decimals of a register when the registry does not say: the common format of household meters (XXXXXX.XX). */
const USUAL_DECIMALS = 2
export const INSTANT = READING_KINDS.indexOf('instant')

/** Rules of meters under their bindings, made when first needed. */
export class MeterRulesBook {
  readonly #registry: Registry
  readonly #settings: SettingsRecord
  readonly #rules: (MeterRules | undefined)[] = []
  /** Meters of one type share their rules: the few that there are stay in the processor's cache. */
  readonly #shared = new Map<string, MeterRules>()

  constructor(registry: Registry, settings: SettingsRecord) {
    this.#registry = registry
    this.#settings = settings
  }

  /** @param time data time: a meter's ratios are those of its binding then */
  of(meter: number, time: number): MeterRules {
    return this.ofBinding(bindingAt(this.#registry.meters, meter, time))
  }

  /** @param binding row of MeterColumns */
  ofBinding(binding: number): MeterRules {
    let rules = this.#rules[binding]
    if (rules === undefined) {
      rules = this.#share(this.#make(binding))
      this.#rules[binding] = rules
    }
    return rules
  }

  #share(made: MeterRules): MeterRules {
    const key = Object.values(made)
      .flatMap(part => (typeof part === 'number' ? part : Object.values(part as object)))
      .join(' ')
    const rules = this.#shared.get(key) ?? made
    this.#shared.set(key, rules)
    return rules
  }

  #make(binding: number): MeterRules {
    const { meters } = this.#registry
    const { limitFactor, minimumSteps } = this.#settings
    const ct = ratio(meters.ct[binding])
    const pt = ratio(meters.pt[binding])
    const ratedV = meters.ratedV[binding] ?? Number.NaN
    const ratedA = meters.ratedA[binding] ?? Number.NaN
    const ratingKw = (ratedV * ratedA * elements(meters.wiring.get(binding))) / 1000
    const decimals = meters.registerDecimals[binding] ?? Number.NaN
    const digits = meters.registerDigits[binding] ?? Number.NaN
    const register = {
      width: Number.isNaN(digits) ? Infinity : 10 ** digits,
      step: 10 ** -(Number.isNaN(decimals) ? USUAL_DECIMALS : decimals),
      ratio: ct * pt,
      limitKw: Number.isNaN(ratingKw) ? Infinity : ratingKw * limitFactor * ct * pt,
      minimumSteps
    }
    const maxA = withoutNoise(ratedA * limitFactor)
    const maxKw = withoutNoise(ratingKw * limitFactor)
    return {
      ct,
      pt,
      register,
      // The register behind a primary value still has its own steps and width: 0.01 x 8000 is 80 kWh.
      primary: { ...register, ratio: 1, width: register.width * ct * pt, step: register.step * ct * pt },
      limits: { ratedV, maxA, maxKw },
      primaryLimits: {
        ratedV: ratedV * pt,
        maxA: withoutNoise(maxA * ct),
        maxKw: withoutNoise(maxKw * ct * pt)
      }
    }
  }
}

/** Measuring elements times what they see: a three-wire meter measures line voltages (sqrt 3 phase voltages). */
function elements(wiring: string): number {
  if (wiring === '3p4w') return 3
  if (wiring === '3p3w') return Math.sqrt(3)
  return wiring === '1p2w' ? 1 : Number.NaN
}

const ratio = (value: number | undefined): number => (value === undefined || Number.isNaN(value) ? 1 : value)
