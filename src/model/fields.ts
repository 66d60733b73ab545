/**
 * The measured quantities that have a column of their own, in column order. The order is part of the
 * results-log format and of the store's schema: append, never reorder.
 *
 * Values are as the meter shows them (secondary). `scale` tells which transformer ratios turn a shown
 * value into a primary one: energy and power x CT x PT, current x CT, voltage x PT, others as they are.
 * Signs: import from the grid is positive. Elements a, b, c are network phases A, B, C; the only element
 * of a single-phase meter is `a` whatever its network phase; a three-wire meter has Uab and Ucb in a and c.
 */
export type Scale = 'energy' | 'current' | 'voltage' | 'none'

export interface Field {
  /** Column name in results, store and API. */
  readonly name: string
  readonly scale: Scale
  /** Name in the payload, and which element of its array. Single numbers have element 0. */
  readonly payload: string
  readonly element: 0 | 1 | 2
  /** Smallest and largest value that can be a measurement at all (secondary); outside is not finite sense. */
  readonly low: number
  readonly high: number
}

const field = (
  name: string,
  scale: Scale,
  low: number,
  high: number,
  payload = name,
  element: 0 | 1 | 2 = 0
): Field => ({ name, scale, payload, element, low, high })

/** Bounds are what 64-bit registers and instruments can express, not what is plausible: VEE judges that. */
export const FIELDS = [
  field('importKwh', 'energy', -1e12, 1e12),
  field('exportKwh', 'energy', -1e12, 1e12),
  field('importKvarh', 'energy', -1e12, 1e12),
  field('exportKvarh', 'energy', -1e12, 1e12),
  field('activePowerKw', 'energy', -1e9, 1e9),
  field('reactivePowerKvar', 'energy', -1e9, 1e9),
  field('apparentPowerKva', 'energy', -1e9, 1e9),
  field('powerFactor', 'none', -1e3, 1e3),
  field('frequencyHz', 'none', -1e3, 1e3),
  field('voltageVA', 'voltage', -1e7, 1e7, 'voltageV', 0),
  field('voltageVB', 'voltage', -1e7, 1e7, 'voltageV', 1),
  field('voltageVC', 'voltage', -1e7, 1e7, 'voltageV', 2),
  field('currentAA', 'current', -1e7, 1e7, 'currentA', 0),
  field('currentAB', 'current', -1e7, 1e7, 'currentA', 1),
  field('currentAC', 'current', -1e7, 1e7, 'currentA', 2),
  field('neutralCurrentA', 'current', -1e7, 1e7),
  field('residualCurrentA', 'none', -1e7, 1e7),
  field('demandKw', 'energy', -1e9, 1e9),
  field('powerDownCount', 'none', 0, 4294967295),
  field('clockOffsetS', 'none', -4294967295, 4294967295)
] as const satisfies readonly Field[]

export const FIELD_COUNT = FIELDS.length

export type FieldName = (typeof FIELDS)[number]['name']

/** Column number of a field by its name. */
export const FIELD: Readonly<Record<FieldName, number>> = Object.fromEntries(
  FIELDS.map((entry, column) => [entry.name, column])
) as Record<FieldName, number>

/** The four energy registers, in the order of `IntervalColumns.energy`. */
export const REGISTER_FIELDS = [
  FIELD.importKwh,
  FIELD.exportKwh,
  FIELD.importKvarh,
  FIELD.exportKvarh
] as const
export const REGISTER_COUNT = REGISTER_FIELDS.length

/** What a shown value is multiplied with to become primary. @param ct current ratio @param pt voltage ratio */
export function ratioOf(scale: Scale, ct: number, pt: number): number {
  switch (scale) {
    case 'energy':
      return ct * pt
    case 'current':
      return ct
    case 'voltage':
      return pt
    case 'none':
      return 1
    default:
      return scale satisfies never
  }
}

/** Data kinds of a reading (docs/mqtt.md), numbered as stored: append, never reorder. */
export const READING_KINDS = [
  'instant',
  'curve',
  'hour-freeze',
  'daily-freeze',
  'month-freeze',
  'billing'
] as const
export type ReadingKind = (typeof READING_KINDS)[number]
