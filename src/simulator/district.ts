import { seededRandom } from '../random.ts'
import { type CustomerKind, LoadCurve } from './load-curve.ts'

/**
 * A small made-up district: who is fed by what, metered by which meter and heard through which terminal.
 *
 *   feeder SIM-F1 ── transformer SIM-TR1 ─┬─ terminal SIM-T001 ─ homes, check meter of the transformer
 *                 └─ transformer SIM-TR2  └─ terminal SIM-T002 ─ homes, a shop or the clinic
 */
export const SIMULATED_NOTE = 'simulated district: no real place, customer or meter (模拟台区，非真实数据)'

/** What a meter measures and how it is built in. */
export interface Customer {
  readonly kind: CustomerKind
  readonly meter: string
  readonly usagePoint: string
  readonly account: string
  readonly terminal: string
  /** Index of the transformer. */
  readonly transformer: number
  /** Network phase of a single-phase meter; ABC for three-phase ones. */
  readonly phase: 'A' | 'B' | 'C' | 'ABC'
  /** Place along the low-voltage line, 0 at the transformer, 1 at its end. */
  readonly position: number
  readonly powerFactor: number
  /** What the register showed on the epoch, Wh. */
  readonly initialWh: number
  readonly curve: LoadCurve
}

export interface Transformer {
  readonly id: string
  readonly checkMeter: string
  readonly checkTerminal: string
  readonly ratedKva: number
  /** Share of the customers' energy that is lost on the way to them. */
  readonly lossShare: number
  /** What the check meter's register showed on the epoch, Wh, as shown (secondary). */
  readonly initialWh: number
  readonly customers: readonly Customer[]
}

export interface District {
  readonly seed: string
  readonly feeder: string
  readonly transformers: readonly Transformer[]
  /** Terminal ids in order; the first half sends its curves as columns, the others as rows. */
  readonly terminals: readonly { readonly id: string; readonly transformer: number }[]
}

/** Current ratio of the check meters: 400/5. */
export const CHECK_METER_CT = 80
const HOMES_PER_TERMINAL = 30
const TERMINALS_PER_TRANSFORMER = 2
const PHASES = ['A', 'B', 'C'] as const

/** The district of a seed: equal on every machine. @param households homes; a clinic and two shops come on top */
export function makeDistrict(seed: string, households: number): District {
  const random = seededRandom(`${seed}/district`)
  const wanted = Math.ceil(households / HOMES_PER_TERMINAL)
  const transformerCount = Math.max(1, Math.ceil(wanted / TERMINALS_PER_TRANSFORMER))
  const terminals = Array.from({ length: transformerCount * TERMINALS_PER_TRANSFORMER }, (_, i) => ({
    id: `SIM-T${String(i + 1).padStart(3, '0')}`,
    transformer: Math.floor(i / TERMINALS_PER_TRANSFORMER)
  }))
  const kinds: CustomerKind[] = [
    ...new Array<CustomerKind>(households).fill('home'),
    'clinic',
    'shop',
    'shop'
  ]
  const customers = kinds.map((kind, i): Customer => {
    // Businesses are dealt out from the last terminal backwards, homes evenly from the first on.
    const place = kind === 'home' ? Math.floor((i * terminals.length) / households) : households - 1 - i
    const terminal = terminals.at(place % terminals.length) ?? { id: '', transformer: 0 }
    const number = String(i + 1).padStart(6, '0')
    return {
      kind,
      meter: `330100${number}`,
      usagePoint: `SIM-U${number}`,
      account: `SIM-A${number}`,
      terminal: terminal.id,
      transformer: terminal.transformer,
      phase: kind === 'home' ? (PHASES[i % 3] ?? 'A') : 'ABC',
      position: random.next(),
      powerFactor: kind === 'home' ? 0.93 + 0.06 * random.next() : 0.88 + 0.08 * random.next(),
      initialWh: random.integer(20000000),
      curve: new LoadCurve({ kind, seed: `${seed}/${number}`, meanWh: meanWh(kind, random.next()) })
    }
  })
  const transformers = Array.from(
    { length: transformerCount },
    (_, i): Transformer => ({
      id: `SIM-TR${i + 1}`,
      checkMeter: `330109${String(i + 1).padStart(6, '0')}`,
      checkTerminal: terminals[i * TERMINALS_PER_TRANSFORMER]?.id ?? '',
      ratedKva: 315,
      lossShare: 0.02 + 0.02 * random.next(),
      initialWh: random.integer(5000000),
      customers: customers.filter(customer => customer.transformer === i)
    })
  )
  return { seed, feeder: 'SIM-F1', transformers, terminals }
}

/** Homes use 6.5 to 14 kWh a day on average: with weekends, seasons and chance every day stays within 3 to 25. */
function meanWh(kind: CustomerKind, share: number): number {
  switch (kind) {
    case 'home':
      return 6500 + 7500 * share ** 1.3
    case 'shop':
      return 30000 + 20000 * share
    case 'clinic':
      return 75000 + 20000 * share
    default:
      return kind satisfies never
  }
}
