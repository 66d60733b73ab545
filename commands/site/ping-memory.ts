import type { Ping, PingAnswer, PingedMeter } from '../../src/model/pings.ts'

/** Pings that are remembered, the newest. */
const MOST_PINGS = 1000
/** From the deadline of a terminal to what the processor has made of its reply. */
const GRACE_MS = 5_000

/** How the newest pings stand. Nothing of it outlives the server: what came of them is in evidence and readings. */
export class PingMemory {
  readonly #pings = new Map<string, Ping>()

  add(ping: Ping): void {
    this.#pings.set(ping.id, ping)
    const [oldest] = this.#pings.keys()
    if (this.#pings.size > MOST_PINGS && oldest !== undefined) this.#pings.delete(oldest)
  }

  /** What became of a meter; an answer to a ping that is forgotten, or of before a restart, is passed over. */
  answer({ id, terminal, meter, state, reason, readAt, voltageV }: PingAnswer): void {
    const ping = this.#pings.get(id)
    if (ping === undefined) return
    const isMeant = (each: PingedMeter): boolean => each.meter === meter && each.terminal === terminal
    const told = {
      terminal,
      meter,
      state,
      reason,
      voltageV,
      readAt: state === 'answered' ? readAt : Number.NaN
    }
    const meters = ping.meters.map(each => (isMeant(each) ? told : each))
    this.#pings.set(id, { ...ping, meters })
  }

  find(id: string, now: number): Ping | undefined {
    const ping = this.#pings.get(id)
    return ping && seenAt(ping, now)
  }

  /** The newest first. */
  list(now: number): Ping[] {
    return [...this.#pings.values()].reverse().map(ping => seenAt(ping, now))
  }
}

/** Who has not answered in time will not be waited for, though he may still answer. */
function seenAt(ping: Ping, now: number): Ping {
  if (now <= ping.deadline + GRACE_MS) return ping
  const late = (each: PingedMeter): PingedMeter =>
    each.state === 'asked' ? { ...each, state: 'timed-out' } : each
  return { ...ping, meters: ping.meters.map(late) }
}
