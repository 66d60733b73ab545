import type { RestorationStep } from '../../../src/model/outages.ts'
import type { Books } from '../books.ts'
import type { Incident } from './incident.ts'
import { lastedOf } from './restoration.ts'

/** Usage points that a line names at most: a record of the log holds 16 MiB. Of a larger incident `affected` tells how many. */
const MOST_NAMED = 300_000

/** Steps that a line has at most, for the same reason: more of them are told to the second, or else to the minute. */
const MOST_STEPS = 20_000
const GRAINS_MS = [1, 1_000, 60_000] as const

/** Who was without supply by an incident, and until when each: what reliability counts. */
export interface Returns {
  readonly usagePoints?: readonly string[]
  readonly steps?: readonly RestorationStep[]
}

/**
 * Usage points of an incident that is over, in the order in which they came back. All of them: whether an account had supply by another
 * one, or lost that by another incident, is known when all incidents are.
 */
export function returnsOf(books: Books, incident: Incident): Returns {
  const { members, left, start } = incident
  if (members.length + left.length > MOST_NAMED) return {}
  const { usagePoint } = books.grid.registry.meters
  const named = [
    ...members.map(meter => ({
      usagePoint: usagePoint.get(meter),
      end: start + lastedOf(books, incident, meter)
    })),
    ...left.map(({ usagePoint: id, meter, unit }) => ({
      usagePoint: id,
      end: start + lastedOf(books, incident, meter, unit)
    }))
  ].sort((a, b) => a.end - b.end)
  return {
    usagePoints: named.map(each => each.usagePoint),
    steps: stepsOf(named.map(({ end }) => end))
  }
}

/** Those who came back at the same time as one step. @param ends in order */
export function stepsOf(ends: readonly number[]): RestorationStep[] {
  for (const grainMs of GRAINS_MS) {
    const steps: { end: number; usagePoints: number }[] = []
    for (const time of ends) {
      const end = Math.round(time / grainMs) * grainMs
      const last = steps.at(-1)
      if (last?.end === end) last.usagePoints++
      else steps.push({ end, usagePoints: 1 })
    }
    if (steps.length <= MOST_STEPS) return steps
  }
  // An outage of more than a fortnight in which somebody came back every minute: they all count until the last of them did.
  return [{ end: Math.round(ends.at(-1) ?? 0), usagePoints: ends.length }]
}
