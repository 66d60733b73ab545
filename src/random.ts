/**
 * Seeded randomness as a value. The same seed gives the same sequence on every machine, so a failing
 * run is repeated by its seed. Not for secrets: those come from node:crypto.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [0, below). */
  integer(below: number): number
  /** Standard normal (Box-Muller). */
  normal(): number
  /** An independent generator derived from this one and a label. */
  fork(label: string): Random
}

/** sfc32 (Small Fast Counter, Chris Doty-Humphrey, PractRand): 128 bits of state, period about 2^127. */
export function seededRandom(seed: number | string): Random {
  let [a, b, c, d] = spread(String(seed))
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return (t >>> 0) / 4294967296
  }
  for (let round = 0; round < 12; round++) next()
  return {
    next,
    integer: below => Math.floor(next() * below),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fork: label => seededRandom(`${seed}/${label}`)
  }
}

/** Four 32-bit words from a text (FNV-1a with four offsets). */
function spread(text: string): [number, number, number, number] {
  const words: [number, number, number, number] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35]
  for (let word = 0; word < 4; word++) {
    let hash = words[word] ?? 0
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    words[word] = hash ^ (hash >>> 15)
  }
  return words
}
