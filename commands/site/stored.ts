import type { Intake, OnStored } from '../../gateway/intake.ts'
import { GridvigilError } from '../../src/errors.ts'

/**
 * Resolves once what `store` appends is durable: who asked over HTTP is answered no sooner.
 * @throws API_NOT_READY before there is a log to take it, or why it did not
 */
export function stored(
  intake: Intake | undefined,
  store: (intake: Intake, onStored: OnStored) => void
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (intake === undefined) reject(new GridvigilError('API_NOT_READY'))
    else store(intake, error => (error === undefined ? resolve() : reject(error)))
  })
}
