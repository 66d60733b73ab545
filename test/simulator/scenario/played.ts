import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { BacktestOutput } from '../../../commands/backtest/output.ts'
import { BacktestRegistries } from '../../../commands/backtest/registries.ts'
import { BacktestRun } from '../../../commands/backtest/run.ts'
import { stageSettings } from '../../../commands/site/stage-settings.ts'
import { buildConfig } from '../../../src/config.ts'
import type { OutageAlarm } from '../../../src/model/outages.ts'
import type { SupplyLine } from '../../../src/model/supply.ts'
import { DEVICE_KINDS } from '../../../src/registry/tables.ts'
import { makeCity } from '../../../src/simulator/city/city.ts'
import { makeDirt } from '../../../src/simulator/city/dirt.ts'
import { writeCityRegistry } from '../../../src/simulator/city/registry-files.ts'
import type { Line } from '../../../src/simulator/collection/context.ts'
import type { Grid } from '../../../src/simulator/grid/grid.ts'
import { GridIndex } from '../../../src/simulator/grid/grid-index.ts'
import { type GridLoad, makeGridLoad } from '../../../src/simulator/load/grid-load.ts'
import { lineText, Run } from '../../../src/simulator/run.ts'
import type { Scenario } from '../../../src/simulator/scenario/schema.ts'
import type { TruthRow } from '../../../src/simulator/truth/truth-row.ts'
import { cityGrid } from '../../support/city-grid.ts'

/** A scenario played in the city it names, and read by what came of it. */
export const START = Date.parse('2026-11-20T08:00:00+08:00')
export const SEED = 'scenario'
const NO_DIRT = { wrongTransformer: 0, unknownPhase: 0, exchanged: 0 }

interface PlayCity {
  readonly grid: Grid
  readonly index: GridIndex
  readonly load: GridLoad
  /** Folder of the registry as things are, but for the one thing that a scenario says is wrong in it. */
  readonly registry: string
}

const work = mkdtempSync(join(tmpdir(), 'gridvigil-scenarios-'))
after(() => rmSync(work, { recursive: true }))
const cities = new Map<string, PlayCity>()

/** The city that a scenario names, made once. */
export function cityOf({ meters, seed = SEED, wrongFeed = false }: Scenario['city']): PlayCity {
  const key = `${meters}-${seed}-${wrongFeed}`
  let city = cities.get(key)
  if (city === undefined) {
    const grid = cityGrid({ seed, meters })
    const registry = join(work, key)
    const made = makeCity({ seed, meters })
    writeCityRegistry(made, registry, wrongFeed ? makeDirt(made, NO_DIRT, true) : undefined)
    city = { grid, index: new GridIndex(grid), load: makeGridLoad(grid, SEED), registry }
    cities.set(key, city)
  }
  return city
}

/** One true row with its span, epoch ms. */
export interface TrueRow {
  readonly start: number
  readonly end: number
}

export interface TrueIncident extends TrueRow {
  readonly device: string
  readonly phases: string
  readonly kind: string
  readonly supply: string
  readonly affected: number
  readonly usagePoints: readonly string[]
  readonly degraded: readonly string[]
  readonly feeds: readonly string[]
  readonly steps: readonly { readonly time: number; readonly left: number }[]
  readonly customerMinutes: number
}

/** What a meter shows at a time, minutes after the start. */
export interface ShownReading {
  readonly meter: string
  readonly minute: number
  readonly voltageV: readonly number[]
  readonly currentA: readonly number[]
}

interface Backtested {
  readonly ignored: number
  readonly audit: {
    readonly frames: { readonly decoded: number; readonly quarantined: number }
    readonly readings: { readonly stored: number }
  }
  readonly quarantine: readonly { readonly reason: string; readonly meter: string }[]
  readonly alarms: readonly OutageAlarm[]
  readonly supply: readonly SupplyLine[]
}

export class Played {
  readonly city: PlayCity
  readonly lines: readonly Line[]
  readonly #truth: readonly TruthRow[]

  constructor(scenario: Scenario) {
    this.city = cityOf(scenario.city)
    const run = new Run({ grid: this.city.grid, scenario, start: START, seed: SEED }, this.city.load)
    this.lines = [...run.lines()]
    this.#truth = run.truth()
  }

  rows<T extends TrueRow>(table: string): T[] {
    return this.#truth.filter(row => row.table === table) as unknown as T[]
  }

  get incidents(): TrueIncident[] {
    return this.rows('incidents')
  }

  /** The one incident there is. */
  get incident(): TrueIncident {
    const [one, ...more] = this.incidents
    assert.ok(one !== undefined && more.length === 0)
    return one
  }

  /** Payloads of a topic. */
  payloads<T>(topic: string): T[] {
    return this.lines.filter(line => line.topic === topic).map(({ text }) => JSON.parse(text) as T)
  }

  get eventTypes(): Set<string> {
    const messages = this.payloads<{ events: { type: string }[] }>('events')
    return new Set(messages.flatMap(({ events }) => events.map(({ type }) => type)))
  }

  /** Tables and fields of the truth, types of events: what a reader has to look up. */
  get names(): string[] {
    return [...this.#truth.flatMap(row => [String(row.table), ...Object.keys(row)]), ...this.eventTypes]
  }

  /** What was announced of planned work: `state from-to`. */
  get plans(): string[] {
    const plans = this.payloads<{ state: string; from: number; to: number }>('planned-outage')
    return plans.map(({ state, from, to }) => `${state} ${timeOf(from)}-${timeOf(to)}`)
  }

  /** Readings of rows and columns, in order of arrival; freezes show no voltage. */
  get readings(): ShownReading[] {
    const list = (value: number | number[]): number[] => (Array.isArray(value) ? value : [value])
    return this.payloads<RowsOrColumns>('readings').flatMap(message => {
      if ('readings' in message)
        return message.readings.map(({ meter, time, voltageV, currentA }) => ({
          meter,
          minute: minuteOf(time),
          voltageV: list(voltageV),
          currentA: list(currentA)
        }))
      const { meters, time, voltageV, currentA } = message
      if (voltageV === undefined) return []
      return meters.map((meter, i) => ({
        meter,
        minute: minuteOf(time),
        voltageV: list(voltageV[i]),
        currentA: list(currentA?.[i] ?? [])
      }))
    })
  }

  /** Runs the lines through the pipeline as `backtest` does. */
  backtest(): Backtested {
    const out = mkdtempSync(join(work, 'out-'))
    const config = buildConfig({ registry: this.city.registry })
    const output = new BacktestOutput(out, false)
    const registries = new BacktestRegistries(config)
    const settings = stageSettings(config)
    const run = new BacktestRun(
      { registries, output, settings, settingsOver: recorded => recorded },
      undefined
    )
    output.open()
    for (const line of this.lines) run.take(lineText(line).trimEnd())
    output.close(run.finish())
    const read = (name: string): string => readFileSync(join(out, name), 'utf8')
    const lines = <T>(name: string): T[] =>
      read(name)
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as T)
    return {
      ...(JSON.parse(read('summary.json')) as Backtested),
      quarantine: lines('quarantine.ndjson'),
      alarms: lines('alarms.ndjson'),
      supply: lines('supply.ndjson')
    }
  }
}

type RowsOrColumns =
  | {
      readonly readings: readonly {
        readonly meter: string
        readonly time: number
        readonly voltageV: number | number[]
        readonly currentA: number | number[]
      }[]
    }
  | {
      readonly meters: readonly string[]
      readonly time: number
      readonly voltageV?: readonly (number | number[])[]
      readonly currentA?: readonly (number | number[])[]
    }

export const minuteOf = (time: number): number => (time - START) / 60_000

/** After the start: 40m, 40m2s. */
export function timeOf(time: number): string {
  const seconds = Math.round((time - START) / 1000)
  const minutes = Math.floor(seconds / 60)
  return `${minutes > 0 ? `${minutes}m` : ''}${seconds % 60 > 0 ? `${seconds % 60}s` : ''}`
}

export const spanOf = ({ start, end }: TrueRow): string => `${timeOf(start)}-${timeOf(end)}`

/** An incident in few words; a service line is a `service`, that of a key customer a `feed`. */
export function incidentText(row: TrueIncident, { grid, index }: PlayCity): string {
  const { device, phases, kind, supply } = row
  const point = grid.customers.point.indexOf(device)
  const isFeed = grid.keyCustomers.some(({ feeds }) => feeds.some(({ customer }) => customer === point))
  const number = index.deviceNumbers.get(device) ?? -1
  const level = point >= 0 ? (isFeed ? 'feed' : 'service') : DEVICE_KINDS[grid.devices.kind[number]!]
  const fedBy = supply === 'none' ? '' : `, ${supply}`
  return `${spanOf(row)} ${kind} ${level}${phases === '' ? '' : ` ${phases}`}${fedBy}`
}

/** Whoever hangs below a device that lost all phases is in its row, and nobody else is in any. */
export function checkReach(row: TrueIncident, { grid, index }: PlayCity): void {
  const { device, phases, usagePoints, degraded, feeds, affected } = row
  assert.equal(affected, usagePoints.length, 'an account each')
  const number = index.deviceNumbers.get(device)
  const named = [...usagePoints, ...degraded, ...feeds]
  if (number === undefined) assert.deepEqual(named, [device])
  else {
    const below = index.customersAt(number).map(customer => grid.customers.point[customer]!)
    if (phases === '') assert.deepEqual(named.toSorted(), below.toSorted())
    else assert.ok(named.length > 0 && named.every(point => below.includes(point)))
  }
}
