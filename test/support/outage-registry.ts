import { buildNetwork } from '../../src/registry/lookup/network.ts'
import { emptyRegistry, type Registry, type Terminal } from '../../src/registry/lookup/registry.ts'
import { UsagePoints } from '../../src/registry/lookup/usage-points.ts'
import { packTexts, shareTexts } from '../../src/registry/texts.ts'
import { registryOf, terminalsOf } from './meter-registry.ts'

/** A device as a test draws it; '' feeds a root. */
export type DrawnRow = readonly [id: string, kind: string, parent: string]

/** Meters of one device, all read by one terminal. */
export interface DrawnMeters {
  readonly device: string
  readonly terminal: string
  readonly ids: readonly string[]
  readonly phase?: string
  /** Of all of them; each its own where it is left out. */
  readonly account?: string
  readonly removedAt?: number
}

export interface DrawnRegistry {
  readonly devices: readonly DrawnRow[]
  readonly meters: readonly DrawnMeters[]
  readonly terminals?: readonly Partial<Terminal>[]
  /** Of dense numbers: those of meters that are no more in this version come first, as they were given out. */
  readonly numbers?: readonly string[]
  readonly version?: number
  readonly hash?: string
}

/** A registry with a network, in memory. Usage points are called U- and accounts A- and the id of their meter. */
export function drawRegistry(drawn: DrawnRegistry): Registry {
  const { devices, meters, terminals = [], version = 1, hash = 'drawn' } = drawn
  const rows = meters.flatMap(({ ids, ...rest }) => ids.map(id => ({ id, ...rest })))
  const byId = new Map(rows.map(row => [row.id, row]))
  const gone = (drawn.numbers ?? []).filter(id => !byId.has(id))
  const known = drawn.numbers ?? []
  const order = [...known, ...rows.map(({ id }) => id).filter(id => !known.includes(id))]
  const base = registryOf(
    order.map(id => {
      const row = byId.get(id)
      return {
        id,
        terminal: row?.terminal ?? '',
        ...(row?.removedAt !== undefined && { removedAt: row.removedAt })
      }
    })
  )
  const numbers = [...order.entries()].filter(([, id]) => !gone.includes(id))
  const column = (at: 0 | 1 | 2): string[] => devices.map(row => row[at])
  return {
    ...base,
    version,
    hash,
    terminals: terminalsOf(terminals),
    meterNumbers: new Map(numbers.map(([number, id]) => [id, number])),
    meters: {
      ...base.meters,
      usagePoint: packTexts(order.map(id => (byId.has(id) ? `U-${id}` : '')))
    },
    usagePoints: UsagePoints.of(
      rows.map(({ id, device, phase = '', account = `A-${id}` }) => ({
        ...{ id: `U-${id}`, account, device, phase },
        ...{ role: '', contractKva: Number.NaN }
      }))
    ),
    network: buildNetwork({
      rows: table => (table === 'devices' ? devices.length : 0),
      shared: (table, name) => shareTexts(table === 'devices' && name === 'parent' ? column(2) : []),
      packed: (table, name) => packTexts(table === 'devices' && name === 'id' ? column(0) : [])
    }),
    devices: deviceColumns(column(1))
  }
}

function deviceColumns(kinds: readonly string[]): Registry['devices'] {
  const unknown = (): Float64Array => new Float64Array(kinds.length).fill(Number.NaN)
  return {
    ...emptyRegistry().devices,
    kind: shareTexts(kinds),
    name: packTexts(kinds.map(() => '')),
    phases: shareTexts(kinds.map(() => 'ABC')),
    ratedKva: unknown(),
    ratedA: unknown(),
    nominalKv: unknown(),
    vectorGroup: shareTexts(kinds.map(kind => (kind === 'transformer' ? 'Dyn11' : ''))),
    latitude: unknown(),
    longitude: unknown()
  }
}

/** Ids with a number behind them: `named('a', 3)` is a0, a1, a2. */
export const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}`)

/**
 * What most tests of outages play on: a meter is called by its box and a number.
 *
 *   SUB ─┬─ FA ─┬─ TA (KA) ─┬─ a: 8 meters     FB ─ TD (KD) ─ d: 8 meters
 *        │      │           └─ b: 6 meters
 *        │      └─ LA ─┬─ TB (KB) ─ t: 8 meters, on the transformer itself
 *        │             └─ TC (KC) ─ c: 8 meters
 *        └─ FB
 */
export const TOWN: DrawnRegistry = {
  devices: [
    ['SUB', 'substation', ''],
    ['FA', 'feeder', 'SUB'],
    ['TA', 'transformer', 'FA'],
    ['BA', 'box', 'TA'],
    ['BB', 'box', 'TA'],
    ['LA', 'section', 'FA'],
    ['TB', 'transformer', 'LA'],
    ['TC', 'transformer', 'LA'],
    ['BC', 'box', 'TC'],
    ['BC2', 'box', 'TC'],
    ['FB', 'feeder', 'SUB'],
    ['TD', 'transformer', 'FB'],
    ['BD', 'box', 'TD'],
    ['BD2', 'box', 'TD']
  ],
  meters: [
    { device: 'BA', terminal: 'KA', ids: named('a', 8) },
    { device: 'BB', terminal: 'KA', ids: named('b', 6) },
    { device: 'TB', terminal: 'KB', ids: named('t', 8) },
    { device: 'BC', terminal: 'KC', ids: named('c', 8) },
    { device: 'BC2', terminal: 'KC', ids: named('e', 4) },
    { device: 'BD', terminal: 'KD', ids: named('d', 8) },
    { device: 'BD2', terminal: 'KD', ids: named('g', 4) }
  ],
  terminals: ['A', 'B', 'C', 'D'].map(letter => ({
    id: `K${letter}`,
    poweredBy: `T${letter}`,
    backup: 'supercap',
    heartbeatS: 60,
    carrier: 'CMCC',
    cell: letter < 'C' ? 'cell-1' : 'cell-2'
  }))
}
