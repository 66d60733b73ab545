import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter } from '../../src/records/bytes.ts'

const SEED = { seed: 20261121 }
const u32 = fc.nat(0xffffffff)
const f64 = fc.double()
const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constant('\ufeffM1'))
const bytes = fc.uint8Array({ maxLength: 40 })
const offset = fc.nat(9)

/** The record as a reader gets it: at any place of a larger buffer. */
function placed(body: Uint8Array, offset: number): Uint8Array {
  const buffer = new Uint8Array(body.length + offset + 5).fill(0xee)
  buffer.set(body, offset)
  return buffer.subarray(offset, offset + body.length)
}

type Part =
  | { kind: 'u32' | 'f64'; value: number }
  | { kind: 'text'; value: string }
  | { kind: 'bytes' | 'u8s'; value: Uint8Array }
  | { kind: 'f64s'; value: Float64Array }
  | { kind: 'u32s'; value: Uint32Array }

function write(into: ByteWriter, part: Part): void {
  switch (part.kind) {
    case 'u32':
    case 'f64':
      into[part.kind](part.value)
      return
    case 'text':
      into.text(part.value)
      return
    case 'bytes':
      into.bytes(part.value)
      return
    case 'u8s':
      into.u8s(part.value, part.value.length)
      return
    case 'f64s':
      into.f64s(part.value, part.value.length)
      return
    default:
      into.u32s(part.value, part.value.length)
  }
}

function read(from: ByteReader, part: Part): unknown {
  switch (part.kind) {
    case 'u8s':
    case 'f64s':
    case 'u32s':
      return from[part.kind](part.value.length)
    default:
      return from[part.kind]()
  }
}

test('bytes: any sequence of parts reads back from any capacity', () => {
  const part: fc.Arbitrary<Part> = fc.oneof(
    fc.record({ kind: fc.constant('u32' as const), value: u32 }),
    fc.record({ kind: fc.constant('f64' as const), value: f64 }),
    fc.record({ kind: fc.constant('text' as const), value: text }),
    fc.record({ kind: fc.constantFrom('bytes' as const, 'u8s' as const), value: bytes }),
    fc.record({ kind: fc.constant('f64s' as const), value: fc.float64Array({ maxLength: 20 }) }),
    fc.record({ kind: fc.constant('u32s' as const), value: fc.uint32Array({ maxLength: 20 }) })
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 20 }), fc.nat(200), offset, (parts, capacity, at) => {
      const writer = new ByteWriter(capacity)
      for (const part of parts) write(writer, part)
      const reader = new ByteReader(placed(writer.finish(), at))
      for (const part of parts) assert.deepEqual(read(reader, part), part.value)
      assert.throws(() => reader.u32(), RangeError)
    }),
    SEED
  )
})
