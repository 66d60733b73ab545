import type { Random } from '../../src/random.ts'
import { HOSTILE } from './values.ts'

/** What no cell of these files should be, beside texts that are hostile anywhere. */
const ODD_CELLS = [
  ...HOSTILE,
  'Infinity',
  '1e309',
  '-1e7',
  '1,5',
  '１２',
  '2026-13-01',
  '=1+1',
  'KC000',
  'KC001',
  'KC000-G1',
  'KC001-G1',
  'KC000-GEN;KC000-GEN',
  'KC000-G1;KC001-G1',
  ';',
  'KC000-S1',
  'U-KC000-1',
  'U-KC001-1',
  'U0000001',
  'T000000',
  '330400000000',
  'A-KC001',
  'grid',
  'ups',
  'truck',
  'manual',
  'none',
  'KC000-G1;'.repeat(3000)
] as const

type Spoil = (rows: string[][], random: Random) => void
type SpoilText = (text: string, random: Random) => string

const pick = <T>(all: readonly T[], random: Random): T => all[random.integer(all.length)] as T
const rowOf = (rows: string[][], random: Random): string[] => pick(rows, random)

/** Rows and cells that somebody got wrong. The first row is the header. */
const SPOILS: readonly Spoil[] = [
  // Most often a cell.
  ...Array.from(
    { length: 30 },
    (): Spoil => (rows, random) => {
      const row = rows[1 + random.integer(Math.max(1, rows.length - 1))] ?? rowOf(rows, random)
      row[random.integer(row.length)] = pick(ODD_CELLS, random)
    }
  ),
  // A cell of another row, or of another column.
  (rows, random) => {
    const row = rowOf(rows, random)
    row[random.integer(row.length)] = pick(rowOf(rows, random), random)
  },
  (rows, random) => void rows.splice(random.integer(rows.length), 1),
  (rows, random) => void rows.splice(random.integer(rows.length + 1), 0, [...rowOf(rows, random)]),
  (rows, random) => void rowOf(rows, random).splice(0, 1 + random.integer(3)),
  (rows, random) => void rowOf(rows, random).push(pick(ODD_CELLS, random)),
  // A column is not there, stands twice, or changes places.
  (rows, random) => {
    const column = random.integer(rows[0]?.length ?? 1)
    for (const row of rows) row.splice(column, 1)
  },
  (rows, random) => {
    const column = random.integer(rows[0]?.length ?? 1)
    for (const row of rows) row.push(row[column] ?? '')
  },
  (rows, random) => {
    const [one, other] = [random.integer(rows[0]?.length ?? 1), random.integer(rows[0]?.length ?? 1)]
    for (const row of rows.slice(random.integer(2)))
      [row[one], row[other]] = [row[other] ?? '', row[one] ?? '']
  },
  rows => void rows.splice(1),
  rows => void rows.splice(0)
]

const SPOILT_TEXTS: readonly SpoilText[] = [
  ...Array.from({ length: 30 }, (): SpoilText => text => text),
  text => `\ufeff${text}`,
  text => text.replaceAll('\n', '\r\n'),
  text => text.replaceAll('\n', '\r'),
  text => text.replaceAll(',', '\t'),
  (text, random) => text.slice(0, random.integer(text.length + 1)),
  (text, random) => insert(text, '"', random),
  (text, random) => insert(text, '\u0000', random),
  (text, random) => insert(text, 'x'.repeat(100_000), random),
  text => text + '\n'.repeat(5000),
  text => text + text
]

function insert(text: string, what: string, random: Random): string {
  const at = random.integer(text.length + 1)
  return text.slice(0, at) + what + text.slice(at)
}

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

/** A CSV file without quotes, spoiled in one place or a few. */
export function spoilCsv(file: string, random: Random): Buffer {
  const rows = file
    .trimEnd()
    .split('\n')
    .map(line => line.split(','))
  const times = 1 + random.integer(3)
  for (let i = 0; i < times; i++) if (rows.length > 0) pick(SPOILS, random)(rows, random)
  const text = pick(SPOILT_TEXTS, random)(
    `${rows.map(row => row.map(quoted).join(',')).join('\n')}\n`,
    random
  )
  const bytes = Buffer.from(text)
  // Now and then a byte is another one, so that it is no UTF-8 any more.
  if (bytes.length > 0 && random.integer(40) === 0) bytes[random.integer(bytes.length)] = random.integer(256)
  return bytes
}
