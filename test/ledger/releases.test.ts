import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { KyselyLedger } from '../../src/ledger/kysely-ledger.ts'
import { sqliteDialect } from '../../src/ledger/sqlite.ts'

/**
 * releases/ holds the ledger that each set of migrations left behind, as SQL text, named by its last migration. All
 * hold the same entries, and those of their own tables; each must open and say them again. A new migration gets its file here.
 */
const RELEASES = join(import.meta.dirname, 'releases')
const MIGRATIONS = join(import.meta.dirname, '..', '..', 'src', 'ledger', 'migrations')

const folder = mkdtempSync(join(tmpdir(), 'gridvigil-releases-'))
after(() => rmSync(folder, { recursive: true }))

describe('the ledger of an earlier release', () => {
  const names = readdirSync(MIGRATIONS).map(file => file.replace(/\.ts$/, ''))

  it('is kept for every migration', () => {
    assert.deepEqual(readdirSync(RELEASES).sort(), names.map(name => `${name}.sql`).sort())
  })

  for (const name of names) {
    it(`opens with all it said: ${name}`, async () => {
      const path = join(folder, `${name}.sqlite`)
      const raw = new DatabaseSync(path)
      raw.exec(readFileSync(join(RELEASES, `${name}.sql`), 'utf8'))
      raw.close()
      const ledger = new KyselyLedger(sqliteDialect(path))
      await ledger.open()
      assert.deepEqual(
        (await ledger.tokens()).map(({ id, role }) => [id, role]),
        [['tok1', 'viewer']]
      )
      assert.deepEqual(
        (await ledger.users()).map(({ login, name }) => [login, name]),
        [['wang', '王芳']]
      )
      assert.deepEqual(
        (await ledger.sessions(0)).map(({ hash }) => hash),
        ['s1']
      )
      assert.deepEqual(await ledger.terminalSecrets(), [{ terminal: 'T1', hash: 'th1' }])
      assert.deepEqual(
        (await ledger.imports({ limit: 9 })).map(({ version, hash }) => [version, hash]),
        [[1, 'aa11']]
      )
      assert.equal((await ledger.contacts('K1'))[0]?.value, '0571-1')
      const repeated = await ledger.beginCommand(
        { caller: 'user:wang', key: 'k', fingerprint: 'f' },
        1795133700001
      )
      assert.deepEqual(repeated?.answer, { status: 201, body: '{}' })
      if (name >= '0002') {
        const [first] = await ledger.outages.outagesOf({ limit: 9, usagePoint: 'U1', path: [] })
        assert.deepEqual(
          [first?.incident.id, first?.incident.state, first?.basis],
          ['I1', 'closed', 'stated']
        )
        assert.equal((await ledger.outages.life('incidents', 'I1', { limit: 9 })).length, 2)
        assert.equal((await ledger.outages.incidents({ limit: 9, device: 'F1' })).length, 1)
        assert.equal((await ledger.outages.communication({ limit: 9 }))[0]?.id, 'C1')
        assert.equal((await ledger.outages.findings({ limit: 9 }))[0]?.id, 'F1')
        assert.equal((await ledger.outages.alarms({ limit: 9 }))[0]?.id, 'A1')
        assert.equal(await ledger.outages.cursor(), 5)
      }
      if (name >= '0002') {
        const all = { from: 0, to: Number.MAX_SAFE_INTEGER }
        const isOfSteps = name >= '0003'
        assert.deepEqual(
          (await ledger.reliability.interruptedPoints(all, 9)).map(({ usagePoint, end }) => [
            usagePoint,
            end
          ]),
          isOfSteps
            ? [['U1', 1795161600500]]
            : [
                ['U1', null],
                ['U2', null]
              ]
        )
        assert.equal((await ledger.reliability.publishedMonths('dl836')).length, isOfSteps ? 1 : 0)
      }
      if (name >= '0004') {
        const [decision] = await ledger.outages.decisions({ limit: 9, subject: 'I2' })
        assert.deepEqual([decision?.id, decision?.act, decision?.facts], ['D1', 'claim', { crew: '7' }])
        assert.equal((await ledger.outages.incident('I2'))?.decided?.claimedBy, 'li')
        assert.equal((await ledger.outages.alarm('A1'))?.by, 'li')
      }
      if (name >= '0005') {
        const planned = await ledger.outages.incident('I3')
        assert.deepEqual(
          [planned?.plan, planned?.planType, planned?.earlyS, planned?.overrunS, planned?.customerMinutes],
          ['P1', 'planned', 120, 600, 80.5]
        )
      }
      if (name >= '0007') {
        const [patrol] = await ledger.dossierEntries({ customer: 'K1', limit: 9 })
        assert.deepEqual([patrol?.id, patrol?.body], ['P1', { occasion: 'storm', found: '渗水' }])
      }
      if (name >= '0006') {
        const stretches = await ledger.supply.supplyStretches({ customer: 'K1', from: 0, to: 2e12, limit: 9 })
        assert.deepEqual(
          stretches.map(({ from, to, line }) => [from, to, line.state]),
          [
            [1795161600000, 1795161610000, 'normal'],
            [1795161610000, 1795161620000, 'interrupted'],
            [1795161620000, null, 'normal']
          ]
        )
      }
      await ledger.note('opened', '', {}, { name: 'system', at: 1, request: '' })
      assert.equal((await ledger.auditTrail({ limit: 1 }))[0]?.action, 'opened')
      await ledger.close()
    })
  }

  it('says the plans and minutes that only the lines of its incidents had', async () => {
    const path = join(folder, 'plans.sqlite')
    const raw = new DatabaseSync(path)
    raw.exec(readFileSync(join(RELEASES, '0004-decisions.sql'), 'utf8'))
    const add = raw.prepare(
      "INSERT INTO outage_line (told_in, id, state, line, n, seq, at) VALUES ('incidents', ?, '', ?, ?, 9, 9)"
    )
    add.run('I1', JSON.stringify({ end: 1, customerMinutes: 80.5, plan: 'P1', earlyS: 0, overrunS: 60 }), 21)
    add.run('I2', JSON.stringify({ end: 1, customerMinutes: 7 }), 22)
    add.run('I2', JSON.stringify({ end: null }), 23)
    raw.close()
    const ledger = new KyselyLedger(sqliteDialect(path))
    await ledger.open()
    const said = async (id: string) => {
      const row = await ledger.outages.incident(id)
      return [row?.plan, row?.earlyS, row?.overrunS, row?.customerMinutes]
    }
    assert.deepEqual(await said('I1'), ['P1', 0, 60, 80.5])
    assert.deepEqual(await said('I2'), [null, null, null, null], 'it goes on again')
    await ledger.close()
  })
})
