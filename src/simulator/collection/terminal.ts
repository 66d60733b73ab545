import { within } from '../city/chance.ts'
import { ABC } from '../grid/grid.ts'
import { meterAt, type Shown } from '../meters/shown.ts'
import { bestVolts, DARK_BELOW } from '../world/feeding.ts'
import { type CollectionContext, DEAD_CLOCK_MS } from './context.ts'
import { columnsText, freezeText, rowsText, rowText } from './messages.ts'
import { type Item, Outbox } from './outbox.ts'
import { PlantSender } from './plant-sender.ts'
import { StatusSender } from './status-sender.ts'
import { SupplyEvents } from './supply-events.ts'
import type { TerminalLife } from './terminal-life.ts'

const DAY_MS = 86_400_000
/** Local midnight of the made-up cities. */
const MIDNIGHT_MS = 16 * 3_600_000
const FREEZE_MS: readonly [least: number, most: number] = [300_000, 3_600_000]
/** Points that a meter keeps, and a terminal asks for again. */
const MOST_MISSED = 96
/** Of what could not be read, so much is read with the next points. */
const REREAD_SHARE = 0.7
const BATCH = 250
const BACKLOG_SPACING_MS = 400
const NOBODY: ReadonlySet<number> = new Set()

/**
 * One terminal at work: reads its meters when points are due, keeps what it could not read and asks again, and tells what meters and it
 * itself lived through. Asked for one window of time after the other.
 */
export class Terminal {
  readonly #context: CollectionContext
  readonly #number: number
  readonly #life: TerminalLife
  readonly #outbox: Outbox
  readonly #status: StatusSender
  readonly #events: SupplyEvents
  readonly #plants: PlantSender
  readonly #customers: readonly number[]
  readonly #highVoltage: readonly number[]
  readonly #transformers: readonly number[]
  /** Transformers whose check meters it reads. */
  readonly #checked: ReadonlySet<number>
  readonly #ask: CollectionContext['readChances']
  /** Points of single meters that are still to be read, by customer. */
  readonly #pending = new Map<number, number[]>()
  /** Points at which the terminal itself could read nobody. */
  #missed: number[] = []
  /** Whether nothing ever happens to its meters. */
  readonly #isQuiet: boolean

  constructor(context: CollectionContext, number: number) {
    const { world, chance, settings } = context
    const { index } = world
    const { id = '' } = index.grid.terminals[number] ?? {}
    const own = chance.named(id)
    this.#context = context
    this.#number = number
    this.#life = context.life(number)
    this.#outbox = new Outbox(id, this.#life, own, settings.duplicates)
    const customers = index.customersRead[number] ?? []
    const { device } = index.grid.customers
    const transformerOf = (customer: number): number =>
      index.grid.devices.transformer[device[customer] ?? -1] ?? -1
    this.#customers = customers.filter(customer => transformerOf(customer) >= 0)
    this.#highVoltage = customers.filter(customer => transformerOf(customer) < 0)
    const checks = index.checkMetersRead[number] ?? []
    this.#checked = new Set(checks.map(each => index.grid.checkMeters[each]?.device ?? -1))
    this.#transformers = [...new Set([...this.#customers.map(transformerOf), ...this.#checked])]
    this.#status = new StatusSender(context, number, this.#life, this.#outbox, customers)
    this.#events = new SupplyEvents(context, number, this.#life, this.#outbox, customers)
    this.#plants = new PlantSender(context, number, this.#outbox)
    this.#isQuiet =
      this.#life.isQuiet && customers.every(each => !world.isTouched(each) && !context.hasLosses(each))
    this.#ask = context.readChances
  }

  /** What becomes ready in [from, to); some of it arrives later. */
  items(from: number, to: number): Item[] {
    this.#status.add(from, to)
    this.#events.add(from, to)
    this.#plants.add(from, to)
    this.#addUploads(from, to)
    this.#addFreezes(from, to)
    return this.#outbox.take()
  }

  #addUploads(from: number, to: number): void {
    const { sampleMs, uploadMs, uploadDelayMs } = this.#settings
    for (
      let due = Math.ceil((from - uploadDelayMs) / uploadMs) * uploadMs;
      due + uploadDelayMs < to;
      due += uploadMs
    ) {
      const collectedAt = due + uploadDelayMs
      const times: number[] = []
      for (let time = Math.ceil((due - uploadMs + 1) / sampleMs) * sampleMs; time <= due; time += sampleMs)
        times.push(time)
      // Who uploads more often than points are due shows what is now.
      if (times.length === 0) times.push(due)
      this.#upload(times, collectedAt)
    }
  }

  get #settings(): CollectionContext['world']['index']['grid']['terminals'][number] {
    const settings = this.#context.world.index.grid.terminals[this.#number]
    if (settings === undefined) throw new RangeError(`no terminal ${this.#number}`)
    return settings
  }

  #upload(times: readonly number[], collectedAt: number): void {
    if (this.#life.at(collectedAt).power !== 'mains') {
      const points = times.filter(time => this.#isPoint(time))
      this.#missed = [...this.#missed, ...points].slice(-MOST_MISSED)
      return
    }
    let ready = collectedAt
    for (const time of this.#missed.splice(0)) {
      ready += BACKLOG_SPACING_MS
      this.#sendPoint(time, ready)
    }
    for (const time of times) this.#sendPoint(time, collectedAt)
    if (this.#pending.size > 0) this.#sendPending(times[0] ?? 0, collectedAt)
  }

  #sendPoint(time: number, collectedAt: number): void {
    const missed = this.#missedAt(time, collectedAt)
    this.#status.round(collectedAt, missed.size)
    const upload = { arrivedAt: undefined as number | undefined, missed }
    this.#context.evidence?.of(this.#number).uploads.set(collectedAt, upload)
    const kind = this.#isPoint(time) ? 'curve' : 'instant'
    if (this.#customers.length + this.#transformers.length > 0) {
      const first = Math.max(1, Math.ceil(this.#customers.length / BATCH))
      for (let part = 0; part < first; part++) {
        const make = (): string => {
          const shown = this.#shownAt(time, missed, collectedAt).slice(
            part * BATCH,
            part === first - 1 ? undefined : (part + 1) * BATCH
          )
          return columnsText(kind, time, collectedAt, shown)
        }
        const onArrival = (at: number): void => {
          upload.arrivedAt = at
        }
        this.#outbox.send(collectedAt, 'readings', make, { isLasting: true, onArrival })
      }
    }
    if (this.#highVoltage.length > 0) this.#sendHighVoltage(kind, time, collectedAt, upload)
  }

  /** Customers whose point is not read now; those whose meters keep it are asked again. */
  #missedAt(time: number, collectedAt: number): ReadonlySet<number> {
    const { readFailures } = this.#context
    const rate = readFailures.rateOf(this.#number, collectedAt)
    const missed = new Set<number>()
    for (const customer of this.#customers) {
      const fails = readFailures.fails(customer, time, rate)
      if (!fails && (this.#isQuiet || this.#isReadable(customer, time, collectedAt))) continue
      missed.add(customer)
      // What a meter shows now it does not keep.
      if (!this.#isPoint(time)) continue
      const waiting = this.#pending.get(customer)
      if (waiting === undefined) this.#pending.set(customer, [time])
      else if (waiting.push(time) > MOST_MISSED) waiting.shift()
    }
    return missed
  }

  /** Whether meters keep what they show at a time; in between terminals may ask what is now. */
  #isPoint(time: number): boolean {
    return time % this.#settings.sampleMs === 0
  }

  #isReadable(customer: number, time: number, collectedAt: number): boolean {
    const { world } = this.#context
    return (
      this.#context.isAlive(customer, collectedAt) &&
      this.#context.isHeard(customer, collectedAt) &&
      this.#context.isAlive(customer, time) &&
      world.troubleAt(customer, 'clock', time) === undefined
    )
  }

  /** What the meters below it show at a time, but for those that were missed. Check meters are read once or never. */
  #shownAt(time: number, missed: ReadonlySet<number>, collectedAt = time): Shown[] {
    const { customers } = this.#context.world.index.grid
    return this.#transformers.flatMap(device => {
      const isChecked = [time, collectedAt].every(at => this.#isCheckAlive(device, at))
      return this.#context
        .transformer(device)
        .at(time)
        .filter(({ customer }) =>
          customer < 0 ? isChecked : customers.terminal[customer] === this.#number && !missed.has(customer)
        )
    })
  }

  /** Whether this terminal reads the check meter of a transformer, and that has supply. */
  #isCheckAlive(device: number, time: number): boolean {
    const { world } = this.#context
    return this.#checked.has(device) && bestVolts(world.conditionAt(device, time), ABC) >= DARK_BELOW
  }

  /** Points before `now` that were missed of single meters, with what the meters kept. */
  #sendPending(now: number, collectedAt: number): void {
    const points: { customer: number; time: number }[] = []
    for (const [customer, times] of this.#pending) {
      const canBeRead =
        this.#context.isAlive(customer, collectedAt) && this.#context.isHeard(customer, collectedAt)
      const draw = this.#ask.reread.at(customer * 8191 + Math.floor(collectedAt / 1000))
      if (!canBeRead || draw >= REREAD_SHARE || (times[0] ?? now) >= now) continue
      const kept = times.filter(time => time >= now)
      if (kept.length === 0) this.#pending.delete(customer)
      else this.#pending.set(customer, kept)
      // What an exchanged meter kept was taken away with it.
      const meter = meterAt(this.#context.world, customer, collectedAt)
      for (const time of times)
        if (
          time < now &&
          this.#keeps(customer, time) &&
          meterAt(this.#context.world, customer, time) === meter
        )
          points.push({ customer, time })
    }
    for (let first = 0; first < points.length; first += BATCH) {
      const part = points.slice(first, first + BATCH)
      this.#outbox.send(
        collectedAt + BACKLOG_SPACING_MS,
        'readings',
        () => rowsText('curve', collectedAt, this.#rows(part)),
        { isLasting: true }
      )
    }
  }

  /** Whether a meter kept a point: of a time without supply some keep zeros. */
  #keeps(customer: number, time: number): boolean {
    if (this.#context.world.troubleAt(customer, 'removed', time) !== undefined) return false
    return (
      this.#context.isAlive(customer, time) ||
      this.#ask.zero.at(customer) < this.#context.settings.zeroFillers
    )
  }

  #rows(points: readonly { readonly customer: number; readonly time: number }[]): string[] {
    const byTime = new Map<number, Map<number, Shown>>()
    return points.flatMap(({ customer, time }) => {
      let shown = byTime.get(time)
      if (shown === undefined) {
        shown = new Map(this.#shownAt(time, NOBODY).map(each => [each.customer, each]))
        byTime.set(time, shown)
      }
      const each = shown.get(customer)
      return each === undefined ? [] : [rowText(this.#labelOf(customer, time), each)]
    })
  }

  /** The time a meter's own clock says: nothing sensible where its battery is dead. */
  #labelOf(customer: number, time: number): number {
    if (this.#context.world.troubleAt(customer, 'clock', time) === undefined) return time
    return DEAD_CLOCK_MS + (time % (30 * DAY_MS))
  }

  #sendHighVoltage(
    kind: 'curve' | 'instant',
    time: number,
    collectedAt: number,
    upload: { arrivedAt: number | undefined }
  ): void {
    const { highVoltage, plantWords, world } = this.#context
    const place = world.index.grid.keyCustomers.findIndex(({ feeds }) =>
      feeds.some(({ customer }) => this.#highVoltage.includes(customer))
    )
    this.#outbox.send(
      collectedAt,
      'readings',
      () =>
        rowsText(
          kind,
          collectedAt,
          this.#highVoltage.map(customer => highVoltage.rowText(customer, time))
        ),
      {
        isLasting: true,
        onArrival: at => {
          upload.arrivedAt = at
          plantWords[place]?.push({ of: 'feeds', time, at })
        }
      }
    )
  }

  #addFreezes(from: number, to: number): void {
    for (
      let midnight = Math.ceil((from - FREEZE_MS[1] - MIDNIGHT_MS) / DAY_MS) * DAY_MS + MIDNIGHT_MS;
      midnight < to;
      midnight += DAY_MS
    ) {
      const day = Math.floor(midnight / DAY_MS)
      const collectedAt = midnight + within(FREEZE_MS, this.#ask.freeze.at(this.#number * 8192 + day))
      if (collectedAt < from || collectedAt >= to || this.#customers.length === 0) continue
      if (this.#life.at(collectedAt).power !== 'mains') continue
      const make = (): string => {
        const shown = this.#shownAt(midnight, NOBODY).filter(
          ({ customer }) =>
            customer >= 0 &&
            this.#context.isAlive(customer, collectedAt) &&
            this.#context.isHeard(customer, collectedAt)
        )
        const counts = shown.map(({ customer }) => this.#events.powerDownsBefore(customer, midnight))
        return freezeText(midnight, collectedAt, shown, counts)
      }
      this.#outbox.send(collectedAt, 'readings', make, { isLasting: true })
    }
  }
}
