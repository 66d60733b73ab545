import { figure } from '../likelihoods.ts'
import { lnGasps, lnSharedChance } from './score.ts'
import type { Tally } from './tally.ts'

// Looked up once: they are asked for with every meter.
const [FALSE_GASP, FALSE_COLLECTED, FALSE_ZERO, FALSE_RECORD, BRANCH_SILENT, UNANSWERED] = [
  figure('falseGasp'),
  figure('falseCollected'),
  figure('falseZero'),
  figure('falseRecord'),
  figure('branchSilent'),
  figure('unanswered')
]

/**
 * ln of how much likelier what these meters say is, had they all lost their supply, than had nobody.
 * @param able chance that words get out @param silentElse chance that they are silent for another reason
 */
export function deadScore(tally: Tally, able: number, silentElse = BRANCH_SILENT): number {
  const { n, gasps, collected, zeros, records, doubt, silentWeight, unanswered } = tally
  const told = gasps + collected + zeros
  const claims =
    lnGasps(told, n, able) -
    gasps * Math.log(FALSE_GASP) -
    collected * Math.log(FALSE_COLLECTED) -
    zeros * Math.log(FALSE_ZERO)
  const recorded = records === 0 ? 0 : lnSharedChance(records, n, 1, 1) - records * Math.log(FALSE_RECORD)
  // Whoever was missed and asked in vain is silent once.
  const silence = Math.min(silentWeight - unanswered * Math.log(UNANSWERED), -Math.log(silentElse))
  return claims + recorded + silence + doubt
}

/** Chance that words of meters get out through their terminal. */
export function ableOf(backup: string | undefined, isOut: boolean): number {
  if (!isOut) return figure('terminalAbleMains')
  switch (backup) {
    case 'supercap':
    case 'battery':
      return figure('terminalAbleBackup')
    case 'none':
      return figure('terminalAbleNone')
    default:
      return figure('terminalAbleUnknown')
  }
}
