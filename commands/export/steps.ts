import { type RecordedStep, RecordedSteps } from '../../processors/recorded-steps.ts'
import type { LogView } from '../../src/log/log-view.ts'
import type { LogReader, LogRecord } from '../../src/log/port.ts'
import type { LogName } from '../../src/records/gateway-record.ts'
import {
  decodeJson,
  STEP_BEGIN,
  STEP_END,
  type StepBegin,
  type StepEnd
} from '../../src/records/results-record.ts'

/** The three logs of a data folder as they lie there. Opened results first: what a step names is durable before it. */
export type LogViews = Readonly<Record<LogName | 'results', LogView>>

/** Seq in each of the two logs that the processor reads. */
export type Position = Readonly<Record<LogName, number>>

/** Which records are wanted: the first of each log, and the first that is not wanted any more. */
export interface Window {
  readonly from: Position
  readonly to: Position
  /** Log time of its beginning, where one was given: results of before need not be looked at. */
  readonly fromTime: number | undefined
}

/** Records that the processor took together, or that stand between its steps and no step names. */
export interface TakenRecords {
  /** The step; undefined of records whose order is recorded nowhere. */
  readonly recorded: RecordedStep | undefined
  /** What the step before it said at its end, as far as it is known. */
  readonly before: StepEnd | undefined
  /** Taken are the records behind `after`, up to `upTo`. */
  readonly after: Position
  readonly upTo: Position
}

const BATCH_RECORDS = 1000
const BATCH_BYTES = 4 << 20
const BOTH = ['events', 'frames'] as const

/**
 * What the processor took of a window, in its order. A window has whole steps: the first one that holds anything wanted,
 * up to the one after which nothing wanted is left. So it may hold a little of before and after.
 *
 *   results   [step][step][step]   [step][step] open
 *                  └ wanted ┘   └ lost: nobody knows the order, by time is the nearest to it
 */
export function* takenRecords(views: LogViews, window: Window): Generator<TakenRecords> {
  for (const taken of allTaken(views, window.fromTime)) {
    if (BOTH.every(log => taken.after[log] >= window.to[log] - 1)) return
    if (BOTH.every(log => taken.upTo[log] < window.from[log])) continue
    yield taken.recorded === undefined ? cutTo(window, taken) : taken
  }
}

/** What stands in the logs behind the last step: received, and not processed yet. */
export function unprocessed(views: LogViews, window: Window, after: Position): TakenRecords {
  const upTo = { frames: views.frames.lastSeq, events: views.events.lastSeq }
  return cutTo(window, { recorded: undefined, before: undefined, after, upTo: furthest(after, upTo) })
}

function* allTaken(views: LogViews, fromTime: number | undefined): Generator<TakenRecords> {
  const reader = views.results.reader()
  try {
    // Results carry the highest time that their step took: what is older holds nothing of the window.
    const skipped = fromTime === undefined ? 0 : views.results.firstFrom(fromTime) - 1
    let before = endAt(reader, skipped)
    let at = before === undefined ? beginning(views) : positionOf(before)
    const steps = new RecordedSteps(reader)
    steps.seek(skipped)
    for (let recorded = steps.next(); recorded !== undefined; recorded = steps.next()) {
      if (recorded.isOpen) return
      const after = furthest(at, beginOf(recorded, at))
      if (BOTH.some(log => after[log] > at[log])) {
        yield { recorded: undefined, before, after: at, upTo: after }
      }
      const { frames = 0, events = 0 } = recorded.upTo
      const upTo = furthest(after, { frames, events })
      yield { recorded, before, after, upTo }
      at = upTo
      before = recorded.end
    }
  } finally {
    reader.close()
  }
}

const beginning = ({ frames, events }: LogViews): Position => ({
  frames: frames.firstSeq - 1,
  events: events.firstSeq - 1
})

const positionOf = ({ framesSeq, eventsSeq }: StepEnd): Position => ({
  frames: framesSeq,
  events: eventsSeq
})

const furthest = (one: Position, other: Position): Position => ({
  frames: Math.max(one.frames, other.frames),
  events: Math.max(one.events, other.events)
})

/** The end of a step, if it stands at this place and can be read. */
function endAt(reader: LogReader, seq: number): StepEnd | undefined {
  if (seq === 0) return undefined
  reader.seek(seq - 1)
  const [record] = reader.read(1, 1, seq)
  return record?.kind === STEP_END ? decodeJson<StepEnd>(record.body) : undefined
}

/** Behind which records a step began to read. @param at where the one before it ended */
function beginOf({ records, upTo }: RecordedStep, at: Position): Position {
  const first = records.get(0)
  if (first?.kind !== STEP_BEGIN) return at
  const begin = decodeJson<StepBegin>(first.body)
  // A log that it does not name stood at its end where it stood before.
  const of = (log: LogName): number => (begin[log]?.[0] ?? (upTo[log] ?? at[log]) + 1) - 1
  return { frames: of('frames'), events: of('events') }
}

/** Of records whose order nobody recorded there are no steps to respect. */
function cutTo({ from, to }: Window, taken: TakenRecords): TakenRecords {
  const last = { frames: to.frames - 1, events: to.events - 1 }
  const nearest = (one: Position): Position => ({
    frames: Math.min(one.frames, last.frames),
    events: Math.min(one.events, last.events)
  })
  const first = { frames: from.frames - 1, events: from.events - 1 }
  return { ...taken, after: furthest(taken.after, first), upTo: nearest(taken.upTo) }
}

/** A record on its way out, and whether a step of the processor begins with it. */
export interface Placed {
  readonly log: LogName
  readonly record: LogRecord
  readonly isFirst: boolean
}

/** Reads what was taken out of the two logs. */
export class TakenReader {
  readonly #readers: Readonly<Record<LogName, LogReader>>
  /** Records that were taken and are not there any more, by log. */
  readonly missing: Record<LogName, number> = { frames: 0, events: 0 }

  constructor(views: LogViews) {
    this.#readers = { frames: views.frames.reader(true), events: views.events.reader(true) }
  }

  /** In the order of the processor; a record's body is valid until the next one. */
  *read(taken: TakenRecords): Generator<Placed> {
    const { recorded, after, upTo } = taken
    if (recorded === undefined) {
      yield* this.#byTime(taken)
      return
    }
    let isFirst = true
    for (const log of BOTH) {
      for (const record of this.#records(log, after[log], upTo[log])) {
        yield { log, record, isFirst }
        isFirst = false
      }
    }
  }

  close(): void {
    for (const log of BOTH) this.#readers[log].close()
  }

  /** Each stands for itself: what came out together is not known. */
  *#byTime({ after, upTo }: TakenRecords): Generator<Placed> {
    const frames = this.#records('frames', after.frames, upTo.frames)
    const events = this.#records('events', after.events, upTo.events)
    let frame = frames.next().value
    let event = events.next().value
    while (frame !== undefined || event !== undefined) {
      if (frame !== undefined && (event === undefined || frame.at <= event.at)) {
        yield { log: 'frames', record: frame, isFirst: true }
        frame = frames.next().value
      } else if (event !== undefined) {
        yield { log: 'events', record: event, isFirst: true }
        event = events.next().value
      }
    }
  }

  *#records(log: LogName, after: number, upTo: number): Generator<LogRecord, undefined> {
    const reader = this.#readers[log]
    let left = upTo - after
    if (left <= 0) return
    if (reader.seq !== after) reader.seek(after)
    while (reader.seq < upTo) {
      const records = reader.read(BATCH_RECORDS, BATCH_BYTES, upTo)
      if (records.length === 0) break
      left -= records.length
      yield* records
    }
    this.missing[log] += left
  }
}
