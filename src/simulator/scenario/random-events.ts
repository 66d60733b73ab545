import { DEVICE_KINDS } from '../../registry/tables.ts'
import type { Chance } from '../city/chance.ts'
import { ABC } from '../grid/grid.ts'
import type { GridIndex } from '../grid/grid-index.ts'
import type { Failure, Happenings, Loss } from './happenings.ts'
import type { RandomEvents } from './schema.ts'

type Drafts = Pick<Happenings, 'start' | 'end' | 'pace'> & {
  readonly failures: Failure[]
  readonly losses: Loss[]
}

/** Between two outages of which one would hide the other, so that each is a case of its own. */
const APART_MS = 45 * 60_000
/** Nothing begins before meters were heard twice, nor so late that nobody could hear of its end. */
const QUIET_MS = 45 * 60_000
const LOSS_SHORTEST_MS = 10 * 60_000
const LOSS_LONGEST_MS = 3 * 3_600_000
const TRIES = 200

/** Draws a suite's outages and losses: places by kind, times over the whole run, lengths evenly in logarithms. */
export function drawEvents(events: RandomEvents, index: GridIndex, into: Drafts, chance: Chance): void {
  const lateral = index.grid.devices.kind.includes(DEVICE_KINDS.indexOf('fuse')) ? 'fuse' : 'section'
  const pools = Object.entries(events.mix).map(([name, share]) => {
    const kind = name === 'lateral' ? lateral : name
    return [devicesOf(index, kind), share] as const
  })
  const usable = pools.filter(([devices, share]) => devices.length > 0 && share > 0)
  const total = usable.reduce((sum, [, share]) => sum + share, 0)
  const choices = usable.map(([devices, share]) => [devices, share / total] as const)
  const apartMs = APART_MS / into.pace
  const ask = draws(chance.named('outage'))
  for (let number = 0; number < events.outages && choices.length > 0; number++) {
    const devices = ask.kind.pick(number, choices)
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const question = number * TRIES + attempt
      const device = devices[ask.place.integer(question, devices.length)] ?? 0
      const span = spanAt(into, ask, question, events.shortest, events.longest)
      const isTaken = into.failures.some(
        other =>
          span.start < other.end + apartMs &&
          other.start < span.end + apartMs &&
          (index.isAtOrBelow(device, other.device) || index.isAtOrBelow(other.device, device))
      )
      if (isTaken) continue
      into.failures.push({ ...span, device, phases: ABC, cause: 'drawn', plan: '' })
      break
    }
  }
  const losses = Math.round(events.outages * events.losses) + events.lossesAlone
  drawLosses(losses, events.lossMix, index, into, chance.named('loss'))
}

function drawLosses(
  count: number,
  mix: RandomEvents['lossMix'],
  index: GridIndex,
  into: Drafts,
  chance: Chance
): void {
  const { terminals, customers } = index.grid
  const boxes = devicesOf(index, 'box')
  const scopes = (['meter', 'branch', 'terminal', 'cell'] as const).map(scope => [scope, mix[scope]] as const)
  const ask = draws(chance)
  const reading = [...terminals.keys()].filter(terminal => (index.customersRead[terminal]?.length ?? 0) > 0)
  for (let number = 0; number < count; number++) {
    const span = spanAt(into, ask, number, LOSS_SHORTEST_MS, LOSS_LONGEST_MS)
    const scope = ask.kind.pick(number, scopes)
    if (scope === 'meter') {
      const customer = ask.place.integer(number, customers.count)
      into.losses.push({
        ...span,
        scope,
        subject: customers.meter[customer] ?? '',
        terminals: [],
        customers: [customer]
      })
    } else if (scope === 'branch') {
      const branch = index.customersAt(boxes[ask.place.integer(number, boxes.length)] ?? 0)
      const subject = terminals[customers.terminal[branch[0] ?? -1] ?? -1]?.id ?? ''
      if (branch.length > 0) into.losses.push({ ...span, scope, subject, terminals: [], customers: branch })
    } else {
      const one = terminals[reading[ask.place.integer(number, reading.length)] ?? -1]
      // Of which no cell is known, it falls silent alone.
      const by = scope === 'terminal' || one?.cell === '' ? 'terminal' : 'cell'
      const nameOf = (number: number): string | undefined =>
        by === 'terminal' ? terminals[number]?.id : terminals[number]?.cell
      const subject = (by === 'terminal' ? one?.id : one?.cell) ?? ''
      const silent = [...terminals.keys()].filter(other => nameOf(other) === subject)
      into.losses.push({ ...span, scope: by, subject, terminals: silent, customers: [] })
    }
  }
}

const draws = (chance: Chance) => ({
  kind: chance.named('kind'),
  place: chance.named('place'),
  time: chance.named('time'),
  length: chance.named('length')
})

/** A span that begins and ends within the quiet ends of a run where it fits, else as long as there is room. */
function spanAt(
  { start, end, pace }: Pick<Happenings, 'start' | 'end' | 'pace'>,
  ask: ReturnType<typeof draws>,
  number: number,
  shortest: number,
  longest: number
): { start: number; end: number } {
  const quietMs = QUIET_MS / pace
  const [least, most] = [shortest / pace, longest / pace]
  const room = Math.max(least, end - start - 2 * quietMs)
  const length = Math.round(Math.min(room, least * (most / least) ** ask.length.at(number)))
  const from = start + Math.round(quietMs) + Math.floor(ask.time.at(number) * Math.max(0, room - length))
  return { start: from, end: from + length }
}

function devicesOf({ grid, customersBelow }: GridIndex, kind: string): number[] {
  const wanted = (DEVICE_KINDS as readonly string[]).indexOf(kind)
  return [...grid.devices.kind.keys()].filter(
    device => grid.devices.kind[device] === wanted && (customersBelow[device] ?? 0) > 0
  )
}
