import { z } from 'zod'
import type { DossierEntry, DossierKind, Hazard } from '../../model/dossier.ts'
import type { Actor } from '../../ledger/port.ts'
import type { KeyCustomer } from '../../registry/lookup/customers.ts'
import { SUPPLY_SOURCES } from '../../registry/tables.ts'
import { bodyOf, HAZARD_TIMES } from './dossier.ts'
import { AHEAD_MS, timeParameter } from './schemas.ts'

const [ID] = SUPPLY_SOURCES.columns

/** What comes with an entry of any kind. */
export const ENTRY_IN = { id: z.string().regex(ID.form, ID.says), at: timeParameter, withdrawn: z.boolean() }

/** Members of an entry as they came in, each as its schema gives it. */
export interface GivenEntry extends Readonly<Record<string, unknown>> {
  readonly id: string
  readonly at: number
  readonly withdrawn?: boolean | undefined
}

/** An entry of what came in; whether it can be is for `wrongsOf` to say. */
export function makeEntry(
  kind: DossierKind,
  keyCustomer: string,
  given: GivenEntry,
  by: Actor
): DossierEntry {
  const { id, at, withdrawn = false } = given
  const entry = {
    ...{ id, keyCustomer, kind, at, body: bodyOf(kind, given), isWithdrawn: withdrawn },
    ...{ writtenAt: by.at, writtenBy: by.name }
  }
  return entry as DossierEntry
}

/** What is wrong with one member of an entry. */
export interface Wrong {
  readonly member: string
  readonly message: string
}

const wrong = (member: string, message: string): Wrong => ({ member, message })

/** All that cannot be of this customer, or at these times; none when all can. @param now epoch ms */
export function wrongsOf({ sources }: KeyCustomer, { kind, at, body }: DossierEntry, now: number): Wrong[] {
  const ofTime = at > now + AHEAD_MS ? [wrong('at', 'lies ahead')] : []
  if (kind === 'hazard') return [...ofTime, ...wrongsOfHazard(body, at, now)]
  if (kind !== 'backup-test') return ofTime
  const source = sources.find(({ id }) => id === body.source)
  if (source === undefined) return [...ofTime, wrong('source', 'is no source of this customer')]
  if (source.kind !== 'grid') return ofTime
  return [...ofTime, wrong('source', 'is a feed: a test is of a generator, UPS or truck')]
}

function wrongsOfHazard(body: Hazard, at: number, now: number): Wrong[] {
  const wrongs = HAZARD_TIMES.flatMap(member => {
    const time = body[member]
    if (time === null) return []
    if (time < at) return [wrong(member, 'is before it was found')]
    return member !== 'due' && time > now + AHEAD_MS ? [wrong(member, 'lies ahead')] : []
  })
  const { fixed, verified, verifiedBy } = body
  if (verified !== null && !(fixed !== null && fixed <= verified))
    wrongs.push(wrong('verified', 'comes after `fixed`'))
  if ((verified === null) !== (verifiedBy === null)) wrongs.push(wrong('verifiedBy', 'goes with `verified`'))
  return wrongs
}
