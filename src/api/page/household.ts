import { FIELD } from '../../model/fields.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import type { ReadingRow } from '../../series/port.ts'
import type { ApiContext } from '../context.ts'
import type { QueryGate } from '../http/query-gate.ts'
import { primaryOf, qualityOf } from '../shapes/values.ts'
import { buildCurve, type CurveModel, sumEnergy } from './curve-model.ts'

const DAY_MS = 86_400_000
/** A view is asked for once a second by every open page; the store answers once for all of them. */
const FRESH_MS = 900
const MOST_VIEWS = 64

/** What the page shows of one household. */
export interface Household {
  readonly meter: number
  readonly now: number
  readonly latest: ReadingRow | undefined
  readonly curve: CurveModel
  /** Energy since local midnight, which may be 25 hours ago. */
  readonly today: { readonly kwh: number; readonly coverage: number }
}

interface Cached {
  readonly at: number
  readonly view: Promise<Household>
}

/** Households as the page asks for them, each read at most about once a second. */
export class Households {
  readonly #context: ApiContext
  readonly #gate: QueryGate
  readonly #views = new Map<number, Cached>()

  constructor(context: ApiContext, gate: QueryGate) {
    this.#context = context
    this.#gate = gate
  }

  /** @throws what the store throws, and API_BUSY */
  read(meter: number): Promise<Household> {
    const at = this.#context.clock.monotonic()
    const present = this.#views.get(meter)
    if (present !== undefined && at - present.at < FRESH_MS) return present.view
    const view = this.#gate.run(() => readHousehold(this.#context, meter))
    this.#views.delete(meter)
    this.#views.set(meter, { at, view })
    const oldest = this.#views.keys().next()
    if (this.#views.size > MOST_VIEWS && !oldest.done) this.#views.delete(oldest.value)
    return view
  }
}

async function readHousehold(context: ApiContext, meter: number): Promise<Household> {
  const now = context.clock.now()
  const from = now - DAY_MS
  const [intervals, latest] = await Promise.all([
    // One more day, so that an interval that began before the window is drawn inside it.
    context.series.intervals({ meter, from: from - DAY_MS, to: now + 1 }),
    context.series.latest([meter])
  ])
  const row = latest.get(meter)
  const midnight = Temporal.Instant.fromEpochMilliseconds(now)
    .toZonedDateTimeISO(context.timezone)
    .startOfDay().epochMilliseconds
  const today = sumEnergy(buildCurve(intervals, undefined, midnight, now).pieces, midnight, now)
  return { meter, now, latest: row, curve: buildCurve(intervals, liveOf(row, from, now), from, now), today }
}

/** The newest instantaneous power, when it lies in the window. Meters' clocks may be minutes ahead of ours. */
function liveOf(row: ReadingRow | undefined, from: number, now: number): CurveModel['live'] {
  if (row === undefined || row.time < from) return undefined
  const kw = primaryOf(row, FIELD.activePowerKw)
  if (!Number.isFinite(kw)) return undefined
  return { time: Math.min(row.time, now), kw, isSuspect: qualityOf(row, FIELD.activePowerKw) === 'suspect' }
}

/** The meter to show when nobody chose: the first single-phase household, else the first meter. */
export function chooseMeter({ meters }: Registry): number | undefined {
  let first: number | undefined
  for (let meter = 0; meter < meters.count; meter++) {
    if (!meters.usagePoint.get(meter)) continue
    if (meters.wiring.get(meter) === '1p2w') return meter
    first ??= meter
  }
  return first ?? (meters.count > 0 ? 0 : undefined)
}
