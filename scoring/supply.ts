import { quantile, share } from './rates.ts'

/** How a key customer is supplied, as in `supply.ndjson`. */
export type SupplyState = 'interrupted' | 'emergency' | 'unknown' | 'reduced' | 'normal'

/** A stretch of a customer's true supply; those of a customer follow each other without a gap. */
export interface TrueSupply {
  readonly keyCustomer: string
  readonly state: Exclude<SupplyState, 'unknown'>
  /** Epoch ms; [start, end). */
  readonly start: number
  readonly end: number
  /** When the record that decides it had arrived: before that the change is latent. Undefined when it never did. */
  readonly decidableAt: number | undefined
}

/** A time in which no evidence that lives says anything of a customer. */
export interface Blindness {
  readonly keyCustomer: string
  readonly start: number
  readonly end: number
}

/** One line of `supply.ndjson`, as far as scoring reads it: what was shown from `at` on, and of which time. */
export interface SupplyLine {
  readonly at: number
  readonly keyCustomer: string
  readonly state: SupplyState
  /** Event time; left out: from `at`. */
  readonly from?: number
  /** Of what is over: it corrects the past, and shows nothing of now. */
  readonly end?: number
}

interface PlantSection {
  readonly section: string
  readonly fedBy: string
}

/** How a plant truly stood in a stretch, part by part; those of a customer follow each other without a gap. */
export interface TruePlant {
  readonly keyCustomer: string
  readonly start: number
  readonly end: number
  readonly decidableAt: number | undefined
  /** `fedBy` is a source, '' for dark. */
  readonly sections: readonly PlantSection[]
  readonly sources: readonly { readonly source: string; readonly state: string; readonly carries: boolean }[]
  /** Whether the security load was supplied; undefined of a customer without one. */
  readonly securityLoad: 'yes' | 'partly' | 'no' | undefined
}

/** What was shown of a plant, part by part. */
export interface PlantLine extends SupplyLine {
  readonly sections: readonly PlantSection[]
  readonly sources: readonly { readonly source: string; readonly state: string; readonly role: string }[]
  readonly securityLoadSupplied: string
}

export interface SupplyCase {
  readonly truth: readonly TrueSupply[]
  readonly blind: readonly Blindness[]
  /** In order of `at`. */
  readonly lines: readonly SupplyLine[]
}

/** What could be known: the state; the change not yet; nothing. */
export type Knowable = 'decidable' | 'latent' | 'undecidable'

export interface Minutes {
  readonly right: number
  /** Another state was shown. */
  readonly wrong: number
  /** `unknown` was shown although the state could be known. */
  readonly unsure: number
}

export interface SupplyScore {
  readonly minutes: Readonly<Record<Knowable, Minutes>>
  /** Share of all minutes that are right. */
  readonly right: number
  /** Minutes in which `normal` was shown and nobody could have said so: the error that costs most. */
  readonly falselyNormal: number
  /** Those of them that are whole minutes of the clock: what is shown within seconds has none. */
  readonly falselyNormalWhole: number
  /** Changes that could be known, those of them that were shown in time, and seconds from the record to the showing. */
  readonly changes: number
  readonly shown: number
  readonly latencyS: { readonly p50: number; readonly p95: number }
}

const MINUTE_MS = 60_000
const KNOWABLE: readonly Knowable[] = ['decidable', 'latent', 'undecidable']

/**
 * Judges what was shown of key customers' supply, minute by minute, by what could be known then: where the deciding record has
 * arrived the true state alone is right; until then the old state, `unknown` and the new one are; in blindness `unknown` alone.
 */
export function scoreSupply({ truth, blind, lines }: SupplyCase): SupplyScore {
  const minutes = Object.fromEntries(
    KNOWABLE.map(knowable => [knowable, { right: 0, wrong: 0, unsure: 0 }])
  ) as Record<Knowable, { right: number; wrong: number; unsure: number }>
  let falselyNormal = 0
  let falselyNormalWhole = 0
  const latencies: number[] = []
  let changes = 0
  for (const [customer, spans] of byCustomer(truth)) {
    const shown = lines.filter(({ keyCustomer, end }) => keyCustomer === customer && end === undefined)
    const dark = blind.filter(({ keyCustomer }) => keyCustomer === customer)
    const wrongs: [from: number, to: number][] = []
    spans.forEach((span, i) => {
      const before = spans[i - 1]?.state
      for (const [from, to] of pieces(span, dark, shown)) {
        const said = saidAt(shown, from)
        const knowable = knowableAt(span, dark, from)
        const verdict = judge(said, span.state, before, knowable)
        const length = (to - from) / MINUTE_MS
        minutes[knowable][verdict] += length
        if (verdict !== 'wrong' || said !== 'normal') continue
        falselyNormal += length
        wrongs.push([from, to])
      }
      if (i === 0 || span.decidableAt === undefined || span.decidableAt >= span.end) return
      changes++
      const seenAt = firstShown(shown, span)
      if (seenAt !== undefined) latencies.push(Math.max(0, seenAt - span.decidableAt) / 1000)
    })
    falselyNormalWhole += wholeMinutes(wrongs)
  }
  const all = KNOWABLE.flatMap(knowable => Object.values(minutes[knowable]))
  const right = KNOWABLE.reduce((sum, knowable) => sum + minutes[knowable].right, 0)
  return {
    minutes,
    right: share(
      right,
      all.reduce((sum, each) => sum + each, 0)
    ),
    falselyNormal,
    falselyNormalWhole,
    changes,
    shown: latencies.length,
    latencyS: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) }
  }
}

/** Minutes of the clock that lie wholly in spans, of which some follow each other without a gap. */
function wholeMinutes(spans: readonly (readonly [from: number, to: number])[]): number {
  const joined: [from: number, to: number][] = []
  for (const [from, to] of spans) {
    const last = joined.at(-1)
    if (last?.[1] === from) last[1] = to
    else joined.push([from, to])
  }
  return joined.reduce(
    (sum, [from, to]) => sum + Math.max(0, Math.floor(to / MINUTE_MS) - Math.ceil(from / MINUTE_MS)),
    0
  )
}

/**
 * The same of the timeline, as it stands when all has come: of each moment what was said of it last is compared with what was true, minutes in which nothing that
 * lives could tell left out. `wrong` and `unsure` as above.
 */
export function scoreTimeline({ truth, blind, lines }: SupplyCase): Minutes {
  const minutes = { right: 0, wrong: 0, unsure: 0 }
  for (const [customer, spans] of byCustomer(truth)) {
    const said = paint(lines.filter(({ keyCustomer }) => keyCustomer === customer))
    const dark = blind.filter(({ keyCustomer }) => keyCustomer === customer)
    for (const span of spans) {
      for (const [from, to] of pieces(span, dark, said)) {
        if (dark.some(({ start, end }) => from >= start && from < end)) continue
        const state = saidAt(said, from)
        const verdict = state === span.state ? 'right' : state === 'unknown' ? 'unsure' : 'wrong'
        minutes[verdict] += (to - from) / MINUTE_MS
      }
    }
  }
  return minutes
}

/** What was said of each moment last: lines in the order of the time that they speak of. */
function paint(lines: readonly SupplyLine[]): SupplyLine[] {
  let painted: SupplyLine[] = []
  for (const line of lines) {
    const { from = line.at, end = Number.POSITIVE_INFINITY } = line
    const goesOn = painted.findLast(({ at }) => at <= end)
    const kept = painted.filter(({ at }) => at < from || at > end)
    if (goesOn !== undefined && end < Number.POSITIVE_INFINITY) kept.push({ ...goesOn, at: end })
    painted = [...kept, { ...line, at: from }].sort((one, other) => one.at - other.at)
  }
  return painted
}

/**
 * Minutes in which every section and source, who carries, and the supply of the security load were shown as they were, of those in which that could be known: from the word that told of a stretch on, as long as words hold.
 * A generator that is starting is no state that anybody shows: `ready` and `running` are right then.
 */
export function scoreParts(
  plants: readonly TruePlant[],
  blind: readonly Blindness[],
  lines: readonly PlantLine[]
): Minutes {
  const minutes = { right: 0, wrong: 0, unsure: 0 }
  const shown = lines.filter(({ end }) => end === undefined)
  for (const plant of plants) {
    const { keyCustomer, end, decidableAt } = plant
    if (decidableAt === undefined || decidableAt >= end) continue
    const own = shown.filter(line => line.keyCustomer === keyCustomer)
    const dark = blind.filter(each => each.keyCustomer === keyCustomer)
    for (const [from, to] of pieces({ start: decidableAt, end, decidableAt }, dark, own)) {
      if (dark.some(each => from >= each.start && from < each.end)) continue
      const line = own.findLast(({ at }) => at <= from)
      minutes[partsOf(plant, line)] += (to - from) / MINUTE_MS
    }
  }
  return minutes
}

function partsOf({ sections, sources, securityLoad }: TruePlant, line: PlantLine | undefined): keyof Minutes {
  const pairs: (readonly [right: readonly string[], said: string])[] = sections.map(({ section, fedBy }) => [
    [fedBy === '' ? 'dark' : fedBy],
    line?.sections.find(each => each.section === section)?.fedBy ?? 'unknown'
  ])
  for (const { source, state, carries } of sources) {
    const said = line?.sources.find(each => each.source === source)
    pairs.push([state === 'starting' ? ['ready', 'running'] : [state], said?.state ?? 'unknown'])
    pairs.push([carries ? ['carrying'] : ['available', 'open', 'none'], said?.role ?? 'unknown'])
  }
  if (securityLoad !== undefined) pairs.push([[securityLoad], line?.securityLoadSupplied ?? 'unknown'])
  if (pairs.every(([right, said]) => right.includes(said))) return 'right'
  return pairs.some(([right, said]) => said !== 'unknown' && !right.includes(said)) ? 'wrong' : 'unsure'
}

function byCustomer(truth: readonly TrueSupply[]): Map<string, TrueSupply[]> {
  const customers = new Map<string, TrueSupply[]>()
  for (const span of truth) {
    const known = customers.get(span.keyCustomer)
    if (known === undefined) customers.set(span.keyCustomer, [span])
    else known.push(span)
  }
  for (const spans of customers.values()) spans.sort((a, b) => a.start - b.start)
  return customers
}

/** Parts of a stretch in which nothing changes: what is true, what can be known, what is shown. */
function pieces(
  { start, end, decidableAt }: Pick<TrueSupply, 'start' | 'end' | 'decidableAt'>,
  blind: readonly Blindness[],
  shown: readonly SupplyLine[]
): (readonly [from: number, to: number])[] {
  const cuts = [
    start,
    end,
    decidableAt ?? start,
    ...blind.flatMap(each => [each.start, each.end]),
    ...shown.map(({ at }) => at)
  ]
  const inside = [...new Set(cuts.filter(cut => cut >= start && cut <= end))].sort((a, b) => a - b)
  return inside.slice(1).map((to, i) => [inside[i] ?? start, to] as const)
}

/** Before the first line nothing is known. */
function saidAt(shown: readonly SupplyLine[], time: number): SupplyState {
  return shown.findLast(({ at }) => at <= time)?.state ?? 'unknown'
}

function knowableAt({ decidableAt }: TrueSupply, blind: readonly Blindness[], time: number): Knowable {
  if (blind.some(({ start, end }) => time >= start && time < end)) return 'undecidable'
  return decidableAt !== undefined && time >= decidableAt ? 'decidable' : 'latent'
}

function judge(
  said: SupplyState,
  state: SupplyState,
  before: SupplyState | undefined,
  knowable: Knowable
): 'right' | 'wrong' | 'unsure' {
  if (knowable === 'undecidable') return said === 'unknown' ? 'right' : 'wrong'
  if (said === state) return 'right'
  if (knowable === 'latent') return said === before || said === 'unknown' ? 'right' : 'wrong'
  return said === 'unknown' ? 'unsure' : 'wrong'
}

/** When the state of a stretch was shown first while it lasted. */
function firstShown(shown: readonly SupplyLine[], { start, end, state }: TrueSupply): number | undefined {
  if (saidAt(shown, start) === state) return start
  return shown.find(({ at, state: said }) => said === state && at >= start && at < end)?.at
}
