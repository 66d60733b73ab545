import type { Pipeline, ResultRecord } from '../../processors/pipeline.ts'
import type { LogRecord } from '../../src/log/port.ts'
import { OUTAGE_TABLES } from '../../src/model/outages.ts'
import type { LogName } from '../../src/records/gateway-record.ts'
import {
  decodeIntervals,
  decodeJson,
  decodeQuarantine,
  decodeReadings,
  HISTORY_REQUESTS,
  INTERVALS,
  OUTAGES,
  type OutageTables,
  QUARANTINE,
  QUARANTINE_MARKS,
  READINGS,
  STEP_BEGIN,
  STEP_END,
  type StepBegin,
  type StepEnd,
  SUPPLY
} from '../../src/records/results-record.ts'

/** An input record and the log it came from. */
export interface Input {
  readonly log: LogName
  readonly record: LogRecord
}

/** What came out, row by row: however the rows were cut into records, equal outputs are equal here. */
export interface LogicalOutputs {
  readonly readings: string[]
  readonly intervals: string[]
  readonly quarantine: string[]
  readonly marks: string[]
  readonly requests: string[]
  /** By table: lines of one step stand table by table. */
  readonly outages: Readonly<Record<keyof OutageTables, string[]>>
  readonly supply: string[]
  audit: unknown
}

/** The inputs in the order in which the results log says that they were taken. */
export function journalOf(
  results: readonly LogRecord[],
  logs: Readonly<Record<LogName, readonly LogRecord[]>>
): Input[] {
  const inputs: Input[] = []
  for (const { kind, body } of results) {
    if (kind !== STEP_BEGIN) continue
    const step = decodeJson<StepBegin>(body)
    for (const log of ['events', 'frames'] as const) {
      const [first, last] = step[log] ?? [1, 0]
      for (const record of logs[log])
        if (record.seq >= first && record.seq <= last) inputs.push({ log, record })
    }
  }
  return inputs
}

/** Replays inputs with a drain after every `chunk` records. */
export function replayInChunks(pipeline: Pipeline, inputs: readonly Input[], chunk: number): LogicalOutputs {
  const records: ResultRecord[] = []
  inputs.forEach(({ log, record }, i) => {
    pipeline.take(log, record)
    if ((i + 1) % chunk === 0) records.push(...pipeline.drain())
  })
  records.push(...pipeline.drain())
  return { ...logicalOutputs(records), audit: structuredClone(pipeline.audit.total) }
}

export function logicalOutputs(records: readonly ResultRecord[]): LogicalOutputs {
  const outputs: LogicalOutputs = {
    readings: [],
    intervals: [],
    quarantine: [],
    marks: [],
    requests: [],
    outages: { incidents: [], communication: [], findings: [], alarms: [], decisions: [] },
    supply: [],
    audit: undefined
  }
  for (const { kind, body } of records) {
    if (kind === READINGS) outputs.readings.push(...readingRows(body))
    else if (kind === INTERVALS) outputs.intervals.push(...intervalRows(body))
    else if (kind === QUARANTINE) {
      outputs.quarantine.push(
        ...decodeQuarantine(body).map(entry => JSON.stringify({ ...entry, bytes: [...entry.bytes] }))
      )
    } else if (kind === QUARANTINE_MARKS) {
      outputs.marks.push(...decodeJson<object[]>(body).map(mark => JSON.stringify(mark)))
    } else if (kind === HISTORY_REQUESTS) {
      outputs.requests.push(...decodeJson<object[]>(body).map(request => JSON.stringify(request)))
    } else if (kind === OUTAGES) {
      const tables = decodeJson<OutageTables>(body)
      for (const table of OUTAGE_TABLES)
        outputs.outages[table].push(...(tables[table] ?? []).map(line => JSON.stringify(line)))
    } else if (kind === SUPPLY) {
      outputs.supply.push(...decodeJson<object[]>(body).map(line => JSON.stringify(line)))
    } else if (kind === STEP_END) outputs.audit = decodeJson<StepEnd>(body).audit
  }
  return outputs
}

function readingRows(body: Uint8Array): string[] {
  const block = decodeReadings(body)
  return Array.from({ length: block.rows }, (_, row) =>
    [
      block.meter[row],
      block.time[row],
      block.at[row],
      block.version[row],
      block.kind[row],
      block.ct[row],
      block.pt[row],
      block.qualityLow[row],
      block.qualityHigh[row],
      ...block.values.map(column => column?.[row] ?? Number.NaN),
      ...block.reasons.filter(reason => reason.row === row).map(({ field, mask }) => `${field}=${mask}`),
      ...block.extras.filter(extra => extra.row === row).map(({ text }) => text)
    ].join(' ')
  )
}

function intervalRows(body: Uint8Array): string[] {
  const block = decodeIntervals(body)
  return Array.from({ length: block.rows }, (_, row) =>
    [
      block.meter[row],
      block.start[row],
      block.end[row],
      block.at[row],
      block.revision[row],
      ...block.energy.map(column => column[row]),
      block.quality[row],
      block.reasons[row]
    ].join(' ')
  )
}
