import type { ApiSwitchingDesk, ToldSwitch } from '../../src/api/context.ts'
import type { AnnouncedOutage } from '../../src/model/decisions.ts'
import type { Actor, LedgerCalls } from '../../src/ledger/port.ts'
import { Turns } from '../../src/ledger/turns.ts'
import type { PlannedOutageRecord, SwitchStateRecord } from '../../src/records/gateway-record.ts'

/** Where records go; each resolves once it is durable. */
export interface SwitchingRecords {
  storeSwitchState(record: SwitchStateRecord): Promise<void>
  storePlannedOutage(record: PlannedOutageRecord): Promise<void>
}

/** Actions of the audit trail. Its last row of each subject is what was told last, so it is the memory over restarts. */
const SWITCH_TOLD = 'switch-state.tell'
const ANNOUNCED = 'planned-outage.announce'
const CANCELLED = 'planned-outage.cancel'

interface Told {
  readonly switches: Map<string, ToldSwitch>
  readonly outages: Map<string, AnnouncedOutage>
}

/**
 * What dispatchers and automation tell of switches and planned work: a record of the events log first, then the audit row.
 * A kill between the two leaves a record without a row. It was not answered then, so whoever told it tells it again;
 * for this nothing is passed over because it is known already.
 */
export class SwitchingDesk implements ApiSwitchingDesk {
  readonly #records: SwitchingRecords
  readonly #ledger: Pick<LedgerCalls, 'note' | 'lastNotes'>
  /** One after the other: the trail must have the order of the log. */
  readonly #turns = new Turns()
  #told: Told | undefined

  constructor(records: SwitchingRecords, ledger: Pick<LedgerCalls, 'note' | 'lastNotes'>) {
    this.#records = records
    this.#ledger = ledger
  }

  async switchStates(): Promise<ReadonlyMap<string, ToldSwitch>> {
    return (await this.#turns.run(() => this.#remember())).switches
  }

  async plannedOutages(): Promise<ReadonlyMap<string, AnnouncedOutage>> {
    return (await this.#turns.run(() => this.#remember())).outages
  }

  tellSwitch(record: SwitchStateRecord, by: Actor): Promise<ToldSwitch> {
    return this.#turns.run(async () => {
      const { switches } = await this.#remember()
      await this.#records.storeSwitchState(record)
      const told = { ...record, toldAt: by.at }
      switches.set(record.device, told)
      await this.#ledger.note(SWITCH_TOLD, record.device, record, by)
      return told
    })
  }

  announce(record: AnnouncedOutage, by: Actor): Promise<void> {
    return this.#turns.run(async () => {
      const { outages } = await this.#remember()
      await this.#records.storePlannedOutage(record)
      outages.set(record.id, record)
      const action = record.state === 'cancelled' ? CANCELLED : ANNOUNCED
      await this.#ledger.note(action, record.id, record, by)
    })
  }

  /** What was told in earlier lives is read once, when it is asked for first. */
  async #remember(): Promise<Told> {
    if (this.#told !== undefined) return this.#told
    const switches = await this.#ledger.lastNotes([SWITCH_TOLD])
    const outages = await this.#ledger.lastNotes([ANNOUNCED, CANCELLED])
    this.#told = {
      switches: new Map(
        switches.map(({ subject, at, detail }) => [subject, { ...JSON.parse(detail), toldAt: at }])
      ),
      outages: new Map(outages.map(({ subject, detail }) => [subject, JSON.parse(detail)]))
    }
    return this.#told
  }
}
