import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { isError } from '../../src/errors.ts'
import { KyselyLedger } from '../../src/ledger/kysely-ledger.ts'
import { sqliteDialect } from '../../src/ledger/sqlite.ts'
import { type LedgerUnderTest, ledgerContract } from '../contract/ledger.ts'
import { outageLedgerContract } from '../contract/outage-ledger.ts'
import { reliabilityLedgerContract } from '../contract/reliability-ledger.ts'
import { supplyLedgerContract } from '../contract/supply-ledger.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridvigil-ledger-'))
after(() => rmSync(folder, { recursive: true }))
let made = 0
const newPath = (): string => join(folder, `${++made}.sqlite`)
const openAt = async (path: string): Promise<KyselyLedger> => {
  const ledger = new KyselyLedger(sqliteDialect(path))
  await ledger.open()
  return ledger
}

const openUnder = async (): Promise<LedgerUnderTest> => {
  const path = newPath()
  const under: LedgerUnderTest = {
    ledger: await openAt(path),
    async reopen() {
      await under.ledger.close()
      under.ledger = await openAt(path)
    }
  }
  return under
}

describe('the ledger on SQLite', () => {
  ledgerContract(openUnder)
  outageLedgerContract(openUnder)
  reliabilityLedgerContract(openUnder)
  supplyLedgerContract(openUnder)

  it('is for its owner alone', async () => {
    const path = newPath()
    await (await openAt(path)).close()
    assert.equal(statSync(path).mode & 0o077, 0)
  })

  it('copies itself as of one moment', async () => {
    const ledger = await openAt(newPath())
    const by = { name: 'local', at: 1, request: '' }
    await ledger.note('one', '', {}, by)
    const copy = newPath()
    await ledger.copyTo(copy)
    await ledger.note('two', '', {}, by)
    await ledger.close()
    const copied = await openAt(copy)
    assert.deepEqual(
      (await copied.auditTrail({ limit: 9 })).map(({ action }) => action),
      ['one']
    )
    await copied.close()
  })

  it('refuses what a newer release has changed, and what is no ledger', async () => {
    const path = newPath()
    await (await openAt(path)).close()
    const raw = new DatabaseSync(path)
    raw.exec(`INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01')`)
    raw.close()
    await assert.rejects(
      openAt(path),
      error => isError(error, 'LEDGER_NEWER') && /9999-later/.test(error.detail)
    )
    await assert.rejects(openAt(folder), error => isError(error, 'LEDGER_OPEN'))
  })
})
