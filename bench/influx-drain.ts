import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import type { IntervalColumns, ReadingColumns } from '../src/model/columns.ts'
import { FIELD, FIELD_COUNT } from '../src/model/fields.ts'
import { InfluxSeriesStore } from '../src/series/influxdb/store.ts'
import { emptyAudit } from '../src/model/audit.ts'
import type { SeriesBatch } from '../src/series/port.ts'
import { addressIn, Bodies, FOR_EVER } from './influx-bodies.ts'
import { median } from './machine.ts'
import { DEFAULT_WORK, printResult, readOptions, workFolder } from './options.ts'
import { startInflux } from './reference/influx.ts'

/**
 * How fast the store fills InfluxDB, against what InfluxDB itself takes: the same points, once made by the store as it sends them,
 * once as bodies that were made before. Databases of their own, in turns.
 *
 *   node bench/influx-drain.ts [--meters 10000] [--slots 20] [--rounds 3]
 */
const DEFAULTS = {
  meters: 10_000,
  slots: 20,
  rounds: 3,
  /** Readings; with their intervals twice as many rows. */
  'flush-rows': 100_000,
  work: DEFAULT_WORK
} as const
const options = readOptions(DEFAULTS, process.argv.slice(2))
const SLOT_MS = 900_000
const START = Date.UTC(2026, 10, 20)
const names = (meter: number): string => `33010${String(meter).padStart(7, '0')}`

const work = workFolder(options.work, 'influx-drain')
const influx = await startInflux(join(work.path, 'influx'), 'unused', systemClock)
const readings = options.meters * options.slots
try {
  const batches = makeBatches()
  const own: number[] = []
  const ours: number[] = []
  const cpu: number[] = []
  const ownCpu: number[] = []
  for (let round = 0; round < options.rounds; round++) {
    const bodies = new Bodies(join(work.path, `bodies${round}`))
    for (const batch of batches) await bodies.add(batch, names)
    const sending = process.cpuUsage()
    own.push(await bodies.send(addressIn(influx.url, `own${round}`)))
    const sent = process.cpuUsage(sending)
    ownCpu.push((sent.user + sent.system) / readings)
    const before = process.cpuUsage()
    ours.push(readings / (await fillByStore(`ours${round}`, batches)))
    const used = process.cpuUsage(before)
    cpu.push((used.user + used.system) / readings)
  }
  printResult({
    readings,
    ownPerSecond: Math.round(median(own)),
    storePerSecond: Math.round(median(ours)),
    ratio: Math.round((1000 * median(ours)) / median(own)) / 1000,
    ownCpuUs: Math.round(100 * median(ownCpu)) / 100,
    storeCpuUs: Math.round(100 * median(cpu)) / 100
  })
} finally {
  await influx.stop()
  work.remove()
}

function makeBatches(): SeriesBatch[] {
  const batches: SeriesBatch[] = []
  let revision = 0
  for (let row = 0; row < readings; row += options['flush-rows']) {
    const rows = Math.min(options['flush-rows'], readings - row)
    const column = (of: (at: number) => number): Float64Array =>
      Float64Array.from({ length: rows }, (_, i) => of(row + i))
    const slotOf = (at: number): number => Math.floor(at / options.meters)
    const meterOf = (at: number): number => at % options.meters
    const time = column(at => START + slotOf(at) * SLOT_MS)
    const values: (Float64Array | undefined)[] = Array.from({ length: FIELD_COUNT }, () => undefined)
    values[FIELD.importKwh] = column(at => (1_000_000 + meterOf(at) * 7 + slotOf(at) * 13) / 100)
    values[FIELD.activePowerKw] = column(at => ((at * 7919) % 50_000) / 10_000)
    values[FIELD.voltageVA] = column(at => (2200 + ((at * 31) % 150)) / 10)
    values[FIELD.currentAA] = column(at => ((at * 104_729) % 20_000) / 1000)
    values[FIELD.powerFactor] = column(at => (900 + (at % 100)) / 1000)
    const meter = Uint32Array.from({ length: rows }, (_, i) => meterOf(row + i))
    const at = column(each => START + slotOf(each) * SLOT_MS + 90_000)
    const columns: ReadingColumns = {
      ...{ rows, meter, time, at, values, fieldMask: 0 },
      version: new Uint32Array(rows).fill(1),
      kind: new Uint8Array(rows).fill(1),
      qualityLow: new Uint32Array(rows).fill(0o1111111111),
      qualityHigh: new Uint32Array(rows).fill(0),
      ct: new Float64Array(rows).fill(1),
      pt: new Float64Array(rows).fill(1),
      primary: new Uint8Array(rows),
      reasons: [],
      extras: []
    }
    const none = new Float64Array(rows).fill(Number.NaN)
    const intervals: IntervalColumns = {
      ...{ rows, meter, at, end: time },
      start: time.map(each => each - SLOT_MS),
      revision: column(() => ++revision),
      energy: [column(each => ((each * 13) % 100) / 100), none, none, none],
      quality: new Uint32Array(rows).fill(1),
      reasons: new Uint32Array(rows)
    }
    const seq = 2 * batches.length + 1
    const position = {
      resultsSeq: seq + 1,
      framesSeq: seq,
      eventsSeq: 0,
      framesConsumed: seq,
      audit: emptyAudit()
    }
    batches.push({
      position,
      readings: [{ seq, columns }],
      intervals: [{ seq: seq + 1, columns: intervals }],
      ...{ quarantine: [], marks: [], terminals: new Map() }
    })
  }
  return batches
}

/** @returns seconds */
async function fillByStore(database: string, batches: readonly SeriesBatch[]): Promise<number> {
  const store = new InfluxSeriesStore({
    address: addressIn(influx.url, database),
    retention: FOR_EVER,
    names
  })
  await store.open()
  const begun = systemClock.monotonic()
  for (const batch of batches) await store.commit(batch)
  const seconds = (systemClock.monotonic() - begun) / 1000
  await store.close()
  return seconds
}
