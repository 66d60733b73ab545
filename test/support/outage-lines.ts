import type {
  CommunicationLine,
  DecisionLine,
  IncidentLine,
  OutageAlarm,
  OutageFinding,
  OutageTables
} from '../../src/model/outages.ts'

/** Lines as the processor says them, with what a test does not care about filled in. */
export const T0 = Date.UTC(2026, 10, 20, 8)

type Wanted<Line> = Partial<Line> & { readonly id: string }

export const incident = (wanted: Wanted<IncidentLine>): IncidentLine => ({
  ...{ at: T0, state: 'open', device: 'TR1', phases: '', kind: 'sustained', cause: '', supply: 'none' },
  ...{ start: T0 - 60_000, end: null, affected: 40, confirmed: 12, confidence: 0.97, counted: true },
  ...wanted
})

export const loss = (wanted: Wanted<CommunicationLine>): CommunicationLine => ({
  ...{ at: T0, state: 'open', scope: 'terminal', subject: 'T1', start: T0 - 60_000, end: null },
  ...wanted
})

export const finding = (wanted: Wanted<OutageFinding>): OutageFinding => ({
  ...{ at: T0, kind: 'registry-device', subject: 'M1', evidence: 'lives below a dead device' },
  ...wanted
})

export const alarm = (wanted: Wanted<OutageAlarm>): OutageAlarm => ({
  ...{ at: T0, state: 'firing', kind: 'broken-neutral', subject: 'BOX1', value: 261.5, threshold: 250 },
  ...{ start: T0 - 60_000, end: null },
  ...wanted
})

export const decision = (wanted: Wanted<DecisionLine>): DecisionLine => ({
  ...{ at: T0, state: 'taken', about: 'incident', subject: 'I1', act: 'claim', by: 'li' },
  ...wanted
})

/** A batch of records of the results log, each in a step of its own. */
export const batchOf = (first: number, ...tables: OutageTables[]) => ({
  seq: first + tables.length - 1,
  parts: tables.map((each, i) => ({ seq: first + i, tables: each }))
})
