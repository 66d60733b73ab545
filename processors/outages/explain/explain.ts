import type { Phases } from '../../../src/model/phases.ts'
import type { GridTerminal } from '../grid/present-grid.ts'
import { figure, lnPrior } from '../likelihoods.ts'
import { ableOf, deadScore } from './dead-score.ts'
import { type Explanation, middleOf, withoutStrays } from './explanation.ts'
import { darkPhaseScore, lowPairOf, lowPairScore, type PhaseTally, tallyPhases } from './phases.ts'
import type { Books } from '../books.ts'
import {
  type AreaTally,
  addTally,
  isShownOnly,
  isProvenIn,
  lossIn,
  type Moment,
  noTally,
  type Tally,
  tallyArea,
  tallyMeter
} from './tally.ts'

/** A device with what it would mean had it failed. */
interface Node {
  readonly device: number
  readonly meter: number
  /** Phases that `own` is about; 0 for all. */
  readonly phases: Phases
  readonly parts: readonly Node[]
  /** Score of its own failing, its rarity included. */
  readonly own: number
  /** Score of the best that its parts explain, 0 for nothing. */
  readonly split: number
  /** Score of the best explanation at or below it, 0 for nothing. */
  readonly best: number
}

/** A node that could have failed instead. */
interface Rival {
  readonly node: Node
  /** ln of how much likelier the whole would be, had it failed; at most 0. */
  readonly worse: number
}

/**
 * Explains what was told of one moment: which devices failed, at best. A device's score is the sum of what all below it say; the
 * best explanation at or below a device is itself or the best of its parts (docs/outages.md).
 *
 * Looked at is the whole feeder of whatever speaks, and what feeds several feeders where one of them failed as a whole.
 */
export class Explainer {
  readonly #books: Books
  readonly #moment: Moment
  readonly #now: number
  readonly #areas = new Map<number, AreaTally>()
  /** What all at or below a device inside an area say. */
  readonly #inner = new Map<number, Tally>()
  readonly #phases = new Map<number, PhaseTally>()
  /** Scores of one open phase at medium voltage, by 3 x device + phase. */
  readonly #open = new Map<number, number>()
  /** Sum over the areas below of what they say of their supply, by device above areas. */
  readonly #dead = new Map<number, number>()

  constructor(books: Books, moment: Moment, now: number) {
    this.#books = books
    this.#moment = moment
    this.#now = now
  }

  /** @param touched areas in which somebody claims to have lost supply */
  explain(touched: Iterable<number>): Explanation[] {
    const tops = new Set<number>()
    for (const area of touched) tops.add(this.#topOf(area))
    let roots = [...tops].map(top => this.#node(top))
    // A feeder that failed as a whole asks for what feeds it.
    for (;;) {
      const whole = roots.filter(
        root => root.best > 0 && root.own >= root.best && this.#parent(root.device) >= 0
      )
      if (whole.length === 0) break
      const parents = new Set(whole.map(root => this.#parent(root.device)))
      const isBelow = (device: number): boolean =>
        [...parents].some(parent => this.#books.grid.isAtOrBelow(device, parent))
      const rest = roots.filter(root => !isBelow(root.device))
      const above = [...parents]
        .filter(
          parent =>
            ![...parents].some(other => other !== parent && this.#books.grid.isAtOrBelow(parent, other))
        )
        .map(parent => this.#node(parent))
      if (above.every(root => root.own < root.best)) {
        roots = [...rest, ...above]
        break
      }
      roots = [...rest, ...above]
    }
    const found = roots.flatMap(root => this.#pick(root, []))
    return withoutStrays(found)
  }

  /** How much better the best explanation is than that this device failed as a whole. */
  worseBy(root: readonly Explanation[], device: number): number {
    const { grid } = this.#books
    const node = this.#node(device)
    const above = root.find(each => each.device >= 0 && grid.isAtOrBelow(device, each.device))
    if (above !== undefined && above.device !== device) return above.score - node.own
    return node.best - node.own
  }

  #parent(device: number): number {
    return this.#books.grid.parent[device] ?? -1
  }

  #topOf(area: number): number {
    const { grid } = this.#books
    const way = grid.wayUp(area)
    return way.find(device => grid.kinds[device] === 'feeder') ?? way.at(-1) ?? area
  }

  #node(device: number): Node {
    const { grid } = this.#books
    const isArea = grid.areaOf[device] === device
    const inside = isArea ? this.#partsOf(device) : []
    const parts = grid.isLowest[device] === 1 ? inside : [...inside, ...this.#below(device)]
    const whole = this.#deadBelow(device) + lnPrior(grid.kinds[device])
    const [phases, own] = this.#ofPhases(device, whole)
    return nodeOf(device, -1, phases, parts, own, isArea ? bundleScore(this.#area(device)) : 0)
  }

  /** The better of a failure of all phases and of one. */
  #ofPhases(device: number, whole: number): [phases: Phases, own: number] {
    const rare = lnPrior(this.#books.grid.kinds[device]) + Math.log(figure('onePhase'))
    let [phases, own] = [0, whole]
    for (let phase = 0; phase < 3; phase++) {
      const score = this.#phaseBelow(device, phase) + rare
      if (score > own) [phases, own] = [1 << phase, score]
    }
    return [phases, own]
  }

  /** As #deadBelow with one phase of the device gone; of a transformer that of its own low voltage. */
  #phaseBelow(device: number, phase: number): number {
    const { grid } = this.#books
    if (grid.isLowest[device] === 1) {
      const tally = this.#phasesOf(device)
      if (tally === undefined) return Number.NEGATIVE_INFINITY
      return Math.max(
        darkPhaseScore(tally, phase),
        this.#moment.hasOdd ? this.#openAbove(device, phase) : -Infinity
      )
    }
    return this.#moment.hasOdd ? this.#openAbove(device, phase) : Number.NEGATIVE_INFINITY
  }

  /** ln of how much likelier everything at or below a device is, were a phase of medium voltage open there. */
  #openAbove(device: number, phase: number): number {
    const { grid } = this.#books
    const key = device * 3 + phase
    const known = this.#open.get(key)
    if (known !== undefined) return known
    let sum = 0
    if (grid.isLowest[device] === 1) {
      const tally = this.#phasesOf(device, true)
      const isStar = grid.registry.devices.vectorGroup.get(device).startsWith('Y')
      if (tally !== undefined)
        sum = isStar ? darkPhaseScore(tally, phase) : lowPairScore(tally, lowPairOf(1 << phase))
    } else for (const child of grid.children(device)) sum += this.#openAbove(child, phase)
    this.#open.set(key, sum)
    return sum
  }

  /** @param always also where nobody claims anything */
  #phasesOf(area: number, always = false): PhaseTally | undefined {
    if (!always && this.#area(area).claimed.length === 0 && !this.#moment.hasOdd) return undefined
    let tally = this.#phases.get(area)
    if (tally === undefined) {
      tally = tallyPhases(this.#books, area, this.#moment, this.#now)
      this.#phases.set(area, tally)
    }
    return tally
  }

  #below(device: number): Node[] {
    return Array.from(this.#books.grid.children(device), child => this.#node(child)).filter(
      // Whoever has nothing to tell of a failure inside does not have to be kept.
      ({ best }) => best > 0
    )
  }

  /** ln of how much likelier everything below is, had the device failed; without how rare that is. */
  #deadBelow(device: number): number {
    const known = this.#dead.get(device)
    if (known !== undefined) return known
    const { grid } = this.#books
    let sum = grid.areaOf[device] === device ? this.#deadArea(this.#area(device)) : 0
    if (grid.isLowest[device] === 0) for (const child of grid.children(device)) sum += this.#deadBelow(child)
    this.#dead.set(device, sum)
    return sum
  }

  #area(area: number): AreaTally {
    let tally = this.#areas.get(area)
    if (tally === undefined) {
      tally = tallyArea(this.#books, area, this.#moment, this.#now)
      this.#areas.set(area, tally)
    }
    return tally
  }

  #deadArea(tally: AreaTally): number {
    const { area, all, reader } = tally
    return deadScore(all, this.#ableOf(reader, area)) + all.words + bundleScore(tally)
  }

  /** Chance that words of meters get out when a device fails: their terminal may hang on it too. */
  #ableOf(reader: GridTerminal | undefined, device: number): number {
    const isOut =
      reader !== undefined && reader.poweredBy >= 0 && this.#books.grid.isAtOrBelow(reader.poweredBy, device)
    return ableOf(reader?.backup, isOut)
  }

  /** Lines, boxes and services inside an area; nothing where nobody claims to have lost his supply. */
  #partsOf(area: number): Node[] {
    const tally = this.#area(area)
    if (tally.claimed.length === 0) return []
    const lines = new Map<number, Node[]>()
    for (const meter of tally.claimed) {
      const place = this.#books.grid.placeOf[meter]
      if (!this.#mayBeService(meter, tally)) continue
      // One that is named among the living is a slip of the bundle: a line of its own has more to say.
      const own = this.#serviceScore(meter, tally)
      if (own <= 0) continue
      const node = nodeOf(-1, meter, 0, [], own + bundleScore(tally))
      const nodes = lines.get(place)
      if (nodes === undefined) lines.set(place, [node])
      else nodes.push(node)
    }
    const isEnd = this.#books.grid.isLowest[area] === 1
    const inner = isEnd ? this.#inside(area, tally, lines).map(({ node }) => node) : []
    return [...inner, ...(lines.get(area) ?? [])]
  }

  /** Devices of an area below one of its own, each with what all at or below it say. */
  #inside(
    above: number,
    area: AreaTally,
    lines: ReadonlyMap<number, Node[]>
  ): { node: Node; tally: Tally }[] {
    const { grid } = this.#books
    return Array.from(grid.children(above))
      .filter(device => grid.meterCount(device) > 0)
      .map(device => {
        const parts = this.#inside(device, area, lines)
        const tally = noTally()
        addTally(tally, area.places.get(device) ?? noTally())
        for (const part of parts) addTally(tally, part.tally)
        this.#inner.set(device, tally)
        const silentElse = grid.meterCount(device) > 1 ? figure('branchSilent') : figure('meterSilent')
        const bundle = bundleScore(area)
        const score = deadScore(tally, this.#ableOf(area.reader, device), silentElse) + tally.words + bundle
        const nodes = [...parts.map(({ node }) => node), ...(lines.get(device) ?? [])]
        return { node: nodeOf(device, -1, 0, nodes, score + lnPrior(grid.kinds[device]), bundle), tally }
      })
  }

  /**
   * Who falls silent alone is lost as often as not: that its neighbours live has to be proven, or that it lost its supply. Of whom no box
   * is known anybody below the transformer is a neighbour, and whoever claims at the same moment may hang at the same box.
   */
  #mayBeService(meter: number, { area, all, places, claimed }: AreaTally): boolean {
    const { grid, meters } = this.#books
    const place = grid.placeOf[meter]
    if (isShownOnly(meters, meter, this.#moment.id)) return false
    const own = places.get(place)?.live ?? 0
    const neighbours = place === area && claimed.length === 1 ? all.live : own
    return neighbours > 0 || isProvenIn(meters, meter, this.#moment.id)
  }

  #serviceScore(meter: number, { reader }: AreaTally): number {
    const own = tallyMeter(this.#books.meters, meter, this.#moment)
    return deadScore(own, ableOf(reader?.backup, false), figure('meterSilent')) + lnPrior('service')
  }

  /**
   * The explanations at or below a node, each with its confidence.
   * @param above nodes that were passed over, each with how much worse the whole were, had it failed
   */
  #pick(node: Node, above: readonly Rival[]): Explanation[] {
    if (node.best <= 0) return []
    if (node.own < node.best) {
      const passed = [...above, { node, worse: node.own - node.best }]
      return node.parts.flatMap(part => this.#pick(part, passed))
    }
    const { grid } = this.#books
    const isSame = ({ device }: Node): boolean =>
      node.device >= 0 && grid.meterCount(device) === grid.meterCount(node.device)
    const higher = above.filter(rival => isSame(rival.node) && rival.node.phases === node.phases)
    const lower = this.#chainBelow(node)
    const last = lower.at(-1) ?? node
    const split = last.split - node.best
    const inClass =
      1 +
      higher.reduce((sum, { worse }) => sum + Math.exp(worse), 0) +
      lower.reduce((sum, each) => sum + Math.exp(Math.min(0, each.own - node.own)), 0)
    const rivals = above.filter(rival => !higher.includes(rival)).map(({ worse }) => worse)
    const others = [...rivals, split, -node.best].reduce(
      (sum, worse) => sum + Math.exp(Math.min(0, worse)),
      0
    )
    const chain = [...higher.map(rival => rival.node), node, ...lower]
    return [this.#explanation(node, chain, inClass / (inClass + others))]
  }

  /** Nodes below that leave the same meters dark: each feeds as many as the one above. */
  #chainBelow(node: Node): Node[] {
    const { grid } = this.#books
    const chain: Node[] = []
    for (let at = node; at.device >= 0; ) {
      const count = grid.meterCount(at.device)
      const next = Array.from(grid.children(at.device)).find(child => grid.meterCount(child) === count)
      if (next === undefined) break
      at = at.parts.find(({ device }) => device === next) ?? this.#nodeAt(next)
      chain.push(at)
    }
    return chain
  }

  /** A node that nothing speaks for. */
  #nodeAt(device: number): Node {
    const { grid } = this.#books
    const area = grid.areaOf[device]
    return area < 0 || area === device
      ? this.#node(device)
      : nodeOf(device, -1, 0, [], Number.NEGATIVE_INFINITY)
  }

  #explanation(node: Node, chain: readonly Node[], confidence: number): Explanation {
    const { grid, meters } = this.#books
    const { meter, best } = node
    // Of those that leave the same meters dark the highest is named.
    const device = chain[0].device
    const tally = noTally()
    const told = { down: 0, mains: 0, unlinked: 0 }
    const claims: number[] = []
    if (device < 0) {
      addTally(tally, tallyMeter(meters, meter, this.#moment))
      claims.push(meter)
    } else if (grid.areaOf[device] >= 0 && grid.areaOf[device] !== device) {
      const area = this.#area(grid.areaOf[device])
      addTally(tally, this.#inner.get(device) ?? noTally())
      claims.push(...area.claimed.filter(each => grid.isAtOrBelow(grid.placeOf[each], device)))
    } else
      for (const each of grid.areasBelow(device)) {
        const area = this.#area(each)
        addTally(tally, area.all)
        claims.push(...area.claimed)
        told.down += area.told.down
        told.mains += area.told.mains
        told.unlinked += area.told.unlinked
      }
    const times = claims
      .map(each => lossIn(meters, each, this.#moment.id))
      .filter(time => !Number.isNaN(time))
    return {
      device,
      meter,
      phases: node.phases,
      sameAs: chain.slice(1).map(each => each.device),
      score: best,
      confidence,
      start: middleOf(times),
      tally,
      told,
      claimers: claims.length
    }
  }
}

/** @param shared what is in the score of each part and of the device, and true once whoever of them failed */
function nodeOf(
  device: number,
  meter: number,
  phases: Phases,
  parts: readonly Node[],
  own: number,
  shared = 0
): Node {
  const chosen = shared === 0 ? parts : withShared(parts, shared)
  const split = chosen.reduce((sum, part) => sum + part.best, 0) - Math.max(0, chosen.length - 1) * shared
  return { device, meter, phases, parts: chosen, own, split, best: Math.max(0, split, own) }
}

/** Parts that explain more than what they share, or else the best of those that explain anything. */
function withShared(parts: readonly Node[], shared: number): readonly Node[] {
  const sure = parts.filter(({ best }) => best > shared)
  if (sure.length > 0) return sure
  const [first] = parts.filter(({ best }) => best > 0).sort((a, b) => b.best - a.best)
  return first === undefined ? [] : [first]
}

/** A bundle at all says that somebody below its terminal lost supply, whoever is named in it. */
const bundleScore = ({ all }: AreaTally): number => (all.collected > 0 ? -Math.log(figure('falseBundle')) : 0)
