/** Phases of the network as bits: A 1, B 2, C 4. 0 stands for unknown, or none. */
export type Phases = number

export const ABC: Phases = 7
const LETTERS = 'ABC'

/** Bits of letters such as "A" or "BC", in any order; undefined when there is another letter. */
export function phasesOf(letters: string): Phases | undefined {
  let bits = 0
  for (const letter of letters) {
    const place = LETTERS.indexOf(letter)
    if (place < 0) return undefined
    bits |= 1 << place
  }
  return bits
}

/** Letters of bits; '' for none. */
export const lettersOf = (phases: Phases): string =>
  [...LETTERS].filter((_, place) => (phases >> place) & 1).join('')
