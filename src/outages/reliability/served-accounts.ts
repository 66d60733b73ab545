import type { ServedChange } from '../../reliability/served.ts'
import { type Span, union } from '../../reliability/spans.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { TextIndex } from '../../registry/texts.ts'

/** Accounts of a registry, by the number of the first usage point of each. A usage point without an account stands for itself. */
export interface AccountNumbers {
  /** By usage point. */
  readonly of: Int32Array
  /** Usage points of each account. */
  readonly size: Uint32Array
}

const known = new WeakMap<Registry, AccountNumbers>()

/** Half a second for a million of them, once for each registry. */
export function accountNumbers(registry: Registry): AccountNumbers {
  const before = known.get(registry)
  if (before !== undefined) return before
  const { account } = registry.usagePoints.columns
  const first = TextIndex.of(account)
  const of = Int32Array.from({ length: account.length }, (_, point) =>
    account.isText(point, '') ? point : (first.getNear(account.get(point), point) ?? point)
  )
  const size = new Uint32Array(account.length)
  for (const number of of) size[number]++
  const numbers = { of, size }
  known.set(registry, numbers)
  return numbers
}

/**
 * How many accounts are served, from when on, by the registry of now: one is from when the first of its usage points had a meter until
 * the last was taken down. Without any meter nobody can tell that it is out, so it is none.
 *
 * @param scope usage points that are asked about; all when left out
 */
export function servedAccounts(registry: Registry, scope?: ReadonlySet<string>): readonly ServedChange[] {
  if (scope !== undefined) return servedIn(registry, scope)
  const changes = servedByAll.get(registry) ?? servedIn(registry, scope)
  servedByAll.set(registry, changes)
  return changes
}

/** Of everybody: asked for again and again. */
const servedByAll = new WeakMap<Registry, readonly ServedChange[]>()

function servedIn(registry: Registry, scope: ReadonlySet<string> | undefined): ServedChange[] {
  const { meters, usagePoints } = registry
  const { of } = accountNumbers(registry)
  const inScope = scope === undefined ? undefined : numbersOf(registry, scope)
  const accountOfRow = usagePoints.numbers
    .allLike(meters.usagePoint)
    .map(point => (point < 0 || inScope?.has(point) === false ? -1 : of[point]))
  const bindings = new Uint32Array(of.length)
  for (const account of accountOfRow) if (account >= 0) bindings[account]++
  const steps = new Map<number, number>()
  const serve = ({ from, to }: Span): void => {
    steps.set(from, (steps.get(from) ?? 0) + 1)
    steps.set(to, (steps.get(to) ?? 0) - 1)
  }
  // Nearly all have one meter all the time: only of the others lists are made.
  const several = new Map<number, Span[]>()
  accountOfRow.forEach((account, row) => {
    if (account < 0) return
    const span = { from: meters.installedAt[row], to: meters.removedAt[row] }
    if (bindings[account] === 1) serve(span)
    else several.set(account, [...(several.get(account) ?? []), span])
  })
  for (const spans of several.values()) for (const span of union(spans)) serve(span)
  return changesOf(steps)
}

/** Running sums. From the beginning of time on something is known, be it that nobody is served. */
function changesOf(steps: ReadonlyMap<number, number>): ServedChange[] {
  let count = steps.get(Number.NEGATIVE_INFINITY) ?? 0
  const changes = [{ at: Number.NEGATIVE_INFINITY, count }]
  for (const [at, by] of [...steps].filter(([time]) => Number.isFinite(time)).sort(([a], [b]) => a - b)) {
    count += by
    changes.push({ at, count })
  }
  return changes
}

function numbersOf({ usagePoints }: Registry, points: ReadonlySet<string>): ReadonlySet<number> {
  return new Set([...points].flatMap(id => usagePoints.numbers.get(id) ?? []))
}
