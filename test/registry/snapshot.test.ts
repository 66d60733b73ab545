import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { isError } from '../../src/errors.ts'
import { importRegistry } from '../../src/registry/read/import.ts'
import { bindingAt } from '../../src/registry/lookup/registry.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { latestSnapshot, loadSnapshot, saveSnapshot } from '../../src/registry/version/snapshot.ts'
import { GOOD, makeFolder } from './registry-folder.ts'

test('a registry survives the way through the data folder', context => {
  const data = makeFolder(context)
  const { registry, name, changed } = importInto(data, makeFolder(context, GOOD))
  assert.equal(changed, true)
  assert.equal(name.version, 1)
  assert.deepEqual(loadSnapshot(data, name.hash), registry)
  assert.deepEqual(latestSnapshot(data), { ...name, numbers: 4 })
  assert.deepEqual(
    [...registry.meterNumbers],
    [
      ['M1', 0],
      ['M2', 1],
      ['M3', 2],
      ['self:C1', 3]
    ]
  )
  assert.deepEqual([...registry.meters.terminal], ['C1', 'C1', 'C1', 'C1'])
  assert.deepEqual([...registry.meters.usagePoint], ['U1', 'U2', '', ''])
  assert.deepEqual([...registry.meters.device], ['', '', 'T1', ''])
  assert.deepEqual([...registry.meters.ct], [NaN, NaN, 80, NaN])
  assert.deepEqual([...registry.meters.installedAt], [1704038400000, 1704038400000, -Infinity, -Infinity])
  assert.equal(registry.meters.removedAt[0], Infinity)
  assert.equal(registry.terminals.get('C1')?.poweredBy, 'T1')
  assert.equal(registry.usagePoints.get('U1')?.phase, 'A')
  const { network } = registry
  assert.equal(network.ids.get(network.normalParent[network.numbers.get('T1')!]!), 'F1')
})

test('equal content is the same version, other content the next one, and numbers stay', context => {
  const data = makeFolder(context)
  const first = importInto(data, makeFolder(context, GOOD))
  const again = importInto(data, makeFolder(context, GOOD))
  assert.deepEqual(again.name, first.name)
  assert.equal(again.changed, false)

  const without = `${GOOD['meters.csv']?.replace(/M2.*\n/, '')}M0,U2,,C1,,,,,\n`
  const second = importInto(data, makeFolder(context, { ...GOOD, 'meters.csv': without }))
  assert.equal(second.name.version, 2)
  assert.equal(second.registry.meterNumbers.get('M1'), 0)
  assert.equal(second.registry.meterNumbers.has('M2'), false)
  assert.equal(second.registry.meters.id.get(1), 'M2')
  assert.equal(second.registry.meterNumbers.get('M0'), 4)

  const third = importInto(data, makeFolder(context, GOOD))
  assert.equal(third.name.version, 3)
  assert.equal(third.registry.meterNumbers.get('M2'), 1)
  assert.equal(third.registry.meters.id.get(4), 'M0')
  assert.deepEqual(loadSnapshot(data, first.name.hash), first.registry)
  assert.equal(readdirSync(join(data, 'registry')).length, 4)
})

test('a damaged or missing snapshot is refused by name', context => {
  const data = makeFolder(context)
  const { name } = importInto(data, makeFolder(context, GOOD))
  const path = join(data, 'registry', `${name.hash}.ndjson.zst`)
  const bytes = readFileSync(path)
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
  writeFileSync(path, bytes)
  assert.throws(
    () => loadSnapshot(data, name.hash),
    (error: unknown) => isError(error, 'REGISTRY_SNAPSHOT')
  )
  assert.throws(
    () => loadSnapshot(data, 'ab'),
    (error: unknown) => isError(error, 'REGISTRY_SNAPSHOT')
  )
})

test('all files come back from a snapshot but for what they say of persons', context => {
  const data = makeFolder(context)
  const folder = makeFolder(context, {
    ...GOOD,
    'accounts.csv':
      'id,name,category,address,phone_hash\nA1,Wang Fang,residential,Lane 7,ab12\nA2,,public,,\n',
    'key_customers.csv':
      'id,name,grade,accounts,utility_manager,utility_phone,deputy,customer_electrician,duty_phone\n' +
      'H1,First Hospital,first,A1,Li Wei,13900000001,Zhao Min,Qian Jun,13900000002\n',
    'suspensions.csv': 'usage_point,kind,from\nU1,suspension,2026-01-01\n'
  })
  const result = importRegistry(folder)
  assert.deepEqual(result.issues, [])
  const { hash } = saveSnapshot(data, result)
  const text = zstdDecompressSync(readFileSync(join(data, 'registry', `${hash}.ndjson.zst`))).toString()
  for (const kept of ['First Hospital', 'residential', 'suspension']) assert.ok(text.includes(kept), kept)
  for (const person of ['Wang', 'Lane', 'ab12', 'Li Wei', '139', 'Zhao', 'Qian'])
    assert.ok(!text.includes(person), person)
  assert.equal(loadSnapshot(data, hash).hash, hash)
})

test('a meter that moved keeps one number; its places stand behind all numbers, the latest at its own', context => {
  const data = makeFolder(context)
  const { registry, name } = importInto(
    data,
    makeFolder(context, {
      'terminals.csv': 'id\nC1\nC2\n',
      'meters.csv':
        'id,usage_point,terminal,ct_ratio,installed_at,removed_at\nM1,U1,C1,,,2026-01-01T00:00Z\n' +
        'M2,U9,C1,,,\nM1,U3,C1,20,2026-03-01T00:00Z,\nM1,U2,C2,10,2026-01-01T00:00Z,2026-02-01T00:00Z\n'
    })
  )
  const { meters } = registry
  assert.deepEqual([...meters.id], ['M1', 'M2', 'self:C1', 'self:C2'])
  const placeAt = (time: string) => meters.usagePoint.get(bindingAt(meters, 0, Date.parse(time)))
  assert.deepEqual(
    ['1999-01-01', '2025-12-31T23:59:59Z', '2026-01-01', '2026-02-15', '2026-03-01', '2030-01-01'].map(
      placeAt
    ),
    ['U1', 'U1', 'U2', 'U2', 'U3', 'U3']
  )
  assert.deepEqual([meters.count, meters.usagePoint.length], [4, 6])
  assert.deepEqual(loadSnapshot(data, name.hash), registry)
})
