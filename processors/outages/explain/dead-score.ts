import { figure } from '../likelihoods.ts'
import { lnGasps, lnSharedChance } from './score.ts'
import type { Tally } from './tally.ts'

/**
 * ln of how much likelier what these meters say is, had they all lost their supply, than had nobody.
 * @param able chance that words get out @param silentElse chance that they are silent for another reason
 */
export function deadScore(tally: Tally, able: number, silentElse = figure('branchSilent')): number {
  const { n, gasps, collected, records, doubt, silentWeight } = tally
  const told = gasps + collected
  const claims =
    lnGasps(told, n, able) -
    gasps * Math.log(figure('falseGasp')) -
    collected * Math.log(figure('falseCollected'))
  const recorded =
    records === 0 ? 0 : lnSharedChance(records, n, 1, 1) - records * Math.log(figure('falseRecord'))
  const silence = Math.min(silentWeight, -Math.log(silentElse))
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
