import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline, type ResultRecord } from '../../processors/pipeline.ts'
import { ResultsJournal } from '../../processors/results-journal.ts'
import { MAX_RECORD_BODY } from '../../src/log/port.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import {
  type CommunicationLine,
  type IncidentLine,
  noOutageLines,
  type OutageLines
} from '../../src/model/outages.ts'
import {
  decodeJson,
  encodeJson,
  OUTAGES,
  STEP_BEGIN,
  STEP_END,
  type StepEnd
} from '../../src/records/results-record.ts'
import { crashFiles } from '../support/crash-files.ts'
import { SETTINGS } from '../support/meter-line.ts'
import { openLog } from '../support/open-log.ts'
import { logicalOutputs } from '../support/replay-outputs.ts'
import { audit } from '../support/series-blocks.ts'
import { smallRegistry } from '../support/traffic.ts'

const T0 = Date.UTC(2026, 10, 20)

const incident = (id: string, more: Partial<IncidentLine> = {}): IncidentLine => ({
  ...{ at: T0, id, state: 'open', device: 'TR1', phases: '', kind: 'sustained', cause: '', supply: 'none' },
  ...{ start: T0, end: null, affected: 3, confirmed: 2, confidence: 0.9, counted: true },
  ...more
})
const lost = (id: string): CommunicationLine => ({
  ...{ at: T0, id, state: 'open', scope: 'terminal', subject: 'T1', start: T0, end: null }
})

const newPipeline = (): Pipeline =>
  new Pipeline({
    settings: SETTINGS,
    windowReadings: 4,
    growWindow: false,
    loadRegistry: () => smallRegistry(1, 1)
  })

/** What a drain makes of lines that a stage has said. */
function drained(said: Partial<OutageLines>): ResultRecord[] {
  const pipeline = newPipeline()
  const { outages } = pipeline.out
  outages.incidents.push(...(said.incidents ?? []))
  outages.communication.push(...(said.communication ?? []))
  const records = pipeline.drain()
  assert.deepEqual(pipeline.out.outages, noOutageLines(), 'said once')
  return records
}

test('lines about outages stand in one record, only tables that have any', () => {
  assert.deepEqual(drained({}), [])
  const incidents = [incident('I1', { state: 'suspected' }), incident('I1')]
  const [record, ...others] = drained({ incidents, communication: [lost('C1')] })
  assert.ok(record)
  assert.deepEqual([record.kind, others], [OUTAGES, []])
  assert.deepEqual(decodeJson(record.body), { incidents, communication: [lost('C1')] })
})

test('what is said is forgotten with the other rows', () => {
  const { out } = newPipeline()
  out.outages.incidents.push(incident('I1'))
  out.dropRows()
  assert.deepEqual(out.outages, noOutageLines())
})

test('many dark customers fill several records, in order', () => {
  const usagePoints = Array.from({ length: 100_000 }, (_, i) => `331000${i}`)
  const incidents = Array.from({ length: 9 }, (_, i) => incident(`I${i}`, { usagePoints }))
  const records = drained({ incidents, communication: [lost('C1'), lost('C2')] })
  assert.ok(records.length > 2)
  for (const { body } of records) assert.ok(body.length < MAX_RECORD_BODY / 2)
  const { outages } = logicalOutputs(records)
  assert.deepEqual(
    outages.incidents,
    incidents.map(line => JSON.stringify(line))
  )
  assert.equal(outages.communication.length, 2)
})

const said = (...ids: string[]): ResultRecord => ({
  kind: OUTAGES,
  body: encodeJson({ incidents: ids.map(id => incident(id)) })
})
/** A step of the results log. */
function step(frames: number, ...results: ResultRecord[]): ResultRecord[] {
  const end: StepEnd = {
    ...{ framesSeq: frames, eventsSeq: 0, framesConsumed: frames },
    ...{ ordinals: { frames, events: 0 }, audit: audit(frames), terminals: {} }
  }
  const begin = { kind: STEP_BEGIN, body: encodeJson({ frames: [frames, frames] }) }
  return [begin, ...results, { kind: STEP_END, body: encodeJson(end) }]
}

const BEFORE: readonly [
  what: string,
  recorded: readonly ResultRecord[],
  now: readonly ResultRecord[],
  isDifferent: boolean
][] = [
  ['the same lines', step(1, said('I1')), step(1, said('I1')), false],
  ['other lines', step(1, said('I1')), step(1, said('I2')), true],
  ['none, of a version without outages', step(1), step(1, said('I1')), true],
  ['none, and the step was cut off', step(1).slice(0, 1), step(1, said('I1')), false],
  ['the lines, and the step was cut off', step(1, said('I1')).slice(0, 2), step(1, said('I1')), false]
]

for (const [what, recorded, now, isDifferent] of BEFORE) {
  test(`a recorded step has ${what}: it stands, and what comes next is written`, async () => {
    const files = crashFiles()
    const log = await openLog(files, 'results')
    for (const { kind, body } of recorded) log.append(kind, T0, body, new Uint8Array(), () => {})
    await log.flush()
    const reader = () => new SegmentedReader({ folder: '/results', files, mark: log.mark })
    const diverged: number[] = []
    const journal = new ResultsJournal(log, reader(), seq => diverged.push(seq))
    journal.open(0)
    assert.equal(journal.put(now, T0), isDifferent)
    assert.deepEqual(diverged, isDifferent ? [1] : [])
    journal.put(step(2, said('I9')), T0)
    await journal.flush()
    const written = reader().read(100, 1e6)
    const first = recorded.at(-1)?.kind === STEP_END ? recorded : now
    assert.deepEqual(
      written.map(({ kind, body }) => [kind, Buffer.from(body).toString()]),
      [...first, ...step(2, said('I9'))].map(({ kind, body }) => [kind, Buffer.from(body).toString()])
    )
    await log.close()
  })
}
