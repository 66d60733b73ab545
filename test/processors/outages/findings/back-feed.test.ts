import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AlarmBook } from '../../../../processors/outages/alarms/alarm-book.ts'
import { MeterBook } from '../../../../processors/outages/evidence/meter-book.ts'
import { OtherSources } from '../../../../processors/outages/evidence/other-sources.ts'
import { TerminalBook } from '../../../../processors/outages/evidence/terminal-book.ts'
import { BackFeed } from '../../../../processors/outages/findings/back-feed.ts'
import { MeterMarks } from '../../../../processors/outages/findings/meter-marks.ts'
import { Teller } from '../../../../processors/outages/findings/teller.ts'
import { PresentGrid } from '../../../../processors/outages/grid/present-grid.ts'
import { noOutageLines } from '../../../../src/model/outages.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'

const T0 = Date.UTC(2026, 10, 20, 8)
const QUARTER = 900_000
const INCIDENT = 7

/** An incident on TC since T0; in the rounds after it some of its meters are read all the same. */
class DeadTransformer {
  readonly #grid = new PresentGrid(drawRegistry(TOWN))
  readonly #books = {
    ...{
      grid: this.#grid,
      meters: new MeterBook(),
      terminals: new TerminalBook(),
      others: new OtherSources()
    }
  }
  readonly #rule = new BackFeed(new Teller(new MeterMarks()), new AlarmBook())
  readonly out = noOutageLines()
  #rounds = 0

  constructor() {
    const { meters } = this.#books
    meters.grow(this.#grid.placeOf.length)
    for (const meter of this.#grid.metersIn.of(this.#device('TC'))) meters.hold(meter, INCIDENT, T0)
  }

  #device = (id: string): number => this.#grid.registry.network.numbers.get(id)!
  #meter = (id: string): number => this.#grid.registry.meterNumbers.get(id)!

  /** @param living power of those who are read, kW */
  round(living: Readonly<Record<string, number>>): this {
    const { meters } = this.#books
    const at = T0 + ++this.#rounds * QUARTER
    for (const [id, kw] of Object.entries(living)) this.#rule.lives(this.#books, this.#meter(id), at, kw)
    for (const meter of this.#grid.metersIn.of(this.#device('TC')))
      if (!(this.#grid.meterId(meter) in living)) meters.missRound(meter, 4, at, true)
    const terminal = this.#grid.terminalNumbers.get('KC')!
    const closed = { terminal, collectedAt: at, missed: new Map(), asked: new Map() }
    this.#rule.round({ books: this.#books, now: at, out: this.out }, closed)
    return this
  }

  /** A meter says that it lost its supply when the others did. */
  claims(id: string): this {
    this.#books.meters.lostAt[this.#meter(id)] = T0
    return this
  }

  isOver(): this {
    this.#books.meters.incident.fill(-1)
    return this
  }
}

const dead = (): DeadTransformer => new DeadTransformer()
const PAIR = { c0: -1.5, c1: 0.4 }

const CASES: readonly (readonly [what: string, told: DeadTransformer, wanted: number])[] = [
  ['two of a box live on, and one sends power out', dead().round(PAIR).round(PAIR), 1],
  ['it is said once', dead().round(PAIR).round(PAIR).round(PAIR), 1],
  ['only in one round', dead().round(PAIR).round({}), 0],
  [
    'nobody sends power out: wrong records, or fed by another way',
    dead().round({ c0: 0, c1: 0.4 }).round({ c0: 0, c1: 0.4 }),
    0
  ],
  ['one alone', dead().round({ c0: -1 }).round({ c0: -1 }), 0],
  ['two of different boxes', dead().round({ c0: -1, e0: 1 }).round({ c0: -1, e0: 1 }), 0],
  ['they are back after an hour', dead().round({}).round({}).round({}).round(PAIR).round(PAIR), 0],
  ['one of them had lost its supply', dead().claims('c0').round(PAIR).round(PAIR), 0],
  [
    'half of them live',
    dead()
      .round({ ...PAIR, c2: 1, c3: 1, c4: 1, c5: 1 })
      .round({ ...PAIR, c2: 1, c3: 1, c4: 1, c5: 1 }),
    0
  ],
  ['the incident is over', dead().round(PAIR).isOver().round(PAIR), 0]
]

for (const [what, told, wanted] of CASES) test(what, () => assert.equal(told.out.findings.length, wanted))

test('it names the transformer and says that it is dangerous', () => {
  const [finding] = dead().round(PAIR).round(PAIR).out.findings
  assert.equal(finding?.subject, 'TC')
  assert.equal(
    finding?.evidence,
    'DANGER: 2 meters have voltage since 2026-11-20T08:00:00Z below what is out of service, where 10 of 12 are dead, and c0 sends power out.'
  )
})
