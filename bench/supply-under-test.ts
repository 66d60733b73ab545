import { RecordedInput } from '../commands/backtest/input.ts'
import { stageSettings } from '../commands/site/stage-settings.ts'
import { Pipeline } from '../processors/pipeline.ts'
import { systemClock } from '../src/clock.ts'
import { buildConfig } from '../src/config.ts'
import type { SupplyLine } from '../src/model/supply.ts'
import { REGISTRY, TICK } from '../src/records/gateway-record.ts'
import type { Registry } from '../src/registry/lookup/registry.ts'
import { hospitalTerminalId } from '../src/simulator/city/ids.ts'
import { backupOf, type Plant, readingsOf } from './supply-plants.ts'

/** Epoch ms of the first record: 2026-11-20, 08:00 in Shanghai. */
const START = 1_795_132_800_000
const SECOND_MS = 1000
/** Between two operations: longer than the longest gap of a section, so that none is looked back over. */
const BETWEEN_MS = 400_000
/** After the registry, and until all that was known at first is said. */
const SETTLE_S = 5

/** The pipeline of a processor, which has heard of the key customers alone. */
export class SupplyUnderTest {
  readonly #pipeline: Pipeline
  readonly #input: RecordedInput
  readonly #plants: readonly Plant[]
  #at = START
  /** Lines of the last tick. */
  lines: readonly SupplyLine[] = []

  constructor(registry: Registry, hash: string, plants: readonly Plant[]) {
    const config = buildConfig()
    const settings = stageSettings(config)
    this.#plants = plants
    this.#pipeline = new Pipeline({
      settings,
      windowReadings: config['processor.windowReadings'],
      growWindow: false,
      loadRegistry: () => registry
    })
    this.#input = new RecordedInput(
      { settings: given => given, hasRegistry: () => true, takesAnswers: false, isSetAside: () => false },
      // It is told of ticks.
      true
    )
    const { log, record } = this.#input.control(REGISTRY, START, { version: 1, hash })
    this.#pipeline.take(log, record)
    this.#tellOfAll()
    for (let second = 0; second < SETTLE_S; second++) this.#tick()
  }

  /** A switch is operated, and all plants say something new. @returns how long the switch's record and the tick take, ms */
  operate(device: string, state: 'open' | 'closed'): number {
    this.#at += BETWEEN_MS
    this.#tick()
    const [switched] = timed(() =>
      this.#take({ topic: 'switch-state', payload: { device, state, time: this.#at } })
    )
    for (const plant of this.#plants) plant.generator = plant.generator === 'off' ? 'auto' : 'off'
    this.#tellOfAll()
    const [ticked] = timed(() => this.#tick())
    return switched + ticked
  }

  #tellOfAll(): void {
    for (const plant of this.#plants) this.#tellOf(plant, 'readings', readingsOf(plant, this.#at))
    for (const plant of this.#plants) this.#tellOf(plant, 'backup', backupOf(plant, this.#at))
  }

  #tellOf({ number }: Plant, topic: 'readings' | 'backup', payload: object): void {
    this.#take({ terminal: hospitalTerminalId(number), topic, payload })
  }

  #take(line: object): void {
    for (const { log, record } of this.#input.take(JSON.stringify({ at: this.#at, ...line })))
      this.#pipeline.take(log, record)
  }

  #tick(): void {
    this.#at += SECOND_MS
    const { log, record } = this.#input.control(TICK, this.#at, { framesSeq: 0 })
    this.#pipeline.take(log, record)
    this.lines = [...this.#pipeline.out.supply]
    this.#pipeline.drain()
    this.#pipeline.recycle()
  }
}

/** Does some work and says how long it took, ms. */
export function timed<T>(work: () => T): [ms: number, result: T] {
  const begin = systemClock.monotonic()
  const result = work()
  return [systemClock.monotonic() - begin, result]
}
