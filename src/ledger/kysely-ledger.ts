import { type Dialect, Kysely, sql } from 'kysely'
import { asError, GridvigilError, isError } from '../errors.ts'
import type { DossierEntry, LedgerEntry, TruckEntry } from '../model/dossier.ts'
import { audited, findAudit, findLastAudit } from './audited.ts'
import { findEntries, findStays, putEntries, putEntry } from './dossier-rows.ts'
import { KyselyOutages } from './kysely-outages.ts'
import { KyselyReliability } from './kysely-reliability.ts'
import { KyselySupply } from './kysely-supply.ts'
import { migrate } from './migrations.ts'
import type { OutageLedger } from './outage-port.ts'
import type {
  Actor,
  AuditQuery,
  AuditRow,
  CommandAnswer,
  CommandKey,
  Contact,
  DossierQuery,
  StayQuery,
  ImportEntry,
  KnownCommand,
  Ledger,
  Page,
  SessionEntry,
  TerminalSecret,
  TokenEntry,
  UserChange,
  UserEntry
} from './port.ts'
import type { ReliabilityLedger } from './reliability-port.ts'
import { isSameContacts, slices, toContact, toRole, toToken } from './rows.ts'
import type { SupplyLedger } from './supply-port.ts'
import type { Tables } from './tables.ts'
import { Turns } from './turns.ts'

/** Keys of commands are remembered this long; whoever repeats one later does it again. */
export const COMMAND_KEPT_MS = 24 * 3_600_000

/** The ledger over Kysely; the dialect says which database. */
export class KyselyLedger implements Ledger {
  readonly #db: Kysely<Tables>
  readonly #turns = new Turns()
  readonly outages: OutageLedger
  readonly reliability: ReliabilityLedger
  readonly supply: SupplyLedger

  constructor(dialect: Dialect) {
    this.#db = new Kysely<Tables>({ dialect })
    this.outages = new KyselyOutages(this.#db, this.#turns)
    this.reliability = new KyselyReliability(this.#db, this.#turns)
    this.supply = new KyselySupply(this.#db, this.#turns)
  }

  async open(): Promise<void> {
    try {
      await migrate(this.#db)
    } catch (thrown) {
      await this.#db.destroy().catch(() => {})
      throw isError(thrown) ? thrown : new GridvigilError('LEDGER_OPEN', asError(thrown).message)
    }
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#db.destroy())
  }

  recordImport(entry: ImportEntry, contacts: readonly Contact[], by: Actor): Promise<boolean> {
    const { version, hash, at, files } = entry
    return this.#changeIf(by, 'registry.import', String(version), { hash }, async db => {
      const last = await db
        .selectFrom('registry_import')
        .select('hash')
        .orderBy('id', 'desc')
        .executeTakeFirst()
      const kept = await db.selectFrom('contact').selectAll().execute()
      if (last?.hash === hash && isSameContacts(kept.map(toContact), contacts)) return false
      const row = { version, hash, at, by: entry.by, files: JSON.stringify(files) }
      await db.insertInto('registry_import').values(row).execute()
      await db.deleteFrom('contact').execute()
      for (const part of slices(contacts)) {
        const rows = part.map(one => ({ key_customer: one.keyCustomer, part: one.part, value: one.value }))
        await db.insertInto('contact').values(rows).execute()
      }
      return true
    })
  }

  addImport({ version, hash, at, by: who, files }: ImportEntry, by: Actor): Promise<void> {
    return this.#change(by, 'registry.import', String(version), { hash }, async db => {
      const row = { version, hash, at, by: who, files: JSON.stringify(files) }
      await db.insertInto('registry_import').values(row).execute()
    })
  }

  async imports({ limit, before }: Page): Promise<ImportEntry[]> {
    const rows = await this.#read(db =>
      db
        .selectFrom('registry_import')
        .selectAll()
        .$if(before !== undefined, query => query.where('version', '<', before ?? 0))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
    )
    return rows.map(({ id: _id, files, ...entry }) => ({ ...entry, files: JSON.parse(files) }))
  }

  async contacts(keyCustomer: string): Promise<Contact[]> {
    const rows = await this.#read(db =>
      db.selectFrom('contact').selectAll().where('key_customer', '=', keyCustomer).orderBy('part').execute()
    )
    return rows.map(toContact)
  }

  addToken(token: TokenEntry, hash: string, by: Actor): Promise<void> {
    const { id, role, subject, label } = token
    const row = {
      ...{ id, hash, role, subject, label },
      created_at: token.createdAt,
      created_by: token.createdBy,
      expires_at: token.expiresAt,
      revoked_at: token.revokedAt
    }
    return this.#change(by, 'token.add', id, { role, subject, label }, async db => {
      await db.insertInto('token').values(row).execute()
    })
  }

  revokeToken(id: string, by: Actor): Promise<boolean> {
    return this.#changeIf(by, 'token.revoke', id, {}, async db => {
      const change = db.updateTable('token').set({ revoked_at: by.at })
      const { numUpdatedRows } = await change
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    })
  }

  async tokens(): Promise<TokenEntry[]> {
    const rows = await this.#read(db =>
      db.selectFrom('token').selectAll().orderBy('created_at', 'desc').orderBy('id').execute()
    )
    return rows.map(toToken)
  }

  async tokenHashes(): Promise<{ hash: string; token: TokenEntry }[]> {
    const rows = await this.#read(db =>
      db.selectFrom('token').selectAll().where('revoked_at', 'is', null).execute()
    )
    return rows.map(row => ({ hash: row.hash, token: toToken(row) }))
  }

  addUser(user: UserEntry, passwordHash: string, by: Actor): Promise<boolean> {
    const { login, name, role, subject } = user
    const row = {
      ...{ login, name, role, subject },
      password_hash: passwordHash,
      created_at: user.createdAt,
      created_by: user.createdBy,
      disabled_at: user.disabledAt
    }
    return this.#changeIf(by, 'user.add', login, { role, subject }, async db => {
      const added = db
        .insertInto('user_account')
        .values(row)
        .onConflict(conflict => conflict.doNothing())
      return ((await added.executeTakeFirst()).numInsertedOrUpdatedRows ?? 0n) > 0n
    })
  }

  changeUser(login: string, change: UserChange, by: Actor): Promise<boolean> {
    const { name, role, subject, passwordHash, disabled } = change
    const row = {
      ...(name !== undefined && { name }),
      ...(role !== undefined && { role }),
      ...(subject !== undefined && { subject }),
      ...(passwordHash !== undefined && { password_hash: passwordHash }),
      ...(disabled !== undefined && { disabled_at: disabled ? by.at : null })
    }
    const endsSessions = [role, subject, passwordHash, disabled].some(given => given !== undefined)
    const told = { name, role, subject, disabled, password: passwordHash !== undefined }
    return this.#changeIf(by, 'user.change', login, told, async db => {
      const admins = db
        .selectFrom('user_account')
        .where('role', '=', 'admin')
        .where('disabled_at', 'is', null)
      const before = await admins.select('login').execute()
      const changed = db.updateTable('user_account').set(row).where('login', '=', login)
      if ((await changed.executeTakeFirst()).numUpdatedRows === 0n) return false
      // Two administrators may take each other away at the same moment: here one of them comes second.
      const wasAdmin = before.some(admin => admin.login === login)
      if (wasAdmin && (await admins.select('login').execute()).length === 0)
        throw new GridvigilError('API_LAST_ADMIN', login)
      if (endsSessions) await db.deleteFrom('session').where('login', '=', login).execute()
      return true
    })
  }

  async users(): Promise<UserEntry[]> {
    const rows = await this.#read(db => db.selectFrom('user_account').selectAll().orderBy('login').execute())
    return rows.map(row => ({
      login: row.login,
      name: row.name,
      role: toRole(row.role),
      subject: row.subject,
      createdAt: row.created_at,
      createdBy: row.created_by,
      disabledAt: row.disabled_at
    }))
  }

  async passwordHash(login: string): Promise<string | undefined> {
    const found = await this.#read(db =>
      db
        .selectFrom('user_account')
        .select('password_hash')
        .where('login', '=', login)
        .where('disabled_at', 'is', null)
        .executeTakeFirst()
    )
    return found?.password_hash
  }

  addSession(session: SessionEntry, passwordHash: string, by: Actor): Promise<boolean> {
    const { hash, login, role, subject, createdAt, expiresAt } = session
    const row = { hash, login, role, subject, created_at: createdAt, expires_at: expiresAt }
    return this.#changeIf(by, 'session.begin', login, {}, async db => {
      // Checking a password takes a while: it may be another one by now, or its owner not let in any more.
      const owner = db
        .selectFrom('user_account')
        .select('login')
        .where('login', '=', login)
        .where('password_hash', '=', passwordHash)
        .where('disabled_at', 'is', null)
      if (login !== '' && (await owner.executeTakeFirst()) === undefined) return false
      await db.insertInto('session').values(row).execute()
      return true
    })
  }

  async endSession(hash: string, by: Actor): Promise<void> {
    await this.#changeIf(by, 'session.end', '', {}, async db => {
      const gone = await db.deleteFrom('session').where('hash', '=', hash).executeTakeFirst()
      return gone.numDeletedRows > 0n
    })
  }

  async sessions(now: number): Promise<SessionEntry[]> {
    const rows = await this.#inTurn(async () => {
      await this.#db.deleteFrom('session').where('expires_at', '<=', now).execute()
      return this.#db.selectFrom('session').selectAll().execute()
    })
    return rows.map(({ hash, login, role, subject, created_at, expires_at }) => ({
      ...{ hash, login, subject, role: toRole(role) },
      createdAt: created_at,
      expiresAt: expires_at
    }))
  }

  setTerminalSecrets(secrets: readonly TerminalSecret[], by: Actor): Promise<void> {
    const [first] = secrets
    const subject = secrets.length === 1 ? (first?.terminal ?? '') : ''
    return this.#change(by, 'terminal.secret', subject, { terminals: secrets.length }, async db => {
      for (const part of slices(secrets)) {
        await db
          .insertInto('terminal_secret')
          .values(part.map(({ terminal, hash }) => ({ terminal, hash })))
          .onConflict(conflict =>
            conflict.column('terminal').doUpdateSet({ hash: eb => eb.ref('excluded.hash') })
          )
          .execute()
      }
    })
  }

  removeTerminalSecret(terminal: string, by: Actor): Promise<boolean> {
    return this.#changeIf(by, 'terminal.remove', terminal, {}, async db => {
      const gone = await db.deleteFrom('terminal_secret').where('terminal', '=', terminal).executeTakeFirst()
      return gone.numDeletedRows > 0n
    })
  }

  terminalSecrets(): Promise<TerminalSecret[]> {
    return this.#read(db => db.selectFrom('terminal_secret').selectAll().orderBy('terminal').execute())
  }

  beginCommand({ caller, key, fingerprint }: CommandKey, at: number): Promise<KnownCommand | undefined> {
    return this.#inTurn(async () => {
      await this.#db
        .deleteFrom('command')
        .where('at', '<', at - COMMAND_KEPT_MS)
        .execute()
      const known = await this.#db
        .selectFrom('command')
        .selectAll()
        .where('caller', '=', caller)
        .where('key', '=', key)
        .executeTakeFirst()
      if (known !== undefined) {
        const { status, body } = known
        const answer = status === null ? undefined : { status, body }
        return { fingerprint: known.fingerprint, at: known.at, answer }
      }
      const row = { caller, key, fingerprint, at, status: null, body: '' }
      await this.#db.insertInto('command').values(row).execute()
      return undefined
    })
  }

  async finishCommand({ caller, key }: CommandKey, { status, body }: CommandAnswer): Promise<void> {
    const change = this.#db.updateTable('command').set({ status, body })
    await this.#inTurn(() => change.where('caller', '=', caller).where('key', '=', key).execute())
  }

  async dropCommand({ caller, key }: CommandKey): Promise<void> {
    const drop = this.#db.deleteFrom('command').where('caller', '=', caller).where('key', '=', key)
    await this.#inTurn(() => drop.execute())
  }

  putDossierEntry(entry: LedgerEntry, by: Actor): Promise<void> {
    return this.#inTurn(() => putEntry(this.#db, entry, by))
  }

  putDossierEntries(entries: readonly DossierEntry[], by: Actor): Promise<boolean[]> {
    return this.#inTurn(() => putEntries(this.#db, entries, by))
  }

  dossierEntries(query: DossierQuery): Promise<DossierEntry[]> {
    return this.#read(db => findEntries(db, query))
  }

  truckStays(query: StayQuery): Promise<TruckEntry[]> {
    return this.#read(db => findStays(db, query))
  }

  note(action: string, subject: string, detail: object, by: Actor): Promise<void> {
    return this.#change(by, action, subject, detail, async () => {})
  }

  auditTrail(query: AuditQuery): Promise<AuditRow[]> {
    return this.#read(db => findAudit(db, query))
  }

  lastNotes(actions: readonly string[]): Promise<AuditRow[]> {
    return this.#read(db => findLastAudit(db, actions))
  }

  async copyTo(path: string): Promise<void> {
    await this.#inTurn(() => sql`VACUUM INTO ${sql.val(path)}`.execute(this.#db))
  }

  /** A change and its audit row, together or not at all. */
  async #change(
    by: Actor,
    action: string,
    subject: string,
    detail: object,
    work: (db: Kysely<Tables>) => Promise<void>
  ): Promise<void> {
    await this.#changeIf(by, action, subject, detail, async db => {
      await work(db)
      return true
    })
  }

  /** The same for work that may find nothing to change: then there is no audit row. */
  #changeIf(
    by: Actor,
    action: string,
    subject: string,
    detail: object,
    work: (db: Kysely<Tables>) => Promise<boolean>
  ): Promise<boolean> {
    return this.#inTurn(() =>
      audited(this.#db, by, async db => ((await work(db)) ? [{ action, subject, detail }] : []))
    )
  }

  #read<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#inTurn(() => work(this.#db))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run(work)
  }
}
