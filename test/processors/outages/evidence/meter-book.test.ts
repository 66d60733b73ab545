import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeterBook } from '../../../../processors/outages/evidence/meter-book.ts'
import { seededRandom } from '../../../../src/random.ts'
import { ByteReader, ByteWriter } from '../../../../src/records/bytes.ts'

/** As many proofs as a book remembers, an hour of quarters. */
const KEPT = 4
const books = (size = 1): MeterBook => {
  const book = new MeterBook()
  book.grow(size)
  return book
}
const prove = (book: MeterBook, ...times: number[]): void => {
  for (const time of times) book.prove(0, time)
}

test('a meter of which nothing is known has never lived, is held by nobody and has missed nothing', () => {
  const book = books()
  assert.ok(Number.isNaN(book.aliveAt(0)))
  assert.ok(!book.wasAlive(0, -Infinity, Infinity))
  assert.ok(Number.isNaN(book.firstProofAfter(0, -Infinity)))
  assert.deepEqual(
    [book.incident[0], book.lastIncident[0], book.lostCase[0], book.missed[0]],
    [-1, -1, -1, 0]
  )
})

test('the newest proofs of life are remembered, in whatever order they come', () => {
  const random = seededRandom('proofs')
  for (let round = 0; round < 300; round++) {
    const book = books()
    const told = new Set<number>()
    for (let i = 0; i < 1 + random.integer(12); i++) {
      const time = random.integer(30)
      told.add(time)
      book.prove(0, time)
      const newest = [...told].sort((a, b) => b - a).slice(0, KEPT)
      assert.equal(book.aliveAt(0), newest[0])
      for (let from = -1; from <= 30; from++) {
        const after = newest.filter(each => each > from)
        assert.equal(book.firstProofAfter(0, from), after.at(-1) ?? Number.NaN, `${[...told]} after ${from}`)
        for (const to of [from + 1, from + 2, from + 5, Infinity])
          assert.equal(
            book.wasAlive(0, from, to),
            after.some(each => each < to),
            `${[...told]} in ${from}..${to}`
          )
      }
    }
  }
})

test('proofs of one meter say nothing of its neighbours', () => {
  const book = books(3)
  book.prove(1, 100)
  assert.ok(Number.isNaN(book.aliveAt(0)) && Number.isNaN(book.aliveAt(2)))
  assert.ok(!book.wasAlive(0, 0, 200) && !book.wasAlive(2, 0, 200) && book.wasAlive(1, 0, 200))
})

test('a meter that is held is back at its first proof of life since, whatever comes first', () => {
  const told = (...times: number[]): number | undefined => {
    const book = books()
    prove(book, 10, 20)
    book.hold(0, 7, 50)
    prove(book, ...times)
    return book.firstBack[0]
  }
  assert.equal(told(), Number.NaN)
  assert.equal(told(40, 50), Number.NaN, 'before, and just then')
  assert.equal(told(60), 60)
  assert.equal(told(100, 60), 60, 'an older one comes later')
  assert.equal(told(100, 110, 120, 130, 140, 60), 60, 'older than all that is remembered')
  assert.equal(told(60, 100), 60)
})

test('a meter that was proven to live already when it is held is back since then', () => {
  const book = books()
  prove(book, 10, 60, 70)
  book.hold(0, 7, 50)
  assert.deepEqual([book.firstBack[0], book.incident[0], book.lastIncident[0]], [60, 7, 7])
  book.hold(0, 8, 65)
  assert.deepEqual([book.firstBack[0], book.incident[0], book.lastIncident[0]], [70, 8, 8])
})

test('rounds that are missed in a row are counted from the first one, until it is heard', () => {
  const book = books()
  const told = (): (number | undefined)[] => [book.missed[0], book.missedSince[0], book.missedWeight[0]]
  book.missRound(0, 2, 100, false)
  book.missRound(0, 3, 200, false)
  assert.deepEqual(told(), [2, 100, 5])
  book.heardRound(0)
  assert.deepEqual(told(), [0, Number.NaN, 0])
  book.missRound(0, 1, 300, false)
  assert.deepEqual(told(), [1, 300, 1])
  book.forgiveMisses(0)
  assert.deepEqual(told(), [0, Number.NaN, 0])
})

test('the own rate of a meter goes to what it misses, and only where it learns', () => {
  const book = books(2)
  const first = book.missRate[0]!
  for (let i = 0; i < 2000; i++) {
    if (i % 4 === 0) book.missRound(0, 1, i, true)
    else book.heardRound(0)
    book.missRound(1, 1, i, false)
  }
  assert.ok(Math.abs(book.missRate[0]! - 0.25) < 0.03, `${book.missRate[0]}`)
  assert.equal(book.missRate[1], first)
})

type Column = Float64Array | Float32Array | Int32Array | Uint16Array | Uint8Array
const columnsOf = (book: MeterBook): [string, Column][] =>
  Object.entries(book).filter((entry): entry is [string, Column] => ArrayBuffer.isView(entry[1]))

/** Every column full of what it can hold, times that are not known among them. */
function filled(size: number): MeterBook {
  const random = seededRandom('columns')
  const book = books(size)
  for (const [, column] of columnsOf(book))
    for (let meter = 0; meter < size; meter++) {
      if (column instanceof Float64Array)
        column[meter] = random.next() < 0.3 ? Number.NaN : 1.7e12 + random.integer(1e9)
      else if (column instanceof Float32Array) column[meter] = random.next()
      else if (column instanceof Int32Array) column[meter] = random.integer(1e6) - 1
      else column[meter] = random.integer(200)
    }
  for (let meter = 0; meter < size; meter++)
    for (let i = 0; i < random.integer(6); i++) book.prove(meter, 1.7e12 + random.integer(1e9))
  return book
}

for (const size of [0, 1, 2, 7, 100])
  test(`all that is known of ${size} meters is saved and loaded`, () => {
    const book = filled(size)
    const writer = new ByteWriter(64).text('x')
    book.save(writer)
    writer.u32(4711)
    const reader = new ByteReader(writer.finish())
    reader.text()
    const loaded = new MeterBook()
    loaded.load(reader)
    assert.equal(reader.u32(), 4711, 'all of it was read')
    assert.equal(loaded.size, size)
    assert.ok(columnsOf(book).length > 15)
    assert.deepEqual(Object.fromEntries(columnsOf(loaded)), Object.fromEntries(columnsOf(book)))
    for (let meter = 0; meter < size; meter++)
      for (let time = 1.7e12; time < 1.7e12 + 1e9; time += 1e8)
        assert.equal(loaded.firstProofAfter(meter, time), book.firstProofAfter(meter, time))
  })

test('room for more meters keeps what is known and begins the others anew', () => {
  const [grown, book, fresh] = [filled(5), filled(5), books(9)]
  grown.grow(9)
  grown.grow(3)
  assert.equal(grown.size, 9)
  for (const [name, column] of columnsOf(grown)) {
    const [old, none] = [book, fresh].map(each => columnsOf(each).find(([other]) => other === name)![1])
    assert.deepEqual([...column.slice(0, 5)], [...old!], name)
    assert.deepEqual([...column.slice(5)], [...none!.slice(5)], name)
  }
  for (let meter = 0; meter < 5; meter++) assert.equal(grown.aliveAt(meter), book.aliveAt(meter))
  assert.ok(Number.isNaN(grown.aliveAt(5)))
})
