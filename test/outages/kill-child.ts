import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { nodeFiles } from '../../src/files.ts'
import { KyselyLedger } from '../../src/ledger/kysely-ledger.ts'
import { sqliteDialect } from '../../src/ledger/sqlite.ts'
import { SharedMark } from '../../src/log/durable-mark.ts'
import { SegmentedReader } from '../../src/log/segmented-reader.ts'
import { createLogger } from '../../src/logger.ts'
import { OutageFeed } from '../../src/outages/feed.ts'

/**
 * Carries the results log of a folder into the ledger beside it, up to `last`, and says each cursor that was stored. It sees
 * the log grow by a few steps at a time.
 */
const [folder = '', last = '0', stride = '1'] = process.argv.slice(2)
const mark = new SharedMark(new SharedArrayBuffer(4))
const ledger = new KyselyLedger(sqliteDialect(join(folder, 'ledger.sqlite')))
await ledger.open()
const cursor = await ledger.outages.cursor()
const reader = new SegmentedReader({ folder: join(folder, 'results'), files: nodeFiles, mark })
const logger = createLogger('silent', 'outages')
const places = { path: (device: string) => [device, 'F1'], account: (point: string) => `A-${point}` }
const feed = new OutageFeed({ reader, store: ledger.outages, places, cursor, clock: systemClock, logger })
for (let seq = cursor; seq < Number(last); ) {
  seq = Math.min(Number(last), seq + Number(stride))
  mark.set(seq)
  while ((await feed.pump()) !== undefined);
  process.stdout.write(`${feed.cursor}\n`)
}
await ledger.close()
