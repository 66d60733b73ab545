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
  /** How long it can speak, ms. */
  readonly ableMs: number
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
  draw(circumstances: GaspCircumstances, chance: Chance, event: number): Gasp[]
  /** ln P(exactly these of the dark meters arrived, and these false ones | circumstances). */
  logLikelihood(circumstances: GaspCircumstances, arrived: ReadonlySet<number>): number
}

const SLOWEST_MS = 8_000
const FASTEST_MS = 500
/** Of terminals on the loss of their own supply that can speak at all (city/terminals.ts). */
const USUALLY_ABLE = 0.7
/** A relay that has supply passes nearly everything on. */
const LIVE_HOP = 0.97
/** Batches leave after so long, least and most. */
const BATCH_MS: readonly [least: number, most: number] = [30_000, 120_000]
/** Live meters that a batch names wrongly. */
const FALSE_SHARE = 0.01
/** What no model rules out altogether: ln of a very small chance. */
const IMPOSSIBLE = Math.log(1e-9)

/** The model that a scenario names. @param share mean share of gasps that arrive */
export function gaspModel(name: CollectionSettings['gasps'], share: number): GaspModel {
  switch (name) {
    case 'independent':
      return eachByItself(
        name,
        () => share,
        () => 1
      )
    case 'path':
      return eachByItself(
        name,
        ({ isPowered }, hops) => (isPowered ? LIVE_HOP : darkHop(share)) ** hops,
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

/** A relay without supply, so that the mean over terminals that can speak and a few hops is the share. */
const darkHop = (share: number): number => Math.min(1, share / USUALLY_ABLE) ** 0.5 * 0.98

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
    draw(circumstances, chance, event) {
      if (ableOf(circumstances) === 0) return []
      const [arrives, after] = [chance.named(`arrives/${event}`), chance.named(`after/${event}`)]
      return circumstances.dark
        .filter(({ customer, hops }) => arrives.at(customer) < chanceOf(circumstances, hops))
        .map(({ customer }) => ({ customer, afterMs: delayOf(after.at(customer)), isFalse: false }))
    },
    logLikelihood(circumstances, arrived) {
      const dark = circumstances.dark
      if (ableOf(circumstances) === 0) return arrived.size === 0 ? 0 : IMPOSSIBLE * arrived.size
      const own = dark.reduce(
        (sum, { customer, hops }) => sum + bernoulli(chanceOf(circumstances, hops), arrived.has(customer)),
        0
      )
      return own + IMPOSSIBLE * strangers(circumstances, arrived)
    }
  }
}

/** The terminal sends all of them or none. */
function allOrNone(share: number): GaspModel {
  const all = (circumstances: GaspCircumstances): number =>
    circumstances.isAble ? Math.min(1, share / USUALLY_ABLE) : 0
  return {
    name: 'backup',
    origin: 'module',
    draw(circumstances, chance, event) {
      const { dark } = circumstances
      if (dark.length === 0 || chance.named(`all/${event}`).at(dark[0]?.customer ?? 0) >= all(circumstances))
        return []
      const after = chance.named(`after/${event}`)
      return dark.map(({ customer }) => ({ customer, afterMs: delayOf(after.at(customer)), isFalse: false }))
    },
    logLikelihood(circumstances, arrived) {
      const ours = circumstances.dark.filter(({ customer }) => arrived.has(customer)).length
      const extra = IMPOSSIBLE * strangers(circumstances, arrived)
      if (ours === 0) return log(1 - all(circumstances)) + extra
      const missing = circumstances.dark.length - ours
      return log(all(circumstances)) + IMPOSSIBLE * missing + extra
    }
  }
}

/** The concentrator gathers for a while and names some that are alive. */
function batched(share: number): GaspModel {
  const canWait = ({ isAble, ableMs }: GaspCircumstances): boolean => isAble && ableMs >= BATCH_MS[1]
  return {
    name: 'batched',
    origin: 'collector',
    draw(circumstances, chance, event) {
      if (!canWait(circumstances)) return []
      const [arrives, wrong] = [chance.named(`arrives/${event}`), chance.named(`wrong/${event}`)]
      const first = circumstances.dark[0]?.customer ?? 0
      const afterMs = Math.round(
        BATCH_MS[0] + (BATCH_MS[1] - BATCH_MS[0]) * chance.named(`batch/${event}`).at(first)
      )
      const dark = circumstances.dark.filter(({ customer }) => arrives.at(customer) < share)
      const live = circumstances.live.filter(customer => wrong.at(customer) < FALSE_SHARE)
      return [
        ...dark.map(({ customer }) => ({ customer, afterMs, isFalse: false })),
        ...live.map(customer => ({ customer, afterMs, isFalse: true }))
      ]
    },
    logLikelihood(circumstances, arrived) {
      if (!canWait(circumstances)) return IMPOSSIBLE * arrived.size
      const { dark, live } = circumstances
      const own = dark.reduce((sum, { customer }) => sum + bernoulli(share, arrived.has(customer)), 0)
      return live.reduce((sum, customer) => sum + bernoulli(FALSE_SHARE, arrived.has(customer)), own)
    }
  }
}

const delayOf = (chance: number): number =>
  Math.round(FASTEST_MS + (SLOWEST_MS - FASTEST_MS) * chance * chance)
const log = (chance: number): number => (chance > 0 ? Math.log(chance) : IMPOSSIBLE)
const bernoulli = (chance: number, happened: boolean): number => log(happened ? chance : 1 - chance)

/** Arrived gasps of meters that are not dark. */
function strangers({ dark }: GaspCircumstances, arrived: ReadonlySet<number>): number {
  const own = new Set(dark.map(({ customer }) => customer))
  return [...arrived].filter(customer => !own.has(customer)).length
}
