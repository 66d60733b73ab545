import type { IncidentAnswer } from './answers.ts'
import type { TrueFinding } from './findings.ts'
import { isExact, judgeIncidents, type OutageMatch, type TrueOutage } from './incidents.ts'
import { READING_MS } from './matching.ts'
import type { RunCases } from './run-cases.ts'
import type { FeedingTree } from './tree.ts'

/** What the table asks to be said of a supply; that some have it back by a tie shows in the steps of the restoration. */
const SUPPLIES_ASKED = ['temporary', 'back-feed']
/** Rows of the table in which nothing may come out, not even a thought. */
const NOTHING_ROWS = ['false-signs', 'quiet']

const MINUTE_MS = 60_000
/** A word of the moment: gasps leave within 8 s, a collector gathers them for 120 s, clocks are off by 15 s. */
const WORD_MS = 150_000
/** After supply is back: a round of readings, ten minutes until it is uploaded, twenty in which records are waited for. Then all is said. */
const SETTLED_MS = READING_MS + (10 + 20) * MINUTE_MS
/** 85 % of meters record when they had supply again: of three at least one does in 299 of 300 outages. Who is alone may not. */
const RECORD_CUSTOMERS = 3
/** Usage points of which the registry names a wrong transformer, and those of whom it does not know the phase. */
const [WRONG_RECORDS, UNKNOWN_PHASES] = [0.02, 0.1]
/** Who is missed so, and who is counted too much, are counts of chance: three standard deviations are exceeded once in 400 times. */
const DEVIATIONS = 3

/** What is wrong with the incidents of a scenario. @param shows rows of the table that it shows */
export function ofIncidents({ incidents, findings }: RunCases, shows: readonly string[]): string[] {
  const { truth, answers, tree, until } = incidents
  const { matches, again, wrong, merged } = judgeIncidents(incidents)
  const found = new Set(matches.map(match => match.truth))
  const isNothing = shows.some(row => NOTHING_ROWS.includes(row))
  const thoughts = answers.filter(({ openedAt }) => openedAt === undefined && isNothing)
  return [
    ...truth
      .filter(outage => !found.has(outage) && outage.observable !== false)
      .map(({ device, phases }) => `outage of ${name(device, phases)}: not found`),
    ...matches.flatMap(match =>
      [
        ...ofWords(tree, match),
        ...ofStart(match, findings.truth),
        ...ofEnd(match, truth, until),
        ...ofLife(match, until),
        ...ofAffected(match),
        ...ofNesting(match, matches)
      ].map(wrongOf => `outage of ${name(match.truth.device, match.truth.phases)}: ${wrongOf}`)
    ),
    ...again.map(({ device, phases }) => `incident on ${name(device, phases)}: a second one for its outage`),
    ...wrong.map(({ device, phases }) => `incident on ${name(device, phases)}: nothing was dark`),
    ...merged.map(({ device }) => `incident on ${device}: opened, then merged into another`),
    ...thoughts.map(({ device, phases }) => `suspicion of ${name(device, phases)}: nothing may be said`)
  ]
}

const name = (device: string, phases: string): string => (phases === '' ? device : `${device} ${phases}`)

function ofWords(tree: FeedingTree, match: OutageMatch): string[] {
  const { truth, answer } = match
  const wrongs: string[] = []
  if (!isExact(tree, answer.device, match)) wrongs.push(`named ${name(answer.device, answer.phases)}`)
  if (answer.isWithdrawn) wrongs.push('withdrawn')
  if (truth.kind !== undefined && answer.kind !== truth.kind)
    wrongs.push(`${truth.kind}, said to be ${answer.kind || 'of no kind'}`)
  if (SUPPLIES_ASKED.includes(truth.supply ?? '') && !answer.supplies.has(truth.supply ?? ''))
    wrongs.push(`supply ${truth.supply} never said`)
  return wrongs
}

/** Where somebody spoke while it lasted the moment is known; else it lies between two readings. */
function ofStart({ truth, answer }: OutageMatch, findings: readonly TrueFinding[]): string[] {
  const isTold = truth.firstSignAt !== undefined && truth.firstSignAt < truth.end
  const apartMs = apart(answer.start, truth.start, heldUntil(truth, findings))
  return Math.abs(apartMs) <= (isTold ? WORD_MS : READING_MS) ? [] : [`starts ${lateness(apartMs)}`]
}

/** Whom panels fed from the beginning nobody saw lose anything before they gave up. */
function heldUntil({ device, start }: TrueOutage, findings: readonly TrueFinding[]): number {
  const fed = findings.find(
    each => each.kind === 'back-feed' && each.subject === device && each.start <= start
  )
  return Math.max(start, fed?.end ?? start)
}

/**
 * What lasts as long as the run ends later than anybody can say. Meters record when they had supply again, unless the terminal that reads
 * them hangs on what a nested outage keeps dark.
 */
function ofEnd({ truth, answer }: OutageMatch, outages: readonly TrueOutage[], until: number): string[] {
  const isLeftOpen = truth.end >= until
  if (answer.end === undefined) return truth.end + SETTLED_MS < until ? ['never ended'] : []
  const apartMs = apart(answer.end, truth.end, isLeftOpen ? Infinity : truth.end)
  const isRecorded = truth.affected >= RECORD_CUSTOMERS && outages.every(({ parent }) => parent !== truth.id)
  return Math.abs(apartMs) <= (isRecorded ? WORD_MS : READING_MS) ? [] : [`ends ${lateness(apartMs)}`]
}

/** What is over is closed, and what is found afterwards is found, when all has come that tells of it. */
function ofLife({ truth, answer }: OutageMatch, until: number): string[] {
  const settledAt = truth.end + SETTLED_MS
  const openedAt = answer.openedAt ?? truth.start
  return [
    ...(openedAt > settledAt ? [`opened ${minutes(openedAt - truth.end)} min after it was over`] : []),
    ...(isEnded(answer) && !answer.isClosed && settledAt < until ? ['never closed'] : [])
  ]
}

const isEnded = ({ end, isWithdrawn }: IncidentAnswer): boolean => end !== undefined && !isWithdrawn

/** Who is without supply is known from the registry, and as wrong as that is. Where nobody is, nobody may be counted. */
function ofAffected({ truth, answer }: OutageMatch): string[] {
  const unknown = truth.phases === '' ? 0 : UNKNOWN_PHASES
  const allowed =
    unknown * truth.affected + DEVIATIONS * Math.sqrt((2 * WRONG_RECORDS + unknown) * truth.affected)
  if (Math.abs(answer.affected - truth.affected) <= allowed) return []
  return [`${truth.affected} affected, said to be ${answer.affected}`]
}

/** A nested outage has to be said to be nested in the incident of the one above it, and nothing else to be nested. */
function ofNesting({ truth, answer }: OutageMatch, matches: readonly OutageMatch[]): string[] {
  const above = matches.find(match => match.truth.id === truth.parent)?.answer.id ?? ''
  return answer.parent === above ? [] : [`nested in ${answer.parent || 'nothing'}`]
}

/** How far a time lies outside of a stretch; negative when before it. */
const apart = (said: number, from: number, to: number): number =>
  said < from ? said - from : Math.max(0, said - to)

const lateness = (apartMs: number): string =>
  `${minutes(Math.abs(apartMs))} min ${apartMs < 0 ? 'early' : 'late'}`
const minutes = (ms: number): number => Math.round(ms / MINUTE_MS)
