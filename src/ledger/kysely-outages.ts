import type { Kysely } from 'kysely'
import type {
  AlarmQuery,
  DecisionQuery,
  FindingQuery,
  IncidentQuery,
  LifePage,
  LossQuery,
  OutageBatch,
  OutageLedger,
  OutagePlaces,
  OutageTable,
  PointPage,
  PointQuery
} from './outage-port.ts'
import {
  findAlarm,
  findAlarms,
  findDecisions,
  findFinding,
  findFindings,
  findIncident,
  findIncidents,
  findLife,
  findLoss,
  findLosses,
  findOutagesOf,
  findPoints,
  sumUp
} from './outage-queries.ts'
import { readCursor, storeLines } from './outage-writer.ts'
import type { Tables } from './tables.ts'
import type { Turns } from './turns.ts'

/** What is said about outages, over Kysely: its reads and writes take their turns among those of the ledger. */
export class KyselyOutages implements OutageLedger {
  readonly #db: Kysely<Tables>
  readonly #turns: Turns

  constructor(db: Kysely<Tables>, turns: Turns) {
    this.#db = db
    this.#turns = turns
  }

  takeLines(batch: OutageBatch, places: OutagePlaces): Promise<number> {
    return this.#turns.run(() => this.#db.transaction().execute(db => storeLines(db, batch, places)))
  }

  cursor() {
    return this.#turns.run(() => readCursor(this.#db))
  }

  figures() {
    return this.#turns.run(() => sumUp(this.#db))
  }

  incidents(query: IncidentQuery) {
    return this.#turns.run(() => findIncidents(this.#db, query))
  }

  incident(id: string) {
    return this.#turns.run(() => findIncident(this.#db, id))
  }

  life(table: OutageTable, id: string, page: LifePage) {
    return this.#turns.run(() => findLife(this.#db, table, id, page))
  }

  points(incident: string, page: PointPage) {
    return this.#turns.run(() => findPoints(this.#db, incident, page))
  }

  communication(query: LossQuery) {
    return this.#turns.run(() => findLosses(this.#db, query))
  }

  findings(query: FindingQuery) {
    return this.#turns.run(() => findFindings(this.#db, query))
  }

  alarms(query: AlarmQuery) {
    return this.#turns.run(() => findAlarms(this.#db, query))
  }

  loss(id: string) {
    return this.#turns.run(() => findLoss(this.#db, id))
  }

  finding(id: string) {
    return this.#turns.run(() => findFinding(this.#db, id))
  }

  alarm(id: string) {
    return this.#turns.run(() => findAlarm(this.#db, id))
  }

  decisions(query: DecisionQuery) {
    return this.#turns.run(() => findDecisions(this.#db, query))
  }

  outagesOf(query: PointQuery) {
    return this.#turns.run(() => findOutagesOf(this.#db, query))
  }
}
