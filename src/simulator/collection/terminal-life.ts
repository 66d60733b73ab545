import { type Chance, within } from '../city/chance.ts'
import { type Backup, phaseLetters } from '../grid/grid.ts'
import type { Span } from '../scenario/happenings.ts'
import { bestVolts, DARK_BELOW } from '../world/feeding.ts'
import type { World } from '../world/world.ts'

/** What a terminal is able to do in a stretch of time. */
export interface Stretch extends Span {
  /** On backup it keeps its link for a while and reads no meters. */
  readonly power: 'mains' | 'backup' | 'none'
  readonly isLinked: boolean
  /** Starts so far: rises when it lost its power or restarted, not when its link was lost. */
  readonly boots: number
  /** Why its link is gone; '' when it is not, or when it died. */
  readonly lostBy: '' | 'link' | 'gateway'
}

/** How long a terminal goes on without supply, least and most. */
export const BACKUP_MS: Readonly<Record<Backup, readonly [least: number, most: number]>> = {
  none: [0, 0],
  supercap: [60_000, 150_000],
  battery: [1_800_000, 7_200_000]
}
/** From supply to the first message. */
const BOOT_MS: readonly [least: number, most: number] = [30_000, 90_000]
/** From a link that is whole again to the first message. */
const RELINK_MS: readonly [least: number, most: number] = [2_000, 20_000]
const RESTART_MS = 40_000
/** At the beginning of a run all connect within so long. */
const FIRST_CONNECT_MS = 5_000

/** The life of one terminal over a run: stretches that follow each other without a gap. */
export class TerminalLife {
  readonly stretches: readonly Stretch[]
  readonly #from: number

  constructor(world: World, terminal: number, chance: Chance) {
    const { start } = world.happenings
    this.#from = start
    const powers = powersOf(world, terminal, chance)
    const losses = lossesOf(world, terminal, chance)
    const connects = start + Math.round(FIRST_CONNECT_MS * chance.named('first connect').at(terminal))
    const unconnected = { start: Number.NEGATIVE_INFINITY, end: connects, lostBy: '' as const }
    this.stretches = cut(powers, [unconnected, ...losses])
  }

  /** Whether nothing ever happens to it but that it connects. */
  get isQuiet(): boolean {
    return this.stretches.length === 2
  }

  at(time: number): Stretch {
    const found = this.stretches.find(({ start, end }) => time >= start && time < end)
    const first = this.stretches[0]
    if (found !== undefined) return found
    if (first === undefined) throw new RangeError('a life has a stretch at least')
    return time < this.#from ? first : (this.stretches.at(-1) ?? first)
  }

  /** The first time from `time` on at which it can send; undefined when it never can again, or loses its memory before. */
  nextLinked(time: number, isLasting: boolean): number | undefined {
    for (const stretch of this.stretches) {
      if (stretch.end <= time) continue
      if (stretch.isLinked) return Math.max(time, stretch.start)
      if (stretch.power === 'none' && !isLasting) return undefined
    }
    return undefined
  }
}

interface PowerStretch extends Span {
  readonly power: Stretch['power']
  readonly boots: number
}

/**
 * Mains, backup, nothing: by the supply of the place it hangs on, and by what it is told to do.
 *
 *   mains ──supply goes──> backup ──it is empty──> none ──supply is back, and a start later──> mains
 *     ^────supply is back────┘                      └ a start that supply does not outlast is none
 */
function powersOf(world: World, terminal: number, chance: Chance): PowerStretch[] {
  const { poweredBy = -1, backup = 'none' } = world.index.grid.terminals[terminal] ?? {}
  const ask = { backup: chance.named('backup'), boot: chance.named('boot') }
  const stretches: PowerStretch[] = []
  let boots = 1 + chance.named('boots before').integer(terminal, 20)
  let power = 'mains' as Stretch['power']
  let [begun, question] = [Number.NEGATIVE_INFINITY, terminal * 1000]
  // When its backup will be empty, and when it will have started; NaN while it does neither.
  let [empty, up] = [Number.NaN, Number.NaN]
  const turn = (time: number, next: Stretch['power']): void => {
    if (time > begun) stretches.push({ start: begun, end: time, power, boots })
    ;[begun, power] = [time, next]
  }
  const pass = (time: number): void => {
    if (power === 'backup' && empty < time) turn(empty, 'none')
    if (power !== 'none' || !(up <= time)) return
    turn(up, 'mains')
    boots++
  }
  for (const { time, isReboot, isFed } of powerChanges(world, terminal, poweredBy)) {
    pass(time)
    if (isReboot) {
      if (power !== 'mains') continue
      turn(time, 'none')
      up = time + RESTART_MS
    } else if (isFed) {
      if (power === 'backup') turn(time, 'mains')
      else up = time + within(BOOT_MS, ask.boot.at(question))
    } else {
      up = Number.NaN
      if (power !== 'mains') continue
      turn(time, 'backup')
      question = terminal * 1000 + stretches.length
      empty = time + within(BACKUP_MS[backup], ask.backup.at(question - 1))
    }
  }
  pass(Number.POSITIVE_INFINITY)
  turn(Number.POSITIVE_INFINITY, power)
  return stretches
}

interface PowerChange {
  readonly time: number
  readonly isReboot: boolean
  /** Whether it has supply from then on. */
  readonly isFed: boolean
}

/** When the supply of the place comes and goes, and when the terminal is told to start again. */
function powerChanges(world: World, terminal: number, poweredBy: number): PowerChange[] {
  const changes = poweredBy < 0 ? [] : world.changesAt(poweredBy)
  const supply = changes.map(time => ({
    time,
    isReboot: false,
    isFed: bestVolts(world.conditionAt(poweredBy, time), 7) >= DARK_BELOW
  }))
  const turned = supply.filter(({ isFed }, i) => isFed !== (supply[i - 1]?.isFed ?? true))
  const reboots = world.happenings.reboots.filter(each => each.terminal === terminal)
  return [...turned, ...reboots.map(({ at }) => ({ time: at, isReboot: true, isFed: true }))].sort(
    (a, b) => a.time - b.time
  )
}

interface LossStretch extends Span {
  readonly lostBy: '' | 'link' | 'gateway'
}

/** Times in which its link is gone, each until it has found its way back. */
function lossesOf(world: World, terminal: number, chance: Chance): LossStretch[] {
  const { losses, restarts } = world.happenings
  const ask = chance.named('relink')
  const own = losses.filter(({ terminals }) => terminals.includes(terminal))
  const all = [
    ...own.map(({ start, end }) => ({ start, end, lostBy: 'link' as const })),
    ...restarts.map(({ start, end }) => ({ start, end, lostBy: 'gateway' as const }))
  ]
  return all
    .map((span, i) => ({ ...span, end: span.end + within(RELINK_MS, ask.at(terminal * 1000 + i)) }))
    .sort((a, b) => a.start - b.start)
}

/** Cuts stretches of power where links come and go. */
function cut(powers: readonly PowerStretch[], losses: readonly LossStretch[]): Stretch[] {
  const stretches: Stretch[] = []
  for (const { start, end, power, boots } of powers) {
    const cuts = losses.flatMap(loss => [loss.start, loss.end]).filter(time => time > start && time < end)
    const times = [start, ...new Set(cuts.sort((a, b) => a - b)), end]
    for (let i = 0; i + 1 < times.length; i++) {
      const [from, to] = [times[i] ?? 0, times[i + 1] ?? 0]
      const loss = losses.find(each => from >= each.start && from < each.end)
      const isLinked = power !== 'none' && loss === undefined
      stretches.push({
        start: from,
        end: to,
        power,
        boots,
        isLinked,
        lostBy: power === 'none' ? '' : (loss?.lostBy ?? '')
      })
    }
  }
  return stretches
}

/** Letters for messages; '' for all three. */
export const lettersOf = (phases: number): string => (phases === 7 ? '' : phaseLetters(phases))
