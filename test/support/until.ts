import assert from 'node:assert/strict'
import { systemClock } from '../../src/clock.ts'

/** Waits until the claim holds. @param what named when it does not within `timeoutMs` */
export async function until(claim: () => boolean, what: string, timeoutMs = 5000): Promise<void> {
  const giveUpAt = systemClock.monotonic() + timeoutMs
  while (!claim()) {
    if (systemClock.monotonic() > giveUpAt) assert.fail(`not within ${timeoutMs} ms: ${what}`)
    await systemClock.delay(2)
  }
}
