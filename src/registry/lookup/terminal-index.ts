import { groupBy, type Groups } from './groups.ts'
import { selfMeter } from '../numbers.ts'
import type { Registry } from './registry.ts'
import { metersOfRows } from './supply-index.ts'

/** What the index is made of. Terminals are places in the words of the meters' column. */
export interface TerminalColumns {
  /** Rows of MeterColumns that bind a meter to the terminal, its own sampling left out. */
  readonly bindings: Groups
  /** Dense number of the meter of each row of MeterColumns. */
  readonly meterOfRow: Uint32Array
  /** Meters bound to it by their latest row. */
  readonly meters: Uint32Array
}

const SELF = Buffer.from(selfMeter(''))
const indexes = new WeakMap<Registry, TerminalIndex>()

/** The index of a registry: given with it, or made when it is first asked for. */
export function terminalIndexOf(registry: Registry): TerminalIndex {
  return indexes.get(registry) ?? keepTerminalIndex(registry, terminalColumns(registry))
}

/** From now on this is the index of the registry. @param columns made for it before */
export function keepTerminalIndex(registry: Registry, columns: TerminalColumns): TerminalIndex {
  const index = new TerminalIndex(registry, columns)
  indexes.set(registry, index)
  return index
}

export function terminalColumns(registry: Registry, meterOfRow?: Uint32Array): TerminalColumns {
  const { terminal, count, id } = registry.meters
  const ownerOf = meterOfRow ?? metersOfRows(registry.meters)
  const terminalOf = new Int32Array(terminal.length)
  const meters = new Uint32Array(terminal.packed.length)
  for (let row = 0; row < terminalOf.length; row++) {
    const code = terminal.codes[row] ?? 0
    const isBlank = terminal.packed.isText(code, '')
    terminalOf[row] = isBlank ? -1 : code
    if (isBlank || !id.startsWith(ownerOf[row] ?? 0, SELF)) {
      if (!isBlank && row < count) meters[code] = (meters[code] ?? 0) + 1
      continue
    }
    // What a terminal samples itself is no meter that it collects.
    const isItsOwn = id.get(ownerOf[row] ?? 0) === selfMeter(terminal.get(row))
    if (isItsOwn) terminalOf[row] = -1
  }
  return { bindings: groupBy(terminalOf, terminal.packed.length), meterOfRow: ownerOf, meters }
}

/** Meters by the terminal that they are or were bound to. */
export class TerminalIndex {
  readonly #columns: TerminalColumns
  /** Places by terminal id. */
  readonly #places: ReadonlyMap<string, number>

  constructor({ meters: { terminal } }: Registry, columns: TerminalColumns) {
    this.#columns = columns
    this.#places = new Map(Array.from(terminal.packed, (id, place) => [id, place]))
  }

  /** Meters bound to the terminal by their latest row, its own sampling left out. */
  meterCount(terminal: string): number {
    return this.#columns.meters[this.#places.get(terminal) ?? -1] ?? 0
  }

  /** Every binding to the terminal, its own sampling left out: in order of meters, of one meter the latest first. */
  bindingsOf(terminal: string): { readonly meter: number; readonly row: number }[] {
    const { bindings, meterOfRow } = this.#columns
    const rows = bindings.of(this.#places.get(terminal) ?? -1)
    // Of one meter the rows stand in this order already: behind its latest one come the earlier ones.
    return Array.from(rows, row => ({ meter: meterOfRow[row] ?? -1, row })).sort(
      (one, other) => one.meter - other.meter || one.row - other.row
    )
  }
}
