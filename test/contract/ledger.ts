import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { DossierEntry } from '../../src/model/dossier.ts'
import { makeId } from '../../src/access/secrets.ts'
import type { Actor, Ledger, TokenEntry, UserEntry } from '../../src/ledger/port.ts'

/** What every ledger keeps to. `reopen` closes it and opens the same one again. */
export interface LedgerUnderTest {
  ledger: Ledger
  reopen(): Promise<void>
}

const AT = Date.parse('2026-11-20T08:00:00Z')
const BY: Actor = { name: 'token:root', at: AT, request: 'r1' }

const token = (id: string): TokenEntry => ({
  ...{ id, role: 'viewer', subject: '', label: 'wall display', createdBy: BY.name },
  ...{ createdAt: AT, expiresAt: null, revokedAt: null }
})

const user = (login: string): UserEntry => ({
  ...{ login, name: '王芳', role: 'dispatcher', subject: '', createdAt: AT, createdBy: BY.name },
  disabledAt: null
})

export function ledgerContract(open: () => Promise<LedgerUnderTest>): void {
  it('keeps tokens, and that they were revoked, over a restart', async () => {
    const under = await open()
    await under.ledger.addToken(token('a'), 'hash-a', BY)
    await under.ledger.addToken(token('b'), 'hash-b', BY)
    assert.equal(await under.ledger.revokeToken('a', { ...BY, at: AT + 1 }), true)
    await under.reopen()
    assert.equal(await under.ledger.revokeToken('a', BY), false)
    assert.equal(await under.ledger.revokeToken('nobody', BY), false)
    assert.deepEqual(await under.ledger.tokens(), [{ ...token('a'), revokedAt: AT + 1 }, token('b')])
    assert.deepEqual(await under.ledger.tokenHashes(), [{ hash: 'hash-b', token: token('b') }])
    await under.ledger.close()
  })

  it('keeps what was done for a key customer, told anew under its id, and in the audit all of it', async () => {
    const under = await open()
    const patrol = (id: string, at: number, found: string): DossierEntry => ({
      ...{ id, keyCustomer: 'K1', kind: 'patrol', at, body: { occasion: 'storm', found } },
      ...{ isWithdrawn: false, writtenAt: AT, writtenBy: BY.name }
    })
    const drill: DossierEntry = {
      ...{ id: 'a', keyCustomer: 'K1', kind: 'drill', at: AT + 5, isWithdrawn: false },
      ...{ body: { scenario: '双电源失电', minutes: 40, passed: true }, writtenAt: AT, writtenBy: BY.name }
    }
    for (const entry of [patrol('a', AT, 'all well'), drill, patrol('b', AT + 9, '渗水')])
      await under.ledger.putDossierEntry(entry, BY)
    await under.ledger.putDossierEntry({ ...drill, keyCustomer: 'K2' }, BY)
    const anew = { ...patrol('a', AT, 'a cable was wet'), isWithdrawn: true }
    await under.ledger.putDossierEntry(anew, { ...BY, at: AT + 60 })
    await under.reopen()
    const of = (more: object) => under.ledger.dossierEntries({ customer: 'K1', limit: 10, ...more })
    assert.deepEqual(await of({}), [patrol('b', AT + 9, '渗水'), drill, anew])
    assert.deepEqual(await of({ kind: 'patrol', skip: 1 }), [anew])
    assert.deepEqual(await of({ limit: 1 }), [patrol('b', AT + 9, '渗水')])
    const [last] = await under.ledger.auditTrail({ limit: 1 })
    assert.deepEqual([last?.action, last?.subject, last?.at], ['dossier.patrol', 'K1', AT + 60])
    const before = patrol('a', AT, 'all well')
    assert.deepEqual(JSON.parse(last?.detail ?? ''), { id: 'a', before, after: anew })
    await under.ledger.close()
  })

  it('writes several entries with an audit row each, leaves what says the same, and takes all or none', async () => {
    const { ledger } = await open()
    const drill = (id: string, minutes: number): DossierEntry => ({
      ...{
        id,
        keyCustomer: 'K1',
        kind: 'drill',
        at: AT,
        isWithdrawn: false,
        writtenAt: AT,
        writtenBy: BY.name
      },
      body: { scenario: '双电源失电', minutes, passed: true }
    })
    const later = { ...BY, at: AT + 60 }
    assert.deepEqual(await ledger.putDossierEntries([drill('a', 30), drill('b', 40)], BY), [true, true])
    const again = [drill('a', 30), drill('b', 45), drill('c', 50)].map(entry => ({
      ...entry,
      writtenAt: later.at
    }))
    assert.deepEqual(await ledger.putDossierEntries(again, later), [false, true, true])
    const entries = await ledger.dossierEntries({ customer: 'K1', limit: 9 })
    assert.deepEqual(entries, [drill('a', 30), again[1], again[2]])
    const audit = await ledger.auditTrail({ limit: 9 })
    assert.deepEqual(
      audit.map(({ detail }) => JSON.parse(detail)),
      [
        { id: 'c', after: again[2] },
        { id: 'b', before: drill('b', 40), after: again[1] },
        { id: 'b', after: drill('b', 40) },
        { id: 'a', after: drill('a', 30) }
      ]
    )
    const broken = { ...drill('e', 1), id: null } as unknown as DossierEntry
    await assert.rejects(ledger.putDossierEntries([drill('d', 1), broken], BY))
    assert.equal((await ledger.dossierEntries({ customer: 'K1', limit: 9 })).length, 3)
    assert.equal((await ledger.auditTrail({ limit: 9 })).length, 4)
    await ledger.close()
  })

  it('refuses a second token with the same secret, and leaves no audit row of it', async () => {
    const { ledger } = await open()
    await ledger.addToken(token('a'), 'hash', BY)
    await assert.rejects(ledger.addToken(token('b'), 'hash', BY))
    assert.equal((await ledger.auditTrail({ limit: 10 })).length, 1)
    await ledger.close()
  })

  it('ends the sessions of a user whose password, role or right to log in changes', async () => {
    const { ledger } = await open()
    for (const login of ['wang', 'li']) {
      assert.equal(await ledger.addUser(user(login), `kept-${login}`, BY), true)
      const session = { login, role: 'dispatcher', subject: '', createdAt: AT, expiresAt: AT + 1000 } as const
      await ledger.addSession({ ...session, hash: `s-${login}` }, `kept-${login}`, BY)
    }
    assert.equal(await ledger.addUser(user('wang'), 'other', BY), false)
    await ledger.changeUser('wang', { name: '王芳芳' }, BY)
    assert.deepEqual((await ledger.sessions(AT)).map(({ hash }) => hash).sort(), ['s-li', 's-wang'])
    await ledger.changeUser('wang', { passwordHash: 'new' }, BY)
    assert.deepEqual(await ledger.passwordHash('wang'), 'new')
    assert.deepEqual(
      (await ledger.sessions(AT)).map(({ hash }) => hash),
      ['s-li']
    )
    await ledger.changeUser('li', { disabled: true }, { ...BY, at: AT + 5 })
    assert.equal(await ledger.passwordHash('li'), undefined)
    assert.deepEqual(await ledger.sessions(AT), [])
    assert.deepEqual(
      (await ledger.users()).map(({ login, name, disabledAt }) => [login, name, disabledAt]),
      [
        ['li', '王芳', AT + 5],
        ['wang', '王芳芳', null]
      ]
    )
    assert.equal(await ledger.changeUser('nobody', { name: 'x' }, BY), false)
    await ledger.close()
  })

  it('opens no session on a password that is another one by now, nor for whoever may not log in', async () => {
    const { ledger } = await open()
    await ledger.addUser(user('wang'), 'kept', BY)
    const session = {
      login: 'wang',
      role: 'dispatcher',
      subject: '',
      createdAt: AT,
      expiresAt: AT + 9
    } as const
    assert.equal(await ledger.addSession({ ...session, hash: 's1' }, 'kept', BY), true)
    assert.equal(await ledger.addSession({ ...session, hash: 's2' }, 'older', BY), false)
    await ledger.changeUser('wang', { disabled: true }, BY)
    assert.equal(await ledger.addSession({ ...session, hash: 's3' }, 'kept', BY), false)
    assert.deepEqual(await ledger.sessions(AT), [])
    await ledger.close()
  })

  it('keeps one administrator when two take each other away at once', async () => {
    const { ledger } = await open()
    for (const login of ['one', 'two']) await ledger.addUser({ ...user(login), role: 'admin' }, 'kept', BY)
    const gone = ['one', 'two'].map(login => ledger.changeUser(login, { disabled: true }, BY))
    const ended = await Promise.allSettled(gone)
    assert.deepEqual(ended.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const left = (await ledger.users()).filter(({ disabledAt }) => disabledAt === null)
    assert.equal(left.length, 1)
    await ledger.close()
  })

  it('forgets sessions that have expired', async () => {
    const { ledger } = await open()
    const session = { login: '', role: 'admin', subject: '', createdAt: AT } as const
    await ledger.addSession({ ...session, hash: 'short', expiresAt: AT + 1 }, '', BY)
    await ledger.addSession({ ...session, hash: 'long', expiresAt: AT + 2 }, '', BY)
    assert.deepEqual(
      (await ledger.sessions(AT + 1)).map(({ hash }) => hash),
      ['long']
    )
    await ledger.endSession('long', BY)
    assert.deepEqual(await ledger.sessions(AT), [])
    await ledger.close()
  })

  it('gives a terminal one secret, the last', async () => {
    const under = await open()
    const many = Array.from({ length: 2500 }, (_, i) => ({ terminal: `T${i}`, hash: `h${i}` }))
    await under.ledger.setTerminalSecrets(many, BY)
    await under.ledger.setTerminalSecrets([{ terminal: 'T7', hash: 'new' }], BY)
    assert.equal(await under.ledger.removeTerminalSecret('T8', BY), true)
    assert.equal(await under.ledger.removeTerminalSecret('T8', BY), false)
    await under.reopen()
    const kept = new Map((await under.ledger.terminalSecrets()).map(one => [one.terminal, one.hash]))
    assert.equal(kept.size, 2499)
    assert.deepEqual([kept.get('T7'), kept.get('T8'), kept.get('T2499')], ['new', undefined, 'h2499'])
    await under.ledger.close()
  })

  it('replaces the persons of the key customers with each registry', async () => {
    const { ledger } = await open()
    const entry = { hash: 'h', at: AT, by: 'local', files: [{ file: 'meters.csv', rows: 3, rejected: 1 }] }
    const phone = (value: string) => ({ keyCustomer: 'K1', part: 'duty_phone', value })
    await ledger.recordImport(
      { ...entry, version: 1 },
      [phone('1'), { ...phone('9'), keyCustomer: 'K2' }],
      BY
    )
    const next = { ...entry, version: 2, hash: 'h2' }
    assert.equal(await ledger.recordImport(next, [phone('2')], BY), true)
    assert.equal(await ledger.recordImport({ ...next, at: AT + 9 }, [phone('2')], BY), false)
    assert.deepEqual(await ledger.contacts('K1'), [phone('2')])
    assert.deepEqual(await ledger.contacts('K2'), [])
    assert.deepEqual(
      (await ledger.imports({ limit: 9 })).map(({ version }) => version),
      [2, 1]
    )
    assert.deepEqual(await ledger.imports({ limit: 9, before: 2 }), [{ ...entry, version: 1 }])
    await ledger.close()
  })

  it('answers a repeated command with what it answered first', async () => {
    const under = await open()
    const command = { caller: 'token:a', key: 'k1', fingerprint: 'f' }
    assert.equal(await under.ledger.beginCommand(command, AT), undefined)
    const running = { fingerprint: 'f', at: AT, answer: undefined }
    assert.deepEqual(await under.ledger.beginCommand({ ...command, fingerprint: 'other' }, AT), running)
    await under.ledger.finishCommand(command, { status: 201, body: '{}' })
    await under.reopen()
    const known = { fingerprint: 'f', at: AT, answer: { status: 201, body: '{}' } }
    assert.deepEqual(await under.ledger.beginCommand(command, AT), known)
    assert.equal(await under.ledger.beginCommand({ ...command, caller: 'token:b' }, AT), undefined)
    await under.ledger.dropCommand({ ...command, caller: 'token:b' })
    assert.equal(await under.ledger.beginCommand({ ...command, caller: 'token:b' }, AT), undefined)
    assert.equal(
      await under.ledger.beginCommand(command, AT + 86_400_001),
      undefined,
      'forgotten after a day'
    )
    await under.ledger.close()
  })

  it('writes one audit row a change, newest first, by pages', async () => {
    const { ledger } = await open()
    for (const id of ['a', 'b', 'c']) await ledger.addToken(token(id), makeId(), BY)
    await ledger.note('backup.take', '/backups/1', { bytes: 7 }, { ...BY, name: 'local' })
    const [newest, before] = await ledger.auditTrail({ limit: 2 })
    assert.deepEqual(
      [newest?.action, newest?.actor, newest?.detail, before?.subject],
      ['backup.take', 'local', '{"bytes":7}', 'c']
    )
    const older = await ledger.auditTrail({ limit: 9, before: before?.id ?? 0 })
    assert.deepEqual(
      older.map(({ subject }) => subject),
      ['b', 'a']
    )
    assert.equal((await ledger.auditTrail({ limit: 9, actor: 'local' })).length, 1)
    assert.equal((await ledger.auditTrail({ limit: 9, action: 'token.add' })).length, 3)
    await ledger.close()
  })

  it('tells the last audit row of each subject among some actions, in the order they were written', async () => {
    const { ledger } = await open()
    assert.deepEqual(await ledger.lastNotes(['work.announce']), [])
    const rows = [
      ['work.announce', 'W1'],
      ['work.announce', 'W2'],
      ['switch.tell', 'W2'],
      ['work.cancel', 'W1'],
      ['switch.tell', 'S1'],
      ['switch.tell', 'S1']
    ] as const
    for (const [at, [action, subject]] of rows.entries()) await ledger.note(action, subject, { at }, BY)
    const told = async (...actions: string[]) =>
      (await ledger.lastNotes(actions)).map(({ subject, detail }) => [subject, detail])
    assert.deepEqual(await told('work.announce', 'work.cancel'), [
      ['W2', '{"at":1}'],
      ['W1', '{"at":3}']
    ])
    assert.deepEqual(await told('switch.tell'), [
      ['W2', '{"at":2}'],
      ['S1', '{"at":5}']
    ])
    await ledger.close()
  })

  it('takes many changes at once, each whole', async () => {
    const { ledger } = await open()
    const ids = Array.from({ length: 50 }, (_, i) => `t${i}`)
    const all = ids.map(id => ledger.addToken(token(id), id, BY))
    const twice = ids.map(id =>
      ledger.addToken(token(`again-${id}`), id, BY).then(
        () => 1,
        () => 0
      )
    )
    await Promise.all(all)
    assert.equal(
      (await Promise.all(twice)).reduce((sum: number, done) => sum + done, 0),
      0
    )
    assert.equal((await ledger.tokens()).length, 50)
    assert.equal((await ledger.auditTrail({ limit: 500 })).length, 50)
    await ledger.close()
  })
}
