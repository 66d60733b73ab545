import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { KyselyLedger } from '../../src/ledger/kysely-ledger.ts'
import { LEDGER_METHODS } from '../../src/ledger/port.ts'
import { sqliteDialect } from '../../src/ledger/sqlite.ts'
import { answerAsk } from './answer.ts'
import type { FromLedger, LedgerData, ToLedger } from './messages.ts'

/** Worker of the ledger: a commit of node:sqlite blocks until the disk has it, which nobody else should wait for. */
const data = workerData as LedgerData
const port = parentPort
if (port === null) throw new Error('threads/ledger.ts runs as a worker')

const post = (message: FromLedger): void => port.postMessage(message)
const ledger = new KyselyLedger(sqliteDialect(join(data.dataFolder, 'ledger.sqlite')))
await ledger.open()
post({ type: 'open' })
port.on('message', async (message: ToLedger) => {
  if (message.type === 'ask') return post(await answerAsk(ledger, LEDGER_METHODS, message))
  await ledger.close()
  post({ type: 'stopped' })
  port.close()
})
