import type { Decided } from '../../src/model/outages.ts'
import type { OutageTables } from '../../src/records/results-record.ts'
import type { DecisionRecord, ObservationRecord, TruckRecord } from '../../src/records/gateway-record.ts'

/** An export tells of no person: who decided is empty in it, and words of notes, which may name somebody, are left out. */
export function decisionWithoutPersons({ note: _note, ...decision }: DecisionRecord): DecisionRecord {
  return { ...decision, by: '' }
}

/** Whose word it is, too. */
export function observationWithoutPersons(observation: ObservationRecord): ObservationRecord {
  return { ...observation, by: '', heardFrom: '' }
}

/** Who told of a truck. */
export function truckWithoutPersons(truck: TruckRecord): TruckRecord {
  return { ...truck, by: '' }
}

/** The same of lines about outages: as the processor says them of decisions without persons. */
export function linesWithoutPersons(tables: OutageTables): OutageTables {
  const { incidents, alarms, decisions } = tables
  return {
    ...tables,
    ...(incidents && {
      incidents: incidents.map(line =>
        line.decided === undefined ? line : { ...line, decided: withoutNames(line.decided) }
      )
    }),
    ...(alarms && {
      alarms: alarms.map(({ note: _note, ...line }) => (line.by === undefined ? line : { ...line, by: '' }))
    }),
    ...(decisions && { decisions: decisions.map(({ note: _note, ...line }) => ({ ...line, by: '' })) })
  }
}

const withoutNames = (decided: Decided): Decided => ({
  ...decided,
  by: '',
  ...(decided.claimedBy !== undefined && { claimedBy: '' })
})
