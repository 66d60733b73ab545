import type { Generated } from 'kysely'
import type { OutageTableRows } from './outage-tables.ts'
import type { SupplyTableRows } from './supply-tables.ts'

/**
 * Rows of the ledger's tables. Times are epoch ms, null where something has not happened; lists and details are JSON
 * text, so that SQLite and PostgreSQL hold the same. Changed only by a new file in migrations/.
 */
export interface Tables extends OutageTableRows, SupplyTableRows {
  readonly registry_import: {
    id: Generated<number>
    version: number
    hash: string
    at: number
    by: string
    files: string
  }
  readonly contact: { key_customer: string; part: string; value: string }
  readonly token: {
    id: string
    hash: string
    role: string
    subject: string
    label: string
    created_at: number
    created_by: string
    expires_at: number | null
    revoked_at: number | null
  }
  readonly user_account: {
    login: string
    name: string
    role: string
    subject: string
    password_hash: string
    created_at: number
    created_by: string
    disabled_at: number | null
  }
  readonly session: {
    hash: string
    login: string
    role: string
    subject: string
    created_at: number
    expires_at: number
  }
  /** What people did for key customers; `body` is JSON by kind. */
  readonly dossier_entry: {
    key_customer: string
    kind: string
    id: string
    at: number
    body: string
    withdrawn: number
    written_at: number
    written_by: string
  }
  readonly terminal_secret: { terminal: string; hash: string }
  readonly command: {
    caller: string
    key: string
    fingerprint: string
    at: number
    status: number | null
    body: string
  }
  readonly audit: {
    id: Generated<number>
    at: number
    actor: string
    action: string
    subject: string
    detail: string
    request: string
  }
}
