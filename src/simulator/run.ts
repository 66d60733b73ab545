import { CollectionContext, type Counted, type Line } from './collection/context.ts'
import { Evidence } from './collection/evidence.ts'
import { Traffic } from './collection/traffic.ts'
import type { Grid } from './grid/grid.ts'
import { GridIndex } from './grid/grid-index.ts'
import { type GridLoad, makeGridLoad } from './load/grid-load.ts'
import type { LoadPatterns } from './load/load-patterns.ts'
import type { Scenario } from './scenario/schema.ts'
import { unfoldScenario } from './scenario/unfold.ts'
import { outagesOf } from './truth/outages.ts'
import { truthRows } from './truth/rows.ts'
import type { TruthRow } from './truth/truth-row.ts'
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
  /** Whether the truth says from when on outages could be known, which takes its time (truth/reference.ts). */
  readonly isReferred?: boolean
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
  constructor(options: RunOptions, load?: GridLoad, before?: Counted) {
    const { grid, scenario, start, seed, homes, isReferred = false } = options
    this.#options = options
    const index = new GridIndex(grid)
    const world = new World(index, unfoldScenario(scenario, index, start, seed))
    const drawn = load ?? makeGridLoad(grid, seed, homes)
    this.context = new CollectionContext(
      world,
      drawn,
      scenario.collection,
      outagesOf(world),
      seed,
      isReferred ? new Evidence() : undefined,
      before
    )
    this.traffic = new Traffic(this.context)
  }

  /** The same once more, from its end on: registers go on from what was not taken, counters from what was counted. */
  again(): Run {
    const { consumption, highVoltage, load, world, before } = this.context
    const { customers, terminals } = world.index.grid
    const { end } = world.happenings
    const lost = { ...consumption.lostUntil(end), feedKwh: highVoltage.feedKwhAt(end) }
    const boots = terminals.map((_, number) => {
      const life = this.context.life(number)
      return (before.boots[number] ?? 0) + life.at(end).boots - (life.stretches[0]?.boots ?? 0)
    })
    const powerDowns = Array.from({ length: customers.count }, (_, customer) =>
      this.context.deathsBefore(customer, end)
    )
    return new Run({ ...this.#options, start: end }, { ...load, lost }, { boots, powerDowns })
  }

  /** All lines, in order of arrival. */
  lines(): Generator<Line> {
    return this.traffic.lines()
  }

  /** The truth, complete once the lines were made. @param until when it was broken off, epoch ms */
  truth(until?: number): TruthRow[] {
    return truthRows(this.context, until)
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
