import { z } from 'zod'
import type { AlarmRow, OutageCalls } from '../../ledger/outage-port.ts'
import type { LedgerCalls } from '../../ledger/port.ts'
import { type Access, type Caller, KEEPS_CUSTOMERS, mayUse } from '../../model/roles.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import type { Registry } from '../../registry/lookup/registry.ts'
import { supplyPath } from '../../registry/lookup/supply-path.ts'
import { alarmOut, showAlarm } from './outages.ts'

/** Alarms of lines that may be live though nobody feeds them from above, and whom to call about them. */
const DANGER = { kind: 'back-feed', limit: 500 } as const
/** One on a shelf is not acknowledged. */
export const UNSEEN = ['firing', 'shelved'] as const
const LASTING = ['firing', 'shelved', 'acknowledged'] as const

const alarmCustomerOut = z
  .object({
    id: z.string(),
    name: z.string(),
    dutyPhone: z.string().nullable().meta({
      description: 'of the customer, for dispatchers, customer managers and admins; null for others'
    })
  })
  .nullable()
  .meta({ description: 'the key customer whose feed or section it is about; null for what is of none' })

export const alarmWithCustomerOut = alarmOut.extend({ keyCustomer: alarmCustomerOut })

/** What whoever looks is told with an alarm. */
export interface AlarmReader {
  readonly registry: Registry
  readonly ledger: Pick<LedgerCalls, 'contacts'>
  readonly caller: Caller | undefined
}

/** The key customer that has a feed, section or source of such an id. */
export function customerOf({ keyCustomers }: Registry, id: string): KeyCustomer | undefined {
  for (const customer of keyCustomers.values()) {
    const { sources, sections } = customer
    if (sources.some(source => source.id === id || source.usagePoint === id)) return customer
    if (sections.some(section => section.id === id)) return customer
  }
  return undefined
}

/** The phone of who is on duty at a customer's; null for who may not know it, and where there is none. @param access who may */
export async function dutyPhone(
  { ledger, caller }: Pick<AlarmReader, 'ledger' | 'caller'>,
  customer: string,
  access: Access = KEEPS_CUSTOMERS
): Promise<string | null> {
  if (!mayUse(access, caller)) return null
  const phone = (await ledger.contacts(customer)).find(({ part }) => part === 'duty_phone')?.value
  return phone || null
}

/** An alarm with the key customer that it is about. */
export async function showAlarmWithCustomer(row: AlarmRow, reader: AlarmReader) {
  const customer = customerOf(reader.registry, row.subject)
  if (customer === undefined) return { ...showAlarm(row), keyCustomer: null }
  const { id, name } = customer
  return { ...showAlarm(row), keyCustomer: { id, name, dutyPhone: await dutyPhone(reader, id) } }
}

/** Alarms that last of a danger at or below a place of the network, the newest first. */
export async function dangersAt(
  registry: Registry,
  outages: OutageCalls,
  place: string,
  states: readonly string[] = LASTING
): Promise<AlarmRow[]> {
  const alarms = await outages.alarms({ ...DANGER, states })
  return alarms.filter(({ subject }) => feedsOf(registry, subject).some(path => path.includes(place)))
}

/** Ways up from what an alarm is about: a load section has those of the feeds that could be closed onto it. */
function feedsOf(registry: Registry, subject: string): string[][] {
  const customer = customerOf(registry, subject)
  const section = customer?.sections.find(({ id }) => id === subject)
  if (customer === undefined || section === undefined) return [supplyPath(registry, subject)]
  const feeds = customer.sources.filter(
    ({ id, usagePoint }) => usagePoint !== '' && section.sources.includes(id)
  )
  return feeds.map(({ usagePoint }) => supplyPath(registry, usagePoint))
}
