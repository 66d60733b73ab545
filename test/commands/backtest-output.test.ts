import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { BacktestOutput } from '../../commands/backtest/output.ts'
import { decisionWithoutPersons, linesWithoutPersons } from '../../commands/export/without-persons.ts'
import { RecordedResults } from '../../commands/export/results.ts'
import type { RecordedStep } from '../../processors/recorded-steps.ts'
import { emptyAudit } from '../../src/model/audit.ts'
import { type IncidentLine, OUTAGE_TABLES } from '../../src/model/outages.ts'
import { encodeJson, OUTAGES, type OutageTables } from '../../src/records/results-record.ts'
import { filesOf } from '../support/recorded-site.ts'

const T0 = Date.UTC(2026, 10, 20)

const incident = {
  device: 'TR1',
  phases: '',
  kind: 'sustained',
  cause: '',
  supply: 'none',
  end: null
} as const
const SAID: readonly OutageTables[] = [
  {
    incidents: [
      {
        ...{ at: T0, id: 'I1', state: 'suspected', ...incident, start: T0, affected: 3, confirmed: 0 },
        ...{ confidence: 0.4, counted: true, evidence: [{ kind: 'silence', count: 3, of: 3, weight: 2.5 }] }
      },
      {
        ...{ at: T0, id: 'I2', state: 'suspected', ...incident, start: T0, affected: 1, confirmed: 0 },
        ...{ confidence: 0.3, counted: true }
      }
    ],
    communication: [
      { at: T0, id: 'C1', state: 'open', scope: 'terminal', subject: 'T1', start: T0, end: null }
    ]
  },
  {
    incidents: [
      {
        ...{ at: T0 + 1, id: 'I1', state: 'open', ...incident, start: T0, affected: 3, confirmed: 2 },
        ...{ confidence: 0.9, counted: true }
      },
      {
        ...{ at: T0 + 2, id: 'I2', state: 'withdrawn', mergedInto: 'I1', ...incident, start: T0 },
        ...{ affected: 1, confirmed: 0, confidence: 0, counted: false }
      },
      {
        ...{ at: T0 + 3, id: 'I1', state: 'open', ...incident, start: T0, affected: 3, confirmed: 3 },
        ...{ confidence: 0.95, counted: true }
      }
    ],
    findings: [
      { at: T0, id: 'F1', kind: 'back-feed', subject: 'TR1', evidence: 'M1 is alive: \u2028 "10 V"' }
    ],
    alarms: [
      {
        ...{ at: T0, id: 'A1', state: 'firing', kind: 'neutral', subject: 'B1', value: 260.5 },
        ...{ threshold: 250, start: T0, end: null }
      }
    ],
    decisions: [
      {
        ...{ at: T0, id: 'D1', state: 'refused', reason: 'UNKNOWN', about: 'incident', subject: 'I9' },
        ...{ act: 'note', by: '' }
      }
    ]
  }
]

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-output-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a backtest writes of lines that come step by step. */
function written(folder: string, said: readonly OutageTables[]): Record<string, string> {
  const output = new BacktestOutput(folder, true)
  output.open()
  for (const tables of said)
    output.write({ readings: [], intervals: [], quarantine: [], outages: [tables], supply: [] })
  output.close({ lines: 9, ignored: 0, lastAt: T0, audit: emptyAudit() })
  return filesOf(folder)
}

const FILES = [
  'alarms',
  'communication',
  'decisions',
  'findings',
  'incidents',
  'quarantine',
  'readings',
  'supply'
]

test('each table has its file, also where nothing was said', t => {
  const files = written(folderOf(t), [])
  assert.deepEqual(Object.keys(files), [...FILES.map(name => `${name}.ndjson`), 'summary.json'].sort())
  for (const name of FILES) assert.equal(files[`${name}.ndjson`], '')
  assert.deepEqual(JSON.parse(files['summary.json'] ?? '').outages, {
    ...{ incidents: 0, communication: 0, findings: 0, alarms: 0, decisions: 0 }
  })
})

test('lines stand as they were said; the summary counts what was open once', t => {
  const files = written(folderOf(t), SAID)
  for (const table of OUTAGE_TABLES) {
    const lines = SAID.flatMap((tables): readonly object[] => tables[table] ?? [])
    assert.equal(files[`${table}.ndjson`], lines.map(line => `${JSON.stringify(line)}\n`).join(''), table)
  }
  assert.deepEqual(JSON.parse(files['summary.json'] ?? '').outages, {
    ...{ incidents: 1, communication: 1, findings: 1, alarms: 1, decisions: 1 }
  })
})

test('recorded results are written as a backtest writes them, however a step was cut into records', t => {
  const folder = folderOf(t)
  const results = new RecordedResults(folder, [], 'none')
  results.open()
  const records = SAID.map(tables => ({ kind: OUTAGES, body: encodeJson(tables) }))
  const step: RecordedStep = {
    ...{ firstSeq: 1, lastSeq: records.length, records: new Map(records.entries()) },
    ...{ upTo: { frames: 1, events: 1 }, end: undefined, isOpen: false }
  }
  results.take(step)
  results.close(9, T0, undefined)
  assert.equal(results.lost, 0)
  assert.deepEqual(filesOf(folder), written(folderOf(t), SAID))
})

test('an export tells of no person: neither who decided nor what is noted', () => {
  const alarm = {
    at: T0,
    id: 'A1',
    kind: 'neutral',
    subject: 'B1',
    value: null,
    threshold: null,
    start: T0,
    end: null
  }
  const decided = { act: 'claim', by: 'li', at: T0, claimedBy: 'li', crew: '7' } as const
  const said: OutageTables = {
    incidents: [{ ...(SAID[0]?.incidents?.[0] as IncidentLine), decided }],
    alarms: [
      { ...alarm, state: 'firing' },
      { ...alarm, state: 'shelved', by: 'li', note: 'tell Wang', until: T0 + 1 }
    ],
    decisions: [
      {
        ...{ at: T0, id: 'D1', state: 'taken', about: 'incident', subject: 'I1', act: 'note' },
        ...{ by: 'li', note: 'tell Wang' }
      }
    ]
  }
  const told = linesWithoutPersons(said)
  assert.doesNotMatch(JSON.stringify(told), /li"|Wang/)
  assert.deepEqual(told.incidents?.[0]?.decided, { ...decided, by: '', claimedBy: '' })
  assert.deepEqual(told.alarms, [
    { ...alarm, state: 'firing' },
    { ...alarm, state: 'shelved', by: '', until: T0 + 1 }
  ])
  assert.deepEqual(decisionWithoutPersons({ incident: 'I1', act: 'note', by: 'li', note: 'Wang' }), {
    ...{ incident: 'I1', act: 'note', by: '' }
  })
})
