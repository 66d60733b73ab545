import type { OutageClass } from './interruption.ts'

/**
 * What a standard says about counting, as data: nothing in this folder counts by a figure or a rule that does not stand in a
 * profile. A parameter that no text of the standard has confirmed yet says so, and can be set to something else.
 */
export interface Parameter<T> {
  readonly value: T
  /** 'rule' where the value is a word. */
  readonly unit: 'min' | 'd' | 'a' | 'times' | 'rule'
  readonly source: string
  readonly why: string
  /** Nobody has read it in the standard itself. */
  readonly isUnconfirmed?: true
}

/**
 * What is counted as one customer.
 *
 *   account      once, for as long as anything of it is without supply, however many usage points it has
 *   usage-point  each metered place for itself
 *   mv-user      a public transformer is one, while all accounts that it feeds are without supply; a customer metered at
 *                medium voltage is one
 */
export type CountingUnit = 'account' | 'usage-point' | 'mv-user'

/** Of a number that changes: its mean over the period, weighted by time, or what it was at one end of it. */
export type ServedRule = 'average' | 'at-start' | 'at-end'

/** Where the minutes of an interruption go: into the period in which they pass, or all to the moment when it began. */
export type AccrualRule = 'as-they-pass' | 'to-the-beginning'

export interface ReliabilityParameters {
  readonly unit: Parameter<CountingUnit>
  readonly served: Parameter<ServedRule>
  /** Up to and including this long without supply an interruption is momentary. */
  readonly momentaryLimit: Parameter<number>
  /** Whether momentary ones count in frequency and duration, beside their own frequency. */
  readonly momentaryCounts: Parameter<boolean>
  /** Momentary interruptions that begin within this of the first are one momentary event. */
  readonly momentaryEventWindow: Parameter<number>
  /** A momentary event in whose window a longer interruption begins was the way to that one. */
  readonly momentaryBeforeSustained: Parameter<'left-out' | 'counted'>
  readonly accrual: Parameter<AccrualRule>
  readonly classes: Parameter<readonly OutageClass[]>
}

export interface MajorEventParameters {
  /** k of T_MED = exp(alpha + k beta). */
  readonly factor: Parameter<number>
  /** Standard deviation with n - 1 or with n. */
  readonly deviation: Parameter<'sample' | 'population'>
  /** How much history the threshold is made of. */
  readonly history: Parameter<number>
}

/** What is left out of the same interruptions. */
export type LeftOut = 'external' | 'shortage' | 'momentary' | 'major-event-days'

/** One way of counting: all variants of a profile are computed at once, over the same interruptions. */
export interface Variant {
  readonly id: string
  readonly leavesOut: readonly LeftOut[]
}

/** Figures of a variant; what they are stands in indices.ts. */
export type Quantity =
  | 'saifi'
  | 'saidiMinutes'
  | 'saidiHours'
  | 'caidiMinutes'
  | 'asai'
  | 'asaiPercent'
  | 'maifi'
  | 'maifiEvents'
  | 'customerHours'

/** How the profile's readers call a figure of one variant. */
export interface IndexName {
  readonly name: string
  readonly quantity: Quantity
  readonly variant: string
  readonly unit: string
  readonly title: { readonly en: string; readonly zh: string }
}

export interface ReliabilityProfile {
  readonly id: 'dl836' | 'ieee1366'
  readonly title: string
  readonly parameters: ReliabilityParameters
  /** Null where the profile knows no major event days. */
  readonly majorEvents: MajorEventParameters | null
  readonly variants: readonly Variant[]
  readonly indices: readonly IndexName[]
}

/** New values of some parameters. */
export type Values<P> = { readonly [K in keyof P]?: P[K] extends Parameter<infer T> ? T : never }

/** The parameters with other values, each of which then names `source` (who decided so) as its source. */
export function withValues<P extends { readonly [K in keyof P]: Parameter<unknown> }>(
  parameters: P,
  values: Values<P>,
  source: string
): P {
  const changed: Partial<Record<keyof P, Parameter<unknown>>> = {}
  for (const name of Object.keys(values) as (keyof P)[]) {
    const { unit, why } = parameters[name]
    changed[name] = { value: values[name], unit, why, source }
  }
  return { ...parameters, ...changed }
}

/** Names and values, for a result to say how it was counted. */
export const valuesOf = (parameters: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]: [string, Parameter<unknown>]) => [
      name,
      parameter.value
    ])
  )
