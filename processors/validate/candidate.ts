import type { DecodedFrame } from '../../src/codecs/decoded-frame.ts'
import { FIELD_COUNT } from '../../src/model/fields.ts'
import type { Replayed } from '../stage.ts'

/** A reading with a known meter, on its way through the rules. */
export interface Candidate {
  meter: number
  time: number
  at: number
  kind: number
  /** Transformer ratios to apply; 1 when the values are primary. */
  ct: number
  pt: number
  primary: boolean
  /** Bit f is set when field f is there. */
  fields: number
  /** By field number, NaN absent, as sent. */
  values: number[]
  extras: string
  /** 53 bits over values, extras and `primary`: equal readings have equal hashes. */
  hash: number
  terminal: string
  /** Set while it is judged again: its entry of the quarantine is told what became of it. */
  replayed?: Replayed | undefined
}

/** The ratio as windows and points keep it: CT x PT, 0 when the values are primary. */
export const ratioIn = ({ primary, ct, pt }: Candidate): number => (primary ? 0 : ct * pt)

export const emptyCandidate = (): Candidate => ({
  meter: 0,
  time: 0,
  at: 0,
  kind: 0,
  ct: 1,
  pt: 1,
  primary: false,
  fields: 0,
  values: new Array<number>(FIELD_COUNT).fill(Number.NaN),
  extras: '',
  hash: 0,
  terminal: '',
  replayed: undefined
})

/** Writes a row of a decoded frame into a candidate whose meter, arrival, terminal and ratios are there. */
export function fillCandidate(candidate: Candidate, frame: DecodedFrame, row: number): void {
  const { values } = candidate
  const primary = frame.primary[row] === 1
  candidate.time = frame.time[row] ?? 0
  candidate.kind = frame.kind[row] ?? 0
  candidate.primary = primary
  if (primary) {
    candidate.ct = 1
    candidate.pt = 1
  }
  const start = row * FIELD_COUNT
  const fields = frame.fields[row] ?? 0
  // Nearly always the fields of the reading before: then each is overwritten.
  if (fields !== candidate.fields) values.fill(Number.NaN)
  candidate.fields = fields
  for (let rest = fields; rest !== 0; rest &= rest - 1) {
    const field = lowestBit(rest)
    values[field] = frame.values[start + field] ?? Number.NaN
  }
  candidate.extras = frame.extras[row] ?? ''
  candidate.hash = hashReading(values, candidate.extras, primary)
  candidate.replayed = undefined
}

/** Number of the lowest bit set. */
export const lowestBit = (bits: number): number => 31 - Math.clz32(bits & -bits)

const number = new Float64Array(1)
const words = new Uint32Array(number.buffer)

/**
 * A hash by which a re-delivered reading is known: two multiplied and shifted words over (field, value bits) and the
 * extras, the second fed by the first, joined to 53 bits. The same numbers sent as primary are another reading. Two
 * different readings of one meter and time agree by chance once in 10^15.
 */
export function hashReading(values: readonly number[], extras: string, isPrimary: boolean): number {
  let a = isPrimary ? 0x050c5d1f : 0x811c9dc5
  let b = 0x9e3779b9
  for (let field = 0; field < FIELD_COUNT; field++) {
    const value = values[field] ?? Number.NaN
    if (Number.isNaN(value)) continue
    // -0 and 0 are the same reading.
    number[0] = value + 0
    const low = words[0] ?? 0
    const high = (words[1] ?? 0) ^ field
    a = Math.imul(a ^ low ^ (high << 13) ^ (high >>> 19), 0x9e3779b1)
    b = Math.imul((b + a) ^ high, 0xc2b2ae35)
    a ^= a >>> 15
    b ^= b >>> 13
  }
  for (let i = 0; i < extras.length; i++) {
    a = Math.imul(a ^ extras.charCodeAt(i), 0x01000193)
    b = Math.imul(b ^ extras.charCodeAt(i), 0x85ebca6b) ^ (b >>> 13)
  }
  return (a >>> 0) * 0x200000 + ((b ^ (b >>> 16)) >>> 11)
}
