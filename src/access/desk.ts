import type { Clock } from '../clock.ts'
import { GridvigilError } from '../errors.ts'
import type { Actor, LedgerCalls, SessionEntry, TokenEntry, UserChange, UserEntry } from '../ledger/port.ts'
import type { Caller, Role } from '../model/roles.ts'
import { hashPassword, isPassword } from './passwords.ts'
import { hashSecret, makeId, makeSecret } from './secrets.ts'

/**
 * Who may come in. Tokens and sessions are held by the hash of their secret, so that a request costs one hash and one
 * look-up; a change is first stored in the ledger, then known here.
 *
 *   Authorization: Bearer gvt_… ─> tokens ┐
 *   cookie                gvs_… ─> sessions ├─> Caller, or nobody
 *   lock file             gvl_… ─> local  ┘
 */
export class AccessDesk {
  readonly #ledger: LedgerCalls
  readonly #clock: Clock
  readonly #tokens = new Map<string, TokenEntry>()
  readonly #sessions = new Map<string, SessionEntry>()
  readonly #localSecret = makeSecret('gvl_')
  readonly #localHash = hashSecret(this.#localSecret)
  /** How people call who acts, by how audit rows name him; '' for a token without a label. Revoked tokens and people who left too. */
  readonly #calledBy = new Map<string, string>()
  #linkHash = ''

  constructor(ledger: LedgerCalls, clock: Clock) {
    this.#ledger = ledger
    this.#clock = clock
  }

  /** Reads what the ledger knows. */
  async start(): Promise<void> {
    for (const { hash, token } of await this.#ledger.tokenHashes()) this.#tokens.set(hash, token)
    for (const { id, label } of await this.#ledger.tokens()) this.#calledBy.set(`token:${id}`, label)
    for (const { login, name } of await this.#ledger.users()) this.#calledBy.set(`user:${login}`, name)
    for (const session of await this.#ledger.sessions(this.#clock.now())) {
      this.#sessions.set(session.hash, session)
    }
  }

  /** The secret of commands on this machine, for the lock file. It ends with this process. */
  get localSecret(): string {
    return this.#localSecret
  }

  /** Who has this secret of a header; undefined is nobody, or somebody whose time is over. */
  callerOfBearer(secret: string): Caller | undefined {
    const hash = hashSecret(secret)
    if (hash === this.#localHash) return { name: 'local', role: 'admin', subject: '', byCookie: false }
    const token = this.#tokens.get(hash)
    if (token === undefined || this.#isOver(token.expiresAt)) return undefined
    return { name: `token:${token.id}`, role: token.role, subject: token.subject, byCookie: false }
  }

  /** Who has this secret of a cookie. */
  callerOfCookie(secret: string): Caller | undefined {
    const session = this.#sessions.get(hashSecret(secret))
    if (session === undefined || this.#isOver(session.expiresAt)) return undefined
    const { login, role, subject } = session
    return { name: login === '' ? 'link' : `user:${login}`, role, subject, byCookie: true }
  }

  /** The label of a token, the name of a person; '' for whoever has none. @param actor as audit rows name him */
  calledBy(actor: string): string {
    return this.#calledBy.get(actor) ?? ''
  }

  /** A new token and its secret, which nobody can be told again. */
  async issueToken(wish: TokenWish, by: Actor): Promise<{ token: TokenEntry; secret: string }> {
    const secret = makeSecret('gvt_')
    const token: TokenEntry = {
      ...{ id: makeId(), role: wish.role, subject: wish.subject, label: wish.label },
      ...{ createdAt: by.at, createdBy: by.name, expiresAt: wish.expiresAt, revokedAt: null }
    }
    const hash = hashSecret(secret)
    await this.#ledger.addToken(token, hash, by)
    this.#tokens.set(hash, token)
    this.#calledBy.set(`token:${token.id}`, token.label)
    return { token, secret }
  }

  /** @throws API_TOKEN_UNKNOWN */
  async revokeToken(id: string, by: Actor): Promise<void> {
    const wasValid = await this.#ledger.revokeToken(id, by)
    for (const [hash, token] of this.#tokens) if (token.id === id) this.#tokens.delete(hash)
    if (!wasValid) throw new GridvigilError('API_TOKEN_UNKNOWN', id)
  }

  /** @throws API_USER_UNKNOWN */
  async user(login: string): Promise<UserEntry> {
    const user = (await this.#ledger.users()).find(one => one.login === login)
    if (user === undefined) throw new GridvigilError('API_USER_UNKNOWN', login)
    return user
  }

  /** @throws API_USER_TAKEN */
  async addUser(wish: UserWish, by: Actor): Promise<UserEntry> {
    const { login, name, role, subject, password } = wish
    const user = { login, name, role, subject, createdAt: by.at, createdBy: by.name, disabledAt: null }
    const isNew = await this.#ledger.addUser(user, await hashPassword(password), by)
    if (!isNew) throw new GridvigilError('API_USER_TAKEN', login)
    this.#calledBy.set(`user:${login}`, name)
    if (isAdmin(user)) await this.#endLink(by)
    return user
  }

  /** Whoever is changed in what he may do has to log in again. @throws API_USER_UNKNOWN, API_LAST_ADMIN */
  async changeUser(login: string, wish: UserWishes, by: Actor): Promise<UserEntry> {
    const before = await this.user(login)
    if (Object.keys(wish).length === 0) return before
    const { password, ...rest } = wish
    const change: UserChange = {
      ...rest,
      ...(password !== undefined && { passwordHash: await hashPassword(password) })
    }
    await this.#ledger.changeUser(login, change, by)
    const kept = new Set((await this.#ledger.sessions(by.at)).map(({ hash }) => hash))
    for (const hash of this.#sessions.keys()) if (!kept.has(hash)) this.#sessions.delete(hash)
    const after = await this.user(login)
    this.#calledBy.set(`user:${login}`, after.name)
    return after
  }

  /** A new session and the secret of its cookie. @throws API_LOGIN */
  async logIn(login: string, password: string, by: Actor): Promise<NewSession> {
    const kept = await this.#ledger.passwordHash(login)
    // Asked first also where nobody has the login: it takes as long.
    if (!(await isPassword(password, kept)) || kept === undefined) throw new GridvigilError('API_LOGIN')
    const { role, subject } = await this.user(login)
    return this.#openSession({ login, role, subject }, kept, { ...by, name: `user:${login}` })
  }

  /** A new password for whoever knows the present one. @throws API_LOGIN */
  async changePassword(login: string, current: string, password: string, by: Actor): Promise<void> {
    const kept = await this.#ledger.passwordHash(login)
    if (!(await isPassword(current, kept))) throw new GridvigilError('API_LOGIN')
    await this.changeUser(login, { password }, by)
  }

  async logOut(secret: string, by: Actor): Promise<void> {
    const hash = hashSecret(secret)
    this.#sessions.delete(hash)
    await this.#ledger.endSession(hash, by)
  }

  /** Whether somebody can administer the site over the pages. */
  async hasAdmin(): Promise<boolean> {
    return (await this.#ledger.users()).some(isAdmin)
  }

  /** The secret of the first admin's link. Whatever it was before is worth nothing any more. */
  makeLink(): string {
    const secret = makeSecret('gva_')
    this.#linkHash = hashSecret(secret)
    return secret
  }

  /** Opens a session for whoever has the link; it works once. @throws API_LINK */
  async useLink(secret: string, by: Actor): Promise<NewSession> {
    if (this.#linkHash === '' || hashSecret(secret) !== this.#linkHash) throw new GridvigilError('API_LINK')
    if (await this.hasAdmin()) throw new GridvigilError('API_LINK', 'the site has an administrator')
    this.#linkHash = ''
    return this.#openSession({ login: '', role: 'admin', subject: '' }, '', { ...by, name: 'link' })
  }

  /** @throws API_LOGIN when the password is another one by now */
  async #openSession(
    who: Pick<SessionEntry, 'login' | 'role' | 'subject'>,
    passwordHash: string,
    by: Actor
  ): Promise<NewSession> {
    const secret = makeSecret('gvs_')
    const expiresAt = by.at + SESSION_MS
    const session = { ...who, hash: hashSecret(secret), createdAt: by.at, expiresAt }
    if (!(await this.#ledger.addSession(session, passwordHash, by))) throw new GridvigilError('API_LOGIN')
    this.#sessions.set(session.hash, session)
    return { secret, expiresAt }
  }

  /** Once somebody can administer the site, the link has served. */
  async #endLink(by: Actor): Promise<void> {
    this.#linkHash = ''
    for (const { hash, login } of [...this.#sessions.values()]) {
      if (login !== '') continue
      this.#sessions.delete(hash)
      await this.#ledger.endSession(hash, by)
    }
  }

  #isOver(expiresAt: number | null): boolean {
    return expiresAt !== null && expiresAt <= this.#clock.now()
  }
}

/** A shift. */
export const SESSION_MS = 12 * 3_600_000

export interface NewSession {
  readonly secret: string
  readonly expiresAt: number
}

export interface TokenWish {
  readonly role: Role
  /** Key customer of the role key-customer, '' otherwise. */
  readonly subject: string
  readonly label: string
  readonly expiresAt: number | null
}

export interface UserWish {
  readonly login: string
  readonly name: string
  readonly role: Role
  readonly subject: string
  readonly password: string
}

export type UserWishes = Omit<UserChange, 'passwordHash'> & { readonly password?: string }

const isAdmin = ({ role, disabledAt }: UserEntry): boolean => role === 'admin' && disabledAt === null
