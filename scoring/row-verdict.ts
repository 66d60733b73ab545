import { isExactLoss, judgeLosses, type LossAnswer } from './communication.ts'
import { type FindingLine, isFiring, type TrueFinding } from './findings.ts'
import { isExact, judgeIncidents, type OutageMatch } from './incidents.ts'
import { type Row, type RunAnswers, type RunCases, rowsOf, runCases } from './run-cases.ts'
import type { FeedingTree } from './tree.ts'
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

/** What the table asks to be said of a supply; that some have it back by a tie shows in the steps of the restoration. */
const SUPPLIES_ASKED = ['temporary', 'back-feed']

/**
 * Everything in which what was said of a scenario is not exactly what its row of the table asks for (docs/scenarios.md#what-must-come-out);
 * nothing when it came out. Each true outage is named by one incident of the right class, phases and kind that is not withdrawn, each
 * loss of communication by scope and subject, each finding and alarm by kind and subject; and nothing else is opened.
 */
export function complaintsOf(
  truth: readonly Row[],
  answers: RunAnswers,
  tree: FeedingTree,
  voices: Voices
): string[] {
  const cases = runCases(truth, answers, tree, voices)
  const restarts = rowsOf<{ start: number; end: number }>(truth, 'restarts')
  const { findings, alarms } = cases
  // Clocks of a city are off, and meters were exchanged that its registry still names: nobody writes that into the truth.
  const isOfTheCity = ({ kind, subject }: FindingLine): boolean =>
    kind === 'clock' || (kind === 'exchange' && !voices.has(subject))
  return [
    ...ofIncidents(cases),
    ...ofLosses(cases, restarts),
    ...ofFindings(
      'finding',
      findings.truth,
      findings.lines.filter(({ kind }) => JUDGED_KINDS.includes(kind)),
      isOfTheCity
    ),
    ...ofFindings('alarm', alarms.truth, alarms.lines.filter(isFiring), () => false)
  ]
}

function ofIncidents({ incidents }: RunCases): string[] {
  const { matches, again, wrong, merged } = judgeIncidents(incidents)
  const found = new Set(matches.map(({ truth }) => truth))
  return [
    ...incidents.truth
      .filter(outage => !found.has(outage) && outage.observable !== false)
      .map(({ device, phases }) => `outage of ${name(device, phases)}: not found`),
    ...matches.flatMap(match => ofMatch(incidents.tree, match)),
    ...matches.flatMap(match => ofNesting(match, matches)),
    ...again.map(({ device, phases }) => `incident on ${name(device, phases)}: a second one for its outage`),
    ...wrong.map(({ device, phases }) => `incident on ${name(device, phases)}: nothing was dark`),
    ...merged.map(({ device }) => `incident on ${device}: opened, then merged into another`)
  ]
}

function ofMatch(tree: FeedingTree, match: OutageMatch): string[] {
  const { truth, answer } = match
  const about = `outage of ${name(truth.device, truth.phases)}`
  const wrongs: string[] = []
  if (!isExact(tree, answer.device, match)) wrongs.push(`named ${name(answer.device, answer.phases)}`)
  if (answer.isWithdrawn) wrongs.push('withdrawn')
  if (truth.kind !== undefined && answer.kind !== truth.kind)
    wrongs.push(`${truth.kind}, said to be ${answer.kind || 'of no kind'}`)
  if (SUPPLIES_ASKED.includes(truth.supply ?? '') && !answer.supplies.has(truth.supply ?? ''))
    wrongs.push(`supply ${truth.supply} never said`)
  return wrongs.map(wrong => `${about}: ${wrong}`)
}

/** A nested outage has to be said to be nested in the incident of the one above it, and nothing else to be nested. */
function ofNesting({ truth, answer }: OutageMatch, matches: readonly OutageMatch[]): string[] {
  const above = matches.find(match => match.truth.id === truth.parent)?.answer.id ?? ''
  if (answer.parent === above) return []
  return [`outage of ${name(truth.device, truth.phases)}: nested in ${answer.parent || 'nothing'}`]
}

const name = (device: string, phases: string): string => (phases === '' ? device : `${device} ${phases}`)

function ofLosses({ losses }: RunCases, restarts: readonly { start: number; end: number }[]): string[] {
  const { matches, again, wrong, missed } = judgeLosses(losses)
  const called = ({ scope, subject }: Pick<LossAnswer, 'scope' | 'subject'>): string => `${scope} ${subject}`
  // A restart of ours is told by itself; whoever says that nobody could be heard meanwhile is right.
  const isRestart = ({ scope, start }: LossAnswer): boolean =>
    scope === 'gateway' && restarts.some(restart => start >= restart.start && start < restart.end)
  return [
    ...missed.map(loss => `loss of ${called(loss)}: not found`),
    ...matches
      .filter(({ truth, answer }) => !isExactLoss(truth, answer))
      .map(({ truth, answer }) => `loss of ${called(truth)}: named ${called(answer)}`),
    ...again.map(answer => `loss of ${called(answer)}: said for one that another is counted for`),
    ...wrong
      .filter(answer => !isRestart(answer))
      .map(answer => `loss of ${called(answer)}: everybody could speak`)
  ]
}

function ofFindings(
  what: string,
  truth: readonly TrueFinding[],
  lines: readonly FindingLine[],
  isKnown: (line: FindingLine) => boolean
): string[] {
  const called = ({ kind, subject }: Pick<FindingLine, 'kind' | 'subject'>): string => `${kind} ${subject}`
  const wanted = new Set(truth.filter(({ observable }) => observable !== false).map(called))
  const known = new Set(truth.map(called))
  const said = new Set(lines.map(called))
  const extra = lines.filter(line => !known.has(called(line)) && !isKnown(line)).map(called)
  return [
    ...[...wanted].filter(each => !said.has(each)).map(each => `${what} ${each}: not said`),
    ...[...new Set(extra)].map(each => `${what} ${each}: nothing is true of it`)
  ]
}
