import type { TerminalStatus } from '../model/events.ts'
import type { QuarantineCode } from '../model/quarantine.ts'
import { parseObject } from './json-readings.ts'
import { timeOrNaN } from './time-text.ts'

/**
 * The JSON form of `gv1/{terminal}/status` (docs/mqtt.md), also of the last will: what a terminal says of itself. A member
 * that cannot be read is taken as not said, because the others still tell something.
 * @returns undefined when it does not say whether the terminal is online: then it tells nothing
 */
export function decodeJsonStatus(payload: Uint8Array): TerminalStatus | QuarantineCode | undefined {
  const message = parseObject(payload)
  if (typeof message === 'string') return message
  const { state, supply, bootCount, cell, time } = message
  if (state !== 'online' && state !== 'offline') return undefined
  return {
    state,
    supply: supply === 'mains' || supply === 'battery' ? supply : '',
    bootCount: isCount(bootCount) ? bootCount : Number.NaN,
    cell: typeof cell === 'string' ? cell : '',
    time: timeOrNaN(time)
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
