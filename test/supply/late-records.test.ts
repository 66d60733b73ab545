import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createApi } from '../../src/api/server.ts'
import type { SupplyLine } from '../../src/model/supply.ts'
import { contextOf, emptySite } from '../api/context.ts'
import { backup, feeds, play, quiet } from '../processors/supply/hospital-tape.ts'
import { MINUTE, type OutageTape, SECOND, T0 } from '../support/outage-feed.ts'

/** A customer's supply from what terminals said to the report that is handed out: two outage records that come late move its beginning by 40 minutes. */

const at = (minute: number): number => T0 + minute * MINUTE
const [DIED, HEARD, BACK, UNTIL] = [12, 60, 70, 90]
/** When it is taken to have begun that was found at 60: half of a quarter before. */
const GUESSED = 52.5

/** Both feeds die unheard, which is found three quarters of an hour later; then they are back. */
function found(): OutageTape {
  const tape = quiet()
  for (let minute = 2; minute < DIED; minute++) feeds(backup(tape.until(at(minute))))
  for (let minute = HEARD; minute < BACK; minute++)
    feeds(backup(tape.until(at(minute)), { position: 'open', mode: 'off', ups: 'battery' }), 0, 0)
  for (let minute = BACK; minute <= 74; minute++) feeds(backup(tape.until(at(minute)), { mode: 'off' }))
  return tape.pass(2 * SECOND)
}

/** The meters' own records of it. */
function recorded(tape: OutageTape): OutageTape {
  tape.until(at(75))
  for (const meter of ['M-G1', 'M-G2'])
    tape.events('K', {
      ...{ meter, type: 'power-outage-record', origin: 'meter' },
      ...{ start: at(DIED), end: at(BACK), time: at(BACK) }
    })
  return tape.pass(5 * SECOND)
}

/** The customer of the site under test. */
const ofSite = (lines: readonly SupplyLine[]): SupplyLine[] =>
  lines.map(line => ({ ...line, keyCustomer: 'K1' }))

async function openSite(t: TestContext) {
  const site = emptySite()
  site.anonymousRole = 'admin'
  site.now = at(UNTIL)
  const api = createApi(contextOf(site), { version: '0.0.0' })
  t.after(() => api.close())
  let seq = 0
  const take = async (lines: readonly SupplyLine[]): Promise<void> => {
    seq += 2
    const parts = [{ seq: seq - 1, tables: {}, supply: ofSite(lines) }]
    await site.takeLines({ seq, parts }, { path: () => [], account: () => '' })
  }
  const ask = async (path: string) => (await api.inject({ url: path })).json()
  const span = `from=${new Date(T0).toISOString()}&to=${new Date(at(UNTIL)).toISOString()}`
  return {
    ...{ site, take, ask },
    report: () => ask(`/v1/key-customers/K1/report?${span}`),
    timeline: async () => (await ask(`/v1/key-customers/K1/timeline?${span}`)).settled
  }
}

/** Seconds of the period by a figure of the line that was said last of each of them: by no code of the report. */
function secondsBy(lines: readonly SupplyLine[], of: (line: SupplyLine | undefined) => string) {
  const seconds: Record<string, number> = {}
  for (let moment = T0; moment < at(UNTIL); moment += SECOND) {
    const key = of(lines.findLast(({ from, end = Infinity }) => from <= moment && moment < end))
    seconds[key] = (seconds[key] ?? 0) + 1
  }
  return seconds
}

/** The same figures of the report; those that are 0 are left out. */
function assertAgrees(told: Record<string, number>, raw: Record<string, number>, what: string): void {
  for (const key of new Set([...Object.keys(told), ...Object.keys(raw)]))
    assert.ok(
      Math.abs((told[key] ?? 0) - (raw[key] ?? 0)) <= 1,
      `${what} ${key}: ${told[key]} in the report, ${raw[key]} in the rows`
    )
}

async function assertReportOfRows(site: Awaited<ReturnType<typeof openSite>>): Promise<void> {
  const report = await site.report()
  const rows = await site.site.supply.supplyLines({ customer: 'K1', limit: 10_000 })
  const lines = rows.map(({ line }) => line).reverse()
  assertAgrees(
    report.seconds,
    secondsBy(lines, line => line?.state ?? 'unknown'),
    'state'
  )
  const security = secondsBy(lines, line => line?.securityLoadSupplied ?? 'unknown')
  assertAgrees(report.securityLoadSeconds, security, 'security load')
  for (const { source, seconds } of report.sources) {
    const stateOf = (line: SupplyLine | undefined): string =>
      line?.sources.find(each => each.source === source)?.state ?? 'unknown'
    assertAgrees(seconds, secondsBy(lines, stateOf), source)
  }
  for (const { section, fedBySeconds } of report.sections) {
    const fedBy = (line: SupplyLine | undefined): string =>
      line?.sections.find(each => each.section === section)?.fedBy ?? 'unknown'
    assertAgrees(fedBySeconds, secondsBy(lines, fedBy), section)
  }
  const { unknown = 0, interrupted = 0 } = report.seconds
  const known = (UNTIL * MINUTE) / SECOND - unknown
  assert.ok(Math.abs(report.availability - (known - interrupted) / known) < 1e-3, 'availability')
  assert.equal(
    report.longestInterruptionS,
    Math.max(0, ...report.interruptions.map((each: { durationS: number }) => each.durationS))
  )
}

test('records that come late move an interruption by 40 minutes: in the timeline, in the report, with a row of the audit trail', async t => {
  const site = await openSite(t)
  const early = found()
  const before = play(early)
  await site.take(before)
  const spans = async (): Promise<string[]> =>
    (await site.report()).interruptions.map(
      ({ start, end }: { start: string; end: string }) =>
        `${(Date.parse(start) - T0) / MINUTE}-${(Date.parse(end) - T0) / MINUTE}`
    )
  assert.deepEqual(await spans(), [`${GUESSED}-${BACK}`])
  assert.ok(GUESSED - DIED >= 40)
  await assertReportOfRows(site)
  const audits = async () =>
    (await site.ask('/v1/audit?action=supply.restate')).items as { detail: { from: number; state: string } }[]
  const noted = (await audits()).length
  assert.ok(noted <= 1, 'what was concluded of the minutes before it was found')
  const unknownBefore = (await site.report()).seconds.unknown

  const after = play(recorded(early))
  assert.deepEqual(after.slice(0, before.length), before, 'nothing that was said is taken back')
  await site.take(after.slice(before.length))
  assert.deepEqual(await spans(), [`${DIED}-${BACK}`])
  const timeline = await site.timeline()
  const first = timeline.find(({ state }: { state: string }) => state === 'interrupted')
  assert.equal(Date.parse(first.from), at(DIED))
  assert.ok((await site.report()).seconds.unknown < unknownBefore)
  await assertReportOfRows(site)
  const said = (await site.ask('/v1/key-customers/K1/timeline?view=said&limit=500')).said
  assert.equal(said.length, after.length, 'both versions stand in it')
  const rows = await audits()
  assert.ok(rows.length > noted)
  const moved = rows.map(({ detail: { from, state } }) => `${state} from ${(from - T0) / MINUTE}`)
  assert.ok(moved.includes(`interrupted from ${DIED}`), moved.join('; '))
})
