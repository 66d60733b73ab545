import { readFileSync } from 'node:fs'
import { type Fleet, frameOf, importCenti, meterId, timeOf } from './fleet.ts'
import { tell } from './options.ts'
import type { ApiReading } from './server.ts'

const PROGRESS_METERS = 250

/** What reading everything back has shown. All counts but `present` must be 0. */
export interface ReadBack {
  /** Distinct (meter, time) of the fleet that are there. */
  present: number
  /** Acknowledged readings that are not there. */
  lost: number
  /** Further rows of a (meter, time) that is there already. */
  duplicated: number
  /** Rows whose register is not the one that was sent. */
  wrong: number
  /** Rows that were never sent or lie at a time of no slot. */
  foreign: number
}

/**
 * Which frames were acknowledged, from the generator's file of u32 `frame * terminals + terminal`, in the order of their
 * PUBACKs. @param first only so many of the first
 */
export function readAckFile(
  path: string,
  fleet: Fleet,
  first = Infinity
): { frames: number; has: (t: number, f: number) => boolean } {
  const bytes = readFileSync(path)
  const acknowledged = new Set<number>()
  for (let at = 0; at + 4 <= bytes.length && at < first * 4; at += 4) acknowledged.add(bytes.readUInt32LE(at))
  return {
    frames: acknowledged.size,
    has: (terminal, frame) => acknowledged.has(frame * fleet.terminals + terminal)
  }
}

/** Compares the rows of one meter with what was acknowledged, adding to `into`. */
export function checkMeter(
  fleet: Fleet,
  meter: number,
  rows: readonly ApiReading[],
  isAcknowledged: (terminal: number, frame: number) => boolean,
  into: ReadBack
): void {
  const terminal = Math.floor(meter / fleet.metersPerTerminal)
  const seen = new Uint8Array(fleet.slots)
  for (const row of rows) {
    const slot = (row.time - fleet.startTime) / fleet.slotMs
    if (!Number.isInteger(slot) || slot < 0 || slot >= fleet.slots) {
      into.foreign++
      continue
    }
    if (seen[slot] === 1) {
      into.duplicated++
      continue
    }
    seen[slot] = 1
    into.present++
    if (!isAcknowledged(terminal, frameOf(fleet, meter, slot))) into.foreign++
    if (Math.round((row.importKwh ?? Number.NaN) * 100) !== importCenti(fleet.seed, meter, slot)) into.wrong++
  }
  for (let slot = 0; slot < fleet.slots; slot++) {
    if (seen[slot] === 0 && isAcknowledged(terminal, frameOf(fleet, meter, slot))) into.lost++
  }
}

/** Where rows come from: the API of the server. */
export interface RowSource {
  readings(meter: string, from: number, to: number): Promise<readonly ApiReading[]>
}

/** Reads every meter of the fleet back, a few at a time. */
export async function readBack(
  fleet: Fleet,
  source: RowSource,
  isAcknowledged: (terminal: number, frame: number) => boolean,
  concurrency = 4
): Promise<ReadBack> {
  const result: ReadBack = { present: 0, lost: 0, duplicated: 0, wrong: 0, foreign: 0 }
  let next = 0
  const work = async (): Promise<void> => {
    while (next < fleet.meters) {
      const meter = next++
      const rows = await source.readings(meterId(meter), fleet.startTime, timeOf(fleet, fleet.slots))
      checkMeter(fleet, meter, rows, isAcknowledged, result)
      if (next % PROGRESS_METERS === 0) tell(`read back ${next} of ${fleet.meters} meters`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return result
}
