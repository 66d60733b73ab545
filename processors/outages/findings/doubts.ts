import type { Books } from '../books.ts'
import type { ClosedRound } from '../evidence/rounds.ts'
import type { GridTerminal } from '../grid/present-grid.ts'
import { figure } from '../likelihoods.ts'
import type { MeterMarks } from './meter-marks.ts'
import { clockText, minutes, type Round, type Teller } from './teller.ts'

/** Of a terminal's meters so many may be recorded in one other area, and always two: more are no slips, it reads two areas. */
const SLIPS_SHARE = 0.1
const SLIPS_LEAST = 2
/** Meters of the area that prove to have supply, and the share of it that they have to be. */
const [ALIVE_LEAST, ALIVE_SHARE] = [3, 0.5]
const SWEEP_MS = 60_000

/**
 * Records that what is heard contradicts: a meter that its terminal reads in another area than its record names (`registry-device`,
 * once for each record), a terminal without supply where all have it (`terminal-supply`: its own fuse, or another device feeds it).
 */
export class Doubts {
  readonly #marks: MeterMarks
  readonly #teller: Teller
  /** Doubtful meters by terminal, of the present registry. */
  #doubtful = new Map<number, number[]>()
  /** Terminals of which it has been said that their own supply is gone: since when it is. */
  readonly #supply = new Map<string, number>()
  #sweptAt = Number.NEGATIVE_INFINITY

  constructor(marks: MeterMarks, teller: Teller) {
    this.#marks = marks
    this.#teller = teller
  }

  setRegistry({ grid }: Books): void {
    this.#doubtful = new Map()
    const { placeOf, recordedPlaceOf, terminalOf } = grid
    for (let meter = 0; meter < placeOf.length; meter++) {
      if (placeOf[meter] === recordedPlaceOf[meter]) continue
      const list = this.#doubtful.get(terminalOf[meter])
      if (list === undefined) this.#doubtful.set(terminalOf[meter], [meter])
      else list.push(meter)
    }
  }

  round(round: Round, { terminal }: ClosedRound): void {
    const { grid, meters } = round.books
    const doubtful = this.#doubtful.get(terminal)
    if (doubtful === undefined) return
    const own = grid.metersRead.of(terminal)
    const most = Math.max(SLIPS_LEAST, SLIPS_SHARE * own.length)
    const { area, id } = grid.terminals[terminal]
    const recordedArea = (meter: number): number => grid.areaOf[grid.recordedPlaceOf[meter]]
    for (const meter of doubtful) {
      const recorded = grid.recordedPlaceOf[meter]
      const doubt = hashOf(`${grid.id(recorded)} ${grid.id(area)}`)
      if (this.#marks.doubted[meter] === doubt || Number.isNaN(meters.heardAt[meter])) continue
      if (doubtful.filter(other => recordedArea(other) === recordedArea(meter)).length > most) continue
      this.#marks.doubted[meter] = doubt
      this.#teller.say(
        round,
        'registry-device',
        grid.meterId(meter),
        `Its record names ${grid.id(recorded)} of ${grid.id(recordedArea(meter))}, but ${id}, which reads it, reads ${own.length - doubtful.length} of its ${own.length} meters below ${grid.id(area)}.`
      )
    }
  }

  tick(round: Round): void {
    const { books, now } = round
    if (now - this.#sweptAt < SWEEP_MS) return
    this.#sweptAt = now
    for (const terminal of books.grid.terminals) {
      const { downAt, backAt, mainsAt, isLinked } = books.terminals.of(terminal.id)
      const isDown = isLinked === true && downAt > 0 && !(backAt > downAt) && !(mainsAt > downAt)
      if (!isDown) {
        this.#supply.delete(terminal.id)
        continue
      }
      const least = Math.max(figure('backupAtLeast'), 2 * terminal.uploadMs)
      if (this.#supply.has(terminal.id) || terminal.poweredBy < 0 || now - downAt < least) continue
      const alive = this.#aliveBeside(books, terminal, downAt, now)
      if (alive === undefined) continue
      this.#supply.set(terminal.id, downAt)
      this.#teller.say(
        round,
        'terminal-supply',
        terminal.id,
        `It lives on its backup since ${clockText(downAt)} (${minutes(now - downAt)}), while ${alive.live} of ${alive.all} meters of ${books.grid.id(terminal.poweredBy)}, which feeds it by the registry, prove to have supply.`
      )
    }
  }

  /** How many meters of what feeds a terminal have lived for a round though it does not; undefined when too few. */
  #aliveBeside(
    { grid, meters }: Books,
    { poweredBy, uploadMs }: GridTerminal,
    downAt: number,
    now: number
  ): { live: number; all: number } | undefined {
    const area = grid.areaOf[poweredBy]
    const all = area < 0 ? [] : grid.metersIn.of(area)
    let live = 0
    // Who has just got its supply back has no say: the terminal may be the next to tell so.
    for (const meter of all)
      if (meters.wasAlive(meter, downAt + figure('momentTolerance'), now - uploadMs)) live++
    return live >= Math.max(ALIVE_LEAST, ALIVE_SHARE * all.length) ? { live, all: all.length } : undefined
  }

  save(): object {
    return { supply: [...this.#supply], sweptAt: Number.isFinite(this.#sweptAt) ? this.#sweptAt : null }
  }

  load(saved: object): void {
    const { supply, sweptAt } = saved as { supply: [string, number][]; sweptAt: number | null }
    this.#supply.clear()
    for (const [terminal, since] of supply) this.#supply.set(terminal, since)
    this.#sweptAt = sweptAt ?? Number.NEGATIVE_INFINITY
  }
}

/** FNV-1a of a text, never 0. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0 || 1
}
