import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { createApi } from '../../src/api/server.ts'
import { DOSSIER_COLUMNS } from '../../src/api/shapes/dossier-columns.ts'
import { DOSSIER_FILES, type DossierFileName, MAX_ROWS } from '../../src/api/shapes/dossier-files.ts'
import { DOSSIER_ISSUES } from '../../src/api/shapes/dossier-issues.ts'
import { quoteCell } from '../../src/registry/read/issues.ts'
import { contextOf, emptySite, NOW } from './context.ts'

const SEED = 20261120
const BY = { name: 'local', at: NOW, request: '' }
const DAY = 86_400_000
const iso = (ms: number): string => new Date(ms).toISOString()
const AT = '2026-11-19T08:00:00+08:00'
const PATROLS = `key_customer,id,at,occasion,found,withdrawn
K1,P1,${AT},storm,"配电房通风正常,
无渗漏",
K1,P2,${AT},heat,渗水,TRUE
`
const DRILLS = `key_customer,id,at,scenario,minutes,passed\nK1,D1,${AT},双电源同时失电,40,true\n`
const TESTS = `key_customer,id,at,source,load_pct,minutes,start_s,passed\nK1,T1,${AT},S1,60,30,9.5,false\n`
const HAZARDS = `key_customer,id,at,what,level,notified,due,fixed,verified,verified_by
K1,H1,${AT},电缆沟积水,serious,${AT},2026-12-20T00:00:00+08:00,,,
K1,H2,${AT},门锁损坏,general,,,${AT},${AT},客户服务一班
`

type Files = Readonly<Record<string, string | Uint8Array>>

interface Told {
  readonly code?: string
  readonly detail?: string
  readonly issues?: { code: string; file: string; line: number; column: string; message: string }[]
  readonly issuesTotal?: number
  readonly files?: object[]
}

function openSite(t: TestContext) {
  const site = emptySite()
  site.anonymousRole = 'customer-manager'
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  // The limit of a minute is for whoever is known; commands on the machine have none.
  const local = { authorization: `Bearer ${site.access.localSecret}` }
  const send = async (files: Files, headers: Record<string, string> = local) => {
    const payload = new FormData()
    for (const [name, text] of Object.entries(files))
      payload.append('files', new Blob([text as Uint8Array<ArrayBuffer>]), name)
    const answer = await api.inject({ method: 'POST', url: '/v1/dossier/import', payload, headers })
    return { status: answer.statusCode, body: answer.json() as Told }
  }
  const read = async (path: string) =>
    (await api.inject({ url: `/v1/key-customers/K1/${path}`, headers: local })).json() as {
      items: Record<string, unknown>[]
    }
  const audited = async () => (await site.ledger.auditTrail({ limit: 1000 })).length
  return { site, api, send, read, audited }
}

test('a file of each kind is written down, each entry with its audit row', async t => {
  const { site, send, read } = openSite(t)
  const files = {
    'patrols.csv': PATROLS,
    'drills.csv': DRILLS,
    'backup_tests.csv': TESTS,
    'hazards.csv': HAZARDS
  }
  const { status, body } = await send(files)
  assert.deepEqual(
    [status, body],
    [
      200,
      {
        files: [
          { file: 'patrols.csv', rows: 2, written: 2, unchanged: 0 },
          { file: 'drills.csv', rows: 1, written: 1, unchanged: 0 },
          { file: 'backup_tests.csv', rows: 1, written: 1, unchanged: 0 },
          { file: 'hazards.csv', rows: 2, written: 2, unchanged: 0 }
        ]
      }
    ]
  )
  const written = { withdrawn: false, writtenAt: iso(NOW), writtenBy: 'local' }
  const at = '2026-11-19T00:00:00.000Z'
  assert.deepEqual((await read('patrols')).items, [
    { ...written, id: 'P1', at, occasion: 'storm', found: '配电房通风正常,\n无渗漏' },
    { ...written, id: 'P2', at, occasion: 'heat', found: '渗水', withdrawn: true }
  ])
  const test = { source: 'S1', loadPct: 60, minutes: 30, startS: 9.5, passed: false }
  assert.deepEqual((await read('backup-tests')).items, [{ ...written, id: 'T1', at, ...test }])
  const [first, second] = (await read('hazards')).items
  assert.deepEqual([first?.due, first?.verifiedBy], ['2026-12-19T16:00:00.000Z', null])
  assert.deepEqual([second?.verified, second?.verifiedBy], [at, '客户服务一班'])
  const audit = await site.ledger.auditTrail({ limit: 9 })
  assert.deepEqual(
    audit.map(({ action, subject, actor }) => `${action} ${subject} ${actor}`),
    ['hazard', 'hazard', 'backup-test', 'drill', 'patrol', 'patrol'].map(kind => `dossier.${kind} K1 local`)
  )
})

test('a file that is sent again changes nothing; what it says anew is told anew, with what stood before', async t => {
  const { site, send, audited } = openSite(t)
  await send({ 'patrols.csv': PATROLS })
  site.now = NOW + DAY
  const again = await send({ 'patrols.csv': PATROLS.replaceAll('\n', '\r\n') })
  assert.deepEqual(again.body.files, [{ file: 'patrols.csv', rows: 2, written: 0, unchanged: 2 }])
  assert.equal(await audited(), 2)
  const anew = await send({ 'patrols.csv': PATROLS.replace('渗水', '已排水') })
  assert.deepEqual(anew.body.files, [{ file: 'patrols.csv', rows: 2, written: 1, unchanged: 1 }])
  const [last] = await site.ledger.auditTrail({ limit: 1 })
  const { before, after } = JSON.parse(last?.detail ?? '')
  assert.deepEqual([before.body.found, after.body.found, after.writtenAt], ['渗水', '已排水', NOW + DAY])
})

test('one fault in one file, and nothing of any is written', async t => {
  const { send, read, audited } = openSite(t)
  const files = { 'patrols.csv': PATROLS, 'drills.csv': DRILLS.replace('40', '4000') }
  const { status, body } = await send(files)
  assert.equal(status, 422)
  assert.equal(body.code, 'DOSSIER_REJECTS')
  assert.deepEqual(
    body.issues?.map(({ code, file, line, column }) => [code, file, line, column]),
    [['NUMBER_RANGE', 'drills.csv', 2, 'minutes']]
  )
  assert.deepEqual((await read('patrols')).items, [])
  assert.equal(await audited(), 0)
})

const PATROL_HEAD = 'key_customer,id,at,occasion,found\n'
const patrol = (row: string): string => `${PATROL_HEAD}${row}\n`

/** Each row: a file, and `CODE line column` of everything that is wrong in it. */
const WRONG: [file: DossierFileName, text: string, ...issues: string[]][] = [
  ['patrols.csv', '', 'HEADER_MISSING 0 '],
  ['patrols.csv', '"a', 'HEADER_MISSING 1 '],
  ['patrols.csv', '\ufeffid,at,occasion,found\n', 'COLUMN_MISSING 1 key_customer'],
  ['patrols.csv', `${PATROL_HEAD.trim()},party\nK1,,,,,\n`, 'COLUMN_UNKNOWN 1 '],
  ['patrols.csv', `${PATROL_HEAD.trim()},id\n`, 'COLUMN_TWICE 1 id'],
  ['patrols.csv', ','.repeat(99).replaceAll(',', 'x,'), 'HEADER_MISSING 1 '],
  ['patrols.csv', patrol(`K1,P1,${AT},storm,"a`), 'QUOTE 2 '],
  ['patrols.csv', patrol(`K1,P1,${AT},storm,a"b"`), 'QUOTE 2 '],
  ['patrols.csv', patrol(`K1,P1,${AT},storm,a,b`), 'CELL_COUNT 2 '],
  ['patrols.csv', patrol(`K9,P1,${AT},storm,a`), 'KEY_CUSTOMER_UNKNOWN 2 key_customer'],
  ['patrols.csv', patrol(`,P1,${AT},storm,a`), 'CELL_BLANK 2 key_customer'],
  ['patrols.csv', patrol(`K1,,${AT},storm,a`), 'CELL_BLANK 2 id'],
  ['patrols.csv', patrol(`K1,a b,${AT},storm,a`), 'ID_FORMAT 2 id'],
  ['patrols.csv', patrol(`K1,2.02611E+13,${AT},storm,a`), 'ID_EXCEL 2 id'],
  ['patrols.csv', patrol(`K1,P1,${AT},storm,a\nK1,P1,${AT},storm,b`), 'ID_DUPLICATE 3 id'],
  ['patrols.csv', patrol('K1,P1,2026-11-19T08:00,storm,a'), 'TIME_OFFSET 2 at'],
  ['patrols.csv', patrol('K1,P1,2026/11/19 8:00,storm,a'), 'TIME_OFFSET 2 at'],
  ['patrols.csv', patrol(`K1,P1,${iso(NOW + DAY)},storm,a`), 'ENTRY_IMPOSSIBLE 2 at'],
  ['patrols.csv', patrol(`K1,P1,,picnic,`), 'CELL_BLANK 2 at', 'CHOICE 2 occasion', 'CELL_BLANK 2 found'],
  ['patrols.csv', patrol(`K1,P1,${AT},storm,a\0b`), 'TEXT_FORM 2 found'],
  ['patrols.csv', patrol(`K1,P1,${AT},storm,${'长'.repeat(2001)}`), 'TEXT_FORM 2 found'],
  ['drills.csv', DRILLS.replace('40,true', '"40 min",maybe'), 'NUMBER_FORMAT 2 minutes', 'CHOICE 2 passed'],
  ['drills.csv', DRILLS.replace('40', '-1'), 'NUMBER_RANGE 2 minutes'],
  ['backup_tests.csv', TESTS.replace('S1', 'S9'), 'ENTRY_IMPOSSIBLE 2 source'],
  ['backup_tests.csv', TESTS.replace('S1', 'S2'), 'ENTRY_IMPOSSIBLE 2 source'],
  ['hazards.csv', HAZARDS.replace(`${AT},${AT},客户`, `,${AT},客户`), 'ENTRY_IMPOSSIBLE 3 verified'],
  ['hazards.csv', HAZARDS.replace('客户服务一班', ''), 'ENTRY_IMPOSSIBLE 3 verified_by']
]

test('each fault is named by line and column', async t => {
  const { send, audited } = openSite(t)
  for (const [file, text, ...issues] of WRONG) {
    const { status, body } = await send({ [file]: text })
    assert.equal(status, 422, text)
    assert.deepEqual(
      body.issues?.map(({ code, line, column }) => `${code} ${line} ${column}`),
      issues,
      text
    )
  }
  const { body } = await send({ 'patrols.csv': Buffer.from([0xff, 0xff, 0x41]) })
  assert.deepEqual(
    body.issues?.map(({ code }) => code),
    ['ENCODING']
  )
  assert.equal(await audited(), 0)
})

test('GB 18030 is read as it was meant', async t => {
  const { send, read } = openSite(t)
  // 正常 as GB 18030 has it.
  const found = Buffer.from([0xd5, 0xfd, 0xb3, 0xa3])
  await send({ 'patrols.csv': Buffer.concat([Buffer.from(patrol(`K1,P1,${AT},storm,`).trimEnd()), found]) })
  assert.equal((await read('patrols')).items[0]?.found, '正常')
})

test('more than fits: rows, bytes, faults', async t => {
  const { send, audited } = openSite(t)
  const rows = (count: number, occasion = 'storm') =>
    Array.from({ length: count }, (_, i) => `K1,P${i},${AT},${occasion},a\n`).join('')
  const many = await send({ 'patrols.csv': PATROL_HEAD + rows(MAX_ROWS + 1) })
  assert.deepEqual(
    many.body.issues?.map(({ code }) => code),
    ['ROWS_TOO_MANY']
  )
  const { body } = await send({ 'patrols.csv': PATROL_HEAD + rows(1000, 'picnic') })
  assert.deepEqual([body.issues?.length, body.issuesTotal], [200, 1000])
  assert.match(body.detail ?? '', /1000 faults in 1000 lines/)
  const large = await send({ 'patrols.csv': PATROL_HEAD + 'x'.repeat(3 << 20) })
  assert.deepEqual([large.status, large.body.code], [413, 'API_TOO_LARGE'])
  assert.equal(await audited(), 0)
  const all = await send({ 'patrols.csv': PATROL_HEAD + rows(MAX_ROWS) })
  assert.deepEqual(all.body.files, [{ file: 'patrols.csv', rows: MAX_ROWS, written: MAX_ROWS, unchanged: 0 }])
})

test('a form that is none, and who may send one', async t => {
  const { site, api, send } = openSite(t)
  for (const files of [{}, { 'patrol.csv': PATROLS }, { 'meters.csv': PATROLS }, { constructor: PATROLS }])
    assert.equal((await send(files)).body.code, 'API_BAD_REQUEST')
  const json = await api.inject({ method: 'POST', url: '/v1/dossier/import', payload: { kind: 'patrol' } })
  assert.equal(json.statusCode, 400)
  for (const [role, status] of [
    ['viewer', 403],
    ['key-customer', 403],
    ['customer-manager', 200],
    ['dispatcher', 200]
  ] as const) {
    const subject = role === 'key-customer' ? 'K1' : ''
    const { secret } = await site.access.issueToken({ role, subject, label: '', expiresAt: null }, BY)
    const answer = await send({ 'patrols.csv': PATROLS }, { authorization: `Bearer ${secret}` })
    assert.equal(answer.status, status, role)
  }
})

/** Values of members of each form: most that may be, and some that may not. */
const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  source: fc.constantFrom('S1', 'S1', 'S1', 'S2', 'S9'),
  occasion: fc.constantFrom('routine', 'storm', 'other', 'Storm'),
  level: fc.constantFrom('general', 'major', 'x'),
  text: fc.oneof(fc.constantFrom('客户', 'a\ny'), fc.string({ minLength: 1, maxLength: 8, unit: 'binary' })),
  number: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(0.5, 1440, 1440.5, -1, 200.01, 86_400)),
  boolean: fc.boolean(),
  time: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(iso(NOW - DAY), String(NOW - DAY), iso(NOW - DAY)) },
    fc.constantFrom(iso(NOW), iso(NOW - 2 * DAY), iso(NOW + DAY), '2026-11-19T08:00', 'soon')
  )
}

test('what comes in by a file is what comes in alone, and no other', async t => {
  const { api, send, read } = openSite(t)
  const files = Object.entries(DOSSIER_FILES) as [
    DossierFileName,
    'patrol' | 'drill' | 'backup-test' | 'hazard'
  ][]
  const given = fc.constantFrom(...files).chain(([file, kind]) => {
    const columns = DOSSIER_COLUMNS[kind].filter(({ member }) => member !== 'id')
    const cells = columns.map(({ member, form, isNeeded }) =>
      fc.option(VALUES[member] ?? VALUES[form] ?? fc.constant(''), {
        nil: undefined,
        freq: isNeeded ? 50 : 2
      })
    )
    return fc.tuple(...cells).map(values => ({ file, kind, columns, values }))
  })
  let number = 0
  const taken = { yes: 0, no: 0 }
  await fc.assert(
    fc.asyncProperty(given, async ({ file, kind, columns, values }) => {
      const id = `F${++number}`
      const kept = columns.map(({ name, member }, i) => ({ name, member, value: values[i] }))
      // A time that is left out is now over the API, and missing in a file.
      fc.pre(kept.every(({ member, value }) => member !== 'at' || value !== undefined))
      // A file has blanks taken off, and knows no text that is blank.
      fc.pre(
        kept.every(
          ({ value }) => typeof value !== 'string' || (value.trim() !== '' && !value.includes('\r\n'))
        )
      )
      const members = kept.flatMap(({ member, value }) => (value === undefined ? [] : [[member, value]]))
      const path = `/v1/key-customers/K1/${kind}s`
      const payload = { id: `A${number}`, ...Object.fromEntries(members) }
      const alone = await api.inject({ method: 'POST', url: path, payload })
      const text = `key_customer,id,${kept.map(({ name }) => name).join(',')}\nK1,${id},${kept
        .map(({ value }) => quoteCell(value === undefined ? '' : String(value)))
        .join(',')}\n`
      const { status, body } = await send({ [file]: text })
      assert.equal(status === 200, alone.statusCode === 200, `${text} ${alone.body} ${JSON.stringify(body)}`)
      taken[status === 200 ? 'yes' : 'no']++
      if (status !== 200) return
      const { items } = await read(`${kind}s?limit=500`)
      const { id: _id, writtenBy: _by, ...fromFile } = items.find(item => item.id === id) ?? {}
      const { id: _other, writtenBy: _also, ...fromApi } = alone.json()
      assert.deepEqual(fromFile, fromApi)
    }),
    { seed: SEED, numRuns: 300 }
  )
  assert.ok(taken.yes > 30 && taken.no > 30, JSON.stringify(taken))
})

test('whatever bytes come, faults have names and nothing is written beside them', async t => {
  const { send, audited } = openSite(t)
  const whole = fc.constantFrom(
    ...Object.entries({
      'patrols.csv': PATROLS,
      'drills.csv': DRILLS,
      'backup_tests.csv': TESTS,
      'hazards.csv': HAZARDS
    })
  )
  const piece = fc.oneof(
    fc.constantFrom(
      '\ufeff',
      '"',
      '""',
      '\r',
      '\n',
      '\r\n',
      ',',
      '\0',
      '\u3000',
      '\ud800',
      'K1',
      '__proto__',
      '1e9'
    ),
    fc.string({ unit: 'binary', maxLength: 20 })
  )
  const spoiled = fc
    .tuple(whole, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 9 }), piece), { minLength: 1, maxLength: 4 }))
    .map(([[file, text], changes]) => {
      let made = text
      for (const [place, gone, put] of changes) {
        const at = place % (made.length + 1)
        made = made.slice(0, at) + put + made.slice(at + gone)
      }
      return { file, bytes: Buffer.from(made) as Uint8Array }
    })
  const random = fc.record({
    file: fc.constantFrom(...Object.keys(DOSSIER_FILES)),
    bytes: fc.uint8Array({ maxLength: 400 })
  })
  const codes: readonly string[] = Object.keys(DOSSIER_ISSUES)
  let before = 0
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 4, arbitrary: spoiled }, random), async ({ file, bytes }) => {
      const { status, body } = await send({ [file]: bytes })
      const after = await audited()
      if (status !== 200) {
        assert.equal(status, 422, JSON.stringify(body))
        assert.equal(after, before)
        assert.ok((body.issues?.length ?? 0) > 0)
        for (const { code, message } of body.issues ?? []) {
          assert.ok(codes.includes(code), code)
          assert.ok(message.length < 300, message)
        }
      }
      before = after
    }),
    { seed: SEED, numRuns: 600 }
  )
})
