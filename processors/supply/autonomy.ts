import { isOwnKind, type KeyCustomer, type SupplySource } from '../../src/registry/lookup/customers.ts'
import type { GeneratorReport } from '../../src/model/plant.ts'
import type { FactsAt } from './facts.ts'
import type { JudgedSection } from './judge-sections.ts'
import type { JudgedSource } from './judge-sources.ts'
import { DECLARED_MS } from './lifetimes.ts'
import type { Word } from './track.ts'

/** How long it lasts, minutes: the low end counts on nothing, the high end on everything. */
export type Autonomy = readonly [low: number, high: number]

export interface AutonomyQuestion {
  readonly customer: KeyCustomer
  readonly sources: ReadonlyMap<string, JudgedSource>
  readonly sections: ReadonlyMap<string, JudgedSection>
  readonly facts: FactsAt
  /** Log time. */
  readonly now: number
}

const HOUR_MS = 3_600_000
/** A tank is told in whole percent. */
const PERCENT = 1

/**
 * How long own sources carry. While some do: until the first of them that carries a section ends, or the UPS where nothing else does. Else how long
 * the one that lasts longest would carry the security load. Pure.
 * @returns undefined where nobody knows: of one that counts there is no word that holds, and no declaration of the last month
 */
export function autonomyOf(question: AutonomyQuestion): Autonomy | undefined {
  const { customer, sources, sections } = question
  const own = customer.sources.filter(({ kind }) => isOwnKind(kind))
  const fed = new Set([...sections.values()].map(({ fedBy }) => fedBy))
  const carrying = own.filter(({ id }) => fed.has(id))
  if (carrying.length > 0) return ends(carrying.map(source => ofSource(source, question)))
  // A truck that waits behind a switch is started already, and is there as one that is ready.
  const running = own.filter(({ id, kind }) => kind !== 'truck' && sources.get(id)?.state === 'running')
  const able = running.length > 0 ? running : own.filter(({ id, kind }) => isThere(sources.get(id), kind))
  const known = able.map(source => ofSource(source, question)).filter(one => one !== undefined)
  if (known.length === 0) return undefined
  return rounded(Math.max(...known.map(([low]) => low)), Math.max(...known.map(([, high]) => high)))
}

const isThere = (judged: JudgedSource | undefined, kind: string): boolean =>
  judged?.state === 'ready' || (kind === 'truck' && judged?.state === 'running')

/** Whole minutes, away from each other. */
const rounded = (low: number, high: number): Autonomy => [Math.floor(low), Math.ceil(high)]

/** When the first of several ends; undefined when one of them may at any time, for all that is known. */
function ends(all: readonly (Autonomy | undefined)[]): Autonomy | undefined {
  const known = all.filter(one => one !== undefined)
  if (known.length < all.length) return undefined
  return rounded(Math.min(...known.map(([low]) => low)), Math.min(...known.map(([, high]) => high)))
}

const ofSource = (source: SupplySource, question: AutonomyQuestion): Autonomy | undefined =>
  source.kind === 'ups' ? ofUps(source, question) : ofGenerator(source, question)

/** Between its reserve kept at the heaviest load and its tank emptied at the lightest that it may have. */
function ofGenerator(source: SupplySource, question: AutonomyQuestion): Autonomy | undefined {
  const { id, litresPerKwh, reserveLitres } = source
  const { customer, facts, sources } = question
  const litres = litresOf(source, question)
  const isRunning = sources.get(id)?.state === 'running'
  const carried = isRunning ? facts.generator(id)?.said.powerKw : undefined
  const loads = [customer.securityLoadKw, carried ?? Number.NaN].filter(kw => kw > 0)
  if (litres === undefined || loads.length === 0 || !(litresPerKwh > 0)) return undefined
  const reserve = Number.isNaN(reserveLitres) ? 0 : reserveLitres
  const minutes = (left: number, kw: number): number => (60 * Math.max(0, left)) / (litresPerKwh * kw)
  return [minutes(litres[0] - reserve, Math.max(...loads)), minutes(litres[1], Math.min(...loads))]
}

/** What its tank holds: as it says, or as it was declared less what it ran since, with the load that it told or may have had. */
function litresOf(
  { id, fuelLitres, fuelDeclaredOn, litresPerKwh }: SupplySource,
  { customer, facts, sources, now }: AutonomyQuestion
): Autonomy | undefined {
  if (!(fuelLitres > 0)) return undefined
  const word = facts.generator(id)
  const holds =
    word !== undefined && sources.get(id)?.basis === 'measured' && sources.get(id)?.state !== 'unknown'
  const since = hoursUntold(holds ? word : undefined, sources.get(id), now)
  if (holds && !Number.isNaN(word.said.fuelPct)) {
    const { fuelPct, powerKw } = word.said
    const share = (pct: number): number => Math.min(1, Math.max(0, pct / 100)) * fuelLitres
    const kw = Number.isNaN(powerKw) ? customer.securityLoadKw : powerKw
    return [share(fuelPct - PERCENT) - since * kw * litresPerKwh, share(fuelPct + PERCENT)]
  }
  if (!(now - fuelDeclaredOn <= DECLARED_MS)) return undefined
  const burnt = facts.burnt(id)
  const { kwh, hours } = burnt?.declaredOn === fuelDeclaredOn ? burnt : { kwh: 0, hours: 0 }
  const most = kwh + (hours + since) * customer.securityLoadKw
  return [fuelLitres - most * litresPerKwh, fuelLitres - kwh * litresPerKwh]
}

/** For how long it has run of which no message told, hours: since its last one, or all the time where a person said that it runs. */
function hoursUntold(
  word: Word<GeneratorReport> | undefined,
  judged: JudgedSource | undefined,
  now: number
): number {
  if (word !== undefined) return word.said.isRunning === true ? (now - word.at) / HOUR_MS : 0
  const isReported = judged?.state === 'running' && judged.basis === 'reported'
  return isReported ? (now - judged.since) / HOUR_MS : 0
}

/** What it says it lasts at this load, or what its file does, less what has passed since it said so. */
function ofUps(
  { id, batteryMinutes }: SupplySource,
  { facts, sources, now }: AutonomyQuestion
): Autonomy | undefined {
  const word = facts.ups(id)
  const judged = sources.get(id)
  if (word === undefined || judged?.basis !== 'measured' || judged.state === 'unknown') return undefined
  const { mode, minutesLeft } = word.said
  const told = Number.isNaN(minutesLeft) ? batteryMinutes : minutesLeft
  if (Number.isNaN(told)) return undefined
  const since = Number.isNaN(minutesLeft) ? word.since : word.at
  const passed = mode === 'battery' ? (now - since) / 60_000 : 0
  return [Math.max(0, told - passed), told]
}
