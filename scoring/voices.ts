import type { TrueSpan } from './matching.ts'

/** Usage points whose meters speak by an id: that of a meter, or of the terminal that reads them. */
export type Voices = ReadonlyMap<string, readonly string[]>

/** Customers without supply for a time. */
export interface DarkSpan extends TrueSpan {
  /** Their ids, as far as they are told. */
  readonly usagePoints?: readonly string[]
}

/** Voices of a grid, by its columns. */
export function voicesOf(
  customers: { readonly point: readonly string[]; readonly meter: readonly string[] },
  terminalOf: (customer: number) => string
): Voices {
  const voices = new Map<string, string[]>()
  customers.point.forEach((point, customer) => {
    for (const id of [customers.meter[customer] ?? '', terminalOf(customer)]) {
      const heard = voices.get(id)
      if (heard === undefined) voices.set(id, [point])
      else heard.push(point)
    }
  })
  return voices
}
