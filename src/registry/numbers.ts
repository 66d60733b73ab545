import type { Tables } from './tables.ts'

/**
 * Dense meter numbers: position = number. Logs and stores carry numbers, so an id keeps its number for the life
 * of the data folder, also while it is missing from the registry; numbers are appended and never given again.
 */
export interface NumberBook {
  readonly ids: readonly string[]
}

/** The id under which a terminal's own sampling is kept. */
export function selfMeter(terminal: string): string {
  return `self:${terminal}`
}

/** The book with numbers for all meters and terminals of `tables`: new ones follow in file order. */
export function extendBook(previous: NumberBook | undefined, tables: Tables): NumberBook {
  const ids = [...(previous?.ids ?? [])]
  const known = new Set(ids)
  const add = (id: string): void => {
    if (known.has(id)) return
    known.add(id)
    ids.push(id)
  }
  for (const id of tables.meters.text.id) add(id)
  for (const terminal of tables.terminals.text.id) add(selfMeter(terminal))
  return { ids }
}
