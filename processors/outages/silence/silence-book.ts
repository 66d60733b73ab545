import type { OutageLines } from '../../../src/model/outages.ts'
import type { ClosedRound } from '../evidence/rounds.ts'
import { isOnBackup, NOTICED_HEARTBEATS } from '../evidence/terminal-book.ts'
import type { Books } from '../books.ts'
import { figure } from '../likelihoods.ts'
import { type Loss, lossLine } from './loss.ts'
import { silentParts } from './silent-parts.ts'
import { isOutOfSupply, scopeOf, type SilentScope } from './silent-scope.ts'

/** A terminal whose session ended. */
interface Pending {
  readonly terminal: number
  /** Log time at which that was noticed. */
  readonly at: number
  /** Log time at which it came back; NaN while it is away. */
  backAt: number
  /** Bootstrap counter when it left. */
  readonly boots: number
}

/** After a return its first status says whether it was without power. */
const STATUS_MS = 5_000
/** Who is back earlier was never away. */
const AT_ONCE_MS = 1_000
/** Share of a branch or a group that is heard again when it is over. */
const OVER_SHARE = 0.5
const BRANCH_LEAST = 3
/** So few are missed in one round by chance once in a hundred days of a small city: they have to be missed in two. */
const BRANCH_FEW = 3

/**
 * Who is not heard though nothing speaks of lost power: terminals, and what falls silent with them (cells, carriers, all), branches
 * and meters below a terminal that speaks.
 */
export class SilenceBook {
  #pending: Pending[] = []
  #losses: Loss[] = []
  #next = 1

  /** A session ended that nobody closed. */
  lost({ terminals, grid }: Books, terminal: number, now: number): void {
    const { boots } = terminals.of(grid.terminals[terminal].id)
    this.#pending.push({ terminal, at: now, backAt: Number.NaN, boots })
  }

  /** A terminal is there again. */
  began({ grid, terminals }: Books, terminal: number, now: number, out: OutageLines): void {
    for (const each of this.#pending)
      if (each.terminal === terminal && Number.isNaN(each.backAt)) each.backAt = now
    const { id } = grid.terminals[terminal]
    for (const loss of this.#losses) {
      if (loss.meters.length > 0 || !loss.terminals.includes(id)) continue
      const back = loss.terminals.filter(each => terminals.of(each).isLinked === true).length
      if (back < OVER_SHARE * loss.terminals.length) continue
      this.#close(grid, loss, now, out, now)
    }
    this.#losses = this.#losses.filter(({ state }) => state === 'open')
  }

  /**
   * Under another registry terminals have other numbers. Of whom is gone nobody will hear again: what was lost of nobody else is
   * withdrawn. @param numberOf -1 for a terminal that is gone
   */
  renumber(
    before: Books['grid'],
    { grid }: Books,
    numberOf: (terminal: number) => number,
    now: number,
    out: OutageLines
  ): void {
    this.#pending = this.#pending
      .map(each => ({ ...each, terminal: numberOf(each.terminal) }))
      .filter(({ terminal }) => terminal >= 0)
    this.#losses = this.#losses.flatMap(loss => {
      const terminals = loss.terminals.filter(id => grid.terminalNumbers.has(id))
      const meters = loss.meters.filter(meter => grid.terminalOf[meter] >= 0)
      if (terminals.length + meters.length > 0) return [{ ...loss, terminals, meters }]
      const gone: Loss = { ...loss, state: 'withdrawn', reason: 'GONE' }
      out.communication.push(lossLine(gone, meter => before.meterId(meter), now))
      return []
    })
  }

  /** Our own stop or crash: nobody can be called silent who had no way to speak. */
  forget(): void {
    this.#pending = []
  }

  tick(books: Books, now: number, out: OutageLines): void {
    if (this.#pending.length === 0) return
    const { grid } = books
    const due = this.#pending.filter(({ at, backAt }) => {
      return now >= at + NOTICED_HEARTBEATS * grid.slowestHeartbeatMs || now >= backAt + STATUS_MS
    })
    for (const each of due) if (this.#pending.includes(each)) this.#judge(books, each, now, out)
  }

  /** Decides what a silent terminal is part of. */
  #judge(books: Books, first: Pending, now: number, out: OutageLines): void {
    const { grid } = books
    const near = NOTICED_HEARTBEATS * grid.slowestHeartbeatMs
    const together = this.#pending.filter(({ at }) => Math.abs(at - first.at) <= near)
    const silent = new Set(together.map(({ terminal }) => terminal))
    const isOut = (number: number): boolean => isOutOfSupply(books, number, first.at)
    const found = isOut(first.terminal) ? undefined : scopeOf(books, first.terminal, silent, isOut)
    if (found === undefined) {
      this.#settle(books, [first], 'terminal', grid.terminals[first.terminal].id, now, out)
      return
    }
    const gone = together.filter(({ terminal }) => found.gone.includes(terminal))
    this.#settle(books, gone, found.scope, found.subject, now, out)
  }

  #settle(
    books: Books,
    gone: readonly Pending[],
    scope: SilentScope['scope'] | 'terminal',
    subject: string,
    now: number,
    out: OutageLines
  ): void {
    const { grid, terminals } = books
    this.#pending = this.#pending.filter(each => !gone.includes(each))
    const backs = gone.filter(({ backAt }) => !Number.isNaN(backAt))
    if (scope === 'terminal') {
      const [one] = gone
      const state = terminals.of(grid.terminals[one.terminal].id)
      // It was without power or started again: no link was lost.
      if (state.boots > one.boots || isOutOfSupply(books, one.terminal, one.at)) return
    }
    // Sessions that are all taken up at once were lost to nobody.
    if (gone.every(({ at, backAt }) => backAt - at < AT_ONCE_MS)) return
    const isOver = backs.length >= OVER_SHARE * gone.length
    const loss: Loss = {
      id: this.#next++,
      state: 'open',
      scope,
      subject,
      terminals: gone.map(({ terminal }) => grid.terminals[terminal].id),
      meters: [],
      start: Math.min(...gone.map(({ at }) => at)),
      missedSince: Number.NaN,
      end: Number.NaN,
      reason: scope === 'terminal' && isOver === false ? this.#reasonOf(books, gone[0].terminal) : ''
    }
    this.#losses.push(loss)
    out.communication.push(lossLine(loss, meter => grid.meterId(meter), now))
    if (isOver) this.#close(grid, loss, Math.min(...backs.map(({ backAt }) => backAt)), out, now)
    this.#losses = this.#losses.filter(({ state }) => state === 'open')
  }

  #reasonOf({ grid, terminals }: Books, terminal: number): string {
    const { backup, id } = grid.terminals[terminal]
    return backup === 'battery' && !isOnBackup(terminals.of(id)) ? '' : 'POWER_OR_COMMUNICATION'
  }

  #close(grid: Books['grid'], loss: Loss, end: number, out: OutageLines, now: number): void {
    loss.state = 'closed'
    loss.end = Math.max(end, loss.start)
    out.communication.push(lossLine(loss, meter => grid.meterId(meter), now))
  }

  /**
   * Who was missed in a round of a terminal that speaks. @param isDoubtful whether a case asks about the area just now
   * @param isExplained whether it is known why a meter is not read: it was taken away, or its clock stands
   */
  round(
    books: Books,
    { terminal, collectedAt, missed, asked }: ClosedRound,
    now: number,
    isDoubtful: (place: number) => boolean,
    isExplained: (meter: number) => boolean,
    out: OutageLines
  ): void {
    const { grid, meters } = books
    this.#heardAgain(books, terminal, collectedAt, now, out)
    const held = new Set(this.#losses.flatMap(loss => loss.meters))
    const isFree = (meter: number): boolean =>
      meters.incident[meter] < 0 &&
      !held.has(meter) &&
      !isExplained(meter) &&
      !isDoubtful(grid.placeOf[meter])
    const silent = silentParts(grid, missed, asked)
    const branch: number[] = []
    for (const list of silent.values()) {
      const free = list.filter(isFree)
      const weight = free.reduce((sum, meter) => sum + meters.missedWeight[meter], 0)
      const isWhole = free.length === list.length && list.length >= BRANCH_LEAST
      const isTwice = list.length > BRANCH_FEW || list.every(meter => meters.missed[meter] > 1)
      if (isWhole && isTwice && weight > -Math.log(figure('branchSilent')) + BRANCH_MARGIN)
        branch.push(...free)
    }
    for (const list of missed.values())
      for (const meter of list)
        if (
          isFree(meter) &&
          !branch.includes(meter) &&
          meters.missedWeight[meter] > METER_WEIGHT &&
          !this.#fellWithBranch(books, meter)
        )
          this.#open(books, 'meter', grid.meterId(meter), [meter], meters.missedSince[meter], now, out)
    if (branch.length === 0) return
    // Since the round from which on none of them was read.
    const since = Math.max(...branch.map(meter => meters.missedSince[meter]))
    this.#open(books, 'branch', grid.terminals[terminal].id, branch, since, now, out)
  }

  /** Whether a meter is silent since the very round in which a branch of its terminal fell silent: its record names another box. */
  #fellWithBranch({ grid, meters }: Books, meter: number): boolean {
    return this.#losses.some(
      loss =>
        loss.scope === 'branch' &&
        grid.terminalOf[loss.meters[0]] === grid.terminalOf[meter] &&
        loss.missedSince === meters.missedSince[meter]
    )
  }

  #open(
    { grid, meters }: Books,
    scope: 'meter' | 'branch',
    subject: string,
    silent: number[],
    start: number,
    now: number,
    out: OutageLines
  ): void {
    // A meter alone may have lost its service line, several their box: nobody can tell that from a lost voice.
    const reason = 'POWER_OR_COMMUNICATION'
    const loss: Loss = {
      id: this.#next++,
      state: 'open',
      scope,
      subject,
      terminals: [],
      meters: silent,
      start,
      missedSince: Math.min(...silent.map(meter => meters.missedSince[meter])),
      end: Number.NaN,
      reason
    }
    this.#losses.push(loss)
    out.communication.push(lossLine(loss, meter => grid.meterId(meter), now))
  }

  #heardAgain(
    { grid, meters }: Books,
    terminal: number,
    collectedAt: number,
    now: number,
    out: OutageLines
  ): void {
    let isAnyOver = false
    for (const loss of this.#losses) {
      if (loss.meters.length === 0 || grid.terminalOf[loss.meters[0]] !== terminal) continue
      const heard = loss.meters.filter(meter => meters.missed[meter] === 0).length
      if (heard < OVER_SHARE * loss.meters.length) continue
      this.#close(grid, loss, collectedAt, out, now)
      // Who fell silent with it and is not read yet was missed for a reason so far.
      for (const meter of grid.metersRead.of(terminal))
        if (meters.missedSince[meter] === loss.missedSince || loss.meters.includes(meter))
          meters.forgiveMisses(meter)
      isAnyOver = true
    }
    if (isAnyOver) this.#losses = this.#losses.filter(({ state }) => state === 'open')
  }

  /** What an incident explains is no lost communication. */
  withdraw({ grid, meters }: Books, now: number, out: OutageLines): void {
    let isAny = false
    for (const loss of this.#losses) {
      if (loss.meters.length === 0) continue
      const held = loss.meters.filter(meter => meters.incident[meter] >= 0).length
      if (held < OVER_SHARE * loss.meters.length) continue
      loss.state = 'withdrawn'
      loss.reason = 'OUTAGE'
      isAny = true
      out.communication.push(lossLine(loss, meter => grid.meterId(meter), now))
    }
    if (isAny) this.#losses = this.#losses.filter(({ state }) => state === 'open')
  }

  save(): object {
    const number = (value: number): number | null => (Number.isNaN(value) ? null : value)
    return {
      next: this.#next,
      pending: this.#pending.map(each => ({
        ...each,
        backAt: number(each.backAt),
        boots: number(each.boots)
      })),
      losses: this.#losses.map(loss => ({
        ...loss,
        end: number(loss.end),
        missedSince: number(loss.missedSince)
      }))
    }
  }

  load(saved: object): void {
    const { next, pending, losses } = saved as {
      next: number
      pending: (Omit<Pending, 'backAt' | 'boots'> & { backAt: number | null; boots: number | null })[]
      losses: (Omit<Loss, 'end' | 'missedSince'> & { end: number | null; missedSince: number | null })[]
    }
    this.#next = next
    this.#pending = pending.map(each => ({
      ...each,
      backAt: each.backAt ?? Number.NaN,
      boots: each.boots ?? Number.NaN
    }))
    this.#losses = losses.map(loss => ({
      ...loss,
      end: loss.end ?? Number.NaN,
      missedSince: loss.missedSince ?? Number.NaN
    }))
  }
}

/** ln of how much surer than just likelier a branch or a meter has to be before it is called silent. */
const BRANCH_MARGIN = 3
/** -ln of how likely it is by chance that a single meter is missed so often: four rounds at a rate of 4 %. */
const METER_WEIGHT = 13
