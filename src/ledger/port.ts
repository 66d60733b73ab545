import type { DossierEntry, DossierKind, LedgerEntry, TruckEntry } from '../model/dossier.ts'
import type { Role } from '../model/roles.ts'
import type { OutageLedger } from './outage-port.ts'
import type { ReliabilityLedger } from './reliability-port.ts'
import type { SupplyLedger } from './supply-port.ts'

/**
 * The ledger port: what people decide and what must be known of them. Registry versions, tokens, people, terminals'
 * secrets, names and phones of key customers' persons, the audit trail. Data of meters is elsewhere.
 *
 * What an adapter promises:
 * - A method that changes something has stored it durably, with its audit row, when it resolves; or neither.
 * - Methods may be called concurrently; changes take effect one after the other.
 * - Nothing here is on the path of a reading: a slow ledger slows commands, never intake.
 * - Secrets and passwords come in as hashes.
 */
export interface Ledger {
  /** Opens or creates it, and brings its tables to this release. @throws LEDGER_OPEN, LEDGER_NEWER */
  open(): Promise<void>
  close(): Promise<void>

  /**
   * A version of the registry became the valid one; the persons of its files replace those before.
   * @returns false when both stood there already
   */
  recordImport(entry: ImportEntry, contacts: readonly Contact[], by: Actor): Promise<boolean>
  /** A version whose files are not at hand: the persons stay as they were. */
  addImport(entry: ImportEntry, by: Actor): Promise<void>
  /** Newest first. */
  imports(page: Page): Promise<ImportEntry[]>
  /** Names and phones of a key customer's persons. */
  contacts(keyCustomer: string): Promise<Contact[]>

  addToken(token: TokenEntry, hash: string, by: Actor): Promise<void>
  /** @returns false when there is no such token or it is revoked already */
  revokeToken(id: string, by: Actor): Promise<boolean>
  /** All that were ever issued, newest first. */
  tokens(): Promise<TokenEntry[]>
  /** Those that are not revoked, with the hashes of their secrets, for the book of access. */
  tokenHashes(): Promise<{ hash: string; token: TokenEntry }[]>

  /** @returns false when the login is taken */
  addUser(user: UserEntry, passwordHash: string, by: Actor): Promise<boolean>
  /**
   * Changes what is given. His sessions end when the password, the role or the right to log in changes.
   * @throws API_LAST_ADMIN when nobody could administer the site afterwards
   */
  changeUser(login: string, change: UserChange, by: Actor): Promise<boolean>
  users(): Promise<UserEntry[]>
  passwordHash(login: string): Promise<string | undefined>

  /**
   * @param passwordHash that was checked; '' for the session of the link
   * @returns false when the user's is another one by now, or he may not log in any more
   */
  addSession(session: SessionEntry, passwordHash: string, by: Actor): Promise<boolean>
  endSession(hash: string, by: Actor): Promise<void>
  /** Those that have not expired at `now`; expired ones are forgotten. */
  sessions(now: number): Promise<SessionEntry[]>

  /** Gives terminals their secrets; a terminal's secret before it ends. */
  setTerminalSecrets(secrets: readonly TerminalSecret[], by: Actor): Promise<void>
  /** @returns false when it had none */
  removeTerminalSecret(terminal: string, by: Actor): Promise<boolean>
  terminalSecrets(): Promise<TerminalSecret[]>

  /**
   * A command with an Idempotency-Key begins. `known` is what the same caller stored under the key before; undefined
   * when it is new and now taken.
   */
  beginCommand(command: CommandKey, at: number): Promise<KnownCommand | undefined>
  /** Its answer, told again to whoever repeats the key. */
  finishCommand(command: CommandKey, answer: CommandAnswer): Promise<void>
  /** It failed before it changed anything: the key is free again. */
  dropCommand(command: CommandKey): Promise<void>

  /** Writes something that was done for a key customer, in the place of what stood under its id; the audit keeps both. */
  putDossierEntry(entry: LedgerEntry, by: Actor): Promise<void>
  /**
   * Writes several, all or none, each with its audit row. One that says what stands under its id already is left as it is.
   * @returns of each whether it was written
   */
  putDossierEntries(entries: readonly DossierEntry[], by: Actor): Promise<boolean[]>
  /** What was done for a key customer, the latest first, withdrawn ones among it. */
  dossierEntries(query: DossierQuery): Promise<DossierEntry[]>
  /** Generator trucks that are or were at customers', the latest first. */
  truckStays(query: StayQuery): Promise<TruckEntry[]>

  /** Something else was done that must be known later, such as a backup. */
  note(action: string, subject: string, detail: object, by: Actor): Promise<void>
  /** Audit rows, newest first. */
  auditTrail(query: AuditQuery): Promise<AuditRow[]>
  /** The last audit row of each subject among these actions, in the order they were written. */
  lastNotes(actions: readonly string[]): Promise<AuditRow[]>
  /** Copies it whole, as of one moment, into a new file. */
  copyTo(path: string): Promise<void>

  /** What is said about outages. */
  readonly outages: OutageLedger
  /** What indices of reliability are made of, and months that were published. */
  readonly reliability: ReliabilityLedger
  /** How key customers are supplied. */
  readonly supply: SupplyLedger
}

/** Who did it and when; every change carries it. */
export interface Actor {
  /** `token:ID`, `user:LOGIN`, `link`, `local` (a command on the machine itself) or `system`. */
  readonly name: string
  /** Epoch ms. */
  readonly at: number
  /** Id of the request, '' outside HTTP. */
  readonly request: string
}

/** `before` is the `id` of the last one of the page before. */
export interface Page {
  readonly limit: number
  readonly before?: number
}

export interface ImportEntry {
  readonly version: number
  /** SHA-256 of the snapshot. */
  readonly hash: string
  readonly at: number
  readonly by: string
  /** Rows and rejected rows by file. */
  readonly files: readonly { readonly file: string; readonly rows: number; readonly rejected: number }[]
}

/** A person of a key customer's file. */
export interface Contact {
  readonly keyCustomer: string
  /** Column of key_customers.csv, such as `duty_phone`. */
  readonly part: string
  readonly value: string
}

export interface TokenEntry {
  readonly id: string
  readonly role: Role
  /** Key customer, '' for other roles. */
  readonly subject: string
  /** What it is for, in its owner's words. */
  readonly label: string
  readonly createdAt: number
  readonly createdBy: string
  /** Epoch ms; null never. */
  readonly expiresAt: number | null
  readonly revokedAt: number | null
}

export interface UserEntry {
  readonly login: string
  readonly name: string
  readonly role: Role
  readonly subject: string
  readonly createdAt: number
  readonly createdBy: string
  readonly disabledAt: number | null
}

export interface UserChange {
  readonly name?: string
  readonly role?: Role
  readonly subject?: string
  readonly passwordHash?: string
  readonly disabled?: boolean
}

export interface SessionEntry {
  /** Of the cookie's secret. */
  readonly hash: string
  /** '' for the session of the first admin's link. */
  readonly login: string
  readonly role: Role
  readonly subject: string
  readonly createdAt: number
  readonly expiresAt: number
}

export interface TerminalSecret {
  readonly terminal: string
  readonly hash: string
}

export interface CommandKey {
  readonly caller: string
  readonly key: string
  /** SHA-256 of method, path and body: the same key for something else is a mistake. */
  readonly fingerprint: string
}

export interface CommandAnswer {
  readonly status: number
  /** JSON text; '' when the answer held a secret, which is shown once. */
  readonly body: string
}

export interface KnownCommand {
  readonly fingerprint: string
  /** When it began, epoch ms. */
  readonly at: number
  /** Undefined while it runs, or when it was cut off: it began before this process then. */
  readonly answer: CommandAnswer | undefined
}

/** Of a customer, or of an id. */
export interface StayQuery {
  readonly customer?: string
  readonly id?: string
  readonly limit: number
}

export interface DossierQuery {
  readonly customer: string
  /** All when left out. */
  readonly kind?: DossierKind
  readonly id?: string
  readonly limit: number
  readonly skip?: number
}

export interface AuditQuery extends Page {
  readonly action?: string
  readonly actor?: string
}

export interface AuditRow {
  readonly id: number
  readonly at: number
  readonly actor: string
  /** What was done, such as `token.add`. */
  readonly action: string
  readonly subject: string
  /** JSON text. */
  readonly detail: string
  readonly request: string
}

/** Methods that may be called from another thread. */
export const LEDGER_METHODS = [
  'recordImport',
  'addImport',
  'imports',
  'contacts',
  'addToken',
  'revokeToken',
  'tokens',
  'tokenHashes',
  'addUser',
  'changeUser',
  'users',
  'passwordHash',
  'addSession',
  'endSession',
  'sessions',
  'setTerminalSecrets',
  'removeTerminalSecret',
  'terminalSecrets',
  'beginCommand',
  'finishCommand',
  'dropCommand',
  'putDossierEntry',
  'putDossierEntries',
  'dossierEntries',
  'truckStays',
  'note',
  'auditTrail',
  'lastNotes',
  'copyTo'
] as const satisfies readonly (keyof Ledger)[]

/** The ledger as other threads see it. */
export type LedgerCalls = Pick<Ledger, (typeof LEDGER_METHODS)[number]>
