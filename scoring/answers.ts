/** Life of an incident and of a loss of communication. */
export type LifeState = 'suspected' | 'open' | 'updated' | 'restored' | 'closed' | 'withdrawn'

/** What a system said of one incident over time, folded from its lines in `incidents.ndjson` (docs/backtest.md). */
export interface IncidentAnswer {
  readonly id: string
  /** When it was first suspected, and first said to be open; epoch ms of the log, undefined when never. */
  readonly suspectedAt: number | undefined
  readonly openedAt: number | undefined
  /** As named when it was opened, and last. */
  readonly firstDevice: string
  readonly device: string
  readonly phases: string
  /** As said last; `end` is undefined while it lasts. */
  readonly start: number
  readonly end: number | undefined
  readonly affected: number
  /** As said last: `sustained`, `momentary`, `planned`; '' when nothing was. */
  readonly kind: string
  /** Everything that was said of what feeds its customers meanwhile: it may be over when it is closed. */
  readonly supplies: ReadonlySet<string>
  /** As said last; undefined when nothing was. */
  readonly customerMinutes: number | undefined
  /** Said last. */
  readonly isClosed: boolean
  readonly isWithdrawn: boolean
  readonly mergedInto: string
  /** Of a nested one the incident above it, '' for none. */
  readonly parent: string
}

/** One line of `incidents.ndjson`, as far as scoring reads it. */
export interface IncidentLine {
  readonly at: number
  readonly id: string
  readonly state: LifeState
  readonly device?: string
  readonly phases?: string
  readonly start?: number
  readonly end?: number | null
  readonly affected?: number
  readonly kind?: string
  readonly supply?: string
  readonly customerMinutes?: number
  readonly mergedInto?: string | null
  readonly parent?: string | null
}

/** States that say that it is one, not only suspected. */
export const CONFIRMED: ReadonlySet<LifeState> = new Set(['open', 'restored', 'closed'])

/** Folds lines in order of `at`, each incident by itself. */
export function foldIncidents(lines: readonly IncidentLine[]): IncidentAnswer[] {
  const answers = new Map<string, IncidentAnswer>()
  for (const line of lines) answers.set(line.id, fold(answers.get(line.id), line))
  return [...answers.values()]
}

function fold(before: IncidentAnswer | undefined, line: IncidentLine): IncidentAnswer {
  const device = line.device ?? before?.device ?? ''
  const opens = CONFIRMED.has(line.state) && before?.openedAt === undefined
  return {
    id: line.id,
    suspectedAt: before?.suspectedAt ?? (line.state === 'suspected' ? line.at : undefined),
    openedAt: opens ? line.at : before?.openedAt,
    firstDevice: opens ? device : (before?.firstDevice ?? ''),
    device,
    phases: line.phases ?? before?.phases ?? '',
    start: line.start ?? before?.start ?? line.at,
    end: line.end === undefined ? before?.end : (line.end ?? undefined),
    affected: line.affected ?? before?.affected ?? 0,
    kind: line.kind ?? before?.kind ?? '',
    supplies: new Set([...(before?.supplies ?? []), line.supply ?? 'none']),
    customerMinutes: line.customerMinutes ?? before?.customerMinutes,
    isClosed: line.state === 'closed',
    isWithdrawn: line.state === 'withdrawn',
    mergedInto: line.mergedInto ?? '',
    parent: line.parent ?? before?.parent ?? ''
  }
}
