import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  entryKey,
  type UnboundReading,
  UnknownMeters
} from '../../../processors/validate/exchange/unknown-meters.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const begin = (unknowns: UnknownMeters, terminal: string, id: string, strangerUntil = 0) =>
  unknowns.begin({ terminal, id, firstTime: 0, firstAt: 0, checkAt: 0, neighbour: -1, strangerUntil })

const reading = (seq: number, heldAt = 0): UnboundReading => ({
  origin: { log: 'frames', seq, at: heldAt, terminal: 'T0', topic: 'readings' },
  index: 0,
  time: 1000 - seq,
  heldAt,
  text: '{}'
})

test('unknown meters: what finds no room is told so', () => {
  const unknowns = new UnknownMeters()
  const meters = Array.from({ length: 17 }, (_, i) => begin(unknowns, 'T0', `N${i}`))
  assert.equal(meters.filter(meter => meter !== undefined).length, 16)
  let kept = 0
  while (kept < 20_000 && unknowns.add(meters[kept % 2]!, reading(kept))) kept++
  assert.equal(kept, 13_000)
  for (let terminal = 1; terminal < 9; terminal++) {
    const meter = begin(unknowns, `T${terminal}`, 'N')!
    for (let seq = 0; seq < 10_000 && unknowns.add(meter, reading(seq)); seq++) kept++
  }
  assert.equal(kept, 50_000)
  assert.equal(unknowns.take(meters[0]!, 10).length, 10)
  for (let seq = 0; unknowns.add(meters[1]!, reading(seq)); seq++) kept++
  assert.equal(kept, 50_010, 'room that was given back is there again')
  let begun = 0
  while (begun < 20_000 && begin(unknowns, `X${begun}`, 'N') !== undefined) begun++
  assert.equal(begun, 10_000 - 16 - 8)
})

test('unknown meters: what is released or has waited too long is gone, the rest comes back from a checkpoint', () => {
  const unknowns = new UnknownMeters()
  const [one, two] = ['N1', 'N2'].map(id => begin(unknowns, 'T0', id)!)
  for (let seq = 0; seq < 4; seq++) {
    unknowns.add(one, reading(seq, seq * DAY))
    unknowns.add(two, reading(10 + seq, seq * DAY))
  }
  begin(unknowns, 'T1', 'stranger', 5 * DAY)
  const seqs = (readings: readonly UnboundReading[]) => readings.map(({ origin }) => origin.seq)
  assert.deepEqual(seqs(unknowns.sweep(3 * DAY, 2)), [0, 10])
  assert.deepEqual(unknowns.sweep(3 * DAY + HOUR - 1, 1), [], 'once an hour')
  const loaded = new UnknownMeters()
  loaded.load(JSON.parse(JSON.stringify(unknowns.save())))
  assert.deepEqual(loaded.save(), unknowns.save())
  loaded.drop(new Set([entryKey({ log: 'frames', seq: 12, index: 0 })]))
  assert.deepEqual(seqs(loaded.release(id => id === 'N2')), [13, 11], 'in order of data time')
  assert.equal(loaded.get('T0', 'N2'), undefined)
  assert.ok(loaded.get('T1', 'stranger'))
  assert.deepEqual(seqs(loaded.sweep(9 * DAY, 2)), [1, 2, 3])
  assert.ok(loaded.isEmpty)
})
