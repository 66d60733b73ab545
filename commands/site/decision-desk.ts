import type { ApiDecisionDesk } from '../../src/api/context.ts'
import type { Actor, LedgerCalls } from '../../src/ledger/port.ts'
import { Turns } from '../../src/ledger/turns.ts'
import type { DecisionRecord } from '../../src/records/gateway-record.ts'

/** Where records go; resolves once it is durable. */
export interface DecisionRecords {
  storeDecision(record: DecisionRecord): Promise<void>
}

/**
 * What dispatchers decide: a record of the events log first, which the outage stage takes, then the audit row. After a kill between
 * the two whoever decided was not answered and decides again: the second is refused or changes nothing more.
 */
export class DecisionDesk implements ApiDecisionDesk {
  readonly #records: DecisionRecords
  readonly #ledger: Pick<LedgerCalls, 'note'>
  /** One after the other: the trail must have the order of the log. */
  readonly #turns = new Turns()

  constructor(records: DecisionRecords, ledger: Pick<LedgerCalls, 'note'>) {
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
}
