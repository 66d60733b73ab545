import type { AlarmBook } from '../alarms/alarm-book.ts'
import type { Unloaded } from '../evidence/other-sources.ts'
import { figure } from '../likelihoods.ts'
import { clockText, type Round, type Teller } from './teller.ts'

const KIND = 'back-feed'
/** Rows of a check meter, one upload apart or more, and customers who live meanwhile, before anybody is dark. */
const [LEAST_ROWS, LEAST_METERS] = [2, 5]

/** An alarm that is up: of a transformer by its id, or of a feed by that of its meter. */
interface Up {
  readonly id: string
  readonly of: 'transformer' | 'feed'
  readonly subject: string
}

/**
 * Danger for those who work there (`back-feed`): something keeps up the voltage of what the network does not feed, and nobody brought it
 * there. Panels below a transformer that carries nothing any more, though five of its customers live on, whether anybody is dark yet or
 * not; a customer's own generator at his dead feed. It is an alarm while the voltage stands: what is heard of it afterwards is a finding
 * only.
 */
export class FedBack {
  readonly #teller: Teller
  readonly #alarms: AlarmBook
  #up: readonly Up[] = []

  constructor(teller: Teller, alarms: AlarmBook) {
    this.#teller = teller
    this.#alarms = alarms
  }

  tick(round: Round): void {
    const { books, now, out } = round
    for (const [device, run] of books.others.unloadedTransformers()) {
      if (run.isSaid || !(run.isFedBack || isIsland(round, device, run))) continue
      run.isSaid = true
      const since = clockText(run.since)
      this.#teller.say(
        round,
        KIND,
        device,
        `DANGER: the transformer carries nothing since ${since}, and its low voltage was live: something below it fed back.`
      )
      if (Number.isNaN(run.until) && livesOn(round, device, run))
        this.#raise(round, 'transformer', device, device, run.since)
    }
    for (const [meter, run] of books.others.unloadedFeeds()) {
      if (run.isSaid || !run.isFedBack) continue
      run.isSaid = true
      const { registry } = books.grid
      const point = registry.meters.usagePoint.get(registry.meterNumbers.get(meter) ?? -1)
      this.#teller.say(
        round,
        KIND,
        point,
        `DANGER: the dead feed shows voltage without load since ${clockText(run.since)}, and the customer's own generator runs.`
      )
      this.#raise(round, 'feed', meter, point, run.since)
    }
    this.#up = this.#up.filter(each => {
      const over = isOver(round, each)
      if (over) this.#alarms.resolve(each.id, now, now, out)
      return !over
    })
  }

  #raise({ now, out }: Round, of: Up['of'], subject: string, named: string, start: number): void {
    const condition = { kind: KIND, subject: named, start, value: Number.NaN, threshold: Number.NaN }
    this.#up = [...this.#up, { id: this.#alarms.raise(condition, now, out), of, subject }]
  }

  save(): object {
    return this.#up
  }

  load(saved: object): void {
    this.#up = saved as Up[]
  }
}

/** Whether a transformer that carried load carries nothing while its customers live on, and no truck was ever there. */
function isIsland(round: Round, id: string, run: Unloaded): boolean {
  const { grid, others } = round.books
  const device = grid.registry.network.numbers.get(id) ?? -1
  if (device < 0 || !Number.isNaN(run.until) || run.rows < LEAST_ROWS || !(run.last > run.since)) return false
  if (!livesOn(round, id, run)) return false
  return !grid.wayUp(device).some(at => {
    const truck = others.truckAt(grid.id(at))
    return truck !== undefined && !(truck.until <= run.since)
  })
}

/** Whether customers of a transformer are known to live now without what it carries. */
function livesOn({ books: { grid, meters }, now }: Round, id: string, { since, last }: Unloaded): boolean {
  const device = grid.registry.network.numbers.get(id) ?? -1
  if (device < 0 || grid.isLowest[device] === 0 || now - last > figure('rowFreshness')) return false
  let living = 0
  for (const meter of grid.metersIn.of(device))
    if (meters.incident[meter] < 0 && meters.aliveAt(meter) > since && ++living >= LEAST_METERS) return true
  return false
}

function isOver(round: Round, { of, subject }: Up): boolean {
  const { grid, others } = round.books
  if (of === 'transformer') {
    const run = others.unloadedTransformer(subject)
    return run === undefined || !Number.isNaN(run.until) || !livesOn(round, subject, run)
  }
  const meter = grid.registry.meterNumbers.get(subject) ?? -1
  const run = others.fedBackFeed(subject, grid.terminalIdOf(meter))
  return run === undefined || !Number.isNaN(run.until)
}
