import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TextSearch } from '../../src/registry/lookup/find-texts.ts'
import { packTexts, shareTexts } from '../../src/registry/texts.ts'

/** Letters whose other case is longer, is ASCII, or has none, among plain ones. */
const LETTERS = [
  'a',
  'A',
  'k',
  'K',
  '\u212a',
  'ß',
  'İ',
  'i',
  'Σ',
  'ς',
  '0',
  '-',
  '[',
  '{',
  '@',
  '`',
  '变',
  '😀'
]
const texts = fc.array(fc.constantFrom(...LETTERS), { maxLength: 6 }).map(letters => letters.join(''))

test('a text is found in columns where a scan of strings finds it', () => {
  fc.assert(
    fc.property(fc.array(texts, { minLength: 1, maxLength: 8 }), texts, (rows, wanted) => {
      const [packed, shared, search] = [packTexts(rows), shareTexts(rows), new TextSearch(wanted)]
      for (const [row, text] of rows.entries()) {
        const isIn = text.toLowerCase().includes(wanted.toLowerCase())
        assert.equal(search.isIn(packed, row), isIn)
        assert.equal(search.isInShared(shared, row), isIn)
      }
    }),
    { numRuns: 500 }
  )
})
