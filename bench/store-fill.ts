import { join } from 'node:path'
import { systemClock } from '../src/clock.ts'
import { emptyAudit } from '../src/model/audit.ts'
import type { IntervalColumns, ReadingColumns } from '../src/model/columns.ts'
import { FIELD, FIELD_COUNT, REGISTER_COUNT } from '../src/model/fields.ts'
import { VALID } from '../src/model/quality.ts'
import { seededRandom } from '../src/random.ts'
import { createDuckdbStore } from '../src/series/duckdb/store.ts'
import type { SeriesPosition } from '../src/series/port.ts'
import { emptyReading, type Fleet, fillReading, timeOf } from './fleet.ts'

/**
 * Fills the series store of a data folder through its own commits, with the rows that the results feed would carry for
 * the fleet's readings: frames of one terminal each, terminals in random order within a slot, an interval for each
 * reading but a meter's first. Minutes for what the front door would take an hour for.
 */
const FRAMES_PER_BLOCK = 100
const FLUSH_ROWS = 200_000
const UPLOAD_DELAY_MS = 60_000
const VALID_WORD = Array.from({ length: 10 }, (_, field) => VALID << (field * 3)).reduce((a, b) => a | b)

export interface Filled {
  readonly rows: number
  readonly seconds: number
  readonly bytes: number
}

/** @param fleet whose meters have the dense numbers of its registry; slots [0, slots) are stored */
export async function fillStore(fleet: Fleet, slots: number, dataFolder: string): Promise<Filled> {
  const store = createDuckdbStore({ folder: join(dataFolder, 'series'), memoryMb: 1024, threads: 1 })
  await store.open()
  const started = systemClock.monotonic()
  try {
    let seq = 0
    let stored = 0
    let gathered = newBatch()
    const commit = async (): Promise<void> => {
      stored += gathered.rows
      await store.commit({
        position: positionAt(seq, stored),
        readings: gathered.readings,
        intervals: gathered.intervals,
        quarantine: [],
        marks: [],
        terminals: new Map()
      })
      gathered = newBatch()
    }
    for (const frames of blocksOf(fleet, slots)) {
      const readings = readingsOf(fleet, frames)
      gathered.readings.push({ seq: ++seq, columns: readings })
      gathered.intervals.push({ seq: ++seq, columns: intervalsOf(fleet, frames, seq) })
      gathered.rows += readings.rows
      if (gathered.rows >= FLUSH_ROWS) await commit()
    }
    if (gathered.rows > 0) await commit()
    const seconds = Math.round((systemClock.monotonic() - started) / 1000)
    return { rows: stored, seconds, bytes: (await store.statistics()).bytes }
  } finally {
    await store.close()
  }
}

interface Frame {
  readonly slot: number
  readonly firstMeter: number
}

interface Gathered {
  readonly readings: { seq: number; columns: ReadingColumns }[]
  readonly intervals: { seq: number; columns: IntervalColumns }[]
  rows: number
}

const newBatch = (): Gathered => ({ readings: [], intervals: [], rows: 0 })

/** The logs of the data folder are empty: the server goes on as one that has consumed nothing of them. */
function positionAt(resultsSeq: number, stored: number): SeriesPosition {
  const audit = emptyAudit()
  const readings = { ...audit.readings, decoded: stored, stored }
  return { resultsSeq, framesSeq: 0, eventsSeq: 0, framesConsumed: 0, audit: { ...audit, readings } }
}

/** Frames in the order of arrival, as many as a block of the results log holds. */
function* blocksOf(fleet: Fleet, slots: number): Generator<readonly Frame[]> {
  const random = seededRandom(`fill-${fleet.seed}`)
  for (let slot = 0; slot < slots; slot++) {
    const frames: Frame[] = []
    for (let firstMeter = 0; firstMeter < fleet.meters; firstMeter += fleet.batch) {
      frames.push({ slot, firstMeter })
    }
    for (let i = frames.length - 1; i > 0; i--) {
      const j = random.integer(i + 1)
      const [a, b] = [frames[i], frames[j]]
      if (a !== undefined && b !== undefined) [frames[i], frames[j]] = [b, a]
    }
    for (let i = 0; i < frames.length; i += FRAMES_PER_BLOCK) yield frames.slice(i, i + FRAMES_PER_BLOCK)
  }
}

function readingsOf(fleet: Fleet, frames: readonly Frame[]): ReadingColumns {
  const rows = frames.length * fleet.batch
  const column = (): Float64Array => new Float64Array(rows)
  const columns = {
    importKwh: column(),
    exportKwh: column(),
    importKvarh: column(),
    activePowerKw: column(),
    reactivePowerKvar: column(),
    voltageVA: column(),
    voltageVB: column(),
    voltageVC: column(),
    currentAA: column(),
    currentAB: column(),
    currentAC: column(),
    powerFactor: column(),
    frequencyHz: column()
  }
  const meter = new Uint32Array(rows)
  const time = column()
  const into = emptyReading()
  let row = 0
  for (const { slot, firstMeter } of frames) {
    for (let i = 0; i < fleet.batch; i++, row++) {
      fillReading(fleet, firstMeter + i, slot, into)
      meter[row] = firstMeter + i
      time[row] = timeOf(fleet, slot)
      columns.importKwh[row] = into.importCenti / 100
      columns.exportKwh[row] = into.exportCenti / 100
      columns.importKvarh[row] = into.importKvarhCenti / 100
      columns.activePowerKw[row] = into.powerTenthW / 10_000
      columns.reactivePowerKvar[row] = into.reactiveTenthVar / 10_000
      ;[columns.voltageVA, columns.voltageVB, columns.voltageVC].forEach((of, phase) => {
        of[row] = (into.voltageDeci[phase] ?? 0) / 10
      })
      ;[columns.currentAA, columns.currentAB, columns.currentAC].forEach((of, phase) => {
        of[row] = (into.currentMilli[phase] ?? 0) / 1000
      })
      columns.powerFactor[row] = into.powerFactorMilli / 1000
      columns.frequencyHz[row] = into.frequencyCenti / 100
    }
  }
  const values: (Float64Array | undefined)[] = Array.from({ length: FIELD_COUNT }, () => undefined)
  let fieldMask = 0
  for (const [name, given] of Object.entries(columns)) {
    const field = FIELD[name as keyof typeof columns]
    values[field] = given
    fieldMask += 2 ** field
  }
  return {
    rows,
    meter,
    time,
    at: time.map(it => it + UPLOAD_DELAY_MS),
    version: new Uint32Array(rows).fill(1),
    kind: new Uint8Array(rows).fill(1),
    fieldMask,
    values,
    qualityLow: new Uint32Array(rows).fill(VALID_WORD),
    qualityHigh: new Uint32Array(rows).fill(VALID_WORD),
    ct: new Float64Array(rows).fill(1),
    pt: new Float64Array(rows).fill(1),
    primary: new Uint8Array(rows),
    reasons: [],
    extras: []
  }
}

function intervalsOf(fleet: Fleet, frames: readonly Frame[], seq: number): IntervalColumns {
  const rows = frames.filter(({ slot }) => slot > 0).length * fleet.batch
  const column = (): Float64Array => new Float64Array(rows)
  const meter = new Uint32Array(rows)
  const [start, end] = [column(), column()]
  const energy = Array.from({ length: REGISTER_COUNT }, () => column().fill(Number.NaN))
  const [now, before] = [emptyReading(), emptyReading()]
  let row = 0
  for (const { slot, firstMeter } of frames) {
    if (slot === 0) continue
    for (let i = 0; i < fleet.batch; i++, row++) {
      fillReading(fleet, firstMeter + i, slot, now)
      fillReading(fleet, firstMeter + i, slot - 1, before)
      meter[row] = firstMeter + i
      start[row] = timeOf(fleet, slot - 1)
      end[row] = timeOf(fleet, slot)
      const [importKwh, exportKwh, importKvarh] = energy
      if (importKwh === undefined || exportKwh === undefined || importKvarh === undefined) continue
      importKwh[row] = (now.importCenti - before.importCenti) / 100
      exportKwh[row] = (now.exportCenti - before.exportCenti) / 100
      importKvarh[row] = (now.importKvarhCenti - before.importKvarhCenti) / 100
    }
  }
  return {
    rows,
    meter,
    start,
    end,
    at: end.map(it => it + UPLOAD_DELAY_MS),
    revision: Float64Array.from({ length: rows }, (_, i) => seq * 100_000 + i),
    energy,
    quality: new Uint32Array(rows).fill(VALID | (VALID << 3) | (VALID << 6)),
    reasons: new Uint32Array(rows)
  }
}
