import type { ApiDecisionDesk } from '../../src/api/context.ts'
import type { Actor, LedgerCalls } from '../../src/ledger/port.ts'
import { Turns } from '../../src/ledger/turns.ts'
import type { LedgerEntry } from '../../src/model/dossier.ts'
import type { Truck } from '../../src/model/truck.ts'
import type { DecisionRecord, ObservationRecord } from '../../src/records/gateway-record.ts'

/** Where records go; each resolves once it is durable. */
export interface DecisionRecords {
  storeDecision(record: DecisionRecord): Promise<void>
  storeObservation(record: ObservationRecord): Promise<void>
  storeTruck(record: Truck): Promise<void>
}

/**
 * What people decide, and what they saw at a key customer's: a record of the events log first, which the stages take, then the audit row. After a
 * kill between the two whoever said it was not answered and says it again: the second is refused or changes nothing more.
 */
export class DecisionDesk implements ApiDecisionDesk {
  readonly #records: DecisionRecords
  readonly #ledger: Pick<LedgerCalls, 'note' | 'putDossierEntry'>
  /** One after the other: the trail must have the order of the log. */
  readonly #turns = new Turns()

  constructor(records: DecisionRecords, ledger: Pick<LedgerCalls, 'note' | 'putDossierEntry'>) {
    this.#records = records
    this.#ledger = ledger
  }

  decide(record: DecisionRecord, by: Actor): Promise<void> {
    return this.#turns.run(async () => {
      await this.#records.storeDecision(record)
      const [about, subject] = 'alarm' in record ? ['alarm', record.alarm] : ['incident', record.incident]
      // Over the API both are named by their ids.
      await this.#ledger.note(`${about}.${record.act}`, String(subject), record, by)
    })
  }

  observe(record: ObservationRecord, by: Actor): Promise<void> {
    return this.#turns.run(async () => {
      await this.#records.storeObservation(record)
      await this.#ledger.note('key-customer.observe', record.keyCustomer, record, by)
    })
  }

  truck(truck: Truck, by: Actor): Promise<void> {
    const { keyCustomer, source: id, attachedAt: at, by: writtenBy, ...body } = truck
    const entry: LedgerEntry = {
      ...{ id, keyCustomer, kind: 'truck', at, body, isWithdrawn: false, writtenAt: by.at, writtenBy }
    }
    return this.#turns.run(async () => {
      await this.#records.storeTruck(truck)
      await this.#ledger.putDossierEntry(entry, by)
    })
  }
}
