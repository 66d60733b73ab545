import type { SupplyStretch } from '../ledger/supply-port.ts'
import type { SectionLine, SourceLine, SupplyLine, SupplyState, TransferLine } from '../model/supply.ts'

/** Times of a period by what was so, ms; what nobody said anything of is `unknown`. */
export type Shares<K extends string> = Readonly<Record<K, number>>

export interface Interruption {
  /** Epoch ms, [start, end). */
  readonly start: number
  /** Of what lasts at the end of the period: that. */
  readonly end: number
  readonly lasts: boolean
  readonly extent: 'partial' | 'full'
  readonly securityLoadSupplied: SupplyLine['securityLoadSupplied']
  /** Sections that were dark at some time in it, and sources that were dead then with what told so. */
  readonly sections: readonly string[]
  readonly sources: readonly Pick<SourceLine, 'source' | 'state' | 'basis' | 'reason'>[]
}

/** A time in which an own source ran. */
export interface OwnRun {
  readonly source: string
  readonly start: number
  readonly end: number
  readonly lasts: boolean
  /** Whether its terminal told so, at least of a part of it. */
  readonly isMeasured: boolean
  /** Of it, while it carried a section, ms. */
  readonly carriedMs: number
  /** From when the last feed was lost until it ran, ms; null where no feed was lost: a test, or by hand. */
  readonly startDelayMs: number | null
}

export interface SupplyReport {
  readonly states: Shares<SupplyState>
  readonly securityLoad: Shares<SupplyLine['securityLoadSupplied']>
  /** Share of the time of which it is known in which it was not interrupted; null where nothing is known. */
  readonly availability: number | null
  readonly sources: readonly {
    readonly source: string
    readonly states: Shares<SourceLine['state']>
    /** Share of the time of which it is known in which it could feed. */
    readonly availability: number | null
  }[]
  readonly sections: readonly {
    readonly section: string
    /** By the source that fed it, `dark` and `unknown` among them, ms. */
    readonly fedBy: Readonly<Record<string, number>>
    readonly longestDarkMs: number
  }[]
  readonly interruptions: readonly Interruption[]
  /** The longest of them, ms. */
  readonly longestMs: number
  readonly transfers: readonly TransferLine[]
  readonly ownRuns: readonly OwnRun[]
}

/** A stretch as far as it lies in the period. */
interface Part {
  readonly from: number
  readonly to: number
  readonly line: SupplyLine | undefined
}

const zeros = <K extends string>(keys: readonly K[]): Record<K, number> =>
  Object.fromEntries(keys.map(key => [key, 0])) as Record<K, number>

/**
 * What a key customer is handed of a period: how it was supplied, by settled stretches. Pure.
 * @param stretches of the customer, oldest first, those that overlap the period @param from epoch ms @param to epoch ms, not after now
 */
export function reportOf(stretches: readonly SupplyStretch[], from: number, to: number): SupplyReport {
  const parts = partsOf(stretches, from, to)
  const states = zeros(['interrupted', 'emergency', 'unknown', 'reduced', 'normal'])
  const securityLoad = zeros(['yes', 'partly', 'no', 'unknown'])
  for (const part of parts) {
    states[part.line?.state ?? 'unknown'] += part.to - part.from
    securityLoad[part.line?.securityLoadSupplied ?? 'unknown'] += part.to - part.from
  }
  const interruptions = interruptionsOf(parts, to)
  return {
    states,
    securityLoad,
    availability: shareOf(to - from - states.unknown - states.interrupted, to - from - states.unknown),
    sources: idsOf(parts, line => line.sources.map(({ source }) => source)).map(id => sourceOf(parts, id)),
    sections: idsOf(parts, line => line.sections.map(({ section }) => section)).map(id =>
      sectionOf(parts, id)
    ),
    interruptions,
    longestMs: Math.max(0, ...interruptions.map(({ start, end }) => end - start)),
    transfers: transfersIn(parts),
    ownRuns: ownRunsOf(parts, to)
  }
}

function partsOf(stretches: readonly SupplyStretch[], from: number, to: number): Part[] {
  const parts: Part[] = []
  let reached = from
  for (const stretch of stretches) {
    const [start, end] = [Math.max(stretch.from, from), Math.min(stretch.to ?? to, to)]
    if (end <= start) continue
    if (start > reached) parts.push({ from: reached, to: start, line: undefined })
    parts.push({ from: start, to: end, line: stretch.line })
    reached = end
  }
  if (reached < to) parts.push({ from: reached, to, line: undefined })
  return parts
}

/**
 * Transfers with which stretches began. A stretch whose beginning came late has them, and so has the rest of what was said before: of those of one section that
 * overlap the first counts.
 */
export function transfersIn(
  parts: readonly { readonly from: number; readonly line: SupplyLine | undefined }[]
): TransferLine[] {
  const kept: TransferLine[] = []
  const isTold = ({ section, to, start }: TransferLine): boolean =>
    kept.some(each => each.section === section && each.to === to && start <= each.start + each.gapMs)
  for (const { from, line } of parts)
    for (const transfer of from === line?.from ? (line.transfers ?? []) : [])
      if (!isTold(transfer)) kept.push(transfer)
  return kept
}

const shareOf = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null)

const idsOf = (parts: readonly Part[], of: (line: SupplyLine) => string[]): string[] => [
  ...new Set(parts.flatMap(({ line }) => (line === undefined ? [] : of(line))))
]

const sourceIn = ({ line }: Part, id: string): SourceLine | undefined =>
  line?.sources.find(({ source }) => source === id)
const sectionIn = ({ line }: Part, id: string): SectionLine | undefined =>
  line?.sections.find(({ section }) => section === id)

function sourceOf(parts: readonly Part[], id: string): SupplyReport['sources'][number] {
  const states = zeros(['live', 'dead', 'ready', 'running', 'failed', 'unknown'])
  for (const part of parts) states[sourceIn(part, id)?.state ?? 'unknown'] += part.to - part.from
  const able = states.live + states.ready + states.running
  return { source: id, states, availability: shareOf(able, able + states.dead + states.failed) }
}

function sectionOf(parts: readonly Part[], id: string): SupplyReport['sections'][number] {
  const fedBy: Record<string, number> = {}
  let [darkMs, longestDarkMs] = [0, 0]
  for (const part of parts) {
    const by = sectionIn(part, id)?.fedBy ?? 'unknown'
    fedBy[by] = (fedBy[by] ?? 0) + part.to - part.from
    darkMs = by === 'dark' ? darkMs + part.to - part.from : 0
    longestDarkMs = Math.max(longestDarkMs, darkMs)
  }
  return { section: id, fedBy, longestDarkMs }
}

/** Runs of parts that are alike. */
function runsOf(parts: readonly Part[], isIn: (part: Part) => boolean): Part[][] {
  const runs: Part[][] = []
  let open: Part[] | undefined
  for (const part of parts) {
    if (!isIn(part)) open = undefined
    else if (open === undefined) {
      open = [part]
      runs.push(open)
    } else open.push(part)
  }
  return runs
}

const WORST: readonly SupplyLine['securityLoadSupplied'][] = ['no', 'partly', 'unknown', 'yes']

function interruptionsOf(parts: readonly Part[], to: number): Interruption[] {
  return runsOf(parts, ({ line }) => line?.state === 'interrupted').map(run => {
    const lines = run.map(({ line }) => line as SupplyLine)
    const end = (run.at(-1) as Part).to
    const dead = lines.flatMap(({ sources }) =>
      sources.filter(({ state }) => state === 'dead' || state === 'failed')
    )
    return {
      start: (run[0] as Part).from,
      end,
      lasts: end === to,
      extent: lines.some(({ extent }) => extent === 'full') ? 'full' : 'partial',
      securityLoadSupplied:
        WORST.find(word => lines.some(line => line.securityLoadSupplied === word)) ?? 'unknown',
      sections: [
        ...new Set(
          lines.flatMap(({ sections }) =>
            sections.filter(({ fedBy }) => fedBy === 'dark').map(({ section }) => section)
          )
        )
      ],
      // Of each what was said last: it is known best then.
      sources: [
        ...new Map(
          dead.map(({ source, state, basis, reason }) => [source, { source, state, basis, reason }])
        ).values()
      ]
    }
  })
}

function ownRunsOf(parts: readonly Part[], to: number): OwnRun[] {
  const ids = idsOf(parts, line => line.sources.map(({ source }) => source))
  return ids.flatMap(id =>
    runsOf(parts, part => sourceIn(part, id)?.state === 'running').map(run => {
      const [first, last] = [run[0] as Part, run.at(-1) as Part]
      const start = Math.max(first.from, sourceIn(first, id)?.since ?? first.from)
      const carried = run.filter(part => sourceIn(part, id)?.role === 'carrying')
      return {
        source: id,
        start,
        end: last.to,
        lasts: last.to === to,
        isMeasured: run.some(part => sourceIn(part, id)?.basis === 'measured'),
        // The gap before it is told with what came after it.
        carriedMs: carried.reduce((sum, part) => sum + Math.max(0, part.to - Math.max(part.from, start)), 0),
        startDelayMs: delayOf(first, start)
      }
    })
  )
}

/** From when the last feed was lost until then; null where a feed was alive, or none ever was. */
function delayOf({ line }: Part, start: number): number | null {
  const feeds = (line?.sources ?? []).filter(({ state }) => state === 'live' || state === 'dead')
  if (feeds.length === 0 || feeds.some(({ state }) => state === 'live')) return null
  const lost = Math.max(...feeds.map(({ since = Number.NEGATIVE_INFINITY }) => since))
  return Number.isFinite(lost) && lost <= start ? start - lost : null
}
