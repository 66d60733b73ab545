import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { KyselyLedger } from '../../src/ledger/kysely-ledger.ts'
import { OUTAGE_METHODS } from '../../src/ledger/outage-port.ts'
import { LEDGER_METHODS } from '../../src/ledger/port.ts'
import { sqliteDialect } from '../../src/ledger/sqlite.ts'
import { SUPPLY_METHODS } from '../../src/ledger/supply-port.ts'
import { RELIABILITY_METHODS } from '../../src/reliability/question.ts'
import { answerAsk } from './answer.ts'
import type { FromLedger, LedgerData, ToLedger } from './messages.ts'
import { OutageFollower } from './outage-follower.ts'

/**
 * Worker of the ledger: a commit of node:sqlite blocks until the disk has it, which nobody else should wait for. It takes what
 * is said about outages from the results log by itself, so that the processor waits for no commit either.
 */
const data = workerData as LedgerData
const port = parentPort
if (port === null) throw new Error('threads/ledger.ts runs as a worker')

const post = (message: FromLedger): void => port.postMessage(message)
const ledger = new KyselyLedger(sqliteDialect(join(data.dataFolder, 'ledger.sqlite')))
await ledger.open()
const follower = new OutageFollower(ledger, followed => post({ type: 'followed', followed }))
post({ type: 'open' })
if (data.follow !== undefined) follower.follow(data.follow)
port.on('message', async (message: ToLedger) => {
  switch (message.type) {
    case 'ask':
      return post(await answer(message))
    case 'follow':
      return follower.follow(message.follow)
    case 'registry':
      return follower.setRegistry(message.parts)
    case 'stop':
      await follower.stop()
      await ledger.close()
      post({ type: 'stopped' })
      return port.close()
    default:
      message satisfies never
  }
})

function answer(ask: Extract<ToLedger, { type: 'ask' }>) {
  if (ask.method === 'holdOutages') return answerAsk(follower, ['holdOutages'], ask)
  if (ask.method === 'reliabilityReport') return answerAsk(follower.desk, RELIABILITY_METHODS, ask)
  if (isOneOf(OUTAGE_METHODS, ask.method)) return answerAsk(ledger.outages, OUTAGE_METHODS, ask)
  if (isOneOf(SUPPLY_METHODS, ask.method)) return answerAsk(ledger.supply, SUPPLY_METHODS, ask)
  return answerAsk(ledger, LEDGER_METHODS, ask)
}

const isOneOf = (methods: readonly string[], method: string): boolean => methods.includes(method)
