import { type AuditCounters, completeAudit } from '../../model/audit.ts'
import { EMPTY_POSITION, type SeriesPosition } from '../port.ts'
import { tagInLine, textInLine } from './line-text.ts'
import type { InfluxLink } from './link.ts'
import { rowsOf } from './select.ts'
import { MEASUREMENTS } from './schema.ts'

/**
 * Where the store stands, out of InfluxDB itself: a database that was restored from an older copy is fed again from where it
 * stands.
 *
 *   store_state   one point at time 0: position and the last id of the quarantine as JSON text; its line is one write, so it is there or not.
 *                 `open_to`, written before the lines of a batch, says how far points may lie there that are not seen
 *   terminals     two slots a terminal, at 0 and 1 ns, written in turn: one of them is as of the position whatever was cut off
 */
export interface StoreState {
  readonly position: SeriesPosition
  /** Points of records up to here may lie there; beyond the position they are not seen. */
  readonly openTo: number
  /** 0 while there is none. */
  readonly lastQuarantineId: number
  readonly terminals: ReadonlyMap<string, TerminalSlot>
}

export interface TerminalSlot {
  readonly slot: 0 | 1
  readonly audit: AuditCounters
}

type KeptState = SeriesPosition & { readonly lastQuarantineId: number }

/** @throws InfluxFailure */
export async function readState(link: InfluxLink): Promise<StoreState> {
  const [found] = await link.query('kept', `SELECT state, open_to FROM ${MEASUREMENTS.state} WHERE time = 0`)
  const [row] = found?.[0] === undefined ? [] : [...rowsOf(found[0])]
  const state = row?.cell('state')
  const kept: KeptState =
    typeof state === 'string' ? (JSON.parse(state) as KeptState) : { ...EMPTY_POSITION, lastQuarantineId: 0 }
  const { lastQuarantineId, ...position } = kept
  return {
    position: { ...position, audit: completeAudit(position.audit) },
    openTo: Number(row?.cell('open_to') ?? 0),
    lastQuarantineId,
    terminals: await readTerminals(link, position.resultsSeq)
  }
}

/** One line that makes everything up to a position seen. */
export const stateLine = (position: SeriesPosition, lastQuarantineId: number): string =>
  `${MEASUREMENTS.state} state=${textInLine(JSON.stringify({ ...position, lastQuarantineId } satisfies KeptState))} 0`

/** Before the lines of a batch. @param seq of its end */
export const openLine = (seq: number): string => `${MEASUREMENTS.state} open_to=${seq}i 0`

async function readTerminals(link: InfluxLink, toSeq: number): Promise<Map<string, TerminalSlot>> {
  const [series = []] = await link.query(
    'kept',
    `SELECT seq, audit FROM ${MEASUREMENTS.terminals} WHERE time >= 0 AND time <= 1 AND seq <= ${toSeq} GROUP BY terminal`
  )
  const found = new Map<string, TerminalSlot>()
  for (const each of series) {
    let newest = -1
    for (const { time, cell } of rowsOf(each)) {
      const seq = Number(cell('seq'))
      if (seq <= newest) continue
      newest = seq
      const audit = completeAudit(JSON.parse(String(cell('audit'))) as AuditCounters)
      found.set(each.tags?.terminal ?? '', { slot: time.below === 1 ? 1 : 0, audit })
    }
  }
  return found
}

/** Lines of the counters of terminals, each into the slot that is not of now, and what stands in the slots then. */
export function terminalLines(
  seq: number,
  terminals: ReadonlyMap<string, AuditCounters>,
  known: ReadonlyMap<string, TerminalSlot>
): { readonly lines: string[]; readonly slots: Map<string, TerminalSlot> } {
  const slots = new Map<string, TerminalSlot>()
  const lines: string[] = []
  for (const [id, audit] of terminals) {
    const slot = known.get(id)?.slot === 0 ? 1 : 0
    slots.set(id, { slot, audit })
    lines.push(
      `${MEASUREMENTS.terminals},terminal=${tagInLine(id)} seq=${seq}i,audit=${textInLine(JSON.stringify(audit))} ${slot}`
    )
  }
  return { lines, slots }
}
