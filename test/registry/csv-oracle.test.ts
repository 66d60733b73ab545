import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CsvError, parse } from 'csv-parse/sync'
import { seededRandom } from '../../src/random.ts'
import { scanCsv } from '../../src/registry/read/csv.ts'

/** What csv-parse makes of a text, undefined when it refuses it. */
function oracle(text: string): string[][] | undefined {
  const records: string[][] = []
  try {
    parse(text, {
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      record_delimiter: ['\r\n', '\n'],
      on_record(cells: string[]) {
        if (cells.some(cell => cell !== '')) records.push(cells)
        return null
      }
    })
    return records
  } catch (thrown) {
    if (thrown instanceof CsvError) return undefined
    throw thrown
  }
}

const PIECES = [
  'a',
  '12',
  'ab',
  '变',
  ' ',
  '\t',
  '\u3000',
  ',',
  ',',
  ',',
  '\n',
  '\n',
  '\r\n',
  '"',
  '"',
  '""',
  '"x"',
  '"1,\n2"'
]

/** csv-parse takes `"" "a"` for one cell. */
const TWICE_QUOTED = /"[ \t\r\u3000]+"/

test('random texts are read as csv-parse reads them; what it refuses has a broken line', () => {
  const random = seededRandom('csv')
  let [refused, taken] = [0, 0]
  for (let round = 0; round < 20_000; round++) {
    const length = random.integer(24)
    const pieces = Array.from({ length }, () => PIECES[random.integer(PIECES.length)])
    const text = (random.next() < 0.2 ? '\ufeff' : '') + pieces.join('')
    const records: string[][] = []
    const broken: number[] = []
    const lines: number[] = []
    scanCsv(
      Buffer.from(text),
      (cells, line) => {
        records.push([...cells])
        lines.push(line)
      },
      line => broken.push(line)
    )
    const expected = oracle(text)
    if (expected === undefined) {
      refused++
      // It looks at blanks behind a quote byte by byte, so one of several bytes is none to it.
      assert.ok(broken.length > 0 || text.includes('\u3000'), JSON.stringify(text))
    } else if (broken.length > 0) {
      assert.match(text, TWICE_QUOTED)
    } else {
      taken++
      assert.deepEqual({ records, broken }, { records: expected, broken: [] }, JSON.stringify(text))
    }
    assert.deepEqual(
      lines,
      [...new Set(lines)].sort((a, b) => a - b),
      'lines go up'
    )
  }
  assert.ok(refused > 1000 && taken > 1000, `${refused} refused, ${taken} taken`)
})
