import type { QuarantineEntry } from '../../model/columns.ts'
import { QUARANTINE_REASONS, type QuarantineMark } from '../../model/quarantine.ts'
import type { SeriesBatch } from '../port.ts'
import { tagInLine, textInLine } from './line-text.ts'
import { markKey } from './quarantine.ts'
import { MEASUREMENTS } from './schema.ts'

/** Bytes of one part: their base64 fits into a text field, which ends at 64 KB. */
const PART_BYTES = 45_000
/** Parts of one entry, and marks of it that lie apart. */
const PLACES = 1000

/**
 * Lines of the entries of a batch, and their ids. An id is the arrival in microseconds, or one more than the id before where that
 * is not less: it rises with the results log, is the same whenever the batch comes again, and is the point's time.
 * @param lastId of the batch before
 */
export function quarantineLines(
  blocks: SeriesBatch['quarantine'],
  lastId: number
): { readonly lines: string[]; readonly ids: Map<string, number>; readonly lastId: number } {
  const lines: string[] = []
  const ids = new Map<string, number>()
  let last = lastId
  for (const { seq, entries } of blocks) {
    for (const entry of entries) {
      last = Math.max(Math.floor(entry.at) * 1000, last + 1)
      ids.set(markKey(entry), last)
      lines.push(...linesOf(seq, last, entry))
    }
  }
  return { lines, ids, lastId: last }
}

function* linesOf(seq: number, id: number, entry: QuarantineEntry): Generator<string> {
  const { log, at, terminal, topic, reason, index, meter, bytes } = entry
  const terminalTag = terminal === '' ? '' : `,terminal=${tagInLine(terminal)}`
  const code = QUARANTINE_REASONS[reason]?.code ?? 'UNKNOWN'
  const fields = [
    ...[`seq=${seq}i`, `log="${log}"`, `record=${entry.seq}i`, `at=${Math.floor(at)}i`],
    ...[`topic=${textInLine(topic)}`, `position=${index}i`, `meter=${textInLine(meter)}`],
    `size=${bytes.length}i`
  ]
  for (let part = 0; part * PART_BYTES < bytes.length; part++) {
    const text = Buffer.from(bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)).toString('base64')
    yield `${MEASUREMENTS.quarantineBytes} seq=${seq}i,bytes="${text}" ${id}${String(part).padStart(3, '0')}`
  }
  yield `${MEASUREMENTS.quarantine}${terminalTag},reason=${code} ${fields.join(',')} ${id}000`
}

/** Of each entry its newest mark in the batch: those before it have said nothing that anybody has seen. */
export function newestMarks(
  blocks: SeriesBatch['marks']
): readonly { readonly seq: number; readonly mark: QuarantineMark }[] {
  const newest = new Map<string, { readonly seq: number; readonly mark: QuarantineMark }>()
  for (const { seq, marks } of blocks) for (const mark of marks) newest.set(markKey(mark), { seq, mark })
  return [...newest.values()]
}

/** A mark lies at the time of its entry, the last three digits tell it from others. */
export function markLine(seq: number, { at, by, outcome, reason }: QuarantineMark, id: number): string {
  const fields = [
    ...[`seq=${seq}i`, `at=${Math.floor(at)}i`, `by=${textInLine(by)}`],
    ...[`outcome="${outcome}"`, `reason=${reason}i`]
  ]
  return `${MEASUREMENTS.quarantineMarks} ${fields.join(',')} ${id}${String(seq % PLACES).padStart(3, '0')}`
}
