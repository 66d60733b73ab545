import type { LogName } from '../../src/records/gateway-record.ts'
import type { ExportedRegistry } from '../backtest/line.ts'
import { beginsAt, countOf, type ExportPlan, isWhole } from './plan.ts'

export interface Facts {
  readonly plan: ExportPlan
  readonly from: number | undefined
  readonly withWaiting: boolean
  /** Records of the two logs that were taken and cannot be read any more. */
  readonly missing: Readonly<Record<LogName, number>>
  /** The same of the results. */
  readonly lost: number
  readonly registries: readonly ExportedRegistry[]
}

/** What one should know of an export before one believes it, one sentence each. */
export function notesOf(facts: Facts): string[] {
  const { plan, withWaiting, missing, lost, registries } = facts
  const notes = droppedNotes(facts)
  if (!isWhole(plan))
    notes.push(
      'it does not begin with the data folder, or its order is not recorded throughout: a backtest begins with an empty ' +
        'memory and gives other results where earlier readings matter'
    )
  if (plan.unordered > 0)
    notes.push(`the order of ${plan.unordered} records is recorded nowhere: they stand in order of time`)
  for (const log of ['frames', 'events'] as const)
    if (missing[log] > 0)
      notes.push(`${missing[log]} records of the ${log} log are damaged or gone (LOG_DAMAGED)`)
  if (lost > 0) notes.push(`${lost} records of the results log are damaged or gone (LOG_DAMAGED)`)
  const waiting = countOf(plan.waiting)
  if (waiting > 0)
    notes.push(
      withWaiting
        ? `the last ${waiting} records were not processed yet: there are no results of them`
        : `${waiting} records were received and not processed yet: they are left out (--unprocessed adds them)`
    )
  const [, ...later] = registries
  if (later.length > 0) {
    const versions = later.map(({ version }) => version).join(', ')
    notes.push(
      `the registry changed: version ${versions} stands in a folder of its own beside the first one's files`
    )
  }
  return notes
}

/** Since when there is data, where older data was asked for. */
function droppedNotes({ plan, from }: Facts): string[] {
  const notes: string[] = []
  for (const log of ['frames', 'events', 'results'] as const) {
    const view = plan.views[log]
    const at = beginsAt(view)
    if (view.firstSeq <= 1 || at === undefined || (from ?? -Infinity) >= at) continue
    notes.push(`the ${log} log begins at ${timeText(at)}: what was before is dropped (log.retentionDays)`)
  }
  return notes
}

export const timeText = (time: number): string => new Date(time).toISOString()
