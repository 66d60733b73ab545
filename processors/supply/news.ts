import type { SupplyPicture } from '../../src/model/supply.ts'

/** What was said of a customer last. */
export interface Said {
  /** The picture, without what changes all the time; '' before the first. */
  readonly text: string
  /** Until when what is not known any more was known. */
  readonly proofs: string
  /** Log time. */
  readonly at: number
  /** How long own sources last then at least, minutes; NaN where nobody knew. */
  readonly lastsMin: number
}

/** How often it is said that the last proof of what is not known is a newer one: buffers of a day come within a minute. */
const PROOFS_MS = 60_000
/** By how many minutes own sources must last otherwise than was said. */
const AUTONOMY_MIN = 5

export const NOTHING_SAID: Said = { text: '', proofs: '', at: Number.NEGATIVE_INFINITY, lastsMin: Number.NaN }

/** What is said with a picture. @param now log time */
export function saidOf(picture: SupplyPicture, now: number): Said {
  return { ...textsOf(picture), at: now, lastsMin: lowEndOf(picture) }
}

/** When a picture has to be said that counts as the one before: log time, Infinity for never. */
export function newsAt(said: Said, picture: SupplyPicture, now: number): number {
  const { text, proofs } = textsOf(picture)
  if (said.text !== text || lastsOtherwise(said, picture, now)) return now
  return said.proofs === proofs ? Number.POSITIVE_INFINITY : said.at + PROOFS_MS
}

function textsOf({ autonomyMin: _autonomy, ...rest }: SupplyPicture): Pick<Said, 'text' | 'proofs'> {
  const proofs: (number | undefined)[] = []
  const withoutProof = <T extends { readonly since?: number }>({ since, ...each }: T): object => {
    proofs.push(since)
    return each
  }
  const sources = rest.sources.map(each => (each.state === 'unknown' ? withoutProof(each) : each))
  const sections = rest.sections.map(each => (each.fedBy === 'unknown' ? withoutProof(each) : each))
  return { text: JSON.stringify({ ...rest, sources, sections }), proofs: JSON.stringify(proofs) }
}

const lowEndOf = ({ autonomyMin }: SupplyPicture): number => autonomyMin?.[0] ?? Number.NaN

/** Whether own sources last otherwise than was said and could be told from it: by five minutes and a tenth. */
function lastsOtherwise({ at, lastsMin }: Said, picture: SupplyPicture, now: number): boolean {
  const low = lowEndOf(picture)
  if (Number.isNaN(low) || Number.isNaN(lastsMin)) return Number.isNaN(low) !== Number.isNaN(lastsMin)
  const passed = picture.state === 'emergency' ? (now - at) / 60_000 : 0
  return Math.abs(Math.max(0, lastsMin - passed) - low) > Math.max(AUTONOMY_MIN, low / 10)
}
