import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { lockData } from '../../commands/beside/data-lock.ts'
import { latestSnapshot } from '../../src/registry/version/snapshot.ts'
import { GOOD, makeFolder } from '../registry/registry-folder.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'gridvigil')
const run = (...words: string[]) => spawnSync(PROGRAM, ['import', ...words], { encoding: 'utf8' })

test('import tells the version, the rows and what has changed', context => {
  const data = join(makeFolder(context), 'data')
  const first = run(makeFolder(context, GOOD), '--data', data)
  assert.equal(first.status, 0, first.stderr)
  assert.match(first.stdout, /meters\.csv: 3 rows, 0 rejected\n/)
  assert.match(first.stdout, /version 1 imported, [0-9a-f]{64}\n/)
  assert.match(
    first.stdout,
    /meters\.csv: 3 added, 0 removed, 0 changed\n {2}\+ M1 2023-12-31T16:00:00\.000Z\n/
  )
  assert.match(first.stderr, /reading meters\.csv\n/)

  const rated = {
    ...GOOD,
    'meters.csv': GOOD['meters.csv']?.replace('M2,U2,,C1,1p2w,220', 'M2,U2,,C1,1p2w,230') ?? ''
  }
  const folder = makeFolder(context, rated)
  const dry = run(folder, '--data', data, '--dry-run')
  assert.match(dry.stdout, /version 2 would be imported/)
  assert.match(
    dry.stdout,
    /\nmeters\.csv: 0 added, 0 removed, 1 changed \(rated_v 1\)\n {2}~ M2 .*: rated_v 220 -> 230\n$/
  )
  assert.equal(latestSnapshot(data)?.version, 1, 'a dry run writes nothing')

  const { version, hash, changed, issues, diff } = JSON.parse(run(folder, '--data', data, '--json').stdout)
  assert.deepEqual([version, changed, issues], [2, true, {}])
  assert.deepEqual(latestSnapshot(data)?.hash, hash)
  assert.equal(dry.stdout.includes(hash), true, 'the dry run told the same name')
  const key = { id: 'M2', installed_at: '2023-12-31T16:00:00.000Z' }
  const cells = [{ column: 'rated_v', from: 220, to: 230 }]
  const rows = [{ kind: 'changed', key, cells }]
  assert.deepEqual(diff, [
    { file: 'meters.csv', added: 0, removed: 0, changed: 1, columns: { rated_v: 1 }, rows }
  ])
  assert.match(run(folder, '--data', data).stdout, /nothing to import, [0-9a-f]{64}\nnothing has changed\n$/)
})

test('import names what it rejects and leaves it in a file; too much is refused', context => {
  const data = makeFolder(context)
  const folder = makeFolder(context, { ...GOOD, 'meters.csv': `${GOOD['meters.csv']}M9,U9,,C1,,,,,\n` })
  const refused = run(folder, '--data', data)
  assert.equal(refused.status, 1)
  assert.match(
    refused.stderr,
    /meters\.csv:5 usage_point: U9 is not in usage_points\.csv\n {4}USAGE_POINT_UNKNOWN: /
  )
  assert.match(refused.stderr, /REGISTRY_REJECTS/)
  assert.equal(latestSnapshot(data), undefined)
  const dry = run(folder, '--data', join(data, 'none'), '--max-rejects', '30', '--dry-run')
  assert.equal(dry.status, 0)
  assert.equal(existsSync(join(data, 'none')), false)
  assert.match(run(folder, '--data', data, '--max-rejects', '30').stdout, /meters\.csv: 4 rows, 1 rejected/)
  assert.match(
    readFileSync(join(data, 'registry-rejects.csv'), 'utf8'),
    /\nmeters\.csv,5,usage_point,USAGE_POINT_UNKNOWN,/
  )
})

test('import refuses what it does not understand, and a data folder in use', context => {
  const data = makeFolder(context)
  const folder = makeFolder(context, GOOD)
  for (const words of [[], [folder, 'other'], [folder, '--max-rejects', 'x'], [folder, '--dry']])
    assert.match(run(...words, '--data', data).stderr, /CLI_USAGE/)
  writeFileSync(join(folder, 'meters.csv'), 'id\nM1\n')
  assert.match(run(folder, '--data', data).stderr, /column "terminal" is missing[\s\S]*REGISTRY_FATAL/)
  const lock = lockData(data)
  context.after(() => lock.release())
  assert.match(run(folder, '--data', data).stderr, /DATA_LOCKED/)
})
