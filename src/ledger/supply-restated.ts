import type { SupplyLine, SupplyState } from '../model/supply.ts'
import type { Deed } from './audited.ts'

/** What is made right within so long is still coming in. */
const STILL_COMING_MS = 60_000

/** What was said before of a stretch of time. Epoch ms; `to` is null where it went on. */
export interface SaidBefore {
  readonly from: number
  readonly to: number | null
  readonly state: SupplyState
}

/** Whether a line speaks of times that are over for longer than what just comes in. */
export const isOfPast = ({ from, at }: SupplyLine): boolean => from < at - STILL_COMING_MS

/**
 * What of the past a line puts in another light: a row of the audit trail where a report that was handed out says otherwise now. That what nobody knew turns out
 * to have been well is none; that it was an interruption is.
 * @param before stretches that the line overlaps @returns undefined where no report changes by more than a minute
 */
export function restated(line: SupplyLine, before: readonly SaidBefore[]): Deed | undefined {
  const { keyCustomer, from, at, state, start } = line
  const end = Math.min(line.end ?? at, at)
  const changed = before.flatMap(said => {
    const [begin, until] = [Math.max(said.from, from), Math.min(said.to ?? end, end)]
    const isNews = said.state !== state && (said.state !== 'unknown' || state === 'interrupted')
    return isNews && until > begin ? [{ from: begin, to: until, state: said.state }] : []
  })
  const ms = changed.reduce((sum, { from: begin, to }) => sum + to - begin, 0)
  if (ms < STILL_COMING_MS) return undefined
  const detail = { from, to: line.end ?? null, start, state, before: changed }
  return { action: 'supply.restate', subject: keyCustomer, detail }
}
