import { FIELDS, ratioOf } from '../../src/model/fields.ts'
import { qualityAt, SUSPECT } from '../../src/model/quality.ts'
import { nanoseconds, tagInLine, textInLine } from '../../src/series/influxdb/line-text.ts'
import type { SeriesBatch } from '../../src/series/port.ts'

/** Points of a batch said as plainly as possible: strings and loops. The oracle of the fast writer, of readings without long extras. */
export function plainPoints(
  { readings, intervals }: Pick<SeriesBatch, 'readings' | 'intervals'>,
  names: (meter: number) => string
): string[] {
  const lines: string[] = []
  const left = new Map(intervals.map(block => [block.seq, new Set(range(block.columns.rows))]))
  const text = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))
  const interval = (columns: SeriesBatch['intervals'][number]['columns'], row: number): string => {
    const energies = columns.energy.map(of => (Number.isNaN(of[row]) ? '' : text(of[row] ?? 0)))
    const head = [columns.start[row], columns.at[row], columns.revision[row], energies.join(',')]
    return [...head, columns.quality[row], columns.reasons[row]].join('|')
  }
  const energies = (columns: SeriesBatch['intervals'][number]['columns'], row: number): string[] =>
    ['intervalKwh', 'intervalExportKwh', 'intervalKvarh', 'intervalExportKvarh'].flatMap((name, register) => {
      const value = columns.energy[register]?.[row] ?? Number.NaN
      return Number.isFinite(value) ? [`${name}=${text(value)}`] : []
    })
  for (const { seq, columns } of readings) {
    const behind = intervals.find(block => block.seq === seq + 1)?.columns
    for (const row of range(columns.rows)) {
      const meter = columns.meter[row] ?? 0
      const time = columns.time[row] ?? 0
      const version = columns.version[row] ?? 1
      const rest = left.get(seq + 1) ?? new Set<number>()
      const ends = [...rest].filter(at => behind?.meter[at] === meter && behind?.end[at] === time)
      const at = ends.at(-1)
      if (at !== undefined) rest.delete(at)
      const value = (field: number): number => columns.values[field]?.[row] ?? Number.NaN
      const present = range(FIELDS.length).filter(field => !Number.isNaN(value(field)))
      const parts = [
        `${seq}`,
        present.map(field => `${field}=${text(value(field))}`).join(','),
        `${columns.at[row]}`
      ]
      const [low, high] = [columns.qualityLow[row] ?? 0, columns.qualityHigh[row] ?? 0]
      if (low !== 0 || high !== 0) parts.push(`q${low},${high}`)
      const [ct, pt] = [columns.ct[row] ?? 1, columns.pt[row] ?? 1]
      if (ct !== 1) parts.push(`c${ct}`)
      if (pt !== 1) parts.push(`p${pt}`)
      const isPrimary = columns.primary[row] === 1
      if (isPrimary) parts.push('P')
      const reasons = columns.reasons.filter(reason => reason.row === row)
      if (reasons.length > 0) parts.push(`r${reasons.map(({ field, mask }) => `${field}=${mask}`).join(',')}`)
      if (behind !== undefined && at !== undefined) parts.push(`i${interval(behind, at)}`)
      parts.push(...columns.extras.filter(extra => extra.row === row).map(extra => `x${extra.text}`))
      const tag = `meter=${tagInLine(names(meter))}`
      const below = (columns.kind[row] ?? 0) * 100_000 + version
      const correction = version > 1 ? ',correction=1i' : ''
      lines.push(
        `raw reading_versions,${tag} row=${textInLine(parts.join(';'))}${correction} ${nanoseconds(time, below)}`
      )
      const finals = present.flatMap(field => {
        const { name, scale } = FIELDS[field] ?? FIELDS[0]
        const primary = value(field) * ratioOf(scale, isPrimary ? 1 : ct, isPrimary ? 1 : pt)
        return Number.isFinite(primary) ? [{ field, text: `${name}=${text(primary)}` }] : []
      })
      const fields = finals.map(final => final.text)
      const suspects = finals.filter(({ field }) => qualityAt(low, high, field) === SUSPECT).length
      if (fields.length > 0 && (suspects > 0 || version > 1)) fields.push(`suspectValues=${suspects}i`)
      if (behind !== undefined && at !== undefined) fields.push(...energies(behind, at))
      if (fields.length > 0) lines.push(`final readings,${tag} ${fields.join(',')} ${nanoseconds(time)}`)
    }
  }
  for (const { seq, columns } of intervals) {
    for (const row of left.get(seq) ?? []) {
      const tag = `meter=${tagInLine(names(columns.meter[row] ?? 0))}`
      const end = columns.end[row] ?? 0
      const at = nanoseconds(end, (columns.revision[row] ?? 0) % 1_000_000)
      // Alone, it is of its own record, or of that of the readings before.
      const of = readings.some(block => block.seq === seq - 1) ? seq - 1 : seq
      lines.push(`raw interval_versions,${tag} row="${of};${interval(columns, row)}" ${at}`)
      const fields = energies(columns, row)
      if (fields.length > 0) lines.push(`final readings,${tag} ${fields.join(',')} ${nanoseconds(end)}`)
    }
  }
  return lines
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
