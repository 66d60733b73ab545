import type { Checkpoint, Checkpoints } from './checkpoint.ts'
import type { ProcessorRunner, Stored } from './runner.ts'

export interface ResumeOptions {
  readonly runner: ProcessorRunner
  readonly checkpoints: Checkpoints
  /** Where the store stood at the start. */
  readonly stored: Stored
  /** How far the results log was seen by checkpoint or store before it was opened, and how far it really went. */
  readonly seenSeq: number
  readonly recoveredSeq: number
  readonly onDamaged: (path: string) => void
}

export interface Resumed {
  readonly checkpoint: Checkpoint | undefined
  /** The end of the results log was lost: until a checkpoint stands behind the gap, the next start meets it again. */
  readonly saveAtOnce: boolean
}

/**
 * Places the runner at the newest checkpoint. When the results log ends below what was seen of it, the runner begins no
 * later than the store stands: what the store has is taken into memory again, what it lacks is computed again.
 */
export function resume(options: ResumeOptions): Resumed {
  const { runner, checkpoints, stored, seenSeq, recoveredSeq, onDamaged } = options
  const newest = checkpoints.load(onDamaged)
  const saveAtOnce = recoveredSeq < seenSeq && (newest?.resultsSeq ?? 0) <= seenSeq
  const checkpoint = saveAtOnce ? (checkpoints.load(() => {}, stored.resultsSeq) ?? newest) : newest
  runner.open(checkpoint)
  const readableSeq = Math.max(checkpoint?.resultsSeq ?? 0, recoveredSeq)
  if (saveAtOnce && readableSeq < stored.resultsSeq) runner.catchUp(stored)
  return { checkpoint, saveAtOnce }
}
