import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeterBook } from '../../../../processors/outages/evidence/meter-book.ts'
import { OtherSources } from '../../../../processors/outages/evidence/other-sources.ts'
import { TerminalBook } from '../../../../processors/outages/evidence/terminal-book.ts'
import { PresentGrid } from '../../../../processors/outages/grid/present-grid.ts'
import { CaseBook } from '../../../../processors/outages/cases/case-book.ts'
import { PlanBook } from '../../../../processors/outages/incidents/plan-book.ts'
import { CLAIM } from '../../../../processors/outages/evidence/meter-book.ts'
import { noOutageLines } from '../../../../src/model/outages.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'
import { READ } from '../busy-town.ts'

const T0 = Date.UTC(2026, 10, 20, 8)
const [SECOND, MINUTE] = [1000, 60_000]
const registry = drawRegistry(TOWN)

/** Cases of the town at the desk of a test: claims are entered as the intake does. */
class Town {
  readonly grid = new PresentGrid(registry)
  readonly meters = new MeterBook()
  readonly terminals = new TerminalBook()
  readonly books = {
    grid: this.grid,
    meters: this.meters,
    terminals: this.terminals,
    others: new OtherSources()
  }
  readonly out = noOutageLines()
  cases = new CaseBook()

  constructor() {
    this.meters.grow(registry.meters.count)
    for (let meter = 0; meter < registry.meters.count; meter++) this.meters.prove(meter, T0 - MINUTE)
  }

  gasp(ids: readonly string[], time: number): number {
    let found = -1
    for (const id of ids) {
      const meter = registry.meterNumbers.get(id)!
      this.meters.lostAt[meter] = time
      this.meters.lostBy[meter] = CLAIM.gasp
      const area = this.grid.areaOf[this.grid.placeOf[meter]!]!
      found = this.cases.claim(this.grid, area, time, this.meters.incident[meter]!, time)
      this.meters.lostCase[meter] = found
    }
    return found
  }

  until(from: number, to: number): void {
    for (let now = from; now <= to; now += SECOND) this.cases.tick(this.books, new PlanBook(), now, this.out)
  }

  /** As a processor that goes on from its checkpoint. */
  reload(): void {
    const saved = JSON.parse(JSON.stringify(this.cases.save())) as object
    this.cases = new CaseBook()
    this.cases.load(saved)
  }
}

test('claims of about one moment in one tree are one case, others are not', () => {
  const town = new Town()
  const first = town.gasp(['c0'], T0)
  assert.equal(town.gasp(['d0'], T0 + 20 * SECOND), first, 'another feeder of the same station')
  assert.equal(town.gasp(['c1'], T0 - 20 * SECOND), first)
  assert.notEqual(town.gasp(['c2'], T0 + 5 * MINUTE), first)
})

test('a claim from elsewhere at the same moment, by a wrong record, takes none of the others', () => {
  const town = new Town()
  const wrong = town.gasp(['d0'], T0 - 15 * SECOND)
  const first = town.gasp(['c0'], T0 + 8 * SECOND)
  assert.notEqual(first, wrong)
  // Nearer to the other one in time.
  for (const [i, seconds] of [-10, -6, -3].entries())
    assert.equal(town.gasp([`c${i + 1}`], T0 + seconds * SECOND), first, `${seconds} s`)
})

test('the times of a case are the middle of what is claimed, whatever one clock says', () => {
  const town = new Town()
  for (const [i, offset] of [0, 1, 1, 2, 50].entries()) town.gasp([`c${i}`], T0 + offset * SECOND)
  const { cases } = town.cases.save() as { cases: { start: number }[] }
  assert.deepEqual(
    cases.map(({ start }) => start),
    [T0 + SECOND]
  )
})

test('what is saved is what is loaded, times that are not known among it', () => {
  const town = new Town()
  const compare = (what: string): void => {
    const before = structuredClone(town.cases.save())
    town.reload()
    assert.deepEqual(town.cases.save(), before, what)
  }
  compare('nothing yet')
  town.gasp(READ.KC!, T0)
  compare('never explained')
  town.until(T0, T0 + 3 * SECOND)
  compare('suspected')
  town.until(T0 + 3 * SECOND, T0 + 40 * SECOND)
  assert.deepEqual(
    town.out.incidents.map(({ state }) => state),
    ['suspected', 'open']
  )
  compare('open')
  for (const id of READ.KC!) town.meters.prove(registry.meterNumbers.get(id)!, T0 + 10 * MINUTE)
  town.cases.stir(town.grid, registry.network.numbers.get('TC')!)
  town.until(T0 + 10 * MINUTE, T0 + 11 * MINUTE)
  compare('restored')
  town.until(T0 + 11 * MINUTE, T0 + 40 * MINUTE)
  compare('closed')
  assert.deepEqual(
    town.out.incidents.map(({ state }) => state),
    ['suspected', 'open', 'restored', 'closed']
  )
})

test('cases that are over are forgotten when no record of them can come any more', () => {
  const town = new Town()
  town.gasp(READ.KC!, T0)
  town.until(T0, T0 + MINUTE)
  for (const id of READ.KC!) town.meters.prove(registry.meterNumbers.get(id)!, T0 + 2 * MINUTE)
  town.cases.stir(town.grid, registry.network.numbers.get('TC')!)
  town.until(T0 + 2 * MINUTE, T0 + 60 * MINUTE)
  assert.equal(town.out.incidents.at(-1)!.state, 'closed')
  assert.ok(!town.cases.isEmpty, 'records may come')
  town.until(T0 + 12 * 60 * MINUTE, T0 + 12 * 60 * MINUTE + MINUTE)
  assert.ok(town.cases.isEmpty)
})

test('of moments that records alone tell of an area has twenty at most, and another area its own', () => {
  const { cases, grid } = new Town()
  const record = (id: string, start: number): number => {
    const area = grid.areaOf[grid.placeOf[registry.meterNumbers.get(id)!]!]!
    return cases.claim(grid, area, start, -1, T0, { start, end: start + MINUTE })
  }
  const many = Array.from({ length: 500 }, (_, i) => record('c0', T0 - 2 * i * MINUTE))
  assert.equal(new Set(many).size, 21)
  assert.equal(many.at(-1), -1)
  assert.ok(record('d0', T0) > 0)
})
