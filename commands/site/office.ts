import { AccessDesk } from '../../src/access/desk.ts'
import type { ApiContext, RoomHealth } from '../../src/api/context.ts'
import { CommandGate } from '../../src/api/http/command-gate.ts'
import type { Clock } from '../../src/clock.ts'
import type { Config } from '../../src/config.ts'
import type { Logger } from '../../src/logger.ts'
import { OUTAGE_METHODS, type OutageCalls } from '../../src/ledger/outage-port.ts'
import { type Actor, LEDGER_METHODS, type LedgerCalls } from '../../src/ledger/port.ts'
import { SUPPLY_METHODS, type SupplyCalls } from '../../src/ledger/supply-port.ts'
import { isRole } from '../../src/model/roles.ts'
import type { Registry } from '../../src/registry/lookup/registry.ts'
import { RELIABILITY_METHODS, type ReliabilityCalls } from '../../src/reliability/question.ts'
import { OutagePart, type ResultsLog } from './outage-part.ts'
import { PortClient, whyNot } from './port-client.ts'
import { RegistryDesk } from '../registry/desk.ts'
import { type Connections, TerminalKeys } from './terminal-keys.ts'
import type { FromLedger, LedgerData, ToLedger } from '../threads/messages.ts'
import { Thread } from '../threads/thread.ts'

export interface OfficeOptions {
  readonly config: Config
  readonly clock: Clock
  readonly logger: Logger
  readonly connections: Connections
  /** Makes a version of the registry that is saved the valid one. */
  readonly changeRegistry: (registry: Registry) => void
  /** How far the ledger has stored what the results log says; never where it follows none. */
  readonly onFollowed?: (cursor: number) => void
}

type Calls = LedgerCalls &
  OutageCalls &
  SupplyCalls &
  ReliabilityCalls & { holdOutages(isHeld: boolean): Promise<void> }

/** What the API is given by the office; the rest comes from the site. */
export type OfficeContext = Pick<
  ApiContext,
  | 'access'
  | 'ledger'
  | 'outages'
  | 'outageFigures'
  | 'supply'
  | 'reliability'
  | 'terminals'
  | 'registryDesk'
  | 'commandGate'
  | 'anonymousRole'
  | 'maxRequestsPerSecond'
  | 'maxUploadBytes'
>

/**
 * What people decide: the ledger in its thread, who may come in, terminals' secrets. Nothing here is on the path of a
 * reading, except that a terminal's login asks the map of secrets.
 */
export class Office {
  readonly #options: OfficeOptions
  readonly #client: PortClient<Calls>
  readonly #outages: OutagePart
  #thread: Thread<ToLedger, FromLedger> | undefined
  #onOpen = (_failure: Error | undefined): void => {}
  readonly access: AccessDesk
  readonly keys: TerminalKeys
  readonly registryDesk: RegistryDesk
  readonly commandGate = new CommandGate()

  constructor(options: OfficeOptions) {
    const { config, clock, logger, connections, changeRegistry } = options
    this.#options = options
    const send = (message: ToLedger): void => this.#thread?.send(message)
    this.#client = new PortClient<Calls>(
      [...LEDGER_METHODS, ...OUTAGE_METHODS, ...SUPPLY_METHODS, ...RELIABILITY_METHODS, 'holdOutages'],
      send,
      () => this.#thread?.failure
    )
    const settings = { logLevel: config['log.level'], timezone: config.timezone }
    this.#outages = new OutagePart(send, settings, options.onFollowed ?? (() => {}))
    this.access = new AccessDesk(this.ledger, clock)
    this.keys = new TerminalKeys(config.credentials, this.ledger, connections)
    const { ledger, commandGate } = this
    this.registryDesk = new RegistryDesk({
      config,
      clock,
      logger,
      ledger,
      commandGate,
      change: registry => {
        changeRegistry(registry)
        this.#outages.setRegistry(registry)
      }
    })
  }

  get ledger(): LedgerCalls {
    return this.#client.port
  }

  get outages(): OutageCalls {
    return this.#client.port
  }

  get supply(): SupplyCalls {
    return this.#client.port
  }

  get reliability(): ReliabilityCalls {
    return this.#client.port
  }

  /** From now on what the results log says about outages is taken into the ledger. */
  follow(log: ResultsLog, registry: Registry): void {
    this.#outages.setRegistry(registry)
    this.#outages.follow(log)
  }

  /** While held, the ledger takes nothing from the log. */
  async holdOutages(isHeld: boolean): Promise<void> {
    this.#outages.setHeld(isHeld)
    await this.#client.port.holdOutages(isHeld)
  }

  /** @throws LEDGER_OPEN, LEDGER_NEWER, GATEWAY_CREDENTIALS */
  async start(): Promise<void> {
    const { config, clock, logger } = this.#options
    const data = () => ({ dataFolder: config.data, follow: this.#outages.data }) satisfies LedgerData
    const entry = new URL('../threads/ledger.ts', import.meta.url)
    const onMessage = (message: FromLedger): void => {
      if (message.type === 'open') this.#onOpen(undefined)
      else if (message.type === 'answer') this.#client.settle(message)
      else if (message.type === 'followed') this.#outages.take(message.followed)
    }
    const onRestart = (why: Error): void => {
      this.#client.abandon(why)
      this.#onOpen(why)
    }
    const opened = new Promise<Error | undefined>(resolve => {
      this.#onOpen = resolve
    })
    this.#thread = new Thread({ name: 'ledger', entry, data, clock, logger, onMessage, onRestart })
    this.#thread.start()
    const failure = await opened
    if (failure !== undefined) {
      await this.stop()
      throw whyNot(failure)
    }
    await this.access.start()
    await this.keys.start()
    this.registryDesk.start()
  }

  async stop(): Promise<void> {
    this.registryDesk.stop()
    await this.#thread?.stop({ type: 'stop' })
    this.#client.abandon(undefined)
  }

  /**
   * A server that was killed between saving a version and telling the ledger has it without an entry; the persons of its
   * files are known when they are imported again.
   */
  async completeImport({ version, hash }: Registry, by: Actor): Promise<void> {
    const [last] = await this.ledger.imports({ limit: 1 })
    if (version === 0 || last?.hash === hash) return
    const entry = { version, hash, at: by.at, by: by.name, files: [] }
    await this.ledger.addImport(entry, by)
    const text =
      'an import was cut off before the ledger knew it; import its files again for the contacts of key customers'
    this.#options.logger.warn({ version }, text)
  }

  /** How the ledger is, for operators. */
  health(): RoomHealth {
    const failure = (this.#thread?.failure?.message ?? '') || this.#outages.trouble
    return { room: 'ledger', ok: failure === '', detail: failure }
  }

  /** What the API is given. */
  context(): OfficeContext {
    const { config } = this.#options
    const role = config['http.anonymousRole']
    return {
      access: this.access,
      ledger: this.ledger,
      outages: this.outages,
      outageFigures: () => this.#outages.shown,
      reliability: this.reliability,
      supply: this.supply,
      terminals: this.keys,
      registryDesk: this.registryDesk,
      commandGate: this.commandGate,
      anonymousRole: isRole(role) ? role : undefined,
      maxRequestsPerSecond: config['http.maxRequestsPerSecond'],
      maxUploadBytes: config['http.maxUploadMb'] * 1_048_576
    }
  }
}
