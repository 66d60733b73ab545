import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TerminalBook } from '../../../../processors/outages/evidence/terminal-book.ts'

const loadedFrom = (book: TerminalBook): TerminalBook => {
  const loaded = new TerminalBook()
  loaded.of('gone')
  loaded.load(JSON.parse(JSON.stringify(book.save())) as object)
  return loaded
}

test('all that is known of terminals is saved and loaded, what is not known too', () => {
  const book = new TerminalBook()
  book.of('fresh')
  for (const [place, isLinked] of [true, false, undefined].entries()) {
    const state = book.of(`K${place}`)
    // Each field in turn is one that nobody knows.
    Object.keys(state).forEach((name, i) => {
      if (!name.startsWith('is')) Object.assign(state, { [name]: i % 3 === place ? Number.NaN : i * 1000.5 })
    })
    Object.assign(state, { isLinked, isDownExact: place === 1, generation: place, downs: place })
  }
  assert.deepEqual([...loadedFrom(book).all()], [...book.all()])
})

test('a terminal that is asked about for the first time is one of which nothing is known', () => {
  const { isLinked, mainsAt, downAt, roundAt } = new TerminalBook().of('K1')
  assert.deepEqual([isLinked, mainsAt, downAt, roundAt], [undefined, Number.NaN, Number.NaN, Number.NaN])
})
