import { ByteReader, ByteWriter } from '../../src/records/bytes.ts'
import type { SupplyLine, SupplyState } from '../../src/model/supply.ts'
import { TICK } from '../../src/records/gateway-record.ts'
import type { PresentGrid } from '../outages/grid/present-grid.ts'
import type { StepOutput } from '../output.ts'
import type { Stage, StageInput } from '../stage.ts'
import { CustomerIndex, type IndexedCustomer } from './customer-index.ts'
import { SupplyFacts } from './facts.ts'
import { takeEvent, takePlant, takeRows } from './intake.ts'
import { judgeCustomer } from './judge-customer.ts'
import { type JudgedSection, judgeSection } from './judge-sections.ts'
import { type JudgedSource, judgeSource } from './judge-sources.ts'
import { PathWatch } from './path-watch.ts'

/** Of what the stage saves: it counts up with any change. */
const FORMAT = 1

/** What was said of a customer last. */
interface Shown {
  readonly text: string
  readonly state: SupplyState
  readonly start: number
  /** Log time at which it was asked about first. */
  readonly firstAt: number
}

/**
 * The fourth stage: how every key customer is supplied. Facts are entered as they come; what they mean is concluded at ticks, for those of whom
 * something was told or something known has grown old. A line is given when what is shown changes.
 */
export class SupplyStage implements Stage {
  readonly name = 'supply'
  /** The network as the outage stage sees it: it takes every record first. */
  readonly #gridOf: () => PresentGrid | undefined
  readonly #facts = new SupplyFacts()
  readonly #paths = new PathWatch()
  #index: CustomerIndex | undefined
  /** Log time of the next look at each customer, by place: 0 for at once. */
  #dueAt: number[] = []
  /** What was shown last, by customer. */
  readonly #shown = new Map<string, Shown>()

  constructor(gridOf: () => PresentGrid | undefined) {
    this.#gridOf = gridOf
  }

  take(input: StageInput, out: StepOutput): void {
    if (input.registry !== undefined) {
      this.#index = new CustomerIndex(input.registry)
      this.#dueAt = this.#index.customers.map(() => 0)
    }
    const index = this.#index
    if (index === undefined || index.customers.length === 0) return
    for (const line of out.outages.incidents.slice(input.firstIncident))
      if (this.#paths.take(line)) this.#dueAt.fill(0)
    if (input.frame !== undefined && input.replayed === undefined) this.#takeFrame(index, input, out)
    if (input.kind === TICK) this.#tick(index, input.at, out)
  }

  #takeFrame(
    index: CustomerIndex,
    { frame, events, plant, decoded, firstRow }: StageInput,
    out: StepOutput
  ): void {
    if (frame === undefined) return
    const { terminal, arrivedAt } = frame
    const touched = new Set<number>()
    if (decoded !== undefined) {
      takeRows(this.#facts, index, out.readings.columns(), firstRow, arrivedAt, touched)
    }
    if (plant !== undefined) takePlant(this.#facts, index, terminal, plant, arrivedAt, touched)
    for (const event of events ?? []) takeEvent(this.#facts, index, terminal, event, arrivedAt, touched)
    for (const place of touched) this.#dueAt[place] = 0
  }

  #tick(index: CustomerIndex, now: number, out: StepOutput): void {
    const grid = this.#gridOf()
    if (grid === undefined) return
    this.#paths.forget(now)
    for (const [place, indexed] of index.customers.entries()) {
      if ((this.#dueAt[place] ?? 0) > now) continue
      const before = this.#shown.get(indexed.customer.id)
      const firstAt = before?.firstAt ?? now
      const concluded = this.#conclude(grid, indexed, now, firstAt)
      this.#dueAt[place] = concluded.until
      // While the state is the same it began when it was said to: a section that goes from feed to feed begins none.
      const isSame = before?.state === concluded.line.state
      const line = isSame ? { ...concluded.line, start: before.start } : concluded.line
      const text = shownOf(line)
      if (before?.text === text) continue
      const { state, start } = line
      this.#shown.set(line.keyCustomer, { text, firstAt, state, start })
      out.supply.push(line)
    }
  }

  /** How a customer stands now, and until when that cannot change by itself. */
  #conclude(
    grid: PresentGrid,
    indexed: IndexedCustomer,
    now: number,
    firstAt: number
  ): { line: SupplyLine; until: number } {
    const { customer, switchLifetimeMs } = indexed
    const isGenerating = customer.sources.some(
      ({ id, kind }) => kind === 'generator' && this.#facts.generators.get(id)?.said.isRunning === true
    )
    const sources = new Map<string, JudgedSource>()
    for (const { source, place, lifetimeMs } of indexed.sources) {
      const path =
        place < 0
          ? { openSince: Number.NaN, overAt: Number.NaN }
          : this.#paths.onWay(grid, place, source.usagePoint)
      sources.set(source.id, judgeSource({ source, facts: this.#facts, path, isGenerating, lifetimeMs, now }))
    }
    const sections = new Map<string, JudgedSection>()
    for (const section of customer.sections) {
      const word = this.#facts.switches.get(section.id)
      sections.set(section.id, judgeSection(section, word, sources, switchLifetimeMs, now))
    }
    const line = judgeCustomer({ customer, sources, sections }, now, firstAt)
    const ends = [...sources.values(), ...sections.values()].map(({ until }) => until)
    // A gap that is still allowed is none from its end on.
    for (const section of customer.sections) {
      const judged = sections.get(section.id)
      const gapEnds = (judged?.since ?? Number.NaN) + section.allowedGapS * 1000
      if (judged?.fedBy === 'dark' && gapEnds > now) ends.push(gapEnds)
    }
    // What holds until a time has grown old after it.
    const until = Math.min(...ends) + 1
    return { line, until: Math.max(until, now + 1) }
  }

  save(): readonly Uint8Array[] {
    const json = {
      format: FORMAT,
      facts: this.#facts.save(),
      paths: this.#paths.save(),
      shown: [...this.#shown]
    }
    return [new ByteWriter(1024).text(JSON.stringify(json)).finish()]
  }

  load(saved: Uint8Array): void {
    // Nothing that is kept here is null but what was NaN.
    const json = JSON.parse(new ByteReader(saved, 'in place').text(), (_, value) =>
      value === null ? Number.NaN : value
    ) as {
      format: number
      facts: Parameters<SupplyFacts['load']>[0]
      paths: Parameters<PathWatch['load']>[0]
      shown: [string, Shown][]
    }
    // What another version remembers is told again within minutes.
    if (json.format !== FORMAT) return
    this.#facts.load(json.facts)
    this.#paths.load(json.paths)
    this.#shown.clear()
    for (const [customer, shown] of json.shown) this.#shown.set(customer, shown)
    this.#dueAt.fill(0)
  }
}

/** What of a line makes it another one: not when it was known. */
function shownOf({ at: _at, ...rest }: SupplyLine): string {
  return JSON.stringify(rest)
}
