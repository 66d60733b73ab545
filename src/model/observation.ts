/** What a person saw at a key customer's and somebody wrote down (DESIGN section 6: reported, and it expires). */

/** Of a feed. */
export const FEED_FACTS = ['live', 'dead'] as const
/** Of a generator, a UPS or a truck: `running` carries load from its fuel or battery. */
export const OWN_SOURCE_FACTS = ['running', 'ready', 'failed'] as const
/** Of a section; `fed` names the source that does. */
export const SECTION_FACTS = ['fed', 'dark'] as const
/** What was said last of a source or section is taken back. */
export const WITHDRAWN = 'withdrawn'

export const OBSERVED_FACTS = [...FEED_FACTS, ...OWN_SOURCE_FACTS, ...SECTION_FACTS, WITHDRAWN] as const
export type ObservedFact = (typeof OBSERVED_FACTS)[number]

/** How long it holds where nobody says: then somebody has to look again. */
export const OBSERVATION_MS = 60 * 60_000

/** About a source or a section, one of the two. */
export interface Observation {
  readonly keyCustomer: string
  readonly source?: string
  readonly section?: string
  readonly fact: ObservedFact
  /** Of `fed`: the source. */
  readonly fedBy?: string
  /** When it was seen, epoch ms. */
  readonly observedAt: number
  /** Whose word it is, such as the electrician on duty; '' in an export. */
  readonly heardFrom: string
  /** Until when it holds, epoch ms. */
  readonly validUntil: number
  /** Who wrote it down; '' in an export. */
  readonly by: string
}

/** What can be seen of a source of a kind (grid, generator, ups, truck). */
export const factsOfSource = (kind: string): readonly ObservedFact[] =>
  kind === 'grid' ? FEED_FACTS : OWN_SOURCE_FACTS
