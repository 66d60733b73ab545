import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IncidentBook } from '../../../commands/backtest/reliability.ts'
import { quietTown, READ } from '../../processors/outages/busy-town.ts'
import { MINUTE, NOON, ZONE } from '../../support/interruptions.ts'
import { play, SECOND, T0 } from '../../support/outage-feed.ts'
import { incident } from '../../support/outage-lines.ts'
import { drawRegistry, TOWN } from '../../support/outage-registry.ts'
import { keptIncidents } from './kept-incidents.ts'

/** All hang on phase A, below transformers of group Dyn. */
const onPhaseA = drawRegistry({ ...TOWN, meters: TOWN.meters.map(row => ({ ...row, phase: 'A' })) })

test('a phase is open above transformers and leaves low voltages behind: nobody is interrupted while it lasts', () => {
  const tape = quietTown().until(T0 + 20 * MINUTE)
  for (const terminal of ['KB', 'KC'])
    tape.events(
      terminal,
      ...(READ[terminal] ?? []).map(meter => ({
        ...{ type: 'under-voltage', origin: 'meter', meter, phases: 'A' },
        ...{ time: tape.now - 2 * SECOND, reportedAt: tape.now }
      }))
    )
  const said = play(tape.pass(10 * MINUTE), [onPhaseA])
  const last = said.incidents.at(-1)
  assert.deepEqual([last?.state, last?.device, last?.affected, last?.degraded], ['open', 'LA', 0, 20])
  const book = new IncidentBook()
  book.take(said)
  const { ieee1366 } = book.indices({ registry: onPhaseA, zone: ZONE, from: T0, to: tape.now }) as {
    ieee1366: { interruptions: number; customerMinutes: number }
  }
  assert.deepEqual([ieee1366.interruptions, ieee1366.customerMinutes], [0, 0])
})

test('the same from the ledger', async () => {
  const { take, desk } = keptIncidents(onPhaseA, NOON + 60 * MINUTE)
  await take(incident({ id: 'I1', device: 'LA', phases: 'A', start: NOON, affected: 0, degraded: 20 }))
  const report = await desk.reliabilityReport({
    profile: 'dl836',
    from: NOON - MINUTE,
    to: NOON + 60 * MINUTE
  })
  assert.equal(report.result.variants[0]?.customerHours, 0)
})
