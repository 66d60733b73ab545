import type { KeyCustomer, SupplySource } from '../../registry/lookup/customers.ts'
import { customerWords, type SayCustomer, sayWord } from './customer-words.ts'
import type { Reader } from './format.ts'

/** How one reader looks at a key customer: words, and names of what it has. */
export interface CustomerLook {
  readonly reader: Reader
  readonly say: SayCustomer
  /** Name of a source or section; an id where it has none. */
  nameOf(id: string): string
  /** What a code means in words. */
  word(code: string): string
}

/** @param isBrought whether an id is that of a generator truck which is there or was */
export function customerLook(
  customer: KeyCustomer,
  reader: Reader,
  isBrought: (id: string) => boolean = () => false
): CustomerLook {
  const say = customerWords(reader.language)
  return {
    ...{ reader, say, word: code => sayWord(say, code) },
    nameOf(id) {
      const section = customer.sections.find(each => each.id === id)
      if (section !== undefined) return section.name || id
      const source = customer.sources.find(each => each.id === id)
      if (source !== undefined) return nameOfSource(source, customer, say)
      // What comes and goes is on no file.
      return isBrought(id) ? `${sayWord(say, 'truck')} ${id}` : id
    }
  }
}

/** What a source is, with its id where there are several of that kind. */
function nameOfSource({ id, kind, mode }: SupplySource, { sources }: KeyCustomer, say: SayCustomer): string {
  const name = sayWord(say, kind === 'grid' ? mode || 'grid' : kind)
  const alike = sources.filter(each => each.kind === kind && (kind !== 'grid' || each.mode === mode))
  return alike.length > 1 ? `${name} ${id}` : name
}
