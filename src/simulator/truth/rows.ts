import type { CollectionContext } from '../collection/context.ts'
import { lettersOf } from '../collection/terminal-life.ts'
import type { Loss } from '../scenario/happenings.ts'
import type { World } from '../world/world.ts'
import type { Outage } from './outages.ts'
import { knowableAt } from './reference.ts'
import { supplyRows } from './supply-rows.ts'
import type { TruthRow } from './truth-row.ts'
import { roundsOf } from './terminal-likelihood.ts'

/** Shorter outages are momentary (profile `dl836`; DL/T 836.1 counts from 3 minutes on). */
const MOMENTARY_MS = 180_000

/**
 * All true rows of a run, in a fixed order. What can be known of them depends on what arrived, so they are written when the traffic of
 * the run has been made.
 * @param until when a run was broken off, epoch ms: what begins later never happened, what lasts then ends there
 */
export function truthRows(context: CollectionContext, until = Number.POSITIVE_INFINITY): TruthRow[] {
  const rows = [
    runRow(context),
    ...outageRows(context),
    ...lossRows(context),
    ...undecidableRows(context),
    ...findingRows(context),
    ...alarmRows(context),
    ...supplyRows(context)
  ]
  if (until >= context.world.happenings.end) return rows
  return rows
    .filter(({ start }) => typeof start !== 'number' || start < until)
    .map(row => (typeof row.end === 'number' ? { ...row, end: Math.min(row.end, until) } : row))
}

function runRow({ world }: CollectionContext): TruthRow {
  const { start, end } = world.happenings
  return { table: 'run', start, end, meters: world.index.grid.customers.count }
}

function outageRows(context: CollectionContext): TruthRow[] {
  const { outages, world, firstSigns } = context
  const { devices, customers } = world.index.grid
  return outages.map(outage => ({
    table: 'incidents',
    id: outage.id,
    ...(outage.parent !== '' && { parent: outage.parent }),
    // Of a service line only its own meter can tell.
    ...(outage.customer >= 0 && { observable: firstSigns.has(outage.id) }),
    device: outage.customer >= 0 ? customers.point[outage.customer] : devices.id[outage.device],
    phases: lettersOf(outage.phases),
    kind:
      outage.plan !== '' ? 'planned' : outage.end - outage.start <= MOMENTARY_MS ? 'momentary' : 'sustained',
    cause: outage.cause,
    plan: outage.plan,
    supply: outage.supply,
    start: outage.start,
    end: outage.end,
    affected: new Set(outage.affected.map(customer => customers.account[customer])).size,
    usagePoints: outage.affected.map(customer => customers.point[customer]),
    degraded: outage.degraded.map(customer => customers.point[customer]),
    feeds: outage.feeds.map(customer => customers.point[customer]),
    steps: outage.steps,
    customerMinutes: outage.customerMinutes,
    firstSignAt: firstSigns.get(outage.id) ?? feedSign(context, outage),
    knowableAt: knowableAt(context, outage)
  }))
}

/** Of a feed that died by itself the first word about its customer's plant. */
function feedSign(
  { world, plantWords }: CollectionContext,
  { feeds, start, end }: Outage
): number | undefined {
  const place = world.index.grid.keyCustomers.findIndex(each =>
    each.feeds.some(({ customer }) => feeds.includes(customer))
  )
  const arrivals = (plantWords[place] ?? [])
    .filter(({ time }) => time >= start && time < end)
    .map(({ at }) => at)
  return arrivals.length === 0 ? undefined : Math.min(...arrivals)
}

function lossRows(context: CollectionContext): TruthRow[] {
  const { losses, restarts, end } = context.world.happenings
  const { terminals, customers } = context.world.index.grid
  const rows = losses.map((loss: Loss, i) => {
    const silenced = loss.terminals.filter(terminal => isSilenced(context, terminal, loss.start))
    return {
      table: 'communication',
      id: `L${i + 1}`,
      scope: loss.scope,
      subject: loss.subject,
      silent: [
        ...(silenced.length > 0 ? silenced : loss.terminals).map(terminal => terminals[terminal]?.id),
        ...loss.customers.map(customer => customers.meter[customer])
      ],
      start: loss.start,
      end: Math.min(loss.end, end),
      observable: silenced.length > 0 || isMissed(context, loss)
    }
  })
  const own = restarts.map((span, i) => ({
    table: 'restarts',
    id: `G${i + 1}`,
    start: span.start,
    end: span.end
  }))
  return [...rows, ...own]
}

/** Whether a terminal falls silent by a loss: who is silent already does not, and who lives on a capacitor does so by that. */
function isSilenced(context: CollectionContext, terminal: number, start: number): boolean {
  const { isLinked, power } = context.life(terminal).at(start - 1)
  const { backup } = context.world.index.grid.terminals[terminal] ?? {}
  return isLinked && (power === 'mains' || backup === 'battery')
}

/** Whether a round of readings that its terminal took missed a meter for this reason: otherwise nobody could see it. */
function isMissed(context: CollectionContext, { customers: silent, start, end }: Loss): boolean {
  const { world } = context
  const number = world.index.grid.customers.terminal[silent[0] ?? -1] ?? -1
  const terminal = world.index.grid.terminals[number]
  if (terminal === undefined) return false
  const life = context.life(number)
  return roundsOf(terminal, start - 1, Math.min(end, world.happenings.end) - 1).some(at => {
    const { power, isLinked } = life.at(at)
    return power === 'mains' && isLinked && silent.some(customer => context.isAlive(customer, at))
  })
}

/** Terminals that fell silent because their own supply went: until they are back nobody can tell that from a lost link. */
function undecidableRows(context: CollectionContext): TruthRow[] {
  const { happenings, index } = context.world
  const { end } = happenings
  return index.grid.terminals.flatMap(({ id }, number) =>
    context
      .life(number)
      .stretches.filter(({ power, start }) => power === 'none' && Number.isFinite(start) && start < end)
      .map(stretch => ({
        table: 'undecidable',
        terminals: [id],
        start: stretch.start,
        end: Math.min(stretch.end, end)
      }))
  )
}

const FINDING_KINDS = {
  'meter-fuse': 'metering-fault',
  removed: 'meter-removed',
  exchanged: 'exchange',
  relay: 'relay-open',
  breaker: 'customer-side',
  clock: 'clock'
} as const

function findingRows({ world }: CollectionContext): TruthRow[] {
  const { troubles, pushes, sources, plants, end } = world.happenings
  const { customers, terminals, devices, keyCustomers } = world.index.grid
  const row = (kind: string, subject: string | undefined, start: number, until: number): TruthRow => ({
    table: 'findings',
    kind,
    subject,
    start,
    end: Math.min(until, end)
  })
  return [
    ...troubles.map(({ kind, customer, start, end: until }) => ({
      ...row(FINDING_KINDS[kind], customers.meter[customer], start, until),
      // Of who has no meter any more nothing is read.
      ...(world.troubleAt(customer, 'removed', start - 1) !== undefined && { observable: false })
    })),
    ...pushes
      .filter(({ what }) => what === 'inferred')
      .map(({ terminal, at }) => row('gasp-flood', terminals[terminal]?.id, at, at)),
    ...sources
      .filter(({ source }) => source === 'panels')
      .map(({ device, start, end: until }) => row('back-feed', devices.id[device], start, until)),
    ...plants
      .filter(({ does }) => does === 'back-feed')
      .flatMap(({ keyCustomer, start, end: until }) =>
        deadFeeds(world, keyCustomer, start).map(point => row('back-feed', point, start, until))
      ),
    ...plants
      .filter(({ does }) => does === 'parallel')
      .map(({ keyCustomer, start, end: until }) =>
        row('back-feed', keyCustomers[keyCustomer]?.sections[0]?.id, start, until)
      )
  ]
}

/** Usage points of a key customer's feeds without supply at a time. */
function deadFeeds(world: World, keyCustomer: number, time: number): (string | undefined)[] {
  const { keyCustomers, customers } = world.index.grid
  const feeds = keyCustomers[keyCustomer]?.feeds ?? []
  return feeds
    .filter(({ customer }) => Math.max(...world.customerConditionAt(customer, time).volts) === 0)
    .map(({ customer }) => customers.point[customer])
}

function alarmRows(context: CollectionContext): TruthRow[] {
  const { world } = context
  const { neutrals, end } = world.happenings
  const broken = neutrals.map(({ device, start, end: until }) => ({
    kind: 'broken-neutral',
    subject: world.index.grid.devices.id[device],
    start,
    end: Math.min(until, end),
    observable: showsBrokenNeutral(context, device, start, Math.min(until, end))
  }))
  // Of what feeds back a finding is asked for: that it lasts is an alarm where it is known in time.
  const fedBack = findingRows(context).flatMap(({ kind, subject, start, end: until }) =>
    kind === 'back-feed' ? [{ kind, subject, start, end: until, observable: false }] : []
  )
  return [...broken, ...fedBack].map((row, i) => ({ table: 'alarms', id: `A${i + 1}`, ...row }))
}

/** What makes a broken neutral dangerous, and shows it: some phases above, others below, V. Where the loads are balanced nothing moves. */
const [TOO_HIGH_V, LOW_V] = [250, 210]

/** Whether a reading of those behind a broken neutral ever shows it. */
function showsBrokenNeutral(context: CollectionContext, device: number, start: number, end: number): boolean {
  const { index } = context.world
  const { customers, devices, terminals } = index.grid
  const behind = new Set(index.customersAt(device))
  const [first = -1] = behind
  const transformer = context.transformer(devices.transformer[device] ?? -1)
  const sampleMs = terminals[customers.terminal[first] ?? -1]?.sampleMs ?? end - start
  for (let time = Math.ceil(start / sampleMs) * sampleMs; time < end; time += sampleMs) {
    const volts = transformer.at(time).flatMap(({ customer, volts }) => (behind.has(customer) ? volts : []))
    if (Math.max(...volts) > TOO_HIGH_V && Math.min(...volts) < LOW_V) return true
  }
  return false
}
