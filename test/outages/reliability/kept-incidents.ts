import type { OutagePlaces } from '../../../src/ledger/outage-port.ts'
import type { IncidentLine } from '../../../src/model/outages.ts'
import { MonthBook } from '../../../src/outages/reliability/month-book.ts'
import { ReliabilityDesk, type ReliabilityParts } from '../../../src/outages/reliability/reliability-desk.ts'
import type { Registry } from '../../../src/registry/lookup/registry.ts'
import { MINUTE, ZONE } from '../../support/interruptions.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { memoryLedger } from '../../support/memory-ledger.ts'
import { batchOf, incident } from '../../support/outage-lines.ts'
import { drawRegistry } from '../../support/outage-registry.ts'

/** Accounts A-m0, A-m1, … on one transformer. */
export const townOf = (accounts: number): Registry =>
  drawRegistry({
    devices: [
      ['F1', 'feeder', ''],
      ['TR1', 'transformer', 'F1'],
      ['TR2', 'transformer', 'F1']
    ],
    meters: [
      { device: 'TR1', terminal: 'K1', ids: Array.from({ length: accounts }, (_, i) => `m${i}`), phase: 'A' }
    ],
    terminals: [{ id: 'K1', poweredBy: 'TR1' }]
  })

/** A ledger in memory that has taken lines, and who reads it. */
export function keptIncidents(registry: Registry, now: number) {
  const ledger = memoryLedger()
  const clock = new ManualClock(now)
  const parts: ReliabilityParts = {
    ledger: ledger.reliability,
    registry: () => registry,
    clock,
    zone: () => ZONE
  }
  const places: OutagePlaces = {
    path: () => [],
    account: point => registry.usagePoints.get(point)?.account ?? ''
  }
  let seq = 0
  return {
    ...{ ledger, clock, parts, desk: new ReliabilityDesk(parts), newBook: () => new MonthBook(parts) },
    take: (...lines: IncidentLine[]) => ledger.outages.takeLines(batchOf(++seq, { incidents: lines }), places)
  }
}

/** A closed incident of the first so many accounts, all for so long. */
export function closed(
  id: string,
  accounts: number,
  minutes: number,
  start: number,
  more: Partial<IncidentLine> = {}
): IncidentLine {
  const end = start + minutes * MINUTE
  return incident({
    ...{ id, at: end + 20 * MINUTE, state: 'closed', start, end, affected: accounts },
    usagePoints: Array.from({ length: accounts }, (_, i) => `U-m${i}`),
    steps: [{ end, usagePoints: accounts }],
    ...more
  })
}
