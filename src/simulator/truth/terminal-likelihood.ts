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
  /** Its customers without supply: as `Listening.shareOf` gives them. */
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

/** Who loses his supply and can say so, who keeps it; and places among the customers of whom nothing can be read. */
interface Parts {
  readonly dark: GaspCircumstances['dark']
  readonly live: readonly number[]
  readonly out: readonly number[]
}

/** Of one terminal what stays the same from moment to moment. */
export class Listening {
  readonly context: CollectionContext
  readonly number: number
  readonly terminal: GridTerminal
  readonly told: TerminalEvidence
  readonly customers: readonly number[]
  readonly #hops: readonly GaspCircumstances['dark'][number][]
  readonly #shares = new Map<string, ReadonlySet<number>>()
  readonly #parts = new Map<ReadonlySet<number>, Map<ReadonlySet<number> | undefined, Parts>>()

  constructor(context: CollectionContext, number: number) {
    const terminal = context.world.index.grid.terminals[number]
    if (terminal === undefined || context.evidence === undefined)
      throw new RangeError(`no terminal ${number}`)
    this.context = context
    this.number = number
    this.terminal = terminal
    this.told = context.evidence.of(number)
    this.customers = context.world.index.customersRead[number] ?? []
    this.#hops = this.customers.map(customer => ({ customer, hops: relaysOf(context, customer) }))
  }

  /** Those of some customers that it reads: always the same set for the same customers. */
  shareOf(customers: ReadonlySet<number>): ReadonlySet<number> {
    const own = this.customers.filter(customer => customers.has(customer))
    const name = own.join(' ')
    const known = this.#shares.get(name)
    if (known !== undefined) return known
    const fresh = new Set(own)
    this.#shares.set(name, fresh)
    return fresh
  }

  /** @param dark a share @param box customers of a box that is silent besides */
  partsOf(dark: ReadonlySet<number>, box: ReadonlySet<number> | undefined): Parts {
    let ofDark = this.#parts.get(dark)
    if (ofDark === undefined) {
      ofDark = new Map()
      this.#parts.set(dark, ofDark)
    }
    let parts = ofDark.get(box)
    if (parts === undefined) {
      const isSilent = (customer: number): boolean => box?.has(customer) === true
      parts = {
        dark: this.#hops.filter(({ customer }) => dark.has(customer) && !isSilent(customer)),
        live: this.customers.filter(customer => !dark.has(customer)),
        out: this.customers.flatMap((customer, place) =>
          dark.has(customer) || isSilent(customer) ? [place] : []
        )
      }
      ofDark.set(box, parts)
    }
    return parts
  }
}

/** What had reached us of one terminal by a time since an outage began, and how likely that is by what is supposed. */
export class Hearing {
  readonly #listening: Listening
  readonly #start: number
  readonly #time: number
  readonly #arrived: ReadonlySet<number>
  /** Rounds of readings that ought to be here, and those that are. */
  readonly #due: number
  readonly #here: number
  /** By place of a customer: how much ln P of what the rounds say of it changes, had it no supply or no voice. */
  readonly #silenced: Float64Array
  /** ln P of what the rounds say, had all of them both. */
  #heard = 0
  readonly #silencing = new Map<ReadonlySet<number>, number>()

  constructor(listening: Listening, start: number, time: number) {
    const { terminal, told, customers } = listening
    this.#listening = listening
    this.#start = start
    this.#time = time
    const arrived = told.gasps.filter(({ arrivedAt }) => arrivedAt > start && arrivedAt <= time)
    this.#arrived = new Set(arrived.map(({ customer }) => customer))
    this.#silenced = new Float64Array(customers.length)
    const rounds = roundsOf(terminal, start, time - READING_MS)
    const here = rounds.filter(due => (told.uploads.get(due)?.arrivedAt ?? Infinity) <= time)
    this.#due = rounds.length
    this.#here = here.length
    for (const due of here) this.#addRound(due)
  }

  /** ln P(what we know of it | what is supposed). */
  likelihood(supposed: Supposed): number {
    const { isPowered, isSilent } = supposed
    const { backup } = this.#listening.terminal
    const hasBackup = backup !== 'none'
    const sends = isPowered && !isSilent
    const isSaying = !isPowered && hasBackup && !isSilent
    const goneMs = isSilent ? [0] : isPowered ? [] : SESSION_ENDS_MS[backup]
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
    const known = this.#silencing.get(box)
    if (known !== undefined) return known
    let sum = 0
    this.#listening.customers.forEach((customer, place) => {
      if (box.has(customer)) sum += this.#silenced[place] ?? 0
    })
    this.#silencing.set(box, sum)
    return sum
  }

  #addRound(due: number): void {
    const { context, number, told, customers } = this.#listening
    const { readFailures } = context
    const rate = readFailures.rateOf(number, due)
    const missed = told.uploads.get(due)?.missed
    customers.forEach((customer, place) => {
      const isMissed = missed?.has(customer) === true
      const chance = readFailures.chanceOf(customer, rate)
      const heard = log(isMissed ? chance : 1 - chance)
      this.#heard += heard
      this.#silenced[place] = (this.#silenced[place] ?? 0) + (isMissed ? 0 : IMPOSSIBLE) - heard
    })
  }

  #gasps({ dark, isPowered, isSilent, box }: Supposed): number {
    const { context, terminal } = this.#listening
    if (dark.size === 0 && this.#arrived.size === 0) return 0
    const parts = this.#listening.partsOf(dark, box)
    if (parts.dark.length === 0 && this.#arrived.size === 0) return 0
    const circumstances: GaspCircumstances = {
      dark: parts.dark,
      live: parts.live,
      isPowered,
      isAble: !isSilent && (isPowered || terminal.backup !== 'none'),
      hasLink: !isSilent
    }
    const { gasps } = context
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
    let sum = IMPOSSIBLE * (this.#due - this.#here) + this.#heard
    for (const place of this.#listening.partsOf(dark, box).out) sum += this.#silenced[place] ?? 0
    return sum
  }

  /** A session that is gone is noticed evenly over a while. */
  #session(goneMs: readonly number[]): number {
    const [least, most] = NOTICED_HEARTBEATS
    const { told, terminal } = this.#listening
    const isNoticed = told.lostAt.some(at => at > this.#start && at <= this.#time)
    if (goneMs.length === 0) return isNoticed ? IMPOSSIBLE : 0
    const shares = goneMs.map(ms => {
      const passed = (this.#time - this.#start - ms) / terminal.heartbeatMs
      return Math.min(1, Math.max(0, (passed - least) / (most - least)))
    })
    const share = shares.reduce((sum, each) => sum + each, 0) / shares.length
    return log(isNoticed ? share : 1 - share)
  }

  /** Terminals that lost their supply and live on say so at once. */
  #ownSupply(says: boolean): number {
    const isSaid = this.#listening.told.selfDownAt.some(at => at > this.#start && at <= this.#time)
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
