import type { Chance } from '../city/chance.ts'
import type { CollectionSettings } from '../scenario/schema.ts'

/** What decides whether the gasps of meters below one terminal arrive. */
export interface GaspCircumstances {
  /** Meters that lost their supply, each with the relays its words pass. */
  readonly dark: readonly { readonly customer: number; readonly hops: number }[]
  /** Meters that still have supply, which a careless concentrator may name too. */
  readonly live: readonly number[]
  /** Whether the terminal has supply of its own. */
  readonly isPowered: boolean
  /** Whether it can speak: linked, and on mains or on a backup. */
  readonly isAble: boolean
  /** Whether its link was whole until then. */
  readonly hasLink: boolean
}

/** A gasp that arrives. */
export interface Gasp {
  readonly customer: number
  /** After the loss of supply, ms. */
  readonly afterMs: number
  readonly isFalse: boolean
}

/**
 * How last gasps reach us: one model with a name. What a scenario draws from `draw` is judged by `logLikelihood`, the same figures read the other
 * way round.
 */
export interface GaspModel {
  readonly name: CollectionSettings['gasps']
  readonly origin: 'module' | 'collector'
  /** Whether meters have a way of their own that needs no terminal. */
  readonly isDirect: boolean
  draw(circumstances: GaspCircumstances, chance: Chance, event: number): Gasp[]
  /** Of the gasps that arrive at all, the share that were sent within so long. */
  sentWithin(ms: number, circumstances: GaspCircumstances): number
  /**
   * ln P(exactly these of the dark meters arrived, and these false ones | circumstances).
   * @param sent share of them that could have been sent by now (sentWithin); 1 when all time has passed
   */
  logLikelihood(circumstances: GaspCircumstances, arrived: ReadonlySet<number>, sent?: number): number
}

const SLOWEST_MS = 8_000
const FASTEST_MS = 500
/** Of terminals on the loss of their own supply that can speak at all (city/terminals.ts). */
const USUALLY_ABLE = 0.7
/** What a relay passes on: nearly everything while it has supply, a little less from its capacitor. */
const [LIVE_HOP, DARK_HOP] = [0.97, 0.94]
/** Batches leave after so long, least and most; where the concentrator lives on a capacitor before that is empty. */
const BATCH_MS: readonly [least: number, most: number] = [30_000, 120_000]
const HURRIED_BATCH_MS: readonly [least: number, most: number] = [30_000, 55_000]
/** Live meters that a batch names wrongly. */
const FALSE_SHARE = 0.01
/** What no model rules out altogether: ln of a very small chance. */
export const IMPOSSIBLE = Math.log(1e-9)

/** The model that a scenario names. @param share mean share of gasps that arrive */
export function gaspModel(name: CollectionSettings['gasps'], share: number): GaspModel {
  switch (name) {
    case 'independent':
      return eachByItself(
        name,
        () => share,
        ({ hasLink }) => (hasLink ? 1 : 0)
      )
    case 'path':
      return eachByItself(
        name,
        (circumstances, hops) =>
          spoken(share, circumstances) * (circumstances.isPowered ? LIVE_HOP : DARK_HOP) ** (hops - 1),
        ableOnly
      )
    case 'backup':
      return allOrNone(share)
    case 'batched':
      return batched(share)
    default:
      return name satisfies never
  }
}

/** Of meters whose terminal can speak so many are heard: more where the terminal itself lost its supply, because many of those cannot. */
const spoken = (share: number, { isPowered }: GaspCircumstances): number =>
  isPowered ? share : Math.min(1, share / USUALLY_ABLE)

const ableOnly = ({ isAble }: GaspCircumstances): number => (isAble ? 1 : 0)

/** Every gasp has a chance of its own, once the terminal can speak. */
function eachByItself(
  name: GaspModel['name'],
  chanceOf: (circumstances: GaspCircumstances, hops: number) => number,
  ableOf: (circumstances: GaspCircumstances) => number
): GaspModel {
  return {
    name,
    origin: 'module',
    isDirect: name === 'independent',
    sentWithin: delayedWithin,
    draw(circumstances, chance, event) {
      if (ableOf(circumstances) === 0) return []
      const [arrives, after] = [chance.named(`arrives/${event}`), chance.named(`after/${event}`)]
      return circumstances.dark
        .filter(({ customer, hops }) => arrives.at(customer) < chanceOf(circumstances, hops))
        .map(({ customer }) => ({ customer, afterMs: delayOf(after.at(customer)), isFalse: false }))
    },
    logLikelihood(circumstances, arrived, sent = 1) {
      const dark = circumstances.dark
      if (ableOf(circumstances) === 0) return arrived.size === 0 ? 0 : IMPOSSIBLE * arrived.size
      const own = dark.reduce(
        (sum, { customer, hops }) =>
          sum + bernoulli(sent * chanceOf(circumstances, hops), arrived.has(customer)),
        0
      )
      return own + IMPOSSIBLE * strangers(circumstances, arrived)
    }
  }
}

/** The terminal sends all of them or none. */
function allOrNone(share: number): GaspModel {
  const all = (circumstances: GaspCircumstances): number =>
    circumstances.isAble ? spoken(share, circumstances) : 0
  return {
    name: 'backup',
    origin: 'module',
    isDirect: false,
    sentWithin: delayedWithin,
    draw(circumstances, chance, event) {
      const { dark } = circumstances
      if (dark.length === 0 || chance.named(`all/${event}`).at(dark[0]?.customer ?? 0) >= all(circumstances))
        return []
      const after = chance.named(`after/${event}`)
      return dark.map(({ customer }) => ({ customer, afterMs: delayOf(after.at(customer)), isFalse: false }))
    },
    logLikelihood(circumstances, arrived, sent = 1) {
      const { dark } = circumstances
      const ours = dark.filter(({ customer }) => arrived.has(customer)).length
      const extra = IMPOSSIBLE * strangers(circumstances, arrived)
      const each = dark.reduce((sum, { customer }) => sum + bernoulli(sent, arrived.has(customer)), 0)
      const whole = all(circumstances)
      // None at all: either it sends none, or all of them are still to come.
      if (ours === 0) return log(1 - whole + (dark.length === 0 ? whole : whole * Math.exp(each))) + extra
      return log(whole) + each + extra
    }
  }
}

/** The concentrator gathers for a while and names some that are alive. */
function batched(share: number): GaspModel {
  const waitOf = ({ isPowered }: GaspCircumstances): readonly [least: number, most: number] =>
    isPowered ? BATCH_MS : HURRIED_BATCH_MS
  const chanceOf = (circumstances: GaspCircumstances): number => spoken(share, circumstances)
  return {
    name: 'batched',
    origin: 'collector',
    isDirect: false,
    sentWithin(ms, circumstances) {
      const [least, most] = waitOf(circumstances)
      return Math.min(1, Math.max(0, (ms - least) / (most - least)))
    },
    draw(circumstances, chance, event) {
      if (!circumstances.isAble || circumstances.dark.length === 0) return []
      const [arrives, wrong] = [chance.named(`arrives/${event}`), chance.named(`wrong/${event}`)]
      const first = circumstances.dark[0]?.customer ?? 0
      const [least, most] = waitOf(circumstances)
      const afterMs = Math.round(least + (most - least) * chance.named(`batch/${event}`).at(first))
      const dark = circumstances.dark.filter(({ customer }) => arrives.at(customer) < chanceOf(circumstances))
      const live = circumstances.live.filter(customer => wrong.at(customer) < FALSE_SHARE)
      return [
        ...dark.map(({ customer }) => ({ customer, afterMs, isFalse: false })),
        ...live.map(customer => ({ customer, afterMs, isFalse: true }))
      ]
    },
    logLikelihood(circumstances, arrived, sent = 1) {
      const { dark, live, isAble } = circumstances
      if (!isAble || dark.length === 0) return IMPOSSIBLE * arrived.size
      const part = chanceOf(circumstances)
      const own = dark.reduce((sum, { customer }) => sum + bernoulli(part, arrived.has(customer)), 0)
      const all = live.reduce((sum, customer) => sum + bernoulli(FALSE_SHARE, arrived.has(customer)), own)
      const extra = IMPOSSIBLE * strangers(circumstances, arrived, live)
      // One message has them all: it is here, or it is still to come.
      return arrived.size > 0 ? log(sent) + all + extra : log(1 - sent + sent * Math.exp(all))
    }
  }
}

const delayOf = (chance: number): number =>
  Math.round(FASTEST_MS + (SLOWEST_MS - FASTEST_MS) * chance * chance)
/** Share of delays of at most so long. */
const delayedWithin = (ms: number): number =>
  Math.min(1, Math.sqrt(Math.max(0, ms - FASTEST_MS) / (SLOWEST_MS - FASTEST_MS)))
/** ln of a chance; of none that of a very small one. */
export const log = (chance: number): number => (chance > 0 ? Math.log(chance) : IMPOSSIBLE)
const bernoulli = (chance: number, happened: boolean): number => log(happened ? chance : 1 - chance)

/** Arrived gasps of meters that are not dark, nor among those who may be named too. @param others none of whom is dark */
function strangers(
  { dark }: GaspCircumstances,
  arrived: ReadonlySet<number>,
  others: readonly number[] = []
): number {
  if (arrived.size === 0) return 0
  let known = 0
  for (const { customer } of dark) if (arrived.has(customer)) known++
  for (const customer of others) if (arrived.has(customer)) known++
  return arrived.size - known
}
