import type { Interruption } from '../../src/reliability/interruption.ts'
import type { ReliabilityInput } from '../../src/reliability/units.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const ZONE = 'Asia/Shanghai'
export const at = (text: string): number => Date.parse(text)

/** The year 2026 of the site. */
export const FROM = at('2026-01-01T00:00+08:00')
export const TO = at('2027-01-01T00:00+08:00')
export const NOON = at('2026-03-10T12:00+08:00')

/** A fault of one account that begins at noon of 10 March 2026. */
export const row = (more: Partial<Interruption> = {}): Interruption => ({
  incident: 'I1',
  account: 'A1',
  start: NOON,
  end: NOON + HOUR,
  class: 'fault',
  cause: 'tree',
  isExternal: false,
  ...more
})

/** The same for accounts A1 to An, all for so many minutes. */
export const rows = (accounts: number, minutes: number, more: Partial<Interruption> = {}): Interruption[] =>
  Array.from({ length: accounts }, (_, i) => {
    const start = more.start ?? NOON
    return row({ account: `A${i + 1}`, end: start + minutes * MINUTE, ...more, start })
  })

/** A year with so many accounts all along. */
export const year = (
  interruptions: readonly Interruption[],
  accounts = 1000,
  more: Partial<ReliabilityInput> = {}
): ReliabilityInput => ({
  interruptions,
  served: { unit: 'account', changes: [{ at: FROM, count: accounts }] },
  from: FROM,
  to: TO,
  asOf: TO,
  zone: ZONE,
  ...more
})
