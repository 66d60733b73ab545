import type { Books } from '../books.ts'
import type { ClosedRound } from '../evidence/rounds.ts'
import type { AlarmBook } from '../alarms/alarm-book.ts'
import { figure } from '../likelihoods.ts'
import { clockText, type Round, type Teller } from './teller.ts'

/** A meter that an incident holds and that shows voltage all the same. */
interface Live {
  readonly incident: number
  readonly firstAt: number
  lastAt: number
  rows: number
  /** Whether power went out of it meanwhile. */
  hasFedBack: boolean
}

const KIND = 'back-feed'
const LEAST_ROWS = 2
const LEAST_METERS = 2
/** Of those whom the incident holds so many have to be dead by what is known of them. */
const DEAD_SHARE = 0.6
const LEAST_MISSED = 2

/** An alarm that is up. Areas by their ids, because numbers of devices belong to a registry. */
interface Up {
  readonly id: string
  readonly incident: number
  readonly area: string
}

/**
 * Danger for those who work there: something keeps up the voltage below a device that is dead (`back-feed`). Live meters alone may be
 * wrong records or a part that was switched over: said is it only where they live on from the beginning, several of a box, most
 * others of the incident are dead, and one of the living sends power out. It is an alarm too, which is up as long as the incident holds
 * anybody in the area: that the living fall silent does not make it safe.
 */
export class BackFeed {
  readonly #teller: Teller
  readonly #live = new Map<number, Live>()
  /** Incidents of which it has been said, with the areas. */
  readonly #said = new Map<number, number[]>()

  readonly #alarms: AlarmBook
  #up: readonly Up[] = []

  constructor(teller: Teller, alarms: AlarmBook) {
    this.#teller = teller
    this.#alarms = alarms
  }

  /** A row with voltage of a meter that an incident holds. @param kw NaN when it was not sent */
  lives({ meters }: Books, meter: number, at: number, kw: number): void {
    const incident = meters.incident[meter]
    if (!(at > meters.heldSince[meter] + figure('clockTolerance'))) return
    const known = this.#live.get(meter)
    // What a truck fed until then says nothing of after it.
    if (known === undefined || known.incident !== incident || known.firstAt <= meters.heldSince[meter]) {
      this.#live.set(meter, { incident, firstAt: at, lastAt: at, rows: 1, hasFedBack: kw < 0 })
      return
    }
    known.lastAt = at
    known.rows++
    known.hasFedBack ||= kw < 0
  }

  round(round: Round, { terminal }: ClosedRound): void {
    if (this.#live.size === 0) return
    const { grid, meters } = round.books
    const byIncident = new Map<number, number[]>()
    for (const [meter, live] of this.#live) {
      if (meters.incident[meter] !== live.incident) this.#live.delete(meter)
      else if (grid.terminalOf[meter] === terminal && this.#livesOn(round.books, meter, live, terminal))
        byIncident.set(live.incident, [...(byIncident.get(live.incident) ?? []), meter])
    }
    for (const [incident, living] of byIncident) this.#judge(round, incident, living)
  }

  /** Whether it never seems to have been without supply since the incident began. */
  #livesOn({ grid, meters }: Books, meter: number, live: Live, terminal: number): boolean {
    const since = meters.heldSince[meter]
    const { uploadMs } = grid.terminals[terminal]
    const soon = since + 2 * uploadMs
    // When the network is back some are read before the others.
    const livesOn = live.rows >= LEAST_ROWS && live.lastAt - live.firstAt >= uploadMs / 2
    const hasClaimed = meters.lostAt[meter] >= since - figure('momentTolerance')
    return livesOn && live.firstAt > since && live.firstAt <= soon && !hasClaimed
  }

  #judge(round: Round, incident: number, living: readonly number[]): void {
    const { grid, meters } = round.books
    const area = grid.areaOf[grid.placeOf[living[0]]]
    if (this.#said.get(incident)?.includes(area)) return
    const boxes = new Map<number, number>()
    for (const meter of living) boxes.set(grid.placeOf[meter], (boxes.get(grid.placeOf[meter]) ?? 0) + 1)
    const isOfBox = [...boxes.values()].some(count => count >= LEAST_METERS)
    const sender = living.find(meter => this.#live.get(meter)?.hasFedBack)
    if (!isOfBox || sender === undefined) return
    const held = [...grid.metersIn.of(area)].filter(meter => meters.incident[meter] === incident)
    const dead = held.filter(meter => !living.includes(meter) && isDead(round.books, meter)).length
    if (dead < DEAD_SHARE * held.length) return
    this.#said.set(incident, [...(this.#said.get(incident) ?? []), area])
    this.#teller.say(
      round,
      KIND,
      grid.id(area),
      `DANGER: ${living.length} meters have voltage since ${clockText(meters.heldSince[living[0]])} below what is out of service, where ${dead} of ${held.length} are dead, and ${grid.meterId(sender)} sends power out.`
    )
    const subject = grid.id(area)
    const start = meters.heldSince[living[0]]
    const condition = { kind: KIND, subject, start, value: Number.NaN, threshold: Number.NaN }
    const id = this.#alarms.raise(condition, round.now, round.out)
    this.#up = [...this.#up, { id, incident, area: subject }]
  }

  /** What is up is over when the incident holds nobody in its area any more. */
  tick({ books: { grid, meters }, now, out }: Round): void {
    if (this.#up.length === 0) return
    const isOver = ({ incident, area }: Up): boolean => {
      const device = grid.registry.network.numbers.get(area)
      return (
        device === undefined || grid.metersIn.of(device).every(meter => meters.incident[meter] !== incident)
      )
    }
    for (const each of this.#up) if (isOver(each)) this.#alarms.resolve(each.id, now, now, out)
    this.#up = this.#up.filter(each => !isOver(each))
  }

  /** Areas are numbers of a registry: what was said of those of another one may be said again. */
  forgetAreas(): void {
    this.#said.clear()
  }

  save(): object {
    return { live: [...this.#live], said: [...this.#said], up: this.#up }
  }

  load(saved: object): void {
    const { live, said, up } = saved as { live: [number, Live][]; said: [number, number[]][]; up: Up[] }
    this.#live.clear()
    for (const [meter, each] of live) this.#live.set(meter, each)
    this.#said.clear()
    for (const [incident, areas] of said) this.#said.set(incident, areas)
    this.#up = up
  }
}

const isDead = ({ meters }: Books, meter: number): boolean =>
  meters.missed[meter] >= LEAST_MISSED ||
  meters.lostAt[meter] >= meters.heldSince[meter] - figure('momentTolerance')
