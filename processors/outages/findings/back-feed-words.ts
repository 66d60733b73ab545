import type { OutageFinding } from '../../../src/model/outages.ts'
import type { Books } from '../explain/tally.ts'
import type { Incident, KeptUp } from '../life/incident.ts'
import { clockText, findingOf } from './teller.ts'

/**
 * The danger that a part of an incident is fed by others than the network, for those who work there; undefined for a truck, which people
 * have brought, and of what was said already.
 * @param now log time
 */
export function backFeedOf(
  { grid, others }: Books,
  { members }: Incident,
  { unit, by, since }: KeptUp,
  now: number
): OutageFinding | undefined {
  if (by === 'generator') {
    const meter = members.find(
      each => grid.placeOf[each] === unit || grid.areaOf[grid.placeOf[each]] === unit
    )
    if (meter === undefined) return undefined
    const point = grid.registry.meters.usagePoint.get(meter)
    const words = `DANGER: the dead feed shows voltage without load since ${clockText(since)}, and the customer's own generator runs.`
    return findingOf(now, 'back-feed', point, words)
  }
  const run = others.unloadedTransformer(grid.id(unit))
  if (run === undefined || run.isSaid) return undefined
  run.isSaid = true
  return by === 'panels' ? islandOf(grid.id(unit), since, now) : undefined
}

/** A transformer that carries nothing while its low voltage is live. @param since when its check meter showed that first */
export const islandOf = (device: string, since: number, now: number): OutageFinding =>
  findingOf(
    now,
    'back-feed',
    device,
    `DANGER: the transformer carries nothing since ${clockText(since)}, and its low voltage was live: something below it fed back.`
  )
