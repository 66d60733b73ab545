import { join } from 'node:path'
import { nodeFiles } from '../../src/files.ts'
import { type LogView, viewLog } from '../../src/log/log-view.ts'
import type { StepEnd } from '../../src/records/results-record.ts'
import { logFolder } from '../site/logs.ts'
import {
  type LogViews,
  type Position,
  type TakenRecords,
  takenRecords,
  unprocessed,
  type Window
} from './steps.ts'

/** What an export will hold, found out before anything is written. */
export interface ExportPlan {
  readonly views: LogViews
  readonly window: Window
  /** Where its records begin and end. */
  readonly after: Position
  readonly upTo: Position
  readonly steps: number
  /** Records whose order is recorded nowhere. */
  readonly unordered: number
  /** Received in the window, and not processed yet. */
  readonly waiting: TakenRecords
  /** Counters before the first step; 'none' where it is the first of all. */
  readonly before: StepEnd | 'none' | undefined
}

/** The logs of a data folder. @param isWritten a process holds the folder */
export function openViews(data: string, isWritten: boolean): LogViews {
  const view = (name: string): LogView => viewLog(nodeFiles, logFolder(data, name), isWritten)
  // Results first: what they name is there already, and durable.
  const results = view('results')
  return { results, frames: view('frames'), events: view('events') }
}

/** Folder of the logs, for messages. */
export const logsOf = (data: string): string => join(data, 'logs')

/** @param from @param to log times, epoch ms; undefined: all that is there */
export function planExport(views: LogViews, from: number | undefined, to: number | undefined): ExportPlan {
  const { frames, events } = views
  const first = (view: LogView): number => (from === undefined ? view.firstSeq : view.firstFrom(from))
  const end = (view: LogView): number => {
    const seq = to === undefined ? Infinity : view.firstFrom(to)
    // More may have been taken than the log alone proves to be durable.
    return seq > view.lastSeq ? Infinity : seq
  }
  const window = {
    from: { frames: first(frames), events: first(events) },
    to: { frames: end(frames), events: end(events) },
    fromTime: from
  }
  let [steps, unordered] = [0, 0]
  let begin: TakenRecords | undefined
  let last: TakenRecords | undefined
  for (const taken of takenRecords(views, window)) {
    begin ??= taken
    last = taken
    if (taken.recorded === undefined) unordered += countOf(taken)
    else steps++
  }
  const start = { frames: window.from.frames - 1, events: window.from.events - 1 }
  const upTo = last?.upTo ?? start
  const after = begin?.after ?? start
  const isFirst = after.frames === 0 && after.events === 0
  const before = begin?.before ?? (isFirst ? 'none' : undefined)
  return { views, window, after, upTo, steps, unordered, before, waiting: unprocessed(views, window, upTo) }
}

/** Whether a backtest of it knows all that the processor knew, in its order. */
export const isWhole = ({ before, unordered }: ExportPlan): boolean => before === 'none' && unordered === 0

export const countOf = ({ after, upTo }: Pick<TakenRecords, 'after' | 'upTo'>): number =>
  Math.max(0, upTo.frames - after.frames) + Math.max(0, upTo.events - after.events)

/** Log time of the first record of a log, undefined when it has none. */
export function beginsAt(view: LogView): number | undefined {
  const reader = view.reader()
  try {
    return reader.read(1, 1)[0]?.at
  } finally {
    reader.close()
  }
}
