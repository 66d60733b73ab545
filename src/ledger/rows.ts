import { isRole, type Role } from '../model/roles.ts'
import type { Contact, TokenEntry } from './port.ts'
import type { Tables } from './tables.ts'

/** Rows of one INSERT; SQLite takes 32,766 values in one statement. */
const ROWS_AT_ONCE = 1000

export function* slices<T>(rows: readonly T[], size = ROWS_AT_ONCE): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size)
}

export const toContact = (row: Tables['contact']): Contact => ({
  keyCustomer: row.key_customer,
  part: row.part,
  value: row.value
})

export function isSameContacts(one: readonly Contact[], other: readonly Contact[]): boolean {
  const text = (contacts: readonly Contact[]): string =>
    JSON.stringify(contacts.map(({ keyCustomer, part, value }) => [keyCustomer, part, value]).sort())
  return one.length === other.length && text(one) === text(other)
}

/** A role that this release does not know becomes the one that may do least. */
export const toRole = (text: string): Role => (isRole(text) ? text : 'key-customer')

interface TokenRow {
  readonly id: string
  readonly role: string
  readonly subject: string
  readonly label: string
  readonly created_at: number
  readonly created_by: string
  readonly expires_at: number | null
  readonly revoked_at: number | null
}

export const toToken = (row: TokenRow): TokenEntry => ({
  id: row.id,
  role: toRole(row.role),
  subject: row.subject,
  label: row.label,
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at
})
