import { z } from 'zod'
import { type Affected, affectedBy, EFFECTS } from '../../supply/affected.ts'
import type { AnnouncedOutage } from '../../model/decisions.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import type { ToldStates } from '../../supply/ways.ts'
import { allOutages } from './planned.ts'
import { component } from './schemas.ts'

/** Key customers of what is out of service, or will be. */
export const affectedOut = z
  .array(
    component(
      'AffectedKeyCustomer',
      z.object({
        keyCustomer: z.string(),
        name: z.string(),
        grade: z.string(),
        effect: z.enum(EFFECTS).meta({ description: 'what it is without it, by the network' }),
        feeds: z.array(z.string()).meta({ description: 'supply sources that are lost' })
      })
    )
  )
  .meta({ description: 'key customers that lose a feed by it, as switches stand now, the worst first' })

/** What is asked: the network, how its switches stand, and what is planned on it. */
interface NetworkNow {
  registry(): Registry
  readonly switchingDesk: {
    switchStates(): Promise<ToldStates>
    plannedOutages(): Promise<ReadonlyMap<string, AnnouncedOutage>>
  }
}

/** @param out of each thing that is asked for its devices, or usage points */
export async function affectedNow(
  { registry, switchingDesk }: NetworkNow,
  out: readonly (readonly string[])[]
): Promise<Affected[][]> {
  const told = await switchingDesk.switchStates()
  return out.map(devices => affectedBy(registry(), told, devices))
}

export const showAffected = (all: readonly Affected[]): z.input<typeof affectedOut> =>
  all.map(({ customer: { id, name, grade }, effect, feeds }) => ({
    ...{ keyCustomer: id, name, grade, effect, feeds: [...feeds] }
  }))

/** Work that will take feeds from a customer. */
export interface PlannedWork extends Omit<Affected, 'customer'> {
  readonly id: string
  /** Epoch ms. */
  readonly from: number
  readonly to: number
}

const MOST_WORKS = 10

/** What is planned that takes a feed from a customer and is not over, in order of beginning. @param now epoch ms */
export async function plannedFor(
  context: NetworkNow,
  customer: KeyCustomer,
  now: number
): Promise<PlannedWork[]> {
  const ahead = allOutages(context.registry(), await context.switchingDesk.plannedOutages())
    .map(({ outage }) => outage)
    .filter(({ to, state }) => to > now && state !== 'cancelled')
  const registry = context.registry()
  const told = await context.switchingDesk.switchStates()
  return ahead
    .flatMap(({ id, from, to, devices }) =>
      affectedBy(registry, told, devices, [customer]).map(({ effect, feeds }) => ({
        ...{ id, from, to, effect, feeds }
      }))
    )
    .slice(0, MOST_WORKS)
}
