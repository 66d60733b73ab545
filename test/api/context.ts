import { PingDesk } from '../../commands/site/ping-desk.ts'
import { DecisionDesk } from '../../commands/site/decision-desk.ts'
import { SwitchingDesk } from '../../commands/site/switching-desk.ts'
import { TerminalKeys } from '../../commands/site/terminal-keys.ts'
import { CommandGate } from '../../src/api/http/command-gate.ts'
import { AccessDesk } from '../../src/access/desk.ts'
import type {
  ApiAudit,
  ApiBackups,
  BackupState,
  ApiContext,
  ApiGateway,
  ApiLive,
  ApiOutages,
  ApiRegistryDesk,
  ApiSeries,
  ApiTerminals,
  RoomHealth
} from '../../src/api/context.ts'
import { packTexts, shareTexts } from '../../src/registry/texts.ts'
import type { Clock } from '../../src/clock.ts'
import type { AuditCounters } from '../../src/model/audit.ts'
import { FIELD, FIELD_COUNT, type FieldName } from '../../src/model/fields.ts'
import { GridvigilError } from '../../src/errors.ts'
import { QUALITIES_PER_WORD } from '../../src/model/quality.ts'
import { quarantineState } from '../../src/model/quarantine.ts'
import { buildNetwork } from '../../src/registry/lookup/network.ts'
import { emptyTable, makeTable } from '../../src/registry/schema.ts'
import { DEVICES, TIES } from '../../src/registry/tables.ts'
import { NO_FIGURES, type OutageLedger } from '../../src/ledger/outage-port.ts'
import type { LedgerCalls } from '../../src/ledger/port.ts'
import type { ReliabilityLedger } from '../../src/ledger/reliability-port.ts'
import type { SupplyLedger } from '../../src/ledger/supply-port.ts'
import { ReliabilityDesk } from '../../src/outages/reliability/reliability-desk.ts'
import type { Role } from '../../src/model/roles.ts'
import type { AskedTerminal, PingLines } from '../../src/model/pings.ts'
import type {
  DecisionRecord,
  ObservationRecord,
  TruckRecord,
  PingRecord,
  PlannedOutageRecord,
  SwitchStateRecord
} from '../../src/records/gateway-record.ts'
import { memoryLedger } from '../support/memory-ledger.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import type { KeyCustomer, PlannedOutage } from '../../src/registry/lookup/customers.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { type UsagePoint, UsagePoints } from '../../src/registry/lookup/usage-points.ts'
import { MemorySeries } from '../support/memory-series.ts'
import type { IntervalRow, QuarantineRow, ReadingRow } from '../../src/series/port.ts'

/** A site in memory: what serve would show, under the test's control. Rows are given in order of time. */
export interface Site {
  now: number
  ready: boolean
  failure?: GridvigilError
  audit: ApiAudit
  rooms: RoomHealth[]
  rates: { framesPerSecond: number; readingsPerSecond: number }
  gateway: ApiGateway
  readings: ReadingRow[]
  intervals: IntervalRow[]
  quarantine: QuarantineRow[]
  terminals: Map<string, AuditCounters>
  meters: SiteMeter[]
  simulated: boolean
  live: ApiLive
  registryDesk: ApiRegistryDesk
  backups: ApiBackups
  access: AccessDesk
  ledger: LedgerCalls
  outages: OutageLedger
  outageFigures: ApiOutages
  reliabilityLedger: ReliabilityLedger
  supply: SupplyLedger
  /** Gives the ledger what the results log says. */
  takeLines: OutageLedger['takeLines']
  terminalKeys: ApiTerminals
  /** Of switches, planned work and pings, in the order they became durable. */
  told: (
    | SwitchStateRecord
    | DecisionRecord
    | PlannedOutageRecord
    | PingRecord
    | ObservationRecord
    | TruckRecord
  )[]
  /** Commands in the order they were sent, and terminals that take some. */
  asked: (AskedTerminal & { readonly id: string })[]
  hearing: Set<string>
  /** What the outage stage tells of pings. */
  tellPings: (lines: Partial<PingLines>) => void
  /** Called before a record of these becomes durable. */
  beforeTold: () => Promise<void>
  anonymousRole: Role | undefined
  maxRequestsPerSecond: number
  /** Called before every answer of the store. */
  beforeQuery: () => Promise<void>
}

export interface SiteMeter {
  id: string
  terminal?: string
  usagePoint?: string
  device?: string
  wiring?: string
  ct?: number
  pt?: number
  removedAt?: number
}

export const NOW = Date.parse('2026-11-20T12:07:30.000Z')
export const TIMEZONE = 'Asia/Shanghai'

const NO_BACKUP: BackupState = {
  ...{ state: 'none', folder: '', startedAt: 0, endedAt: null },
  ...{ files: 0, bytes: 0, problem: null }
}

export function emptySite(): Site {
  const ledger = memoryLedger()
  const disconnected: string[] = []
  const connections = {
    isConnected: (terminal: string) => terminal === 'T1' && !disconnected.includes('T1'),
    disconnect: (terminal: string) => void disconnected.push(terminal)
  }
  const site: Site = {
    ledger,
    outages: ledger.outages,
    reliabilityLedger: ledger.reliability,
    supply: ledger.supply,
    takeLines: (batch, places) => ledger.outages.takeLines(batch, places),
    outageFigures: { ...NO_FIGURES, recordsBehind: 0 },
    live: { newest: () => 0, open: async () => 1, next: async () => undefined, close: async () => {} },
    registryDesk: { importFiles: async () => Promise.reject(new GridvigilError('REGISTRY_BUSY')) },
    backups: { state: NO_BACKUP, begin: folder => ({ ...NO_BACKUP, state: 'running', folder }) },
    access: new AccessDesk(ledger, siteClock({ now: () => site.now })),
    terminalKeys: new TerminalKeys('', ledger, connections),
    told: [],
    asked: [],
    hearing: new Set(['T1']),
    tellPings: () => {},
    beforeTold: async () => {},
    anonymousRole: 'viewer',
    maxRequestsPerSecond: 1_000_000,
    now: NOW,
    ready: true,
    audit: {
      frames: { acknowledged: 12, decoded: 9, quarantined: 1, pending: 2 },
      readings: {
        decoded: 90,
        stored: 80,
        corrections: 1,
        duplicates: 5,
        quarantined: 3,
        held: 1,
        unbound: 0
      }
    },
    rooms: [
      { room: 'gateway', ok: true, detail: '127.0.0.1:1883' },
      { room: 'processor', ok: true, detail: 'caught up' }
    ],
    rates: { framesPerSecond: 1.5, readingsPerSecond: 15 },
    gateway: { connections: 4, connects: 7, refusedLogins: 2, refusedPublishes: 3, failedAppends: 5 },
    readings: [],
    intervals: [],
    quarantine: [],
    terminals: new Map(),
    meters: [{ id: '330100000017', terminal: 'T1', usagePoint: 'U17', wiring: '1p2w' }],
    simulated: true,
    beforeQuery: async () => {}
  }
  return site
}

/** The context of a site. Changes of the site show at once. */
export function contextOf(site: Site): ApiContext {
  const take = async (
    record:
      | SwitchStateRecord
      | DecisionRecord
      | PlannedOutageRecord
      | PingRecord
      | ObservationRecord
      | TruckRecord
  ): Promise<void> => {
    await site.beforeTold()
    site.told.push(record)
  }
  const records = { storeSwitchState: take, storePlannedOutage: take }
  const clock = siteClock({ now: () => site.now })
  const way = {
    hears: (terminal: string) => site.hearing.has(terminal),
    ask: (terminal: string, { id, meters }: { id: string; meters: readonly string[] }) =>
      void site.asked.push({ terminal, id, meters }),
    risingNumber: () => 7,
    storePing: take
  }
  const pingDesk = new PingDesk(way, site.ledger, clock, 4)
  site.tellPings = lines => pingDesk.take({ answers: [], wishes: [], ...lines })
  return {
    pingDesk,
    switchingDesk: new SwitchingDesk(records, site.ledger),
    decisionDesk: new DecisionDesk(
      { storeDecision: take, storeObservation: take, storeTruck: take },
      site.ledger
    ),
    registry: () => registryOf(site.meters),
    series: seriesOf(site),
    remembers: () => false,
    audit: () => site.audit,
    health: () => site.rooms,
    ready: () => site.ready,
    failure: () => site.failure,
    rates: () => site.rates,
    gateway: () => site.gateway,
    live: site.live,
    registryDesk: site.registryDesk,
    commandGate: new CommandGate(),
    backups: site.backups,
    replay: async () => ({ entries: 2, more: false }),
    access: site.access,
    ledger: site.ledger,
    outages: site.outages,
    outageFigures: () => site.outageFigures,
    reliability: reliabilityOf(site),
    supply: site.supply,
    terminals: site.terminalKeys,
    anonymousRole: site.anonymousRole,
    maxRequestsPerSecond: site.maxRequestsPerSecond,
    maxUploadBytes: 10_000_000,
    simulated: site.simulated,
    timezone: TIMEZONE,
    clock,
    startedAt: NOW - 3_723_000
  }
}

const reliabilityOf = (site: Site): ReliabilityDesk =>
  new ReliabilityDesk({
    ledger: site.reliabilityLedger,
    registry: () => registryOf(site.meters),
    clock: siteClock({ now: () => site.now }),
    zone: () => TIMEZONE
  })

function siteClock({ now }: Pick<Clock, 'now'>): Clock {
  return {
    now,
    monotonic: now,
    after: () => () => {},
    every: () => () => {},
    delay: async () => {},
    turn: async () => {}
  }
}

/** A feeder with a transformer and a box; of the usage points those that name a device hang on it. */
const DEVICE_ROWS = [
  { id: 'F1', kind: 'feeder', parent: '' },
  { id: 'TR1', kind: 'transformer', parent: 'F1' },
  { id: 'BOX1', kind: 'box', parent: 'TR1' }
]
const blank = (columns: readonly string[]) => DEVICE_ROWS.map(() => columns[0] ?? '')
const unknown = new Float64Array(DEVICE_ROWS.length).fill(Number.NaN)
const SITE_NETWORK = {
  network: buildNetwork(
    sourceOf({
      devices: makeTable(
        DEVICES,
        [2, 3, 4],
        { id: DEVICE_ROWS.map(({ id }) => id), parent: DEVICE_ROWS.map(({ parent }) => parent) },
        {}
      ),
      ties: emptyTable(TIES)
    })
  ),
  devices: {
    kind: shareTexts(DEVICE_ROWS.map(({ kind }) => kind)),
    name: packTexts(['城东线', '1 号配变', '']),
    phases: shareTexts(blank(['ABC'])),
    ratedKva: Float64Array.of(Number.NaN, 400, Number.NaN),
    ratedA: unknown,
    nominalKv: unknown,
    vectorGroup: shareTexts(['', 'Dyn11', '']),
    latitude: unknown,
    longitude: unknown
  }
}

const unsaid = Number.NaN
const KEY_CUSTOMER: KeyCustomer = {
  ...{ id: 'K1', name: '市一医院', category: 'hospital', grade: 'first', accounts: ['A-U2'] },
  ...{ securityLoadKw: 800, planVersion: '3', planDate: NOW, planApproval: '' },
  sources: [
    {
      ...{
        id: 'S1',
        kind: 'generator',
        usagePoint: '',
        meter: '',
        measuredAt: '',
        terminal: 'T1',
        mode: 'standby'
      },
      ...{ routeGroup: '', voltageKv: 0.4, capacityKw: 1000, startClassS: 15, fuelLitres: 900 },
      ...{
        fuelDeclaredOn: NOW,
        litresPerKwh: 0.27,
        reserveLitres: 100,
        batteryKwh: unsaid,
        batteryMinutes: unsaid
      }
    },
    {
      ...{
        id: 'S2',
        kind: 'grid',
        usagePoint: 'U3',
        meter: '',
        measuredAt: '',
        terminal: '',
        mode: 'standby'
      },
      ...{ routeGroup: '', voltageKv: 10, capacityKw: 1000, startClassS: unsaid, fuelLitres: unsaid },
      ...{ fuelDeclaredOn: unsaid, litresPerKwh: unsaid, reserveLitres: unsaid },
      ...{ batteryKwh: unsaid, batteryMinutes: unsaid }
    }
  ],
  sections: [
    {
      ...{ id: 'L1', name: '手术室', class: 'security', loadKw: 200, meter: '', sources: ['S1'] },
      ...{ transfer: 'ats', allowedGapS: 15, interlock: '' }
    }
  ]
}
const PLANNED: PlannedOutage = {
  ...{ id: 'P1', type: 'planned', devices: ['TR1'], from: NOW, to: NOW + 3_600_000 },
  ...{ announcedAt: unsaid, state: 'planned', ticket: '' }
}

function registryOf(meters: readonly SiteMeter[]): Registry {
  const text = (key: 'id' | 'terminal' | 'usagePoint' | 'device' | 'wiring') =>
    meters.map(it => it[key] ?? '')
  const numbers = (value: (it: SiteMeter) => number) => Float64Array.from(meters.map(value))
  const point = (id: string): UsagePoint => ({
    id,
    account: `A-${id}`,
    device: 'BOX1',
    phase: 'A',
    role: 'supply',
    contractKva: Number.NaN
  })
  return {
    version: 3,
    hash: 'c0ffee',
    meterNumbers: new Map(meters.map(({ id }, number) => [id, number])),
    meters: {
      count: meters.length,
      id: packTexts(text('id')),
      earlier: new Int32Array(meters.length).fill(-1),
      terminal: shareTexts(text('terminal')),
      usagePoint: packTexts(text('usagePoint')),
      device: shareTexts(text('device')),
      wiring: shareTexts(text('wiring')),
      ratedV: numbers(() => 220),
      ratedA: numbers(() => 60),
      ct: numbers(it => it.ct ?? 1),
      pt: numbers(it => it.pt ?? 1),
      registerDigits: numbers(() => 6),
      registerDecimals: numbers(() => Number.NaN),
      installedAt: numbers(() => Date.parse('2020-01-01T00:00:00+08:00')),
      removedAt: numbers(it => it.removedAt ?? Infinity),
      initialRegister: numbers(() => Number.NaN),
      removedRegister: numbers(() => Number.NaN)
    },
    terminals: new Map(),
    usagePoints: UsagePoints.of(meters.filter(it => it.usagePoint).map(it => point(it.usagePoint ?? ''))),
    ...SITE_NETWORK,
    keyCustomers: new Map([['K1', KEY_CUSTOMER]]),
    plannedOutages: [PLANNED]
  }
}

/** The port's promises over arrays: small, obvious, and only for what the API does with the answers. */
function seriesOf(site: Site): ApiSeries {
  const compare = (a: ReadingRow, b: { time: number; kind: number; version: number }): number =>
    a.time - b.time || a.kind - b.kind || a.version - b.version
  return {
    async readings({ meter, from, to, limit, after, allVersions }) {
      await site.beforeQuery()
      const span = site.readings.filter(row => row.meter === meter && row.time >= from && row.time < to)
      const isNewest = (row: ReadingRow) =>
        !span.some(other => other.time === row.time && other.kind === row.kind && other.version > row.version)
      return span
        .filter(row => allVersions || isNewest(row))
        .sort(compare)
        .filter(row => after === undefined || compare(row, after) > 0)
        .slice(0, limit)
    },
    async intervals({ meter, from, to }) {
      await site.beforeQuery()
      return site.intervals.filter(row => row.meter === meter && row.start >= from && row.end <= to)
    },
    async latest(meters) {
      await site.beforeQuery()
      const newest = new Map<number, ReadingRow>()
      for (const row of site.readings) {
        const present = newest.get(row.meter)
        if (meters.includes(row.meter) && (!present || row.time >= present.time)) newest.set(row.meter, row)
      }
      return newest
    },
    // Over rows: test/api/device-load.test.ts, test/api/collection.test.ts.
    load: query => new MemorySeries().load(query),
    storedSlots: query => new MemorySeries().storedSlots(query),
    async quarantine({ limit, before = Infinity, state, reason, terminal, from = 0, to = Infinity }) {
      await site.beforeQuery()
      return site.quarantine
        .filter(row => row.id < before && row.at >= from && row.at < to)
        .filter(row => state === undefined || quarantineState(row.mark?.outcome) === state)
        .filter(row => reason === undefined || row.reason === reason)
        .filter(row => terminal === undefined || row.terminal === terminal)
        .slice(0, limit)
    },
    replayable: async () => [],
    async terminals() {
      await site.beforeQuery()
      return site.terminals
    },
    statistics: async () => ({ files: 1, bytes: 4096 })
  }
}

/** A reading with the named values, all unchecked unless `qualities` says otherwise. */
export function reading(
  time: number,
  values: Record<string, number>,
  more: Partial<Pick<ReadingRow, 'meter' | 'version' | 'kind' | 'ct' | 'pt' | 'extras'>> & {
    qualities?: Record<string, number>
    reasons?: Record<string, number>
  } = {}
): ReadingRow {
  const columns = new Float64Array(FIELD_COUNT).fill(Number.NaN)
  for (const [name, value] of Object.entries(values)) columns[FIELD[name as FieldName]] = value
  const words = [0, 0]
  for (const [name, quality] of Object.entries(more.qualities ?? {})) {
    const column = FIELD[name as FieldName]
    const word = column < QUALITIES_PER_WORD ? 0 : 1
    words[word] = words[word]! | (quality << ((column - word * QUALITIES_PER_WORD) * 3))
  }
  const reasons = Object.entries(more.reasons ?? {}).map(([name, mask]): [number, number] => [
    FIELD[name as FieldName],
    mask
  ])
  return {
    meter: more.meter ?? 0,
    time,
    at: time + 5000,
    version: more.version ?? 1,
    kind: more.kind ?? 1,
    values: columns,
    qualityLow: words[0]!,
    qualityHigh: words[1]!,
    ct: more.ct ?? 1,
    pt: more.pt ?? 1,
    isPrimary: false,
    reasons: new Map(reasons),
    extras: more.extras ?? ''
  }
}

/** An interval with imported energy; NaN kWh is a missing one. */
export function interval(start: number, end: number, kwh: number, quality = 1, meter = 0): IntervalRow {
  return {
    meter,
    start,
    end,
    at: end + 5000,
    revision: end,
    energy: [kwh, Number.NaN, Number.NaN, Number.NaN],
    quality: Number.isNaN(kwh) ? 4 : quality,
    reasons: 0
  }
}
