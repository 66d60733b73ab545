import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { packTexts, release, shareTexts, TextIndex } from '../../src/registry/texts.ts'

const text = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
  fc.constantFrom('', '变压器', '3301000000017', 'ＭＭ', 'é', 'e\u0301')
)

test('packed and shared columns give back what was put in', () => {
  fc.assert(
    fc.property(fc.array(text), texts => {
      const packed = packTexts(texts)
      const shared = shareTexts(texts)
      assert.deepEqual([...packed], texts)
      assert.deepEqual([...shared], texts)
      assert.deepEqual(
        [packed.get(-1), packed.get(texts.length), shared.get(-1), shared.get(texts.length)],
        ['', '', '', '']
      )
      texts.forEach((_, row) => {
        for (const other of texts) assert.equal(packed.isText(row, other), texts[row] === other)
      })
    })
  )
})

test('an index finds what a Map finds: the first row of a text, of the rows that are in', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(text, fc.boolean())),
      fc.array(text),
      fc.boolean(),
      (rows, others, isAll) => {
        const packed = packTexts(rows.map(([id]) => id))
        const index = TextIndex.of(
          packed,
          isAll ? undefined : Uint8Array.from(rows, ([, isIn]) => (isIn ? 1 : 0))
        )
        const oracle = new Map<string, number>()
        for (const [row, [id, isIn]] of rows.entries())
          if ((isAll || isIn) && !oracle.has(id)) oracle.set(id, row)
        const asked = [...others, ...rows.map(([id]) => id)]
        for (const [row, id] of asked.entries()) {
          assert.equal(index.get(id), oracle.get(id))
          assert.equal(index.has(id), oracle.has(id))
          assert.equal(index.getNear(id, row), oracle.get(id) ?? -1)
        }
        assert.deepEqual(
          [...index.allLike(packTexts(asked))],
          asked.map(id => oracle.get(id) ?? -1)
        )
        assert.deepEqual(new Map(index), oracle)
        assert.equal(index.size, oracle.size)
      }
    )
  )
})

test('ids that count up spread over the places', () => {
  const count = 50_000
  const index = TextIndex.of(
    packTexts(Array.from({ length: count }, (_, i) => `3301${String(i).padStart(8, '0')}`))
  )
  let run = 0
  let longest = 0
  for (const place of index.places) {
    run = place === 0 ? 0 : run + 1
    longest = Math.max(longest, run)
  }
  assert.ok(longest < 100, `${longest} places in a row are taken`)
})

test('memory is given back only where it belongs to the column alone', () => {
  const own = new Uint8Array(100)
  release(own)
  assert.equal(own.length, 0)
  const piece = Buffer.from('a piece of the pool')
  release(piece)
  assert.equal(piece.toString(), 'a piece of the pool')
})
