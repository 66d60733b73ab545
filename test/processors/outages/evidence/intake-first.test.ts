import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Claims, Intake } from '../../../../processors/outages/evidence/intake.ts'
import { MeterBook } from '../../../../processors/outages/evidence/meter-book.ts'
import { TerminalBook } from '../../../../processors/outages/evidence/terminal-book.ts'
import { PresentGrid } from '../../../../processors/outages/grid/present-grid.ts'
import { PlanBook } from '../../../../processors/outages/life/plan-book.ts'
import type { EventType, ReportedEvent } from '../../../../src/model/events.ts'
import { drawRegistry, TOWN } from '../../../support/outage-registry.ts'

const T0 = Date.UTC(2026, 10, 20, 8)
const [SECOND, MINUTE] = [1000, 60_000]
const CASE = 41

interface Told {
  readonly area: string
  readonly time: number
  readonly isRecord: boolean
}

/** Books of the town, and what somebody is told who asks for claims. */
class Desk {
  readonly registry = drawRegistry(TOWN)
  readonly grid = new PresentGrid(this.registry)
  readonly meters = new MeterBook()
  readonly terminals = new TerminalBook()
  readonly told: Told[] = []
  readonly intake: Intake
  /** When that began of which a record tells, as cases know. */
  began = Number.NaN

  constructor() {
    this.meters.grow(this.registry.meters.count)
    const tell = (area: number, time: number, isRecord: boolean): number => {
      this.told.push({ area: this.grid.id(area), time, isRecord })
      return CASE
    }
    const claims: Claims = {
      claim: (area, time, _holder, record) => tell(area, time, record !== undefined),
      odd: (area, time) => tell(area, time, false),
      down: (area, _since, time) => tell(area, time, false),
      momentOfRecord: () => this.began
    }
    const books = { grid: this.grid, meters: this.meters, terminals: this.terminals, plans: new PlanBook() }
    this.intake = new Intake(books, claims)
  }

  say(terminal: string, event: Partial<ReportedEvent> & { type: EventType }, at: number): this {
    const { type, meters = ['a0'], origin = 'module', time = at, ...rest } = event
    const none = { start: Number.NaN, end: Number.NaN, reportedAt: Number.NaN, count: Number.NaN }
    const said = { ...none, type, meters, origin, time, about: '', phases: 0, isTest: false, ...rest }
    this.intake.event(terminal, said, at)
    return this
  }

  of(id: string): number {
    return this.registry.meterNumbers.get(id)!
  }
}

const gasp = (more: Partial<ReportedEvent> = {}) => ({ type: 'last-gasp' as const, ...more })

/** Just after our first start: nobody was proven to live yet, so there is no time to compare with. */
test('of a meter that was never proven to live the same gasp claims once', () => {
  const desk = new Desk().say('KA', gasp(), T0)
  for (let i = 1; i < 10; i++) desk.say('KA', gasp({ time: T0 }), T0 + i * 20 * SECOND)
  assert.deepEqual(
    desk.told.map(({ time }) => time - T0),
    [0]
  )
})

test('of a terminal that never said that it is on mains, what it says again of its supply claims once', () => {
  const desk = new Desk()
  for (let i = 0; i < 5; i++) {
    const at = T0 + i * 2 * MINUTE
    desk.intake.status('KB', { state: 'online', supply: 'battery', bootCount: 1, cell: '', time: at }, at)
  }
  assert.deepEqual(
    desk.told.map(({ time }) => time - T0),
    [0]
  )
  assert.equal(desk.terminals.of('KB').downAt, T0)
})

for (const reportedAt of [Number.NaN, T0 + 6 * MINUTE])
  test(`a gasp that was taken, sent again after the return of supply, claims nothing (reported ${reportedAt > 0 ? 'now' : 'never'})`, () => {
    const desk = new Desk()
    desk.meters.prove(desk.of('a0'), T0 - 5 * MINUTE)
    desk.say('KA', gasp({ time: T0 }), T0 + SECOND)
    desk.say('KA', { type: 'power-up', origin: 'meter' }, T0 + 5 * MINUTE)
    desk.say('KA', gasp({ time: T0, reportedAt }), T0 + 6 * MINUTE)
    assert.deepEqual(
      desk.told.map(({ time }) => time - T0),
      [0]
    )
  })
