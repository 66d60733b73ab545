import { isExactLoss, judgeLosses, type LossAnswer } from './communication.ts'
import { ofFindings } from './row-findings.ts'
import { ofIncidents } from './row-incidents.ts'
import { type Row, type RunAnswers, type RunCases, rowsOf, runCases } from './run-cases.ts'
import type { FeedingTree } from './tree.ts'
import type { Voices } from './voices.ts'

/**
 * Everything in which what was said of a scenario is not exactly what its row of the table asks for (docs/scenarios.md#what-must-come-out);
 * nothing when it came out. Each true outage is named by one incident of the right class, phases, kind, times and customers that is closed
 * in the end, each loss of communication by scope and subject, each finding and alarm by kind and subject, once and not before its cause;
 * and nothing else is opened. Where nothing may come out nothing is suspected either.
 * @param shows rows of the table that the scenario shows
 */
export function complaintsOf(
  truth: readonly Row[],
  answers: RunAnswers,
  tree: FeedingTree,
  voices: Voices,
  shows: readonly string[] = []
): string[] {
  const cases = runCases(truth, answers, tree, voices)
  const restarts = rowsOf<{ start: number; end: number }>(truth, 'restarts')
  return [...ofIncidents(cases, shows), ...ofLosses(cases, restarts), ...ofFindings(cases, voices)]
}

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
