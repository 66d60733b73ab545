import type { PingFailure, ReadCommand } from '../../model/pings.ts'
import { ABC } from '../grid/grid.ts'
import { meterAt } from '../meters/shown.ts'
import { bestVolts, DARK_BELOW } from '../world/feeding.ts'
import type { CollectionContext } from './context.ts'
import { rowText } from './messages.ts'

/** A terminal reads one meter after the other over the power line: so long for each. */
const READ_MS = 400

/** How long a terminal takes for a command, ms. */
export const readingTime = ({ meters }: ReadCommand): number => READ_MS * Math.max(1, meters.length)

/**
 * What a terminal replies to a read command (docs/mqtt.md), by the state of the world at a time: dead meters do not answer, on its
 * backup it reads nobody. Undefined when it does not reply at all: it is dead, or has no link.
 */
export function replyTo(
  context: CollectionContext,
  terminal: number,
  { id, meters }: ReadCommand,
  now: number
): string | undefined {
  const { power, isLinked } = context.life(terminal).at(now)
  if (power === 'none' || !isLinked) return undefined
  const rows: string[] = []
  const failures: { meter: string; reason: PingFailure }[] = []
  for (const meter of meters) {
    const read =
      power === 'mains' ? readMeter(context, terminal, meter, now) : { failure: 'not-asked' as const }
    if ('row' in read) rows.push(read.row)
    else failures.push({ meter, reason: read.failure })
  }
  return `{"id":${JSON.stringify(id)},"collectedAt":${now},"readings":[${rows.join(',')}],"failures":${JSON.stringify(failures)}}`
}

type Read = { readonly row: string } | { readonly failure: PingFailure }

function readMeter(context: CollectionContext, terminal: number, meter: string, now: number): Read {
  const { world } = context
  const { index } = world
  const customer = index.customersRead[terminal]?.find(each => meterAt(world, each, now) === meter)
  if (customer === undefined) return readCheckMeter(context, terminal, meter, now)
  const transformer = index.grid.devices.transformer[index.grid.customers.device[customer] ?? -1] ?? -1
  // Meters at medium voltage have a supply of their own: they answer, and show that there is none.
  if (transformer < 0) return { row: context.highVoltage.rowText(customer, now) }
  const rate = context.readFailures.rateOf(terminal, now)
  const answers =
    context.isAlive(customer, now) &&
    context.isHeard(customer, now) &&
    !context.readFailures.fails(customer, now, rate)
  const shown =
    answers &&
    context
      .transformer(transformer)
      .at(now)
      .find(each => each.customer === customer)
  return shown ? { row: rowText(now, shown) } : { failure: 'no-answer' }
}

function readCheckMeter(context: CollectionContext, terminal: number, meter: string, now: number): Read {
  const { world } = context
  const { checkMeters } = world.index.grid
  const check = checkMeters.find(each => each.meter === meter && each.terminal === terminal)
  if (check === undefined) return { failure: 'unknown-meter' }
  const isAlive = bestVolts(world.conditionAt(check.device, now), ABC) >= DARK_BELOW
  const shown =
    isAlive &&
    context
      .transformer(check.device)
      .at(now)
      .find(({ customer }) => customer < 0)
  return shown ? { row: rowText(now, shown) } : { failure: 'no-answer' }
}
