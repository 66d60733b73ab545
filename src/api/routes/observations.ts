import { z } from 'zod'
import {
  type Observation,
  OBSERVATION_MS,
  OBSERVED_FACTS,
  type ObservedFact,
  factsOfSource,
  SECTION_FACTS,
  WITHDRAWN
} from '../../model/observation.ts'
import { KEEPS_CUSTOMERS } from '../../model/roles.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import { defineRoute, type Route, wrongMember } from '../http/route.ts'
import { written } from '../shapes/decided.ts'
import { AHEAD_MS, component, showTime, textParameter, timeOut, timeParameter } from '../shapes/schemas.ts'
import { MOST_STAYS, withTrucks } from '../shapes/trucks.ts'
import { findKeyCustomer, keyCustomerParams } from './key-customers.ts'

/** Who has seen nothing for a day looks again. */
const LONGEST_MS = 24 * 3_600_000
const MAX_ID = 128
const MAX_WHO = 128

const observationOut = component(
  'Observation',
  z.object({
    keyCustomer: z.string(),
    source: z.string().optional(),
    section: z.string().optional(),
    fact: z.enum(OBSERVED_FACTS),
    fedBy: z.string().optional(),
    observedAt: timeOut,
    heardFrom: z.string(),
    validUntil: timeOut.meta({ description: 'until then it holds, unless something newer is measured' }),
    by: z.string().meta({ description: 'who wrote it down' })
  })
)

const body = z
  .strictObject({
    source: textParameter(MAX_ID, 'a supply source of the customer').optional(),
    section: textParameter(MAX_ID, 'a load section of the customer').optional(),
    fact: z.enum(OBSERVED_FACTS).meta({
      description:
        'of a feed `live` or `dead`; of a generator, UPS or truck `running`, `ready` or `failed`; of a section `fed` or `dark`; `withdrawn` takes back what was said last'
    }),
    fedBy: textParameter(MAX_ID, 'of `fed`: the source that does').optional(),
    observedAt: timeParameter.optional().meta({ description: 'when it was seen; now when left out' }),
    heardFrom: written(MAX_WHO).meta({ description: 'whose word it is', examples: ['医院值班电工'] }),
    validUntil: timeParameter
      .optional()
      .meta({ description: 'how long it holds; an hour when left out, a day at most' })
  })
  .refine(({ source, section }) => (source === undefined) !== (section === undefined), {
    path: ['source'],
    message: 'say either source or section'
  })

/** What a person may say of it. @throws API_BAD_REQUEST for what the customer does not have, or what cannot be of it */
function checkSubject({ sources, sections }: KeyCustomer, said: z.output<typeof body>): void {
  const source = sources.find(({ id }) => id === said.source)
  const section = sections.find(({ id }) => id === said.section)
  if (said.source !== undefined && source === undefined)
    throw wrongMember('source', 'is no source of this customer')
  if (said.section !== undefined && section === undefined)
    throw wrongMember('section', 'is no section of this customer')
  const facts: readonly ObservedFact[] = source === undefined ? SECTION_FACTS : factsOfSource(source.kind)
  if (said.fact !== WITHDRAWN && !facts.includes(said.fact))
    throw wrongMember('fact', `of ${source?.kind ?? 'a section'} it is one of ${facts.join(', ')}`)
  const isFed = said.fact === 'fed'
  if (isFed && !sources.some(({ id }) => id === said.fedBy))
    throw wrongMember('fedBy', 'name the source of this customer that feeds it')
  if (!isFed && said.fedBy !== undefined) throw wrongMember('fedBy', 'goes with `fed` only')
}

/** @throws API_BAD_REQUEST for times that cannot be @returns when it was seen and until when it holds, epoch ms */
function timesOf(said: z.output<typeof body>, now: number): Pick<Observation, 'observedAt' | 'validUntil'> {
  const { observedAt = now } = said
  const { validUntil = observedAt + OBSERVATION_MS } = said
  if (observedAt > now + AHEAD_MS) throw wrongMember('observedAt', 'lies ahead')
  if (observedAt < now - LONGEST_MS) throw wrongMember('observedAt', 'is more than a day ago')
  if (validUntil <= observedAt || validUntil > observedAt + LONGEST_MS)
    throw wrongMember('validUntil', 'is not within a day after it was seen')
  return { observedAt, validUntil }
}

export const observationRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/key-customers/{id}/observations',
    operation: 'observeKeyCustomer',
    tag: 'key-customers',
    status: 202,
    access: KEEPS_CUSTOMERS,
    summary:
      'What a person saw of a source or section: shown as reported until it expires, or something newer is measured',
    params: keyCustomerParams,
    body,
    response: observationOut,
    errors: ['API_KEY_CUSTOMER_UNKNOWN', 'API_NOT_READY', 'LOG_WRITE_FAILED', 'LOG_CLOSED'],
    async handle(context, { params, body: said }, { actor }) {
      const filed = findKeyCustomer(context, params.id)
      const customer = withTrucks(
        filed,
        await context.ledger.truckStays({ customer: filed.id, limit: MOST_STAYS })
      )
      checkSubject(customer, said)
      const { source, section, fact, fedBy, heardFrom } = said
      const observation: Observation = {
        keyCustomer: customer.id,
        ...(source !== undefined && { source }),
        ...(section !== undefined && { section }),
        fact,
        ...(fedBy !== undefined && { fedBy }),
        heardFrom,
        ...timesOf(said, actor.at),
        by: actor.name
      }
      await context.decisionDesk.observe(observation, actor)
      const { observedAt, validUntil } = observation
      return { ...observation, observedAt: showTime(observedAt), validUntil: showTime(validUntil) }
    }
  })
]
