import { latencies, type Latency, matchBest, overlaps, type TrueSpan } from './matching.ts'
import { type Rates, ratesOf } from './rates.ts'

/** Something true that is no outage: a wrong record of the registry, a relay that is open, a wrong clock. */
export interface TrueFinding extends TrueSpan {
  /** As in `findings.ndjson`. */
  readonly kind: string
  /** Meter, usage point, device or terminal. */
  readonly subject: string
  /** False when nothing that is read shows it: to miss it is no fault, to say it neither. */
  readonly observable?: boolean
}

/** One line of `findings.ndjson`, as far as scoring reads it. */
export interface FindingLine {
  readonly at: number
  readonly id: string
  readonly kind: string
  readonly subject: string
}

export interface FindingScore extends Rates {
  readonly findings: number
  readonly said: number
  readonly matched: number
  readonly latencyS: Readonly<Record<'fromStart' | 'fromSign' | 'fromKnowable', Latency>>
}

export interface FindingCase {
  readonly truth: readonly TrueFinding[]
  readonly lines: readonly FindingLine[]
  /** When watching ended, epoch ms. */
  readonly until: number
}

/** One line of `alarms.ndjson`, as far as scoring reads it. */
export interface AlarmLine extends FindingLine {
  readonly state: string
}

/** Judges alarms as findings: one is said when it fires. */
export function scoreAlarms(
  truth: readonly TrueFinding[],
  lines: readonly AlarmLine[],
  until: number
): FindingScore {
  return judge(truth, firstOfEach(lines.filter(isFiring)), until)
}

export const isFiring = ({ state }: AlarmLine): boolean => state === 'firing'

interface FindingAnswer {
  readonly kind: string
  readonly subject: string
  readonly start: number
  readonly end: undefined
  readonly openedAt: number
}

/** Judges what was found against what was true, all together and by kind: kind and subject have to be right. */
export function scoreFindings(given: FindingCase): FindingScore & { byKind: Record<string, FindingScore> } {
  const answers = firstOfEach(given.lines)
  const kinds = new Set([...given.truth, ...answers].map(({ kind }) => kind))
  const ofKind = (wanted: string): FindingScore =>
    judge(
      given.truth.filter(({ kind }) => kind === wanted),
      answers.filter(({ kind }) => kind === wanted),
      given.until
    )
  return {
    ...judge(given.truth, answers, given.until),
    byKind: Object.fromEntries([...kinds].sort().map(kind => [kind, ofKind(kind)]))
  }
}

/** What is said again under the same id says nothing new. */
function firstOfEach(lines: readonly FindingLine[]): FindingAnswer[] {
  const answers = new Map<string, FindingAnswer>()
  for (const { id, at, kind, subject } of lines) {
    if (!answers.has(id)) answers.set(id, { kind, subject, start: at, end: undefined, openedAt: at })
  }
  return [...answers.values()]
}

function judge(
  truth: readonly TrueFinding[],
  answers: readonly FindingAnswer[],
  until: number
): FindingScore {
  const matches = matchBest(
    truth,
    answers,
    (one, answer) => {
      const isSame = one.kind === answer.kind && one.subject === answer.subject
      // What was true may be found long after: evidence takes its time, and a record stays.
      const isInTime = overlaps({ start: one.start, end: until }, answer, until)
      return isSame && isInTime ? answer.openedAt : undefined
    },
    (one, other) => one - other
  )
  const found = new Set(matches.map(match => match.truth))
  const asked = truth.filter(one => one.observable !== false || found.has(one)).length
  return {
    findings: asked,
    said: answers.length,
    matched: matches.length,
    ...ratesOf(matches.length, answers.length, asked),
    latencyS: latencies(matches)
  }
}
