import type { OutageTables } from '../../src/records/results-record.ts'
import type { DecisionRecord } from '../../src/records/gateway-record.ts'

/** An export tells of no person: who decided is empty in it, and words of notes, which may name somebody, are left out. */
export function decisionWithoutPersons({ note: _note, ...decision }: DecisionRecord): DecisionRecord {
  return { ...decision, by: '' }
}

/** The same of lines about outages: as the processor says them of decisions without persons. */
export function linesWithoutPersons(tables: OutageTables): OutageTables {
  const { incidents, alarms, decisions } = tables
  return {
    ...tables,
    ...(incidents && {
      incidents: incidents.map(({ decided, ...line }) =>
        decided === undefined
          ? line
          : {
              ...line,
              decided: { ...decided, by: '', ...(decided.claimedBy !== undefined && { claimedBy: '' }) }
            }
      )
    }),
    ...(alarms && {
      alarms: alarms.map(({ note: _note, ...line }) => (line.by === undefined ? line : { ...line, by: '' }))
    }),
    ...(decisions && { decisions: decisions.map(({ note: _note, ...line }) => ({ ...line, by: '' })) })
  }
}
