import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildRegistry } from '../../src/registry/version/build.ts'
import { importRegistry } from '../../src/registry/read/import.ts'
import { sourceOf } from '../../src/registry/source.ts'
import { makeFolder } from './registry-folder.ts'

const FILES = {
  'devices.csv': 'id,kind,parent\nF1,feeder,\nTR1,transformer,F1\n',
  'accounts.csv': 'id\nA1\nA2\n',
  'usage_points.csv': 'id,account,device\nU1,A1,TR1\n',
  'terminals.csv': 'id\nT1\n',
  'meters.csv': 'id,terminal,usage_point\nM1,T1,U1\n',
  'key_customers.csv':
    'id,name,category,grade,accounts,security_load_kw,duty_phone,plan_date\nK1,市一医院,hospital,first,A1;A2,800,0571-1,2026-03-01\n',
  'supply_sources.csv':
    'id,key_customer,kind,usage_point,mode,capacity_kw,fuel_declared_on\nS1,K1,grid,U1,main,,\nS2,K1,generator,,standby,1000,2026-11-01\n',
  'load_sections.csv': 'id,key_customer,name,class,sources,transfer\nL1,K1,手术室,security,S1;S2,ats\n',
  'planned_outages.csv':
    'id,devices,from,to\nP2,TR1,2026-11-25 08:00,2026-11-25 12:00\nP1,F1;TR1,2026-11-24 08:00,2026-11-24 09:00\n'
}

test('key customers come with their sources and sections, planned outages in order of time', t => {
  const { tables, book, issues } = importRegistry(makeFolder(t, FILES), undefined, {
    timezone: 'Asia/Shanghai'
  })
  assert.deepEqual(issues, [])
  const { keyCustomers, plannedOutages } = buildRegistry(sourceOf(tables, book), 1, 'hash')
  const customer = keyCustomers.get('K1')
  assert.deepEqual(
    [customer?.grade, customer?.accounts, customer?.securityLoadKw],
    ['first', ['A1', 'A2'], 800]
  )
  assert.equal(customer?.planDate, Date.parse('2026-03-01T00:00:00+08:00'))
  assert.deepEqual(
    customer?.sources.map(({ id, kind, usagePoint, capacityKw }) => [id, kind, usagePoint, capacityKw]),
    [
      ['S1', 'grid', 'U1', Number.NaN],
      ['S2', 'generator', '', 1000]
    ]
  )
  assert.deepEqual(customer?.sections[0]?.sources, ['S1', 'S2'])
  assert.deepEqual(
    plannedOutages.map(({ id, devices, from }) => [id, devices, from]),
    [
      ['P1', ['F1', 'TR1'], Date.parse('2026-11-24T08:00:00+08:00')],
      ['P2', ['TR1'], Date.parse('2026-11-25T08:00:00+08:00')]
    ]
  )
  assert.doesNotMatch(JSON.stringify([...keyCustomers.values()]), /0571/)
})
