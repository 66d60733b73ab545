import type { SupplyPicture } from '../model/supply.ts'
import { changesOver, isOwnKind, type KeyCustomer } from '../registry/lookup/customers.ts'

const MINUTE_MS = 60_000

/** When own sources that carry are spent, counting on nothing, epoch ms; undefined where none carries, or nobody knows. @param at log time of the picture */
export function lastsUntil({ state, autonomyMin }: SupplyPicture, at: number): number | undefined {
  return state === 'emergency' && autonomyMin !== undefined ? at + autonomyMin[0] * MINUTE_MS : undefined
}

/** What is dark when own sources have ended: sections on them that no other source takes by itself. */
export function darkThen(
  customer: Pick<KeyCustomer, 'sources' | 'sections'>,
  { sources, sections }: SupplyPicture
): string[] {
  const filed = new Map(customer.sources.map(({ id, kind }) => [id, kind]))
  const there = new Set(sources.filter(({ role }) => role === 'available').map(({ source }) => source))
  return sections.flatMap(({ section: id, fedBy }) => {
    // What feeds and stands on no file is a truck.
    const isOwn = fedBy !== 'dark' && fedBy !== 'unknown' && isOwnKind(filed.get(fedBy) ?? 'truck')
    if (!isOwn) return []
    const section = customer.sections.find(each => each.id === id)
    const isTaken =
      section !== undefined &&
      changesOver(section) &&
      section.sources.some(source => source !== fedBy && there.has(source))
    return isTaken ? [] : [id]
  })
}
