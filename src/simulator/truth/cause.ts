import { ABC } from '../grid/grid.ts'
import { isIn, type Moment, type World } from '../world/world.ts'

/** Why somebody has lost his supply. */
export interface Cause {
  readonly device: number
  readonly phases: number
  readonly words: string
  readonly plan: string
}

/**
 * The highest device on the way that fed a place until now which cannot feed any more, as it failed or was opened last. Where nothing on
 * that way was (only a tie opened) it is, on the usual way, the highest device without supply, or with a phase that failed before.
 */
export function causeOf(
  world: World,
  device: number,
  { time, state, feeding }: Moment,
  before?: Moment
): Cause {
  const { parent } = world.index.grid.devices
  const begins = (at: number): boolean =>
    ((state.failed[at] ?? 0) & ~(before?.state.failed[at] ?? 0)) !== 0 ||
    (state.isOpen[at] ?? 0) > (before?.state.isOpen[at] ?? 0)
  const usual = wayUp(device, parent)
  const live = usual.findIndex(at => feeding.mask[at] !== 0)
  const found =
    wayUp(device, before?.feeding.fedBy ?? parent).findLast(begins) ??
    usual[(live < 0 ? usual.length : live) - 1] ??
    usual.findLast(at => state.failed[at] !== 0) ??
    device
  const failures = world.happenings.failures.filter(each => each.device === found && isIn(each, time))
  const last = failures.filter(({ start }) => start === Math.max(...failures.map(each => each.start)))
  const [{ cause = '', plan = '' } = {}] = last
  const failed = last.reduce((bits, each) => bits | each.phases, 0)
  const isOpened = (state.isOpen[found] ?? 0) > (before?.state.isOpen[found] ?? 0)
  return { device: found, phases: isOpened ? ABC : failed || ABC, words: cause, plan }
}

/**
 * Why somebody is still dark when what took his supply is back: the highest device below it that failed later and has not been mended;
 * undefined where there is none. What failed with it, or was opened to mend it, belongs to it.
 * @param host device that is back @param since when it failed
 */
export function hiddenCauseOf(
  world: World,
  device: number,
  host: number,
  since: number,
  { time, state }: Moment
): Cause | undefined {
  const usual = wayUp(device, world.index.grid.devices.parent)
  const below = usual.slice(0, usual.indexOf(host))
  const found = below.findLast(at => state.failed[at] !== 0)
  if (found === undefined) return undefined
  const failures = world.happenings.failures.filter(each => each.device === found && isIn(each, time))
  if (failures.some(({ start }) => start <= since)) return undefined
  const [{ cause = '', plan = '' } = {}] = failures
  const phases = failures.reduce((bits, each) => bits | each.phases, 0)
  return { device: found, phases: phases || ABC, words: cause, plan }
}

/** A device and those above it, by who feeds whom. */
export function wayUp(device: number, fedBy: Int32Array): number[] {
  const way: number[] = []
  for (let at = device; at >= 0; at = fedBy[at] ?? -1) way.push(at)
  return way
}
