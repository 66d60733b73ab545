import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeterBook } from '../../../../processors/outages/evidence/meter-book.ts'
import { type ClosedRound, Rounds } from '../../../../processors/outages/evidence/rounds.ts'
import { TerminalBook } from '../../../../processors/outages/evidence/terminal-book.ts'
import { PresentGrid } from '../../../../processors/outages/grid/present-grid.ts'
import { PlanBook } from '../../../../processors/outages/life/plan-book.ts'
import { drawRegistry, named } from '../../../support/outage-registry.ts'

const T0 = Date.UTC(2026, 10, 20, 8)
const [SECOND, MINUTE] = [1000, 60_000]
const QUARTER = 15 * MINUTE
const BOX = named('a', 4)
const OTHER = named('b', 6)
const ALL = [...BOX, ...OTHER]

const registry = drawRegistry({
  devices: [
    ['F', 'feeder', ''],
    ['T', 'transformer', 'F'],
    ['BA', 'box', 'T'],
    ['BB', 'box', 'T']
  ],
  meters: [
    { device: 'BA', terminal: 'K', ids: BOX },
    { device: 'BB', terminal: 'K', ids: OTHER }
  ],
  terminals: [{ id: 'K', poweredBy: 'T', uploadIntervalS: 900 }]
})

/** A terminal that reads ten meters in two boxes. */
class Reading {
  readonly meters = new MeterBook()
  readonly terminals = new TerminalBook()
  readonly grid = new PresentGrid(registry)
  readonly books = { grid: this.grid, meters: this.meters, terminals: this.terminals, plans: new PlanBook() }
  readonly rounds = new Rounds()

  constructor() {
    this.meters.grow(registry.meters.count)
  }

  numberOf(id: string): number {
    return registry.meterNumbers.get(id)!
  }

  /** A message with these meters, as the stage enters it. @returns the round that ended with it */
  message(ids: readonly string[], collectedAt: number, now = collectedAt): ClosedRound | undefined {
    for (const id of ids) {
      this.meters.prove(this.numberOf(id), collectedAt)
      this.meters.heardAt[this.numberOf(id)] = now
    }
    return this.rounds.take(this.books, 0, collectedAt, now)
  }

  tick(now: number): ClosedRound[] {
    return [...this.rounds.tick(this.books, now)]
  }

  /** A whole round. @returns who was missed in it */
  round(collectedAt: number, missed: readonly string[] = []): string[] {
    this.message(
      ALL.filter(id => !missed.includes(id)),
      collectedAt
    )
    return this.missedIn(this.tick(collectedAt + MINUTE))
  }

  missedIn(closed: readonly (ClosedRound | undefined)[]): string[] {
    return closed
      .flatMap(each => [...(each?.missed.values() ?? [])].flat())
      .map(meter => registry.meters.id.get(meter))
      .sort()
  }
}

test('messages of one round that change places on the way miss nobody', () => {
  const reading = new Reading()
  reading.round(T0)
  const at = T0 + QUARTER
  // Read second, arrived first: collectedAt is said by message.
  reading.message(OTHER, at + 10 * SECOND, at + 12 * SECOND)
  reading.message(BOX, at, at + 13 * SECOND)
  assert.deepEqual(reading.missedIn(reading.tick(at + MINUTE)), [])
})

test('a message that was collected within the round and comes once more does not make the others missed', () => {
  const reading = new Reading()
  reading.round(T0)
  const at = T0 + QUARTER
  reading.message(BOX, at)
  reading.message(OTHER, at + 20 * SECOND)
  reading.message(BOX, at, at + 25 * SECOND)
  assert.deepEqual(reading.missedIn(reading.tick(at + MINUTE)), [])
})
