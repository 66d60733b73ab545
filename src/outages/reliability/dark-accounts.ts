import type { Interruption } from '../../reliability/interruption.ts'
import { type Span, subtract, union } from '../../reliability/spans.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { accountNumbers } from './served-accounts.ts'

/**
 * A usage point of an account that has several, and when it had a meter: of one without a meter, or that hangs nobody knows where,
 * nobody can tell whether it has supply.
 */
interface MeteredPoint {
  readonly usagePoint: string
  readonly metered: readonly Span[]
}

/**
 * Interruptions of accounts out of those of usage points: an account with several, by whatever incidents they go out, is interrupted only
 * while none of them has supply. One incident cannot tell that: the second feed of a customer may die by another one.
 *
 * @param rows of all incidents that count, by usage point
 * @param registry the one of now: which usage points an account has
 */
export function darkAccounts(rows: readonly Interruption[], registry: Registry): Interruption[] {
  const pointsOf = severalPoints(registry)
  const several = Map.groupBy(
    rows.filter(row => pointsOf.has(row.account)),
    row => row.account
  )
  return [
    ...rows.filter(row => !pointsOf.has(row.account)),
    ...[...several].flatMap(([account, own]) => whileAllDark(own, pointsOf.get(account) ?? []))
  ]
}

function whileAllDark(rows: readonly Interruption[], points: readonly MeteredPoint[]): Interruption[] {
  const byPoint = Map.groupBy(rows, row => row.usagePoint ?? '')
  const lit = union(
    points.flatMap(({ usagePoint, metered }) =>
      subtract(metered, (byPoint.get(usagePoint) ?? []).map(spanOf))
    )
  )
  return rows.flatMap(row =>
    subtract([spanOf(row)], lit).map(({ from, to }) => ({
      ...row,
      ...{ start: from, end: to === Number.POSITIVE_INFINITY ? null : to }
    }))
  )
}

const spanOf = ({ start, end }: Interruption): Span => ({
  from: start,
  to: end ?? Number.POSITIVE_INFINITY
})

const known = new WeakMap<Registry, ReadonlyMap<string, readonly MeteredPoint[]>>()

/** Usage points of the accounts that have more than one, by account; made once for each registry. */
function severalPoints(registry: Registry): ReadonlyMap<string, readonly MeteredPoint[]> {
  const before = known.get(registry)
  if (before !== undefined) return before
  const { meters, network, usagePoints } = registry
  const { id, account, device } = usagePoints.columns
  const { of, size } = accountNumbers(registry)
  const metered = new Map<number, Span[]>()
  of.forEach((number, point) => {
    if (size[number] > 1 && network.numbers.get(device.get(point)) !== undefined) metered.set(point, [])
  })
  usagePoints.numbers.allLike(meters.usagePoint).forEach((point, row) => {
    metered.get(point)?.push({ from: meters.installedAt[row], to: meters.removedAt[row] })
  })
  const points = Map.groupBy(metered, ([point]) => of[point])
  const found = new Map(
    [...points].map(([number, own]) => [
      account.get(number),
      own.map(([point, spans]) => ({ usagePoint: id.get(point), metered: union(spans) }))
    ])
  )
  known.set(registry, found)
  return found
}
