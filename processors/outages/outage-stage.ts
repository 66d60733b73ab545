import { GridvigilError } from '../../src/errors.ts'
import { ByteReader, ByteWriter, joined } from '../../src/records/bytes.ts'
import type { ReadingColumns } from '../../src/model/columns.ts'
import type { AlarmDecision } from '../../src/model/decisions.ts'
import {
  DECISION,
  type DecisionRecord,
  GATEWAY,
  type GatewayRecord,
  PING,
  type PingRecord,
  PLANNED_OUTAGE,
  type PlannedOutageRecord,
  SESSION,
  type SessionRecord,
  SWITCH_STATE,
  TRUCK,
  type TruckRecord,
  type SwitchStateRecord,
  TICK
} from '../../src/records/gateway-record.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import type { StepOutput } from '../output.ts'
import type { Stage, StageInput } from '../stage.ts'
import { AlarmBook } from './alarms/alarm-book.ts'
import { claimFilled, type FilledRun } from './evidence/filled-points.ts'
import { Intake } from './evidence/intake.ts'
import { OtherSources } from './evidence/other-sources.ts'
import { MeterBook } from './evidence/meter-book.ts'
import { PingBook } from './evidence/ping-book.ts'
import { answered, takeFailures } from './evidence/ping-answers.ts'
import { type Rise, RisenMeters } from './evidence/risen.ts'
import { Rounds } from './evidence/rounds.ts'
import { RowIntake } from './evidence/row-intake.ts'
import { ShownRanges } from './evidence/shown.ts'
import { TerminalBook } from './evidence/terminal-book.ts'
import { feedMeters } from '../../src/registry/lookup/supply-path.ts'
import type { Books } from './books.ts'
import { FindingBook } from './findings/finding-book.ts'
import { PresentGrid } from './grid/present-grid.ts'
import { CaseBook } from './cases/case-book.ts'
import { liesBelow } from './decisions/danger.ts'
import { DecisionBook } from './decisions/decision-book.ts'
import { PingSampler } from './cases/ping-sampler.ts'
import { PlanBook } from './incidents/plan-book.ts'
import { SilenceBook } from './silence/silence-book.ts'
import { figure } from './likelihoods.ts'

/** Of what the stage saves. Columns follow each other without names, so what another version saved would be misread: it counts up with any change. */
const FORMAT = 7

/**
 * The third stage: what readings, events, status and sessions say of supply, and what follows: incidents, lost communication, and
 * what is true beside them: findings, alarms.
 * Evidence is entered as it comes; conclusions are drawn at ticks.
 */
export class OutageStage implements Stage {
  readonly name = 'outages'
  readonly #meters = new MeterBook()
  readonly #terminals = new TerminalBook()
  readonly #others = new OtherSources()
  readonly #rounds = new Rounds()
  readonly #risen = new RisenMeters()
  readonly #pings = new PingBook()
  readonly #rows = new RowIntake((grid, area, at) => this.#cases.oddCaseAt(grid, area, at))
  readonly #shown = new ShownRanges()
  readonly #cases = new CaseBook()
  readonly #sampler = new PingSampler()
  readonly #silences = new SilenceBook()
  readonly #plans = new PlanBook()
  readonly #alarms = new AlarmBook()
  readonly #findings = new FindingBook(this.#alarms)
  readonly #decisions = new DecisionBook()
  /** Switches that were reported, by id: a registry knows only how they stand normally. */
  readonly #switches = new Map<string, 'open' | 'closed'>()
  #books: Books | undefined
  #intake: Intake | undefined
  #now = 0
  /** Of a checkpoint that was loaded, until its registry comes: ids of terminals with a round that is not closed. */
  #openRounds: readonly string[] = []

  /** The network under the registry and the switch states of now; undefined before the first registry. */
  get grid(): PresentGrid | undefined {
    return this.#books?.grid
  }

  take(input: StageInput, out: StepOutput): void {
    this.#now = input.at
    if (input.registry !== undefined) this.#setRegistry(input.registry, out)
    const books = this.#books
    if (books === undefined || input.replayed !== undefined) return
    if (input.frame !== undefined) this.#takeFrame(books, input, out)
    else if (input.kind === SESSION) this.#session(books, input.control as SessionRecord, out)
    else if (input.kind === GATEWAY) this.#gateway(input.control as GatewayRecord)
    else if (input.kind === SWITCH_STATE) this.#switch(books, input.control as SwitchStateRecord)
    else if (input.kind === PLANNED_OUTAGE) this.#plans.take(input.control as PlannedOutageRecord)
    else if (input.kind === PING) this.#pings.asked(input.control as PingRecord, input.at)
    else if (input.kind === DECISION) this.#decide(books, input.control as DecisionRecord, out)
    else if (input.kind === TRUCK) takeTruck(books, input.control as TruckRecord)
    else if (input.kind === TICK) this.#tick(books, input.at, out)
  }

  #setRegistry(registry: Registry, out?: StepOutput): void {
    const before = this.#books?.grid
    const open = before === undefined ? this.#openRounds : this.#rounds.ids({ grid: before })
    const grid = new PresentGrid(registry)
    for (const [id, state] of this.#switches) grid.switches.set(id, state)
    this.#plans.setRegistry(grid)
    this.#meters.grow(registry.meters.count)
    const books = { grid, meters: this.#meters, terminals: this.#terminals, others: this.#others }
    this.#books = books
    this.#intake = new Intake(books, {
      claim: (area, time, holder, record) => this.#cases.claim(grid, area, time, holder, this.#now, record),
      between: (area, beginning, holder) =>
        this.#cases.claimBetween(grid, area, beginning, holder, this.#now),
      hasWrongClock: meter => this.#findings.hasWrongClock(meter),
      isPartlyBack: incident => this.#cases.isPartlyBack(incident),
      risen: (meter, at) => this.#risen.note(books, { meter, at, heardAt: this.#now }),
      down: (area, since, time) => this.#cases.down(grid, area, since, time, this.#now),
      odd: (area, time) => this.#cases.odd(grid, area, time, this.#now),
      momentOfRecord: (incident, area, span) => this.#cases.momentOfRecord(incident, area, span)
    })
    this.#rounds.reopen(books, open)
    this.#risen.regroup(books)
    if (before !== undefined && out !== undefined && before.registry.hash !== registry.hash)
      this.#renumber(before, books, out)
    this.#findings.setRegistry(books)
  }

  /** Ids stay, numbers do not. */
  #renumber(before: PresentGrid, books: Books, out: StepOutput): void {
    const { grid } = books
    const { network } = before.registry
    const deviceOf = (device: number): number =>
      grid.registry.network.numbers.get(network.ids.get(device)) ?? -1
    this.#cases.renumber(before, books, deviceOf, this.#now, out.outages)
    const terminalOf = (terminal: number): number =>
      grid.terminalNumbers.get(before.terminals[terminal].id) ?? -1
    this.#silences.renumber(before, books, terminalOf, this.#now, out.outages)
  }

  #takeFrame(books: Books, input: StageInput, out: StepOutput): void {
    const { frame, events, status, plant, decoded, reply, firstRow } = input
    if (frame === undefined) return
    const { terminal, arrivedAt } = frame
    const round = { books, now: this.#now, out: out.outages }
    for (const event of events ?? []) {
      const believed = this.#findings.event(round, terminal, event, arrivedAt)
      if (believed !== undefined) this.#intake?.event(terminal, believed, arrivedAt)
    }
    if (plant !== undefined) {
      this.#findings.plant(round, terminal, plant, arrivedAt)
      books.others.plant(terminal, plant, arrivedAt)
    }
    if (status !== undefined) this.#intake?.status(terminal, status, arrivedAt)
    if (events !== undefined || status !== undefined) {
      this.#findings.terminal(round, terminal)
      this.#stirAround(books, terminal)
    }
    if (decoded === undefined) return
    const columns = out.readings.columns()
    this.#shown.look(columns, firstRow)
    if (reply !== undefined) {
      this.#takeReply(books, input, columns, out)
      return
    }
    this.#findings.readings(round, terminal, decoded, columns, this.#shown, firstRow, arrivedAt)
    this.#takeReadings(books, input, columns, out)
  }

  /** Whatever a terminal tells may be of those whom it reads, or of what feeds it. */
  #stirAround({ grid }: Books, id: string): void {
    const terminal = grid.terminals[grid.terminalNumbers.get(id) ?? -1]
    if (terminal === undefined) return
    if (terminal.area >= 0) this.#cases.stir(grid, terminal.area)
    if (terminal.poweredBy >= 0) this.#cases.stir(grid, grid.areaOf[terminal.poweredBy])
  }

  #takeReadings(
    books: Books,
    { frame, decoded, firstRow }: StageInput,
    columns: ReadingColumns,
    out: StepOutput
  ): void {
    if (frame === undefined || decoded === undefined) return
    const { grid } = books
    const { terminal, arrivedAt } = frame
    const readAt = Math.min(decoded.collectedAt, arrivedAt)
    const times = { readAt, arrivedAt, now: this.#now }
    const touched = this.#rows.take(books, columns, this.#shown, [firstRow, columns.rows], times)
    this.#cases.stir(grid, touched)
    const number = grid.terminalNumbers.get(terminal)
    if (number === undefined || Number.isNaN(readAt)) return
    const closed = this.#rounds.take(books, number, readAt, this.#now)
    if (closed !== undefined) this.#roundClosed(books, closed, out)
  }

  /** Readings of meters that were asked for, and who did not answer. Nobody else was read: it begins no round. */
  #takeReply(
    books: Books,
    { frame, reply, decoded, firstRow }: StageInput,
    columns: ReadingColumns,
    out: StepOutput
  ): void {
    if (frame === undefined || reply === undefined || decoded === undefined) return
    const ping = this.#pings.of(reply.id, frame.terminal)
    if (ping === undefined) return
    const { grid } = books
    // What does not say when it was read was read after it was asked.
    const collectedAt = Number.isNaN(decoded.collectedAt) ? ping.askedAt : decoded.collectedAt
    const readAt = Math.min(collectedAt, frame.arrivedAt)
    const times = { readAt, arrivedAt: frame.arrivedAt, now: this.#now }
    const isOfIt = readAt >= ping.askedAt - figure('clockTolerance')
    for (let row = firstRow; row < columns.rows; row++) {
      const meter = grid.meterId(columns.meter[row])
      if (!isOfIt || !ping.waiting.delete(meter)) continue
      this.#cases.stir(grid, this.#rows.take(books, columns, this.#shown, [row, row + 1], times))
      out.pings.answers.push(answered(ping, meter, readAt, columns, row))
    }
    for (const failed of takeFailures(books, ping, reply)) {
      this.#cases.stir(grid, failed.area)
      out.pings.answers.push(failed.answer)
    }
  }

  #roundClosed(books: Books, closed: Parameters<SilenceBook['round']>[1], out: StepOutput): void {
    const { grid } = books
    for (const place of closed.asked.keys()) this.#cases.stir(grid, grid.areaOf[place])
    const isDoubtful = (place: number): boolean => this.#cases.doubts(grid.areaOf[place])
    this.#findings.round({ books, now: this.#now, out: out.outages }, closed)
    const isExplained = (meter: number): boolean => this.#findings.explains(meter)
    this.#silences.round(books, closed, this.#now, isDoubtful, isExplained, out.outages)
  }

  #session(books: Books, record: SessionRecord, out: StepOutput): void {
    const happened = this.#intake?.session(record, this.#now)
    const number = books.grid.terminalNumbers.get(record.terminal)
    if (number === undefined) return
    if (happened === 'lost') this.#silences.lost(books, number, this.#now)
    else if (happened === 'began') this.#silences.began(books, number, this.#now, out.outages)
    const { poweredBy } = books.grid.terminals[number]
    if (happened !== undefined && poweredBy >= 0) this.#cases.stir(books.grid, books.grid.areaOf[poweredBy])
  }

  #gateway({ state }: GatewayRecord): void {
    // What is missing of a round now is missing by our own doing.
    if (this.#books !== undefined) this.#rounds.drop(this.#books)
    if (state !== 'started' && state !== 'stopped') return
    this.#silences.forget()
    for (const [, terminal] of this.#terminals.all()) terminal.isLinked = undefined
  }

  #switch({ grid }: Books, { device, state }: SwitchStateRecord): void {
    if (grid.switches.set(device, state)) this.#switches.set(device, state)
  }

  #decide(books: Books, record: DecisionRecord, { outages }: StepOutput): void {
    const now = this.#now
    const room = { books, cases: this.#cases, plans: this.#plans, now, out: outages }
    const decideAlarm = (about: AlarmDecision) => this.#alarms.decide(about, now, outages)
    const isDangerous = (place: number): boolean =>
      this.#alarms.unseen('back-feed').some(subject => liesBelow(books.grid, subject, place))
    this.#decisions.take({ ...room, decideAlarm, isDangerous }, record)
  }

  #tick(books: Books, now: number, out: StepOutput): void {
    for (const [meter, at] of this.#rows.takeZeros()) this.#intake?.zero(meter, at)
    for (const run of this.#rows.filled.take())
      claimFilled(books, run, now, (area, beginning, points) =>
        this.#cases.claimSince(books.grid, area, beginning, points, now)
      )
    this.#risen.tick(
      books,
      now,
      (area, at) => this.#cases.endedAround(books.grid, area, at),
      (id, area) => this.#cases.join(books.grid, id, area, now)
    )
    this.#pings.forget(now)
    for (const closed of this.#rounds.tick(books, now)) this.#roundClosed(books, closed, out)
    const before = out.outages.incidents.length
    this.#cases.tick(books, this.#plans, now, out.outages)
    out.pings.wishes.push(...this.#sampler.tick(books, this.#cases.suspicions(), now))
    if (out.outages.incidents.length > before) this.#silences.withdraw(books, now, out.outages)
    this.#silences.tick(books, now, out.outages)
    this.#findings.tick({ books, now, out: out.outages })
    this.#alarms.tick(now, out.outages)
  }

  save(): readonly Uint8Array[] {
    const json = {
      format: FORMAT,
      now: this.#now,
      rounds: this.#books === undefined ? [] : this.#rounds.ids(this.#books),
      pings: this.#pings.save(),
      sampler: this.#sampler.save(),
      plans: this.#plans.save(),
      switches: [...this.#switches],
      zeros: this.#rows.save(),
      filled: this.#rows.filled.save(),
      risen: this.#risen.save(),
      terminals: this.#terminals.save(),
      others: this.#others.save(),
      cases: this.#cases.save(),
      silences: this.#silences.save(),
      alarms: this.#alarms.save(),
      decisions: this.#decisions.save()
    }
    const writer = new ByteWriter(1024 + this.#meters.size * 200).text(JSON.stringify(json))
    this.#meters.save(writer)
    this.#findings.save(writer)
    return [writer.finish()]
  }

  load(saved: Uint8Array): void {
    const reader = new ByteReader(joined([saved]))
    const json = JSON.parse(reader.text()) as {
      format?: number
      now: number
      rounds: string[]
      pings: object
      sampler: object
      plans: object
      zeros: [number, number][]
      filled: FilledRun[]
      risen: Rise[]
      switches: [string, 'open' | 'closed'][]
      terminals: object
      others: object
      cases: object
      silences: object
      alarms: object
      decisions: object
    }
    const { format = 1 } = json
    if (format !== FORMAT) {
      const told = `what a checkpoint remembers of outages has format ${format}, this version reads ${FORMAT}`
      throw new GridvigilError('LOG_FORMAT', told)
    }
    this.#now = json.now
    this.#openRounds = json.rounds
    this.#pings.load(json.pings)
    this.#sampler.load(json.sampler)
    this.#plans.load(json.plans)
    this.#rows.load(json.zeros)
    this.#rows.filled.load(json.filled)
    this.#risen.load(json.risen)
    this.#switches.clear()
    for (const [id, state] of json.switches) this.#switches.set(id, state)
    this.#terminals.load(json.terminals)
    this.#others.load(json.others)
    this.#cases.load(json.cases)
    this.#silences.load(json.silences)
    this.#alarms.load(json.alarms)
    this.#decisions.load(json.decisions)
    this.#meters.load(reader)
    this.#findings.load(reader)
    const registry = this.#books?.grid.registry
    this.#books = undefined
    if (registry !== undefined) this.#setRegistry(registry)
  }
}

/** A truck at a key customer's may feed back as its own generator does. */
function takeTruck({ grid, others }: Books, truck: TruckRecord): void {
  const { registry } = grid
  const customer = registry.keyCustomers.get(truck.keyCustomer)
  if (customer === undefined) return
  const readers = feedMeters(registry, customer).map(meter => grid.terminalIdOf(meter))
  for (const terminal of new Set(readers)) others.brought(terminal, truck)
}
