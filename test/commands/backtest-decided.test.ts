import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { backtest } from '../../commands/backtest.ts'
import { type InputRules, RecordedInput } from '../../commands/backtest/input.ts'
import { LineWriter } from '../../commands/backtest/line.ts'
import { readPlanned } from '../../commands/backtest/planned.ts'
import { readControls } from '../../commands/export/controls.ts'
import { isError } from '../../src/errors.ts'
import { nodeFiles } from '../../src/files.ts'
import { viewLog } from '../../src/log/log-view.ts'
import type { LogRecord } from '../../src/log/port.ts'
import {
  DECISION,
  encodeControl,
  PING,
  PLANNED_OUTAGE,
  readControl,
  SWITCH_STATE,
  TICK,
  writeOrdinal
} from '../../src/records/gateway-record.ts'
import { importRegistry } from '../../src/registry/read/import.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { buildRegistry } from '../../src/registry/version/build.ts'
import { openLog } from '../support/open-log.ts'
import { filesOf } from '../support/recorded-site.ts'

const T0 = Date.UTC(2026, 10, 20)
const HOUR = 3_600_000
const RULES: InputRules = {
  settings: recorded => recorded,
  hasRegistry: () => true,
  takesAnswers: true,
  isSetAside: () => true
}
const KINDS: Readonly<Record<number, string>> = {
  [SWITCH_STATE]: 'switch-state',
  [PLANNED_OUTAGE]: 'planned-outage',
  [DECISION]: 'decision',
  [PING]: 'ping'
}

const read = (...lines: object[]): LogRecord[] => {
  const input = new RecordedInput(RULES, false)
  return lines.flatMap(line => [...input.take(JSON.stringify(line))]).map(({ record }) => record)
}
/** The record of a line, without the ticks before it. */
const recordOf = (topic: string, payload: object): LogRecord | undefined =>
  read({ at: T0, topic, payload }).find(({ kind }) => kind !== TICK)

const PLAN = { id: 'P1', devices: ['TR1'], from: T0, to: T0 + HOUR }
const BLANK_PLAN = { type: 'planned', announcedAt: null, state: 'planned', ticket: '' }

const TAKEN: readonly [topic: string, payload: object, record: object][] = [
  [
    'switch-state',
    { device: 'SW1', state: 'open', time: '2026-11-20T08:00:00+08:00', origin: 'automation', extra: 1 },
    { device: 'SW1', state: 'open', time: T0, origin: 'automation' }
  ],
  [
    'switch-state',
    { device: 'SW1', state: 'closed', time: T0 },
    { device: 'SW1', state: 'closed', time: T0, origin: '' }
  ],
  ['planned-outage', PLAN, { ...PLAN, ...BLANK_PLAN }],
  [
    'planned-outage',
    { ...PLAN, type: 'shortage', announcedAt: '2026-11-19T08:00:00Z', state: 'cancelled', ticket: 'W-7' },
    { ...PLAN, type: 'shortage', announcedAt: T0 - 16 * HOUR, state: 'cancelled', ticket: 'W-7' }
  ],
  [
    'planned-outage',
    { ...PLAN, type: '', announcedAt: '', state: null, ticket: null },
    { ...PLAN, ...BLANK_PLAN }
  ],
  ['decision', { incident: 'I1', act: 'claim' }, { incident: 'I1', act: 'claim', by: '' }],
  [
    'decision',
    { incident: { device: 'TR1', time: '2026-11-20T00:00:00Z' }, act: 'move', by: 'ann', device: 'SEC2' },
    { incident: { device: 'TR1', time: T0 }, act: 'move', by: 'ann', device: 'SEC2' }
  ],
  [
    'decision',
    { incident: 'I1', act: 'merge', by: 'ann', into: 'I2', cause: 'tree', crew: 'C7', expectedAt: T0 + HOUR },
    { incident: 'I1', act: 'merge', by: 'ann', into: 'I2', cause: 'tree', crew: 'C7', expectedAt: T0 + HOUR }
  ],
  [
    'ping',
    {
      id: 'P1',
      deadline: '2026-11-20T08:00:00+08:00',
      asked: [{ terminal: 'T1', meters: ['M1'], by: 'ann' }]
    },
    { id: 'P1', deadline: T0, asked: [{ terminal: 'T1', meters: ['M1'] }] }
  ]
]
for (const [topic, payload, record] of TAKEN) {
  test(`${topic} ${JSON.stringify(payload)}`, () => {
    const taken = recordOf(topic, payload)
    assert.ok(taken)
    assert.deepEqual([KINDS[taken.kind], readControl(taken.body)], [topic, record])
  })
}

const WRONG: readonly [topic: string, payload: object, complaint: RegExp][] = [
  ['switch-state', { state: 'open', time: T0 }, /line 2: `device` is no text/],
  ['switch-state', { device: 'SW1', state: 'ajar', time: T0 }, /`state` is none of open, closed/],
  ['switch-state', { device: 'SW1', time: T0 }, /`state` is no text/],
  ['switch-state', { device: 'SW1', state: 'open', time: '2026-11-20T08:00:00' }, /`time` is neither/],
  ['switch-state', { device: 'SW1', state: 'open', time: 1795132800 }, /`time` is neither/],
  ['switch-state', { device: 'SW1', state: 'open', time: T0, origin: 7 }, /`origin` is no text/],
  ['planned-outage', { ...PLAN, devices: 'TR1' }, /`devices` is no list/],
  ['planned-outage', { ...PLAN, devices: [] }, /`devices` is no list/],
  ['planned-outage', { ...PLAN, to: T0 }, /`to` is not after `from`/],
  ['planned-outage', { ...PLAN, type: 'party' }, /`type` is none of planned, temporary/],
  ['planned-outage', { ...PLAN, announcedAt: 'soon' }, /`announcedAt` is neither/],
  ['decision', { incident: 'I1', act: 'ignore' }, /`act` is none of claim, confirm/],
  ['decision', { act: 'claim' }, /`incident` is no text/],
  ['decision', { incident: { device: 'TR1' }, act: 'claim' }, /`incident`: `time` is neither/],
  ['decision', { incident: 'I1', act: 'move' }, /`move` needs `device`/],
  ['decision', { incident: 'I1', act: 'merge' }, /`merge` needs `into`/],
  ['ping', { id: 'P1', deadline: T0 }, /`asked` is no list of objects/],
  ['ping', { id: 'P1', deadline: T0, asked: ['T1'] }, /`asked` is no list of objects/],
  ['ping', { id: 'P1', deadline: T0, asked: [{ terminal: 'T1' }] }, /`asked`: `meters` is no list of texts/],
  ['ping', { id: 'P1', asked: [] }, /`deadline` is neither/],
  ['ping', { deadline: T0, asked: [] }, /`id` is no text/]
]
for (const [topic, payload, complaint] of WRONG) {
  test(`a line that cannot be read is named: ${topic} ${JSON.stringify(payload)}`, () => {
    const before = { at: T0, topic: 'gateway', payload: { state: 'started' } }
    assert.throws(
      () => read(before, { at: T0, topic, payload }),
      (error: unknown) => isError(error, 'SENDER_FORMAT') && complaint.test(error.message)
    )
  })
}

test('an export has the records as lines, without who decided', () => {
  const records = TAKEN.map(([topic, payload], i) => ({
    ...(recordOf(topic, payload) as LogRecord),
    seq: i + 1
  }))
  const writer = new LineWriter(true)
  const lines = records.map(record => JSON.parse(writer.line('events', record, false)) as object)
  const again = read(...lines)
  assert.deepEqual(
    again.filter(({ kind }) => kind !== TICK).map(({ kind, body }) => [KINDS[kind], readControl(body)]),
    TAKEN.map(([topic, , record]) => [topic, topic === 'decision' ? { ...record, by: '' } : record])
  )
})

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gridvigil-decided-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('what was said last before a window begins belongs to an export of it', async t => {
  const folder = folderOf(t)
  const log = await openLog(nodeFiles, 'events', { folder })
  const append = (kind: number, content: object) =>
    log.append(kind, T0, writeOrdinal(new Uint8Array(8), 0), encodeControl(content), () => {})
  const plan = (id: string, state: string) => ({ ...PLAN, ...BLANK_PLAN, id, state })
  const at = (device: string, state: string) => ({ device, state, time: T0, origin: '' })
  append(SWITCH_STATE, at('SW1', 'open'))
  append(PLANNED_OUTAGE, plan('P1', 'planned'))
  append(SWITCH_STATE, at('SW2', 'open'))
  append(SWITCH_STATE, at('SW1', 'closed'))
  append(PLANNED_OUTAGE, plan('P1', 'cancelled'))
  const after = append(DECISION, { incident: 'I1', act: 'claim', by: 'ann' })
  append(SWITCH_STATE, at('SW2', 'closed'))
  const upTo = append(PLANNED_OUTAGE, plan('P2', 'planned'))
  await log.close()
  const { switches, planned } = readControls(viewLog(nodeFiles, folder, false), after, upTo)
  assert.deepEqual(switches, [at('SW1', 'closed'), at('SW2', 'open')])
  assert.deepEqual(planned, [plan('P1', 'cancelled')])
})

/** A registry of one meter, and of devices if they are wanted. */
function registryIn(folder: string, hasDevices = true): string {
  const registry = join(folder, 'registry')
  mkdirSync(registry, { recursive: true })
  if (hasDevices) writeFileSync(join(registry, 'devices.csv'), 'id,kind\nTR1,transformer\nTR2,transformer\n')
  writeFileSync(join(registry, 'terminals.csv'), 'id\nT1\n')
  writeFileSync(join(registry, 'meters.csv'), 'id,terminal,usage_point\nM1,T1,U1\n')
  return registry
}

function plannedFrom(folder: string, text: string, hasDevices = true) {
  const { tables, book } = importRegistry(registryIn(folder, hasDevices))
  const path = join(folder, 'storm-plans.csv')
  writeFileSync(path, text)
  return readPlanned(path, 'Asia/Shanghai', buildRegistry(sourceOf(tables, book), 1, 'hash'))
}

test('a file of planned outages is read as that of a registry', t => {
  const plans = plannedFrom(
    folderOf(t),
    'id,devices,from,to,announced_at,ticket\n' +
      'P1,TR1; TR2,2026-11-20T08:00,2026-11-20T09:00:00+08:00,,\n' +
      'P2,TR2,2026-11-21,2026-11-22,2026-11-20,W-7\n'
  )
  assert.deepEqual(plans, [
    { ...PLAN, ...BLANK_PLAN, devices: ['TR1', 'TR2'] },
    {
      ...{ ...BLANK_PLAN, id: 'P2', devices: ['TR2'], from: T0 + 16 * HOUR, to: T0 + 40 * HOUR },
      ...{ announcedAt: T0 - 8 * HOUR, ticket: 'W-7' }
    }
  ])
})

test('devices of planned outages are judged where the registry has any', t => {
  const text = 'id,devices,from,to\nP1,TR9,2026-11-20,2026-11-21\n'
  assert.equal(plannedFrom(folderOf(t), text, false).length, 1)
  assert.throws(() => plannedFrom(folderOf(t), text), /:2 devices: TR9 is not in the registry \(add the/)
})

const REFUSED: readonly [text: string, message: RegExp][] = [
  ['', /storm-plans.csv: is empty/],
  ['id,devices,from\nP1,TR1,2026-11-20\n', /storm-plans.csv:1 to: column "to" is missing \(add the column\)/],
  [
    'id,devices,from,to\nP1,TR1,2026-11-20,2026-11-20\nP2,TR1,soon,2026-11-21\n',
    /storm-plans.csv:2 to: is not after from \(the end must .*\); storm-plans.csv:3 from: "soon" is not a date/
  ]
]
for (const [text, message] of REFUSED) {
  test(`rows of planned outages are all taken or named: ${JSON.stringify(text)}`, t => {
    assert.throws(
      () => plannedFrom(folderOf(t), text),
      (error: unknown) => isError(error, 'REGISTRY_FATAL') && message.test(error.message)
    )
  })
}

test('a backtest takes the lines, and readings are what they are without them', async t => {
  const folder = folderOf(t)
  const registry = registryIn(folder)
  const planned = join(folder, 'plans.csv')
  writeFileSync(planned, 'id,devices,from,to\nP1,TR1,2026-11-20,2026-11-21\n')
  const readings = [0, 1, 2].map(hour => ({
    at: T0 + hour * HOUR,
    ...{ terminal: 'T1', topic: 'readings' },
    payload: { readings: [{ meter: 'M1', time: T0 + hour * HOUR, importKwh: 100 + hour }] }
  }))
  const decided = TAKEN.map(([topic, payload]) => ({ at: T0 + HOUR, topic, payload }))
  const run = async (name: string, lines: readonly object[], ...more: string[]) => {
    const [frames, out] = [join(folder, `${name}.ndjson`), join(folder, name)]
    writeFileSync(frames, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
    await backtest(['--registry', registry, '--frames', frames, '--out', out, '--readings', ...more])
    const files = filesOf(out)
    return { files, summary: JSON.parse(files['summary.json'] ?? '') }
  }
  const plain = await run('plain', readings)
  const lines = [...readings, ...decided].toSorted((one, other) => one.at - other.at)
  const other = await run('decided', lines, '--planned', planned)
  assert.equal(other.summary.lines, lines.length)
  assert.equal(other.summary.ignored, 0)
  assert.deepEqual(other.summary.audit, plain.summary.audit)
  assert.equal(other.summary.audit.readings.stored, 3)
  for (const name of ['readings.ndjson', 'quarantine.ndjson'])
    assert.equal(other.files[name], plain.files[name], name)
  await assert.rejects(run('none', readings, '--planned', join(folder, 'none.csv')), /none.csv.*ENOENT/)
})
