import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { seededRandom } from '../../src/random.ts'
import { describeDiff } from '../../src/registry/version/describe-diff.ts'
import { diffRegistries } from '../../src/registry/version/diff.ts'
import { importRegistry } from '../../src/registry/read/import.ts'
import { openSnapshot, saveSnapshot } from '../../src/registry/version/snapshot.ts'
import { type RegistrySource, sourceOf } from '../../src/registry/source.ts'
import { GOOD, makeFolder } from './registry-folder.ts'

function sourcesOf(context: TestContext, files: Record<string, string>): RegistrySource[] {
  const result = importRegistry(makeFolder(context, files))
  assert.deepEqual(result.issues, [])
  const data = makeFolder(context)
  return [sourceOf(result.tables, result.book), openSnapshot(data, saveSnapshot(data, result).hash)]
}

/** The report of every way to compare: imported tables and snapshots on either side. */
function report(
  context: TestContext,
  before: Record<string, string>,
  after: Record<string, string>,
  listed = 9
): string {
  const texts = sourcesOf(context, before).flatMap(one =>
    sourcesOf(context, after).map(other => describeDiff(diffRegistries(one, other, listed)))
  )
  assert.equal(new Set(texts).size, 1, texts.join('\n'))
  return texts[0] ?? ''
}

const METERS = 'id,terminal,usage_point,rated_v,installed_at,removed_at\n'
const site = (...rows: string[]): Record<string, string> => ({
  'terminals.csv': 'id\nC1\nC2\n',
  'meters.csv': METERS + rows.map(row => `${row}\n`).join('')
})

test('the same rows in another order and form are no difference', context => {
  const rows = ['M1,C1,U1,220,,', 'M2,C1,U2,,2026-01-01,']
  assert.equal(
    report(context, site(...rows), site('M2, C1,U2,,2026-01-01T00:00+08:00,', 'M1,C1,U1,220.0,,')),
    'nothing has changed\n'
  )
})

test('rows added, removed, changed; a meter that moves ends one row and begins another', context => {
  const before = site('M1,C1,U1,220,2026-01-01T00:00Z,', 'M2,C1,U2,,,', 'M3,C1,U3,,,')
  const moved = ['M1,C1,U1,220,2026-01-01T00:00Z,2026-02-01T00:00Z', 'M1,C2,U9,220,2026-02-01T00:00Z,']
  const after = site(...moved, 'M2,C2,U2,230,,', 'M4,C1,U4,,,')
  assert.equal(
    report(context, before, after),
    [
      'meters.csv: 2 added, 1 removed, 2 changed (terminal 1, rated_v 1, removed_at 1)',
      '  + M1 2026-02-01T00:00:00.000Z',
      '  + M4 (blank)',
      '  - M3 (blank)',
      '  ~ M1 2026-01-01T00:00:00.000Z: removed_at (blank) -> 2026-02-01T00:00:00.000Z',
      '  ~ M2 (blank): terminal C1 -> C2, rated_v (blank) -> 230',
      ''
    ].join('\n')
  )
  assert.match(report(context, before, after, 0), /^meters\.csv: 2 added.*\n {2}… and 5 more\n$/)
})

test('of persons nothing is said; rows without an id are told apart by what they say', context => {
  const of = (name: string, ...suspended: string[]): Record<string, string> => ({
    ...GOOD,
    'accounts.csv': `id,name,category\nA1,${name},residential\nA2,,public\n`,
    'suspensions.csv': `usage_point,kind,from,to\n${suspended.map(row => `${row}\n`).join('')}`
  })
  const [one, two] = ['U1,suspension,2026-01-01T00:00Z,', 'U1,resumption,2026-01-01T00:00Z,']
  assert.equal(report(context, of('Wang'), of('Zhao')), 'nothing has changed\n')
  assert.equal(
    report(context, of('Wang', one, one, two), of('Zhao', two, `${one}2027-01-01T00:00Z`)),
    [
      'suspensions.csv: 0 added, 1 removed, 1 changed (to 1)',
      '  - U1 suspension 2026-01-01T00:00:00.000Z',
      '  ~ U1 suspension 2026-01-01T00:00:00.000Z: to (blank) -> 2027-01-01T00:00:00.000Z',
      ''
    ].join('\n')
  )
})

test('random registries: counts as a comparison row by row gives them', context => {
  const random = seededRandom(8)
  for (let round = 0; round < 30; round++) {
    const rows = (): Map<string, string> =>
      new Map(
        Array.from({ length: random.integer(12) }, () => {
          const meter = random.integer(8)
          const installed = random.next() < 0.3 ? '' : `2026-0${1 + random.integer(3)}-01`
          return [`M${meter},${installed}`, `${random.integer(2)}`] as const
        }).filter(([key]) => !key.endsWith(','))
      )
    // Spans of a month each, so that no two of a meter overlap.
    const written = (of: Map<string, string>) =>
      site(
        'K,C1,UK,,,',
        ...[...of].map(([key, value]) => {
          const [id, from = ''] = key.split(',')
          return `${id},C1,${id},22${value},${from},${from.slice(0, 8)}15`
        })
      )
    const [before, after] = [rows(), rows()]
    const [one] = sourcesOf(context, written(before))
    const [, other] = sourcesOf(context, written(after))
    const [diff] = diffRegistries(one!, other!, 100)
    const changed = [...after].filter(([key, value]) => before.has(key) && before.get(key) !== value).length
    const added = [...after.keys()].filter(key => !before.has(key)).length
    const removed = [...before.keys()].filter(key => !after.has(key)).length
    assert.deepEqual([diff?.added ?? 0, diff?.removed ?? 0, diff?.changed ?? 0], [added, removed, changed])
  }
})
