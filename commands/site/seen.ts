import type { Checkpoint } from '../../processors/checkpoint.ts'
import { publishesIn } from '../../processors/runner.ts'
import type { LogReader } from '../../src/log/port.ts'
import { readControl, TICK, type TickRecord } from '../../src/records/gateway-record.ts'
import type { SeriesPosition } from '../../src/series/port.ts'

/** How far the logs are known to have been read by anybody. A log never ends below it, whatever its files say. */
export interface Seen {
  readonly framesSeq: number
  readonly eventsSeq: number
  /** Publishes among the records of the events log; in the frames log every record is one. */
  readonly eventsOrdinal: number
}

export const NOTHING_SEEN: Seen = { framesSeq: 0, eventsSeq: 0, eventsOrdinal: 0 }

/** What checkpoint and store have taken: each may be ahead of the other. */
export function seenBy(checkpoint: Checkpoint | undefined, stored: SeriesPosition): Seen {
  const processed = checkpoint === undefined ? 0 : publishesIn(checkpoint).events
  return {
    framesSeq: Math.max(checkpoint?.framesSeq ?? 0, stored.framesSeq),
    eventsSeq: Math.max(checkpoint?.eventsSeq ?? 0, stored.eventsSeq),
    eventsOrdinal: Math.max(processed, stored.framesConsumed - stored.framesSeq)
  }
}

/** Records looked at for the last tick at first; there is one a second among sessions and events. */
const FIRST_LOOK = 256
const READ_BYTES = 1 << 20

/** How far the frames log was at the last tick: nobody may have read so far yet, but so much was acknowledged. */
export function framesAtLastTick(events: LogReader, lastSeq: number): number {
  for (let look = FIRST_LOOK; ; look *= 8) {
    const from = Math.max(0, lastSeq - look)
    let framesSeq: number | undefined
    events.seek(from)
    while (events.seq < lastSeq) {
      const records = events.read(look, READ_BYTES)
      if (records.length === 0) break
      const tick = records.findLast(({ kind }) => kind === TICK)
      if (tick !== undefined) framesSeq = readControl<TickRecord>(tick.body).framesSeq
    }
    if (framesSeq !== undefined || from === 0) return framesSeq ?? 0
  }
}
