import { named, TOWN } from '../../support/outage-registry.ts'
import { MINUTE, OutageTape, SECOND, T0 } from '../../support/outage-feed.ts'

/** Meters of the town by their terminal. */
export const READ: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  ['KA', 'KB', 'KC', 'KD'].map(terminal => [
    terminal,
    TOWN.meters.filter(row => row.terminal === terminal).flatMap(({ ids }) => ids)
  ])
)

/** All terminals are linked, and have read all their meters twice: from here on who is silent is missed. */
export function quietTown(): OutageTape {
  const tape = new OutageTape()
  for (const terminal of Object.keys(READ)) tape.connect(terminal).status(terminal, { bootCount: 1 })
  return round(round(tape, T0 + MINUTE), T0 + 16 * MINUTE)
}

/** A round of readings of all terminals, in the order given. @param silent meters that are missed in it */
export function round(
  tape: OutageTape,
  time: number,
  silent: readonly string[] = [],
  terminals = Object.keys(READ)
): OutageTape {
  tape.until(time)
  for (const terminal of terminals)
    tape.read(
      terminal,
      READ[terminal]!.filter(meter => !silent.includes(meter)),
      time
    )
  return tape
}

/**
 * Two hours of the town: a transformer, a lateral that comes back in steps, a line of its own, a suspicion that comes to nothing, and
 * lost communication of every scope below a carrier.
 * @param order in which the messages of a round come
 */
export function busyTown(order = ['KA', 'KC', 'KD']): OutageTape {
  const tape = quietTown()
  const tc = READ.KC!
  const box = named('a', 8)
  tape.until(T0 + 20 * MINUTE).gasp('KC', tc)
  round(tape.pass(4 * MINUTE), T0 + 31 * MINUTE, [...tc, ...box])
  tape.until(T0 + 33 * MINUTE).powerUp('KC', tc.slice(0, 5))
  round(tape, T0 + 46 * MINUTE, box)
  tape.pass(2 * MINUTE).record('KC', tc.slice(0, 7), T0 + 20 * MINUTE - 3 * SECOND, T0 + 33 * MINUTE)
  tape.until(T0 + 50 * MINUTE).gasp('KD', ['d1'])
  tape.until(T0 + 52 * MINUTE).disconnect('KB')
  tape.pass(3 * SECOND).disconnect('KA')
  tape
    .until(T0 + 57 * MINUTE)
    .connect('KA')
    .status('KA', { bootCount: 1 })
  // Branches of two terminals fall silent in one round.
  const branches = [...named('d', 8), ...named('c', 8)]
  round(tape, T0 + 61 * MINUTE, branches, order)
  tape
    .until(T0 + 62 * MINUTE)
    .connect('KB')
    .status('KB', { bootCount: 1 })
  tape
    .until(T0 + 64 * MINUTE)
    .disconnect('KD')
    .pass(6 * MINUTE)
    .connect('KD')
    .status('KD', { bootCount: 1 })
  round(tape, T0 + 76 * MINUTE, branches, [...order, 'KB'])
  round(tape, T0 + 91 * MINUTE)
  tape
    .until(T0 + 92 * MINUTE)
    .gasp('KB', READ.KB!.slice(0, 6))
    .gasp('KC', tc.slice(0, 9))
  tape
    .status('KB', { supply: 'battery', bootCount: 1 })
    .pass(5 * SECOND)
    .disconnect('KB')
  tape
    .until(T0 + 100 * MINUTE)
    .connect('KB')
    .status('KB', { bootCount: 2 })
    .read('KB', READ.KB!)
  tape.until(T0 + 112 * MINUTE).powerUp('KC', tc)
  tape.until(T0 + 115 * MINUTE).gasp('KA', ['b2'])
  round(tape, T0 + 118 * MINUTE, ['b2'])
  tape
    .gateway('stopped')
    .pass(20 * SECOND)
    .gateway('started')
    .connect('KA')
  round(tape, T0 + 133 * MINUTE)
  return tape.record('KA', ['b2'], T0 + 115 * MINUTE, T0 + 121 * MINUTE).pass(25 * MINUTE)
}
