import { CollectionContext, type Line } from './collection/context.ts'
import { Traffic } from './collection/traffic.ts'
import type { Grid } from './grid/grid.ts'
import { GridIndex } from './grid/grid-index.ts'
import { type GridLoad, makeGridLoad, takenKwh } from './load/grid-load.ts'
import type { LoadPatterns } from './load/load-patterns.ts'
import type { Scenario } from './scenario/schema.ts'
import { unfoldScenario } from './scenario/unfold.ts'
import { outagesOf } from './truth/outages.ts'
import { type TruthRow, truthRows } from './truth/rows.ts'
import { World } from './world/world.ts'

export interface RunOptions {
  readonly grid: Grid
  readonly scenario: Scenario
  /** Epoch ms of the scenario's beginning. */
  readonly start: number
  /** Decides what queries pick, what arrives and what everybody draws. */
  readonly seed: string
  /** Patterns that homes follow instead of drawn ones. */
  readonly homes?: LoadPatterns
}

/**
 * A scenario played in a grid, all of it a function of its options:
 *
 *   scenario ──> happenings ──> world ─┬─> what meters show ──> terminals ──> lines, in order of arrival
 *                                      └─> truth
 */
export class Run {
  readonly context: CollectionContext
  readonly traffic: Traffic
  readonly #options: RunOptions

  /** @throws SIMULATOR_SCENARIO when the grid has not what the scenario needs */
  constructor(options: RunOptions, load?: GridLoad) {
    const { grid, scenario, start, seed, homes } = options
    this.#options = options
    const index = new GridIndex(grid)
    const world = new World(index, unfoldScenario(scenario, index, start, seed))
    const drawn = load ?? makeGridLoad(grid, seed, homes)
    this.context = new CollectionContext(world, drawn, scenario.collection, outagesOf(world), seed)
    this.traffic = new Traffic(this.context)
  }

  /** The same once more, from its end on: registers go on from what was not taken. */
  again(): Run {
    const { consumption, load, world } = this.context
    const { end } = world.happenings
    const { customers } = world.index.grid
    const initialKwh = load.initialKwh.slice()
    for (let customer = 0; customer < customers.count; customer++) {
      const lost = takenKwh(load, customer, end) - consumption.countedKwh(customer, end)
      const ratio = (customers.ct[customer] ?? 1) * (customers.pt[customer] ?? 1)
      initialKwh[customer] = (initialKwh[customer] ?? 0) - lost / ratio
    }
    return new Run({ ...this.#options, start: end }, { ...load, initialKwh })
  }

  /** All lines, in order of arrival. */
  lines(): Generator<Line> {
    return this.traffic.lines()
  }

  /** The truth, complete once the lines were made. */
  truth(): TruthRow[] {
    return truthRows(this.context)
  }
}

/** A grid whose terminals all read and send every so often, for runs that cannot wait for quarters of an hour. */
export function withInterval(grid: Grid, intervalMs: number): Grid {
  return {
    ...grid,
    terminals: grid.terminals.map(terminal => ({
      ...terminal,
      sampleMs: intervalMs,
      uploadMs: intervalMs,
      uploadDelayMs: Math.round(intervalMs / 5),
      heartbeatMs: Math.max(intervalMs, 5_000)
    }))
  }
}

/** A line as `backtest` reads it. */
export function lineText({ at, terminal, topic, text }: Line): string {
  const from = terminal === '' ? '' : `"terminal":"${terminal}",`
  return `{"at":${at},${from}"topic":"${topic}","payload":${text}}\n`
}
