import { daysLater } from './days.ts'
import { type Episode, episodesOf } from './episodes.ts'
import { compareText, type Interruption } from './interruption.ts'
import { isMomentary } from './momentary-events.ts'
import type { Parameter, ReliabilityParameters } from './profile.ts'
import { beginsIn } from './tally.ts'

export interface RepeatedParameters {
  readonly count: Parameter<number>
  readonly window: Parameter<number>
  readonly momentary: Parameter<boolean>
}

/** 重复停电: customers whom the utility has to look after before they complain. */
export const REPEATED: RepeatedParameters = {
  count: {
    value: 3,
    unit: 'times',
    source: 'practice of utilities',
    why: 'so many interruptions within the window are repeated ones',
    isUnconfirmed: true
  },
  window: {
    value: 60,
    unit: 'd',
    source: 'practice of utilities',
    why: 'calendar days from the first of them to the last, at the same time by the clock',
    isUnconfirmed: true
  },
  momentary: {
    value: false,
    unit: 'rule',
    source: 'practice of utilities',
    why: 'whether momentary ones count: three tries of a recloser are no reason to call on anybody',
    isUnconfirmed: true
  }
}

export interface RepeatedInterruption {
  readonly start: number
  /** Null while it lasts. */
  readonly end: number | null
  readonly incidents: readonly string[]
}

export interface RepeatedOutage {
  readonly account: string
  /** When the first interruption began that made it repeated, epoch ms; may lie before the period. */
  readonly since: number
  /** All interruptions of the account that stand within the window with enough others, in order. */
  readonly interruptions: readonly RepeatedInterruption[]
}

/**
 * Accounts that had too many interruptions in a short time, where one that made it too many began in [from, to). Which are
 * momentary is said by the profile.
 *
 * @param rows of accounts, back to one window before `from`
 * @returns in order of account, then of time; an account comes again when it had peace in between
 */
export function repeatedOutages(
  rows: readonly Interruption[],
  period: { readonly from: number; readonly to: number; readonly asOf: number; readonly zone: string },
  parameters: ReliabilityParameters,
  { count, window, momentary }: RepeatedParameters = REPEATED
): RepeatedOutage[] {
  const kept = rows.filter(row => parameters.classes.value.includes(row.class))
  const byAccount = [...Map.groupBy(kept, row => row.account)].sort(([a], [b]) => compareText(a, b))
  return byAccount.flatMap(([account, own]) => {
    const episodes = episodesOf(account, own, period.asOf).filter(
      episode => momentary.value || !isMomentary(episode, parameters)
    )
    return seriesOf(episodes, count.value, window.value, period.zone)
      .filter(({ reached }) => reached.some(start => beginsIn({ start }, period.from, period.to)))
      .map(({ reached, from, to }) => ({
        account,
        since: reached[0],
        interruptions: episodes.slice(from, to + 1).map(interruptionOf)
      }))
  })
}

/** A stretch [from, to] of episodes in which each stands in a window with enough others. */
interface Series {
  readonly from: number
  to: number
  /** When each began that had enough before it. */
  readonly reached: number[]
}

function seriesOf(episodes: readonly Episode[], count: number, days: number, zone: string): Series[] {
  const series: Series[] = []
  for (let to = count - 1; to < episodes.length; to++) {
    const from = to - count + 1
    const { start } = episodes[to]
    if (start > daysLater(episodes[from].start, days, zone)) continue
    const last = series.at(-1)
    if (last === undefined || from > last.to) series.push({ from, to, reached: [start] })
    else {
      last.to = to
      last.reached.push(start)
    }
  }
  return series
}

const interruptionOf = ({ start, end, isOpen, parts }: Episode): RepeatedInterruption => ({
  start,
  end: isOpen ? null : end,
  incidents: [...new Set(parts.map(({ row }) => row.incident))].sort()
})
