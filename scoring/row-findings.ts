import { type AlarmLine, type FindingLine, isFiring, type TrueFinding } from './findings.ts'
import type { RunCases } from './run-cases.ts'
import type { Voices } from './voices.ts'

/** What a scenario can make true. Kinds beside them, such as wrong records of the registry, are true of the city and not judged. */
const JUDGED_KINDS = [
  'metering-fault',
  'meter-removed',
  'exchange',
  'relay-open',
  'customer-side',
  'clock',
  'gasp-flood',
  'back-feed'
]

/** What is wrong with findings and alarms: each is said of the right subject, once, when its cause is there, and no other. */
export function ofFindings({ findings, alarms }: RunCases, voices: Voices): string[] {
  // Clocks of a city are off, and meters were exchanged that its registry still names: nobody writes that into the truth.
  const isOfTheCity = ({ kind, subject }: FindingLine): boolean =>
    kind === 'clock' || (kind === 'exchange' && !voices.has(subject))
  const judged = findings.lines.filter(({ kind }) => JUDGED_KINDS.includes(kind))
  return [
    ...complaints('finding', findings.truth, firstLines(judged), isOfTheCity),
    ...complaints('alarm', alarms.truth, beginnings(alarms.lines), () => false)
  ]
}

/** What is said again under the same id says nothing new. */
function firstLines(lines: readonly FindingLine[]): FindingLine[] {
  const first = new Map<string, FindingLine>()
  for (const line of lines) if (!first.has(line.id)) first.set(line.id, line)
  return [...first.values()]
}

/** Alarms that begin to fire: a line about one that is up changes its value, or ends its shelf. */
function beginnings(lines: readonly AlarmLine[]): FindingLine[] {
  const up = new Set<string>()
  return lines.filter(line => {
    const begins = isFiring(line) && !up.has(line.id)
    if (line.state === 'resolved') up.delete(line.id)
    else if (begins) up.add(line.id)
    return begins
  })
}

const called = ({ kind, subject }: Pick<FindingLine, 'kind' | 'subject'>): string => `${kind} ${subject}`

function complaints(
  what: string,
  truth: readonly TrueFinding[],
  said: readonly FindingLine[],
  isKnown: (line: FindingLine) => boolean
): string[] {
  const wanted = new Set(truth.filter(({ observable }) => observable !== false).map(called))
  const causes = Map.groupBy(truth, called)
  const words = Map.groupBy(said, called)
  return [
    ...[...wanted].filter(each => !words.has(each)).map(each => `${what} ${each}: not said`),
    ...[...words].flatMap(([each, lines]) =>
      ofOne(causes.get(each) ?? [], lines, isKnown).map(wrong => `${what} ${each}: ${wrong}`)
    )
  ]
}

/** Of one kind and subject: as often as it has become true by then. @param isKnown of a line that no cause explains, whether it may be right all the same */
function ofOne(
  causes: readonly TrueFinding[],
  lines: readonly FindingLine[],
  isKnown: (line: FindingLine) => boolean
): string[] {
  const begunAt = (at: number): number => causes.filter(({ start }) => start <= at).length
  const early = lines.filter(line => begunAt(line.at) === 0 && !isKnown(line))
  if (causes.length === 0) return early.length === 0 ? [] : ['nothing is true of it']
  const since = lines.filter(line => begunAt(line.at) > 0).sort((one, other) => one.at - other.at)
  const isAgain = since.some((line, said) => said >= begunAt(line.at))
  return [
    ...(early.length > 0 ? ['said before its cause'] : []),
    ...(isAgain ? [`said ${since.length} times`] : [])
  ]
}
