import type { ReadingColumns } from '../../../src/model/columns.ts'
import type { PingAnswer, PingReply } from '../../../src/model/pings.ts'
import type { Books } from '../books.ts'
import type { OpenPing } from './ping-book.ts'
import { VOLTAGES } from './shown.ts'
import { isOnBackup } from './terminal-book.ts'

/** What became of one meter that was asked: it was read. */
export function answered(
  { id, terminal }: OpenPing,
  meter: string,
  readAt: number,
  { values }: ReadingColumns,
  row: number
): PingAnswer {
  const voltageV = VOLTAGES.map(field => {
    const volts = values[field]?.[row] ?? Number.NaN
    return Number.isNaN(volts) ? null : volts
  })
  return { id, terminal, meter, state: 'answered', reason: '', readAt, voltageV }
}

/**
 * Meters that were asked for and not read. One that does not answer a terminal that lives was silent from the ask on; a terminal on
 * its backup reads nobody, whatever it says.
 * @returns each with the area it hangs in, -1 for none
 */
export function takeFailures(
  { grid, meters, terminals }: Books,
  ping: OpenPing,
  { failures }: PingReply
): { readonly area: number; readonly answer: PingAnswer }[] {
  const { id, terminal, askedAt, waiting } = ping
  const isAble = !isOnBackup(terminals.of(terminal))
  return failures
    .filter(({ meter }) => waiting.delete(meter))
    .map(({ meter, reason }) => {
      const answer = { id, terminal, meter, state: 'failed' as const, reason, readAt: askedAt, voltageV: [] }
      const number = grid.registry.meterNumbers.get(meter) ?? -1
      const place = grid.placeOf[number] ?? -1
      if (reason !== 'no-answer' || !isAble || place < 0) return { area: -1, answer }
      meters.unansweredAt[number] = askedAt
      return { area: grid.areaOf[place], answer }
    })
}
