import { systemClock } from '../src/clock.ts'
import { createFleet, type Fleet, slotsFor, startBefore } from './fleet.ts'
import { Generator } from './generator.ts'

/** Slots of one minute keep a long run of frequent frames inside the default time window. */
const SLOT_MS = 60_000
/** After the frames of a run have been sent, what is under way has so long to be acknowledged. */
const REST_S = 60

export interface MinuteLoad {
  readonly seed: number
  readonly meters: number
  readonly terminals: number
  readonly batch: number
  readonly window: number
  readonly framesPerSecond: number
  /** How long the frames must suffice for. */
  readonly seconds: number
}

const framesPerTerminal = ({ seconds, framesPerSecond, terminals }: MinuteLoad): number =>
  Math.ceil((seconds * framesPerSecond) / terminals)

/** The fleet of a steady load, one reading of each meter a minute of data time. */
export function minuteFleet(load: MinuteLoad): Fleet {
  const { seed, meters, terminals, batch } = load
  const slots = slotsFor(framesPerTerminal(load), batch, meters / terminals)
  const startTime = startBefore(systemClock.now(), slots, SLOT_MS)
  return createFleet({ seed, meters, terminals, batch, slots, slotMs: SLOT_MS, startTime })
}

/** Its generator, which keeps a file of what was acknowledged. */
export function startMinuteLoad(
  load: MinuteLoad,
  fleet: Fleet,
  port: number,
  ackFile: string
): Promise<Generator> {
  return Generator.start({
    host: '127.0.0.1',
    port,
    fleet,
    window: load.window,
    firstFrame: 0,
    frames: framesPerTerminal(load),
    framesPerSecond: load.framesPerSecond,
    ackFile,
    progressMs: 50,
    limitMs: (load.seconds + REST_S) * 1000
  })
}
