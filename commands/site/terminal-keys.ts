import { type Credentials, readCredentials } from '../../gateway/credentials.ts'
import type { ApiTerminals } from '../../src/api/context.ts'
import type { Actor, LedgerCalls, TerminalSecret } from '../../src/ledger/port.ts'

/** What the gateway can say and do about a terminal's connection. */
export interface Connections {
  isConnected(terminal: string): boolean
  disconnect(terminal: string): void
}

/**
 * The secrets terminals log in with: those of the ledger, and over them those of the credentials file, which only its
 * owner changes. The gateway reads the map at each login, so a change holds from the next one on; a session opened with
 * an older secret is closed.
 */
export class TerminalKeys implements ApiTerminals {
  readonly #file: Credentials
  readonly #ledger: LedgerCalls
  readonly #connections: Connections
  readonly #kept = new Map<string, Buffer>()
  readonly #all = new Map<string, Buffer>()

  /** @param file path of a file with lines `id,secret`, '' for none. @throws GATEWAY_CREDENTIALS */
  constructor(file: string, ledger: LedgerCalls, connections: Connections) {
    this.#file = file === '' ? new Map() : readCredentials(file)
    this.#ledger = ledger
    this.#connections = connections
  }

  /** Who may connect now; the same map for the life of this object. */
  get credentials(): Credentials {
    return this.#all
  }

  /** Reads what the ledger knows. */
  async start(): Promise<void> {
    for (const { terminal, hash } of await this.#ledger.terminalSecrets()) this.#keep(terminal, hash)
    for (const [terminal, hash] of this.#file) this.#all.set(terminal, hash)
  }

  secretOf(terminal: string): 'file' | 'ledger' | undefined {
    if (this.#file.has(terminal)) return 'file'
    return this.#kept.has(terminal) ? 'ledger' : undefined
  }

  isConnected(terminal: string): boolean {
    return this.#connections.isConnected(terminal)
  }

  known(): Iterable<string> {
    return this.#all.keys()
  }

  async setSecrets(secrets: readonly TerminalSecret[], by: Actor): Promise<void> {
    await this.#ledger.setTerminalSecrets(secrets, by)
    for (const { terminal, hash } of secrets) {
      this.#keep(terminal, hash)
      if (!this.#file.has(terminal)) this.#connections.disconnect(terminal)
    }
  }

  async removeSecret(terminal: string, by: Actor): Promise<boolean> {
    const wasThere = await this.#ledger.removeTerminalSecret(terminal, by)
    this.#kept.delete(terminal)
    if (this.#file.has(terminal)) return wasThere
    this.#all.delete(terminal)
    if (wasThere) this.#connections.disconnect(terminal)
    return wasThere
  }

  #keep(terminal: string, hash: string): void {
    const bytes = Buffer.from(hash, 'hex')
    this.#kept.set(terminal, bytes)
    if (!this.#file.has(terminal)) this.#all.set(terminal, bytes)
  }
}
