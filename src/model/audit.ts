/**
 * The two equations that prove that nothing disappears (docs/decisions/0001-the-spine.md):
 *
 *   frames    acknowledged = decoded + quarantined + pending
 *   readings  decoded = stored + corrections + duplicates + quarantined + held + unbound
 *
 * Counters are cumulative since the data folder was made and are checkpointed with the state they describe.
 */
export interface FrameCounters {
  decoded: number
  quarantined: number
}

export interface ReadingCounters {
  /** Readings found in decoded frames, whatever became of them. */
  decoded: number
  /** First versions handed to the series store. */
  stored: number
  /** Further versions of a reading already stored. */
  corrections: number
  duplicates: number
  quarantined: number
  /** Waiting for an answer from history (re-delivered older than the in-memory window). */
  held: number
  /** Of a meter that a probable exchange brought: waiting until an import names it. */
  unbound: number
}

export interface AuditCounters {
  frames: FrameCounters
  readings: ReadingCounters
}

export const emptyAudit = (): AuditCounters => ({
  frames: { decoded: 0, quarantined: 0 },
  readings: { decoded: 0, stored: 0, corrections: 0, duplicates: 0, quarantined: 0, held: 0, unbound: 0 }
})

/** Whether the readings equation holds exactly. The frames equation needs the gateway's count too. */
export function readingsBalance(readings: ReadingCounters): boolean {
  const { decoded, stored, corrections, duplicates, quarantined, held, unbound } = readings
  return decoded === stored + corrections + duplicates + quarantined + held + unbound
}

/** Counters as an older version kept them, which knew fewer terms: those were zero. */
export function completeAudit({ frames, readings }: AuditCounters): AuditCounters {
  const empty = emptyAudit()
  return { frames: { ...empty.frames, ...frames }, readings: { ...empty.readings, ...readings } }
}
