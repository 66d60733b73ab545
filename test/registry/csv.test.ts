import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestName, readAsUtf8, scanCsv } from '../../src/registry/read/csv.ts'

function scan(text: string): string[] {
  const seen: string[] = []
  const complete = scanCsv(
    Buffer.from(text),
    (cells, line) => seen.push(`${line}:${cells.join('|').replaceAll('\n', '/')}`),
    (line, message) => seen.push(`${line}!${message}`)
  )
  if (!complete) seen.push('gave up')
  return seen
}

const STRAY = 'a quote stands where none may stand'
const OPEN = 'a quoted cell that starts here never ends'

test('records come with the line they start at', async t => {
  const cases: [string, string, string[]][] = [
    ['plain', 'a,b\n1,2\n', ['1:a|b', '2:1|2']],
    ['BOM', '\ufeffa,b\n1,2', ['1:a|b', '2:1|2']],
    ['CRLF', 'a,b\r\n1,2\r\n', ['1:a|b', '2:1|2']],
    ['CRLF in the header only', 'a,b\r\n1,2\n3,4\n', ['1:a|b', '2:1|2', '3:3|4']],
    ['empty lines', 'a,b\n\n1,2\n\n\n3,4\n', ['1:a|b', '3:1|2', '6:3|4']],
    ['rows of empty cells', 'a,b\n,\n3,4\n', ['1:a|b', '3:3|4']],
    ['quotes', 'a,b\n"1,5","say ""x"""\n', ['1:a|b', '2:1,5|say "x"']],
    ['line break in a cell', 'a,b\n"1\n2",x\n3,4\n', ['1:a|b', '2:1/2|x', '4:3|4']],
    ['line break in a cell after an empty line', 'a,b\n\n"1\n2",x\n3,4\n', ['1:a|b', '3:1/2|x', '5:3|4']],
    ['blanks around cells', 'a , b\n 1,2 \n', ['1:a|b', '2:1|2']],
    ['stray quote', 'a,b\n1,"x"y\n3,4\n', ['1:a|b', `2!${STRAY}`, '3:3|4']],
    ['stray quote after an empty line', 'a,b\n\n1,"x"y\n3,4\n', ['1:a|b', `3!${STRAY}`, '4:3|4']],
    ['quote that never ends', 'a,b\n1,"x\n3,4\n5,6', ['1:a|b', `2!${OPEN}`, '3:3|4', '4:5|6']],
    ['broken last line', 'a,b\n1,2\n"x', ['1:a|b', '2:1|2', `3!${OPEN}`]],
    [
      'two broken lines',
      'a,b\n1,"x"y\n3,4\n"5"6,7\n8,9',
      ['1:a|b', `2!${STRAY}`, '3:3|4', `4!${STRAY}`, '5:8|9']
    ],
    ['nothing', '', []]
  ]
  for (const [name, text, expected] of cases) {
    await t.test(name, () => assert.deepEqual(scan(text), expected))
  }
})

test('a file that is not CSV is given up, not scanned for ever', () => {
  const seen = scan(`a,b\n${'1,"x"y\n'.repeat(150)}`)
  assert.equal(seen.length, 102)
  assert.equal(seen.at(-1), 'gave up')
})

test('encodings: UTF-8 as it is, GB 18030 converted, others refused', () => {
  const gb = Buffer.from([0xb1, 0xe4, 0xd1, 0xb9, 0xc6, 0xf7])
  const read = readAsUtf8(gb)
  assert.equal(read?.encoding, 'GB 18030')
  assert.equal(Buffer.from(read?.text ?? []).toString(), '变压器')
  assert.equal(readAsUtf8(Buffer.from('变压器'))?.encoding, 'UTF-8')
  assert.equal(readAsUtf8(Buffer.from('\ufeffid,name\n', 'utf16le')), undefined)
})

test('the nearest known name', () => {
  const known = ['id', 'usage_point', 'terminal', 'ct_ratio', 'pt_ratio']
  assert.equal(nearestName('usagepoint', known), 'usage_point')
  assert.equal(nearestName('termnial', known), 'terminal')
  assert.equal(nearestName('CT-Ratio', known), 'ct_ratio')
})
