import assert from 'node:assert/strict'
import { readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isError } from '../../src/errors.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { latestSnapshot, loadSnapshot } from '../../src/registry/version/snapshot.ts'
import { GOOD, makeFolder } from './registry-folder.ts'

const METERS = GOOD['meters.csv'] ?? ''
/** The same meters in another order, so that a fresh book would give other numbers. */
const TURNED = { ...GOOD, 'meters.csv': METERS.replace(/(M1.*\n)(M2.*\n)/, '$2$1') }
const RATED = { ...GOOD, 'meters.csv': METERS.replaceAll(',220,', ',230,') }
const MORE = { ...GOOD, 'meters.csv': `${METERS}M4,,T1,C1,3p4w,220,80,2,\n` }

const pathOf = (data: string, hash: string): string => join(data, 'registry', `${hash}.ndjson.zst`)
const isLost = (error: unknown): boolean => isError(error, 'REGISTRY_SNAPSHOT')

test('a lost snapshot is the same again after a start with the same files', context => {
  const data = makeFolder(context)
  importInto(data, makeFolder(context, GOOD))
  const { name, registry } = importInto(data, makeFolder(context, TURNED))
  const path = pathOf(data, name.hash)
  const bytes = readFileSync(path)
  for (const harm of [() => rmSync(path), () => truncateSync(path, 100)]) {
    harm()
    const again = importInto(data, makeFolder(context, TURNED))
    assert.match(again.restored, /made again from the same files/)
    assert.deepEqual([again.name, again.changed], [name, false])
    assert.deepEqual(again.registry, registry)
    assert.deepEqual(readFileSync(path), bytes)
    assert.equal(importInto(data, makeFolder(context, TURNED)).restored, '')
  }
})

test('the only snapshot is the same again too', context => {
  const data = makeFolder(context)
  const { name, registry } = importInto(data, makeFolder(context, GOOD))
  rmSync(pathOf(data, name.hash))
  assert.deepEqual(importInto(data, makeFolder(context, GOOD)).registry, registry)
  assert.deepEqual(loadSnapshot(data, name.hash), registry)
})

test('with other files an older snapshot gives the numbers when the lost one added none', context => {
  const data = makeFolder(context)
  importInto(data, makeFolder(context, GOOD))
  const { name } = importInto(data, makeFolder(context, TURNED))
  rmSync(pathOf(data, name.hash))
  const next = importInto(data, makeFolder(context, RATED))
  assert.match(next.restored, /version 3, imported now, stands for it/)
  assert.deepEqual([next.name.version, next.changed], [3, true])
  assert.deepEqual([...next.registry.meters.id], ['M1', 'M2', 'M3', 'self:C1'])
  assert.equal(loadSnapshot(data, name.hash).hash, next.name.hash, 'where a record names the lost one')
  assert.equal(importInto(data, makeFolder(context, RATED)).restored, '')
})

test('numbers that nobody knows any more are not given again', context => {
  const data = makeFolder(context)
  importInto(data, makeFolder(context, GOOD))
  const { name } = importInto(data, makeFolder(context, MORE))
  const before = latestSnapshot(data)
  rmSync(pathOf(data, name.hash))
  assert.throws(() => importInto(data, makeFolder(context, RATED)), isLost)
  assert.deepEqual(latestSnapshot(data), before)
  assert.equal(importInto(data, makeFolder(context, MORE)).registry.meterNumbers.get('M4'), 4)
  rmSync(join(data, 'registry', 'latest.json'))
  assert.throws(() => importInto(data, makeFolder(context, MORE)), isLost)
})
