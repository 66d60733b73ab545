import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { importRegistry } from '../../src/registry/read/import.ts'
import { readNumbers } from '../../src/registry/read/numbers-file.ts'
import { type RegistrySource, sourceOf } from '../../src/registry/source.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { writeNumbers, writeRegistryFiles } from '../../src/registry/version/registry-files.ts'
import { firstDifference } from '../../src/registry/version/same-registry.ts'
import { hashOfImport, latestSnapshot, openSnapshot } from '../../src/registry/version/snapshot.ts'
import { GOOD, makeFolder } from './registry-folder.ts'

/** Cells that need care: quotes, commas, line feeds, blanks at the ends, small and large numbers, times, lists. */
const RICH: Readonly<Record<string, string>> = {
  'devices.csv':
    'id,kind,name,parent,phases,rated_kva,latitude\n' +
    'F1,feeder,"Feeder ""one"", north\nof it",,,,\nT1,transformer,  变压器 1 ,F1,AB,0.0000001,-0.5\n',
  'accounts.csv':
    'id,name,category,address,phone_hash\nA1,Ada Lovelace,residential,12 St James,5e88\nA2,Bo,,,\n',
  'usage_points.csv':
    'id,account,device,phase,contract_kva\nU1,A1,T1,A,10000000\nU2,A2,T1,,12.345678901\nU3,A2,,,\n',
  'terminals.csv': 'id,kind,powered_by,sample_interval_s\nC1,concentrator,T1,900\n',
  'meters.csv':
    'id,usage_point,device,terminal,ct_ratio,installed_at,initial_register,removed_at\n' +
    'M1,U1,,C1,,2024-01-01,0.001,2025-01-01T12:30:15.250\nM1,U2,,C1,,2025-02-01,,\n"M,2",U3,,C1,80,,,\nM3,,T1,C1,,,,\n',
  'planned_outages.csv': 'id,devices,from,to\nP1,T1; F1,2026-01-01,2026-01-02T00:00:00+02:00\n',
  'key_customers.csv':
    'id,name,grade,accounts,utility_manager,duty_phone\nK1,Hospital,first,A1;A2,Grace Hopper,+49 30 1\n'
}

interface Written {
  readonly folder: string
  readonly again: RegistrySource
  readonly stored: RegistrySource
  readonly isSameHash: boolean
}

/** The way of an export: imported, stored, written as files, read again. */
function wayOf(context: TestContext, data: string): Written {
  const { hash, version } = latestSnapshot(data) ?? { hash: '', version: 0 }
  const stored = openSnapshot(data, hash)
  const folder = join(makeFolder(context), 'out')
  writeRegistryFiles(stored, folder)
  writeNumbers([...stored.book()], folder)
  const result = importRegistry(folder, readNumbers(folder), { timezone: 'America/New_York' })
  assert.deepEqual(result.issues, [])
  assert.deepEqual(
    result.notes.filter(note => !note.includes('is not there')),
    []
  )
  const again = sourceOf(result.tables, result.book)
  return { folder, again, stored, isSameHash: hashOfImport(result, version) === hash }
}

for (const [title, files] of [
  ['the good one', GOOD],
  ['one that needs care', RICH]
] as const) {
  test(`registry files give the same registry again: ${title}`, context => {
    const data = makeFolder(context)
    assert.deepEqual(importInto(data, makeFolder(context, files)).result.issues, [])
    const { again, stored, isSameHash } = wayOf(context, data)
    assert.equal(firstDifference(stored, again), '')
    assert.ok(isSameHash)
  })
}

test('numbers that the files alone would not give are kept beside them', context => {
  const data = makeFolder(context)
  importInto(data, makeFolder(context, GOOD))
  const without = `${GOOD['meters.csv']?.replace(/M1.*\n/, '')}M0,U1,,C1,,,,,\n`
  importInto(data, makeFolder(context, { ...GOOD, 'meters.csv': without }))
  const { folder, stored, isSameHash } = wayOf(context, data)
  assert.deepEqual(readNumbers(folder)?.ids, ['M1', 'M2', 'M3', 'self:C1', 'M0'])
  assert.ok(isSameHash)
  const plain = importRegistry(folder)
  assert.equal(firstDifference(stored, sourceOf(plain.tables, plain.book)), 'numbers of meters')
  writeFileSync(join(folder, 'numbers.csv'), 'number\nM1\n')
  assert.throws(() => readNumbers(folder), /REGISTRY|header is not `id`/)
})

test('nothing that is said of persons is written', context => {
  const data = makeFolder(context)
  importInto(data, makeFolder(context, RICH))
  const { folder } = wayOf(context, data)
  const text = readdirSync(folder)
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  for (const word of ['Ada', 'James', '5e88', 'Grace', '+49', 'phone', 'utility_manager', 'address,'])
    assert.ok(!text.includes(word), word)
  assert.ok(text.includes('Hospital'))
})

test('a snapshot of before some columns were known is written as well', context => {
  const { again, stored } = wayOf(context, join(import.meta.dirname, 'fixtures', 'registry-1'))
  assert.equal(firstDifference(stored, again), '')
})

test('the first difference is named', context => {
  const read = (files: Readonly<Record<string, string>>): RegistrySource => {
    const { tables, book } = importRegistry(makeFolder(context, files))
    return sourceOf(tables, book)
  }
  const changed = (file: string, from: RegExp | string, to: string) =>
    read({ ...GOOD, [file]: (GOOD[file] ?? '').replace(from, to) })
  const rows: [RegistrySource, string][] = [
    [read(GOOD), ''],
    [changed('terminals.csv', 'T1', ''), 'powered_by of terminals.csv'],
    [changed('meters.csv', '80', '90'), 'ct_ratio of meters.csv'],
    [changed('usage_points.csv', /$/, 'U3,,,\n'), 'rows of usage_points.csv'],
    [changed('devices.csv', 'Feeder 1', 'Feeder 2'), 'name of devices.csv']
  ]
  for (const [other, difference] of rows) assert.equal(firstDifference(read(GOOD), other), difference)
})
