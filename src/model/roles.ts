/**
 * Who may do what, in words. A key customer's token names the customer as its subject and sees only what is its own;
 * the others see the whole site.
 */
export const ROLES = ['viewer', 'dispatcher', 'customer-manager', 'admin', 'key-customer'] as const

export type Role = (typeof ROLES)[number]

/** Whether a text names a role. */
export const isRole = (text: string): text is Role => (ROLES as readonly string[]).includes(text)

/** Rule of a route: open to everybody, or to these roles. */
export type Access = 'public' | readonly Role[]

/** Whoever keeps the files of key customers, and writes down what is seen there. */
export const KEEPS_CUSTOMERS = ['dispatcher', 'customer-manager', 'admin'] as const satisfies Access

/** They, and the key customer itself: who may know its persons. */
export const KEEPS_CUSTOMERS_OR_OWN = [...KEEPS_CUSTOMERS, 'key-customer'] as const satisfies Access

/** Everybody of the utility. */
export const STAFF = ['viewer', 'dispatcher', 'customer-manager', 'admin'] as const satisfies Access

/** The utility, and a key customer for what is its own. */
export const STAFF_OR_OWN = [...STAFF, 'key-customer'] as const satisfies Access

/** Those who set the site up. */
export const ADMIN = ['admin'] as const satisfies Access

/** Who makes a request. */
export interface Caller {
  /** As audit rows name it: `token:ID`, `user:LOGIN`, `link`, `local` or `anonymous`. */
  readonly name: string
  readonly role: Role
  /** Key customer of the role key-customer, '' for others. */
  readonly subject: string
  /** Whether a cookie said so: then a change must come from our own pages. */
  readonly byCookie: boolean
}

/** Whether a rule lets a caller in; undefined is somebody who has not said who he is. */
export function mayUse(access: Access, caller: Caller | undefined): boolean {
  if (access === 'public') return true
  return caller !== undefined && access.includes(caller.role)
}
