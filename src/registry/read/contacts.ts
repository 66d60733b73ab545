import type { Tables } from '../tables.ts'

/** A person, or a way to reach one, of a key customer's file. They are in no snapshot and no record: only in the ledger. */
export interface RegistryContact {
  readonly keyCustomer: string
  /** Column of key_customers.csv. */
  readonly part: string
  readonly value: string
}

const PARTS = [
  'utility_manager',
  'utility_phone',
  'deputy',
  'customer_electrician',
  'duty_phone'
] as const satisfies readonly (keyof Tables['keyCustomers']['text'])[]

/** What was just read of persons, blank cells left out. */
export function contactsOf({ keyCustomers }: Tables): RegistryContact[] {
  const { text, rows } = keyCustomers
  const contacts: RegistryContact[] = []
  for (let row = 0; row < rows; row++) {
    const keyCustomer = text.id[row] ?? ''
    for (const part of PARTS) {
      const value = text[part][row] ?? ''
      if (value !== '') contacts.push({ keyCustomer, part, value })
    }
  }
  return contacts
}
