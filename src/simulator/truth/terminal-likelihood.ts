import { within } from '../city/chance.ts'
import type { CollectionContext } from '../collection/context.ts'
import type { TerminalEvidence } from '../collection/evidence.ts'
import { type GaspCircumstances, IMPOSSIBLE, log } from '../collection/gasps.ts'
import { LATENCY_MS as SENT_MS } from '../collection/outbox.ts'
import { NOTICED_HEARTBEATS } from '../collection/status-sender.ts'
import { relaysOf, TOGETHER_MS } from '../collection/supply-events.ts'
import { BACKUP_MS } from '../collection/terminal-life.ts'
import type { GridTerminal } from '../grid/grid.ts'

/** What is supposed of one terminal and its customers. */
export interface Supposed {
  /** Customers without supply. */
  readonly dark: ReadonlySet<number>
  /** Whether its own supply is there. */
  readonly isPowered: boolean
  /** Whether it is silent as a whole; or the customers of a box that are. */
  readonly isSilent: boolean
  readonly box: ReadonlySet<number> | undefined
}

/** What was sent is here so soon; readings a little after they were taken. */
export const LATENCY_MS = SENT_MS[1]
export const READING_MS = LATENCY_MS + 50
/** When the session of a terminal without supply ends: a capacitor is empty after a while, a battery later than anybody looks. */
const SESSION_ENDS_MS: Readonly<Record<GridTerminal['backup'], readonly number[]>> = {
  none: [0],
  supercap: [1 / 6, 3 / 6, 5 / 6].map(share => within(BACKUP_MS.supercap, share)),
  battery: []
}

/** What had reached us of one terminal by a time since an outage began, and how likely that is by what is supposed. */
export class Hearing {
  readonly #context: CollectionContext
  readonly #terminal: GridTerminal
  readonly #told: TerminalEvidence
  readonly #customers: readonly number[]
  readonly #start: number
  readonly #time: number
  readonly #arrived: ReadonlySet<number>
  /** Rounds of readings that ought to be here, and those that are. */
  readonly #due: number
  readonly #here: number
  /** By place of a customer: ln P of what the rounds say of it, had it supply and a voice, and had it not. */
  readonly #heard: Float64Array
  readonly #unheard: Float64Array
  readonly #silencing = new Map<ReadonlySet<number>, number>()

  constructor(context: CollectionContext, number: number, start: number, time: number) {
    const terminal = context.world.index.grid.terminals[number]
    if (terminal === undefined || context.evidence === undefined)
      throw new RangeError(`no terminal ${number}`)
    this.#context = context
    this.#terminal = terminal
    this.#told = context.evidence.of(number)
    this.#customers = context.world.index.customersRead[number] ?? []
    this.#start = start
    this.#time = time
    const arrived = this.#told.gasps.filter(({ arrivedAt }) => arrivedAt > start && arrivedAt <= time)
    this.#arrived = new Set(arrived.map(({ customer }) => customer))
    this.#heard = new Float64Array(this.#customers.length)
    this.#unheard = new Float64Array(this.#customers.length)
    const rounds = roundsOf(terminal, start, time - READING_MS)
    const here = rounds.filter(due => (this.#told.uploads.get(due)?.arrivedAt ?? Infinity) <= time)
    this.#due = rounds.length
    this.#here = here.length
    for (const due of here) this.#addRound(number, due)
  }

  /** ln P(what we know of it | what is supposed). */
  likelihood(supposed: Supposed): number {
    const { isPowered, isSilent } = supposed
    const hasBackup = this.#terminal.backup !== 'none'
    const sends = isPowered && !isSilent
    const isSaying = !isPowered && hasBackup && !isSilent
    const goneMs = isSilent ? [0] : isPowered ? [] : SESSION_ENDS_MS[this.#terminal.backup]
    return (
      this.#gasps(supposed) +
      this.#readings(supposed, sends) +
      this.#session(goneMs) +
      this.#ownSupply(isSaying)
    )
  }

  /**
   * How much ln P changes when the customers of a box are silent that have supply.
   * @param isPowered whether the terminal has its own
   */
  silencing(box: ReadonlySet<number>, isPowered: boolean): number {
    if (!isPowered) return 0
    let sum = this.#silencing.get(box)
    if (sum === undefined) {
      sum = 0
      for (let place = 0; place < this.#customers.length; place++)
        if (box.has(this.#customers[place] ?? -1))
          sum += (this.#unheard[place] ?? 0) - (this.#heard[place] ?? 0)
      this.#silencing.set(box, sum)
    }
    return sum
  }

  #addRound(number: number, due: number): void {
    const { readFailures } = this.#context
    const rate = readFailures.rateOf(number, due)
    const missed = this.#told.uploads.get(due)?.missed
    this.#customers.forEach((customer, place) => {
      const isMissed = missed?.has(customer) === true
      const chance = readFailures.chanceOf(customer, rate)
      this.#heard[place] = (this.#heard[place] ?? 0) + log(isMissed ? chance : 1 - chance)
      this.#unheard[place] = (this.#unheard[place] ?? 0) + (isMissed ? 0 : IMPOSSIBLE)
    })
  }

  #gasps({ dark, isPowered, isSilent, box }: Supposed): number {
    const { gasps } = this.#context
    const dying = this.#customers.filter(customer => dark.has(customer) && box?.has(customer) !== true)
    if (dying.length === 0 && this.#arrived.size === 0) return 0
    const circumstances: GaspCircumstances = {
      dark: dying.map(customer => ({ customer, hops: relaysOf(this.#context, customer) })),
      live: this.#customers.filter(customer => !dark.has(customer)),
      isPowered,
      isAble: !isSilent && (isPowered || this.#terminal.backup !== 'none'),
      hasLink: !isSilent
    }
    // The last bundle that can be here by now.
    const sentBy = Math.floor((this.#time - LATENCY_MS) / TOGETHER_MS) * TOGETHER_MS
    return gasps.logLikelihood(
      circumstances,
      this.#arrived,
      gasps.sentWithin(sentBy - this.#start, circumstances)
    )
  }

  #readings({ dark, box }: Supposed, sends: boolean): number {
    if (!sends) return IMPOSSIBLE * this.#here
    let sum = IMPOSSIBLE * (this.#due - this.#here)
    for (let place = 0; place < this.#customers.length; place++) {
      const customer = this.#customers[place] ?? -1
      const isOut = dark.has(customer) || box?.has(customer) === true
      sum += (isOut ? this.#unheard : this.#heard)[place] ?? 0
    }
    return sum
  }

  /** A session that is gone is noticed evenly over a while. */
  #session(goneMs: readonly number[]): number {
    const [least, most] = NOTICED_HEARTBEATS
    const isNoticed = this.#told.lostAt.some(at => at > this.#start && at <= this.#time)
    if (goneMs.length === 0) return isNoticed ? IMPOSSIBLE : 0
    const shares = goneMs.map(ms => {
      const passed = (this.#time - this.#start - ms) / this.#terminal.heartbeatMs
      return Math.min(1, Math.max(0, (passed - least) / (most - least)))
    })
    const share = shares.reduce((sum, each) => sum + each, 0) / shares.length
    return log(isNoticed ? share : 1 - share)
  }

  /** Terminals that lost their supply and live on say so at once. */
  #ownSupply(says: boolean): number {
    const isSaid = this.#told.selfDownAt.some(at => at > this.#start && at <= this.#time)
    if (isSaid) return says ? 0 : IMPOSSIBLE
    return says && this.#time > this.#start + 500 + LATENCY_MS ? IMPOSSIBLE : 0
  }
}

/** Times after `start` at which a terminal that is well takes a round of readings. */
export function roundsOf({ uploadMs, uploadDelayMs }: GridTerminal, start: number, until: number): number[] {
  const rounds: number[] = []
  const first = Math.floor((start - uploadDelayMs) / uploadMs) + 1
  for (let at = first * uploadMs + uploadDelayMs; at <= until; at += uploadMs) rounds.push(at)
  return rounds
}
