import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { isError } from '../../src/errors.ts'
import { importInto } from '../../src/registry/version/import-into.ts'
import { latestSnapshot, loadSnapshot } from '../../src/registry/version/snapshot.ts'
import { SnapshotColumns } from '../../src/registry/version/snapshot-columns.ts'
import { makeFolder } from './registry-folder.ts'

/** Written by the first version that had snapshots, from the FILES below. */
const OLD = join(import.meta.dirname, 'fixtures', 'registry-1')
const FILES = {
  'devices.csv':
    'id,kind,name,parent,rated_kva\nS1,substation,"变电站 ""北""",,\nF\\1,feeder,a\\b,S1,\nT1,transformer,,F\\1,0.1\n',
  'ties.csv': 'id,device_a,device_b\nK1,T1,S1\n',
  'usage_points.csv': 'id,account,device,phase,contract_kva\nU1,A1,T1,A,8\nU2,,,,1234567.891\n',
  'terminals.csv': 'id,kind,powered_by,carrier\nC1,concentrator,T1,移动\nC2,,,\n',
  'meters.csv':
    'id,usage_point,device,terminal,wiring,rated_v,ct_ratio,installed_at,removed_at\n' +
    'M1,U1,,C1,1p2w,220,,2024-01-01,2025-01-01\n电表,U2,,C2,,,,,\nM1,,T1,C2,3p4w,,80,2025-01-01,\n' +
    'M3,,T1,C1,3p4w,57.7,1.5,,\n'
}

test('a data folder of the first version opens, and its files are the same version again', context => {
  const { name, registry } = importInto(makeFolder(context), makeFolder(context, FILES))
  const { version, hash } = latestSnapshot(OLD)!
  assert.deepEqual(name, { version, hash })
  const old = loadSnapshot(OLD, hash)
  assert.deepEqual(old, registry)
  const { meters, usagePoints, devices, network } = old
  assert.deepEqual([...meters.id], ['M1', '电表', 'M3', 'self:C1', 'self:C2'])
  assert.deepEqual([...meters.earlier], [5, -1, -1, -1, -1, -1])
  assert.deepEqual([...meters.terminal], ['C2', 'C2', 'C1', 'C1', 'C2', 'C1'])
  assert.deepEqual([...meters.usagePoint], ['', 'U2', '', '', '', 'U1'])
  assert.deepEqual([...meters.ratedV], [NaN, NaN, 57.7, NaN, NaN, 220])
  assert.deepEqual(meters.installedAt[5], 1704038400000)
  assert.equal(usagePoints.get('U2')?.contractKva, 1234567.891)
  assert.deepEqual([...devices.name], ['变电站 "北"', 'a\\b', ''])
  assert.deepEqual([...network.normalParent], [-1, 0, 1])
})

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'a', 'a', '"', '\\', '\\"', '\ud800', '变', '],"')
)
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: 0, max: 1e7, noNaN: true }).map(value => Number(value.toFixed(3))),
  fc.constantFrom(0, -0, 1e21, 0.1, 123456789012345, 1622476800000, 5e-324, 99999999999999.9),
  fc.constant(null)
)

test('columns are read from bytes as JSON.parse reads them', () => {
  const rows = fc.array(fc.tuple(text, number), { maxLength: 20 })
  fc.assert(
    fc.property(rows, fc.array(text), text, number, (cells, book, sameText, sameNumber) => {
      const head = { format: 1, version: 7, rows: { 'meters.csv': cells.length } }
      const line = (column: string, content: object) => ({ file: 'meters.csv', column, ...content })
      const lines = [
        head,
        line('id', { values: cells.map(([one]) => one) }),
        line('rated_v', { values: cells.map(([, other]) => other) }),
        line('address', { same: sameText }),
        line('rated_a', { same: sameNumber }),
        { book }
      ].map(entry => JSON.stringify(entry))
      // A lone surrogate is escaped in JSON, and no UTF-8: it comes back as the mark of what cannot be shown.
      const given = lines.map(entry => JSON.parse(entry))
      const columns = new SnapshotColumns(Buffer.from(`${lines.join('\n')}\n`), 'path', 'hash')
      const shown = (value: string): string => value.toWellFormed()
      const blank = (value: number | null): number => value ?? NaN
      assert.deepEqual(columns.head, head)
      assert.deepEqual([...columns.packed('meters', 'id')], given[1].values.map(shown))
      assert.deepEqual([...columns.shared('meters', 'id')], given[1].values)
      assert.deepEqual([...columns.number('meters', 'rated_v')], given[2].values.map(blank))
      assert.deepEqual(
        [...columns.texts('meters', 'address')],
        cells.map(() => shown(sameText))
      )
      assert.deepEqual(
        [...columns.shared('meters', 'address')],
        cells.map(() => sameText)
      )
      assert.deepEqual(
        [...columns.number('meters', 'rated_a')],
        cells.map(() => blank(given[4].same))
      )
      assert.deepEqual(
        [...columns.shared('meters', 'terminal')],
        cells.map(() => '')
      )
      assert.deepEqual(
        [...columns.number('meters', 'pt_ratio')],
        cells.map(() => NaN)
      )
      assert.deepEqual([...columns.book()], given[5].book.map(shown))
    })
  )
})

test('what is no snapshot is refused by name, and does not hang', () => {
  const head = '{"format":1,"version":1,"rows":{"meters.csv":2}}\n'
  const column = '{"file":"meters.csv","column":"id",'
  for (const body of ['{"what":1}\n', `${column}"values":["a\n`, `${column}"values":["a"]}\n`, 'x\n']) {
    const read = () => [
      ...new SnapshotColumns(Buffer.from(head + body), 'path', 'hash').packed('meters', 'id')
    ]
    assert.throws(read, (error: unknown) => isError(error, 'REGISTRY_FATAL'), body)
  }
})
